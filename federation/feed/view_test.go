package feed

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/federation/wire"
)

// page writes a view as a page would show it, with names for ids.
func page(s *Set, now wire.Minute, names map[wire.Hash]string) string {
	var b strings.Builder
	var said func(indent string, what Said)
	said = func(indent string, what Said) {
		fmt.Fprintf(&b, "%s%s by %s", indent, names[what.Item.ID], nameOf(what.Item.Entry.Author))
		if what.Dead != Alive {
			fmt.Fprintf(&b, ", %v", what.Dead)
		}
		b.WriteString("\n")
		for _, l := range what.Labels {
			fmt.Fprintf(&b, "%s  label %d by %s: %s, stands %v\n", indent, l.Label.Is, nameOf(l.Item.Entry.Author),
				map[LabelState]string{LabelAgreed: "agreed", LabelFresh: "fresh", LabelAlone: "by one steward", LabelLapsed: "lapsed", LabelTakenBack: "taken back"}[l.Stands], l.Stands.Stands())
			for _, a := range l.Appeals {
				said(indent+"    ", a)
			}
		}
	}
	for _, d := range s.Days(now) {
		fmt.Fprintf(&b, "day %d\n", int(d.Number)-int(today))
		for _, p := range d.Posts {
			said("  ", p.Said)
			for _, r := range p.Reactions {
				fmt.Fprintf(&b, "    reaction %d:", r.Is)
				for _, by := range r.By {
					fmt.Fprintf(&b, " %s", nameOf(by))
				}
				b.WriteString("\n")
			}
			for _, c := range p.Comments {
				said("    ", c)
			}
		}
	}
	return b.String()
}

