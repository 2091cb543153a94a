package recorder_test

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/pkg/recorder"
)

var camera = nvr.StreamID{Camera: 1}

// home is a data directory with everything open that records and plays.
type home struct {
	t        *testing.T
	dir      string
	now      func() nvr.Time
	catalog  *catalog.Catalog
	footage  *footage.Directory
	recorder *recorder.Recorder
	player   *playback.Player
}

// newHome makes an empty home.
func newHome(t *testing.T) *home {
	t.Helper()
	return newHomeAt(t, nvr.Now)
}

// newHomeAt is newHome with a clock.
func newHomeAt(t *testing.T, now func() nvr.Time) *home {
	t.Helper()
	h := &home{t: t, dir: t.TempDir(), now: now}
	if err := footage.Create(filepath.Join(h.dir, "footage"), footage.UUID{1}, footage.UUID{2}); err != nil {
		t.Fatal(err)
	}
	h.open()
	return h
}

func (h *home) open() {
	h.t.Helper()
	log := slog.New(slog.NewTextHandler(h.t.Output(), nil))
	var err error
	if h.catalog, err = catalog.Open(h.t.Context(), filepath.Join(h.dir, "catalog.db")); err != nil {
		h.t.Fatal(err)
	}
	if h.footage, err = footage.Open(filepath.Join(h.dir, "footage"), footage.UUID{1}, log); err != nil {
		h.t.Fatal(err)
	}
	if h.recorder, err = recorder.OpenAt(h.t.Context(), h.catalog, footage.NewPlaces(footage.UUID{1}, log, h.footage), log, h.now); err != nil {
		h.t.Fatal(err)
	}
	h.player = playback.New(h.catalog, func(nvr.DirectoryID) (*footage.Directory, error) { return h.footage, nil })
}

func (h *home) close() {
	h.t.Helper()
	for _, err := range []error{h.recorder.Close(), h.footage.Close(), h.catalog.Close()} {
		if err != nil {
			h.t.Error(err)
		}
	}
}

