package ring

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// memory is a store that a test looks into.
type memory struct {
	mu    sync.Mutex
	saved []nvr.Press
	locks []nvr.Lock
	open  []nvr.Press // of an earlier life
	fails error
}

func (m *memory) SavePress(_ context.Context, p nvr.Press) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saved = append(m.saved, p)
	return m.fails
}
func (m *memory) LockNewest(_ context.Context, l nvr.Lock, _ int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.locks = append(m.locks, l)
	return m.fails
}
func (m *memory) OpenPresses(context.Context) ([]nvr.Press, error)         { return m.open, nil }
func (m *memory) SeePresses(context.Context, nvr.CameraID, nvr.Time) error { return nil }
func (m *memory) Presses(context.Context, int) ([]nvr.Press, error)        { return nil, nil }
func (m *memory) MissedPresses(context.Context, int) ([]nvr.Press, error)  { return nil, nil }

// home is rings in a bubble, with what they tell.
type home struct {
	*Rings
	memory *memory
	mu     sync.Mutex
	events []nvr.Event // as they were told first
	goOn   []nvr.Event // those that were told again, as they were told last
}

func (h *home) publish(e nvr.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	same := func(o nvr.Event) bool { return o.Stream == e.Stream && o.Kind == e.Kind && o.Span.From == e.Span.From }
	if i := slices.IndexFunc(h.goOn, same); i >= 0 {
		h.goOn[i] = e
	} else if slices.ContainsFunc(h.events, same) {
		h.goOn = append(h.goOn, e)
	} else {
		h.events = append(h.events, e)
	}
}

func bubble(t *testing.T, story func(t *testing.T, h *home)) {
	t.Helper()
	restarted(t, func() []nvr.Press { return nil }, story)
}

// restarted is bubble in a home where some presses rang when the program was killed.
func restarted(t *testing.T, open func() []nvr.Press, story func(t *testing.T, h *home)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &home{memory: &memory{open: open()}}
		h.Rings = New(h.memory, h.publish, func(c nvr.CameraID) bool { return c != 2 }, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); h.Run(ctx) }()
		story(t, h)
		stop()
		<-done
	})
}

func TestRingUntilNobodyAnswers(t *testing.T) {
	bubble(t, func(t *testing.T, h *home) {
		l := h.Listen()
		defer l.Close()
		p := h.Press(1, "button", nvr.Now())
		if got := <-l.Changes(); got != p || !got.Rings() {
			t.Errorf("heard %+v, pressed %+v", got, p)
		}
		if len(h.events) != 1 || h.events[0].Kind != nvr.RingEvent || h.events[0].Detail != "button" || h.events[0].Span != (nvr.Span{From: p.At, To: p.At}) {
			t.Errorf("events %+v", h.events)
		}
		time.Sleep(nvr.RingFor - time.Millisecond)
		if late := h.Listen(); len(late.Ringing) != 1 {
			t.Errorf("rings: %v", late.Ringing)
		}
		time.Sleep(2 * time.Millisecond)
		got := <-l.Changes()
		if !got.Missed() || got.Outcome != nvr.RingMissed || got.End != p.At.Add(nvr.RingFor) {
			t.Errorf("in the end %+v", got)
		}
		if late := h.Listen(); len(late.Ringing) != 0 {
			t.Errorf("still rings: %v", late.Ringing)
		}
		if _, err := h.Answer(1, p.At, ""); !errors.Is(err, nvr.ErrExists) {
			t.Errorf("answered when it rang no more: %v", err)
		}
		synctest.Wait()
		if n := len(h.memory.saved); n != 2 || h.memory.saved[1] != got {
			t.Errorf("written down: %+v", h.memory.saved)
		}
	})
}

func TestAnsweredElsewhere(t *testing.T) {
	bubble(t, func(t *testing.T, h *home) {
		here, there := h.Listen(), h.Listen()
		p := h.Press(1, "button", nvr.Now())
		time.Sleep(5 * time.Second)
		if _, err := h.Answer(1, p.At+1, "Ben"); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("another ring: %v", err)
		}
		if _, err := h.Answer(2, p.At, "Ben"); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("another camera: %v", err)
		}
		if _, err := h.Answer(1, p.At, strings.Repeat("x", maxWho+1)); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("a long name: %v", err)
		}
		answered, err := h.Answer(1, p.At, "Anna")
		if err != nil || answered.Who != "Anna" || answered.Outcome != nvr.RingAnswered || answered.Missed() {
			t.Errorf("%+v, %v", answered, err)
		}
		for _, l := range []*Listener{here, there} {
			<-l.Changes()
			if got := <-l.Changes(); got != answered {
				t.Errorf("heard %+v", got)
			}
		}
		if _, err := h.Answer(1, p.At, "Ben"); !errors.Is(err, nvr.ErrExists) || !strings.Contains(err.Error(), "already") {
			t.Errorf("the second: %v", err)
		}
		time.Sleep(2 * nvr.RingFor)
		synctest.Wait()
		if n := len(h.memory.saved); n != 2 {
			t.Errorf("%d times written down", n)
		}
	})
}

