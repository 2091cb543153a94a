// Package exchange decides which sealed files a home asks for, whom, and when,
// and to whom it gives how much. It does no I/O, has no clock and starts nothing:
// something happens, and it says what is to be asked for now. federation/blob
// does what it says and tells what came of it; federation/node has the sockets.
//
// Nothing here is told what anybody looks at, likes or hides, so what a home
// asks for tells nothing of it: all thumbnails first, then all photos and clips,
// or none of these, in the order in which the feed gives them (see feed.Set.Fetch).
package exchange

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"time"

	"nvrd/federation/wire"
)

// Exchange is what one home exchanges in one neighborhood. It is for one
// goroutine at a time. Make one with [New].
type Exchange struct {
	caps  Caps
	meter Meter

	wants []*want // thumbnails first, else in the order in which they were given
	peers []*peer // by node key: what is chosen among them is chosen in the same order always
	asks  []asking
	last  uint64    // ID
	full  time.Time // until then the disk takes nothing
}

// want is a file that is wanted.
type want struct {
	Wanted
	whole  bool
	wait   time.Time           // not before
	absent map[wire.Key]absent // who did not have it
}

type absent struct {
	until time.Time
	times int
}

// peer is a neighbor's node. It is kept as long as something is known against it.
type peer struct {
	node   wire.Key
	up     bool
	asks   int
	rest   time.Time // it is asked nothing until then
	stalls int       // in a row
	given  int64     // bytes, today
}

// asking is an ask that nothing came of yet.
type asking struct {
	Ask
	cost int64 // bytes, at most
}

// New returns an exchange without neighbors. Of the meter as it was before a
// restart counts what is of today.
func New(caps Caps, meter Meter) *Exchange { return &Exchange{caps: caps, meter: meter} }

// Want says what is wanted: all of it, in the order in which to fetch it. What
// was wanted before and is not any longer is no more asked for. A file that is
// here already may be among them; an ask for it costs nothing.
func (x *Exchange) Want(all []Wanted, now time.Time) Actions {
	old := make(map[Ref]*want, len(x.wants))
	for _, w := range x.wants {
		old[w.Ref] = w
	}
	seen := make(map[Ref]bool, len(all))
	x.wants = make([]*want, 0, len(all))
	for _, thumbnail := range []bool{true, false} {
		for _, wanted := range all {
			if wanted.Thumbnail != thumbnail || seen[wanted.Ref] {
				continue
			}
			seen[wanted.Ref] = true
			w := old[wanted.Ref]
			if w == nil {
				w = &want{}
			}
			if wanted.From == (wire.Key{}) {
				wanted.From = w.From // what was known before a change of the feed
			}
			w.Wanted = wanted
			x.wants = append(x.wants, w)
		}
	}
	return x.fill(now)
}

// Limit says how much may go a day from now on.
func (x *Exchange) Limit(caps Caps, now time.Time) Actions {
	x.caps = caps
	return x.fill(now)
}

// Lost says that a file is no longer here, though it was.
func (x *Exchange) Lost(ref Ref, now time.Time) Actions {
	if w := x.find(ref); w != nil {
		w.whole = false
	}
	return x.fill(now)
}

// Up says that a node can be asked.
func (x *Exchange) Up(node wire.Key, now time.Time) Actions {
	x.peer(node).up = true
	return x.fill(now)
}

// Down says that a node can't be asked any longer. What was asked of it comes to
// its end by [Exchange.Done].
func (x *Exchange) Down(node wire.Key, now time.Time) Actions {
	x.peer(node).up = false
	x.forget(now)
	return x.fill(now)
}

// Tick says that time passed: to be called every few seconds.
func (x *Exchange) Tick(now time.Time) Actions {
	var a Actions
	for _, late := range slices.Clone(x.asks) {
		if now.After(late.Until.Add(Timeout)) { // nobody told what came of it
			x.done(late.Ask, Result{Outcome: Stalled}, now, &a)
		}
	}
	x.forget(now)
	return x.then(a, now)
}

// Done tells what came of an ask.
func (x *Exchange) Done(ask Ask, r Result, now time.Time) Actions {
	var a Actions
	x.turn(now)
	x.meter.Down += r.Bytes
	x.done(ask, r, now, &a)
	return x.then(a, now)
}

func (x *Exchange) then(a Actions, now time.Time) Actions {
	a.Ask = x.fill(now).Ask
	return a
}

