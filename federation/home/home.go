// Package home is one home of one neighborhood: its roster, its feed and the logs
// of agencies, and what it says to each neighbor about all three. Something happens (a stream stands
// or broke, a neighbor said something, a minute passed, the owner said
// something), and it returns what is to be done: write down, send, hang up.
//
// It starts nothing, and has no clock, no sockets and no disk: federation/node
// brings it those of a home, federation/fedtest those of ten thousand.
package home

import (
	"bytes"
	"crypto/ed25519"
	"slices"

	"nvrd/federation/feed"
	"nvrd/federation/request"
	"nvrd/federation/roster"
	"nvrd/federation/wire"
)

const (
	// Period is for how long two homes that held the same do not ask again.
	Period wire.Minute = 15
	// review is how often the roster is looked at without anything new in it: an
	// act that was dated ahead counts now, another is settled (R6).
	review wire.Minute = 60
)

// Openers read what strangers signed; see [roster.Opener] and [feed.Opener].
type Openers struct {
	Object roster.Opener
	Item   feed.Opener
}

// Opening are the openers that check everything.
var Opening = Openers{Object: wire.Open, Item: feed.Open}

// Home is one home of one neighborhood. It is for one goroutine at a time. Make
// one with [New].
type Home struct {
	roster *roster.Roster
	set    *feed.Set
	logs   *request.Logs
	open   Openers
	peers  []*peer // by node key: what is done for all is done in the same order always
	behind catchUp
	outbox outbox

	neighbors *neighbors
	reviewed  wire.Minute
	settled   wire.Hash                 // these two as they are written down
	passed    map[wire.Hash]wire.Minute // or were given to be
}

// peer is a neighbor's node. It is kept when its stream breaks, and with it the
// limits of what it may cost in an hour.
type peer struct {
	node   wire.Key
	up     bool
	roster *roster.Link
	feed   *feed.Link
	logs   *request.Link
	due    wire.Minute // when to ask next whether both hold the same
	waits  bool        // for its turn while this home catches up
	asked  questions
	holds  int // all posts of this home that were said before the outbox counted so many
}

// same tells whether both held the same when the peer last said so.
func (p *peer) same() bool { return p.roster.Equal() && p.feed.Equal() }

// New returns a home that knows nothing but the genesis of its neighborhood. It
// cosigns logs with a key, or does not without.
func New(genesis wire.Signed, open Openers, cosigner ed25519.PrivateKey) *Home {
	h := &Home{roster: roster.New(genesis), open: open, settled: genesis.ID, logs: request.NewLogs(cosigner)}
	h.neighbors = neighborsOf(h.roster.State(0))
	h.set = feed.New(genesis.ID, h.neighbors)
	return h
}

// Load takes up what was written down before a restart; settled and since are
// those of [roster.Roster.Settled]. Objects are best given in the order in which
// they came, since each rests on those before it; any other order is as good, and
// slow. A home that joins gives the head that its invite names, and nothing else.
// What is returned has to be written down: what came to an end meanwhile.
func (h *Home) Load(objects []wire.Signed, settled wire.Hash, since map[wire.Hash]wire.Minute, items []*feed.Item, now wire.Minute) Actions {
	for rest := objects; ; {
		left := slices.DeleteFunc(slices.Clone(rest), func(o wire.Signed) bool {
			_, err := h.roster.Add(o)
			return err == nil
		})
		if len(left) == len(rest) {
			break
		}
		rest = left
	}
	h.roster.Restore(settled, since)
	h.settled, h.passed = settled, since
	var a Actions
	h.resolve(now, &a)
	a.Feed = append(a.Feed, h.set.Load(items, now)...)
	return h.done(a)
}

// State returns what the roster amounts to. It is not to be changed.
func (h *Home) State() *roster.State { return h.neighbors.state }

// Roster returns the roster, to be read.
func (h *Home) Roster() *roster.Roster { return h.roster }

// Feed returns the feed, to be read.
func (h *Home) Feed() *feed.Set { return h.set }

// Logs returns the logs of agencies, to be read.
func (h *Home) Logs() *request.Logs { return h.logs }

// Up tells that a stream to the node stands.
func (h *Home) Up(node wire.Key, now wire.Minute) Actions {
	at, ok := h.find(node)
	if !ok {
		h.peers = slices.Insert(h.peers, at, &peer{node: node, roster: roster.NewLink(h.roster, h.open.Object), feed: feed.NewLink(h.set, h.open.Item), logs: request.NewLink(h.logs)})
	}
	p := h.peers[at]
	p.up = true
	p.roster.Reset()
	p.feed.Reset()
	p.logs.Reset()
	h.behind.begin(p, slices.ContainsFunc(h.peers, func(o *peer) bool { return o != p && o.up }))
	var a Actions
	if !p.waits {
		h.start(p, now, &a)
	}
	h.turns(now, &a)
	return h.done(a)
}

// Down tells that the stream to the node broke: what was sent last may be lost.
func (h *Home) Down(node wire.Key) {
	at, ok := h.find(node)
	if !ok {
		return
	}
	h.peers[at].up = false
	h.peers[at].logs.Reset()
	h.behind.gone(h.peers[at])
	if _, is := h.State().AuthorOf(node); !is {
		h.peers = slices.Delete(h.peers, at, at+1)
	}
}

