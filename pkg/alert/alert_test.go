package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/event"
	"nvrd/pkg/household"
	"nvrd/pkg/notify"
	"nvrd/pkg/nvr"
	"nvrd/pkg/ring"
)

// box keeps what it is sent.
type box struct {
	mu    sync.Mutex
	sent  []notify.Message
	shots []func(context.Context) ([]byte, error)
	slow  chan struct{} // nil, or open while a disk does not answer
}

func (b *box) Send(_ context.Context, m notify.Message, picture func(context.Context) ([]byte, error)) error {
	b.mu.Lock()
	slow := b.slow
	b.mu.Unlock()
	if slow != nil {
		<-slow
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent, b.shots = append(b.sent, m), append(b.shots, picture)
	return nil
}

// took returns what was sent since it was asked last, each as a line.
func (b *box) took() (all []string) {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.sent {
		line := fmt.Sprintf("%s: %s", m.Title, m.Text)
		for word, on := range map[string]bool{" gone": m.Gone, " missed": m.Missed} {
			if on {
				line += word
			}
		}
		all = append(all, line)
	}
	b.sent = nil
	return all
}

// house is a home in a bubble of time, with one camera.
type house struct {
	t      *testing.T
	db     *household.DB
	bus    *event.Bus
	rings  *ring.Rings
	box    *box
	alerts *Alerts
}

func bubble(t *testing.T, story func(t *testing.T, h *house)) {
	t.Helper()
	restarted(t, nil, story)
}

// restarted is bubble in a house where it rang some times ago, until it was killed.
func restarted(t *testing.T, ago []time.Duration, story func(t *testing.T, h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &house{t: t, box: &box{}}
		var err error
		if h.db, err = household.Open(t.Context(), t.TempDir()); err != nil {
			t.Fatal(err)
		}
		if _, err := h.db.AddCamera(t.Context(), household.CameraInput{Name: "Front door", URL: "rtsp://10.0.0.1/"}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.db.ChangeHome(t.Context(), func(home *household.Home) error { home.TimeZone = "UTC"; return nil }); err != nil {
			t.Fatal(err)
		}
		for _, d := range ago {
			if err := h.db.SavePress(t.Context(), nvr.Press{Camera: 1, At: nvr.Now().Add(-d), Source: "button"}); err != nil {
				t.Fatal(err)
			}
		}
		log := slog.New(slog.DiscardHandler)
		h.bus = event.New()
		h.rings = ring.New(h.db, h.bus.Publish, nil, log)
		h.alerts = New(Config{Home: h.db, Events: h.bus, Rings: h.rings, Outbox: h.box, Words: spoken, Log: log})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { h.alerts.Run(ctx) })
		running.Go(func() { h.rings.Run(ctx) })
		h.later(2 * time.Second)
		story(t, h)
		stop()
		h.bus.Close()
		running.Wait()
		if err := h.db.Close(); err != nil {
			t.Error(err)
		}
	})
}

// later waits in the bubble's time.
func (h *house) later(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (h *house) ask(f func(*household.AlertRules)) {
	h.t.Helper()
	if _, err := h.db.ChangeAlerts(h.t.Context(), func(a *household.AlertRules) error { f(a); return nil }); err != nil {
		h.t.Fatal(err)
	}
	h.later(2 * time.Second)
}

func (h *house) happen(kind string, ago time.Duration) nvr.Event {
	at := nvr.Now().Add(-ago)
	e := nvr.Event{Stream: nvr.StreamID{Camera: 1}, Span: nvr.Span{From: at, To: at}, Kind: kind}
	h.bus.Publish(e)
	return e
}

func (h *house) told(want ...string) {
	h.t.Helper()
	if got := h.box.took(); !slices.Equal(got, want) {
		h.t.Errorf("told %q, want %q", got, want)
	}
}

const somebody = "Front door: Somebody is at the door."

func TestRingIsToldUntilItEnds(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		p := h.rings.Press(1, "button", nvr.Now())
		synctest.Wait()
		m := h.box.sent[0]
		if m.ID != fmt.Sprintf("ring-1-%d", p.At) || !m.Urgent || m.Kind != nvr.RingEvent || m.At != p.At || m.Why != "Rings are always told." || m.Link != "/cameras/1?ring="+p.At.String() {
			t.Errorf("%+v", m)
		}
		h.told(somebody)
		if _, err := h.rings.Answer(1, p.At, "Dad"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if gone := h.box.sent[0]; gone.ID != m.ID || gone.Urgent {
			t.Errorf("%+v", gone)
		}
		h.told("Front door: Dad answered. gone")

		h.later(time.Minute)
		h.rings.Press(1, "button", nvr.Now())
		h.later(10 * time.Second)
		h.told(somebody)
		h.rings.Press(1, "button", nvr.Now())
		h.told("Front door: They rang again. gone", somebody)
		h.later(nvr.RingFor)
		h.told("Missed ring: Front door: Somebody rang, and nobody answered. missed")
		if err := h.rings.See(t.Context(), 1, nvr.Now()); err != nil {
			t.Fatal(err)
		}
		h.told("Front door: Somebody has seen it. gone")
		h.rings.Press(1, "button", nvr.Now().Add(-time.Minute-time.Second)) // one ring with the first, which is older
		h.later(time.Minute)
		h.told()
		h.rings.Press(1, "late", nvr.Now().Add(-50*time.Second))
		h.told("Missed ring: Front door: Somebody rang, and nobody answered. missed")
	})
}

