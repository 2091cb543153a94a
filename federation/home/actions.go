package home

import (
	"maps"

	"nvrd/federation/feed"
	"nvrd/federation/request"
	"nvrd/federation/store"
	"nvrd/federation/wire"
)

// Actions is what is to be done, in this order: what was sent is on disk, and
// what a restart brings back was never told otherwise.
type Actions struct {
	Save  store.Change // all of it at once
	Send  []Send
	Close []wire.Key // streams to nodes that are no neighbors any longer, once that was sent

	// For pages and for whoever keeps media: what changed.
	Roster bool // something that [Home.State] says
	Feed   []feed.Change
	Logs   []request.Change
	Held   bool // a neighbor holds what it was not known to hold; see [Home.Delivery]
}

// Send is a message for a node.
type Send struct {
	To      wire.Key
	Message wire.Message
}

func (a *Actions) send(p *peer, messages []wire.Message) {
	for _, m := range messages {
		a.Send = append(a.Send, Send{p.node, m})
	}
}

func (a *Actions) objects(added []wire.Signed) {
	for _, o := range added {
		a.Save.Objects = append(a.Save.Objects, store.Object{ID: o.ID, Raw: o.Raw})
	}
}

// settled adds what the roster takes for settled, as far as that is news.
func (a *Actions) settled(h *Home, final wire.Hash, since map[wire.Hash]wire.Minute) {
	if final != h.settled {
		h.settled, a.Save.Settled = final, final
	}
	if !maps.Equal(since, h.passed) {
		h.passed, a.Save.Passed = since, since
	}
}

// done completes what is to be written down: of all that changed, how it is now.
func (h *Home) done(a Actions) Actions {
	a.Save.Replaced = h.roster.Replaced()
	for _, c := range a.Logs {
		a.Save.Logs = append(a.Save.Logs, h.written(c))
	}
	if len(a.Feed) == 0 {
		return a
	}
	seen := make(map[wire.Hash]struct{}, len(a.Feed))
	for _, c := range a.Feed {
		id := c.Item.ID
		if _, ok := seen[id]; ok {
			continue
		}
		seen[id] = struct{}{}
		held, dead, ok := h.set.Get(id)
		if !ok {
			if !h.set.Early(c.Item) { // a clock that was set back is set right again: then it is offered anew
				a.Save.Dropped = append(a.Save.Dropped, id)
			}
			continue
		}
		a.Save.Entries = append(a.Save.Entries, store.Entry{ID: id, Raw: held.Raw, Payload: held.Payload})
		if dead != feed.Alive {
			a.Save.Dead = append(a.Save.Dead, id)
		}
	}
	return a
}
