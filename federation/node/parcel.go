package node

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/libp2p/go-libp2p/core/network"

	"nvrd/federation/wire"
)

// A parcel goes to the home that keeps it by way of another home, so that neither
// knows both where it came from and for whom it is. Each is a stream of its own; all
// are of one length, and so is what is answered.
var (
	forward = exchange{"/stoop/forward/1", wire.Forward, len(wire.Hash{})}
	parcel  = exchange{"/stoop/parcel/1", wire.Parcel, len(wire.Hash{})}
)

// How many parcels come in at a time. Each takes half a MiB while it is passed on, and
// an honest home sends one after the other.
const (
	parcelsAtOnce  = 16
	parcelsOfAHome = 4
)

// TakeParcels has members' parcels passed on from here, and keep take what is for this
// home. Take tells whether another one of a member is taken, before anything of it is
// read. Keep returns what is answered: the receipt of what is written down, and
// something that is none of what is not. Both are called from many goroutines at once.
func (n *Node) TakeParcels(take func(from wire.Key) error, keep func(sealed []byte) wire.Hash) {
	c := &crowd{in: map[wire.Key]int{}}
	serve := func(e exchange, reply func(from wire.Key, question []byte) ([]byte, error)) {
		n.host.SetStreamHandler(e.protocol, n.members(func(from wire.Key, s network.Stream) {
			if !c.enter(from) {
				_ = s.Reset() // it is told nothing
				return
			}
			defer c.leave(from)
			if take(from) != nil {
				_ = s.Reset()
				return
			}
			e.serve(s, func(question []byte) ([]byte, error) { return reply(from, question) })
		}))
	}
	serve(forward, func(from wire.Key, question []byte) ([]byte, error) {
		if len(question) != wire.Forward {
			return nil, wire.ErrMalformed
		}
		to := wire.Key(question[:len(wire.Key{})])
		if to == from || to == n.own || !n.home.Member(to) {
			return nil, wire.ErrRange
		}
		return n.consult(n.ctx, parcel, to, question[len(to):])
	})
	serve(parcel, func(_ wire.Key, sealed []byte) ([]byte, error) {
		if len(sealed) != wire.Parcel {
			return nil, wire.ErrMalformed
		}
		receipt := keep(sealed)
		return receipt[:], nil
	})
}

// crowd is whose parcels come in now.
type crowd struct {
	mu  sync.Mutex
	all int
	in  map[wire.Key]int
}

func (c *crowd) enter(from wire.Key) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= parcelsAtOnce || c.in[from] >= parcelsOfAHome {
		return false
	}
	c.all++
	c.in[from]++
	return true
}

func (c *crowd) leave(from wire.Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.in[from]--; c.in[from] == 0 {
		delete(c.in, from)
	}
}

// Bring brings a parcel to a home that keeps it, by way of another one; without one, by
// a zero key, it goes there itself. It returns nil once that home has it for good, which
// its receipt shows; after any error it may have it.
func (n *Node) Bring(ctx context.Context, by, to wire.Key, sealed []byte, receipt wire.Hash) error {
	question, e := append(to[:], sealed...), forward
	if by == (wire.Key{}) {
		by, question, e = to, sealed, parcel
	}
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	answer, err := n.consult(ctx, e, by, question)
	if err == nil && !bytes.Equal(answer, receipt[:]) {
		err = fmt.Errorf("%w: it was not kept", wire.ErrSignature)
	}
	if err != nil {
		return fmt.Errorf("bring a parcel: %w", err)
	}
	return nil
}
