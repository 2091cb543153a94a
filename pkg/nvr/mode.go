package nvr

import (
	"fmt"
	"time"
)

// Mode says what of a stream is kept. The values are stored and appear in the
// API.
type Mode string

// The modes, from what keeps most.
const (
	KeepAll    Mode = "continuous" // every picture
	KeepEvents Mode = "events"     // what happens, and some time before and after it
	KeepNone   Mode = "off"        // nothing; it can be watched live
	Privacy    Mode = "privacy"    // nothing, and the camera is not even connected
)

// Check fails with ErrInvalid if m is none of the modes.
func (m Mode) Check() error {
	switch m {
	case KeepAll, KeepEvents, KeepNone, Privacy:
		return nil
	}
	return fmt.Errorf("mode %q is none of continuous, events, off and privacy: %w", m, ErrInvalid)
}

// Plan is what of a stream is kept at some time. The zero Plan keeps all.
type Plan struct {
	Mode Mode
	// Before and After are what is kept around an event where Mode is
	// KeepEvents. Before comes from memory, and a little more than it is kept,
	// back to a key frame.
	Before, After time.Duration
}

// What Before and After can be. The pictures of Before are held in memory.
const (
	MaxBefore = 30 * time.Second
	MaxAfter  = 10 * time.Minute
)

// Check fails with ErrInvalid, saying what is wrong.
func (p Plan) Check() error {
	if p.Mode != "" {
		if err := p.Mode.Check(); err != nil {
			return err
		}
	}
	if p.Before < 0 || p.Before > MaxBefore {
		return fmt.Errorf("what is kept before an event has to lie between 0 and %s, not %s: %w", MaxBefore, p.Before, ErrInvalid)
	}
	if p.After < 0 || p.After > MaxAfter {
		return fmt.Errorf("what is kept after an event has to lie between 0 and %s, not %s: %w", MaxAfter, p.After, ErrInvalid)
	}
	return nil
}

// HouseMode is how things stand with the whole house. It decides what is told to
// its people, and in [HousePrivacy] that nothing is seen. The values are stored and
// appear in the API.
type HouseMode string

// The modes of the house.
const (
	AtHome       HouseMode = "home"    // somebody is in
	Away         HouseMode = "away"    // nobody is
	AtNight      HouseMode = "night"   // people sleep
	HousePrivacy HouseMode = "privacy" // all cameras are off, and nothing is recorded
)

// Check fails with ErrInvalid if m is none of the modes.
func (m HouseMode) Check() error {
	switch m {
	case AtHome, Away, AtNight, HousePrivacy:
		return nil
	}
	return fmt.Errorf("mode %q is none of home, away, night and privacy: %w", m, ErrInvalid)
}
