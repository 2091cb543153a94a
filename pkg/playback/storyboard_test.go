package playback_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/pkg/recorder"
)

// storyboard writes a storyboard down, and returns when its pictures are shown.
func storyboard(t *testing.T, p *playback.Player, span nvr.Span, most int) (path string, times []time.Duration) {
	t.Helper()
	f, err := p.Storyboard(t.Context(), camera, span, most)
	if err != nil {
		t.Fatal(err)
	}
	_, path = save(t, f)
	return path, shown(t, path)
}

// inTurn plays one clip and then another of 4 s each, without a break.
func inTurn(s *recorder.Stream, first, second clip) nvr.Time {
	start := play(s, first, true, 0)
	play(s, second, false, 4*time.Second)
	return start
}

func seconds(all ...float64) (times []time.Duration) {
	for _, s := range all {
		times = append(times, time.Duration(s*float64(time.Second)))
	}
	return times
}

// A storyboard has the first key frame of each part of its span, at the time it was
// taken. Footage here is white in even seconds.
func TestStoryboard(t *testing.T) {
	t.Parallel()
	small, large := film(t, "160x90", "4", plain, nil), film(t, "320x180", "4", plain, nil)
	other := film(t, "160x90", "4", []string{"-c:v", "libx265", "-x265-params", "log-level=error"}, nil)
	for _, c := range []struct {
		name   string
		crash  bool // while the last second is written
		film   func(s *recorder.Stream) nvr.Time
		from   time.Duration
		length time.Duration
		most   int
		want   []time.Duration
		white  []time.Duration // if dark ones are between
	}{
		{"each", false, func(s *recorder.Stream) nvr.Time { return inTurn(s, small, large) }, 0, 8 * time.Second, 8, seconds(0, 1, 2, 3, 4, 5, 6, 7), seconds(0, 2, 4, 6)},
		{"more than there are", false, func(s *recorder.Stream) nvr.Time { return inTurn(s, small, large) }, 0, 8 * time.Second, 500, seconds(0, 1, 2, 3, 4, 5, 6, 7), seconds(0, 2, 4, 6)},
		{"every other", false, func(s *recorder.Stream) nvr.Time { return inTurn(s, small, large) }, 0, 8 * time.Second, 4, seconds(0, 2, 4, 6), nil},
		{"parts between key frames", false, func(s *recorder.Stream) nvr.Time { return inTurn(s, small, large) }, 500 * time.Millisecond, 8 * time.Second, 4, seconds(0, 2.5, 4.5, 6.5), nil},
		{"one", false, func(s *recorder.Stream) nvr.Time { return inTurn(s, small, large) }, 0, time.Minute, 1, seconds(0), nil},
		{"still being written", true, func(s *recorder.Stream) nvr.Time { return inTurn(s, small, large) }, 0, time.Minute, 30, seconds(0, 2, 4, 6), nil},
		{"a gap", false, func(s *recorder.Stream) nvr.Time {
			start := play(s, small, true, 0)
			s.End(nvr.Unreachable, io.EOF)
			pass(10 * time.Second)
			play(s, small, true, 0)
			return start
		}, 0, 18 * time.Second, 18, seconds(0, 1, 2, 3, 14, 15, 16, 17), seconds(0, 2, 14, 16)},
		{"another codec", false, func(s *recorder.Stream) nvr.Time {
			start := play(s, small, true, 0)
			play(s, other, true, 0)
			return start
		}, 0, 8 * time.Second, 8, seconds(0, 1, 2, 3), seconds(0, 2)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var start nvr.Time
			p := record(t, c.crash, func(s *recorder.Stream) { start = c.film(s) })
			from := start.Add(c.from)
			path, times := storyboard(t, p, nvr.Span{From: from, To: from.Add(c.length)}, c.most)
			if !slices.EqualFunc(times, c.want, func(a, b time.Duration) bool { return near(a, b, 40*time.Millisecond) }) {
				t.Errorf("pictures at %v, want %v", times, c.want)
			}
			if c.white == nil {
				return
			}
			white := peaks(t, path, "-vf signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-", "lavfi.signalstats.YAVG", 200)
			if !slices.EqualFunc(white, c.white, func(a, b time.Duration) bool { return near(a, b, 40*time.Millisecond) }) {
				t.Errorf("white at %v, want %v", white, c.white)
			}
		})
	}
}

// Whatever is asked for: pictures of the span, not more than most, one in each
// part at most.
func TestStoryboardParts(t *testing.T) {
	t.Parallel()
	var start nvr.Time
	p := record(t, false, func(s *recorder.Stream) { start = play(s, film(t, "160x90", "20", plain, nil), true, 0) })
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		from := start.Add(time.Duration(random.Int64N(int64(10 * time.Second))))
		span := nvr.Span{From: from, To: from.Add(2*time.Second + time.Duration(random.Int64N(int64(8*time.Second))))}
		most := 1 + random.IntN(12)
		_, times := storyboard(t, p, span, most)
		part := (span.Duration() + time.Duration(most) - 1) / time.Duration(most)
		var parts []time.Duration
		for i, at := range times {
			if i > 0 { // the first is shown from the beginning
				parts = append(parts, (at+time.Millisecond)/part)
			}
		}
		if len(times) == 0 || len(times) > most || len(slices.Compact(slices.Clone(parts))) != len(parts) || times[len(times)-1] >= span.Duration() {
			t.Errorf("%s, %d: pictures at %v", span, most, times)
		}
	}
}

func TestStoryboardRefuses(t *testing.T) {
	var start nvr.Time
	p := record(t, false, func(s *recorder.Stream) { start = play(s, film(t, "160x90", "1", plain, nil), true, 0) })
	for _, c := range []struct {
		from, to time.Duration
		most     int
		want     error
	}{
		{0, 0, 1, nvr.ErrInvalid},
		{0, time.Second, 0, nvr.ErrInvalid},
		{0, time.Second, playback.MaxStoryboard + 1, nvr.ErrInvalid},
		{time.Hour, 2 * time.Hour, 1, nvr.ErrNotFound},
		{-time.Hour, 0, 1, nvr.ErrNotFound},
	} {
		if f, err := p.Storyboard(t.Context(), camera, nvr.Span{From: start.Add(c.from), To: start.Add(c.to)}, c.most); !errors.Is(err, c.want) {
			t.Errorf("%v: %v, %v", c, f, err)
		}
	}
}
