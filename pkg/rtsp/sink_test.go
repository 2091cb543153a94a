package rtsp

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// memory is a sink that keeps everything and checks the rules of [media.Sink].
type memory struct {
	t *testing.T

	mu      sync.Mutex
	changed *sync.Cond
	formats []media.Format
	fresh   int
	samples []media.Sample
	reasons []nvr.Reason
	err     error
	wantKey bool
	last    map[int]int64
	ended   bool
}

func newMemory(t *testing.T) *memory {
	m := &memory{t: t, wantKey: true}
	m.changed = sync.NewCond(&m.mu)
	return m
}

func (m *memory) Begin(f media.Format, fresh bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended {
		m.t.Error("Begin after End")
	}
	if len(m.formats) == 0 && !fresh {
		m.t.Error("the first Begin is not fresh")
	}
	m.formats = append(m.formats, f)
	m.wantKey = true
	if fresh {
		m.fresh++
		m.last = map[int]int64{0: -1, 1: -1}
	}
	m.changed.Broadcast()
}

func (m *memory) Sample(s media.Sample) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.ended || len(m.formats) == 0:
		m.t.Error("a sample outside of a stream")
	case m.wantKey && (s.Track != 0 || !s.Key):
		m.t.Errorf("the first sample after Begin is %+v", s)
	case s.DTS <= m.last[s.Track]:
		m.t.Errorf("track %d: decode time %d follows %d", s.Track, s.DTS, m.last[s.Track])
	case len(s.Data) == 0 || s.Arrived.IsZero():
		m.t.Errorf("an empty sample: %+v", s)
	}
	m.wantKey = false
	m.last[s.Track] = s.DTS
	m.samples = append(m.samples, s)
	m.changed.Broadcast()
}

// silent tells whether a sample may stand in for sound that is missing.
func silent(f media.Format, s media.Sample) bool {
	return s.Track == 1 && bytes.Equal(s.Data, newSilence(f.Tracks[1]).frame)
}

func (m *memory) End(r nvr.Reason, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended {
		m.t.Error("End twice")
	}
	m.ended = true
	m.reasons, m.err = append(m.reasons, r), err
	m.changed.Broadcast()
}

// wait blocks until cond holds, or fails the test after a while.
func (m *memory) wait(what string, cond func() bool) {
	m.t.Helper()
	late := time.AfterFunc(20*time.Second, m.changed.Broadcast)
	defer late.Stop()
	deadline := time.Now().Add(20 * time.Second)
	m.mu.Lock()
	defer m.mu.Unlock()
	for !cond() {
		if time.Now().After(deadline) {
			m.t.Fatalf("%s did not happen; %d formats, %d samples, ended %v %v", what, len(m.formats), len(m.samples), m.reasons, m.err)
		}
		m.changed.Wait()
	}
}

// count returns how many samples of a track there are; m.mu must be held.
func (m *memory) count(track int) (n int) {
	for _, s := range m.samples {
		if s.Track == track {
			n++
		}
	}
	return n
}

func load(t testing.TB, file []byte) rtspsim.Clip {
	t.Helper()
	c, err := rtspsim.LoadClip(file)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// simulate starts a server that plays the door at /door.
func simulate(t testing.TB, o rtspsim.Options) *rtspsim.Server {
	t.Helper()
	s, err := rtspsim.Listen("127.0.0.1:0", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.Play("door", load(t, porch.Door().Main)); err != nil {
		t.Fatal(err)
	}
	return s
}

// session runs until the test's end or stop; stop returns what Run returned.
func session(t *testing.T, c Config, sink media.Sink) (stop func() error) {
	t.Helper()
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, c, sink) }()
	var once sync.Once
	var err error
	stop = func() error {
		once.Do(func() {
			cancel()
			select {
			case err = <-done:
			case <-time.After(5 * time.Second):
				t.Error("Run did not return")
			}
		})
		return err
	}
	t.Cleanup(func() { _ = stop() })
	return stop
}

// reasonOf returns the reason in err, which must be a Fault.
func reasonOf(t *testing.T, err error) nvr.Reason {
	t.Helper()
	var f *Fault
	if !errors.As(err, &f) {
		t.Fatalf("%v (%T) is not a Fault", err, err)
	}
	return f.Reason
}

// nowhere is a sink that keeps nothing.
type nowhere struct{}

func (nowhere) Begin(media.Format, bool) {}
func (nowhere) Sample(media.Sample)      {}
func (nowhere) End(nvr.Reason, error)    {}

var quiet = slog.New(slog.DiscardHandler)

// spoken leaves out what may stand in for sound.
func (m *memory) spoken() []media.Sample {
	format := m.formats[len(m.formats)-1]
	return slices.DeleteFunc(slices.Clone(m.samples), func(s media.Sample) bool { return silent(format, s) })
}
