package recorder

import (
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
)

const (
	// lateness is how late a stream may be told of an event and still have all
	// of what is to be kept before it: motion is known after two windows of half
	// a second, or of key frames 2 s apart, which are decoded, 6 s after it began;
	// it is over after three seconds of stillness, and what a camera tells over the
	// network comes later than its picture.
	lateness = 8 * time.Second
	// maxAhead is how many bytes may wait for the disk before what is held
	// waits, too: when all cameras wake at once, memory is where it has room.
	maxAhead = 16 << 20
)

// state is what becomes of a sample that comes.
type state uint8

const (
	recording state = iota // it is recorded
	asleep                 // it is held: only events are kept, and there is none
	waking                 // it queues up behind what is held, which is being recorded
	halted                 // it is dropped: nothing is kept
)

// filter decides what of a stream is kept: by the plan, by what happens, and by
// what it holds meanwhile.
//
//	recording -> asleep     at a key frame after the last event, with which the next one's footage can begin
//	asleep -> waking        something happens, all is to be kept, or the camera is lost
//	waking -> recording     the disk has taken what was held
//	waking -> asleep        what is held reaches beyond the event
//	any -> halted           nothing is to be kept
//	any -> recording        the format or the stream ends, or a halted one is to be kept
//
// So what is held is written once and in order, and nothing is lost between
// memory and life. It is gone if the program is killed. A filter belongs to
// whoever calls its stream's sink; only the order may be changed by others.
type filter struct {
	cutter   *cutter
	account  *account
	scene    *scene
	detector *motion.Detector
	log      *slog.Logger

	order  atomic.Pointer[nvr.Plan] // as was said last; nil for all
	heeded *nvr.Plan                // the one that plan is
	plan   nvr.Plan
	state  state
	held   held // empty unless asleep or waking
	news   news

	until     time.Time // the end of the last event
	slept     int64     // decode time at which recording ended
	curtailed bool      // it was said that less is held
}

// heed notices what happened, by the plan that held, and then a new plan.
func (f *filter) heed() {
	if f.news.told.Load() {
		from, to := f.scene.latest(&f.news)
		if to.After(f.until) {
			f.until = to
		}
		if f.state == asleep {
			f.wake(from.Add(-f.plan.Before))
		}
	}
	order := f.order.Load()
	if order == f.heeded {
		return
	}
	f.heeded, f.plan = order, *order
	switch {
	case f.state == halted:
		f.state = recording
	case f.state == asleep && (f.plan.Mode == nvr.KeepAll || f.plan.Mode == ""):
		f.wake(time.Now()) // the group of pictures under way
	}
}

// receive takes a sample in its stored form and does with it what the plan says.
func (f *filter) receive(sample media.Sample) {
	switch {
	case f.plan.Mode == nvr.KeepNone:
		f.halt(nvr.RecordingOff)
	case f.plan.Mode == nvr.Privacy:
		f.halt(nvr.PausedByUser)
	case f.state == recording && !f.over(sample):
		f.cutter.record(sample)
	default:
		if f.state == recording {
			f.state = waking
		}
		f.held.add(sample)
		f.drain(maxAhead)
		if f.state == asleep {
			f.held.dropBefore(taken(sample).Add(-f.plan.Before - lateness))
			f.bound()
		}
	}
}

// over tells whether the stream can sleep from a sample on.
func (f *filter) over(sample media.Sample) bool {
	return f.plan.Mode == nvr.KeepEvents && sample.Track == 0 && sample.Key && !taken(sample).Before(f.until.Add(f.plan.After))
}

// drain records what is held, up to where the stream sleeps again, while no
// more than so many bytes wait for the disk.
func (f *filter) drain(ahead int64) {
	for f.state == waking {
		switch {
		case f.held.empty():
			f.state = recording
		case f.over(f.held.first()):
			f.sleep(f.held.first())
		case f.cutter.waiting() > ahead && f.held.bytes < maxHeld:
			return
		default:
			f.cutter.record(f.held.pop())
		}
	}
}

// sleep ends recording before a key frame.
func (f *filter) sleep(key media.Sample) {
	if f.cutter.stopBefore(key) {
		f.slept = key.DTS
	}
	f.state = asleep
	f.account.openGapAt(wall(key), nvr.NoEvent, "")
}

// wake lets recording begin with what is held since a time.
func (f *filter) wake(from time.Time) {
	f.held.dropBefore(from)
	f.state = waking
	// Durations are known only of what was recorded: the clock begins anew,
	// unless footage goes on where it ended.
	f.cutter.resume(f.detector.Scorer(), f.held.empty() || f.held.first().DTS != f.slept)
}

// lose wakes a stream whose camera is lost, since this is an event.
func (f *filter) lose(reason nvr.Reason) {
	switch reason {
	case nvr.Unreachable, nvr.NoPicture, nvr.BadStream, nvr.Unsupported, nvr.Refused, nvr.WrongPassword:
	default:
		return // somebody wanted it, or it is not the camera's doing
	}
	if f.state == asleep && !f.held.empty() && f.plan.Mode == nvr.KeepEvents {
		f.until = taken(f.held.last())
		f.wake(f.until.Add(-f.plan.Before))
		f.drain(maxHeld)
		f.held.clear() // others need the disk, too: many cameras are lost at once with what feeds them
	}
}

// release records everything that is held if the stream is awake, and forgets
// it if it is not.
func (f *filter) release() {
	f.drain(math.MaxInt64)
	f.held.clear()
	f.state = recording
}

// halt ends recording with what came.
func (f *filter) halt(reason nvr.Reason) {
	if f.state == halted {
		return
	}
	f.release()
	f.state = halted
	f.cutter.halt()
	f.account.openGap(reason, "")
}

// bound keeps what is held within its bound.
func (f *filter) bound() {
	if f.held.bound() && !f.curtailed {
		f.curtailed = true
		f.log.Warn("less is held from before an event than was asked for", "bytes", maxHeld, "before", f.plan.Before)
	}
}

// taken is when a sample was taken, as [wall] has it, with the reading of the
// monotonic clock, which nobody sets.
func taken(s media.Sample) time.Time {
	return s.Arrived.Add(wall(s).Sub(nvr.TimeOf(s.Arrived)))
}
