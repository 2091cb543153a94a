package playback_test

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/pkg/recorder"
)

// Footage on a disk that is not there is told as a gap for as long, and no
// export is silent about it.
func TestDiskAway(t *testing.T) {
	c := film(t, "160x90", "4", plain, nil)
	dir := t.TempDir()
	var start nvr.Time
	recordIn(t, dir, false, func(s *recorder.Stream) {
		start = play(s, c, true, 0)
		play(s, c, true, 0)
		play(s, c, true, 0)
	})
	k, d := open(t, dir, slog.New(slog.DiscardHandler))
	t.Cleanup(func() {
		d.Close()
		k.Close()
	})
	span := nvr.Span{From: start, To: start.Add(time.Minute)}
	segments, err := k.Segments(t.Context(), camera, span)
	if err != nil || len(segments) != 3 {
		t.Fatalf("%d segments, %v", len(segments), err)
	}
	span.To = segments[2].Span.To
	moved := segments[1]
	err = k.Update(t.Context(), func(tx catalog.Tx) (err error) {
		if moved.Directory, err = tx.Directory([16]byte{9}, "/elsewhere"); err != nil {
			return err
		}
		return tx.PutSegment(moved)
	})
	if err != nil {
		t.Fatal(err)
	}
	there := false
	p := playback.New(k, func(id nvr.DirectoryID) (*footage.Directory, error) {
		if id == moved.Directory && !there {
			return nil, fmt.Errorf("not mounted: %w", nvr.ErrNotFound)
		}
		return d, nil
	})
	for _, there = range []bool{false, true} {
		for _, long := range []time.Duration{0, 24 * time.Hour} { // seen closely, and from afar
			timeline, err := p.Timeline(t.Context(), camera, nvr.Span{From: span.From, To: span.To.Add(long)}, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			at := span.From
			footage, gaps := timeline.Footage, timeline.Gaps
			for at < span.To { // they tile
				switch {
				case len(footage) > 0 && footage[0].From == at:
					at, footage = footage[0].To, footage[1:]
				case len(gaps) > 0 && gaps[0].Span.From == at:
					if g := gaps[0]; (g.Reason == nvr.DiskMissing) != (g.Span == moved.Span) {
						t.Errorf("there %v: gap %s %s", there, g.Span, g.Reason)
					}
					at, gaps = gaps[0].Span.To, gaps[1:]
				default:
					t.Fatalf("there %v: nothing begins at %s: %+v", there, at, timeline)
				}
			}
		}
		b, err := p.Playlist(t.Context(), camera, span)
		if err != nil {
			t.Fatal(err)
		}
		listed := 0
		for _, e := range readPlaylist(t, b) {
			if !e.gap {
				listed += len(slice(t, p, e))
			}
		}
		if want := bytesOf(segments) - map[bool]int64{false: moved.Bytes - moved.HeaderBytes}[there]; int64(listed) != want {
			t.Errorf("there %v: the playlist lists %d bytes, want %d", there, listed, want)
		}
		e, err := p.Export(t.Context(), camera, span, playback.Fragmented)
		if err == nil {
			err = e.Close()
		}
		if errors.Is(err, nvr.ErrNotFound) == there {
			t.Errorf("there %v: export %v", there, err)
		}
	}
}

// bytesOf counts the media in segments.
func bytesOf(segments []nvr.Segment) (n int64) {
	for i := range segments {
		n += segments[i].Bytes - segments[i].HeaderBytes
	}
	return n
}