// Phones that show a ring are told what became of it, though the program was killed.
func TestRingOfAnEarlierLife(t *testing.T) {
	const missed = "Missed ring: Front door: Somebody rang, and nobody answered. missed"
	restarted(t, []time.Duration{50 * time.Hour}, func(_ *testing.T, h *house) {
		h.told(missed)
	})
	restarted(t, []time.Duration{30 * time.Second}, func(_ *testing.T, h *house) {
		h.told(somebody)
		h.later(20 * time.Second)
		h.told(missed)
	})
}

func TestQuietRing(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		now := time.Now().UTC() // midnight, in bubbles
		h.ask(func(a *household.AlertRules) {
			a.QuietFrom, a.QuietTo = nvr.Clock((now.Hour()*60+1430)%1440), nvr.Clock((now.Hour()*60+60)%1440)
		})
		h.rings.Press(1, "button", nvr.Now())
		h.told(somebody)
		h.later(time.Minute)
		h.box.took()
		h.ask(func(a *household.AlertRules) { a.QuietRings = true })
		h.rings.Press(1, "button", nvr.Now())
		h.later(time.Minute)
		h.told()
		if got := h.alerts.Recent(); len(got) != 2 || got[0].Tell || got[0].Reason != Quiet || got[0].Message != "" || !got[1].Tell || got[1].Message != fmt.Sprintf("ring-1-%d", got[1].At) {
			t.Errorf("%+v", got)
		}
	})
}

func TestOnlyWhatWasAskedFor(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.happen("motion", 0)
		h.told()
		h.ask(func(a *household.AlertRules) {
			a.Asked[household.Alerted{Camera: 1, Kind: nvr.PersonEvent}] = []nvr.HouseMode{nvr.Away}
		})
		h.happen("person", 0)
		h.told()
		if _, err := h.db.ChangeHome(t.Context(), func(home *household.Home) error { return home.Choose(nvr.Away, 0, nvr.Now()) }); err != nil {
			t.Fatal(err)
		}
		h.later(2 * time.Second)
		e := h.happen("person", 0)
		synctest.Wait()
		if m := h.box.sent[0]; m.Urgent || m.ID != fmt.Sprintf("person-1-%d", e.Span.From) || m.Why != "You asked to be told of people at this camera. The house was set to away." {
			t.Errorf("%+v", m)
		}
		h.told("Front door: A person is there.")
		for range 10 { // it goes on, also beyond the cooldown
			h.later(time.Minute)
			e.Span.To = nvr.Now()
			h.bus.Publish(e)
		}
		h.told()
		h.happen("person", 0)
		h.told("Front door: A person is there.")
		h.later(time.Second)
		h.happen("person", 0)
		h.told()
		var why []string
		for _, i := range h.alerts.Recent() {
			why = append(why, string(i.Reason))
		}
		if got := strings.Join(why, " "); got != "cooldown asked asked mode not_asked" {
			t.Error(got)
		}
	})
}

