package retention_test

import (
	"cmp"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
	"nvrd/pkg/retention"
)

var now = nvr.TimeOf(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))

// world is a home's footage, from which states are made.
type world struct {
	policy  nvr.Retention
	cameras []nvr.CameraID
	floods  []nvr.CameraID
	places  []retention.Place
	leased  []catalog.Leased
	kept    []catalog.Kept // in any order, locked ones included
}

func (w *world) state() retention.State {
	s := retention.State{Now: now, Policy: w.policy, Cameras: w.cameras, Floods: w.floods, Places: w.places, Leased: w.leased, Limit: 1 << 30}
	for _, k := range w.kept {
		s.Stocks = append(s.Stocks, nvr.Stock{Stream: k.Stream, Directory: k.Directory, Class: k.Class, Segments: 1, Bytes: k.Bytes})
	}
	byAge := slices.Clone(w.kept)
	slices.SortFunc(byAge, func(a, b catalog.Kept) int { return cmp.Compare(a.Span.From, b.Span.From) })
	s.Oldest = func(id nvr.DirectoryID, class nvr.Class, of ...nvr.CameraID) iter.Seq[catalog.Kept] {
		return func(yield func(catalog.Kept) bool) {
			for _, k := range byAge {
				if k.Directory == id && k.Class == class && (len(of) == 0 || slices.Contains(of, k.Stream.Camera)) && !yield(k) {
					return
				}
			}
		}
	}
	return s
}

// without returns the world after removals.
func (w *world) without(removals []retention.Removal) *world {
	after := *w
	after.kept, after.places = slices.Clone(w.kept), slices.Clone(w.places)
	for _, r := range removals {
		after.kept = slices.DeleteFunc(after.kept, func(k catalog.Kept) bool { return k.ID == r.ID })
		for i := range after.places {
			if after.places[i].ID == r.Directory {
				after.places[i].Free += r.Bytes
			}
		}
	}
	return &after
}

func (w *world) used(id nvr.DirectoryID) (bytes int64) {
	for _, k := range w.kept {
		if k.Directory == id {
			bytes += k.Bytes
		}
	}
	return bytes
}

// removable tells whether a segment may go at all, or with young although it
// is younger than its minimum age.
func (w *world) removable(k catalog.Kept, young bool) bool {
	leased := slices.ContainsFunc(w.leased, func(h catalog.Leased) bool { return h.Stream == k.Stream && h.Span.Overlaps(k.Span) })
	if k.Class == nvr.Locked || leased {
		return false
	}
	least := w.policy.Rules[k.Class].MinAge
	return young || least == 0 || now.Sub(k.Span.To) >= least
}

// allotment is what no other camera takes from a camera of the household in a
// directory: half of an even share of the room for footage.
func (w *world) allotment(p retention.Place) int64 {
	floor, room, locked := retention.Floor(w.policy, p.Total), w.used(p.ID), int64(0)
	if p.Free < floor {
		room = min(room, w.used(p.ID)-(floor+slack(floor)-p.Free))
	}
	if most := w.policy.MaxBytes; most > 0 && w.used(p.ID) > most {
		room = min(room, most-slack(most))
	}
	own := map[nvr.CameraID]bool{}
	for _, k := range w.kept {
		switch {
		case k.Directory != p.ID:
		case k.Class == nvr.Locked:
			locked += k.Bytes
		case k.Bytes > 0 && slices.Contains(w.cameras, k.Stream.Camera):
			own[k.Stream.Camera] = true
		}
	}
	return max(room-locked, 0) / 2 / max(int64(len(own)), 1)
}

// beyond tells whether a camera holds more in a directory than its allotment.
func (w *world) beyond(c nvr.CameraID, id nvr.DirectoryID, allotment int64) bool {
	var bytes int64
	for _, k := range w.kept {
		if k.Directory == id && k.Stream.Camera == c && k.Class < nvr.Locked {
			bytes += k.Bytes
		}
	}
	return !slices.Contains(w.cameras, c) || bytes > allotment
}

