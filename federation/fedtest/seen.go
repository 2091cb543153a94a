package fedtest

import (
	"crypto/sha256"
	"fmt"
	"time"

	"nvrd/federation/wire"
)

// Saw is what kind of thing a home sees of another.
type Saw uint8

// The kinds.
const (
	SawUp   Saw = iota + 1 // a stream stands
	SawDown                // it does no longer
	Told                   // the home said something
	Heard                  // it heard something
)

func (s Saw) String() string { return [...]string{"none", "up", "down", "told", "heard"}[s] }

// Seen is one thing that a home saw of another, or let it see.
type Seen struct {
	At    time.Duration
	Saw   Saw
	Other int // the number of the other home
	Kind  wire.MessageKind
	Bytes int
	Sum   wire.Hash // of the message as it is written
}

func (s Seen) String() string {
	return fmt.Sprintf("%v: %v home %d, message %d of %d bytes (%.4x)", s.At, s.Saw, s.Other, s.Kind, s.Bytes, s.Sum[:])
}

// Seen returns all that the home saw of others and let them see, to the last byte, in a
// world that keeps it.
func (h *Home) Seen() []Seen { return h.seen }

// sees writes down what the home sees; m is nil for what is no message.
func (h *Home) sees(what Saw, other *Home, m wire.Message) {
	if !h.w.Verbatim {
		return
	}
	s := Seen{At: h.w.now, Saw: what, Other: other.Number}
	if m != nil {
		b, err := wire.WriteMessage(m)
		if err != nil {
			panic(err) // what homes say is within its bounds
		}
		s.Kind, s.Bytes, s.Sum = m.MessageKind(), len(b), sha256.Sum256(b)
	}
	h.seen = append(h.seen, s)
}

// Teller has a home tell another one something in so long.
type Teller func(to *Home, m wire.Message, later time.Duration)

// Tells is how a home tells another one what its core wants said, by what it is given
// to tell it with.
type Tells func(to *Home, m wire.Message, tell Teller)

// Misuse has the home tell others in another way than as its core says.
func (h *Home) Misuse(t Tells) { h.tells = t }

// Tell says something to another home in so long, if there is a stream to it then.
func (h *Home) Tell(to *Home, m wire.Message, later time.Duration) {
	l := h.by[to.nodeKey()]
	if later == 0 {
		if l != nil && l.up {
			l.send(h, m)
		}
		return
	}
	h.w.In(later, func() { h.Tell(to, m, 0) })
}
