// Package fedtest is a world of neighborhoods: any number of homes as they are
// (federation/home) on one heap of events, in virtual time, from one seed. Links
// have latency and break, homes go off and come back, clocks are wrong, a
// neighborhood falls apart and heals, and some homes lie.
//
// The same seed gives the same world to the last message: see [World.Transcript].
// Objects are signed and checked once for all homes, and messages handed over
// as they are, which is what makes 10,000 homes possible. There are no sockets;
// those are the business of federation/node and its own simulation.
//
// It is support of tests and no part of the program.
package fedtest

import (
	"hash"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"nvrd/federation/feed"
	"nvrd/federation/home"
	"nvrd/federation/wire"
)

// Plan says what world there is to be.
type Plan struct {
	Seed     uint64
	Begin    wire.Minute   // when the world begins; 0 for noon of some day
	Streets  int           // neighborhoods
	Homes    int           // of each
	Stewards int           // of each
	Links    int           // that each home opens; it has twice as many on average
	Skew     time.Duration // clocks are up to so far off, either way
	Breaks   time.Duration // mean time until a link breaks; 0 for never
	Liars    int           // of each street
	Sponsors int           // homes of each that are a sponsor of an agency, the first ones; 0 for a street without one
	Verbatim bool          // keep all that each home sees of others: [Home.Seen]
}

// noon is when a world begins whose plan says nothing.
const noon = wire.Minute(29_000_160)

// World is a world. It is for one goroutine.
type World struct {
	clock
	Plan
	*rand.Rand
	Streets []*Street
	Figures Figures

	objects    map[string]wire.Signed // by how they are written: what was checked
	items      map[string]*feed.Item
	transcript hash.Hash64
}

// New founds a world in which nobody has connected to anybody yet.
func New(p Plan) *World {
	if p.Begin == 0 {
		p.Begin = noon
	}
	w := &World{
		Plan: p, Rand: rand.New(rand.NewPCG(p.Seed, 0)), transcript: fnv.New64a(),
		objects: map[string]wire.Signed{}, items: map[string]*feed.Item{},
		Figures: Figures{entries: map[wire.Hash]*spread{}, revoked: map[wire.Key]*spread{}},
	}
	for n := range p.Streets {
		w.Streets = append(w.Streets, w.found(n))
	}
	return w
}

// Run lets so much time pass.
func (w *World) Run(d time.Duration) { w.run(w.now + d) }

// In plans something for so much later.
func (w *World) In(d time.Duration, do func()) { w.at(w.now+d, do) }

// Transcript is a fingerprint of every message so far: when it came, from whom
// to whom, and what was in it.
func (w *World) Transcript() uint64 { return w.transcript.Sum64() }

// between returns a time in a range.
func (w *World) between(least, most time.Duration) time.Duration {
	return least + time.Duration(w.Int64N(int64(most-least)+1))
}

// openers remember what was checked, for the whole world.
func (w *World) openers() home.Openers {
	return home.Openers{
		Object: func(raw []byte) (wire.Signed, error) {
			if o, ok := w.objects[string(raw)]; ok {
				return o, nil
			}
			o, err := wire.Open(raw)
			if err == nil {
				w.objects[string(raw)] = o
			}
			return o, err
		},
		Item: func(entry, payload []byte) (*feed.Item, error) {
			if i, ok := w.items[string(entry)]; ok {
				if len(payload) == 0 {
					return i.Bare(), nil
				}
				if string(payload) == string(i.Payload) {
					return i, nil
				}
			}
			return feed.Open(entry, payload)
		},
	}
}
