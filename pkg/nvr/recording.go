package nvr

import (
	"fmt"
	"time"
)

// Recording is what a household wants to be recorded of a camera.
type Recording struct {
	Plan     Plan // where the schedule says nothing; Mode is not empty
	Streams  Streams
	Schedule Schedule[Mode]
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

// At returns what is to be kept at t, and until when; see [Schedule.At].
func (r Recording) At(t Time, zone *time.Location) (plan Plan, until Time) {
	plan = r.Plan
	plan.Mode, until = r.Schedule.At(t, zone, r.Plan.Mode)
	return plan, until
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
