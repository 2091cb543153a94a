package home_test

import (
	"crypto/ed25519"
	"testing"

	"nvrd/federation/home"
	"nvrd/federation/request"
	"nvrd/federation/request/area"
	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
)

// town is the land around a corner where the street lies.
func town(side int32) []wire.Point {
	return []wire.Point{{Lat: 40_700_000, Lon: -73_990_000}, {Lat: 40_700_000, Lon: -73_990_000 + side}, {Lat: 40_700_000 + side, Lon: -73_990_000 + side}, {Lat: 40_700_000 + side, Lon: -73_990_000}}
}

// brigade is an agency that publishes.
type brigade struct {
	*street
	all []request.Entry
}

func (b *brigade) key() ed25519.PrivateKey { return key("fire brigade") }

// admission is the act that lets it in, as what follows the newest act of a home.
func (b *brigade) admission(at wire.Minute) wire.Signed {
	says := wire.Agency{Key: author("fire brigade"), Title: "Fire", Class: wire.ClassFire, Contact: "Desk", Policy: "Deleted.", Jurisdiction: town(100_000)}
	return b.sign(wire.AdmitAgency{
		Head:   wire.ActHead{Neighborhood: b.genesis.ID, Height: 1, Prev: b.genesis.ID, Minute: at, Seat: author("anna's seat")},
		Agency: says, Signature: b.sign(says, "fire brigade").Signature(), Cells: []wire.Cell{area.CellOf(wire.Point{Lat: 40_701_000, Lon: -73_989_000})},
	}, "anna's seat")
}

func (b *brigade) asks(number string, at, long wire.Minute) {
	r := wire.Request{
		Head: wire.AgencyHead{Agency: author("fire brigade"), Minute: at}, Case: number, Incident: wire.IncidentFire, From: at - 60 - long, To: at - 60,
		Area: town(5_000), Text: "Smoke?", Contact: "Desk", Expires: at + wire.Day,
	}
	s := b.sign(r, "fire brigade")
	b.all = append(b.all, request.Entry{ID: s.ID, Text: s})
}

func (b *brigade) checkpoint() []byte {
	var t tlog.Tree
	for _, e := range b.all {
		t = t.Append(e.ID)
	}
	return tlog.Sign(t, b.key())
}

// publish has a home be told, by a sponsor or as one.
func (b *brigade) publish(h *houses, to string, want request.Outcome) {
	b.t.Helper()
	core := h.cores[node(to)]
	more := b.all
	if l := core.Logs().Log(author("fire brigade")); l != nil {
		more = b.all[min(l.Size(), len(b.all)):]
	}
	is, a, err := core.Publish(author("fire brigade"), b.checkpoint(), len(b.all)-len(more), more, h.now)
	if is != want || err != nil {
		b.t.Fatalf("what is published is %v (%v), not %v", is, err, want)
	}
	h.do(node(to), a)
}

func (b *brigade) held(h *home.Home) (ids, texts int, fraud bool) {
	l := h.Logs().Log(author("fire brigade"))
	if l == nil {
		return 0, 0, false
	}
	for _, e := range l.Entries(0) {
		if e.Text.Body != nil {
			texts++
		}
	}
	_, fraud = l.Fraud()
	return l.Size(), texts, fraud
}

// TestRequests: what an agency asks is with all at once, with who comes later, and
// after a restart, but for the text of what breaks a rule, which no home passes on;
// and nothing is taken of an agency that nobody admitted.
func TestRequests(t *testing.T) {
	s := found(t)
	h := s.move("anna", "ben", "cleo", "dora")
	b := &brigade{street: s}
	h.meet("anna", "ben")
	h.meet("ben", "cleo")
	b.asks("1", noon-120, 60)
	b.publish(h, "anna", request.Suspended)

	act, err := h.cores[node("anna")].Declare(h.now, b.admission(noon-wire.Day))
	if err != nil {
		t.Fatal(err)
	}
	h.do(node("anna"), act)
	b.publish(h, "anna", request.Extended)
	b.asks("2", noon-119, 5)
	b.asks("3", noon-118, 60)
	b.publish(h, "anna", request.Extended)
	for _, who := range []string{"anna", "ben", "cleo"} {
		if ids, texts, _ := b.held(h.cores[node(who)]); ids != 3 || texts != 2 {
			t.Errorf("%s has %d entries with %d texts", who, ids, texts)
		}
	}
	h.now++
	h.meet("cleo", "dora")
	if ids, texts, _ := b.held(h.cores[node("dora")]); ids != 3 || texts != 2 {
		t.Errorf("who comes later has %d entries with %d texts", ids, texts)
	}

	for _, who := range []string{"anna", "dora"} {
		again := h.restart(who)
		kept, err := h.disks[node(who)].Load(t.Context(), s.genesis.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := again.LoadLogs(kept.Logs); err != nil {
			t.Fatal(err)
		}
		if ids, texts, _ := b.held(again); ids != 3 || texts != 2 {
			t.Errorf("after a restart %s has %d entries with %d texts", who, ids, texts)
		}
	}

	other := &brigade{street: s, all: b.all[:1:1]}
	other.asks("9", noon-118, 90)
	_, _, err = h.cores[node("dora")].Publish(author("fire brigade"), other.checkpoint(), 0, other.all, h.now)
	if err != nil {
		t.Fatal(err)
	}
	is, a, err := h.cores[node("dora")].Publish(author("fire brigade"), other.checkpoint(), 0, other.all, h.now)
	if is != request.Suspended || err != nil {
		t.Errorf("a shorter log that is another one is %v, %v", is, err)
	}
	h.do(node("dora"), a)
}

// TestRequestsConvict: an agency that shows two logs is convicted everywhere, for
// good, and nothing more of it is taken.
func TestRequestsConvict(t *testing.T) {
	s := found(t)
	h := s.move("anna", "ben", "cleo", "dora")
	b := &brigade{street: s}
	act, err := h.cores[node("anna")].Declare(h.now, b.admission(noon-wire.Day))
	if err != nil {
		t.Fatal(err)
	}
	h.save(node("anna"), act)
	h.meet("anna", "ben")
	h.meet("ben", "cleo")
	h.meet("cleo", "dora")
	b.asks("1", noon-120, 60)
	b.publish(h, "anna", request.Extended)
	other := &brigade{street: s}
	other.asks("2", noon-120, 60)
	is, a, err := h.cores[node("dora")].Publish(author("fire brigade"), other.checkpoint(), 0, other.all, h.now)
	if is != request.Convicted || err != nil {
		t.Fatalf("another log is %v, %v", is, err)
	}
	h.do(node("dora"), a)
	b.asks("3", noon-100, 60)
	for _, who := range []string{"anna", "ben", "cleo", "dora"} {
		core := h.cores[node(who)]
		if _, _, fraud := b.held(core); !fraud {
			t.Errorf("%s has no proof", who)
		}
		kept, err := h.disks[node(who)].Load(t.Context(), s.genesis.ID)
		if err != nil {
			t.Fatal(err)
		}
		again := h.restart(who)
		if err := again.LoadLogs(kept.Logs); err != nil {
			t.Fatal(err)
		}
		for what, core := range map[string]*home.Home{"now": core, "after a restart": again} {
			if is, _, err := core.Publish(author("fire brigade"), b.checkpoint(), 1, b.all[1:], h.now); is != request.Suspended || err != nil {
				t.Errorf("%s, %s: what it publishes then is %v, %v", who, what, is, err)
			}
		}
	}
}
