package node

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"

	"nvrd/federation/wire"
)

// Doors opens this home's door for an invite, asks linked homes that can be
// reached to hold theirs, and returns those that could be dialed from here. At
// least this home's is among them, if only its own network reaches it. If it is
// the only one, and the router may still forward its port, that is waited for
// [forwarding] at most.
func (n *Node) Doors(ctx context.Context, ticket wire.Hash, until wire.Minute) ([]wire.Door, error) {
	if n.door == nil {
		return nil, errNoDoor
	}
	own, err := n.door.own(ticket, until)
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
		if err != nil || n.door.config.RelayOnly && wayOf(l.stream.Conn()) == Relayed {
			continue // whose door is tried learns where this home is
		}
		raw, err := hold.ask(ctx, n.host, id, question)
		if err != nil {
			continue // it can't be reached, or is busy
		}
		if d, err := wire.ReadDoor(raw); err == nil && len(d.Addresses) > 0 && dialable(ctx, d) {
			doors = append(doors, d)
		}
	}
	if len(doors) == 1 && n.door.forwarded(ctx) {
		doors[0], err = n.door.own(ticket, until)
	}
	return doors, err
}

// Vouch asks stewards' homes, one after another, to let in whom a card names.
func (n *Node) Vouch(ctx context.Context, stewards []wire.Key, card []byte) ([]byte, error) {
	err := errors.New("no steward's home is known")
	for _, node := range stewards {
		admit, e := n.consult(ctx, vouch, node, card)
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
	if !c.Local && !c.RelayOnly {
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

// Members returns this home's node and some that are linked, at most so many,
// where they say that they are reached: where a home begins that was just let in.
func (n *Node) Members(most int) []wire.Door {
	doors := []wire.Door{doorAt(n.own, n.places())}
	for _, l := range n.all() {
		if len(doors) == most {
			break
		}
		doors = append(doors, doorAt(l.node, n.book.told(l.node)))
	}
	return doors
}
