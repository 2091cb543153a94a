package talk

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

	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
)

// mouth is a speaker that plays in the time of a bubble.
type mouth struct {
	mu      sync.Mutex
	played  [][]int16
	at      []time.Time
	stalled time.Duration // before the next frame
	broken  error
	closed  time.Time
}

func (m *mouth) Rate() int { return 8000 }

func (m *mouth) Write(frame []int16) error {
	m.mu.Lock()
	stalled, broken := m.stalled, m.broken
	m.stalled = 0
	m.mu.Unlock()
	if broken != nil {
		return broken
	}
	<-time.After(frameTime + stalled)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.played, m.at = append(m.played, frame), append(m.at, time.Now())
	return nil
}

func (m *mouth) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = time.Now()
}

func (m *mouth) isClosed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.closed.IsZero()
}

// talks are those of cameras of which camera 1 and 2 have a speaker.
func talks(t *testing.T) (*Talks, *mouth) {
	t.Helper()
	m := &mouth{}
	all := New(func(_ context.Context, camera nvr.CameraID) (Speaker, error) {
		if camera > 2 {
			return nil, NoSpeaker("this camera has no speaker")
		}
		return m, nil
	}, slog.New(slog.DiscardHandler))
	t.Cleanup(all.Close)
	return all, m
}

// frame is 20 ms of which each sample is n.
func frame(n int16) []int16 { return slices.Repeat([]int16{n}, 160) }

func TestOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, m := talks(t)
		changed, stop := all.Subscribe()
		defer stop()
		s, err := all.Begin(t.Context(), 1, "Ada", 8000)
		if err != nil {
			t.Fatal(err)
		}
		<-changed
		if state := all.State(1); state.Who != "Ada" || state.Since != nvr.Now() {
			t.Errorf("%+v", state)
		}
		if _, err := all.Begin(t.Context(), 1, "Ben", 8000); !errors.Is(err, nvr.ErrBusy) || !strings.Contains(err.Error(), "Ada") {
			t.Errorf("a second talker: %v", err)
		}
		if err := all.TestSpeaker(t.Context(), 1, "Ben"); !errors.Is(err, nvr.ErrBusy) {
			t.Errorf("a chime while somebody talks: %v", err)
		}
		if err := all.TestSpeaker(t.Context(), 2, "Ben"); err != nil {
			t.Errorf("another camera: %v", err)
		}
		for n := range 10 {
			s.Say(frame(int16(n)))
			time.Sleep(frameTime)
		}
		last := time.Now()
		s.End()
		if late := time.Since(last); late > time.Second || !m.isClosed() {
			t.Errorf("the speaker was closed %v after the last word", late)
		}
		<-changed
		if state := all.State(1); state != (State{}) {
			t.Errorf("%+v", state)
		}
		s.Say(frame(1)) // nothing happens
		s.End()
	})
}

func TestNobodyToTalkTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, _ := talks(t)
		if _, err := all.Begin(t.Context(), 3, "Ada", 8000); !errors.Is(err, ErrNoSpeaker) || !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("%v", err)
		}
		if state := all.State(3); state.Who != "" || state.Silent != "this camera has no speaker" {
			t.Errorf("%+v", state)
		}
		if err := all.Play(t.Context(), 1, "Ada", pcm.Sound{Rate: 44100}); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("44,100 Hz: %v", err)
		}
	})
}

// TestTalkEnds has talks end in all ways but that of the talker.
func TestTalkEnds(t *testing.T) {
	tests := []struct {
		name  string
		end   func(*Talks, *mouth, *Session) // returns when it should have ended
		after time.Duration                  // at most
	}{
		{"the talker vanishes", func(*Talks, *mouth, *Session) {}, vanished},
		{"stopping", func(all *Talks, _ *mouth, _ *Session) { all.Close() }, 0},
		{"the camera breaks off", func(_ *Talks, m *mouth, s *Session) {
			m.mu.Lock()
			m.broken = errors.New("gone")
			m.mu.Unlock()
			s.Say(frame(1))
		}, 0},
		{"too long", func(_ *Talks, _ *mouth, s *Session) {
			for {
				select {
				case <-s.Done():
					return
				case <-time.After(frameTime):
					s.Say(frame(1))
				}
			}
		}, Longest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				all, m := talks(t)
				s, err := all.Begin(t.Context(), 1, "Ada", 8000)
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				tt.end(all, m, s)
				<-s.Done()
				if took := time.Since(began); took > tt.after+2*frameTime || !m.isClosed() {
					t.Errorf("it took %v; closed %v", took, m.isClosed())
				}
				if _, err := all.Begin(t.Context(), 1, "Ben", 8000); tt.name != "stopping" && err != nil {
					t.Errorf("the next talker: %v", err)
				}
			})
		})
	}
}

// TestLatency checks that what is heard is never later than 200 ms, and that a
// stall does not make all that follows late.
func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, m := talks(t)
		s, err := all.Begin(t.Context(), 1, "Ada", 8000)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for n := range 250 { // five seconds; sample n says when it was said
			if n == 50 {
				m.mu.Lock()
				m.stalled = 3 * time.Second
				m.mu.Unlock()
			}
			s.Say(frame(int16(n)))
			time.Sleep(frameTime)
		}
		s.End()
		var worst, last time.Duration
		for i, f := range m.played {
			last = m.at[i].Sub(began) - time.Duration(f[0])*frameTime
			if m.at[i].Sub(began) > 4100*time.Millisecond {
				worst = max(worst, last)
			}
			if i > 0 && f[0] <= m.played[i-1][0] {
				t.Errorf("frame %d after %d", f[0], m.played[i-1][0])
			}
		}
		if worst > 200*time.Millisecond+2*frameTime || last > 3*frameTime {
			t.Errorf("at worst %v late after the stall, and %v at the end", worst, last)
		}
	})
}

// TestRecited checks that of a recording nothing is left out.
func TestRecited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, m := talks(t)
		began := time.Now()
		sound := pcm.Sound{Rate: 16000, Samples: make([]int16, 3*16000)}
		for i := range sound.Samples {
			sound.Samples[i] = int16(i / 16)
		}
		if err := all.Play(t.Context(), 1, "Ada", sound); err != nil {
			t.Fatal(err)
		}
		if all.State(1).Who != "Ada" {
			t.Error("nobody is said to talk")
		}
		for !m.isClosed() {
			time.Sleep(frameTime)
		}
		if took := time.Since(began); took < 3*time.Second || took > 3200*time.Millisecond || len(m.played) < 150 {
			t.Errorf("%d frames in %v", len(m.played), took)
		}
		for i, v := range slices.Concat(m.played...)[:23900] {
			if want := i / 8; int(v) < want-6 || int(v) > want+2 { // the filter holds 2 ms back
				t.Fatalf("sample %d is %d, not %d", i, v, want)
			}
		}
	})
}

func TestChime(t *testing.T) {
	c := Chime()
	peak := max(slices.Max(c.Samples), -slices.Min(c.Samples))
	if c.Duration() != 1200*time.Millisecond || peak < 6000 || peak > 16000 || c.Samples[0] != 0 {
		t.Errorf("%v, peak %d, begins with %d", c.Duration(), peak, c.Samples[0])
	}
}
