package node

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/multiformats/go-multiaddr"

	"nvrd/federation/identity"
)

// A street may have one address, and no more of one come in than a street has.
// All of a street come at once after a power cut, and seldom after that.
func TestOneAddressIsAStreet(t *testing.T) {
	for _, c := range []struct {
		what string
		at   func(n int) string // of the n-th that comes
		let  int
	}{
		{"one address", func(n int) string { return fmt.Sprintf("/ip4/203.0.113.5/udp/%d/quic-v1", 1000+n) }, street},
		{"one home of IPv6", func(n int) string { return fmt.Sprintf("/ip6/2a00:1450:4001:100::%x/tcp/9", n+1) }, street},
		{"all of a street by IPv6", func(n int) string { return fmt.Sprintf("/ip6/2a00:1450:4001:%x::1/tcp/9", n<<8&0xff00) }, 2 * street},
	} {
		t.Run(c.what, func(t *testing.T) {
			most, err := limits()
			if err != nil {
				t.Fatal(err)
			}
			defer most.Close()
			let := 0
			for n := range 3 * street {
				conn, err := most.OpenConnection(network.DirInbound, false, multiaddr.StringCast(c.at(n)))
				if err != nil {
					continue
				}
				let++
				id, _ := called(t, fmt.Sprint(n))
				if err := conn.SetPeer(id); err != nil { // its turn among those whom nobody knows yet is over
					t.Fatal(err)
				}
			}
			if let != c.let {
				t.Errorf("%d connections of %s are let in, not %d", let, c.what, c.let)
			}
			if _, err := most.OpenConnection(network.DirInbound, false, multiaddr.StringCast("/ip4/198.51.100.7/tcp/9")); let < 2*street && err != nil {
				t.Errorf("then nobody else is let in: %v", err)
			}
		})
	}
	often := 0
	for r := rates(); often < 10*street && r.Allow(netip.MustParseAddr("203.0.113.5")); {
		often++
	}
	if often < 2*street || often > 3*street {
		t.Errorf("an address connects %d times at once", often)
	}
}

// More homes than libp2p takes from one address by itself are linked to one and
// have their place at it, so that others reach them: on real sockets, in a network
// of its own, since addresses of this machine are not counted.
func TestFlatsBehindOneAddress(t *testing.T) {
	const inside = "STOOP_TEST_ONE_ADDRESS"
	if os.Getenv(inside) == "" {
		aside(t, inside)
		return
	}
	for _, line := range []string{"link set lo up", "addr add 44.0.7.1/32 dev lo"} {
		if out, err := exec.CommandContext(t.Context(), "ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", line, err, out)
		}
	}
	const flats = 20
	var home list
	for i := range flats {
		_, key := called(t, fmt.Sprint("flat ", i))
		home = append(home, key)
	}
	gate := &Gate{Roster: home}
	front, err := Config{Key: nodeKey("front"), Port: 4001}.host(gate, func(context.Context, int) <-chan peer.AddrInfo { return make(chan peer.AddrInfo) })
	if err != nil {
		t.Fatal(err)
	}
	defer front.Close()
	gate.bind(front.Network())
	places, err := relay.New(front, forMembers(gate)...)
	if err != nil {
		t.Fatal(err)
	}
	defer places.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var moving sync.WaitGroup
	for i := range flats {
		moving.Go(func() {
			key, err := private(nodeKey(fmt.Sprint("flat ", i)))
			if err != nil {
				t.Error(err)
				return
			}
			h, err := libp2p.New(append(transports(), libp2p.Identity(key), libp2p.NoListenAddrs)...)
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { h.Close() })
			at := peer.AddrInfo{ID: front.ID(), Addrs: []multiaddr.Multiaddr{multiaddr.StringCast("/ip4/44.0.7.1/tcp/4001")}}
			h.Peerstore().AddAddrs(at.ID, at.Addrs, peerstore.PermanentAddrTTL)
			if _, err := client.Reserve(ctx, h, at); err != nil {
				t.Errorf("flat %d: %v", i, err)
			}
		})
	}
	moving.Wait()
	if n := len(front.Network().Peers()); n != flats {
		t.Errorf("of %d homes of one address %d are linked", flats, n)
	}
}

// nodeKey is that of called.
func nodeKey(name string) ed25519.PrivateKey {
	return identity.Seed(sha256.Sum256([]byte(name))).Node(identity.Place{}, 0)
}

// aside runs a test once more in a network of its own.
func aside(t *testing.T, inside string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Skipf("networks can't be made here; it needs root: %v", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("in a network of its own: %v", err)
	}
}
