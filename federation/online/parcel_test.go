package online_test

import (
	"slices"
	"testing"

	"nvrd/federation/mail"
	"nvrd/federation/membership"
	"nvrd/federation/request"
	"nvrd/federation/request/area"
	"nvrd/federation/request/tlog"
	"nvrd/federation/response"
	"nvrd/federation/wire"
)

// TestSponsorOff: one sponsor's home is off when something is handed over. The other
// one's has it; the home that hands it over starts again meanwhile, and the second has it
// once it is on. What an agency did not take is its own although nobody is its sponsor any
// more; of one that is suspended nothing more is brought. Who leaves forgets all of it.
func TestSponsorOff(t *testing.T) {
	anna, ben, cleo, dora := live(t, "Anna"), live(t, "Ben"), live(t, "Cleo"), live(t, "Dora")
	homes := []*household{anna, ben, cleo, dora}
	for _, h := range homes {
		h.turnOn()
	}
	m, err := anna.All().Found("Elm Street", "Anna", policy)
	if err != nil {
		t.Fatal(err)
	}
	as := map[*household]*membership.Membership{anna: m}
	for _, h := range homes[1:] {
		as[h] = h.join(anna.invite(m))
	}
	o := newOffice(t)
	if err := m.AdmitAgency(o.card, []wire.Cell{area.CellOf(wire.Point{Lat: 40_701_000, Lon: -73_989_000})}, wire.Key{}); err != nil {
		t.Fatal(err)
	}
	for _, h := range []*household{anna, ben} {
		h.until(as[h], "the agency", func() bool { return len(as[h].Logs()) == 1 })
		if err := h.Sponsor(as[h], o.public(), ""); err != nil {
			t.Fatal(err)
		}
	}
	asked := o.asks("2026-7")
	entries := make([]request.Entry, len(o.all))
	for i, e := range o.all {
		entries[i] = request.Entry{ID: e.ID, Text: wire.Signed{Raw: e.Raw}}
	}
	if is, _, err := m.Publish(o.public(), tlog.Sign(o.tree, o.key), 0, entries); is != request.Extended || err != nil {
		t.Fatal(is, err)
	}
	dora.until(as[dora], "the request, both sponsors, and a home that passes on", func() bool {
		_, err := as[dora].Request(asked.ID)
		return err == nil && len(as[dora].Sponsors(o.public())) == 2 && len(dora.Linked(as[dora])) == 3
	})
	ben.stop()
	answers := byte(0)
	respond := func(hidden bool) wire.Salt {
		t.Helper()
		answers++
		id := wire.Salt{answers}
		err := dora.Respond(as[dora], id, response.Response{Request: asked.ID, Until: as[dora].Now() + wire.Day, Words: "I saw it."}, hidden)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := respond(false)
	became := func(id wire.Salt) (r mail.Response) {
		t.Helper()
		all, err := dora.Responses(as[dora])
		if err != nil {
			t.Fatal(err)
		}
		return all[slices.IndexFunc(all, func(r mail.Response) bool { return r.ID == id })]
	}
	dora.until(as[dora], "one sponsor to have it", func() bool { return len(became(first).Brought) == 1 })
	if r := became(first); r.Brought[0].Node != wire.PublicKey(m.Node()) || r.Pieces != 1 || anna.Kept(o.public()) != 1 {
		t.Errorf("it is with %+v; Anna's home has %d pieces", r, anna.Kept(o.public()))
	}
	dora.stop()
	ben.start()
	as[ben] = ben.in()
	dora.start()
	as[dora] = dora.in()
	dora.until(as[dora], "the other one to have it", func() bool { return len(became(first).Brought) == 2 })
	if r := became(first); r.Pieces != 0 || ben.Kept(o.public()) != 1 || anna.Kept(o.public()) != 1 || cleo.Kept(o.public()) != 0 {
		t.Errorf("it is with %+v; Ben's home has %d pieces, Anna's %d", r, ben.Kept(o.public()), anna.Kept(o.public()))
	}

	if err := ben.Unsponsor(as[ben], o.public()); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(ben.Mailboxes(), o.public()) || slices.Contains(cleo.Mailboxes(), o.public()) {
		t.Error("what the agency did not take is gone")
	}
	second := respond(true)
	if err := m.SuspendAgency(o.public(), "Its key was lost."); err != nil {
		t.Fatal(err)
	}
	dora.until(as[dora], "the agency to be suspended", func() bool { return len(as[dora].Keepers(o.public())) == 0 })
	dora.Slot(as[dora], 1)
	if r := became(second); len(r.Brought) != 0 || r.Pieces != 1 {
		t.Errorf("for an agency that is suspended it is with %+v", r)
	}

	name := as[dora].Name()
	for _, h := range []*household{dora, ben} {
		if err := h.Leave(as[h]); err != nil {
			t.Fatal(err)
		}
	}
	anna.until(m, "both to be out", func() bool { return len(m.Nodes()) == 2 })
	if n := dora.Waiting(name); n != 0 {
		t.Errorf("Dora's home has %d responses of a street that it left", n)
	}
	if n := ben.Kept(o.public()); n != 0 {
		t.Errorf("Ben's home has %d pieces for an agency of a street that it left", n)
	}
}
