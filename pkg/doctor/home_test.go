package doctor

import (
	"encoding/binary"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

var (
	homeID = footage.UUID{1}
	porch  = nvr.StreamID{Camera: 1}
	small  = nvr.StreamID{Camera: 1, Quality: nvr.Sub}
	gate   = nvr.StreamID{Camera: 2}
)

// home is a data directory that nobody records to.
type home struct {
	*Doctor
	path string
}

// template is a home that was recorded once; tests work on copies of it.
var template struct {
	sync.Once
	path string
}

func TestMain(m *testing.M) {
	code := m.Run()
	if template.path != "" {
		os.RemoveAll(template.path)
	}
	os.Exit(code)
}

// recorded returns a copy of a home that was recorded over eleven minutes with
// everything that happens to a home: cameras that go away and come back, a new
// picture format, a restart.
func recorded(t testing.TB) *home {
	t.Helper()
	template.Do(func() {
		path, err := os.MkdirTemp("", "doctor-")
		if err != nil {
			t.Fatal(err)
		}
		template.path = path
		if err := footage.Create(filepath.Join(path, "footage"), homeID, footage.UUID{2}); err != nil {
			t.Fatal(err)
		}
		bubble, ok := t.(*testing.T)
		if !ok {
			t.Fatal("a template is recorded in a test's bubble")
		}
		synctest.Test(bubble, func(t *testing.T) {
			life(t, path, func(r *recorder.Recorder) {
				var done sync.WaitGroup
				for _, id := range []nvr.StreamID{porch, small, gate} {
					done.Go(func() {
						s := stream(t, r, id)
						time.Sleep(3 * time.Second)
						s.Begin(format(640), true)
						send(s, 0, 130, 9000)
						s.End(nvr.Unreachable, nil)
						time.Sleep(20 * time.Second)
						s.Begin(format(640), true)
						send(s, 0, 95, 9000)
						if id == gate {
							s.Begin(format(320), true)
							send(s, 0, 70, 9000)
						}
					})
				}
				done.Wait()
			})
			time.Sleep(time.Minute)
			life(t, path, func(r *recorder.Recorder) {
				var done sync.WaitGroup
				for _, id := range []nvr.StreamID{porch, small, gate} {
					done.Go(func() {
						s := stream(t, r, id)
						s.Begin(format(640), true)
						send(s, 0, 200, 9001) // this camera's clock is slow
					})
				}
				done.Wait()
			})
		})
	})
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(template.path)); err != nil {
		t.Fatal(err)
	}
	return openHome(t, dir)
}

func life(t *testing.T, path string, record func(*recorder.Recorder)) {
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	c, err := catalog.Open(t.Context(), filepath.Join(path, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := footage.Open(filepath.Join(path, "footage"), homeID, log)
	if err != nil {
		t.Fatal(err)
	}
	r, err := recorder.Open(t.Context(), c, footage.NewPlaces(homeID, log, d), log)
	if err != nil {
		t.Fatal(err)
	}
	record(r)
	for _, err := range []error{r.Close(), d.Close(), c.Close()} {
		if err != nil {
			t.Error(err)
		}
	}
}

func openHome(t testing.TB, path string) *home {
	t.Helper()
	h := &home{path: path, Doctor: &Doctor{Home: homeID, Catalog: openCatalog(t, filepath.Join(path, "catalog.db"))}}
	d, err := footage.Open(filepath.Join(path, "footage"), homeID, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	h.Directories = []*footage.Directory{d}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func openCatalog(t testing.TB, path string) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func stream(t *testing.T, r *recorder.Recorder, id nvr.StreamID) *recorder.Stream {
	s, err := r.Stream(id)
	if err != nil {
		t.Error(err)
	}
	return s
}

func format(width int) media.Format {
	return media.Format{Tracks: []media.Track{
		{Codec: media.H264, Timescale: 90000, Width: width, Height: 360,
			SPS: []byte{0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x2f, 0xf9, 0x61, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x1e, 0x0f, 0x16, 0x2e, 0x48},
			PPS: []byte{0x68, 0xcb, 0x83, 0xcb, 0x20}},
	}}
}

// send gives a sink seconds of pictures of one NAL unit each, ten a second
// and a key frame each second, that are so many units apart.
func send(s media.Sink, from, seconds int, apart int64) {
	for i := from * 10; i < (from+seconds)*10; i++ {
		size := 300 + i%7
		if i%10 == 0 {
			size = 3000
		}
		unit := make([]byte, size)
		binary.BigEndian.PutUint32(unit, uint32(size-4))
		unit[4] = 0x65
		s.Sample(media.Sample{DTS: int64(i) * apart, Key: i%10 == 0, Data: unit, Arrived: time.Now()})
		time.Sleep(100 * time.Millisecond)
	}
}

// check checks a home that nobody records to.
func (h *home) check(t *testing.T, level Level) Report {
	t.Helper()
	r, err := h.Check(t.Context(), Options{Level: level})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// segments returns the rows of a stream.
func segments(t testing.TB, c *catalog.Catalog, id nvr.StreamID) []nvr.Segment {
	t.Helper()
	all, err := c.Segments(t.Context(), id, nvr.Span{From: 1, To: math.MaxInt64})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// file returns where a segment's file lies.
func (h *home) file(s nvr.Segment) string {
	return filepath.Join(h.path, "footage", footage.Path(s.Stream, s.Span.From))
}
