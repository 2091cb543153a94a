package online

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"nvrd/federation/membership"
	"nvrd/federation/node"
	"nvrd/federation/wire"
)

const (
	soon = 5 * time.Second // between two knocks, at first
	late = 5 * time.Minute // at most
)

// knock starts knocking with invites that are new, and ends it with those that
// were given up or have let the home in.
func (o *Online) knock(joining []*membership.Joining) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for j, end := range o.asks {
		if !slices.Contains(joining, j) {
			end()
			delete(o.asks, j)
		}
	}
	for _, j := range joining {
		if o.asks[j] != nil {
			continue
		}
		ctx, end := context.WithCancel(o.ctx)
		o.asks[j] = end
		o.work.Go(func() { o.ask(ctx, j) })
	}
}

// ask knocks until there is an answer for good.
func (o *Online) ask(ctx context.Context, j *membership.Joining) {
	for wait := soon; ; wait = min(2*wait, late) {
		err := o.askOnce(ctx, j)
		if err != nil && ctx.Err() == nil {
			o.config.Log.Info("nobody opens yet", "neighborhood", j.Invite.Title, "from", j.Invite.From, "err", err)
		}
		switch j.Answered() {
		case wire.AnswerYes, wire.AnswerNo, wire.AnswerUsed:
			return
		case 0:
			if j.Returns && err == nil {
				continue // with other keys
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func (o *Online) askOnce(ctx context.Context, j *membership.Joining) error {
	ticket, knock, err := j.Knock()
	if err != nil {
		return err
	}
	welcome, err := node.Knock(ctx, j.Doors(), ticket, knock)
	if err != nil {
		return err
	}
	_, err = j.Hear(welcome)
	return err
}

// porter is who answers at the door of a membership.
type porter struct {
	m    *membership.Membership
	ctx  context.Context
	node atomic.Pointer[node.Node] // nil for a moment at the start
}

// Answer is that of [node.Porter].
func (p *porter) Answer(ticket wire.Hash, knock []byte) ([]byte, error) {
	n := p.node.Load()
	if n == nil {
		return nil, context.Canceled
	}
	return p.m.Answer(ticket, knock, n.Members(wire.MaxWelcomes), func(card []byte) ([]byte, error) {
		return n.Vouch(p.ctx, p.stewards(), card)
	})
}

// Vouch is that of [node.Porter].
func (p *porter) Vouch(member wire.Key, card []byte) ([]byte, error) { return p.m.Vouch(member, card) }

// stewards returns the nodes of homes that hold seats.
func (p *porter) stewards() []wire.Key {
	s := p.m.State()
	var nodes []wire.Key
	for _, seat := range s.Seats {
		if m := s.Member(seat.Who); m != nil && seat.Who != p.m.Author() {
			nodes = append(nodes, m.Card.Node)
		}
	}
	return nodes
}
