package node

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"

	"nvrd/federation/wire"
)

func at(all ...string) (as []multiaddr.Multiaddr) {
	for _, a := range all {
		as = append(as, multiaddr.StringCast(a))
	}
	return as
}

var (
	here  = at("/ip4/44.0.2.1/udp/4001/quic-v1", "/ip4/44.0.2.1/tcp/4001")
	there = at("/ip4/44.0.3.1/udp/4001/quic-v1")
)

// Two who can't meet half way try it seldom, however often they are connected
// over a relay anew, and at once when they have met.
func TestPunchesBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPunches()
		ben, _ := called(t, "ben")
		tries := func(d time.Duration) (n int) {
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second) {
				if len(p.FilterLocal(ben, here)) > 0 && len(p.FilterRemote(ben, there)) > 0 {
					n++
				}
			}
			return n
		}
		if got := tries(4 * time.Second); got != series {
			t.Errorf("%d attempts at first, not %d", got, series)
		}
		if got := tries(time.Hour); got < 3*series || got > 14*series {
			t.Errorf("%d attempts in an hour", got)
		}
		p.connected(nil, conn{id: ben, at: there[0]})
		if got := tries(4 * time.Second); got != series {
			t.Errorf("%d attempts after they have met, not %d", got, series)
		}
	})
}

// What did not go directly is tried again a minute later, when routers have forgotten
// the last try, and then more and more seldom; never is it given up.
func TestRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ben := rounds{}, wire.Key{1}
		tries := func(d time.Duration) (n int) {
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second) {
				if r.due(ben) {
					n++
				}
			}
			return n
		}
		if got := tries(rest); got != 1 {
			t.Errorf("%d tries in the first minute", got)
		}
		if got := tries(time.Minute); got != 1 {
			t.Errorf("%d tries in the second", got)
		}
		if got := tries(4 * time.Hour); got < 20 || got > 60 {
			t.Errorf("%d tries in four hours", got)
		}
		if !r.due(wire.Key{2}) {
			t.Error("another waits, too")
		}
	})
}

// Forty behind one address find out with one of them whether their router leads
// back in, and leave it if it does not.
func TestRouterThatLeadsNowhere(t *testing.T) {
	for _, loops := range []bool{false, true} {
		t.Run(fmt.Sprint(loops), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPunches()
				dialed := 0
				for i := range 40 {
					id, _ := called(t, fmt.Sprint(i))
					for range series {
						own := p.FilterLocal(id, here)
						if len(own) > 0 && len(p.FilterRemote(id, here)) > 0 {
							dialed++
						}
					}
					if loops {
						p.connected(nil, conn{id: id, at: here[0]})
					}
					if len(p.FilterRemote(id, there)) == 0 {
						t.Error("who is elsewhere is not dialed")
					}
				}
				if want := map[bool]int{false: series, true: 40 * series}[loops]; dialed != want {
					t.Errorf("%d attempts, not %d", dialed, want)
				}
			})
		})
	}
}

// A home that is relay only connects directly to two members at most, to whom is
// in its own network, and is reached by nobody from the street.
func TestRelayOnlyGate(t *testing.T) {
	ben, benKey := called(t, "ben")
	cleo, cleoKey := called(t, "cleo")
	dora, doraKey := called(t, "dora")
	at := func(ip string) multiaddr.Multiaddr { return multiaddr.StringCast("/ip4/" + ip + "/tcp/4001") }
	over := multiaddr.StringCast("/ip4/44.0.2.1/tcp/4001/p2p/" + ben.String() + "/p2p-circuit")
	g := &Gate{Roster: list{benKey, cleoKey, doraKey}, RelayOnly: true}
	near := at("192.168.1.20")
	g.Near(peer.AddrInfo{ID: dora, Addrs: []multiaddr.Multiaddr{near}})
	for _, c := range []struct {
		what string
		are  []network.Conn
		id   peer.ID
		at   multiaddr.Multiaddr
		want bool
	}{
		{"the first", nil, ben, at("44.0.2.1"), true},
		{"the second", []network.Conn{conn{id: ben, at: at("44.0.2.1")}}, cleo, at("44.0.3.1"), true},
		{"a third", []network.Conn{conn{id: ben, at: at("44.0.2.1")}, conn{id: cleo, at: at("44.0.3.1")}}, dora, at("44.0.4.1"), false},
		{"one of two", []network.Conn{conn{id: ben, at: at("44.0.2.1")}, conn{id: cleo, at: at("44.0.3.1")}}, cleo, at("44.0.3.1"), true},
		{"over a relay", []network.Conn{conn{id: ben, at: at("44.0.2.1")}, conn{id: cleo, at: at("44.0.3.1")}}, dora, over, true},
		{"in its own network", []network.Conn{conn{id: ben, at: at("44.0.2.1")}, conn{id: cleo, at: at("44.0.3.1")}}, dora, near, true},
		{"beside one over a relay", []network.Conn{conn{id: ben, at: at("44.0.2.1")}, conn{id: cleo, at: over}}, dora, at("44.0.4.1"), true},
	} {
		g.bind(conns{are: c.are})
		if got := g.InterceptAddrDial(c.id, c.at); got != c.want {
			t.Errorf("%s is dialed: %v", c.what, got)
		}
	}
	for _, c := range []struct {
		at   multiaddr.Multiaddr
		want bool
	}{{at("44.0.3.1"), false}, {over, true}, {near, true}} {
		if got := g.InterceptAccept(conn{at: c.at}); got != c.want {
			t.Errorf("who comes from %s is heard: %v", c.at, got)
		}
	}
}
