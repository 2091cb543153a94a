package node

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"

	"nvrd/federation/wire"
)

// Porter decides who is let in. Its methods are called from many goroutines at once.
type Porter interface {
	// Answer answers whoever knocks with an invite of this home, named by its ticket.
	Answer(ticket wire.Hash, knock []byte) (welcome []byte, err error)
	// Vouch lets in whom a member vouches for.
	Vouch(member wire.Key, card []byte) (admit []byte, err error)
}

const (
	sealing    = 12 + 16                 // what sealing adds
	maxKnock   = wire.MaxKnock + sealing // bytes
	maxWelcome = wire.MaxWelcome + sealing
	maxHeld    = 64 // invites of one other home
	maxGuests  = 8  // who knock at a time
)

// What is said at doors, and about them. A knock is sealed for the home that
// gave the invite: a door passes on what it can't read.
var (
	join  = exchange{"/stoop/join/1", len(wire.Hash{}) + maxKnock, maxWelcome} // at a door: ticket, knock; the welcome
	pass  = exchange{"/stoop/pass/1", len(wire.Hash{}) + maxKnock, maxWelcome} // the same, from the home that holds a door to the home that gave the invite
	hold  = exchange{"/stoop/hold/1", len(wire.Hash{}) + 4, maxRecord}         // ticket, minute until which; the door
	vouch = exchange{"/stoop/vouch/1", wire.MaxKnock, wire.MaxObject}          // a card; the object that admits it
)

// door is a host of its own on which nothing is served but knocks: who knocks is
// a stranger, and a host tells whoever connects where else it is reached. It is
// open while an invite is.
type door struct {
	node   *Node
	config Config
	porter Porter
	guests chan struct{}
	begun  time.Time

	mu   sync.Mutex
	host host.Host // nil while it is closed
	hush func()    // ends what its own network is told
	held map[wire.Hash]held
}

// held is an invite that may be knocked with here.
type held struct {
	by    wire.Key // the node of the home that gave it
	until wire.Minute
}

var errNoDoor = errors.New("this home holds no doors")

// doorKey is the key of a home's door. It is the same after a restart, so that
// invites that are out still lead there, and tells nobody who the home is.
func doorKey(node ed25519.PrivateKey) ed25519.PrivateKey {
	seed := sha256.Sum256(append([]byte("stoop/1 door\n"), node.Seed()...))
	return ed25519.NewKeyFromSeed(seed[:])
}

// attend has the node answer what members and guests ask about invites.
func (n *Node) attend(c Config, p Porter) {
	n.door = &door{node: n, config: c, porter: p, held: map[wire.Hash]held{}, guests: make(chan struct{}, maxGuests), begun: time.Now()}
	n.serve(hold, n.door.hold)
	n.serve(pass, func(_ wire.Key, question []byte) ([]byte, error) {
		ticket, knock, err := knockIn(question)
		if err != nil {
			return nil, err
		}
		return p.Answer(ticket, knock)
	})
	n.serve(vouch, p.Vouch)
}

func knockIn(question []byte) (wire.Hash, []byte, error) {
	if len(question) < len(wire.Hash{}) {
		return wire.Hash{}, nil, wire.ErrMalformed
	}
	return wire.Hash(question[:32]), question[32:], nil
}

// hold takes an invite of another member: whoever knocks with it here is passed on.
func (d *door) hold(from wire.Key, question []byte) ([]byte, error) {
	if len(question) != hold.question || !d.node.reachable() {
		return nil, errNoDoor
	}
	until := wire.Minute(binary.BigEndian.Uint32(question[32:]))
	return d.open(wire.Hash(question[:32]), from, min(until, wire.MinuteOf(time.Now())+30*wire.Day))
}

// open opens the door for an invite, and returns the door as invites name it.
func (d *door) open(ticket wire.Hash, by wire.Key, until wire.Minute) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.expire()
	count := 0
	for _, h := range d.held {
		if h.by == by {
			count++
		}
	}
	if _, ok := d.held[ticket]; !ok && count >= maxHeld {
		return nil, errNoDoor
	}
	if d.host == nil {
		var err error
		if d.host, err = d.config.door(); err != nil {
			return nil, err
		}
		d.host.SetStreamHandler(join.protocol, d.knocked)
		d.hush = func() {}
		if !d.config.Local {
			d.hush = announce(d.host, doorService, func(peer.AddrInfo) {})
		}
	}
	d.held[ticket] = held{by, until}
	return wire.WriteDoor(doorAt(wire.PublicKey(doorKey(d.config.Key)), d.host.Addrs()))
}

// own opens the door for an invite of this home.
func (d *door) own(ticket wire.Hash, until wire.Minute) (wire.Door, error) {
	raw, err := d.open(ticket, d.node.own, until)
	if err != nil {
		return wire.Door{}, err
	}
	return wire.ReadDoor(raw)
}

// forwarding is how long a router may take to be found and to forward a port.
const forwarding = 15 * time.Second

// forwarded waits until the router forwards the port of the door, and tells
// whether it does by then. It does not wait where that is so already, or where
// the node's own port was not forwarded either.
func (d *door) forwarded(ctx context.Context) bool {
	d.mu.Lock()
	h := d.host
	d.mu.Unlock()
	c := d.config
	if h == nil || c.Local || c.RelayOnly || anyPublic(h.Addrs()) || !anyPublic(d.node.places()) && time.Since(d.begun) > forwarding {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, forwarding)
	defer cancel()
	changes, err := h.EventBus().Subscribe(new(event.EvtLocalAddressesUpdated))
	if err != nil {
		return false // only of a bus that is closed
	}
	defer changes.Close()
	for !anyPublic(h.Addrs()) {
		select {
		case _, ok := <-changes.Out():
			if !ok {
				return false
			}
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// doorAt writes down where a node or a door is reached, as far as there is room.
func doorAt(node wire.Key, at []multiaddr.Multiaddr) wire.Door {
	d := wire.Door{Node: node}
	for _, a := range at {
		if text := a.String(); len(text) <= wire.MaxAddress && len(d.Addresses) < wire.MaxAddresses {
			d.Addresses = append(d.Addresses, text)
		}
	}
	return d
}

// expire forgets invites that are over, and closes the door after the last one.
// d.mu is held.
func (d *door) expire() {
	now := wire.MinuteOf(time.Now())
	for ticket, h := range d.held {
		if h.until <= now {
			delete(d.held, ticket)
		}
	}
	if len(d.held) == 0 {
		d.shut()
	}
}

// shut closes the door. d.mu is held.
func (d *door) shut() {
	if d.host != nil {
		d.hush()
		_ = d.host.Close() // it is gone in any case
		d.host = nil
	}
}

// knocked answers a stranger.
func (d *door) knocked(s network.Stream) {
	select {
	case d.guests <- struct{}{}:
		defer func() { <-d.guests }()
	default:
		_ = s.Reset() // it knocks again
		return
	}
	join.serve(s, func(question []byte) ([]byte, error) {
		ticket, knock, err := knockIn(question)
		if err != nil {
			return nil, err
		}
		d.mu.Lock()
		h, ok := d.held[ticket]
		d.mu.Unlock()
		switch {
		case !ok || h.until <= wire.MinuteOf(time.Now()):
			return nil, errNoDoor
		case h.by == d.node.own:
			return d.porter.Answer(ticket, knock)
		}
		id, err := peerOf(h.by)
		if err != nil {
			return nil, err
		}
		return pass.ask(d.node.ctx, d.node.host, id, question)
	})
}
