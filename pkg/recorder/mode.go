package recorder

import (
	"math"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// A stream is recorded, or it is halted (nothing is to be kept), or it is
// asleep (only events are to be kept, and there is none): then what comes is
// held. When an event wakes it, what is held goes first, and what comes queues
// up behind that until the disk has taken it; so nothing is written twice, and
// nothing is lost between memory and life. It falls asleep at a key frame
// only, with which the next event's footage can begin.

const (
	// notice is how late a stream may be told of an event and still have all of
	// what is to be kept before it: motion is known after two windows of half a
	// second and is over after three seconds of stillness, and what a camera
	// tells over the network comes later than its picture.
	notice = 5 * time.Second
	// maxAhead is how many bytes may wait for the disk before what is held
	// waits, too: when all cameras wake at once, memory is where it has room.
	maxAhead = 16 << 20
)

// Follow says what of the stream is kept from its next sample on, whatever was
// said before; until then, all of it. It is safe for concurrent use. The plan
// must be one that [nvr.Plan.Check] accepts.
//
// A stream that keeps no more ends its footage with the last picture that came.
// One that keeps events does so at the next key frame, unless there is one, and
// one that kept events and keeps all begins with the group of pictures under
// way. What is held for events is in memory only: it is gone if the stream's
// format ends, or the program, before an event does. That the camera is lost is
// an event, too: what it saw last may tell why.
func (s *Stream) Follow(p nvr.Plan) { s.order.Store(&p) }

// heed takes note of what happened, by the plan that held, and of a new plan.
func (s *Stream) heed() {
	if s.told.Load() {
		from, to := s.scene.news(s)
		if to.After(s.until) {
			s.until = to
		}
		if s.asleep {
			s.wake(from.Add(-s.plan.Before))
		}
	}
	if order := s.order.Load(); order != s.heeded {
		s.heeded, s.plan = order, *order
		if s.asleep && (s.plan.Mode == nvr.KeepAll || s.plan.Mode == "") {
			s.wake(time.Now()) // the group of pictures under way
		}
	}
}

// admit takes a sample in its stored form and does with it what the plan says.
func (s *Stream) admit(sample media.Sample) {
	switch {
	case s.plan.Mode == nvr.KeepNone:
		s.halt(nvr.RecordingOff)
	case s.plan.Mode == nvr.Privacy:
		s.halt(nvr.PausedByUser)
	case s.asleep || !s.held.empty() || s.over(sample):
		s.held.add(sample)
		s.drain(maxAhead)
		if s.asleep {
			s.held.dropBefore(taken(sample).Add(-s.plan.Before - notice))
			s.bound()
		}
	default:
		s.record(sample)
	}
}

// record takes a sample that is kept.
func (s *Stream) record(sample media.Sample) {
	if sample.Track == 0 {
		s.picture(sample)
	} else {
		s.keep(sample)
	}
}

// over tells whether the stream can sleep from a sample on.
func (s *Stream) over(sample media.Sample) bool {
	return s.plan.Mode == nvr.KeepEvents && sample.Track == 0 && sample.Key && !taken(sample).Before(s.until.Add(s.plan.After))
}

// drain records what is held, up to where the stream sleeps again, while no
// more than so many bytes wait for the disk.
func (s *Stream) drain(ahead int64) {
	for !s.asleep && !s.held.empty() {
		if s.over(s.held.first()) {
			s.sleep(s.held.first())
			return
		}
		if s.segment != nil && s.segment.file.Waiting() > ahead && s.held.bytes < maxHeld {
			return
		}
		s.record(s.held.pop())
	}
}

// sleep ends recording before a key frame.
func (s *Stream) sleep(key media.Sample) {
	if s.segment != nil {
		s.slept = key.DTS
		s.flushIfDue(key)
		s.flush(key.DTS)
		s.seal()
	}
	s.drop()
	s.asleep = true
	s.openGapAt(wall(key), nvr.NoEvent, "")
}

// wake lets recording begin with what is held since a time.
func (s *Stream) wake(from time.Time) {
	s.held.dropBefore(from)
	s.asleep = false
	s.retry = time.Time{}
	s.scorer = s.detector.Scorer()
	// Durations are known only of what was recorded: the clock begins anew,
	// unless footage goes on where it ended.
	s.newRun = s.newRun || s.held.empty() || s.held.first().DTS != s.slept
}

// lose wakes a stream whose camera is lost, since this is an event.
func (s *Stream) lose(reason nvr.Reason) {
	switch reason {
	case nvr.Unreachable, nvr.NoPicture, nvr.BadStream, nvr.Unsupported, nvr.Refused, nvr.WrongPassword:
	default:
		return // somebody wanted it, or it is not the camera's doing
	}
	if s.asleep && !s.held.empty() && s.plan.Mode == nvr.KeepEvents {
		s.until = taken(s.held.last())
		s.wake(s.until.Add(-s.plan.Before))
		s.drain(maxHeld)
		s.held.clear() // others need the disk, too: many cameras are lost at once with what feeds them
	}
}

// rouse records everything that is held if the stream is awake, and forgets it
// if it is not.
func (s *Stream) rouse() {
	s.drain(math.MaxInt64)
	s.held.clear()
	s.asleep = false
}

// halt ends recording with what came.
func (s *Stream) halt(reason nvr.Reason) {
	if s.reason == reason {
		return
	}
	s.rouse()
	if s.segment != nil {
		s.flush(s.nextDTS())
		s.seal()
	}
	s.drop()
	s.newRun = true
	s.failing.Store(nil) // nothing asks it of the disk
	s.openGap(reason, "")
}

// bound keeps what is held within its bound.
func (s *Stream) bound() {
	if s.held.bound() && !s.curtailed {
		s.curtailed = true
		s.log.Warn("less is held from before an event than was asked for", "bytes", maxHeld, "before", s.plan.Before)
	}
}

// taken is when a sample was taken, as [wall] has it, with the reading of the
// monotonic clock, which nobody sets.
func taken(s media.Sample) time.Time {
	return s.Arrived.Add(wall(s).Sub(nvr.TimeOf(s.Arrived)))
}
