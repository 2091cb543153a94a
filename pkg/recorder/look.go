package recorder

import (
	"time"

	"nvrd/pkg/ffmpeg"
	"nvrd/pkg/media"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
)

// Decode lets pictures be decoded for motion where what they cost says little, a
// decoder for each camera at most. It is to be called before Stream; without it,
// or with nil, motion is found by what pictures cost alone.
func (r *Recorder) Decode(tool *ffmpeg.Tool) {
	if tool != nil {
		r.tool = tool
	}
}

// Sight is how motion of a camera is found, and how far what its pictures cost
// can be trusted. It is not known while neither stream has learned.
type Sight struct {
	Known bool
	By    motion.Way
	Trust motion.Trust
}

// Sight returns how motion of a camera is found now.
func (r *Recorder) Sight(camera nvr.CameraID) Sight {
	c := r.scenes.get(camera)
	if c == nil {
		return Sight{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sight
}

// look watches a picture for motion.
func (s *Stream) look(picture media.Sample) {
	at := nvr.Duration(picture.DTS, s.cutter.format.Video().Timescale)
	over := s.sight.Add(picture.Data, picture.Key, at)
	s.decode(picture, at)
	if over {
		s.takeSmall()
		from, to, moving := s.sight.Moving()
		now := taken(picture)
		s.scene.see(s, now.Add(from-at), now.Add(to-at), moving)
		s.doubt()
	}
}

// decode gives a picture to the decoder, which there is as long as it is wanted:
// one for a camera, of its small stream if that comes.
func (s *Stream) decode(picture media.Sample, at time.Duration) {
	other := s.id.Quality == nvr.Main && s.scene.subLive.Load()
	if s.eye == nil && (!s.sight.Wants() || other || s.recorder.tool == nil) {
		return
	}
	switch {
	case other || picture.Key && !s.sight.Wants():
		s.shut()
	case s.sight.Wants():
		if s.eye == nil {
			s.eye = openEye(s.recorder.tool, s.cutter.format.Video(), &s.recorder.share, s.log, &s.recorder.eyes)
		}
		s.eye.offer(picture, at, s.sight.Alone())
	}
}

// takeSmall takes the small pictures that were decoded meanwhile.
func (s *Stream) takeSmall() {
	for s.eye != nil {
		select {
		case p := <-s.eye.out:
			s.sight.See(p.gray, p.at)
		default:
			return
		}
	}
}

// shut ends the decoder, if there is one.
func (s *Stream) shut() {
	if s.eye != nil {
		s.eye.stop()
		s.eye = nil
	}
}

// doubt logs that motion is found in another way, or can be believed less or more.
func (s *Stream) doubt() {
	if trust, by := s.sight.Trust(), s.sight.By(); s.sight.Ready() && (trust != s.trust || by != s.by) {
		s.trust, s.by = trust, by
		s.log.Info("motion is found in another way", "by", by, "trust", trust)
	}
}

// blind says that a stream sees nothing any more, until it has learned anew of
// pictures of a track.
func (s *Stream) blind(track media.Track) {
	s.shut()
	s.sight = motion.NewSight(track, nil)
	if s.id.Quality == nvr.Sub {
		s.scene.subLive.Store(track.Codec != "")
	}
	s.scene.change(func() {
		if s.id.Quality == nvr.Sub {
			s.scene.subSees = false
		}
		if s.scene.seer == s {
			s.scene.endMotion()
		}
	})
}
