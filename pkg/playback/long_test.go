package playback_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
)

// A long export costs little memory before its first byte. Its segment index,
// which has more entries than it has room for, points to movie fragments all
// the same, and covers the file.
func TestLongExport(t *testing.T) {
	const minutes, entries = 110, 600
	const opening = 50 // entries in five seconds, which are one
	p, start := month(t, minutes, entries)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := p.Export(t.Context(), camera, nvr.Span{From: start, To: start.Add(minutes * time.Minute)}, playback.Fragmented)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 16<<20 {
		t.Errorf("it takes %d bytes, want at most 16 MiB", got)
	}
	var sidx *mp4.SidxBox
	for at := uint64(0); sidx == nil; {
		box, err := mp4.DecodeBox(at, f)
		if err != nil {
			t.Fatal(err)
		}
		at += box.Size()
		sidx, _ = box.(*mp4.SidxBox)
	}
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		t.Fatal(err)
	}
	var lasts uint64
	for i, r := range sidx.SidxRefs {
		lasts += uint64(r.SubSegmentDuration)
		if i < entries/2-opening/2 { // in the minute that is there
			kind := make([]byte, 8)
			if _, err := f.Seek(at, io.SeekStart); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(f, kind); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(kind[4:], []byte("prft")) {
				t.Errorf("reference %d points to %q", i, kind)
			}
		}
		at += int64(r.ReferencedSize)
	}
	if n := len(sidx.SidxRefs); at != f.Size || lasts != minutes*60*90000 || n != (minutes*entries-opening+2)/2 {
		t.Errorf("%d references end at %d after %d, want %d after %d", n, at, lasts, f.Size, minutes*60*90000)
	}
}

// An export ends with what it is made for.
func TestExportEndsWithItsContext(t *testing.T) {
	p, start := month(t, 1, 30)
	for _, form := range forms {
		ctx, cancel := context.WithCancel(t.Context())
		f, err := p.Export(ctx, camera, nvr.Span{From: start, To: start.Add(time.Minute)}, form)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cancel()
		if n, err := io.Copy(io.Discard, f); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %d bytes of %d are read after that: %v", form, n, f.Size, err)
		}
	}
}