func TestDays(t *testing.T) {
	ice, cat := post(t, "dora", noon-wire.Day), post(t, "emil", noon-10)
	gone := post(t, "dora", noon-20)
	short := written{by: "dora", at: noon - 30, says: something("short"), minutes: 30}.item(t)
	first := comment(t, "emil", noon-5, cat)
	reply := comment(t, "dora", noon-4, first)
	earlier := comment(t, "cleo", noon-9, cat)
	wrong, agreed := label(t, "anna", noon-wire.Day, ice, wire.LabelWrong), label(t, "ben", noon, ice, wire.LabelWrong)
	lapsed := label(t, "cleo", noon-wire.Day, ice, wire.LabelUnkind)
	fresh := label(t, "cleo", noon-wire.Day+1, cat, wire.LabelUnkind)
	taken := label(t, "ben", noon-1, cat, wire.LabelUnkind)
	appeal := comment(t, "emil", noon, fresh)
	names := map[wire.Hash]string{ice.ID: "ice", cat.ID: "cat", gone.ID: "gone", first.ID: "first", reply.ID: "reply", earlier.ID: "earlier", appeal.ID: "appeal"}
	s := New(elm, neighbors())
	offer(t, s, noon, ice, cat, gone, short, reply, first, earlier, wrong, agreed, lapsed, fresh, taken, appeal,
		retract(t, "dora", noon, gone), retract(t, "ben", noon, taken),
		react(t, "dora", noon, cat, wire.ReactionThanks), react(t, "emil", noon-1, cat, wire.ReactionThanks), react(t, "emil", noon-3, cat, wire.ReactionThanks),
		react(t, "anna", noon, cat, wire.ReactionHelpful))
	want := `day 0
  cat by emil
    label 3 by cleo: fresh, stands true
      appeal by emil
    label 3 by ben: taken back, stands false
    reaction 1: emil dora
    reaction 3: anna
    earlier by cleo
    first by emil
    reply by dora
  gone by dora, taken back
day -1
  ice by dora
    label 4 by anna: agreed, stands true
    label 3 by cleo: lapsed, stands false
    label 4 by ben: agreed, stands true
`
	// Labels of one minute are ordered by id: sort those two lines out.
	got := page(s, noon, names)
	if a, b := "    label 4 by anna: agreed, stands true\n", "    label 3 by cleo: lapsed, stands false\n"; strings.Contains(got, b+a) {
		got = strings.Replace(got, b+a, a+b, 1)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	one := members{"anna": {Until: Always, Steward: true}, "dora": {Until: Always}}
	s = New(elm, one)
	offer(t, s, noon, ice, wrong)
	if got, want := page(s, noon, names), "day -1\n  ice by dora\n    label 4 by anna: by one steward, stands true\n"; got != want {
		t.Errorf("with one steward:\n%s", got)
	}
	if got := page(s, noon+29*wire.Day, names); got != "" {
		t.Errorf("when it is expired:\n%s", got)
	}
}

func TestRoom(t *testing.T) {
	m := neighbors()
	midnight := noon - noon%wire.Day
	m["new"] = Standing{Since: noon - 100, Until: Always}
	m["ahead"] = Standing{Since: noon + 3, Until: Always}
	m["settled"] = Standing{Since: noon - NewcomerTime, Until: Always}
	m["revoked"] = Standing{Until: noon - 1}
	m["left"] = Standing{Until: Always, Left: true}
	s := New(elm, m)
	p := shows(t, "dora", midnight, clip("a", 1000), photo("b", 500))
	offer(t, s, noon, p, post(t, "dora", midnight-1), comment(t, "dora", noon, p), retract(t, "dora", noon, comment(t, "dora", noon, p)), post(t, "new", noon))
	offer(t, s, noon, label(t, "anna", noon, p, wire.LabelWrong), react(t, "anna", noon, p, wire.ReactionSeen))
	full := Room{From: noon - 365*wire.Day, Posts: 5, Comments: 60, Reactions: 100, Retractions: 400, Media: MediaADay, Clips: true}
	with := func(change func(*Room)) *Room { r := full; change(&r); return &r }
	for name, want := range map[string]*Room{
		"emil":    &full,
		"dora":    with(func(r *Room) { r.Posts, r.Comments, r.Retractions, r.Media = 4, 59, 399, MediaADay-1500 }),
		"anna":    with(func(r *Room) { r.Labels, r.Reactions = 59, 99 }),
		"new":     with(func(r *Room) { r.From, r.Posts, r.Clips = noon-100, 0, false }),
		"ahead":   with(func(r *Room) { r.From, r.Posts, r.Clips = noon+3, 1, false }),
		"settled": with(func(r *Room) { r.From = noon - NewcomerTime }),
		"revoked": nil, "left": nil, "eve": nil,
	} {
		got, ok := s.Room(key(name), noon)
		if ok != (want != nil) {
			t.Errorf("%s: member %v", name, ok)
		} else if ok {
			if diff := cmp.Diff(*want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	}
}

func TestFetch(t *testing.T) {
	m := neighbors()
	m["new"] = Standing{Since: noon - 100, Until: Always}
	const mib = 1 << 20
	big := func(name string) wire.Media { return clip(name, 8*mib) }
	gone := shows(t, "emil", noon-7, big("gone"))
	for _, c := range []struct {
		name             string
		given            []*Item
		mib              int
		thumbnails, full []string
	}{
		{"nothing", nil, 1024, nil, nil},
		{"without media", []*Item{post(t, "dora", noon)}, 1024, nil, nil},
		{"a clip and a photo", []*Item{shows(t, "dora", noon, big("a"), photo("b", mib/2))}, 1024, []string{"a", "b"}, []string{"a", "b"}},
		{"of another day", []*Item{shows(t, "dora", noon-wire.Day, big("a"))}, 1024, nil, nil},
		{"taken back", []*Item{gone, retract(t, "emil", noon, gone)}, 1024, nil, nil},
		{"a newcomer's", []*Item{shows(t, "new", noon, big("a"), photo("b", mib/2))}, 1024, []string{"b"}, []string{"b"}},
		{"64 MiB of one author", []*Item{shows(t, "dora", noon, big("a"), big("b"), big("c"), big("d")), shows(t, "dora", noon+1, big("e"), big("f"), big("g"), big("h"))}, 1024,
			[]string{"a", "b", "c", "d", "e", "f", "g", "h"}, []string{"a", "b", "c", "d", "e", "f", "g", "h"}},
		{"more of one author", []*Item{shows(t, "dora", noon+1, big("e"), big("f"), big("g"), clip("h", 8*mib+1)), shows(t, "dora", noon, big("a"), big("b"), big("c"), big("d")), shows(t, "emil", noon, big("i"))}, 1024,
			[]string{"a", "b", "c", "d", "e", "f", "g", "h", "i"}, []string{"a", "b", "c", "d", "e", "f", "g", "i"}},
		{"thumbnails only", []*Item{shows(t, "dora", noon, big("a"), photo("b", mib/2))}, 0, []string{"a", "b"}, nil},
		{"the photo fits", []*Item{shows(t, "dora", noon, big("a"), photo("b", mib/2))}, 7, []string{"a", "b"}, []string{"b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := New(elm, m)
			offer(t, s, noon, c.given...)
			thumbnails, full := map[wire.Hash]bool{}, map[wire.Hash]bool{}
			for _, name := range c.thumbnails {
				thumbnails[clip(name, 1).Thumbnail.Address] = true
			}
			for _, name := range c.full {
				full[clip(name, 1).Full.Address] = true
			}
			gotThumbnails, gotFull := map[wire.Hash]bool{}, map[wire.Hash]bool{}
			for _, w := range s.Fetch(today, c.mib) {
				map[bool]map[wire.Hash]bool{true: gotThumbnails, false: gotFull}[w.Thumbnail][w.Blob.Address] = true
			}
			if diff := cmp.Diff(thumbnails, gotThumbnails); diff != "" {
				t.Errorf("thumbnails:\n%s", diff)
			}
			if diff := cmp.Diff(full, gotFull); diff != "" {
				t.Errorf("photos and clips:\n%s", diff)
			}
		})
	}
}

// TestFetchByLot: beyond the neighborhood's budget every home takes the same part, whatever came first.
func TestFetchByLot(t *testing.T) {
	var items []*Item
	for n := range 5 {
		for _, by := range []string{"anna", "ben", "cleo", "dora", "emil"} {
			items = append(items, shows(t, by, noon+wire.Minute(n), clip(fmt.Sprint(by, n), 1<<20)))
		}
	}
	forth, back := New(elm, neighbors()), New(elm, neighbors())
	for n := range items {
		forth.Add(items[n], noon)
		back.Add(items[len(items)-1-n], noon)
	}
	got := forth.Fetch(today, 10)
	if len(got) != 25+10 {
		t.Fatalf("%d files, want 25 thumbnails and 10 clips", len(got))
	}
	by, late := map[wire.Key]bool{}, 0
	for n, w := range got {
		if other := back.Fetch(today, 10)[n]; other != w {
			t.Errorf("file %d differs", n)
		}
		if !w.Thumbnail {
			by[w.Item.Entry.Author] = true
			late += int(w.Item.Entry.Minute-noon) / 2 // not of the first ten
		}
	}
	if len(by) < 3 || late == 0 {
		t.Errorf("%d authors are drawn, and %d late posts", len(by), late)
	}
}
