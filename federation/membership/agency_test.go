package membership_test

import (
	"crypto/ed25519"
	"errors"
	"testing"

	"nvrd/federation/membership"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

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
		card := func(seed byte, title string) wire.Signed {
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
		first, second := card(1, "Fire brigade"), card(2, "Fire and rescue")
		key := func(card wire.Signed) wire.Key { return card.Body.(wire.Agency).Key }
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
			func() error { return a.SuspendAgency(key(second)) },
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
			if now := all[key(second)]; now.Title != "Fire and rescue" || !now.Suspended || now.Heir != (wire.Key{}) {
				t.Errorf("the new one is %+v", now)
			}
		}
	})
}
