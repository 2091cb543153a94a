package membership_test

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"testing"
	"time"

	"nvrd/federation/membership"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// agency is what one says of itself.
func agency(t *testing.T, seed byte, title string) wire.Signed {
	t.Helper()
	key := ed25519.NewKeyFromSeed(append(make([]byte, 31), seed))
	signed, err := wire.Sign(wire.Agency{
		Key: wire.PublicKey(key), Title: title, Class: wire.ClassFire, Contact: "Desk", Policy: "Deleted after 30 days.",
		Jurisdiction: []wire.Point{{}, {Lon: 9_000}, {Lat: 9_000}},
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func key(card wire.Signed) wire.Key { return card.Body.(wire.Agency).Key }

// A steward lets an agency in as it says of itself, and ends that. It goes on with
// another key.
func TestAgencies(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben := live(t, "Anna"), live(t, "Ben")
		defer anna.stop()
		defer ben.stop()
		a := anna.found("Elm Street")
		b := ben.join(a, nobody)
		street := newLine(t)
		street.meet(street.connect(a), street.connect(b))
		settle()
		first, second := agency(t, 1, "Fire brigade"), agency(t, 2, "Fire and rescue")
		if err := b.AdmitAgency(first, nil, wire.Key{}); !errors.Is(err, nvr.ErrForbidden) {
			t.Errorf("a member lets one in: %v", err)
		}
		if err := a.AdmitAgency(wire.Signed{Body: wire.Leave{}}, nil, wire.Key{}); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("what is no agency is let in: %v", err)
		}
		for _, do := range []func() error{
			func() error {
				return a.AdmitAgency(first, []wire.Cell{{Row: 9, Col: 1}, {Row: 8, Col: 2}, {Row: 9, Col: 1}}, wire.Key{})
			},
			func() error { return a.AdmitAgency(second, []wire.Cell{{Row: 9, Col: 1}}, key(first)) },
			func() error { return a.SuspendAgency(key(second), "It asks for others.") },
		} {
			if err := do(); err != nil {
				t.Fatal(err)
			}
			settle()
		}
		for _, m := range []*membership.Membership{a, b} {
			all := m.State().Agencies
			if old := all[key(first)]; old.Title != "Fire brigade" || len(old.Cells) != 2 || !old.Suspended || old.Heir != key(second) {
				t.Errorf("the old one is %+v", old)
			}
			if now := all[key(second)]; now.Title != "Fire and rescue" || !now.Suspended || now.Reason != "It asks for others." || now.Heir != (wire.Key{}) {
				t.Errorf("the new one is %+v", now)
			}
		}
	})
}

// Where there are two stewards both have to agree. The directory tells who did, and
// all that became of an agency.
func TestDirectory(t *testing.T) {
	story(t, func(t *testing.T) {
		anna, ben := live(t, "Anna"), live(t, "Ben")
		defer anna.stop()
		defer ben.stop()
		a := anna.found("Elm Street")
		b := ben.join(a, nobody)
		street := newLine(t)
		street.meet(street.connect(a), street.connect(b))
		settle()
		if err := a.AddSteward(b.Author(), b.Seat()); err != nil {
			t.Fatal(err)
		}
		settle()
		both := []wire.Key{a.Author(), b.Author()}
		if wire.Compare(wire.Hash(a.Seat()), wire.Hash(b.Seat())) > 0 {
			slices.Reverse(both)
		}
		decide := func(propose func() error) {
			t.Helper()
			if err := propose(); err != nil {
				t.Fatal(err)
			}
			settle()
			open := b.Proposals()
			if len(open) != 1 || open[0].By != a.Author() || !slices.Equal(open[0].For, []wire.Key{a.Author()}) || open[0].Need != 2 {
				t.Fatalf("proposed is %+v", open)
			}
			if err := b.Vote(open[0].ID); err != nil {
				t.Fatal(err)
			}
			settle()
			if left := a.Proposals(); len(left) != 0 {
				t.Errorf("still proposed: %+v", left)
			}
		}
		first, second, third := agency(t, 1, "Fire brigade"), agency(t, 2, "Fire and rescue"), agency(t, 3, "Zoo")
		cells := []wire.Cell{{Row: 8, Col: 2}, {Row: 8, Col: 3}}
		if err := a.SuspendAgency(key(first), "Unknown."); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("who is none is suspended: %v", err)
		}
		if a.Cells() != nil {
			t.Errorf("before there is an agency the neighborhood lies at %v", a.Cells())
		}
		decide(func() error { return a.AdmitAgency(first, cells[:1], wire.Key{}) })
		time.Sleep(time.Minute)
		decide(func() error { return a.AdmitAgency(third, cells, wire.Key{}) })
		decide(func() error { return a.AdmitAgency(second, cells, key(first)) })
		decide(func() error { return a.SuspendAgency(key(second), "It asks for others.") })
		decide(func() error { return a.AdmitAgency(second, cells, wire.Key{}) })
		for _, m := range []*membership.Membership{a, b} {
			all := m.Agencies()
			if !slices.Equal(m.Cells(), cells) {
				t.Errorf("the neighborhood lies at %v", m.Cells())
			}
			if len(all) != 3 || all[0].Key != key(second) || all[1].Key != key(third) || all[2].Key != key(first) || !all[0].May() || all[2].May() {
				t.Fatalf("the directory is %+v", all)
			}
			for i, want := range []int{3, 1, 2} {
				if acts := all[i].Acts; len(acts) != want {
					t.Errorf("%s has a history of %d acts, not %d", all[i].Title, len(acts), want)
				}
				for _, act := range all[i].Acts {
					if act.By != a.Author() || !slices.Equal(act.For, both) || act.Need != 0 {
						t.Errorf("%s: %+v", all[i].Title, act)
					}
				}
			}
		}
	})
}
