package playback_test

import (
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/pkg/recorder"
)

// An export over everything that can happen to a camera: a gap, another
// resolution in the same run, sound that comes and goes.
func TestExportOverRuns(t *testing.T) {
	t.Parallel()
	small := film(t, "160x90", "4", plain, []string{"-c:a", "aac"})
	large := film(t, "320x180", "4", plain, nil)
	silent := clip{format: media.Format{Tracks: small.format.Tracks[:1]}, samples: slices.DeleteFunc(slices.Clone(small.samples), func(s media.Sample) bool { return s.Track == 1 })}
	for _, c := range []struct {
		name         string
		film         func(s *recorder.Stream) nvr.Time
		pictures     int
		descriptions int // of pictures
		sounds       int
	}{
		{"a gap", func(s *recorder.Stream) nvr.Time {
			start := play(s, small, true, 0)
			s.End(nvr.Unreachable, io.EOF)
			pass(10 * time.Second)
			play(s, small, true, 0)
			return start
		}, 120, 1, 2 * 187},
		{"another resolution", func(s *recorder.Stream) nvr.Time {
			start := play(s, small, true, 0)
			play(s, large, false, 4*time.Second)
			play(s, small, false, 8*time.Second)
			return start
		}, 180, 2, 2 * 187},
		{"sound at first", func(s *recorder.Stream) nvr.Time {
			start := play(s, small, true, 0)
			play(s, silent, true, 0)
			return start
		}, 120, 1, 187},
		{"sound at last", func(s *recorder.Stream) nvr.Time {
			start := play(s, large, true, 0)
			play(s, small, true, 0)
			return start
		}, 120, 2, 187},
	} {
		t.Run(c.name, func(t *testing.T) {
			var start nvr.Time
			p := record(t, false, func(s *recorder.Stream) { start = c.film(s) })
			for _, form := range forms {
				b, path := export(t, p, nvr.Span{From: start, To: start.Add(20 * time.Second)}, form)
				run(t, nil, "ffmpeg", "-v", "error", "-i", path, "-f", "null", "-")
				times := shown(t, path)
				if len(times) != c.pictures {
					t.Errorf("%s: %d pictures, want %d", form, len(times), c.pictures)
				}
				for i := 1; i < len(times); i++ {
					if d := times[i] - times[i-1]; d > frame+40*time.Millisecond || d <= 0 {
						t.Errorf("%s: picture %d is shown for %s", form, i-1, d)
					}
				}
				moov := header(t, b)
				if got := moov.Traks[0].Mdia.Minf.Stbl.Stsd.SampleCount; int(got) != c.descriptions {
					t.Errorf("%s: %d descriptions of pictures, want %d", form, got, c.descriptions)
				}
				if len(moov.Traks) != 2 {
					t.Fatalf("%s: %d tracks, want 2", form, len(moov.Traks))
				}
				if form == playback.Progressive {
					if got := int(moov.Traks[1].Mdia.Minf.Stbl.Stsz.SampleNumber); got > c.sounds+3 || got < c.sounds-3 {
						t.Errorf("%d frames of sound, want about %d", got, c.sounds)
					}
					soundFollows(t, moov)
				}
			}
		})
	}
}

// soundFollows fails the test unless sound ends when the pictures do, which
// it does not if each new run leaves it a little behind.
func soundFollows(t *testing.T, moov *mp4.MoovBox) {
	t.Helper()
	var ends [2]time.Duration
	for i, trak := range moov.Traks {
		stbl := trak.Mdia.Minf.Stbl
		at, d := stbl.Stts.GetDecodeTime(stbl.Stsz.SampleNumber)
		ends[i] = nvr.Duration(int64(at)+int64(d), trak.Mdia.Mdhd.Timescale)
	}
	if last := moov.Traks[0].Mdia.Minf.Stbl.Stsd; len(last.Children) == 1 && !near(ends[0], ends[1], 100*time.Millisecond) && ends[1] > 5*time.Second {
		t.Errorf("pictures end at %s, sound at %s", ends[0], ends[1])
	}
}

