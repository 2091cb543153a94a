package nvr

import (
	"fmt"
	"time"
)

// Time is an instant in microseconds since 1970-01-01T00:00:00Z, without leap
// seconds. It is the only form of wall-clock time in files, in databases and
// between packages. The zero Time means "not known".
type Time int64

// Now returns the system's wall clock.
func Now() Time { return TimeOf(time.Now()) }

// TimeOf converts t, dropping what is finer than a microsecond.
func TimeOf(t time.Time) Time { return Time(t.UnixMicro()) }

// Std returns t in UTC.
func (t Time) Std() time.Time { return time.UnixMicro(int64(t)).UTC() }

// Add returns t+d, dropping what is finer than a microsecond.
func (t Time) Add(d time.Duration) Time { return t + Time(d.Microseconds()) }

// Sub returns t-u.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t-u) * time.Microsecond }

// String returns t as RFC 3339 in UTC with as many decimals as it needs.
func (t Time) String() string { return t.Std().Format(time.RFC3339Nano) }

// MarshalText and UnmarshalText use RFC 3339, so that JSON carries instants
// that people can read.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText is the inverse of MarshalText; it accepts any zone.
func (t *Time) UnmarshalText(b []byte) (err error) {
	*t, err = ParseTime(string(b))
	return err
}

// ParseTime reads an RFC 3339 instant in any zone, between the years 1970 and 9999.
func ParseTime(s string) (Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0, fmt.Errorf("time %q is not RFC 3339, such as 2026-11-22T14:03:22Z: %w", s, ErrInvalid)
	}
	if t.Unix() < 0 {
		return 0, fmt.Errorf("time %q is before 1970: %w", s, ErrInvalid)
	}
	return TimeOf(t), nil
}

// Span is the half-open stretch of time [From, To).
type Span struct {
	From Time `json:"from"`
	To   Time `json:"to"`
}

// Duration returns the length of s; it is negative if s is inside out.
func (s Span) Duration() time.Duration { return s.To.Sub(s.From) }

// Empty tells whether s holds no instant.
func (s Span) Empty() bool { return s.To <= s.From }

// Contains tells whether t lies in s.
func (s Span) Contains(t Time) bool { return s.From <= t && t < s.To }

// Overlaps tells whether s and o share an instant.
func (s Span) Overlaps(o Span) bool { return s.From < o.To && o.From < s.To }

// Intersect returns what s and o share; the result may be empty.
func (s Span) Intersect(o Span) Span {
	return Span{From: max(s.From, o.From), To: min(s.To, o.To)}
}

// String returns "from/to" as in ISO 8601.
func (s Span) String() string { return s.From.String() + "/" + s.To.String() }
