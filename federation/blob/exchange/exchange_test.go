package exchange

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"nvrd/federation/wire"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func node(name string) wire.Key { return sha256.Sum256([]byte(name)) }

func photo(name string, from string) Wanted {
	return Wanted{Ref: Ref{sha256.Sum256([]byte(name)), wire.Sealed(wire.MaxPhoto)}, From: node(from)}
}

func thumbnail(name string, from string) Wanted {
	return Wanted{Ref: Ref{sha256.Sum256([]byte(name)), wire.Sealed(wire.MaxThumbnail)}, From: node(from), Thumbnail: true}
}

// lavish are caps that nobody reaches.
var lavish = Caps{Down: 1 << 40, Up: 1 << 40}

// story runs an exchange by the clock of a test, and writes down what is asked.
type story struct {
	*Exchange
	t     *testing.T
	now   time.Time
	open  []Ask
	names map[[32]byte]string
	gone  []wire.Hash
}

func begin(t *testing.T, caps Caps, up ...string) *story {
	s := &story{Exchange: New(caps, Meter{}), t: t, now: noon, names: map[[32]byte]string{}}
	for _, name := range up {
		s.up(name)
	}
	return s
}

func (s *story) up(name string) {
	s.names[node(name)] = name
	s.do(s.Up(node(name), s.now))
}

func (s *story) do(a Actions) {
	s.open = append(s.open, a.Ask...)
	s.gone = append(s.gone, a.Remove...)
}

func (s *story) want(names string, from string) {
	var all []Wanted
	for name := range strings.FieldsSeq(names) {
		w := photo(name, from)
		if strings.HasPrefix(name, "t") {
			w = thumbnail(name, from)
		}
		s.names[w.Address] = name
		all = append(all, w)
	}
	s.do(s.Want(all, s.now))
}

// asked tells what is asked of whom now.
func (s *story) asked(want string) {
	s.t.Helper()
	var got []string
	for _, a := range s.open {
		got = append(got, s.names[a.Ref.Address]+":"+s.names[a.Node])
	}
	if g := strings.Join(got, " "); g != want {
		s.t.Errorf("asked for is %q, want %q", g, want)
	}
}

// ends tells what came of the ask for a file.
func (s *story) ends(name string, r Result) {
	s.t.Helper()
	at := slices.IndexFunc(s.open, func(a Ask) bool { return s.names[a.Ref.Address] == name })
	if at < 0 {
		s.t.Fatalf("%s is not asked for", name)
	}
	ask := s.open[at]
	s.open = slices.Delete(s.open, at, at+1)
	s.do(s.Done(ask, r, s.now))
}

func (s *story) pass(d time.Duration) {
	s.now = s.now.Add(d)
	s.do(s.Tick(s.now))
}

func TestOrder(t *testing.T) {
	t.Run("thumbnails first, then as they are given", func(t *testing.T) {
		s := begin(t, lavish, "anna", "bob")
		s.want("p1 p2 t1 p3 t2 t2", "anna")
		s.asked("t1:anna t2:anna p1:bob p2:bob")
		s.ends("p1", Result{Outcome: Whole, Chunks: 8})
		s.asked("t1:anna t2:anna p2:bob p3:bob")
		s.ends("t1", Result{Outcome: Whole, Chunks: 1})
		s.ends("t2", Result{Outcome: Whole, Chunks: 1})
		s.asked("p2:bob p3:bob")
	})
	t.Run("of the one who brought it", func(t *testing.T) {
		s := begin(t, lavish, "anna", "bob", "carol")
		s.want("p1 p2", "carol")
		s.asked("p1:carol p2:carol")
	})
	t.Run("in runs, while others have their turn", func(t *testing.T) {
		s := begin(t, lavish, "anna")
		s.want("p1 p2 p3", "anna")
		s.asked("p1:anna p2:anna")
		s.ends("p1", Result{Outcome: More, Chunks: 8})
		s.asked("p2:anna p1:anna")
	})
	t.Run("nobody is up", func(t *testing.T) {
		s := begin(t, lavish)
		s.want("p1", "anna")
		s.asked("")
		s.up("bob")
		s.asked("p1:bob")
		s.do(s.Down(node("bob"), s.now))
		s.ends("p1", Result{Outcome: Stalled})
		s.pass(time.Hour)
		s.asked("")
	})
	t.Run("text and thumbnails", func(t *testing.T) {
		s := begin(t, lavish, "anna")
		s.do(s.Limit(Caps{Down: lavish.Down, ThumbnailsOnly: true}, s.now))
		s.want("p1 t1", "anna")
		s.asked("t1:anna")
		s.do(s.Limit(lavish, s.now))
		s.asked("t1:anna p1:anna")
	})
	t.Run("not all of one", func(t *testing.T) {
		first := map[wire.Key]int{}
		for i := range 100 {
			s := begin(t, lavish, "anna", "bob", "carol", "dora")
			s.want(fmt.Sprint("p", i), "nobody")
			first[s.open[0].Node]++
		}
		for node, n := range first {
			if len(first) != 4 || n < 10 {
				t.Errorf("of 100 files %d are asked of %v, of %d", n, node, len(first))
			}
		}
	})
	t.Run("who brought it is remembered when the feed changes", func(t *testing.T) {
		for _, from := range []string{"anna", "bob", "carol", "dora"} {
			s := begin(t, lavish)
			s.want("p1", from)
			w := photo("p1", "")
			w.From = wire.Key{}
			s.do(s.Want([]Wanted{w}, s.now))
			for _, name := range []string{"anna", "bob", "carol", "dora"} {
				s.names[node(name)] = name
				s.peer(node(name)).up = true
			}
			s.pass(time.Second)
			s.asked("p1:" + from)
		}
	})
}

