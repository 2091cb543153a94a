package recorder_test

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// second gives a sink one second of 1080p15 at 4 Mb/s with AAC at 48 kHz.
func second(s media.Sink, n int, picture []byte, at time.Time) {
	for i := range 15 {
		size := 30_000
		if i == 0 {
			size = 80_000
		}
		s.Sample(media.Sample{DTS: int64(n*15+i) * 6000, Key: i == 0 && n%2 == 0, Data: picture[:size], Arrived: at.Add(time.Duration(i) * time.Second / 15)})
		for a := ((n*15+i)*3200 + 1023) / 1024; a*1024 < (n*15+i+1)*3200; a++ {
			s.Sample(media.Sample{Track: 1, DTS: int64(a) * 1024, Key: true, Data: picture[:170], Arrived: at})
		}
	}
}

// BenchmarkRecord is the path of a frame from the sink to the disk's queue and
// onto the disk: one iteration is a second of one camera, two movie fragments.
func BenchmarkRecord(b *testing.B) {
	h := benchHome(b)
	s, err := h.recorder.Stream(camera)
	if err != nil {
		b.Fatal(err)
	}
	s.Begin(format(), true)
	picture := make([]byte, 80_000)
	began := time.Now()
	b.ReportAllocs()
	b.SetBytes(500_000 + 47*170)
	fragments := h.footage.Stats().Writes
	for n := 0; b.Loop(); n++ {
		second(s, n, picture, began.Add(time.Duration(n)*time.Second))
		for h.footage.Stats().Writes < fragments+int64(2*n) { // do not outrun the disk: a camera cannot
			runtime.Gosched()
		}
	}
	s.End(nvr.NotRunning, nil)
}

// BenchmarkHold is the path of a frame into memory while nothing happens: one
// iteration is a second of one camera, of whose stream 10 s are kept before an
// event. It says how much memory that takes.
func BenchmarkHold(b *testing.B) {
	h := benchHome(b)
	s, err := h.recorder.Stream(camera)
	if err != nil {
		b.Fatal(err)
	}
	s.SetPlan(nvr.Plan{Mode: nvr.KeepEvents, Before: 10 * time.Second})
	s.Begin(format(), true)
	picture := make([]byte, 80_000)
	began := time.Now()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ReportAllocs()
	b.SetBytes(500_000 + 47*170)
	for n := 0; b.Loop(); n++ {
		second(s, n, picture, began.Add(time.Duration(n)*time.Second))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/1e6, "MB-held")
	s.End(nvr.NotRunning, nil)
}

// BenchmarkStart is the time from the start of a program that was killed while
// it recorded 16 cameras, each with a segment of 30 s open, until it can record
// again.
func BenchmarkStart(b *testing.B) {
	h := benchHome(b)
	picture := make([]byte, 80_000)
	for c := range 16 {
		s, err := h.recorder.Stream(nvr.StreamID{Camera: nvr.CameraID(c + 1)})
		if err != nil {
			b.Fatal(err)
		}
		s.Begin(format(), true)
		before := h.footage.Stats().Writes
		for n := range 30 {
			second(s, n, picture, time.Now().Add(time.Duration(n)*time.Second))
			for h.footage.Stats().Writes < before+int64(2*n) {
				runtime.Gosched()
			}
		}
	}
	for open := 0; open < 16; { // until the ledger has committed the open rows
		segments, err := h.catalog.OpenSegments(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		open = len(segments)
	}
	killed := h.dir
	b.ResetTimer()
	for b.Loop() {
		b.StopTimer()
		dir := b.TempDir()
		if err := os.CopyFS(dir, os.DirFS(killed)); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		again := openBench(b, dir)
		b.StopTimer()
		again.close(b)
		if err := os.RemoveAll(dir); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// benched is a home for a benchmark, without the story that a test prints.
type benched struct {
	dir      string
	catalog  *catalog.Catalog
	footage  *footage.Directory
	recorder *recorder.Recorder
}

func benchHome(b *testing.B) *benched {
	b.Helper()
	dir := b.TempDir()
	if err := footage.Create(filepath.Join(dir, "footage"), footage.UUID{1}, footage.UUID{2}); err != nil {
		b.Fatal(err)
	}
	h := openBench(b, dir)
	b.Cleanup(func() { h.close(b) })
	return h
}

func openBench(b *testing.B, dir string) *benched {
	b.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	h := &benched{dir: dir}
	var err error
	if h.catalog, err = catalog.Open(b.Context(), filepath.Join(dir, "catalog.db")); err != nil {
		b.Fatal(err)
	}
	if h.footage, err = footage.Open(filepath.Join(dir, "footage"), footage.UUID{1}, log); err != nil {
		b.Fatal(err)
	}
	if h.recorder, err = recorder.Open(b.Context(), h.catalog, footage.NewPlaces(footage.UUID{1}, log, h.footage), log); err != nil {
		b.Fatal(err)
	}
	return h
}

func (h *benched) close(b *testing.B) {
	b.Helper()
	for _, err := range []error{h.recorder.Close(), h.footage.Close(), h.catalog.Close()} {
		if err != nil {
			b.Error(err)
		}
	}
}