func TestPressesTogetherAreOneRing(t *testing.T) {
	for name, c := range map[string]struct {
		after   []time.Duration // presses, after the first
		camera  nvr.CameraID
		rings   int
		outcome nvr.Outcome // of the first
	}{
		"twice at once":                 {[]time.Duration{0}, 1, 1, ""},
		"just within":                   {[]time.Duration{nvr.OneRing - 1000}, 1, 1, ""},
		"just after":                    {[]time.Duration{nvr.OneRing}, 1, 2, nvr.RingAgain},
		"at another door":               {[]time.Duration{0}, 2, 2, ""},
		"by several, one of them late":  {[]time.Duration{time.Second, -time.Second}, 1, 1, ""},
		"when nobody answered long ago": {[]time.Duration{2 * nvr.RingFor}, 1, 2, nvr.RingMissed},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, h *home) {
				first := h.Press(1, "onvif", nvr.Now())
				for _, d := range c.after {
					time.Sleep(max(d, 0))
					h.Press(c.camera, "webhook", first.At.Add(d))
				}
				synctest.Wait()
				rings := slices.DeleteFunc(h.events, func(e nvr.Event) bool { return e.Kind != nvr.RingEvent })
				if len(rings) != c.rings {
					t.Errorf("%d rings", len(rings))
				}
				i := slices.IndexFunc(h.memory.saved, func(p nvr.Press) bool { return p.At == first.At && p.Camera == 1 && !p.Rings() })
				if got := i >= 0; got != (c.outcome != "") || got && (h.memory.saved[i].Outcome != c.outcome || h.memory.saved[i].Missed() != (c.outcome == nvr.RingMissed)) {
					t.Errorf("of the first: %+v", h.memory.saved)
				}
			})
		})
	}
}

func TestPressToldLate(t *testing.T) {
	bubble(t, func(t *testing.T, h *home) {
		time.Sleep(time.Hour)
		p := h.Press(1, "onvif", nvr.Now().Add(-20*time.Second))
		if !p.Rings() {
			t.Errorf("%+v", p)
		}
		time.Sleep(nvr.RingFor - 20*time.Second + time.Millisecond)
		if l := h.Listen(); len(l.Ringing) != 0 {
			t.Errorf("it rings longer than if it had been told at once: %v", l.Ringing)
		}
		p = h.Press(2, "onvif", nvr.Now().Add(-nvr.RingFor))
		if !p.Missed() {
			t.Errorf("told when the visitor was gone: %+v", p)
		}
		if p := h.Press(3, "onvif", nvr.Now().Add(time.Hour)); p.At != nvr.Now() {
			t.Errorf("from the future: %+v", p)
		}
	})
}

func TestWhoDoesNotListenIsLetGo(t *testing.T) {
	bubble(t, func(t *testing.T, h *home) {
		deaf, hears := h.Listen(), h.Listen()
		for range waiting + 1 {
			h.Press(1, "button", nvr.Now())
			<-hears.Changes()
			time.Sleep(nvr.RingFor + nvr.OneRing)
			<-hears.Changes()
		}
		n := 0
		for range deaf.Changes() { // it is closed
			n++
		}
		if n != waiting {
			t.Errorf("%d changes waited", n)
		}
		deaf.Close()
		hears.Close()
		hears.Close()
		if len(h.listeners) != 0 {
			t.Errorf("%d listen still", len(h.listeners))
		}
	})
}

