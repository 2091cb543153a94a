package component

import (
	"fmt"
	"time"

	"nvrd/pkg/nvr"
)

// Local is t as the value of an input of type datetime-local, in the zone of its page.
func Local(t nvr.Time, zone *time.Location) string {
	return t.Std().In(zone).Format("2006-01-02T15:04:05")
}

// LocalMinute is t, in its own zone, as the value of one that asks for no seconds.
func LocalMinute(t time.Time) string { return t.Format("2006-01-02T15:04") }

// ParseLocal reads the value of such an input; browsers drop seconds that
// are zero, and send fractions where they are asked for.
func ParseLocal(s string, zone *time.Location) (nvr.Time, error) {
	for _, form := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(form, s, zone); err == nil && t.Year() >= 1970 {
			return nvr.TimeOf(t), nil
		}
	}
	return 0, fmt.Errorf("time %q: %w", s, nvr.ErrInvalid)
}
