package fedtest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"nvrd/federation/request"
	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
)

// TestSplitView: an agency shows one log to half a street and another one to the other
// half, while they can't hear each other. Once they can, all homes have proof of it within
// a minute, whether the two logs are as long or not.
func TestSplitView(t *testing.T) {
	seed := sha256.Sum256([]byte("two-faced"))
	key := ed25519.NewKeyFromSeed(seed[:])
	agency := wire.PublicKey(key)
	town := []wire.Point{{Lat: 40_700_000, Lon: -73_990_000}, {Lat: 40_700_000, Lon: -73_890_000}, {Lat: 40_800_000, Lon: -73_890_000}, {Lat: 40_800_000, Lon: -73_990_000}}
	for _, c := range []struct{ common, left, right int }{{2, 1, 1}, {0, 70, 1}} {
		w := New(Plan{Seed: 7, Streets: 1, Homes: 60, Stewards: 1, Links: 5, Skew: time.Minute})
		s := w.Streets[0]
		w.Run(3 * time.Minute)
		founder := s.Homes[0]
		says := wire.Agency{Key: agency, Title: "Police", Class: wire.ClassPolice, Contact: "Desk", Policy: "Deleted.", Jurisdiction: town}
		founder.declare(s.sign(wire.AdmitAgency{Head: founder.act(), Agency: says, Signature: s.sign(says, key).Signature(), Cells: []wire.Cell{{}}}, founder.seat))
		w.Run(time.Minute)

		var common []request.Entry
		tell := func(all []request.Entry, n int, text string) []request.Entry {
			for i := range n {
				at := w.Begin - 400*wire.Day + wire.Minute(len(all))*wire.Day
				b := s.sign(wire.Bulletin{Head: wire.AgencyHead{Agency: agency, Minute: at}, Title: "Notice", Text: fmt.Sprint(text, i), Expires: at + wire.Day}, key)
				all = append(all, request.Entry{ID: b.ID, Text: b})
			}
			return all
		}
		show := func(to *Home, all []request.Entry) {
			t.Helper()
			var tree tlog.Tree
			for _, e := range all {
				tree = tree.Append(e.ID)
			}
			from := to.core.Logs().Log(agency).Size()
			is, a, err := to.core.Publish(agency, tlog.Sign(tree, key), from, append([]request.Entry(nil), all[from:]...), to.minute())
			if is != request.Extended || err != nil {
				t.Fatal(is, err)
			}
			to.do(a)
		}
		if common = tell(nil, c.common, "to all"); len(common) > 0 {
			show(founder, common)
		}
		w.Run(time.Minute)
		s.Fall()
		show(s.Homes[0], tell(common[:len(common):len(common)], c.left, "to some"))
		show(s.Homes[1], tell(common[:len(common):len(common)], c.right, "to others"))
		w.Run(5 * time.Minute)
		cut := 0 // off from their half, too
		for n, h := range s.Homes {
			l := h.core.Logs().Log(agency)
			if _, is := l.Fraud(); is {
				t.Fatalf("home %d has proof", n)
			}
			if l.Size() != c.common+[]int{c.left, c.right}[n%2] {
				cut++
			}
		}
		if cut > len(s.Homes)/20 {
			t.Fatalf("%d homes have not heard of it", cut)
		}

		s.Heal()
		convicted := 0
		var most time.Duration // until 99 of 100 know
		for after := time.Duration(0); convicted < len(s.Homes); after += time.Second {
			if after > time.Minute {
				t.Fatalf("%+v: after a minute %d of %d homes have proof", c, convicted, len(s.Homes))
			}
			w.Run(time.Second)
			convicted = 0
			for _, h := range s.Homes {
				if _, is := h.core.Logs().Log(agency).Fraud(); is {
					convicted++
				}
			}
			if most == 0 && convicted*100 >= 99*len(s.Homes) {
				most = after + time.Second
			}
		}
		t.Logf("%+v: 99 %% of %d homes have proof %v after they could hear each other", c, len(s.Homes), most)
	}
}
