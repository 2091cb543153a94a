package nvr

import (
	"fmt"
	"strings"
	"time"
)

// MaxLock is the longest span of one lock: its footage is marked in one
// transaction.
const MaxLock = 31 * 24 * time.Hour

const (
	// MaxWhy bounds what is said of why something is kept, in bytes: two lines.
	MaxWhy = 200
	// WhyVisit is why Stoop itself keeps the film of a visitor; pages say it in the
	// language of who reads.
	WhyVisit = "a visitor whom nobody answered"
	// MaxWho bounds the name of who keeps or removes something, in bytes.
	MaxWho = 100
)

// Lock keeps the footage of a camera, on all its streams, until it is removed
// or ends.
type Lock struct {
	ID     int64
	Camera CameraID
	Span   Span   // at most MaxLock
	Who    string // as whoever asked is named; at most MaxWho
	Why    string // at most MaxWhy
	Made   Time
	Until  Time // when it ends by itself; zero if only when it is removed
}

// Check fails with [ErrInvalid] or [ErrTooLarge] and a message that says what to
// do, unless such a lock can be made.
func (l Lock) Check() error {
	switch {
	case l.Span.Empty() || l.Who == "" || l.Why == "":
		return fmt.Errorf("a lock needs a span, who made it and why: %w", ErrInvalid)
	case len(l.Who) > MaxWho || strings.ToValidUTF8(l.Who, "") != l.Who:
		return fmt.Errorf("the name of who keeps something is text of at most %d bytes: %w", MaxWho, ErrInvalid)
	case len(l.Why) > MaxWhy || strings.ToValidUTF8(l.Why, "") != l.Why:
		return fmt.Errorf("why something is kept is text of at most %d bytes: %w", MaxWhy, ErrInvalid)
	case l.Span.Duration() > MaxLock:
		return fmt.Errorf("a lock is at most %d days long; make several: %w", MaxLock/(24*time.Hour), ErrTooLarge)
	case l.Until != 0 && l.Until <= l.Made:
		return fmt.Errorf("a lock cannot end before it is made: %w", ErrInvalid)
	}
	return nil
}
