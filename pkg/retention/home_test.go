package retention

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/pkg/recorder"
)

var (
	porch = nvr.StreamID{Camera: 1}
	gate  = nvr.StreamID{Camera: 2}
)

// home is a data directory with everything open that records, plays and
// removes.
type home struct {
	t        *testing.T
	dir      string
	policy   nvr.Retention
	jump     time.Duration // by which the wall clock is wrong
	boot     string
	began    time.Time
	log      *slog.Logger
	catalog  *catalog.Catalog
	footage  *footage.Directory
	place    nvr.DirectoryID
	keeper   *Keeper
	recorder *recorder.Recorder
	player   *playback.Player
}

func newHome(t *testing.T, dir string, policy nvr.Retention) *home {
	t.Helper()
	h := &home{t: t, dir: dir, policy: policy, boot: "first", began: time.Now(), log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	if err := footage.Create(filepath.Join(dir, "footage"), footage.UUID{1}, footage.UUID{2}); err != nil {
		t.Fatal(err)
	}
	h.open()
	return h
}

// open opens everything in the order of a start.
func (h *home) open() {
	h.t.Helper()
	var err error
	if h.catalog, err = catalog.Open(h.t.Context(), filepath.Join(h.dir, "catalog.db")); err != nil {
		h.t.Fatal(err)
	}
	if h.footage, err = footage.Open(filepath.Join(h.dir, "footage"), footage.UUID{1}, h.log); err != nil {
		h.t.Fatal(err)
	}
	h.update(func(tx catalog.Tx) (err error) {
		h.place, err = tx.Directory(h.footage.ID(), h.footage.Path())
		return err
	})
	directories := map[nvr.DirectoryID]*footage.Directory{h.place: h.footage}
	h.keeper, err = Open(h.t.Context(), Config{
		Catalog:     h.catalog,
		Directories: func() map[nvr.DirectoryID]*footage.Directory { return directories },
		Policy:      func(context.Context) (nvr.Retention, error) { return h.policy, nil },
		Cameras: func(context.Context) ([]nvr.CameraID, error) {
			return []nvr.CameraID{porch.Camera, gate.Camera}, nil
		},
		Clock: func() (catalog.Clock, error) {
			return catalog.Clock{Wall: nvr.Now().Add(h.jump), Boot: h.boot, Uptime: time.Since(h.began)}, nil
		},
		Log: h.log,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	if h.recorder, err = recorder.Open(h.t.Context(), h.catalog, footage.NewPlaces(footage.UUID{1}, h.log, h.footage), h.log); err != nil {
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

func (h *home) update(f func(catalog.Tx) error) {
	h.t.Helper()
	if err := h.catalog.Update(h.t.Context(), f); err != nil {
		h.t.Fatal(err)
	}
}

// round makes a round and returns how many segments went.
func (h *home) round() int {
	h.t.Helper()
	gone, err := h.keeper.Round(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return len(gone)
}

// kept returns the sealed segments of a stream, oldest first.
func (h *home) kept(id nvr.StreamID) []nvr.Segment {
	h.t.Helper()
	all, err := h.catalog.Segments(h.t.Context(), id, nvr.Span{From: 1, To: maxTime})
	if err != nil {
		h.t.Fatal(err)
	}
	sealed := all[:0]
	for _, s := range all {
		if s.Sealed {
			sealed = append(sealed, s)
		}
	}
	return sealed
}

// consistent fails the test unless segments and gaps of a stream tile the time
// from when it was enabled, and files and rows are the same. It returns the gaps.
func (h *home) consistent(id nvr.StreamID) []nvr.Gap {
	h.t.Helper()
	var at nvr.Time
	streams, err := h.catalog.Streams(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, s := range streams {
		if s.ID == id {
			at = s.Enabled
		}
	}
	segments, err := h.catalog.Segments(h.t.Context(), id, nvr.Span{From: 1, To: maxTime})
	if err != nil {
		h.t.Fatal(err)
	}
	all, err := h.catalog.Gaps(h.t.Context(), id, nvr.Span{From: 1, To: maxTime})
	if err != nil {
		h.t.Fatal(err)
	}
	files, err := h.footage.List(id, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	if len(files) != len(segments) {
		h.t.Errorf("%s has %d files and %d segments", id, len(files), len(segments))
	}
	gaps := all
	for i := 0; len(segments)+len(gaps) > 0; i++ {
		switch {
		case len(segments) > 0 && segments[0].Span.From == at:
			if f, err := h.footage.OpenFile(id, at); err != nil {
				h.t.Errorf("%s: %v", id, err)
			} else {
				f.Close()
			}
			at, segments = segments[0].Span.To, segments[1:]
			if at == 0 || len(segments) > 0 && !segments[0].Sealed && len(segments) == 1 && len(gaps) == 0 && segments[0].Span.From == at {
				return all
			}
		case len(gaps) > 0 && gaps[0].Span.From == at:
			at, gaps = gaps[0].Span.To, gaps[1:]
		default:
			h.t.Fatalf("%s has a hole or an overlap at %s: segments %v, gaps %v", id, at, segments, gaps)
		}
	}
	return all
}

// film sends pictures of a size, ten a second with a key frame each other
// second, until ctx ends. It runs in the time of a bubble.
func film(ctx context.Context, sink media.Sink, size int) {
	sink.Begin(media.Format{Tracks: []media.Track{{
		Codec: media.H264, Timescale: 90000, Width: 640, Height: 360,
		SPS: []byte{0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x2f, 0xf9, 0x61, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x1e, 0x0f, 0x16, 0x2e, 0x48},
		PPS: []byte{0x68, 0xcb, 0x83, 0xcb, 0x20},
	}}}, true)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		sink.Sample(media.Sample{DTS: int64(i) * 9000, Key: i%20 == 0, Data: bytes.Repeat([]byte{byte(i)}, size), Arrived: time.Now()})
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// record records streams for a while, in the time of a bubble. The recorder is
// closed when it returns.
func (h *home) record(d time.Duration, size int, ids ...nvr.StreamID) {
	h.t.Helper()
	sizes := map[nvr.StreamID]int{}
	for _, id := range ids {
		sizes[id] = size
	}
	h.together(d, sizes)
}

// together is record for streams with pictures of unlike sizes.
func (h *home) together(d time.Duration, sizes map[nvr.StreamID]int) {
	h.t.Helper()
	ctx, stop := context.WithTimeout(h.t.Context(), d)
	defer stop()
	done := make(chan struct{})
	for id, size := range sizes {
		s, err := h.recorder.Stream(id)
		if err != nil {
			h.t.Fatal(err)
		}
		go func() {
			film(ctx, s, size)
			done <- struct{}{}
		}()
	}
	for range sizes {
		<-done
	}
}

// bytes returns how much is kept of a stream.
func (h *home) bytes(id nvr.StreamID) (n int64) {
	h.t.Helper()
	for _, s := range h.kept(id) {
		n += s.Bytes
	}
	return n
}

// freeze copies a data directory as a crash would leave it.
func freeze(t *testing.T, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(to, 0o750), os.CopyFS(to, os.DirFS(from))); err != nil {
		t.Fatal(err)
	}
}
