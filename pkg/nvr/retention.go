package nvr

import (
	"fmt"
	"time"
)

// Class says how dear footage is, from what happened while it was recorded.
// When room has to be made, lower classes go first. The values are stored.
type Class uint8

// The classes, from what goes first to what never goes.
const (
	Continuous Class = iota // nothing happened
	Motion                  // motion, a person, or anything else but a ring
	Ring                    // somebody rang
	Locked                  // somebody wants it kept
)

// String returns the name used in settings, such as "continuous".
func (c Class) String() string {
	switch c {
	case Continuous:
		return "continuous"
	case Motion:
		return "motion"
	case Ring:
		return "ring"
	case Locked:
		return "locked"
	}
	return fmt.Sprintf("class %d", uint8(c))
}

// Retention is what a household wants to be kept for how long. The zero value
// keeps everything until there is no room at all; see [DefaultRetention].
type Retention struct {
	// Rules has what holds for footage of each class that can go.
	Rules [Locked]Rule `json:"rules"`
	// FreeBytes and FreePercent are how much of each disk stays free; the
	// larger one counts, and half of the disk at most.
	FreeBytes   int64 `json:"free_bytes"`
	FreePercent int   `json:"free_percent"`
	// MaxBytes is how much footage there is at most in each directory; 0 means
	// as much as the disk takes.
	MaxBytes int64 `json:"max_bytes"`
	// SpareYoung keeps footage younger than its minimum age even if recording
	// ends for want of room. Without it, such footage goes when no other is
	// left and the free space falls below a quarter of what should be.
	SpareYoung bool `json:"spare_young"`
}

// Rule is what holds for footage of one class.
type Rule struct {
	MinAge time.Duration `json:"min_age"` // it stays so long, if there is any room
	MaxAge time.Duration `json:"max_age"` // it goes then, even if there is room; 0 means never
	// Share is the percentage of all footage up to which the class can grow at
	// the cost of lower ones: when room is made, the oldest of what is beyond
	// goes first. 0 and 100 mean no limit.
	Share int `json:"share"`
}

// MaxRate is how many bytes a second a camera may write before its footage is
// taken for a flood: 100 Mb/s, five times what cameras of this day send at their
// best. Room is made at the cost of such a camera first.
const MaxRate = 100_000_000 / 8

// DefaultRetention is what holds until a household says otherwise: everything
// stays as long as there is room. Days are 24 hours.
func DefaultRetention() Retention {
	const day = 24 * time.Hour
	return Retention{
		Rules: [Locked]Rule{
			Continuous: {MinAge: day},
			Motion:     {MinAge: 3 * day, Share: 60}, // a windy week does not push out the days between
			Ring:       {MinAge: 7 * day},
		},
		FreeBytes: 1 << 30, FreePercent: 2,
	}
}

// maxAge bounds ages: more is a mistake, or means never.
const maxAge = 100 * 366 * 24 * time.Hour

// Check fails with ErrInvalid, saying what is wrong.
func (r Retention) Check() error {
	if r.FreeBytes < 0 || r.MaxBytes < 0 {
		return fmt.Errorf("an amount of space cannot be negative: %w", ErrInvalid)
	}
	if r.FreePercent < 0 || r.FreePercent > 50 {
		return fmt.Errorf("%d %% of a disk cannot stay free; 0 to 50 can: %w", r.FreePercent, ErrInvalid)
	}
	for c, rule := range r.Rules {
		class := Class(c)
		switch {
		case rule.MinAge < 0 || rule.MaxAge < 0 || rule.MinAge > maxAge || rule.MaxAge > maxAge:
			return fmt.Errorf("ages of %s footage have to lie between 0 and 100 years: %w", class, ErrInvalid)
		case rule.MaxAge != 0 && rule.MaxAge < rule.MinAge:
			return fmt.Errorf("%s footage cannot go after %s and stay for %s: %w", class, rule.MaxAge, rule.MinAge, ErrInvalid)
		case rule.Share < 0 || rule.Share > 100:
			return fmt.Errorf("the share of %s footage has to lie between 0 and 100 %%, not %d: %w", class, rule.Share, ErrInvalid)
		}
	}
	return nil
}
