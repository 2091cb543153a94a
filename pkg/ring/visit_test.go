package ring

import (
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/nvr"
)

// A visit goes on until somebody answers, or for a while after nobody did; then its
// film is kept, and with sound it is a message.
func TestVisit(t *testing.T) {
	const ago, missed = -nvr.VisitBefore, nvr.RingFor + nvr.VisitAfter
	for name, c := range map[string]struct {
		camera  nvr.CameraID
		answer  time.Duration // after the press; zero if nobody does
		again   time.Duration // after the press; zero if they go
		until   time.Duration // of the ring's event, after the press
		locks   int
		message bool
	}{
		"nobody answers":                {1, 0, 0, missed, 1, true},
		"nothing is heard there":        {2, 0, 0, missed, 1, false},
		"somebody answers":              {1, 12 * time.Second, 0, 12 * time.Second, 0, false},
		"they ring again, and go":       {1, 0, 22 * time.Second, 20 * time.Second, 1, true},
		"they ring again as it is over": {1, 0, 62 * time.Second, 60 * time.Second, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, h *home) {
				time.Sleep(time.Hour)
				p := h.Press(c.camera, "button", nvr.Now())
				if c.answer != 0 {
					time.Sleep(c.answer)
					if _, err := h.Answer(c.camera, p.At, ""); err != nil {
						t.Fatal(err)
					}
				}
				if c.again != 0 {
					time.Sleep(c.again)
					h.Press(c.camera, "button", nvr.Now())
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				if e := h.goOn[0]; e.Kind != nvr.RingEvent || e.Span != (nvr.Span{From: p.At, To: p.At.Add(c.until)}) {
					t.Errorf("the ring is %s to %s", e.Span.From.Sub(p.At), e.Span.To.Sub(p.At))
				}
				if len(h.memory.locks) != c.locks {
					t.Errorf("kept: %+v", h.memory.locks)
				}
				for _, l := range h.memory.locks {
					if err := l.Check(); err != nil || l.Camera != c.camera || l.Span.Duration() != missed-ago || l.Until != l.Made.Add(keepVisit) {
						t.Errorf("%+v, %v", l, err)
					}
				}
				e := h.events[len(h.events)-1]
				if got := e.Kind == nvr.MessageEvent; got != c.message || got && e.Span != h.memory.locks[c.locks-1].Span {
					t.Errorf("at last %+v", e)
				}
			})
		})
	}
}

// TestLateVisit: a visit that is told of late is as long as any.
func TestLateVisit(t *testing.T) {
	bubble(t, func(t *testing.T, h *home) {
		time.Sleep(2 * time.Hour)
		h.Press(1, "api", nvr.Now().Add(-59*time.Minute))
		time.Sleep(5 * time.Minute)
		h.memory.mu.Lock()
		defer h.memory.mu.Unlock()
		for _, l := range h.memory.locks {
			if l.Span.Duration() != 83*time.Second {
				t.Errorf("%v of footage is kept", l.Span.Duration())
			}
		}
		if len(h.memory.locks) != 1 {
			t.Errorf("%d locks", len(h.memory.locks))
		}
	})
}