// Hear takes what a node said, as [wire.ReadMessage] read it. An error is the
// node's fault; what is returned beside it is to be done all the same.
func (h *Home) Hear(node wire.Key, m wire.Message, now wire.Minute) (Actions, error) {
	at, ok := h.find(node)
	if !ok || !h.peers[at].up {
		return Actions{}, nil
	}
	p := h.peers[at]
	if p.keep(m) {
		return Actions{}, nil
	}
	var a Actions
	var reply []wire.Message
	var objects []wire.Signed
	var err error
	switch m.(type) {
	case wire.Roster, wire.Buckets, wire.Bucket, wire.Ask, wire.Objects:
		reply, objects, err = p.roster.Step(m, now)
	case wire.Logs, wire.LogAsk, wire.LogPart, wire.LogWant, wire.LogTexts, wire.LogFraud:
		reply, a.Logs, err = p.logs.Step(m, now)
	default:
		reply, a.Feed, err = p.feed.Step(m, now)
	}
	a.send(p, reply)
	h.publish(p, a.Logs, now, &a)
	a.Held = h.agreed(p, m)
	news := len(objects) > 0 || len(a.Feed) > 0
	h.learn(p, objects, now, &a)
	if len(objects) == 0 && p.same() {
		switch m.(type) {
		case wire.Root, wire.Roster:
			p.due = now + Period
		}
	}
	if _, ok := m.(wire.Entries); ok || len(objects) > 0 {
		p.due = min(p.due, now+1) // some of it may have been ignored, and count in a minute
		if news && h.behind.last(p, m) {
			h.start(p, now, &a)
		}
	}
	h.behind.heard(p, news)
	h.turns(now, &a)
	return h.done(a), err
}

// Minute tells that time passed; to be called every minute.
func (h *Home) Minute(now wire.Minute) Actions {
	a := Actions{Feed: h.set.Advance(now)}
	if now < h.reviewed || now >= h.reviewed+review {
		h.resolve(now, &a)
	}
	h.hurry(now, &a)
	for _, p := range h.peers {
		if p.up && !p.waits && (now >= p.due || p.due > now+Period) { // the clock may have been set back
			h.start(p, now, &a)
		}
	}
	return h.done(a)
}

// Say holds an entry of the owner, and tells the neighbors. What is not
// [feed.Added] was not said.
func (h *Home) Say(i *feed.Item, now wire.Minute) (feed.Outcome, Actions) {
	outcome, changes := h.set.Add(i, now)
	if outcome == feed.Added && i.Entry.Says == wire.SaysPost {
		h.outbox.put(i.ID, func(id wire.Hash) bool { _, _, ok := h.set.Get(id); return !ok })
	}
	a := Actions{Feed: changes}
	h.learn(nil, nil, now, &a)
	return outcome, h.done(a)
}

// Declare holds objects of the roster that the owner signed, written down all
// at once, and tells the neighbors. Errors are those of [roster.Roster.Add]; what
// stands before the object that is not held is held, and is to be done all the same.
func (h *Home) Declare(now wire.Minute, objects ...wire.Signed) (Actions, error) {
	var a Actions
	var added []wire.Signed
	var err error
	for _, o := range objects {
		var is bool
		if is, err = h.roster.Add(o); err != nil {
			break
		}
		if is {
			added = append(added, o)
		}
	}
	h.learn(nil, added, now, &a)
	return h.done(a), err
}

// learn takes in that objects came, and the changes of the feed that are in a
// already, and passes both on; from brought them, nil is this home. What a home
// catches up with is not passed on to who waits, since they have it mostly.
func (h *Home) learn(from *peer, objects []wire.Signed, now wire.Minute, a *Actions) {
	said := a.Feed
	if len(objects) > 0 {
		a.objects(objects)
		h.resolve(now, a)
	}
	for _, p := range h.peers {
		if !p.up || p.waits && from != nil && from == h.behind.from {
			continue
		}
		var news []wire.Message
		if p != from && len(objects) > 0 {
			news = p.roster.Push(objects, now)
		}
		if len(said) > 0 {
			news = append(news, p.feed.Push(said, now)...)
		}
		a.send(p, news)
	}
}

// resolve works out anew who is a neighbor.
func (h *Home) resolve(now wire.Minute, a *Actions) {
	h.reviewed = now
	was := h.neighbors
	h.neighbors = neighborsOf(h.roster.State(now))
	final, since := h.roster.Settled()
	a.settled(h, final, since)
	if h.State().Equal(was.state) {
		return
	}
	a.Roster = true
	h.rule(now, a)
	if !h.neighbors.judges(was) {
		return
	}
	a.Feed = append(a.Feed, h.set.Settle(h.neighbors, now)...)
	for _, p := range h.peers {
		_, before := was.state.AuthorOf(p.node)
		_, is := h.State().AuthorOf(p.node)
		if p.up && before && !is {
			a.Close = append(a.Close, p.node)
		}
	}
}

// start asks a peer whether both hold the same.
func (h *Home) start(p *peer, now wire.Minute, a *Actions) {
	p.due = now + Period
	a.send(p, p.roster.Start(now))
	root, changes := p.feed.Start(now)
	a.Feed = append(a.Feed, changes...)
	a.send(p, root)
	a.send(p, p.logs.Start(now))
}

func (h *Home) find(node wire.Key) (int, bool) {
	return slices.BinarySearchFunc(h.peers, node, func(p *peer, node wire.Key) int { return bytes.Compare(p.node[:], node[:]) })
}
