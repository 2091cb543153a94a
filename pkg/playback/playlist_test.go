package playback_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/pkg/recorder"
)

// entry is a media segment as a player reads it from a playlist.
type entry struct {
	at            time.Time // where PROGRAM-DATE-TIME and the durations put it
	duration      time.Duration
	fresh         bool
	uri, init     string
	bytes, offset int64
}

// readPlaylist fails the test on any line that a player would stumble over.
func readPlaylist(t *testing.T, b []byte) (entries []entry) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	if lines[0] != "#EXTM3U" || lines[len(lines)-1] != "#EXT-X-ENDLIST" {
		t.Fatalf("the playlist begins with %q and ends with %q", lines[0], lines[len(lines)-1])
	}
	var e entry
	var target, seconds float64
	for _, line := range lines[1 : len(lines)-1] {
		tag, value, _ := strings.Cut(line, ":")
		switch tag {
		case "#EXT-X-VERSION", "#EXT-X-PLAYLIST-TYPE":
		case "#EXT-X-TARGETDURATION":
			scan(t, value, "%g", &target)
		case "#EXT-X-DISCONTINUITY":
			e.fresh = true
		case "#EXT-X-MAP":
			scan(t, value, "URI=%q", &e.init)
		case "#EXT-X-PROGRAM-DATE-TIME":
			at, err := time.Parse(time.RFC3339Nano, value)
			if err != nil {
				t.Fatal(err)
			}
			if !e.fresh && len(entries) > 0 && at.Sub(e.at).Abs() > 5*time.Millisecond {
				t.Errorf("durations lead to %s, the playlist says %s", e.at, at)
			}
			e.at = at
		case "#EXTINF":
			scan(t, value, "%g,", &seconds)
			e.duration = time.Duration(seconds * 1e9)
			if seconds > target {
				t.Errorf("an entry of %g s in a playlist of at most %g", seconds, target)
			}
		case "#EXT-X-BYTERANGE":
			scan(t, value, "%d@%d", &e.bytes, &e.offset)
		default:
			if strings.HasPrefix(line, "#") {
				t.Fatalf("line %q is not known", line)
			}
			e.uri = line
			entries = append(entries, e)
			e = entry{at: e.at.Add(e.duration), init: e.init}
		}
	}
	return entries
}

func scan(t *testing.T, s, format string, into ...any) {
	t.Helper()
	if _, err := fmt.Sscanf(s, format, into...); err != nil {
		t.Fatalf("%q is not %q: %v", s, format, err)
	}
}

