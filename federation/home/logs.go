package home

import (
	"nvrd/federation/request"
	"nvrd/federation/store"
	"nvrd/federation/wire"
)

// Publish takes what an agency published, from a sponsor or the agency itself, and
// tells the neighbors; see [request.Logs.Offer]. It is the same for all homes that
// hold the same log: nothing else is asked.
func (h *Home) Publish(agency wire.Key, checkpoint []byte, from int, more []request.Entry, now wire.Minute) (request.Outcome, Actions, error) {
	var a Actions
	is, changes, err := h.logs.Offer(agency, checkpoint, from, more, now)
	a.Logs = changes
	h.publish(nil, changes, now, &a)
	return is, h.done(a), err
}

// Tell takes texts of entries that were here without; see [request.Logs.Tell].
func (h *Home) Tell(agency wire.Key, texts [][]byte, now wire.Minute) (Actions, error) {
	changes, err := h.logs.Tell(agency, texts, now)
	return h.done(Actions{Logs: changes}), err
}

// LoadLogs takes up logs that were written down. It is to be called after
// [Home.Load]. An error says that one is damaged.
func (h *Home) LoadLogs(kept []store.Log) (damaged error) {
	for _, l := range kept {
		entries := make([]request.Entry, len(l.Entries))
		for i, e := range l.Entries {
			entries[i] = request.Entry{ID: e.ID, Text: wire.Signed{Raw: e.Raw}}
		}
		if err := h.logs.Load(l.Agency, l.Checkpoint, l.Fraud, entries); err != nil {
			damaged = err
		}
	}
	return damaged
}

// publish passes on what is new in logs; from brought it, nil is this home.
func (h *Home) publish(from *peer, changes []request.Change, now wire.Minute, a *Actions) {
	if len(changes) == 0 {
		return
	}
	for _, p := range h.peers {
		if p.up && p != from {
			a.send(p, p.logs.Push(changes, now))
		}
	}
}

// rule has logs judged by what the charter says now. Of an agency that is new
// neighbors are asked at once.
func (h *Home) rule(now wire.Minute, a *Actions) {
	s := h.State()
	var agencies []request.Admitted
	for _, agency := range s.Agencies {
		agencies = append(agencies, request.Admitted{Agency: agency.Agency, Cells: agency.Cells, Suspended: agency.Suspended})
	}
	var cosigners []wire.Key
	for _, m := range s.Members {
		if !m.Out && m.Card.Cosigner != (wire.Key{}) {
			cosigners = append(cosigners, m.Card.Cosigner)
		}
	}
	changes, more := h.logs.Rule(agencies, cosigners)
	a.Logs = append(a.Logs, changes...)
	if !more {
		return
	}
	for _, p := range h.peers {
		if p.up && !p.waits {
			a.send(p, p.logs.Start(now))
		}
	}
}

// written is what is to be written down of a log that changed.
func (h *Home) written(c request.Change) store.Log {
	l := h.logs.Log(c.Agency)
	w := store.Log{Agency: c.Agency, From: c.From, Checkpoint: l.Note()}
	if f, ok := l.Fraud(); ok {
		w.Fraud = f.Bytes()
	}
	for _, e := range l.Entries(c.From) {
		w.Entries = append(w.Entries, store.Object{ID: e.ID, Raw: e.Text.Raw})
	}
	return w
}