func (x *Exchange) done(ask Ask, r Result, now time.Time, a *Actions) {
	w := x.find(ask.Ref)
	switch {
	case w == nil && r.Chunks > 0: // not what was here before: that may have an owner
		a.Remove = append(a.Remove, ask.Ref.Address)
	case w != nil && r.Outcome == Whole:
		w.whole, w.absent = true, nil
	}
	at := slices.IndexFunc(x.asks, func(o asking) bool { return o.ID == ask.ID })
	if at < 0 {
		return // it was given up
	}
	x.asks = slices.Delete(x.asks, at, at+1)
	p := x.peer(ask.Node)
	p.asks--
	if w == nil {
		w = &want{} // what is learned of the peer counts all the same
	}
	switch r.Outcome {
	case Whole, More:
		p.stalls = 0
	case Absent:
		w.lacks(p.node, now)
	case Lied:
		p.rests(now.Add(LiarRest))
	case Stalled:
		if r.Chunks > 0 {
			p.stalls = 0 // slow is not idle
		}
		p.rests(now.Add(doubled(StallRest, p.stalls)))
		p.stalls++
	case Failed:
		w.wait = now.Add(OwnRest)
	case NoRoom:
		x.full = now.Add(OwnRest)
	}
}

// rests has a node asked nothing until then; another of its answers may have
// earned it a longer rest.
func (p *peer) rests(until time.Time) {
	if until.After(p.rest) {
		p.rest = until
	}
}

// lacks notes that a node does not have the file.
func (w *want) lacks(node wire.Key, now time.Time) {
	if w.absent == nil {
		w.absent = map[wire.Key]absent{}
	}
	times := w.absent[node].times
	w.absent[node] = absent{now.Add(doubled(AbsentRest, times)), times + 1}
}

// doubled is a rest, twice as long for each time before, up to MaxRest.
func doubled(rest time.Duration, times int) time.Duration {
	return min(rest<<min(times, 10), MaxRest)
}

// fill asks for as much as may be asked for.
func (x *Exchange) fill(now time.Time) (a Actions) {
	x.turn(now)
	if now.Before(x.full) {
		return a
	}
	for _, w := range x.wants {
		if len(x.asks) == MaxAsks {
			break
		}
		if w.whole || now.Before(w.wait) || x.caps.ThumbnailsOnly && !w.Thumbnail || x.asked(w.Ref) {
			continue
		}
		cost := costOf(w.Ref)
		if cost == 0 || !x.affords(cost, w.Thumbnail) {
			continue
		}
		p := x.choose(w, now)
		if p == nil {
			continue
		}
		x.last++
		ask := Ask{ID: x.last, Node: p.node, Ref: w.Ref, Until: now.Add(Timeout)}
		x.asks = append(x.asks, asking{ask, cost})
		p.asks++
		a.Ask = append(a.Ask, ask)
	}
	return a
}

// choose returns whom to ask for a file: who brought the post, then others in an
// order that differs from file to file, so that no neighbor has to give all.
func (x *Exchange) choose(w *want, now time.Time) *peer {
	var best *peer
	var rank wire.Hash
	for _, p := range x.peers {
		if !p.up || p.asks == MaxPerPeer || now.Before(p.rest) || now.Before(w.absent[p.node].until) {
			continue
		}
		if p.node == w.From {
			return p
		}
		if r := wire.Hash(sha256.Sum256(append(w.Address[:], p.node[:]...))); best == nil || wire.Compare(r, rank) < 0 {
			best, rank = p, r
		}
	}
	return best
}

// asked tells whether a file is asked for now.
func (x *Exchange) asked(ref Ref) bool {
	return slices.ContainsFunc(x.asks, func(a asking) bool { return a.Ref == ref })
}

func (x *Exchange) find(ref Ref) *want {
	for _, w := range x.wants {
		if w.Ref == ref {
			return w
		}
	}
	return nil
}

func (x *Exchange) at(node wire.Key) (int, bool) {
	return slices.BinarySearchFunc(x.peers, node, func(p *peer, node wire.Key) int { return bytes.Compare(p.node[:], node[:]) })
}

// peer returns a node, and takes it up.
func (x *Exchange) peer(node wire.Key) *peer {
	at, ok := x.at(node)
	if !ok {
		x.peers = slices.Insert(x.peers, at, &peer{node: node})
	}
	return x.peers[at]
}

// forget leaves nodes of which there is nothing to be known.
func (x *Exchange) forget(now time.Time) {
	x.turn(now)
	x.peers = slices.DeleteFunc(x.peers, func(p *peer) bool {
		return !p.up && p.asks == 0 && p.given == 0 && now.After(p.rest)
	})
}