// The minute that is being recorded can be exported too, up to what is whole.
func TestExportOfOpenSegment(t *testing.T) {
	c := film(t, "160x90", "6", plain, []string{"-c:a", "aac"})
	var start nvr.Time
	var during [2]string
	p := record(t, true, func(s *recorder.Stream) { start = play(s, c, true, 0) })
	span := nvr.Span{From: start.Add(time.Second), To: start.Add(time.Minute)}
	for i, form := range forms {
		_, path := export(t, p, span, form)
		run(t, nil, "ffmpeg", "-v", "error", "-i", path, "-f", "null", "-")
		if n := len(shown(t, path)); n < 65 || n > 75 {
			t.Errorf("%s: %d pictures of 75", form, n)
		}
		f, err := p.Export(t.Context(), camera, span, form)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		during[i] = f.ETag
	}
	if during[0] == during[1] {
		t.Errorf("both forms have the tag %s", during[0])
	}
}

func TestETag(t *testing.T) {
	c := film(t, "160x90", "4", plain, nil)
	var start nvr.Time
	p := record(t, false, func(s *recorder.Stream) { start = play(s, c, true, 0) })
	tag := func(from, to time.Duration) string {
		f, err := p.Export(t.Context(), camera, nvr.Span{From: start.Add(from), To: start.Add(to)}, playback.Fragmented)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		return f.ETag
	}
	if a, b := tag(0, time.Second), tag(0, time.Second); a != b || len(a) < 10 || a[0] != '"' {
		t.Errorf("tags of the same export are %s and %s", a, b)
	}
	if a, b := tag(0, time.Second), tag(0, time.Second+1000); a == b {
		t.Errorf("tags of two exports are %s", a)
	}
}

func TestRefuses(t *testing.T) {
	c := film(t, "160x90", "1", plain, nil)
	var start nvr.Time
	p := record(t, false, func(s *recorder.Stream) { start = play(s, c, true, 0) })
	exported := func(span nvr.Span, form playback.Form) error {
		f, err := p.Export(t.Context(), camera, span, form)
		if err == nil {
			f.Close()
		}
		return err
	}
	at := func(d time.Duration) nvr.Time { return start.Add(d) }
	timeline := func(span nvr.Span) error {
		_, err := p.Timeline(t.Context(), camera, span, time.Second)
		return err
	}
	playlist := func(span nvr.Span) error {
		_, err := p.Playlist(t.Context(), camera, span)
		return err
	}
	picture := func(id nvr.StreamID, at nvr.Time) error {
		_, _, err := p.Picture(t.Context(), id, at)
		return err
	}
	_, segment := p.Segment(t.Context(), camera, 99)
	_, init := p.InitWithSum(t.Context(), [32]byte{99})
	for name, c := range map[string]struct{ got, want error }{
		"an export inside out":           {exported(nvr.Span{From: at(1), To: at(0)}, playback.Fragmented), nvr.ErrInvalid},
		"an export of no length":         {exported(nvr.Span{From: at(0), To: at(0)}, playback.Fragmented), nvr.ErrInvalid},
		"an export of a month and more":  {exported(nvr.Span{From: at(0), To: at(playback.MaxExport + time.Second)}, playback.Fragmented), nvr.ErrTooLarge},
		"an export of an hour and more":  {exported(nvr.Span{From: at(0), To: at(time.Hour + time.Second)}, playback.Progressive), nvr.ErrTooLarge},
		"an export of nothing":           {exported(nvr.Span{From: at(time.Hour), To: at(2 * time.Hour)}, playback.Fragmented), nvr.ErrNotFound},
		"an export of the past":          {exported(nvr.Span{From: at(-time.Hour), To: at(0)}, playback.Progressive), nvr.ErrNotFound},
		"a timeline inside out":          {timeline(nvr.Span{From: at(time.Hour), To: at(0)}), nvr.ErrInvalid},
		"a playlist of nothing":          {playlist(nvr.Span{From: at(time.Hour), To: at(2 * time.Hour)}), nvr.ErrNotFound},
		"a playlist inside out":          {playlist(nvr.Span{From: at(time.Second), To: at(0)}), nvr.ErrNotFound},
		"a picture before everything":    {picture(camera, at(-1000)), nvr.ErrNotFound},
		"a picture of an unknown camera": {picture(nvr.StreamID{Camera: 9}, 0), nvr.ErrNotFound},
		"an unknown segment":             {segment, nvr.ErrNotFound},
		"an unknown init segment":        {init, nvr.ErrNotFound},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s is %v, want %v", name, c.got, c.want)
		}
	}
}