// What is published faster than it can be told lets the subscriber go, and it is told
// once for all that.
func TestBackAfterBeingLetGo(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.ask(func(a *household.AlertRules) {
			a.PerHour, a.Cooldown = 60, 0
			a.Asked[household.Alerted{Camera: 1, Kind: "x"}] = []nvr.HouseMode{nvr.AtHome}
		})
		h.happen("x", 0)
		h.later(time.Second)
		h.alerts.mu.Lock() // so it does not keep up
		for i := range 150 {
			h.happen(map[bool]string{true: "x", false: "y"}[i%5 == 0], time.Duration(i)*time.Millisecond)
		}
		h.alerts.mu.Unlock()
		h.later(time.Second)
		if got := h.box.took(); len(got) != 31 {
			t.Errorf("%d are told, want 31", len(got))
		}
		if got := h.alerts.Recent(); len(got) != 151 {
			t.Errorf("%d were decided about", len(got))
		}
		for range 100 {
			h.happen("y", 0)
			h.later(time.Millisecond)
		}
		if got := h.alerts.Recent(); len(got) != kept {
			t.Errorf("%d are kept", len(got))
		}
	})
}

func TestRingsAreHeardAfterBeingLetGo(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		p := h.rings.Press(1, "button", nvr.Now())
		h.told(somebody)
		slow := make(chan struct{})
		h.box.slow = slow
		h.rings.Press(2, "button", nvr.Now())
		synctest.Wait()
		for i := range nvr.CameraID(70) {
			h.rings.Press(3+i, "button", nvr.Now())
			synctest.Wait()
		}
		if _, err := h.rings.Answer(1, p.At, "Dad"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		close(slow)
		h.later(time.Second)
		got := h.box.took()
		count := map[string]int{}
		for _, line := range got {
			count[line]++
		}
		if len(got) != 72 || count["Front door: Dad answered. gone"] != 1 || count["2: Somebody is at the door."] != 1 || count["72: Somebody is at the door."] != 1 {
			t.Errorf("%d: %q", len(got), got)
		}
	})
}

func TestDigest(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		if _, err := h.db.AddCamera(t.Context(), household.CameraInput{Name: "Yard", URL: "rtsp://10.0.0.2/"}); err != nil {
			t.Fatal(err)
		}
		h.happen("motion", 0)                                  // before anybody asked for a digest
		h.ask(func(a *household.AlertRules) { a.Digest = 20 }) // it is midnight in bubbles
		for range 14 {
			e := h.happen("motion", 0)
			h.later(time.Minute)
			e.Span.To = nvr.Now()
			h.bus.Publish(e) // which is no other one
		}
		h.happen("person", 0)
		h.happen("person", time.Second)
		h.bus.Publish(nvr.Event{Stream: nvr.StreamID{Camera: 2}, Span: nvr.Span{From: nvr.Now(), To: nvr.Now()}, Kind: "cat"})
		h.rings.Press(1, "button", nvr.Now())
		h.later(time.Minute)
		h.box.took()
		h.later(5 * time.Minute)
		synctest.Wait()
		if sent := h.box.sent; len(sent) != 1 || sent[0].Link != "/settings/alerts#lately" {
			t.Errorf("the digest leads to %+v", sent)
		}
		h.told("What you were not told: Yesterday at Front door: 14 times motion, 2 people\nYesterday at Yard: 1 cat")
		h.ask(func(a *household.AlertRules) { a.Digest = 25 })
		h.later(10 * time.Minute)
		h.told() // nothing was held
	})
}

type camera struct {
	taken nvr.Time
	err   error
}

func (c camera) Newest(context.Context, nvr.CameraID) ([]byte, nvr.Time, error) {
	return []byte{0xff, 0xd8}, c.taken, c.err
}

func TestPicturesAreOfNow(t *testing.T) {
	now := nvr.Now()
	for name, c := range map[string]struct {
		camera
		ok bool
	}{
		"new": {camera{now.Add(-20 * time.Second), nil}, true}, "newer": {camera{now.Add(time.Second), nil}, true},
		"old": {camera{now.Add(-31 * time.Second), nil}, false}, "none": {camera{now, nvr.ErrNotFound}, false},
	} {
		b := &box{}
		a := New(Config{Outbox: b, Pictures: c.camera})
		a.send(t.Context(), notify.Message{ID: "x", Camera: 1, At: now})
		if _, err := b.shots[0](t.Context()); (err == nil) != c.ok || err != nil && !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
		a.send(t.Context(), notify.Message{ID: "x", Camera: 1, At: now, Gone: true})
		if b.shots[1] != nil {
			t.Errorf("%s: a picture of what is gone", name)
		}
	}
}