// random makes a world.
func random(r *rand.Rand) *world {
	w := &world{}
	for c := range nvr.CameraID(3) {
		if r.IntN(5) > 0 {
			w.cameras = append(w.cameras, c+1)
		}
		if r.IntN(6) == 0 {
			w.floods = append(w.floods, c+1)
		}
	}
	for class := range w.policy.Rules {
		rule := &w.policy.Rules[class]
		rule.MinAge = time.Duration(r.IntN(4)) * 20 * time.Minute
		if r.IntN(3) == 0 {
			rule.MaxAge = rule.MinAge + time.Duration(1+r.IntN(5))*20*time.Minute
		}
		if r.IntN(3) == 0 {
			rule.Share = 1 + r.IntN(100)
		}
	}
	w.policy.SpareYoung = r.IntN(2) == 0
	w.policy.FreeBytes = int64(r.IntN(100))
	w.policy.FreePercent = r.IntN(20)
	if r.IntN(3) == 0 {
		w.policy.MaxBytes = int64(1 + r.IntN(500))
	}
	for id := range nvr.DirectoryID(1 + r.IntN(3)) {
		w.places = append(w.places, retention.Place{ID: id + 1, Free: int64(r.IntN(150)), Total: 1000})
	}
	for i := range r.IntN(120) {
		from := now.Add(-time.Duration(r.IntN(180)) * time.Minute)
		k := catalog.Kept{
			ID: nvr.SegmentID(i + 1), Stream: nvr.StreamID{Camera: nvr.CameraID(1 + r.IntN(3))},
			Span:      nvr.Span{From: from, To: from.Add(time.Duration(r.IntN(90)) * time.Second)},
			Directory: nvr.DirectoryID(1 + r.IntN(4)), Class: nvr.Class(r.IntN(4)), Bytes: int64(r.IntN(20)),
		}
		w.kept = append(w.kept, k)
	}
	for range r.IntN(4) {
		from := now.Add(-time.Duration(r.IntN(180)) * time.Minute)
		w.leased = append(w.leased, catalog.Leased{
			Stream: nvr.StreamID{Camera: nvr.CameraID(1 + r.IntN(3))}, Span: nvr.Span{From: from, To: from.Add(20 * time.Minute)},
		})
	}
	return w
}

// slack is how much more than a limit asks for may go.
func slack(limit int64) int64 { return limit / 16 }

func TestRemovalsHold(t *testing.T) {
	causes := map[nvr.Cause]int{}
	for seed := range uint64(5000) {
		w := random(rand.New(rand.NewPCG(seed, 1)))
		removals := retention.Removals(w.state())
		for _, r := range removals {
			causes[r.Cause]++
		}
		if err := holds(w, removals); err != nil {
			t.Fatalf("seed %d: %v\nremovals %+v\npolicy %+v\nplaces %+v", seed, err, removals, w.policy, w.places)
		}
		after := w.without(removals)
		if again := retention.Removals(after.state()); len(again) > 0 {
			t.Fatalf("seed %d: after that more has to go: %+v", seed, again)
		}
	}
	for _, cause := range causeOrder {
		if causes[cause] < 100 {
			t.Errorf("only %d removals were for the cause %q", causes[cause], cause)
		}
	}
}

var causeOrder = []nvr.Cause{nvr.TooOld, nvr.Flood, nvr.OverShare, nvr.NoRoom, nvr.NoChoice}

