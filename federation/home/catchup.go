package home

import (
	"slices"

	"nvrd/federation/wire"
)

// patience is how many calls of [Home.Minute] neighbors wait at most while
// another one is asked first, whatever that one does.
const patience = 2

// catchUp is how a home comes to know what was said while no stream of it stood:
// it asks one neighbor and has the questions of the others wait, or each would
// send it the same month. What is new goes to all and comes from all meanwhile.
//
// The next one has its turn when the one before holds the same, or is gone, or
// brought nothing for a minute. Once two minutes went by all have theirs, so those
// that lie or stall delay no more than that.
type catchUp struct {
	on      bool
	minutes int   // that began since
	from    *peer // whose turn it is
	brought bool  // something new, in its turn
}

// begin has a peer wait whose stream now stands, if this home catches up; it does
// if no other stream stands.
func (c *catchUp) begin(p *peer, others bool) {
	if !others {
		*c = catchUp{on: true}
	}
	c.gone(p) // as far as that was not told
	p.waits = c.on
}

// gone tells that the stream to a peer broke.
func (c *catchUp) gone(p *peer) {
	p.waits, p.asked = false, questions{}
	if c.from == p {
		c.from = nil
	}
}

// questions are what a peer that waits has asked last, or nil.
type questions struct{ roster, feed wire.Message }

// keep keeps what a peer asks that waits, and tells whether it did.
func (p *peer) keep(m wire.Message) bool {
	if !p.waits {
		return false
	}
	switch m.(type) {
	case wire.Roster:
		p.asked.roster = m
	case wire.Root:
		p.asked.feed = m
	default:
		return false
	}
	return true
}

// heard notes what a peer brought, and whether it holds the same now.
func (c *catchUp) heard(p *peer, news bool) {
	if c.from != p {
		return
	}
	c.brought = c.brought || news
	if p.same() {
		c.from = nil
	}
}

// last tells whether a message is probably the end of what the peer whose turn it
// is has to bring: all before it are as large as messages are. Then it is asked
// whether that was all, so that the others need not wait for the next minute.
func (c *catchUp) last(p *peer, m wire.Message) bool {
	return c.from == p && wire.Size(m) < wire.MaxMessage/2
}

// turns gives the peers that wait their turns, for as long as they hold the same.
func (h *Home) turns(now wire.Minute, a *Actions) {
	for c := &h.behind; c.on && c.from == nil; {
		next := slices.IndexFunc(h.peers, func(p *peer) bool { return p.waits })
		if next < 0 {
			c.on = false
			return
		}
		c.from, c.brought = h.peers[next], false
		h.ask(c.from, now, a)
		c.heard(c.from, false)
	}
}

// hurry gives the next peer its turn if the one before brings nothing, and all
// theirs if they have waited for long enough; it is to be called every minute.
func (h *Home) hurry(now wire.Minute, a *Actions) {
	c := &h.behind
	switch c.minutes++; {
	case c.minutes >= patience:
		*c = catchUp{}
		for _, p := range h.peers {
			if p.waits {
				h.ask(p, now, a)
			}
		}
	case !c.brought:
		c.from = nil
	case c.from != nil:
		c.from.due = now // is that all?
	}
	h.turns(now, a)
}

// ask asks a peer whose turn has come, and takes what it asked as if it had
// said it now.
func (h *Home) ask(p *peer, now wire.Minute, a *Actions) {
	asked := p.asked
	p.waits, p.asked = false, questions{}
	h.start(p, now, a)
	if asked.roster != nil {
		reply, _, _ := p.roster.Step(asked.roster, now) // a question brings nothing
		a.send(p, reply)
	}
	if asked.feed != nil {
		reply, changes, _ := p.feed.Step(asked.feed, now)
		a.Feed = append(a.Feed, changes...)
		a.send(p, reply)
	}
}
