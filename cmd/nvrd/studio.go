package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"time"

	"nvrd/federation/blob"
	"nvrd/federation/wire"
	"nvrd/pkg/ffmpeg"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/ui/page/street/share"
)

// studio makes of footage what is shared: with ffmpeg what was chosen, without
// it the small stream as the camera sent it.
type studio struct {
	player *playback.Player
	tool   *ffmpeg.Tool // nil if it is not there
}

func (s studio) Lacks() string {
	if s.tool == nil {
		return ffmpeg.Install
	}
	return ""
}

func (s studio) Make(ctx context.Context, c share.Cut) (p blob.Plain, err error) {
	switch {
	case s.tool == nil && (c.Photo || len(c.Regions) > 0):
		return p, fmt.Errorf("without ffmpeg there are no photos and no blur: %w", nvr.ErrInvalid)
	case s.tool == nil:
		return s.sent(ctx, c)
	case c.Photo:
		return s.photo(ctx, c)
	}
	return s.clip(ctx, c)
}

// sent is the small stream as the camera sent it, or the only one. Its thumbnail
// is a blank.
func (s studio) sent(ctx context.Context, c share.Cut) (p blob.Plain, err error) {
	clip, err := s.player.Clip(ctx, nvr.StreamID{Camera: c.Camera, Quality: nvr.Sub}, c.Span, c.Sound)
	if errors.Is(err, nvr.ErrNotFound) {
		clip, err = s.player.Clip(ctx, nvr.StreamID{Camera: c.Camera, Quality: nvr.Main}, c.Span, c.Sound)
	}
	if p, err = filmed(clip, c, err); err != nil {
		return p, err
	}
	blank := image.NewGray(image.Rect(0, 0, 480, max(1, 480*int(p.Height)/int(p.Width))))
	for i := range blank.Pix {
		blank.Pix[i] = 0x60
	}
	var b bytes.Buffer
	err = jpeg.Encode(&b, blank, nil)
	p.Thumbnail = b.Bytes()
	return p, err
}

func (s studio) clip(ctx context.Context, c share.Cut) (p blob.Plain, err error) {
	film, err := s.film(ctx, c)
	if err != nil {
		return p, err
	}
	defer film.Close()
	edit := ffmpeg.Edit{To: c.Span.Duration(), Sound: c.Sound, Regions: regionsOf(c)}
	clip, err := s.tool.Clip(ctx, film, edit)
	if p, err = filmed(clip, c, err); err != nil {
		return p, err
	}
	// Of what is shared, so that it shows nothing else.
	p.Thumbnail, err = s.tool.Thumbnail(ctx, bytes.NewReader(p.Full), 0, nil)
	return p, err
}

func (s studio) photo(ctx context.Context, c share.Cut) (p blob.Plain, err error) {
	film, err := s.film(ctx, c)
	if err != nil {
		return p, err
	}
	defer film.Close()
	p.Type = wire.MediaPhoto
	if p.Full, err = s.tool.Photo(ctx, film, 0, regionsOf(c)); err != nil {
		return p, err
	}
	is, err := jpeg.DecodeConfig(bytes.NewReader(p.Full))
	if err != nil {
		return p, fmt.Errorf("photo: %w", err)
	}
	p.Width, p.Height = uint16(is.Width), uint16(is.Height)
	p.Thumbnail, err = s.tool.Thumbnail(ctx, bytes.NewReader(p.Full), 0, nil)
	return p, err
}

// film is the footage of a cut: of the large stream, or of the small one where
// that is all there is.
func (s studio) film(ctx context.Context, c share.Cut) (f *playback.File, err error) {
	for _, q := range []nvr.Quality{nvr.Main, nvr.Sub} {
		if f, err = s.player.Export(ctx, nvr.StreamID{Camera: c.Camera, Quality: q}, c.Span, playback.Progressive); err == nil {
			return f, nil
		}
	}
	return nil, err
}

// filmed describes a clip.
func filmed(clip []byte, c share.Cut, err error) (blob.Plain, error) {
	p := blob.Plain{Type: wire.MediaClip, Full: clip}
	if err != nil {
		return p, err
	}
	video, length, err := fmp4.ReadClip(clip)
	if err != nil {
		return p, err
	}
	p.Width, p.Height = side(video.Width), side(video.Height)
	length = min(length, c.Span.Duration()) // how long the last picture is shown is a guess
	p.Seconds = uint8(max(1, (length+time.Second-1)/time.Second))
	return p, nil
}

// side is what neighbors take: it says how wide to how high, no more.
func side(pixels int) uint16 { return uint16(max(1, min(pixels, wire.MaxPixels))) }

func regionsOf(c share.Cut) (all []ffmpeg.Region) {
	key := func(p share.Place) ffmpeg.Key {
		return ffmpeg.Key{At: p.At, Rect: ffmpeg.Rect{X: p.X, Y: p.Y, W: p.W, H: p.H}}
	}
	for _, r := range c.Regions {
		all = append(all, ffmpeg.Region{From: key(r.From), To: key(r.To), Outside: r.Outside})
	}
	return all
}
