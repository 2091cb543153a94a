package feed

import (
	"maps"
	"testing"
)

func BenchmarkAdd(b *testing.B) {
	items, roster := month()
	s, n := New(elm, roster), 0
	for b.Loop() {
		if n == len(items) {
			b.StopTimer()
			s, n = New(elm, roster), 0
			b.StartTimer()
		}
		s.Add(items[n], noon)
		n++
	}
}

// BenchmarkPrint is the fingerprint after one entry came to 6,000, or went.
func BenchmarkPrint(b *testing.B) {
	items, roster := month()
	s := filled(roster, items)
	r := s.held[items[0].ID]
	var changes []Change
	for n := 0; b.Loop(); n++ {
		if n%2 == 0 {
			s.drop(r, &changes)
		} else {
			s.add(items[0], &changes)
			r = s.held[items[0].ID]
		}
		changes = changes[:0]
		s.tree.root()
	}
}

// BenchmarkPrintWhole is the same without what was computed before.
func BenchmarkPrintWhole(b *testing.B) {
	items, roster := month()
	s := filled(roster, items)
	for b.Loop() {
		s.tree.fresh = false
		for _, d := range s.tree.days {
			d.fresh = false
			for _, h := range d.hours {
				h.fresh = false
			}
		}
		s.tree.root()
	}
}

// BenchmarkSettle is another roster, in which nobody of whom something is held
// stands otherwise, or one author of 40 is or is no steward.
func BenchmarkSettle(b *testing.B) {
	items, roster := month()
	other := maps.Clone(roster)
	one := nameOf(items[0].Entry.Author)
	other[one] = Standing{Until: Always, Steward: true}
	for name, rosters := range map[string][2]members{"nobody": {roster, maps.Clone(roster)}, "one": {roster, other}} {
		b.Run(name, func(b *testing.B) {
			s := filled(roster, items)
			for n := 1; b.Loop(); n++ {
				s.Settle(rosters[n%2], noon)
			}
		})
	}
}

// BenchmarkSettleWhole is all that is held, judged anew.
func BenchmarkSettleWhole(b *testing.B) {
	items, roster := month()
	s := filled(roster, items)
	for b.Loop() {
		s.settle(noon)
	}
}

// BenchmarkSync is a home that comes to have 6,000 entries, apart from the checks of signatures.
func BenchmarkSync(b *testing.B) {
	items, roster := month()
	whole, open := filled(roster, items), remembering()
	for b.Loop() {
		converse(b, NewLink(New(elm, roster), open), NewLink(whole, open), noon)
	}
}

// BenchmarkEqual is what a period costs two homes that hold the same 6,000.
func BenchmarkEqual(b *testing.B) {
	items, roster := month()
	one, other := filled(roster, items), filled(roster, items)
	for b.Loop() {
		converse(b, NewLink(one, Open), NewLink(other, Open), noon)
	}
}