// holds checks removals against what is promised of them.
func holds(w *world, removals []retention.Removal) error {
	seen := map[nvr.SegmentID]bool{}
	for _, r := range removals {
		known := slices.Contains(w.kept, r.Kept) && slices.ContainsFunc(w.places, func(p retention.Place) bool { return p.ID == r.Directory })
		switch {
		case !known || seen[r.ID]:
			return fmt.Errorf("segment %d goes twice or is not there", r.ID)
		case !w.removable(r.Kept, r.Cause == nvr.NoChoice || r.Cause == nvr.Flood):
			return fmt.Errorf("segment %d must not go", r.ID)
		case w.policy.SpareYoung && !w.removable(r.Kept, false):
			return fmt.Errorf("segment %d is young and spared", r.ID)
		case r.Cause == nvr.TooOld && (w.policy.Rules[r.Class].MaxAge == 0 || now.Sub(r.Span.To) < w.policy.Rules[r.Class].MaxAge):
			return fmt.Errorf("segment %d is not too old", r.ID)
		}
		seen[r.ID] = true
	}
	for i, p := range w.places {
		own := slices.DeleteFunc(slices.Clone(removals), func(r retention.Removal) bool { return r.Directory != p.ID })
		for _, check := range []func(*world, []retention.Removal, int) error{inOrder, enough, notMore, fair} {
			if err := check(w, own, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// inOrder fails unless the removals are by cause, class and age; those at the
// cost of all cameras follow those at the cost of some.
func inOrder(_ *world, own []retention.Removal, _ int) error {
	rounds := 1
	for i := 1; i < len(own); i++ {
		a, b := own[i-1], own[i]
		if cmp.Or(cmp.Compare(slices.Index(causeOrder, a.Cause), slices.Index(causeOrder, b.Cause)),
			cmp.Compare(a.Class, b.Class), cmp.Compare(a.Span.From, b.Span.From)) > 0 {
			rounds++
		}
	}
	if rounds > 2 {
		return fmt.Errorf("the order is not by cause, class, age")
	}
	return nil
}

// enough fails unless the floors are met after removals, or nothing that could
// help is left.
func enough(w *world, own []retention.Removal, place int) error {
	after := w.without(own)
	p := after.places[place]
	floor, allotment := retention.Floor(w.policy, p.Total), after.allotment(p)
	full := w.policy.MaxBytes > 0 && after.used(p.ID) > w.policy.MaxBytes
	for _, k := range after.kept {
		if k.Directory != p.ID || k.Bytes == 0 {
			continue
		}
		rule := w.policy.Rules[min(k.Class, nvr.Ring)]
		beyond := after.beyond(k.Stream.Camera, p.ID, allotment)
		floods := beyond && slices.Contains(w.floods, k.Stream.Camera)
		switch {
		case w.removable(k, false) && rule.MaxAge > 0 && now.Sub(k.Span.To) >= rule.MaxAge:
			return fmt.Errorf("segment %d is too old and stays", k.ID)
		case w.removable(k, !w.policy.SpareYoung) && floods && (p.Free < floor || full):
			return fmt.Errorf("there is too little room, and segment %d of a flood stays", k.ID)
		case w.removable(k, false) && beyond && (p.Free < floor || full):
			return fmt.Errorf("there is too little room, and segment %d stays", k.ID)
		case w.removable(k, !w.policy.SpareYoung) && (p.Free < floor/4 || full):
			return fmt.Errorf("there is no room at all, and segment %d stays", k.ID)
		}
	}
	return nil
}

// fair fails if a camera pays for another one: a quiet one while there is
// something of a flood to go, or one within its allotment while there is something
// of one beyond.
func fair(w *world, own []retention.Removal, place int) error {
	n := slices.IndexFunc(own, func(r retention.Removal) bool { return r.Cause != nvr.TooOld })
	if n < 0 {
		return nil
	}
	allotment := w.without(own[:n]).allotment(w.without(own[:n]).places[place])
	for i := n; i < len(own); i++ {
		before, r := w.without(own[:i]), own[i]
		p := before.places[place]
		within := !before.beyond(r.Stream.Camera, p.ID, allotment)
		if within && p.Free >= retention.Floor(w.policy, p.Total) && w.policy.MaxBytes == 0 {
			return fmt.Errorf("segment %d of a camera within its allotment goes although there is some room", r.ID)
		}
		for _, k := range before.kept {
			if k.Directory != p.ID || !w.removable(k, !w.policy.SpareYoung) || !before.beyond(k.Stream.Camera, p.ID, allotment) {
				continue
			}
			if slices.Contains(w.floods, k.Stream.Camera) && r.Cause != nvr.Flood {
				return fmt.Errorf("segment %d goes, and %d of a flood stays", r.ID, k.ID)
			}
			if within {
				return fmt.Errorf("segment %d of a camera within its allotment goes, and %d of one beyond stays", r.ID, k.ID)
			}
		}
	}
	return nil
}

// notMore fails if the last removal for want of room was not needed.
func notMore(w *world, own []retention.Removal, place int) error {
	if len(own) == 0 || own[len(own)-1].Cause == nvr.TooOld {
		return nil
	}
	last := own[len(own)-1]
	before := w.without(own[:len(own)-1])
	p := before.places[place]
	floor := retention.Floor(w.policy, p.Total)
	if last.Cause == nvr.NoChoice {
		floor /= 4
	}
	short := p.Free < floor+slack(floor)
	full := w.policy.MaxBytes > 0 && before.used(p.ID) > w.policy.MaxBytes-slack(w.policy.MaxBytes)
	if !short && !full {
		return fmt.Errorf("segment %d goes without need: %d are free, of %d to be", last.ID, p.Free, floor)
	}
	return nil
}

// TestMilderPolicy shows that a policy which asks for less never removes more.
func TestMilderPolicy(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 2))
		w := random(r)
		sum := func() (bytes int64) {
			for _, r := range retention.Removals(w.state()) {
				bytes += r.Bytes
			}
			return bytes
		}
		strict := sum()
		w.policy.FreeBytes, w.policy.FreePercent, w.policy.MaxBytes = 0, 0, 0
		for i := range w.policy.Rules {
			w.policy.Rules[i].MaxAge = 0
		}
		if milder := sum(); milder != 0 {
			t.Fatalf("seed %d: %d bytes go although nothing asks for it (%d before)", seed, milder, strict)
		}
	}
}

func TestRemovalsOneByOne(t *testing.T) {
	w := random(rand.New(rand.NewPCG(7, 7)))
	w.policy = nvr.Retention{FreeBytes: 160}
	s := w.state()
	whole := retention.Removals(s)
	if len(whole) < 5 {
		t.Fatalf("only %d removals", len(whole))
	}
	s.Limit = 3
	if allotment := retention.Removals(s); !slices.Equal(allotment, whole[:3]) {
		t.Errorf("with a limit %+v, want %+v", allotment, whole[:3])
	}
	s.Limit, s.NotByAge = 1<<30, true
	if same := retention.Removals(s); !slices.Equal(same, whole) {
		t.Errorf("want of room counts also when the clock does not: %d removals, want %d", len(same), len(whole))
	}
	s.Policy = nvr.Retention{Rules: [nvr.Locked]nvr.Rule{{MaxAge: time.Minute}, {MaxAge: time.Minute}, {MaxAge: time.Minute}}}
	if got := retention.Removals(s); len(got) != 0 {
		t.Errorf("%d segments go by age although the clock is not believed", len(got))
	}
}

// BenchmarkRemovals measures a choice from a million segments in a catalog's order:
// when nothing has to go, and when a batch has to.
func BenchmarkRemovals(b *testing.B) {
	const segments = 1_000_000
	oldest := func(_ nvr.DirectoryID, class nvr.Class, _ ...nvr.CameraID) iter.Seq[catalog.Kept] {
		return func(yield func(catalog.Kept) bool) {
			for i := range segments {
				if class != nvr.Continuous {
					return
				}
				from := now.Add(-time.Duration(segments-i) * time.Minute)
				if !yield(catalog.Kept{ID: nvr.SegmentID(i), Span: nvr.Span{From: from, To: from.Add(time.Minute)}, Directory: 1, Bytes: 15 << 20}) {
					return
				}
			}
		}
	}
	for _, bb := range []struct {
		name string
		free int64
	}{{"enough room", 1 << 40}, {"a batch", 1<<40 - 512<<20}} {
		b.Run(bb.name, func(b *testing.B) {
			s := retention.State{
				Now: now, Policy: nvr.Retention{FreeBytes: 1 << 40}, Limit: 4096, Oldest: oldest,
				Places: []retention.Place{{ID: 1, Free: bb.free, Total: 100 << 40}},
				Stocks: []nvr.Stock{{Directory: 1, Segments: segments, Bytes: segments * 15 << 20}},
			}
			for b.Loop() {
				retention.Removals(s)
			}
		})
	}
}
