package playback_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/footage"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
)

// BenchmarkExport measures how long it takes until the first byte of an
// export is there, of minutes with an index entry every two seconds.
func BenchmarkExport(b *testing.B) {
	p, start := month(b, 31*24*60, 30)
	for _, c := range []struct {
		name   string
		length time.Duration
	}{{"31 days", 31 * 24 * time.Hour}, {"a day", 24 * time.Hour}, {"an hour", time.Hour}, {"a minute", time.Minute}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f, err := p.Export(b.Context(), camera, nvr.Span{From: start.Add(time.Second / 2), To: start.Add(c.length)}, playback.Fragmented)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := f.Read(make([]byte, 1)); err != nil {
					b.Fatal(err)
				}
				f.Close()
			}
		})
	}
}

// month returns a player of so many minutes, each with so many index entries.
// Only the first is on the disk: what is not read can be missing.
func month(tb testing.TB, minutes, entries int64) (*playback.Player, nvr.Time) {
	tb.Helper()
	dir := tb.TempDir()
	if err := footage.Create(filepath.Join(dir, "footage"), footage.UUID{1}, footage.UUID{2}); err != nil {
		tb.Fatal(err)
	}
	c, d := open(tb, dir, slog.New(slog.DiscardHandler))
	tb.Cleanup(func() {
		d.Close()
		c.Close()
	})
	start := nvr.TimeOf(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	init := fmp4.AppendInit(nil, film(tb, "160x90", "1", plain, nil).format)
	file, header := d.Create(footage.Origin{Stream: camera, Run: nvr.RunID(start), Start: start}, init)
	s := nvr.Segment{
		Stream: camera, Run: nvr.RunID(start), Sealed: true, HeaderBytes: header, Bytes: header,
		Span: nvr.Span{From: start, To: start.Add(time.Minute)}, MediaDuration: 60 * 90000, Timescale: 90000,
	}
	lasts := s.MediaDuration / entries
	for i := range entries {
		run := fmp4.Run{Samples: []media.Sample{{DTS: i * lasts, Key: true, Data: bytes.Repeat([]byte{1}, 100)}}, End: (i + 1) * lasts}
		head := fmp4.AppendFragment(nil, uint32(i+1), start.Add(nvr.Duration(i*lasts, 90000)), []fmp4.Run{run, {}})
		s.Fragments = append(s.Fragments, nvr.Fragment{Offset: s.Bytes, Bytes: int64(len(head) + run.Bytes()), MediaStart: i * lasts, MediaDuration: lasts, Key: true})
		s.Bytes += s.Fragments[i].Bytes
		if err := file.Append([][]byte{head, run.Samples[0].Data}); err != nil {
			tb.Fatal(err)
		}
	}
	sealed := make(chan footage.Result, 1)
	file.Seal(func(r footage.Result) { sealed <- r })
	if r := <-sealed; r.Err != nil {
		tb.Fatal(r.Err)
	}
	err := c.Update(tb.Context(), func(tx catalog.Tx) (err error) {
		if err := tx.EnableStream(camera, start); err != nil {
			return err
		}
		if s.Directory, err = tx.Directory(d.ID(), d.Path()); err != nil {
			return err
		}
		if s.Init, err = tx.Init(init, 90000); err != nil {
			return err
		}
		for range minutes {
			if err := tx.PutSegment(s); err != nil {
				return err
			}
			s.Span = nvr.Span{From: s.Span.To, To: s.Span.To.Add(time.Minute)}
			s.MediaStart += s.MediaDuration
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return playback.New(c, func(nvr.DirectoryID) (*footage.Directory, error) { return d, nil }), start
}
