package main

import (
	"bytes"
	"errors"
	"image/jpeg"
	"testing"
	"time"

	"nvrd/federation/blob"
	"nvrd/federation/wire"
	"nvrd/pkg/ffmpeg"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/ui/page/street/share"
)

// TestStudio makes of a doorbell's footage what would leave, with ffmpeg and without.
func TestStudio(t *testing.T) {
	a, _ := startIn(t, t.TempDir())
	sim, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	if err := show(sim); err != nil {
		t.Fatal(err)
	}
	if err := doorbells(t.Context(), sim, a.Dir.Home); err != nil {
		t.Fatal(err)
	}
	cameras, err := a.Dir.Home.Cameras(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id := cameras[0].ID
	whole := func(q nvr.Quality) nvr.Span {
		now := nvr.Now()
		line, err := a.Dir.Player.Timeline(t.Context(), nvr.StreamID{Camera: id, Quality: q}, nvr.Span{From: now.Add(-time.Hour), To: now.Add(time.Minute)}, time.Second)
		if err != nil || len(line.Footage) == 0 {
			return nvr.Span{}
		}
		return line.Footage[0]
	}
	eventually(t, time.Minute, func() bool {
		return whole(nvr.Main).Duration() > 6*time.Second && whole(nvr.Sub).Duration() > 6*time.Second
	}, func() string { return "six seconds are recorded" })
	span := nvr.Span{From: max(whole(nvr.Main).From, whole(nvr.Sub).From).Add(500 * time.Millisecond)}
	span.To = span.From.Add(4 * time.Second)

	if a.tool == nil {
		t.Fatal("ffmpeg was not found")
	}
	door := share.Place{X: .25, Y: .25, W: .5, H: .5}
	blurred := []share.Region{{From: door, To: door}}
	with, without := studio{a.Dir.Player, a.tool}, studio{player: a.Dir.Player}
	make := func(s studio, c share.Cut) blob.Plain {
		t.Helper()
		c.Camera, c.Span = id, span
		p, err := s.Make(t.Context(), c)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		is, err := jpeg.DecodeConfig(bytes.NewReader(p.Thumbnail))
		if err != nil || ffmpeg.CheckJPEG(p.Thumbnail) != nil || len(p.Thumbnail) > wire.MaxThumbnail {
			t.Errorf("thumbnail of %d bytes: %v", len(p.Thumbnail), err)
		}
		if wide, as := is.Width*int(p.Height), is.Height*int(p.Width); p.Width == 0 || wide*100 < as*95 || wide*100 > as*105 {
			t.Errorf("a thumbnail of %d by %d for %d by %d", is.Width, is.Height, p.Width, p.Height)
		}
		return p
	}
	clips := map[string]blob.Plain{
		"whole": make(with, share.Cut{}), "blurred": make(with, share.Cut{Regions: blurred}), "as sent": make(without, share.Cut{}),
	}
	for name, p := range clips {
		if err := fmp4.CheckClip(p.Full); err != nil || p.Type != wire.MediaClip || p.Seconds < 2 || p.Seconds > 4 || name != "as sent" && p.Seconds != 4 {
			t.Errorf("%s: %d s, %v", name, p.Seconds, err)
		}
	}
	if bytes.Equal(clips["whole"].Thumbnail, clips["blurred"].Thumbnail) {
		t.Error("the thumbnail shows what is blurred in the clip")
	}
	for name, c := range map[string]share.Cut{"whole": {Photo: true}, "blurred": {Photo: true, Regions: blurred}} {
		p := make(with, c)
		if err := ffmpeg.CheckJPEG(p.Full); err != nil || p.Type != wire.MediaPhoto || p.Seconds != 0 {
			t.Errorf("%s photo: %v", name, err)
		}
	}
	if with.Lacks() != "" || without.Lacks() != ffmpeg.Install {
		t.Errorf("with ffmpeg it lacks %q, without %q", with.Lacks(), without.Lacks())
	}
	for name, c := range map[string]struct {
		s    studio
		cut  share.Cut
		want error
	}{
		"photo without ffmpeg": {without, share.Cut{Camera: id, Span: span, Photo: true}, nvr.ErrInvalid},
		"blur without ffmpeg":  {without, share.Cut{Camera: id, Span: span, Regions: blurred}, nvr.ErrInvalid},
		"nothing recorded":     {with, share.Cut{Camera: id, Span: nvr.Span{From: span.From.Add(-time.Hour), To: span.To.Add(-time.Hour)}}, nvr.ErrNotFound},
		"nor without":          {without, share.Cut{Camera: id, Span: nvr.Span{From: span.From.Add(-time.Hour), To: span.To.Add(-time.Hour)}}, nvr.ErrNotFound},
		"no such camera":       {with, share.Cut{Camera: 99, Span: span}, nvr.ErrNotFound},
	} {
		if _, err := c.s.Make(t.Context(), c.cut); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var _ share.Studio = studio{player: (*playback.Player)(nil)}
