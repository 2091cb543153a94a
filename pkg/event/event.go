// Package event passes on what happens in front of cameras. Whoever notices
// something (a stream that sees motion, a button that calls the API) publishes
// it once on the [Bus]; whoever wants to know takes it or subscribes.
//
// There are two ways to hear of it, because there are two kinds of need. Those
// who must not miss anything, since footage depends on it, are given to [New]:
// they are called one after the other, before Publish returns. Those who watch,
// such as open pages, subscribe: each has a bounded queue, and one who does not
// keep up is let go and may come back for what was missed. So neither a page nor
// a network can hold up a camera.
//
// The bus keeps nothing: what survives a crash is what somebody who took it has
// written down. The recorder does, in the catalog.
package event

import (
	"sync"

	"nvrd/pkg/nvr"
)

const (
	// queued is how many events may wait for one subscriber. Motion is published
	// each five seconds: that is a quarter of a minute of a storm on 20 cameras.
	queued = 64
	// remembered is how many events a subscriber who comes back is given: more
	// than can happen while a page loads anew.
	remembered = 256
)

// Published is an event and when it was published, by which it is told from
// those before and after it: no two have the same time, and later ones have
// later times for as long as the bus lives, also when the clock is set back.
type Published struct {
	nvr.Event
	At nvr.Time
}

// Bus passes on events, to all in one order. It is safe for concurrent use.
type Bus struct {
	takers []func(nvr.Event)
	now    func() nvr.Time

	mu     sync.Mutex
	last   nvr.Time // when the newest was published
	since  nvr.Time // all that were published later are in recent
	recent [remembered]Published
	count  int // of all that were published
	open   map[*Subscription]struct{}
	closed bool
}

// New returns a bus whose events each of takers takes. Takers are called with
// the bus locked, from the goroutine that publishes: they must not block, and
// must not publish.
func New(takers ...func(nvr.Event)) *Bus {
	return newBus(nvr.Now, takers)
}

func newBus(now func() nvr.Time, takers []func(nvr.Event)) *Bus {
	began := now()
	return &Bus{takers: takers, now: now, last: began, since: began, open: map[*Subscription]struct{}{}}
}

// Publish passes on that something happened, or goes on: then with the same
// stream, kind and beginning as before. When it returns every taker has it, and
// it waits for every subscriber. It does not block beyond what takers do.
func (b *Bus) Publish(e nvr.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, take := range b.takers {
		take(e)
	}
	b.last = max(b.now(), b.last+1)
	p := Published{e, b.last}
	oldest := &b.recent[b.count%remembered]
	if b.count >= remembered {
		b.since = oldest.At
	}
	*oldest = p
	b.count++
	for s := range b.open {
		select {
		case s.events <- p:
		default:
			b.drop(s)
		}
	}
}

// Subscription is one who watches.
type Subscription struct {
	// Missed holds what was published since the time that was asked for, oldest first.
	Missed []Published
	// Whole tells that nothing is lacking in Missed. Otherwise the time lies too
	// far back, and what happened since then is in the catalog.
	Whole bool

	bus    *Bus
	events chan Published
}

// Events gives what is published, in order. It is closed when the subscriber
// did not keep up, and when the bus is closed; the time of the last event that
// was received is where to begin again.
func (s *Subscription) Events() <-chan Published { return s.events }

// Close ends the subscription. It may be called more than once.
func (s *Subscription) Close() {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	s.bus.drop(s)
}

// Subscribe begins to watch: what was published after a time and is remembered
// is in Missed, and what is published from now on comes through Events. A zero
// time asks for nothing that was. Whoever subscribes must Close.
func (b *Bus) Subscribe(after nvr.Time) *Subscription {
	s := &Subscription{bus: b, events: make(chan Published, queued), Whole: true}
	b.mu.Lock()
	defer b.mu.Unlock()
	if after != 0 {
		s.Whole = after >= b.since
		for n := max(0, b.count-remembered); n < b.count; n++ {
			if p := b.recent[n%remembered]; p.At > after {
				s.Missed = append(s.Missed, p)
			}
		}
	}
	if b.closed {
		close(s.events)
	} else {
		b.open[s] = struct{}{}
	}
	return s
}

// Close ends all subscriptions, so that what serves them ends. Takers go on
// taking what is published.
func (b *Bus) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for s := range b.open {
		b.drop(s)
	}
}

// drop ends a subscription, if it has not ended. b.mu is held.
func (b *Bus) drop(s *Subscription) {
	if _, ok := b.open[s]; ok {
		delete(b.open, s)
		close(s.events)
	}
}