func TestPlaylist(t *testing.T) {
	t.Parallel()
	small := film(t, "160x90", "40", []string{"-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-sc_threshold", "0"}, []string{"-c:a", "aac"})
	large := film(t, "320x180", "4", plain, nil)
	var start, again, changed nvr.Time
	p := record(t, false, func(s *recorder.Stream) {
		start = play(s, small, true, 0)
		play(s, small, false, 40*time.Second)
		s.End(nvr.Unreachable, io.EOF)
		pass(25 * time.Second)
		again = play(s, small, true, 0)
		changed = play(s, large, true, 0)
	})
	from := start.Add(1700 * time.Millisecond)
	b, err := p.Playlist(t.Context(), camera, nvr.Span{From: from, To: changed.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	entries := readPlaylist(t, b)
	first := entries[0]
	if at := nvr.TimeOf(first.at); at != start.Add(time.Second) {
		t.Errorf("it begins at %s, want the key frame at %s", at, start.Add(time.Second))
	}
	// Footage tiles time but for the gaps; what is played is whole and decodes.
	var film bytes.Buffer
	var init string
	var gaps time.Duration
	ends := map[string]int64{}
	for i, e := range entries {
		if i > 0 {
			apart := e.at.Sub(entries[i-1].at.Add(entries[i-1].duration))
			if !e.fresh && apart.Abs() > 25*time.Millisecond {
				t.Errorf("entry %d begins %s after the end of the one before", i, apart)
			}
			if e.fresh {
				gaps += apart
			}
		}
		if end, ok := ends[e.uri]; ok && end != e.offset {
			t.Errorf("entry %d begins at %d of %s, the one before ends at %d", i, e.offset, e.uri, end)
		}
		ends[e.uri] = e.offset + e.bytes
		part := slice(t, p, e)
		if e.fresh || e.init != init { // a player begins anew
			decodes(t, film.Bytes())
			film.Reset()
			film.Write(initOf(t, p, e.init))
			init = e.init
		}
		if key := decodes(t, append(initOf(t, p, e.init), part...)); !key {
			t.Errorf("entry %d does not begin with a key frame", i)
		}
		film.Write(part)
	}
	decodes(t, film.Bytes())
	if !near(gaps, 25*time.Second, 200*time.Millisecond) {
		t.Errorf("gaps last %s, want 25 s and the moment it takes the camera to change", gaps)
	}
	if fresh := fresh(entries); fresh != 2 {
		t.Errorf("%d discontinuities, want one for each of the two gaps", fresh)
	}
	if last := entries[len(entries)-1]; !near(last.at.Add(last.duration).Sub(changed.Std()), 4*time.Second, frame) {
		t.Errorf("it ends at %s, want 4 s after %s", last.at.Add(last.duration), changed)
	}
	if later := entries[len(entries)-1].at; later.Before(again.Std()) {
		t.Errorf("nothing after the gap: the last entry is at %s", later)
	}
}

func fresh(entries []entry) (n int) {
	for _, e := range entries {
		if e.fresh {
			n++
		}
	}
	return n
}

func slice(t *testing.T, p *playback.Player, e entry) []byte {
	t.Helper()
	var start nvr.Time
	scan(t, e.uri, "segments/%d.mp4?stream=main", &start)
	f, err := p.Segment(t.Context(), camera, start)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if e.offset+e.bytes > f.Size {
		t.Fatalf("%d bytes at %d are not in a file of %d", e.bytes, e.offset, f.Size)
	}
	b := make([]byte, e.bytes)
	if _, err := f.Seek(e.offset, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(f, b); err != nil {
		t.Fatal(err)
	}
	return b
}

func initOf(t *testing.T, p *playback.Player, uri string) []byte {
	t.Helper()
	var sum []byte
	scan(t, uri, "../../inits/%x.mp4", &sum)
	init, err := p.InitWithSum(t.Context(), [32]byte(sum))
	if err != nil {
		t.Fatal(err)
	}
	return init
}

// decodes reads a fragmented file, and tells whether it begins with a key frame.
func decodes(t *testing.T, b []byte) (key bool) {
	t.Helper()
	if len(b) == 0 {
		return false
	}
	if len(b) > 200_000 { // the films, of which there are few
		run(t, b, "ffmpeg", "-v", "error", "-i", "-", "-f", "null", "-")
	}
	return parse(t, b).samples[0].Key
}

// What addresses name stays what it was when another catalog numbers the same
// footage in another order.
func TestAddressesOutliveTheCatalog(t *testing.T) {
	small, large := film(t, "160x90", "4", plain, nil), film(t, "320x180", "4", plain, nil)
	dir := t.TempDir()
	var start nvr.Time
	p := recordIn(t, dir, false, func(s *recorder.Stream) {
		start = play(s, small, true, 0)
		play(s, large, true, 0)
	})
	span := nvr.Span{From: start, To: start.Add(time.Minute)}
	b, err := p.Playlist(t.Context(), camera, span)
	if err != nil {
		t.Fatal(err)
	}
	again, d := renumbered(t, dir, span)
	q := playback.New(again, func(nvr.DirectoryID) (*footage.Directory, error) { return d, nil })
	inits := map[string]bool{}
	for i, e := range readPlaylist(t, b) {
		inits[e.init] = true
		if !bytes.Equal(initOf(t, p, e.init), initOf(t, q, e.init)) || !bytes.Equal(slice(t, p, e), slice(t, q, e)) {
			t.Errorf("entry %d (%s, %s) is something else with another catalog", i, e.init, e.uri)
		}
	}
	if len(inits) != 2 {
		t.Errorf("init segments %v, want two", inits)
	}
	if c, err := q.Playlist(t.Context(), camera, span); err != nil || !bytes.Equal(b, c) {
		t.Errorf("the playlist was\n%s\nand is now\n%s%v", b, c, err)
	}
}

// renumbered makes another catalog of the footage in dir, from the last
// segment to the first.
func renumbered(t *testing.T, dir string, span nvr.Span) (*catalog.Catalog, *footage.Directory) {
	t.Helper()
	c, d := open(t, dir, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { d.Close() })
	defer c.Close()
	again, err := catalog.Open(t.Context(), filepath.Join(dir, "again.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { again.Close() })
	segments, err := c.Segments(t.Context(), camera, span)
	if err != nil {
		t.Fatal(err)
	}
	err = again.Update(t.Context(), func(tx catalog.Tx) error {
		if err := tx.EnableStream(camera, span.From); err != nil {
			return err
		}
		for _, s := range slices.Backward(segments) {
			init, err := c.InitData(t.Context(), s.Init)
			if err == nil {
				s.Init, err = tx.Init(init, s.Timescale)
			}
			if err == nil {
				s.Directory, err = tx.Directory(d.ID(), d.Path())
			}
			if err == nil {
				err = tx.PutSegment(s)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return again, d
}

func TestTimeline(t *testing.T) {
	c := film(t, "160x90", "5", plain, nil)
	var start nvr.Time
	p := record(t, false, func(s *recorder.Stream) {
		pass(3 * time.Second)
		start = play(s, c, true, 0)
		s.End(nvr.Unreachable, io.EOF)
		pass(10 * time.Second)
		play(s, c, true, 0)
		s.End(nvr.WrongPassword, nil)
		pass(time.Minute)
	})
	enabled := start.Add(-3 * time.Second)
	second := start.Add(15 * time.Second)
	want := playback.Timeline{
		Footage: []nvr.Span{{From: start, To: start.Add(5 * time.Second)}, {From: second, To: second.Add(5 * time.Second)}},
		Gaps: []nvr.Gap{
			{Stream: camera, Span: nvr.Span{From: enabled, To: start}, Reason: nvr.Starting},
			{Stream: camera, Span: nvr.Span{From: start.Add(5 * time.Second), To: second}, Reason: nvr.Unreachable, Detail: "EOF"},
			{Stream: camera, Span: nvr.Span{From: second.Add(5 * time.Second), To: second.Add(65 * time.Second)}, Reason: nvr.WrongPassword},
			{Stream: camera, Span: nvr.Span{From: second.Add(65 * time.Second)}, Reason: nvr.NotRunning},
		},
	}
	for _, length := range []time.Duration{time.Hour, 5 * time.Hour} { // from fragments and from segments
		want.Span = nvr.Span{From: enabled.Add(-time.Minute), To: enabled.Add(length)}
		got, err := p.Timeline(t.Context(), camera, want.Span, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if n := int((length + time.Minute) / time.Minute); len(got.Scores) != n || got.Step != time.Minute {
			t.Errorf("%d scores of %s, want %d", len(got.Scores), got.Step, n)
		}
		got.Step, got.Scores = 0, nil
		// A frame is no whole number of microseconds.
		hair := cmp.Comparer(func(a, b nvr.Time) bool { return a.Sub(b).Abs() <= 5*time.Microsecond })
		if diff := cmp.Diff(want, got, hair); diff != "" {
			t.Errorf("timeline (-want +got):\n%s", diff)
		}
	}
	inner := nvr.Span{From: start.Add(time.Second), To: start.Add(7 * time.Second)}
	got, err := p.Timeline(t.Context(), camera, inner, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if got.Footage[0].From != inner.From || got.Gaps[len(got.Gaps)-1].Span.To != inner.To {
		t.Errorf("footage %v and gaps %v are not cut to %s", got.Footage, got.Gaps, inner)
	}
	// Any length, to the microsecond, has a step that covers it.
	for us := range nvr.Time(50) {
		span := nvr.Span{From: start - 20_000_000_000, To: start + us*7 + 1_000_000}
		got, err := p.Timeline(t.Context(), camera, span, 0)
		if err != nil || len(got.Scores) > 10_000 || got.Step*time.Duration(len(got.Scores)) < span.Duration() {
			t.Fatalf("%d steps of %s for %s: %v", len(got.Scores), got.Step, span.Duration(), err)
		}
	}
}

// Any key frame can be shown, also those that the index does not tell apart.
func TestPictureOfKeyFramesAlone(t *testing.T) {
	c := film(t, "160x90", "3", append([]string{"-g", "1"}, plain...), nil)
	var start nvr.Time
	p := record(t, false, func(s *recorder.Stream) { start = play(s, c, true, 0) })
	for n := range 45 {
		want := start.Add(time.Duration(n) * frame)
		f, taken, err := p.Picture(t.Context(), camera, want.Add(frame/2))
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		if !near(taken.Sub(want), 0, time.Millisecond) {
			t.Errorf("picture %d was taken at %s, want %s", n, taken, want)
		}
	}
}

func TestPicture(t *testing.T) {
	c := film(t, "160x90", "5", plain, nil)
	var start nvr.Time
	p := record(t, true, func(s *recorder.Stream) { start = play(s, c, true, 0) })
	for at, want := range map[nvr.Time]nvr.Time{
		start:                              start,
		start.Add(999 * time.Millisecond):  start,
		start.Add(time.Second):             start.Add(time.Second),
		start.Add(3500 * time.Millisecond): start.Add(3 * time.Second),
		start.Add(time.Hour):               start.Add(4 * time.Second),
		0:                                  start.Add(4 * time.Second),
	} {
		f, taken, err := p.Picture(t.Context(), camera, at)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(f)
		if err != nil || int64(len(b)) != f.Size || taken != want {
			t.Errorf("the picture at %s was taken at %s and has %d of %d bytes: %v; want the one of %s", at, taken, len(b), f.Size, err, want)
		}
		f.Close()
		if raw := run(t, b, "ffmpeg", "-v", "error", "-i", "-", "-f", "rawvideo", "-pix_fmt", "gray", "-"); len(raw) != 160*90 {
			t.Errorf("the picture at %s has %d pixels", at, len(raw))
		}
	}
}
