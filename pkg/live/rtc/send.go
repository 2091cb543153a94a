package rtc

import (
	"context"
	"time"

	"nvrd/pkg/media"
)

// send sends what the stream shows, from its newest key frame on, until ctx ends
// or it cannot be sent any more.
func (s *Session) send(ctx context.Context) error {
	v := s.stream.Subscribe()
	defer v.Close()
	waiting := false // for a key frame
	for first := true; ; first = false {
		b, err := v.Next(ctx)
		if err != nil {
			return err
		}
		if !b.Format.Equal(s.format) {
			return errChanged
		}
		if err := playable(b); err != nil {
			return err
		}
		if s.slow.Swap(false) || !first && time.Since(b.Samples[0].Arrived) > maxLag {
			waiting = true
		}
		fresh := b.Fresh
		for _, x := range b.Samples {
			if x.Track == 0 && x.Key {
				waiting = false
			}
			if err := s.sample(ctx, x, fresh, waiting); err != nil {
				return err
			}
			fresh = fresh && x.Track != 0
		}
	}
}

// sample sends one sample, unless it is a picture while one waits for a key
// frame, or a sound that is late.
func (s *Session) sample(ctx context.Context, x media.Sample, fresh, waiting bool) error {
	if x.Track == 0 {
		at := s.video.stamp.of(x, fresh)
		if waiting {
			return nil
		}
		return s.cutter.picture(x, s.format.Video(), func(payload []byte, last bool) error {
			return s.breathe(ctx, len(payload), s.video.write(at, payload, last))
		})
	}
	if s.audio.track == nil || x.Track != 1 {
		return nil
	}
	at := s.audio.stamp.of(x, true)
	if time.Since(x.Arrived) > staleSound {
		return nil
	}
	return s.sound(at, x)
}

// sound sends one frame; long ones of G.711, which has a byte a sample, in pieces.
func (s *Session) sound(at uint32, x media.Sample) error {
	audio, _ := s.format.Audio()
	if len(x.Data) > maxPayload && audio.Codec == media.Opus {
		return nil // no microphone's
	}
	for rest := x.Data; len(rest) > 0; {
		n := min(len(rest), maxPayload)
		if err := s.audio.write(at, rest[:n], false); err != nil {
			return err
		}
		rest, at = rest[n:], at+uint32(n)
	}
	return nil
}

// breathe waits a little after every gulp.
func (s *Session) breathe(ctx context.Context, n int, err error) error {
	if s.gulped += n; err != nil || s.gulped < gulp {
		return err
	}
	s.gulped = 0
	pause := time.NewTimer(breath)
	defer pause.Stop()
	select {
	case <-pause.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
