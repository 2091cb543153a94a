package mail

import (
	"slices"
	"testing"
	"time"

	"nvrd/federation/wire"
)

// A home's slots are four a day, at any time of it, as often of each size as others',
// and no other home's.
func TestSlots(t *testing.T) {
	db, other := open(t, t.TempDir()), open(t, t.TempDir())
	const days = 400
	hours, sizes, same := [24]int{}, map[int]int{}, 0
	for day := range uint32(days) {
		slots := db.Slots(elm, day)
		begin := time.Unix(int64(day)*86_400, 0)
		if len(slots) != PerDay || !slices.IsSortedFunc(slots, func(a, b Slot) int { return a.At.Compare(b.At) }) {
			t.Fatalf("day %d has slots %v", day, slots)
		}
		for i, s := range slots {
			at := s.At.Sub(begin)
			if at < 0 || at >= 24*time.Hour {
				t.Fatalf("a slot of day %d is %v after it began", day, at)
			}
			hours[int(at.Hours())]++
			sizes[s.Count]++
			if i > 0 && s.At.Equal(slots[i-1].At) {
				same++
			}
			if s.At.Equal(other.Slots(elm, day)[i].At) || s.At.Equal(db.Slots(oak, day)[i].At) {
				same++
			}
		}
		if !slices.Equal(slots, db.Slots(elm, day)) {
			t.Fatal("slots change")
		}
	}
	for h, n := range hours { // 67 are expected, with a deviation of 8
		if n < 30 || n > 110 {
			t.Errorf("%d of %d slots are in hour %d", n, days*PerDay, h)
		}
	}
	for size, want := range map[int]int{1: 960, 4: 480, MaxHidden: 160} {
		if n := sizes[size]; n < want-100 || n > want+100 {
			t.Errorf("%d of %d slots are of %d parcels", n, days*PerDay, size)
		}
	}
	if len(sizes) != 3 || same > 3 {
		t.Errorf("%d sizes; %d slots are another one, too", len(sizes), same)
	}
}

// A response goes to whom a slot's parcels go in any case, if it fits and waits.
func TestChoose(t *testing.T) {
	anna, ben, cleo := keyOf("anna"), keyOf("ben"), keyOf("cleo")
	nodes := func(asker wire.Key) []wire.Key {
		if asker == fire {
			return []wire.Key{anna, ben}
		}
		return nil
	}
	at := func(name string, pieces int, brought ...wire.Key) Response {
		r := response(name, today, true)
		r.Pieces = pieces
		for _, n := range brought {
			r.Brought = append(r.Brought, Brought{Node: n})
		}
		return r
	}
	soon, others := at("soon", 1), at("others", 1)
	soon.Hidden, others.Asker = false, police
	for name, c := range map[string]struct {
		all   []Response
		count int
		to    wire.Key
		want  string
	}{
		"nothing waits":            {nil, 16, anna, ""},
		"one that fits":            {[]Response{at("a", 4)}, 4, anna, "a"},
		"one that is too large":    {[]Response{at("a", 4)}, 1, anna, ""},
		"the next fits":            {[]Response{at("a", 4), at("b", 1)}, 1, anna, "b"},
		"the oldest of two":        {[]Response{at("a", 1), at("b", 1)}, 16, ben, "a"},
		"no sponsor of whom asked": {[]Response{at("a", 1)}, 1, cleo, ""},
		"one that has it":          {[]Response{at("a", 1, anna)}, 1, anna, ""},
		"one that has it not":      {[]Response{at("a", 1, anna)}, 1, ben, "a"},
		"two have it":              {[]Response{at("a", 1, cleo, anna)}, 1, ben, ""},
		"it does not wait":         {[]Response{soon}, 1, anna, ""},
		"it has no pieces":         {[]Response{at("a", 0)}, 1, anna, ""},
		"nobody keeps it":          {[]Response{others}, 1, anna, ""},
	} {
		r, ok := Choose(c.all, c.count, c.to, nodes)
		if ok != (c.want != "") || ok && r.ID != nameOf(c.want) {
			t.Errorf("%s: %v, %v", name, r.ID, ok)
		}
	}
	for _, c := range []struct {
		brought []wire.Key
		nodes   []wire.Key
		next    []wire.Key
		enough  bool
	}{
		{nil, nil, nil, false}, // nobody is a sponsor any more: somebody may be again
		{nil, []wire.Key{anna, ben, cleo}, []wire.Key{anna, ben, cleo}, false},
		{[]wire.Key{ben}, []wire.Key{anna, ben, cleo}, []wire.Key{anna, cleo}, false},
		{[]wire.Key{ben}, []wire.Key{ben}, nil, true},
		{[]wire.Key{ben}, nil, nil, true},
		{[]wire.Key{ben, anna}, []wire.Key{anna, ben, cleo}, nil, true},
		{[]wire.Key{ben}, []wire.Key{cleo}, []wire.Key{cleo}, false}, // who has it may be revoked
	} {
		r := at("a", 1, c.brought...)
		if next := r.Next(c.nodes); !slices.Equal(next, c.next) || r.Enough(c.nodes) != c.enough {
			t.Errorf("brought to %v of %v: next %v, enough %v", c.brought, c.nodes, next, r.Enough(c.nodes))
		}
	}
}
