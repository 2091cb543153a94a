package playback_test

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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
			var away, tiles []nvr.Span
			tiles = append(tiles, timeline.Footage...)
			for _, g := range timeline.Gaps {
				if g.Reason == nvr.DiskMissing {
					away = append(away, g.Span)
				}
				if g.Span.From < span.To {
					tiles = append(tiles, g.Span)
				}
			}
			if there && len(away) > 0 || !there && !slices.Equal(away, []nvr.Span{moved.Span}) {
				t.Errorf("there %v, %v: %v are away", there, long, away)
			}
			slices.SortFunc(tiles, func(a, b nvr.Span) int { return cmp.Compare(a.From, b.From) })
			for i, at := 0, span.From; i < len(tiles); i, at = i+1, tiles[i].To {
				if tiles[i].From != at {
					t.Errorf("there %v, %v: %v is not where what is before it ends, at %s", there, long, tiles[i], at)
				}
			}
		}
		b, err := p.Playlist(t.Context(), camera, span)
		if err != nil {
			t.Fatal(err)
		}
		listed := 0
		for _, e := range readPlaylist(t, b) {
			listed += len(slice(t, p, e))
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
		if _, times := storyboard(t, p, span, 100); len(times) != map[bool]int{false: 8, true: 12}[there] {
			t.Errorf("there %v: a storyboard has pictures at %v", there, times)
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
