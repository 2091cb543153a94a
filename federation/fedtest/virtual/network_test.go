package virtual_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"

	"nvrd/federation/fedtest/virtual"
)

func key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// host makes a host that ends with the test.
func host(t *testing.T, n *virtual.Network, key ed25519.PrivateKey, gater connmgr.ConnectionGater) *virtual.Host {
	t.Helper()
	h, err := n.Host(key, gater)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// echoing makes two hosts, of which the second says what it hears.
func echoing(t *testing.T, w virtual.Wires) (a, b *virtual.Host) {
	n := virtual.New(w)
	a, b = host(t, n, key("a"), nil), host(t, n, key("b"), nil)
	b.SetStreamHandler("/echo", func(s network.Stream) { io.Copy(s, s) })
	return a, b
}

func dial(t *testing.T, from, to *virtual.Host) error {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return from.Connect(ctx, to.Info())
}

// echo has b say size bytes back to a, and returns how long it took.
func echo(t *testing.T, a, b *virtual.Host, size int) time.Duration {
	t.Helper()
	s, err := a.NewStream(t.Context(), b.ID(), "/echo")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Reset()
	s.SetDeadline(time.Now().Add(time.Minute))
	began := time.Now()
	go s.Write(make([]byte, size))
	if _, err := io.ReadFull(s, make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

// TestWires: what a network says of itself is so.
func TestWires(t *testing.T) {
	tests := []struct {
		name        string
		wires       virtual.Wires
		size        int
		least, most time.Duration
	}{
		{"latency", virtual.Wires{Latency: 40 * time.Millisecond}, 1, 80 * time.Millisecond, 82 * time.Millisecond},
		{"rate", virtual.Wires{Latency: time.Millisecond, Rate: 1_000_000}, 250_000, 2 * time.Second, 6 * time.Second},
		{"queue", virtual.Wires{Latency: time.Millisecond, Rate: 1_000_000}, 20_000, 140 * time.Millisecond, 200 * time.Millisecond},
		{"loss", virtual.Wires{Latency: 40 * time.Millisecond, Loss: 0.2, Seed: 1}, 100_000, 200 * time.Millisecond, time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := echoing(t, test.wires)
				if err := dial(t, a, b); err != nil {
					t.Fatal(err)
				}
				echo(t, a, b, 1) // each protocol is agreed upon once
				was, _ := a.Traffic()
				took := echo(t, a, b, test.size)
				sent, _ := a.Traffic()
				_, received := b.Traffic()
				if took < test.least || took > test.most {
					t.Errorf("%d bytes to and fro took %v, want %v to %v", test.size, took, test.least, test.most)
				}
				if n := sent.Bytes - was.Bytes; n < test.size {
					t.Errorf("%d bytes were sent in %d", test.size, n)
				}
				lost := 1 - float64(received.Packets)/float64(sent.Packets)
				if d := lost - test.wires.Loss; test.wires.Rate == 0 && (d < -0.1 || d > 0.1) { // a full queue loses some, too
					t.Errorf("%.0f %% of %d packets got lost, want %.0f", 100*lost, sent.Packets, 100*test.wires.Loss)
				}
			})
		})
	}
}

// TestSpread: pairs of hosts are more or less far apart, each way the same.
func TestSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := virtual.New(virtual.Wires{Latency: 40 * time.Millisecond, Spread: 30 * time.Millisecond})
		var hosts []*virtual.Host
		for i := range 10 {
			h := host(t, n, key(fmt.Sprint(i)), nil)
			h.SetStreamHandler("/when", func(s network.Stream) {
				io.ReadFull(s, make([]byte, 1))
				s.Write(binary.BigEndian.AppendUint64(nil, uint64(time.Now().UnixNano())))
			})
			hosts = append(hosts, h)
		}
		seen := map[time.Duration]bool{}
		for _, to := range hosts[1:] {
			if err := dial(t, hosts[0], to); err != nil {
				t.Fatal(err)
			}
			s, err := hosts[0].NewStream(t.Context(), to.ID(), "/when")
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			s.Write([]byte{1})
			var when [8]byte
			if _, err := io.ReadFull(s, when[:]); err != nil {
				t.Fatal(err)
			}
			arrived := time.Unix(0, int64(binary.BigEndian.Uint64(when[:])))
			there, back := arrived.Sub(began), time.Since(arrived)
			if (there - back).Abs() > time.Millisecond {
				t.Errorf("there it took %v, and back %v", there, back)
			}
			if there < 10*time.Millisecond || there > 71*time.Millisecond {
				t.Errorf("it took %v", there)
			}
			s.Reset()
			seen[there.Round(5*time.Millisecond)] = true
		}
		if len(seen) < 4 {
			t.Errorf("of nine pairs all took one of %v", seen)
		}
	})
}

// TestOff: a host that is off the network says nothing and hears nothing, and is
// back when it is on.
func TestOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := echoing(t, virtual.Wires{Latency: 40 * time.Millisecond})
		if err := dial(t, a, b); err != nil {
			t.Fatal(err)
		}
		_, before := b.Traffic()
		b.Off()
		time.Sleep(time.Second)
		if n := len(a.Network().Peers()); n != 1 {
			t.Errorf("%d neighbors after a second: nobody can know yet", n)
		}
		time.Sleep(time.Minute)
		if n := len(a.Network().Peers()) + len(b.Network().Peers()); n != 0 {
			t.Errorf("%d neighbors are left after a minute", n)
		}
		if err := dial(t, a, b); err == nil {
			t.Error("a host that is off was reached")
		}
		if _, after := b.Traffic(); after != before {
			t.Errorf("it received %v, then %v", before, after)
		}
		b.On()
		time.Sleep(10 * time.Minute) // until a dial is tried again
		if err := dial(t, a, b); err != nil {
			t.Error(err)
		}
		echo(t, a, b, 1000)
	})
}

// guest is a gater that lets one host in.
type guest peer.ID

func (g guest) InterceptPeerDial(peer.ID) bool                      { return true }
func (g guest) InterceptAddrDial(peer.ID, multiaddr.Multiaddr) bool { return true }
func (g guest) InterceptAccept(network.ConnMultiaddrs) bool         { return true }
func (g guest) InterceptSecured(_ network.Direction, p peer.ID, _ network.ConnMultiaddrs) bool {
	return p == peer.ID(g)
}
func (g guest) InterceptUpgraded(network.Conn) (bool, control.DisconnectReason) { return true, 0 }

// TestGater: hosts ask their gater who comes in. Who is refused may take the
// connection for made, and learns by its first stream.
func TestGater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := virtual.New(virtual.Wires{Latency: 40 * time.Millisecond})
		friend, stranger := host(t, n, key("friend"), nil), host(t, n, key("stranger"), nil)
		h := host(t, n, key("home"), guest(friend.ID()))
		h.SetStreamHandler("/echo", func(s network.Stream) { io.Copy(s, s) })
		if err := dial(t, friend, h); err != nil {
			t.Fatal(err)
		}
		echo(t, friend, h, 10)
		if err := dial(t, stranger, h); err == nil {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if _, err := stranger.NewStream(ctx, h.ID(), "/echo"); err == nil {
				t.Error("a stranger has a stream")
			}
		}
		time.Sleep(time.Second)
		if n := len(h.Network().Peers()); n != 1 {
			t.Errorf("%d neighbors, want the friend", n)
		}
	})
}
