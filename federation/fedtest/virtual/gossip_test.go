//go:build sim

package virtual_test

import (
	"context"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/peer"

	"nvrd/federation/fedtest"
	"nvrd/federation/fedtest/virtual"
	"nvrd/federation/feed"
	"nvrd/federation/wire"
)

// gossip is a street that passes entries on by GossipSub, with its usual
// parameters, over the connections that the world's links say.
type gossip struct {
	street *street
	topics []*pubsub.Topic
}

// gossiping makes one. Opened, entries are read, checked and kept before they are passed on, as
// homes must; else they are bytes.
func gossiping(t *testing.T, homes int, w virtual.Wires, opened bool) *gossip {
	plan := fedtest.Plan{Seed: w.Seed, Begin: now(), Streets: 1, Homes: homes, Stewards: 3, Links: 5}
	s := &street{t: t, network: virtual.New(w), world: fedtest.New(plan), tally: tally{said: map[wire.Hash]time.Time{}}}
	g := &gossip{street: s}
	for _, who := range s.world.Streets[0].Homes {
		b := &box{street: s, who: who, host: host(t, s.network, who.Node(), nil)}
		s.homes = append(s.homes, b)
		g.topics = append(g.topics, g.join(b, opened))
	}
	var dials sync.WaitGroup
	for _, b := range s.homes {
		for _, other := range b.who.Neighbors() {
			if other.Number > b.who.Number {
				dials.Go(func() { dial(t, b.host, s.homes[other.Number].host) })
			}
		}
	}
	dials.Wait()
	time.Sleep(time.Minute)
	return g
}

func (g *gossip) join(b *box, opened bool) *pubsub.Topic {
	t := g.street.t
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	ps, err := pubsub.NewGossipSub(ctx, b.host,
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign), pubsub.WithNoAuthor(), // entries are signed themselves
		pubsub.WithMessageIdFn(func(m *pb.Message) string { id := sha256.Sum256(m.Data); return string(id[:]) }))
	if err != nil {
		t.Fatal(err)
	}
	if opened {
		if err := ps.RegisterTopicValidator("street", keeper(b.host.ID())); err != nil {
			t.Fatal(err)
		}
	}
	topic, err := ps.Join("street")
	if err != nil {
		t.Fatal(err)
	}
	heard, err := topic.Subscribe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			m, err := heard.Next(ctx)
			if err != nil {
				return
			}
			if m.ReceivedFrom != b.host.ID() {
				g.street.tally.reached(sha256.Sum256(m.Data))
			}
		}
	}()
	return topic
}

// keeper checks and keeps what others say.
func keeper(own peer.ID) pubsub.ValidatorEx {
	var mu sync.Mutex
	held := map[wire.Hash]*feed.Item{}
	return func(_ context.Context, from peer.ID, m *pubsub.Message) pubsub.ValidationResult {
		if from == own {
			return pubsub.ValidationAccept
		}
		said, err := wire.ReadMessage(m.Data)
		if err != nil {
			return pubsub.ValidationReject
		}
		c := said.(wire.Entries).Entries[0]
		i, err := feed.Open(c.Entry, c.Payload)
		if err != nil {
			return pubsub.ValidationReject
		}
		mu.Lock()
		defer mu.Unlock()
		held[i.ID] = i
		return pubsub.ValidationAccept
	}
}

func (g *gossip) say(home int) {
	s := g.street
	i := s.homes[home].who.Write(s.world.Comment(), wire.Hash{1}, now())
	raw, err := wire.WriteMessage(wire.Entries{Entries: []wire.Carried{{Entry: i.Raw, Payload: i.Payload}}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.tally.born(sha256.Sum256(raw))
	if err := g.topics[home].Publish(s.t.Context(), raw); err != nil {
		s.t.Error(err)
	}
}