func TestRests(t *testing.T) {
	for _, c := range []struct {
		name string
		r    Result
		rest time.Duration // until anna is asked again for p1
		p2   bool          // anna is asked for other files meanwhile
		bob  bool          // and bob for this one
	}{
		{"absent", Result{Outcome: Absent}, AbsentRest, true, true},
		{"lied", Result{Outcome: Lied}, LiarRest, false, true},
		{"stalled", Result{Outcome: Stalled}, StallRest, false, true},
		{"stalled after a chunk", Result{Outcome: Stalled, Chunks: 1}, StallRest, false, true},
		{"failed", Result{Outcome: Failed}, OwnRest, true, false},
		{"no room", Result{Outcome: NoRoom}, OwnRest, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := begin(t, lavish, "anna")
			s.want("p1", "anna")
			s.ends("p1", c.r)
			s.asked("")
			s.pass(c.rest - time.Second)
			s.asked("")
			s.pass(2 * time.Second)
			s.asked("p1:anna")

			s = begin(t, lavish, "anna")
			s.want("p1", "anna")
			s.ends("p1", c.r)
			s.up("bob")
			if want := map[bool]string{true: "p1:bob"}[c.bob]; true {
				s.asked(want)
			}

			s = begin(t, lavish, "anna")
			s.want("p1", "anna")
			s.ends("p1", c.r)
			s.want("p1 p2", "anna")
			if want := map[bool]string{true: "p2:anna"}[c.p2]; true {
				s.asked(want)
			}
		})
	}
	t.Run("twice as long each time", func(t *testing.T) {
		for _, o := range []struct {
			r     Result
			first time.Duration
		}{{Result{Outcome: Absent}, AbsentRest}, {Result{Outcome: Stalled}, StallRest}} {
			s := begin(t, lavish, "anna")
			s.want("p1", "anna")
			for rest := o.first; ; rest *= 2 {
				s.ends("p1", o.r)
				rest = min(rest, MaxRest)
				s.pass(rest - time.Second)
				s.asked("")
				s.pass(2 * time.Second)
				s.asked("p1:anna")
				if rest == MaxRest {
					break
				}
			}
		}
	})
	t.Run("not who is slow, or was", func(t *testing.T) {
		for _, better := range []Result{{Outcome: Stalled, Chunks: 1}, {Outcome: More, Chunks: 8}} {
			s := begin(t, lavish, "anna")
			s.want("p1", "anna")
			for _, r := range []Result{{Outcome: Stalled}, {Outcome: Stalled}, better, {Outcome: Stalled, Chunks: 1}} {
				s.ends("p1", r)
				s.pass(2*StallRest + time.Second)
			}
			s.ends("p1", Result{Outcome: Stalled, Chunks: 1})
			s.pass(StallRest + time.Second)
			s.asked("p1:anna")
		}
	})
	t.Run("not by hanging up", func(t *testing.T) {
		s := begin(t, lavish, "anna")
		s.want("p1", "anna")
		s.ends("p1", Result{Outcome: Lied})
		s.do(s.Down(node("anna"), s.now))
		s.pass(time.Hour)
		s.up("anna")
		s.asked("")
	})
	t.Run("who comes and goes leaves nothing", func(t *testing.T) {
		s := begin(t, lavish)
		for i := range 1000 {
			s.up(fmt.Sprint(i))
			s.do(s.Down(node(fmt.Sprint(i)), s.now))
		}
		if len(s.peers) != 0 {
			t.Errorf("%d are remembered", len(s.peers))
		}
	})
	t.Run("nobody tells what came of it", func(t *testing.T) {
		s := begin(t, lavish, "anna")
		s.want("p1", "anna")
		late := s.open[0]
		if late.Until.Sub(s.now) != Timeout {
			t.Errorf("it may take %v", late.Until.Sub(s.now))
		}
		s.pass(2*Timeout + time.Second)
		s.open = nil
		s.pass(StallRest + time.Second)
		s.asked("p1:anna")
		s.do(s.Done(late, Result{Outcome: Whole, Chunks: 8}, s.now)) // and then somebody does
		s.ends("p1", Result{Outcome: Whole})
		s.pass(time.Hour)
		s.asked("")
	})
}

