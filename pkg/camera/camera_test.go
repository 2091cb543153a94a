package camera

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
)

// ends is a sink that remembers why it was told to end.
type ends struct {
	mu      sync.Mutex
	begins  int
	samples int
	reasons []nvr.Reason
}

func (e *ends) Begin(media.Format, bool) { e.mu.Lock(); e.begins++; e.mu.Unlock() }
func (e *ends) Sample(media.Sample)      { e.mu.Lock(); e.samples++; e.mu.Unlock() }
func (e *ends) End(r nvr.Reason, _ error) {
	e.mu.Lock()
	e.reasons = append(e.reasons, r)
	e.mu.Unlock()
}

// script stands in for the network: each attempt is live for a while and then
// fails for a reason, or is stopped.
type script struct {
	began    time.Time
	mu       sync.Mutex
	attempts map[string][]time.Duration // by address, since the beginning
	behave   func(url string, attempt int) (live time.Duration, r nvr.Reason)
	knocks   []time.Duration
	open     func(time.Duration) bool // whether a knock is answered; nil means never
}

func (s *script) knock(context.Context, rtsp.Config) error {
	at := time.Since(s.began)
	s.mu.Lock()
	s.knocks = append(s.knocks, at)
	s.mu.Unlock()
	if s.open == nil || !s.open(at) {
		return errors.New("refused")
	}
	return nil
}

func (s *script) connect(ctx context.Context, c rtsp.Config, sink media.Sink) error {
	s.mu.Lock()
	n := len(s.attempts[c.URL])
	s.attempts[c.URL] = append(s.attempts[c.URL], time.Since(s.began))
	s.mu.Unlock()
	live, reason := s.behave(c.URL, n)
	if live > 0 {
		sink.Begin(media.Format{Tracks: []media.Track{{Codec: media.H264}}}, true)
		select {
		case <-time.After(live):
		case <-ctx.Done():
			sink.End(rtsp.StopReason(ctx), nil)
			return nil
		}
	}
	err := &rtsp.Fault{Reason: reason, Text: string(reason)}
	sink.End(reason, err)
	return err
}

// play runs a camera with two streams, "main" and "sub", for a while.
func play(t *testing.T, long time.Duration, behave func(url string, attempt int) (time.Duration, nvr.Reason)) (*script, [2]*ends, []State, string) {
	t.Helper()
	return (&script{behave: behave}).play(t, long)
}

func (s *script) play(t *testing.T, long time.Duration) (*script, [2]*ends, []State, string) {
	t.Helper()
	s.began, s.attempts = time.Now(), make(map[string][]time.Duration)
	sinks := [2]*ends{{}, {}}
	var states []State
	var log bytes.Buffer
	ctx, cancel := context.WithTimeoutCause(t.Context(), long, &rtsp.Fault{Reason: nvr.PausedByUser})
	defer cancel()
	Start(ctx, Config{
		ID: 3, Log: slog.New(slog.NewTextHandler(&log, nil)), connect: s.connect, knock: s.knock,
		Streams: []Stream{
			{Quality: nvr.Main, RTSP: rtsp.Config{URL: "main"}, Sink: sinks[0]},
			{Quality: nvr.Sub, RTSP: rtsp.Config{URL: "sub"}, Sink: sinks[1]},
		},
		Report: func(s State) { states = append(states, s) },
	}).Wait()
	return s, sinks, states, log.String()
}

func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, sinks, states, log := play(t, time.Hour, func(string, int) (time.Duration, nvr.Reason) { return 0, nvr.Unreachable })
		at := s.attempts["main"]
		want := time.Second
		for i := 1; i < len(at); i++ {
			if wait := at[i] - at[i-1]; wait < want*8/10 || wait > want*12/10 || wait > time.Minute {
				t.Errorf("waited %v before attempt %d, want about %v", wait, i, want)
			}
			want = min(2*want, time.Minute)
		}
		if len(at) < 60 || len(at) > 80 {
			t.Errorf("%d attempts in an hour", len(at))
		}
		if n := strings.Count(log, "level=WARN"); n != 2 { // one for each stream
			t.Errorf("%d warnings:\n%s", n, log)
		}
		if got := sinks[0].reasons; len(got) != len(at)+1 || got[0] != nvr.Unreachable || got[len(got)-1] != nvr.PausedByUser {
			t.Errorf("%d attempts, ends %v", len(at), got)
		}
		for _, state := range states[2 : len(states)-2] {
			if state.Reason != nvr.Unreachable || state.Message != "The camera did not answer" || state.Detail != "unreachable" {
				t.Fatalf("%+v", state)
			}
			if state.Phase == nvr.Waiting && state.RetryAt <= state.Since {
				t.Fatalf("no time to retry in %+v", state)
			}
		}
		if last := states[len(states)-1]; last.Phase != nvr.Off || last.Reason != "" || last.Streams[1].Phase != nvr.Off {
			t.Errorf("ended as %+v", last)
		}
	})
}

