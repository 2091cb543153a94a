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

// Sight returns how motion of a camera is found now, as far as a stream of it has
// learned what stillness looks like.
func (r *Recorder) Sight(camera nvr.CameraID) (sight nvr.Sight) {
	if c := r.scenes.get(camera); c != nil {
		sight = c.told()
	}
	sight.Decodes = r.tool != nil
	return sight
}

// told returns how motion is found.
func (c *scene) told() nvr.Sight {
	c.mu.Lock()
	defer c.mu.Unlock()
	sight := c.sight
	if sight.LeftOut = c.left.sum(); sight.LeftOut > 0 {
		sight.LeftOutLast = c.left.last
	}
	switch {
	case c.zones.Empty():
	case sight.By == nvr.ByPictures:
		sight.Zones = nvr.Inside
	default:
		sight.Zones = nvr.Whole
	}
	return sight
}

// trusts and ways are what the words of motion are called where they are shown.
var (
	trusts = map[motion.Trust]nvr.Trust{motion.Trusted: nvr.Trusted, motion.Noisy: nvr.Noisy, motion.Uneven: nvr.Uneven}
	ways   = map[motion.Way]nvr.Way{motion.ByScore: nvr.ByScore, motion.ByPictures: nvr.ByPictures}
)

// sightOf returns how a stream finds motion; the zero Sight while it can't.
func sightOf(s *motion.Sight) nvr.Sight {
	if !s.Ready() {
		return nvr.Sight{}
	}
	return nvr.Sight{By: ways[s.By()], Trust: trusts[s.Trust()]}
}

// SetZones says where in the pictures of a camera motion counts, from the next
// picture on; they are to be checked. What counts is learned within half a minute,
// and until then, and where pictures are not decoded, motion counts in all of the
// picture. It is safe for concurrent use.
func (r *Recorder) SetZones(camera nvr.CameraID, zones nvr.Zones) {
	c := r.scenes.open(camera, r.publish)
	c.mu.Lock()
	defer c.mu.Unlock()
	if zones.String() == c.zones.String() {
		return
	}
	c.zones = zones
	c.cells.Store(motion.NewZones(zones))
}

// look watches a picture for motion.
func (s *Stream) look(picture media.Sample) {
	at := nvr.Duration(picture.DTS, s.cutter.format.Video().Timescale)
	s.sight.SetZones(s.scene.cells.Load())
	over := s.sight.Add(picture.Data, picture.Key, at)
	s.decode(picture, at)
	if over {
		s.takeSmall()
		from, to, moving := s.sight.Moving()
		now := taken(picture)
		s.looked = nvr.Span{}
		if s.glance.any {
			s.looked = nvr.Span{From: nvr.TimeOf(now.Add(s.glance.from - at)), To: nvr.TimeOf(now.Add(s.glance.to - at))}
		}
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
			s.glance.add(p.at, s.sight.By() == motion.ByPictures)
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
	s.glance, s.looked = glance{}, nvr.Span{}
	s.sight = motion.NewSight(track, s.scene.cells.Load())
	if s.id.Quality == nvr.Sub {
		s.scene.subLive.Store(track.Codec != "")
	}
	s.scene.change(func() {
		if s.id.Quality == nvr.Sub || !s.scene.subSees {
			s.scene.subSees, s.scene.sight, s.scene.looked = false, nvr.Sight{}, nvr.Span{}
		}
		if s.scene.seer == s {
			s.scene.endMotion()
		}
	})
}
