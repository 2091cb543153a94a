package nvr

import (
	"fmt"
	"time"
)

// Recording is what a household wants to be recorded of a camera.
type Recording struct {
	Plan     Plan // where the schedule says nothing; Mode is not empty
	Streams  Streams
	Schedule Schedule
}

// DefaultRecording is what holds until a household says otherwise: everything.
func DefaultRecording() Recording {
	return Recording{Plan: Plan{Mode: KeepAll, Before: 5 * time.Second, After: 15 * time.Second}, Streams: BothStreams}
}

// Check fails with ErrInvalid, saying what is wrong.
func (r Recording) Check() error {
	if err := r.Plan.Check(); err != nil {
		return err
	}
	switch {
	case r.Plan.Mode == "":
		return fmt.Errorf("a mode is missing: %w", ErrInvalid)
	case r.Plan.Before%time.Second != 0 || r.Plan.After%time.Second != 0:
		return fmt.Errorf("what is kept before and after an event is set in whole seconds: %w", ErrInvalid)
	case r.Streams != BothStreams && r.Streams != MainStream && r.Streams != SubStream:
		return fmt.Errorf("streams %q are none of both, main and sub: %w", r.Streams, ErrInvalid)
	}
	return r.Schedule.Check()
}

// horizon bounds how far At looks ahead. A week is not enough for a slot that
// is left out when clocks are set forward.
const horizon = 15 * 24 * time.Hour

// At returns what is to be kept at t, and until when. That is the first
// instant at which something else holds, or if there is none for a fortnight,
// some instant after that.
//
// A slot holds whenever the wall clock of zone shows a time within it. So when
// clocks are set forward, times that are left out do not come, and when they
// are set back, times that come twice count twice.
func (r Recording) At(t Time, zone *time.Location) (plan Plan, until Time) {
	plan, until = r.Plan, t
	plan.Mode = r.mode(t.Std().In(zone))
	for until < t.Add(horizon) {
		next := r.Schedule.next(until.Std().In(zone))
		until = TimeOf(next)
		if r.mode(next) != plan.Mode {
			break
		}
	}
	return plan, until
}

func (r Recording) mode(local time.Time) Mode {
	for _, s := range r.Schedule {
		if s.holds(local) {
			return s.Mode
		}
	}
	return r.Plan.Mode
}

// Streams says which streams of a camera are recorded. The values are stored
// and appear in the API.
type Streams string

// Which streams are recorded. Of a camera with one stream that one is.
const (
	BothStreams Streams = "both"
	MainStream  Streams = "main"
	SubStream   Streams = "sub"
)

// Have tells whether the stream of quality q is recorded.
func (s Streams) Have(q Quality) bool { return s == BothStreams || string(s) == q.String() }