// What came though nobody wants it goes; what was here does not.
func TestNotWanted(t *testing.T) {
	for _, c := range []struct {
		name string
		r    Result
		gone int
	}{
		{"it came", Result{Outcome: Whole, Chunks: 8}, 1},
		{"a part came", Result{Outcome: Stalled, Chunks: 2}, 1},
		{"it was here", Result{Outcome: Whole}, 0},
		{"nothing came", Result{Outcome: Absent}, 0},
	} {
		s := begin(t, lavish, "anna")
		s.want("p1", "anna")
		ask := s.open[0]
		s.want("p2", "anna")
		s.ends("p1", c.r)
		if len(s.gone) != c.gone || c.gone == 1 && s.gone[0] != ask.Ref.Address {
			t.Errorf("%s: removed is %v", c.name, s.gone)
		}
		if s.asked("p2:anna"); len(s.asks) != 1 {
			t.Errorf("%s: %d asks are open", c.name, len(s.asks))
		}
	}
}

func TestLost(t *testing.T) {
	s := begin(t, lavish, "anna")
	s.want("p1", "anna")
	s.ends("p1", Result{Outcome: Whole, Chunks: 8})
	s.want("p1", "anna")
	s.asked("")
	s.do(s.Lost(photo("p1", "").Ref, s.now))
	s.asked("p1:anna")
}

func TestDown(t *testing.T) {
	one := costOf(photo("p", "").Ref)
	small := costOf(thumbnail("t", "").Ref)
	t.Run("no more than a day has, all that is on its way counted", func(t *testing.T) {
		s := begin(t, Caps{Down: one * 8 / 7 * 2}, "anna", "bob") // two photos in seven eighths
		s.want("p1 p2 p3", "anna")
		s.asked("p1:anna p2:anna")
		s.ends("p1", Result{Outcome: Whole, Bytes: one, Chunks: 8})
		s.ends("p2", Result{Outcome: Whole, Bytes: one / 2, Chunks: 8})
		s.asked("")
		if m := s.Meter(s.now); m.Down != one+one/2 {
			t.Errorf("the meter says %+v", m)
		}
		s.want("p1 p2 p3 t1", "anna")
		s.asked("t1:anna") // for which there is something left
		s.ends("t1", Result{Outcome: Whole, Bytes: small, Chunks: 1})
		s.pass(11 * time.Hour)
		s.asked("")
		s.pass(time.Hour)
		s.asked("p3:anna")
	})
	t.Run("what a liar sends counts", func(t *testing.T) {
		s := begin(t, Caps{Down: 2 * one}, "anna", "bob")
		s.want("p1", "anna")
		s.ends("p1", Result{Outcome: Lied, Bytes: one})
		s.asked("")
	})
	t.Run("after a restart", func(t *testing.T) {
		s := begin(t, Caps{Down: 2 * one})
		s.Exchange = New(Caps{Down: 2 * one}, Meter{Day: uint32(noon.Unix() / 86400), Down: one})
		s.up("anna")
		s.want("p1", "anna")
		s.asked("")
		s.do(s.Limit(Caps{Down: 4 * one}, s.now))
		s.asked("p1:anna")
	})
}

func TestGrant(t *testing.T) {
	s := begin(t, Caps{Up: 800}, "anna", "bob", "carol", "dora", "eve")
	grant := func(name string, bytes int64, want bool) {
		t.Helper()
		if got := s.Give(node(name), bytes, s.now); got != want {
			t.Errorf("%s is given %d: %v", name, bytes, got)
		}
	}
	grant("stranger", 1, false)
	grant("anna", 150, true)
	grant("anna", 51, false) // more than a quarter
	s.do(s.Down(node("anna"), s.now))
	grant("anna", 1, false) // who is not there
	s.pass(time.Hour)
	s.up("anna")
	grant("anna", 51, false) // not by hanging up
	grant("anna", 50, true)
	grant("bob", 200, true)
	grant("carol", 200, true)
	grant("dora", 199, true)
	grant("eve", 2, false) // the day is spent
	grant("eve", 1, true)
	if m := s.Meter(s.now); m.Up != 800 {
		t.Errorf("the meter says %+v", m)
	}
	s.pass(12 * time.Hour)
	grant("anna", 200, true)
	s.do(s.Want(nil, s.now.Add(24*time.Hour))) // whatever notices the day first
	grant("anna", 200, true)
	if s.now = s.now.Add(24 * time.Hour); s.Meter(s.now).Up != 0 {
		t.Error("yesterday counts")
	}
	s.do(s.Done(Ask{}, Result{}, s.now.Add(24*time.Hour)))
	s.now = s.now.Add(24 * time.Hour)
	grant("anna", 200, true)
}

