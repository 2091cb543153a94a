package main

import (
	"bytes"
	"crypto/ed25519"
	"strings"

	"nvrd/federation/choice"
	"nvrd/federation/request"
	"nvrd/federation/request/area"
	"nvrd/federation/request/tlog"
	"nvrd/federation/response"
	"nvrd/federation/wire"
	"nvrd/ui/page/street"
)

// asked is a day on which an agency asks: Anna answers one request, puts another
// aside, does not want to see a third, and looks at all of them. She asks neighbors,
// too, and lets the agency read a post.
func (w *week) asked() {
	m := w.in("Elm Street")
	_, key, err := ed25519.GenerateKey(nil)
	w.must(err)
	sign := func(b wire.Body) wire.Signed {
		s, err := wire.Sign(b, key)
		w.must(err)
		return s
	}
	agency, identity, now := wire.PublicKey(key), response.NewIdentity(), wire.MinuteOf(w.now())
	place := wire.Point{Lat: 40_712_000, Lon: -73_992_000}
	card := sign(wire.Agency{Key: agency, Minute: now, Title: "Fire brigade", Class: wire.ClassFire, Contact: "Desk", Policy: "Deleted.", Jurisdiction: rectangle(place, 50_000)})
	w.must(m.AdmitAgency(card, []wire.Cell{area.CellOf(place)}, wire.Key{}))
	w.until("Ben knows the agency", func() bool { _, ok := w.ben.In().State().Agencies[agency]; return ok })
	w.must(w.ben.In().Sponsor([]wire.Key{agency}))
	w.must(w.anna.neighbors.Sponsor(m, agency, ""))
	w.until("both are its sponsors", func() bool { return len(m.Sponsors(agency)) == 2 && len(w.ben.In().Sponsors(agency)) == 2 })

	head := wire.AgencyHead{Agency: agency, Minute: now}
	published := []wire.Signed{sign(wire.Recipient{Head: head, Recipient: identity.Recipient()})}
	for _, incident := range []wire.Incident{wire.IncidentFire, wire.IncidentTraffic, wire.IncidentAnimal} {
		published = append(published, sign(wire.Request{Head: head, Case: "26-1184 " + incident.String(), Incident: incident, From: now - 120, To: now - 60, Area: rectangle(place, 4_000), Text: "Did a camera see it?", Contact: "Desk", Expires: now + wire.Day}))
	}
	var tree tlog.Tree
	var entries []request.Entry
	for _, s := range published {
		tree = tree.Append(s.ID)
		entries = append(entries, request.Entry{ID: s.ID, Text: wire.Signed{Raw: s.Raw}})
	}
	_, size, err := m.Publish(agency, tlog.Sign(tree, key), 0, entries)
	w.must(err)
	if size != len(published) {
		w.t.Errorf("of %d entries %d are taken", len(published), size)
	}
	w.until("Ben has what it asked", func() bool { return len(w.ben.In().Requests()) == 3 })

	requests := "/street/" + street.Short(m) + "/requests"
	w.must(w.anna.choices.Cover(w.t.Context(), 1, []wire.Cell{area.CellOf(place)}))
	w.must(w.anna.choices.PutAside(w.t.Context(), published[2].ID, true))
	w.must(w.anna.choices.OptOut(w.t.Context(), choice.OptOut{Scope: choice.OfIncident, Incident: wire.IncidentAnimal}, true))
	for _, page := range []string{requests, requests + "/" + published[1].ID.String(), requests + "/" + published[2].ID.String(), "/street/" + street.Short(m) + "/coverage", "/street/" + street.Short(m) + "/ledger", "/street/" + street.Short(m) + "/agencies"} {
		w.view(page)
	}
	w.must(w.anna.neighbors.Respond(m, wire.Salt{1}, response.Response{Request: published[1].ID, Until: now + 30*wire.Day, Words: "I saw it.", Media: []response.Media{{Type: wire.MediaPhoto, Bytes: bytes.Repeat([]byte("photo"), 1000)}}}, false))
	w.until("it is with Ben", func() bool {
		all, err := w.anna.neighbors.Responses(m)
		return err == nil && len(all) == 1 && len(all[0].Brought) == 2
	})
	w.opensResponse(identity, published[1].ID)

	w.has(w.ben, w.says(w.anna.neighbors.Ask(m, wire.Post{Category: wire.CategoryLostFound, Happened: "Did your camera see our cat?", From: now - 90, To: now - 30, Cells: []wire.Cell{area.CellOf(place)}}, 7)))
	w.has(w.ben, w.says(m.Post(wire.Post{Category: wire.CategoryHazard, Happened: "The hydrant leaks.", Opened: []wire.Key{agency}}, 0)))
	w.must(m.SuspendAgency(agency, "It asked too much."))
	w.until("Ben has heard it", func() bool { return w.ben.In().State().Agencies[agency].Suspended })
}

// opensResponse has the agency open what came to it: it says what Anna said, and
// nothing else.
func (w *week) opensResponse(identity response.Identity, asked wire.Hash) {
	var pieces []response.Piece
	for _, b := range w.ben.Kept() {
		if p, err := response.ParsePiece(b); err == nil {
			pieces = append(pieces, p)
		}
	}
	sealed, missing, err := response.Join(pieces)
	if err != nil || len(missing) > 0 {
		w.t.Fatalf("of %d pieces some are missing: %v, %v", len(pieces), missing, err)
	}
	r, err := response.Open(identity, sealed)
	w.must(err)
	if r.Words != "I saw it." || r.Request != asked || len(r.Media) != 1 || !strings.HasPrefix(r.Case, "26-1184") {
		w.t.Errorf("the agency reads %+v", r)
	}
}