func (h *home) stream(id nvr.StreamID) *recorder.Stream {
	h.t.Helper()
	s, err := h.recorder.Stream(id)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// format is a picture of 640x360 with AAC.
func format() media.Format {
	return media.Format{Tracks: []media.Track{
		{Codec: media.H264, Timescale: 90000, Width: 640, Height: 360,
			SPS: []byte{0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x2f, 0xf9, 0x61, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x1e, 0x0f, 0x16, 0x2e, 0x48},
			PPS: []byte{0x68, 0xcb, 0x83, 0xcb, 0x20}},
		{Codec: media.AAC, Timescale: 48000, SampleRate: 48000, Channels: 1, Config: []byte{0x11, 0x88}},
	}}
}

// send gives a sink seconds of a stream at 10 pictures a second, a key frame
// each second, from decode time from on, in the time of the bubble.
func send(s media.Sink, from, seconds int) {
	for i := from * 10; i < (from+seconds)*10; i++ {
		sendPicture(s, i, time.Now())
		time.Sleep(100 * time.Millisecond)
	}
}

// sendPicture gives a sink picture i of that stream, and its sound.
func sendPicture(s media.Sink, i int, arrived time.Time) {
	size := 400
	if i%10 == 0 {
		size = 4000
	}
	s.Sample(media.Sample{Track: 0, DTS: int64(i) * 9000, Key: i%10 == 0, Data: bytes.Repeat([]byte{byte(i)}, size), Arrived: arrived})
	for a := (i*4800 + 1023) / 1024; a*1024 < (i+1)*4800; a++ {
		s.Sample(media.Sample{Track: 1, DTS: int64(a) * 1024, Key: true, Data: []byte{1, 2, 3, byte(a)}, Arrived: arrived})
	}
}

// tiled fails the test unless footage and gaps tile [from, now) and the last
// gap goes on. It returns the timeline.
func (h *home) tiled(id nvr.StreamID, from, to nvr.Time) playback.Timeline {
	h.t.Helper()
	timeline, err := h.player.Timeline(h.t.Context(), id, nvr.Span{From: from, To: to}, time.Second)
	if err != nil {
		h.t.Fatal(err)
	}
	at := from
	footage, gaps := timeline.Footage, timeline.Gaps
	for len(footage)+len(gaps) > 0 {
		switch {
		case len(footage) > 0 && footage[0].From == at:
			at, footage = footage[0].To, footage[1:]
		case len(gaps) > 0 && gaps[0].Span.From == at:
			at, gaps = gaps[0].Span.To, gaps[1:]
			if at == 0 && len(gaps) == 0 && len(footage) == 0 {
				return timeline
			}
		default:
			h.t.Fatalf("at %s there is a hole or an overlap: footage %v, gaps %v", at, timeline.Footage, timeline.Gaps)
		}
	}
	if at < to {
		h.t.Fatalf("nothing is known after %s, asked up to %s", at, to)
	}
	return timeline
}

func TestRecordsWhatItIsGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		enabled := nvr.Now()
		s := h.stream(camera)
		time.Sleep(2 * time.Second)
		start := nvr.Now()
		s.Begin(format(), true)
		send(s, 0, 130)
		s.End(nvr.Unreachable, io.ErrUnexpectedEOF)
		end := nvr.Now()
		time.Sleep(10 * time.Second)
		s.End(nvr.WrongPassword, nil)
		wrong := nvr.Now()
		time.Sleep(10 * time.Second)
		h.close()
		closed := nvr.Now().Add(-time.Second) // the seal waits for the next sync at most
		time.Sleep(time.Hour)
		h.open()
		defer h.close()

		timeline := h.tiled(camera, enabled, nvr.Now())
		if diff := cmp.Diff([]nvr.Span{{From: start, To: end}}, timeline.Footage); diff != "" {
			t.Errorf("footage (-want +got):\n%s", diff)
		}
		want := []nvr.Gap{
			{Stream: camera, Span: nvr.Span{From: enabled, To: start}, Reason: nvr.Starting},
			{Stream: camera, Span: nvr.Span{From: end, To: wrong}, Reason: nvr.Unreachable, Detail: "unexpected EOF"},
			{Stream: camera, Span: nvr.Span{From: wrong, To: timeline.Gaps[len(timeline.Gaps)-1].Span.From}, Reason: nvr.WrongPassword},
		}
		if diff := cmp.Diff(want, timeline.Gaps[:3]); diff != "" {
			t.Errorf("gaps (-want +got):\n%s", diff)
		}
		last := timeline.Gaps[len(timeline.Gaps)-1]
		if last.Reason != nvr.NotRunning || last.Span.From < closed {
			t.Errorf("the last gap is %+v, want one for the hour it was not running", last)
		}
		segments, err := h.catalog.Segments(t.Context(), camera, nvr.Span{From: start, To: end})
		if err != nil {
			t.Fatal(err)
		}
		if len(segments) < 3 {
			t.Errorf("130 s are %d segments, want at least 3", len(segments))
		}
		for _, seg := range segments {
			if !seg.Sealed || !seg.Fragments[0].Key {
				t.Errorf("segment %+v is not sealed or does not begin with a key frame", seg)
			}
		}
	})
}

func TestRecoversWhatACrashLeaves(t *testing.T) {
	for _, c := range []struct {
		cut  int64 // bytes missing at the end of the file
		want time.Duration
	}{
		{0, 20 * time.Second}, {1, 19500 * time.Millisecond}, {7, 19500 * time.Millisecond}, {100, 19500 * time.Millisecond}, {4000, 19 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHome(t)
			start := nvr.Now()
			s := h.stream(camera)
			s.Begin(format(), true)
			send(s, 0, 21) // of which half a second or so is in memory
			h.crash()
			path := h.newestFile()
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, info.Size()-c.cut); err != nil {
				t.Fatal(err)
			}
			h.open()
			defer h.close()
			timeline := h.tiled(camera, start, nvr.Now())
			if len(timeline.Footage) != 1 {
				t.Fatalf("cut %d: footage is %v, want one stretch", c.cut, timeline.Footage)
			}
			if got := timeline.Footage[0].Duration(); got < c.want || got > c.want+time.Second {
				t.Errorf("cut %d: %s are left, want %s and no more than a second beyond", c.cut, got, c.want)
			}
		})
	}
}