// TestRecovery has a stream fail after it was healthy: the wait begins anew.
func TestRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, states, _ := play(t, time.Hour, func(_ string, attempt int) (time.Duration, nvr.Reason) {
			if attempt < 10 {
				return 0, nvr.Unreachable
			}
			return 40 * time.Second, nvr.NoPicture
		})
		at := s.attempts["main"]
		for i := 11; i < len(at); i++ {
			if wait := at[i] - at[i-1] - 40*time.Second; wait > 2*time.Second {
				t.Errorf("waited %v after a healthy stream", wait)
			}
		}
		live := false
		for _, state := range states {
			if state.Phase == nvr.Live && state.Streams[1].Phase == nvr.Live {
				live = true
				if state.Reason != "" || state.RetryAt != 0 || len(state.Streams[0].Format.Tracks) == 0 {
					t.Fatalf("live and yet %+v", state)
				}
			}
		}
		if !live {
			t.Error("never live")
		}
	})
}

func TestSubWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _, _ := play(t, time.Hour, func(url string, attempt int) (time.Duration, nvr.Reason) {
			return 2 * time.Hour, ""
		})
		if len(s.attempts["main"]) != 1 || len(s.attempts["sub"]) != 1 {
			t.Errorf("attempts %v", s.attempts)
		}
	})
}

// TestWrongPassword counts log-ins: cameras shut out who tries too often.
func TestWrongPassword(t *testing.T) {
	tests := []struct {
		name      string
		behave    func(url string, attempt int) (time.Duration, nvr.Reason)
		main, sub [2]int // least and most attempts in an hour
	}{
		{"both", func(string, int) (time.Duration, nvr.Reason) { return 0, nvr.WrongPassword }, [2]int{10, 12}, [2]int{0, 0}},
		{"sub", func(url string, _ int) (time.Duration, nvr.Reason) {
			if url == "sub" {
				return 0, nvr.WrongPassword
			}
			return 2 * time.Hour, ""
		}, [2]int{1, 1}, [2]int{10, 12}},
		{"sub, and main breaks", func(url string, _ int) (time.Duration, nvr.Reason) {
			if url == "sub" {
				return 0, nvr.WrongPassword
			}
			return 59 * time.Second, nvr.Unreachable
		}, [2]int{58, 61}, [2]int{10, 12}},
		{"put right", func(_ string, attempt int) (time.Duration, nvr.Reason) {
			if attempt == 0 {
				return 0, nvr.WrongPassword
			}
			return 2 * time.Hour, ""
		}, [2]int{2, 2}, [2]int{2, 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _, _, _ := play(t, time.Hour, tt.behave)
				if n := len(s.attempts["main"]); n < tt.main[0] || n > tt.main[1] {
					t.Errorf("main: %v", s.attempts["main"])
				}
				if n := len(s.attempts["sub"]); n < tt.sub[0] || n > tt.sub[1] {
					t.Errorf("sub: %v", s.attempts["sub"])
				}
			})
		})
	}
}

func TestTee(t *testing.T) {
	var a, b ends
	s := Tee(&a, &b)
	s.Begin(media.Format{}, true)
	s.Sample(media.Sample{})
	s.Sample(media.Sample{})
	s.End(nvr.Unreachable, errors.New("x"))
	for _, e := range []*ends{&a, &b} {
		if e.begins != 1 || e.samples != 2 || !cmp.Equal(e.reasons, []nvr.Reason{nvr.Unreachable}) {
			t.Errorf("got %d %d %v", e.begins, e.samples, e.reasons)
		}
	}
}