// From the press to a program that is told by a webhook, with a picture that never comes.
func TestPressIsHandedOverAtOnce(t *testing.T) {
	db, err := household.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	got := make(chan nvr.Time, 1)
	program := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m notify.Message
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &m)
		}
		if err == nil && m.Text == english("").Ring {
			got <- nvr.Now()
		}
	}))
	defer program.Close()
	outbox, err := notify.Open(t.Context(), notify.Config{Home: db, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := outbox.Add(t.Context(), notify.Input{Kind: notify.Webhook, Name: "program", Settings: map[string]household.Secret{"url": household.Secret(program.URL)}}); err != nil {
		t.Fatal(err)
	}
	bus := event.New()
	rings := ring.New(db, bus.Publish, nil, log)
	alerts := New(Config{Home: db, Events: bus, Rings: rings, Outbox: outbox, Pictures: never{}, Words: english, Log: log})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { alerts.Run(ctx) })
	running.Go(func() { rings.Run(ctx) })
	var took []time.Duration
	for i := range nvr.CameraID(40) {
		p := rings.Press(i+1, "button", nvr.Now())
		select {
		case at := <-got:
			took = append(took, at.Sub(p.At))
		case <-time.After(30 * time.Second):
			t.Fatal("a ring is lost")
		}
	}
	slices.Sort(took)
	p50, p95 := took[len(took)/2], took[len(took)*95/100]
	t.Logf("p50 %v, p95 %v, max %v", p50, p95, took[len(took)-1])
	// 300 ms are promised of 19 in 20 where nothing else runs; here other tests do.
	if p50 > 300*time.Millisecond || p95 > 1500*time.Millisecond {
		t.Errorf("p50 is %v, p95 %v", p50, p95)
	}
	stop()
	running.Wait()
	if err := errors.Join(outbox.Close(), db.Close()); err != nil {
		t.Error(err)
	}
}

// never is a camera whose picture does not come.
type never struct{}

func (never) Newest(ctx context.Context, _ nvr.CameraID) ([]byte, nvr.Time, error) {
	<-ctx.Done()
	return nil, 0, ctx.Err()
}

// newest has a picture of now of each camera.
type newest struct{}

func (newest) Newest(context.Context, nvr.CameraID) ([]byte, nvr.Time, error) {
	return []byte("picture"), nvr.Now(), nil
}

// TestPictureShowsWhatIsTold: a missed ring is not shown by a doorstep that is empty
// again, nor a day by a picture of now.
func TestPictureShowsWhatIsTold(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.alerts.c.Pictures = newest{}
		h.ask(func(a *household.AlertRules) { a.Digest = 20 })
		h.happen("motion", 0)
		h.rings.Press(1, "button", nvr.Now())
		h.later(time.Second)
		take := func(i int) error { _, err := h.box.shots[i](t.Context()); return err }
		h.box.mu.Lock()
		rang := len(h.box.sent) - 1
		if err := take(rang); err != nil {
			t.Errorf("a ring: %v", err)
		}
		h.box.mu.Unlock()
		h.later(time.Hour)
		h.box.mu.Lock()
		defer h.box.mu.Unlock()
		var missed, digests int
		for i, m := range h.box.sent {
			switch {
			case m.Kind == DigestKind:
				if digests++; h.box.shots[i] != nil {
					t.Errorf("%q has a picture", m.Text)
				}
			case m.Missed:
				if missed++; take(i) == nil {
					t.Error("a missed ring has a picture of when nobody was there")
				}
			}
		}
		if missed != 1 || digests != 1 {
			t.Errorf("%d missed, %d digests", missed, digests)
		}
	})
}

// spoken is English, but for who rings where the household is German.
func spoken(language string) Words {
	w := english(language)
	if language == "de" {
		w.Ring, w.Why = "Jemand ist da.", map[string]string{string(Rings): "Immer."}
	}
	return w
}

// The household is told in its language, from when it chooses one.
func TestLanguage(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.rings.Press(1, "button", nvr.Now())
		h.told(somebody)
		if _, err := h.db.ChangeHome(t.Context(), func(home *household.Home) error { home.Language = "de"; return nil }); err != nil {
			t.Fatal(err)
		}
		h.later(time.Minute)
		h.box.took()
		h.rings.Press(1, "button", nvr.Now())
		synctest.Wait()
		if m := h.box.sent[0]; m.Text != "Jemand ist da." || m.Why != "Immer." {
			t.Errorf("%+v", m)
		}
	})
}
