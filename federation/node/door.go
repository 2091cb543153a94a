package node

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
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
	n.door = &door{node: n, config: c, porter: p, held: map[wire.Hash]held{}, guests: make(chan struct{}, maxGuests)}
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
	w := wire.Door{Node: wire.PublicKey(doorKey(d.config.Key))}
	for _, a := range d.host.Addrs() {
		if text := a.String(); len(text) <= wire.MaxAddress && len(w.Addresses) < wire.MaxAddresses {
			w.Addresses = append(w.Addresses, text)
		}
	}
	return wire.WriteDoor(w)
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

// Doors opens this home's door for an invite, asks linked homes that can be
// reached to hold theirs, and returns those that could be dialed from here. At
// least this home's is among them, if only its own network reaches it.
func (n *Node) Doors(ctx context.Context, ticket wire.Hash, until wire.Minute) ([]wire.Door, error) {
	if n.door == nil {
		return nil, errNoDoor
	}
	raw, err := n.door.open(ticket, n.own, until)
	if err != nil {
		return nil, err
	}
	own, err := wire.ReadDoor(raw)
	if err != nil {
		return nil, err
	}
	doors := []wire.Door{own}
	question := binary.BigEndian.AppendUint32(slices.Clone(ticket[:]), uint32(until))
	for _, l := range n.all() {
		if len(doors) == wire.MaxDoors {
			break
		}
		id, err := peerOf(l.node)
		if err != nil {
			continue
		}
		if raw, err = hold.ask(ctx, n.host, id, question); err != nil {
			continue // it can't be reached, or is busy
		}
		if d, err := wire.ReadDoor(raw); err == nil && len(d.Addresses) > 0 && dialable(ctx, d) {
			doors = append(doors, d)
		}
	}
	return doors, nil
}

// Vouch asks stewards' homes, one after another, to let in whom a card names.
func (n *Node) Vouch(ctx context.Context, stewards []wire.Key, card []byte) ([]byte, error) {
	err := errors.New("no steward's home is known")
	for _, node := range stewards {
		id, e := peerOf(node)
		if e != nil {
			continue
		}
		if n.host.Network().Connectedness(id) != network.Connected {
			if e := n.host.Connect(ctx, peer.AddrInfo{ID: id, Addrs: n.book.of(node)}); e != nil {
				err = e
				continue
			}
		}
		admit, e := vouch.ask(ctx, n.host, id, card)
		if e == nil {
			return admit, nil
		}
		err = e
	}
	return nil, fmt.Errorf("vouch: %w", err)
}

// Knock knocks at all doors of an invite at once, also at those that are found
// in the home's own network, and returns the first answer. It is what a home
// does that is in no neighborhood yet, so it has a host of its own, for as long
// as it takes.
func Knock(ctx context.Context, doors []wire.Door, ticket wire.Hash, knock []byte) ([]byte, error) {
	h, err := guest()
	if err != nil {
		return nil, err
	}
	defer func() { _ = h.Close() }() // it is gone in any case
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	type result struct {
		welcome []byte
		there   bool // somebody opened
		err     error
	}
	results := make(chan result)
	open := 0
	try := func(at peer.AddrInfo) {
		open++
		go func() {
			var r result
			if r.err = h.Connect(ctx, at); r.err == nil {
				r.there = true
				r.welcome, r.err = join.ask(ctx, h, at.ID, append(slices.Clone(ticket[:]), knock...))
			}
			select {
			case results <- r:
			case <-ctx.Done():
			}
		}()
	}
	for _, d := range doors {
		if at, e := placeOf(d); e == nil && len(at.Addrs) > 0 {
			try(at)
		}
	}
	browse, enough := context.WithTimeout(ctx, settled)
	defer enough()
	near := nearby(browse, doors)
	err = errors.New("no door of the invite is in this network or reached from it")
	for open > 0 || near != nil {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("knock: %w", errors.Join(err, ctx.Err()))
		case at, ok := <-near:
			if !ok {
				near = nil
				continue
			}
			try(at)
		case r := <-results:
			if open--; r.err == nil {
				return r.welcome, nil
			}
			if err = r.err; r.there {
				enough()
			}
		}
	}
	return nil, fmt.Errorf("knock: %w", err)
}

// dialable tells whether a door can be reached from here.
func dialable(ctx context.Context, d wire.Door) bool {
	at, err := placeOf(d)
	if err != nil {
		return false
	}
	h, err := guest()
	if err != nil {
		return false
	}
	defer func() { _ = h.Close() }() // it is gone in any case
	ctx, cancel := context.WithTimeout(ctx, shortly)
	defer cancel()
	return h.Connect(ctx, at) == nil
}

// guest is a host that only dials.
func guest() (host.Host, error) {
	return libp2p.New(append(transports(), libp2p.NoListenAddrs)...)
}

// door is the host of a door.
func (c Config) door() (host.Host, error) {
	key, err := private(doorKey(c.Key))
	if err != nil {
		return nil, err
	}
	bounds, err := limits()
	if err != nil {
		return nil, err
	}
	if c.Port != 0 {
		c.Port++
	}
	options := append(transports(), libp2p.Identity(key), libp2p.ListenAddrStrings(c.listens()...), libp2p.ResourceManager(bounds), libp2p.AddrsFactory(c.told))
	if !c.Local {
		options = append(options, libp2p.NATPortMap())
	}
	return libp2p.New(options...)
}

func placeOf(d wire.Door) (peer.AddrInfo, error) {
	id, err := peerOf(d.Node)
	if err != nil {
		return peer.AddrInfo{}, err
	}
	at := peer.AddrInfo{ID: id}
	for _, text := range d.Addresses {
		a, err := multiaddr.NewMultiaddr(text)
		if err != nil {
			return at, fmt.Errorf("address of a door: %w", err)
		}
		at.Addrs = append(at.Addrs, a)
	}
	return at, nil
}

// Members returns this home's node and some that are linked, with their
// addresses: where a home begins that was just let in.
func (n *Node) Members(most int) []wire.Door {
	var doors []wire.Door
	add := func(node wire.Key, at []multiaddr.Multiaddr) {
		d := wire.Door{Node: node}
		for _, a := range at {
			if text := a.String(); len(text) <= wire.MaxAddress && len(d.Addresses) < wire.MaxAddresses {
				d.Addresses = append(d.Addresses, text)
			}
		}
		if len(doors) < most {
			doors = append(doors, d)
		}
	}
	add(n.own, n.host.Addrs())
	for _, l := range n.all() {
		add(l.node, n.book.of(l.node))
	}
	return doors
}