// TestAcrossALife has rings in a database, over a kill.
func TestAcrossALife(t *testing.T) {
	dir := t.TempDir()
	open := func() (*household.DB, *Rings, func()) {
		db, err := household.Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		r := New(db, func(nvr.Event) {}, nil, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); r.Run(ctx) }()
		return db, r, func() { stop(); <-done; db.Close() }
	}
	db, r, end := open()
	cam, err := db.AddCamera(t.Context(), household.CameraInput{Name: "Door", URL: "rtsp://10.0.0.1/"})
	if err != nil {
		t.Fatal(err)
	}
	old := r.Press(cam.ID, "button", nvr.Now().Add(-time.Hour))
	p := r.Press(cam.ID, "button", nvr.Now())
	end() // while it rings
	db, r, end = open()
	defer func() { end() }()
	missed := func() []nvr.Press {
		t.Helper()
		all, err := db.MissedPresses(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	for len(missed()) < 2 {
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
		<-time.After(10 * time.Millisecond)
	}
	if got := missed(); got[0].At != p.At || got[0].Outcome != nvr.RingMissed || got[1] != old {
		t.Errorf("missed: %+v", got)
	}
	if err := r.See(t.Context(), cam.ID, old.At); err != nil || len(missed()) != 1 {
		t.Errorf("the older one was seen: %+v, %v", missed(), err)
	}
	if err := r.See(t.Context(), cam.ID, p.At); err != nil || len(missed()) != 0 {
		t.Errorf("both were: %+v, %v", missed(), err)
	}
	if err := db.SavePress(t.Context(), nvr.Press{Camera: cam.ID, At: p.At, End: p.At, Outcome: nvr.RingMissed}); err != nil || len(missed()) != 0 {
		t.Errorf("what was written down later forgot that it was seen: %+v, %v", missed(), err)
	}
	gone := nvr.Press{Camera: cam.ID + 1, At: p.At, End: p.At, Outcome: nvr.RingMissed} // the camera was removed
	if err := db.SavePress(t.Context(), gone); err != nil || len(missed()) != 0 {
		t.Errorf("missed at no camera: %+v, %v", missed(), err)
	}
	if all, err := db.Presses(t.Context(), 1); err != nil || len(all) != 1 || all[0].At != p.At || !all[0].Seen {
		t.Errorf("latest: %+v, %v", all, err)
	}
}

// TestClockSetBack: a button rings, whatever it told before this machine's clock was set
// back.
func TestClockSetBack(t *testing.T) {
	bubble(t, func(t *testing.T, h *home) {
		ahead := nvr.Now().Add(2 * time.Hour)
		h.Rings.mu.Lock()
		h.last[1] = nvr.Press{Camera: 1, At: ahead, End: ahead.Add(nvr.RingFor), Outcome: nvr.RingAnswered, Seen: true}
		h.Rings.mu.Unlock()
		l := h.Listen()
		defer l.Close()
		if p := h.Press(1, "button", nvr.Now()); !p.Rings() || (<-l.Changes()).At != p.At {
			t.Errorf("nothing rings: %+v", p)
		}
	})
}

// TestSeenWhileItRings: who has seen what was missed up to now has not answered.
func TestSeenWhileItRings(t *testing.T) {
	bubble(t, func(t *testing.T, h *home) {
		h.Press(1, "button", nvr.Now())
		if err := h.See(t.Context(), 1, nvr.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(nvr.RingFor + time.Second)
		if p, _ := h.Last(1); !p.Missed() {
			t.Errorf("nobody answered: %+v", p)
		}
	})
}

// What rang when the program was killed goes on ringing; if it was long ago, it was
// missed. Either way the visit is kept, and whoever listens is told.
func TestGoesOnAfterAKill(t *testing.T) {
	pressed := func(ago ...time.Duration) func() []nvr.Press {
		return func() (all []nvr.Press) {
			for _, d := range ago {
				all = append(all, nvr.Press{Camera: 1, At: nvr.Now().Add(-d), Source: "button"})
			}
			return all
		}
	}
	visit := nvr.VisitBefore + nvr.RingFor + nvr.VisitAfter
	t.Run("seconds", func(t *testing.T) {
		restarted(t, pressed(10*time.Second), func(t *testing.T, h *home) {
			synctest.Wait()
			l := h.Listen()
			if len(l.Ringing) != 1 || len(l.Ended) != 0 {
				t.Fatalf("rings: %+v, ended: %+v", l.Ringing, l.Ended)
			}
			time.Sleep(20 * time.Second)
			if p, err := h.Answer(1, l.Ringing[0].At, "Anna"); err != nil || p.Outcome != nvr.RingAnswered {
				t.Errorf("%+v, %v", p, err)
			}
		})
	})
	t.Run("nobody answers", func(t *testing.T) {
		restarted(t, pressed(10*time.Second), func(t *testing.T, h *home) {
			synctest.Wait()
			at := h.Listen().Ringing[0].At
			time.Sleep(nvr.RingFor - 10*time.Second + time.Millisecond)
			if l := h.Listen(); len(l.Ringing) != 0 || len(l.Ended) != 1 || !l.Ended[0].Missed() || l.Ended[0].End != at.Add(nvr.RingFor) {
				t.Errorf("%+v", l)
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			if n := len(h.memory.locks); n != 1 || h.memory.locks[0].Span.Duration() != visit {
				t.Errorf("kept: %+v", h.memory.locks)
			}
		})
	})
	for name, ago := range map[string]time.Duration{"days": 50 * time.Hour, "before its clock was set back": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			restarted(t, pressed(ago, ago+time.Minute), func(t *testing.T, h *home) {
				at := nvr.Now().Add(-ago)
				synctest.Wait()
				if l := h.Listen(); len(l.Ringing) != 0 || len(l.Ended) != 1 || l.Ended[0].At != at || !l.Ended[0].Missed() {
					t.Errorf("%+v", l)
				}
				time.Sleep(3 * time.Hour)
				synctest.Wait()
				var missed, again int
				for _, p := range h.memory.saved {
					switch {
					case p.At == at && p.Missed():
						missed++
					case p.At == at.Add(-time.Minute) && p.Outcome == nvr.RingAgain:
						again++
					}
				}
				if missed != 1 || again != 1 {
					t.Errorf("written down: %+v", h.memory.saved)
				}
				if n := len(h.memory.locks); n != 1 || h.memory.locks[0].Span.From != at.Add(-nvr.VisitBefore) {
					t.Errorf("kept: %+v", h.memory.locks)
				}
			})
		})
	}
}
