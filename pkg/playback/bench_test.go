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
// export is there. The footage is a day of minutes with an index entry each
// second, of tiny pictures.
func BenchmarkExport(b *testing.B) {
	p, start := day(b)
	for _, c := range []struct {
		name   string
		length time.Duration
	}{{"a day", 24 * time.Hour}, {"an hour", time.Hour}, {"a minute", time.Minute}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			end := start.Add(24*time.Hour - 500*time.Millisecond)
			for b.Loop() {
				f, err := p.Export(b.Context(), camera, nvr.Span{From: start.Add(time.Second / 2), To: min(end, start.Add(c.length))}, playback.Fragmented)
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

func day(b *testing.B) (*playback.Player, nvr.Time) {
	b.Helper()
	dir := b.TempDir()
	if err := footage.Create(filepath.Join(dir, "footage"), footage.UUID{1}, footage.UUID{2}); err != nil {
		b.Fatal(err)
	}
	c, d := open(b, dir, slog.New(slog.DiscardHandler))
	start := nvr.TimeOf(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
	format := film(b, "160x90", "1", plain, nil).format
	init := fmp4.AppendInit(nil, format)
	const minutes = 24 * 60
	sealed := make(chan footage.Result, minutes)
	err := c.Update(b.Context(), func(tx catalog.Tx) error {
		if err := tx.EnableStream(camera, start); err != nil {
			return err
		}
		directory, err := tx.Directory(d.ID(), d.Path())
		if err != nil {
			return err
		}
		id, err := tx.Init(init, 90000)
		if err != nil {
			return err
		}
		for minute := range int64(minutes) {
			from := start.Add(time.Duration(minute) * time.Minute)
			s := nvr.Segment{
				Stream: camera, Run: nvr.RunID(start), Init: id, Directory: directory, Sealed: true,
				Span: nvr.Span{From: from, To: from.Add(time.Minute)}, MediaStart: minute * 60 * 90000, MediaDuration: 60 * 90000, Timescale: 90000,
			}
			file, header := d.Create(footage.Origin{Stream: camera, Run: s.Run, Start: from}, init)
			s.HeaderBytes, s.Bytes = header, header
			for second := range int64(60) {
				dts := s.MediaStart + second*90000
				run := fmp4.Run{Samples: []media.Sample{{DTS: dts, Key: true, Data: bytes.Repeat([]byte{1}, 100)}}, End: dts + 90000}
				head := fmp4.AppendFragment(nil, uint32(second+1), from.Add(time.Duration(second)*time.Second), []fmp4.Run{run, {}})
				f := nvr.Fragment{Offset: s.Bytes, Bytes: int64(len(head) + run.Bytes()), MediaStart: dts, MediaDuration: 90000, Key: true}
				s.Fragments = append(s.Fragments, f)
				s.Bytes += f.Bytes
				if err := file.Append([][]byte{head, run.Samples[0].Data}); err != nil {
					return err
				}
			}
			file.Seal(func(r footage.Result) { sealed <- r })
			if err := tx.PutSegment(s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for range minutes {
		if r := <-sealed; r.Err != nil {
			b.Fatal(r.Err)
		}
	}
	b.Cleanup(func() {
		d.Close()
		c.Close()
	})
	return playback.New(c, func(nvr.DirectoryID) (*footage.Directory, error) { return d, nil }), start
}