// crash leaves on disk what a process that is killed leaves: everything that
// was written, nothing sealed.
func (h *home) crash() {
	h.t.Helper()
	time.Sleep(time.Millisecond) // until the writer is idle
	synctest.Wait()
	dir := h.t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(h.dir)); err != nil {
		h.t.Fatal(err)
	}
	h.close()
	h.dir = dir
}

func (h *home) newestFile() string {
	h.t.Helper()
	files, err := filepath.Glob(filepath.Join(h.dir, "footage/1/main/*/*.mp4"))
	if err != nil || len(files) == 0 {
		h.t.Fatalf("no footage file: %v", err)
	}
	return files[len(files)-1]
}

func TestStreamsComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		defer h.close()
		start := nvr.Now()
		var gone nvr.Time
		for range 3 { // removed and added again at once, as when a camera's address is changed
			s := h.stream(camera)
			s.Begin(format(), true)
			send(s, 0, 5)
			gone = nvr.Now()
			h.recorder.Remove(camera)
		}
		time.Sleep(time.Hour)
		timeline := h.tiled(camera, start, gone)
		for _, g := range timeline.Gaps {
			if g.Span.To == 0 {
				t.Errorf("a stream that was removed has a gap that goes on: %+v", g)
			}
		}

		s := h.stream(camera)
		s.Begin(format(), true)
		send(s, 0, 5)
		s.End(nvr.Unreachable, nil)
		time.Sleep(5 * time.Second)
		timeline = h.tiled(camera, start, nvr.Now())
		paused := false
		for _, g := range timeline.Gaps {
			paused = paused || g.Reason == nvr.RecordingOff && g.Span.Duration() > 59*time.Minute
		}
		if !paused {
			t.Errorf("the hour without the camera is not explained: %+v", timeline.Gaps)
		}
	})
}

func TestCameraRemovedWhileNothingRan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		s := h.stream(camera)
		s.Begin(format(), true)
		send(s, 0, 5)
		h.close()
		h.open()
		defer h.close()
		if err := h.recorder.Keep(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		streams, err := h.catalog.Streams(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(streams) != 1 || streams[0].Disabled == 0 {
			t.Errorf("streams are %+v, want one that is disabled", streams)
		}
	})
}

// Times in a bubble have no monotonic reading, so this test has none: it says
// when pictures arrive.
func TestClockStep(t *testing.T) {
	for _, c := range []struct {
		plan nvr.Plan
		step time.Duration
	}{
		{nvr.Plan{}, time.Hour},
		{nvr.Plan{}, -time.Hour},
		{nvr.Plan{Mode: nvr.KeepEvents, Before: 20 * time.Second, After: 20 * time.Second}, time.Hour}, // while it sleeps
		{nvr.Plan{Mode: nvr.KeepEvents, Before: 20 * time.Second, After: 20 * time.Second}, -time.Hour},
	} {
		step := c.step
		h := newHome(t)
		s := h.stream(camera)
		s.SetPlan(c.plan)
		began := time.Now()
		s.Begin(format(), true)
		for i := range 100 {
			arrived := began.Add(time.Duration(i) * 100 * time.Millisecond)
			if i >= 50 {
				arrived = setClock(arrived, step)
			}
			if i == 90 {
				h.recorder.Happened(camera.Camera, "ring", 0, "")
			}
			sendPicture(s, i, arrived)
		}
		s.End(nvr.Unreachable, nil)
		h.close()
		h.open()
		start := nvr.TimeOf(began)
		if step < 0 {
			start = start.Add(step + 5*time.Second)
		}
		timeline := h.tiled(camera, start, start.Add(step.Abs()+time.Minute))
		var recorded time.Duration
		for _, f := range timeline.Footage {
			recorded += f.Duration()
		}
		if recorded != 10*time.Second {
			t.Errorf("step %s: %s are recorded, want 10 s: %v", step, recorded, timeline.Footage)
		}
		explained := slices.ContainsFunc(timeline.Gaps, func(g nvr.Gap) bool {
			return g.Reason == nvr.ClockStepped && g.Span.Duration() == step
		})
		if explained != (step > 0) {
			t.Errorf("step %s: a gap for it is %t, want %t: %+v", step, explained, step > 0, timeline.Gaps)
		}
		h.close()
	}
}