// All that an exchange is ever told. None of it is what anybody looks at, likes,
// hides or mutes: what a home asks for, its neighbors see.
func TestInputs(t *testing.T) {
	told := []string{"Done", "Down", "Give", "Limit", "Lost", "Meter", "Tick", "Up", "Want"}
	var got []string
	for m := range reflect.TypeFor[*Exchange]().Methods() {
		got = append(got, m.Name)
	}
	if !slices.Equal(got, told) {
		t.Errorf("an exchange is told by %v, want %v", got, told)
	}
	var wanted []string
	for f := range reflect.TypeFor[Wanted]().Fields() {
		wanted = append(wanted, f.Name)
	}
	if want := []string{"Ref", "Thumbnail", "From"}; !slices.Equal(wanted, want) {
		t.Errorf("of what is wanted it knows %v, want %v", wanted, want)
	}
}

// Whatever happens in whatever order: the bounds hold, nothing is asked twice at
// a time, and the same again leads to the same.
func TestBounds(t *testing.T) {
	for seed := range uint64(100) {
		if a, b := wander(t, seed), wander(t, seed); !slices.Equal(a, b) {
			t.Fatalf("seed %d leads to one and another", seed)
		}
	}
}

func wander(t *testing.T, seed uint64) (said []string) {
	w := rand.New(rand.NewPCG(seed, 0))
	caps := Caps{Down: int64(w.IntN(40)) << 19}
	x, now := New(caps, Meter{}), noon
	var open []Ask
	up := map[wire.Key]bool{}
	only, full := false, time.Time{}
	lied := map[wire.Key]time.Time{}
	var files []Wanted
	for i := range 20 {
		f := photo(fmt.Sprint(seed, i), fmt.Sprint(w.IntN(6)))
		switch w.IntN(3) {
		case 0:
			f = thumbnail(fmt.Sprint(seed, i), fmt.Sprint(w.IntN(6)))
		case 1:
			f.Length = wire.Sealed(uint32(1 + w.IntN(wire.MaxClip)))
		}
		files = append(files, f)
	}
	wanted := map[Ref]Wanted{}
	for range 300 {
		now = now.Add(time.Duration(w.IntN(40_000)) * time.Millisecond)
		var a Actions
		switch n := node(fmt.Sprint(w.IntN(6))); w.IntN(8) {
		case 0:
			up[n], a = true, x.Up(n, now)
		case 1:
			if w.IntN(3) == 0 {
				up[n], a = false, x.Down(n, now)
			}
		case 2:
			some := slices.DeleteFunc(slices.Clone(files), func(Wanted) bool { return w.IntN(4) == 0 })
			clear(wanted)
			for _, f := range some {
				wanted[f.Ref] = f
			}
			a = x.Want(some, now)
		case 3:
			if w.IntN(4) == 0 {
				caps.ThumbnailsOnly = !caps.ThumbnailsOnly
				a = x.Limit(caps, now)
			}
		case 4:
			a = x.Tick(now)
			open = slices.DeleteFunc(open, func(o Ask) bool { return now.After(o.Until.Add(Timeout)) })
		default:
			if len(open) == 0 {
				break
			}
			at := w.IntN(len(open))
			ask := open[at]
			open = slices.Delete(open, at, at+1)
			r := Result{Outcome: Whole + Outcome(w.IntN(int(NoRoom))), Bytes: int64(w.IntN(600_000)), Chunks: w.IntN(9)}
			if r.Outcome == Lied {
				lied[ask.Node] = now.Add(LiarRest)
			}
			if r.Outcome == NoRoom {
				full = now.Add(OwnRest)
			}
			a = x.Done(ask, r, now)
		}
		perPeer, perFile := map[wire.Key]int{}, map[Ref]int{}
		for _, ask := range a.Ask {
			f, ok := wanted[ask.Ref]
			if !ok || only && !f.Thumbnail || !up[ask.Node] || now.Before(lied[ask.Node]) || now.Before(full) {
				t.Fatalf("seed %d: %+v is asked of %v", seed, f, ask.Node)
			}
			said = append(said, fmt.Sprint(ask))
		}
		open = append(open, a.Ask...)
		for _, o := range open {
			perPeer[o.Node]++
			perFile[o.Ref]++
			if perPeer[o.Node] > MaxPerPeer || perFile[o.Ref] > 1 || len(open) > MaxAsks {
				t.Fatalf("seed %d: %d asks are open, %d of one node, %d of one file", seed, len(open), perPeer[o.Node], perFile[o.Ref])
			}
		}
	}
	return said
}
