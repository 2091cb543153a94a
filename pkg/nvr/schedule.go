package nvr

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Schedule says what holds when, week by week. Where slots overlap, the one
// that is named first does.
type Schedule[M Scheduled] []Slot[M]

// Scheduled is what a schedule is of: a [Mode] of recording, or a [HouseMode].
// Check fails with ErrInvalid, and says what it can be.
type Scheduled interface {
	~string
	Check() error
}

// Slot is a stretch of the wall clock on some days of the week, and what holds
// then.
type Slot[M Scheduled] struct {
	Days Days
	// From is included, To is not. A slot whose To is not later than its From
	// passes midnight and ends on the day after each of Days.
	From, To Clock
	Mode     M
}

// Clock is a reading of a wall clock in minutes since midnight; 24 * 60 is the
// midnight that ends a day.
type Clock int16

const dayEnd Clock = 24 * 60

// Days is a set of days of the week: bit 0 is Sunday, as in [time.Weekday].
type Days uint8

// Has tells whether d is one of the days.
func (s Days) Has(d time.Weekday) bool { return s>>d&1 != 0 }

// week is the days from Monday on, as they are written.
var week = [7]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}

// dayAt returns the day that is n days after Monday.
func dayAt(n int) Days { return 1 << ((n + 1) % 7) }

const (
	maxSlots        = 64
	maxScheduleText = 4096 // bytes; 64 slots have less
)

// Check fails with ErrInvalid, saying what is wrong.
func (s Schedule[M]) Check() error {
	if len(s) > maxSlots {
		return fmt.Errorf("a schedule has at most %d parts, not %d: %w", maxSlots, len(s), ErrInvalid)
	}
	for _, slot := range s {
		if err := slot.check(); err != nil {
			return err
		}
	}
	return nil
}

func (s Slot[M]) check() error {
	switch {
	case s.Days == 0 || s.Days > 1<<7-1:
		return fmt.Errorf("a part of a schedule names no day: %w", ErrInvalid)
	case s.From < 0 || s.From >= dayEnd || s.To <= 0 || s.To > dayEnd:
		return fmt.Errorf("times of a schedule lie between 00:00 and 24:00: %w", ErrInvalid)
	case s.From == s.To:
		return fmt.Errorf("%s-%s has no length; the whole day is 00:00-24:00: %w", s.From, s.To, ErrInvalid)
	case s.Mode == "":
		return fmt.Errorf("a part of a schedule lacks its mode: %w", ErrInvalid)
	}
	return s.Mode.Check()
}

// horizon bounds how far At looks ahead. A week is not enough for a slot that
// is left out when clocks are set forward.
const horizon = 15 * 24 * time.Hour

// At returns what holds at t, which is otherwise where no slot does, and until
// when. That is the first instant at which something else holds, or if there is
// none for a fortnight, some instant after that.
//
// A slot holds whenever the wall clock of zone shows a time within it. So when
// clocks are set forward, times that are left out do not come, and when they
// are set back, times that come twice count twice.
func (s Schedule[M]) At(t Time, zone *time.Location, otherwise M) (mode M, until Time) {
	mode, until = s.mode(t.Std().In(zone), otherwise), t
	for until < t.Add(horizon) {
		next := s.next(until.Std().In(zone))
		until = TimeOf(next)
		if s.mode(next, otherwise) != mode {
			break
		}
	}
	return mode, until
}

func (s Schedule[M]) mode(local time.Time, otherwise M) M {
	for _, slot := range s {
		if slot.holds(local) {
			return slot.Mode
		}
	}
	return otherwise
}

// holds tells whether the slot holds when a wall clock shows local.
func (s Slot[M]) holds(local time.Time) bool {
	now, today := clockOf(local), local.Weekday()
	if s.From < s.To {
		return s.Days.Has(today) && s.From <= now && now < s.To
	}
	return s.Days.Has(today) && s.From <= now || s.Days.Has((today+6)%7) && now < s.To
}

func clockOf(local time.Time) Clock { return Clock(local.Hour()*60 + local.Minute()) }

// next returns the first instant after local at which a slot may begin or end:
// the clock shows an edge of one, or midnight, or is set.
func (s Schedule[M]) next(local time.Time) time.Time {
	now, edge := clockOf(local), dayEnd
	for _, slot := range s {
		for _, at := range [2]Clock{slot.From, slot.To} {
			if now < at && at < edge {
				edge = at
			}
		}
	}
	past := time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
	at := local.Add(time.Duration(edge-now)*time.Minute - past)
	if _, set := local.ZoneBounds(); !set.IsZero() && set.Before(at) {
		return set
	}
	return at
}

// String returns s in the form that [ParseSchedule] reads.
func (s Schedule[M]) String() string {
	parts := make([]string, len(s))
	for i, slot := range s {
		parts[i] = fmt.Sprintf("%s %s-%s %s", slot.Days, slot.From, slot.To, slot.Mode)
	}
	return strings.Join(parts, "; ")
}

// MarshalText and UnmarshalText use the form that [ParseSchedule] reads.
func (s Schedule[M]) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (s *Schedule[M]) UnmarshalText(b []byte) (err error) {
	*s, err = ParseSchedule[M](string(b))
	return err
}

// ParseSchedule reads a schedule such as "Mon-Fri 08:00-18:00 off; Sat,Sun
// 22:00-06:00 events". The empty text is the empty schedule.
func ParseSchedule[M Scheduled](text string) (Schedule[M], error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	if len(text) > maxScheduleText {
		return nil, fmt.Errorf("a schedule has at most %d bytes: %w", maxScheduleText, ErrInvalid)
	}
	var s Schedule[M]
	for part := range strings.SplitSeq(text, ";") {
		slot, err := parseSlot[M](part)
		if err != nil {
			return nil, fmt.Errorf("schedule: %q: %w", strings.TrimSpace(part), err)
		}
		s = append(s, slot)
	}
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("schedule: %w", err)
	}
	return s, nil
}

func parseSlot[M Scheduled](part string) (s Slot[M], err error) {
	words := strings.Fields(part)
	if len(words) != 3 {
		return s, fmt.Errorf("should be days, times and a mode, such as Mon-Fri 08:00-18:00 off: %w", ErrInvalid)
	}
	if s.Days, err = parseDays(words[0]); err != nil {
		return s, err
	}
	from, to, ok := strings.Cut(words[1], "-")
	if !ok {
		return s, fmt.Errorf("times should look like 08:00-18:00: %w", ErrInvalid)
	}
	if s.From, err = ParseClock(from); err != nil {
		return s, err
	}
	if s.To, err = ParseClock(to); err != nil {
		return s, err
	}
	if s.To == 0 {
		s.To = dayEnd
	}
	s.Mode = M(words[2])
	return s, s.check()
}

// String returns c as hours and minutes, such as 08:00.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c/60, c%60) }

// ParseClock is the inverse of [Clock.String].
func ParseClock(s string) (Clock, error) {
	if len(s) == len("00:00") && s[2] == ':' {
		h, err := strconv.ParseUint(s[:2], 10, 8)
		m, err2 := strconv.ParseUint(s[3:], 10, 8)
		if c := Clock(h*60 + m); err == nil && err2 == nil && m < 60 && c <= dayEnd {
			return c, nil
		}
	}
	return 0, fmt.Errorf("%q is no time of day, such as 08:00: %w", s, ErrInvalid)
}

// String returns the days from Monday on, such as Mon-Wed,Sat.
func (s Days) String() string {
	var parts []string
	for first := 0; first < len(week); first++ {
		last := first
		for last < len(week) && s&dayAt(last) != 0 {
			last++
		}
		switch last - first {
		case 0:
			continue
		case 1:
			parts = append(parts, week[first])
		case 2:
			parts = append(parts, week[first], week[last-1])
		default:
			parts = append(parts, week[first]+"-"+week[last-1])
		}
		first = last
	}
	return strings.Join(parts, ",")
}

// parseDays reads days such as Mon-Wed,Sat; Sat-Mon is three days, too.
func parseDays(text string) (s Days, err error) {
	for part := range strings.SplitSeq(text, ",") {
		from, to, ok := strings.Cut(part, "-")
		if !ok {
			to = from
		}
		first, last := dayNumber(from), dayNumber(to)
		if first < 0 || last < 0 {
			return 0, fmt.Errorf("%q is no day; days are Mon, Tue, Wed, Thu, Fri, Sat, Sun, and Mon-Fri for several: %w", part, ErrInvalid)
		}
		for n := first; ; n = (n + 1) % len(week) {
			s |= dayAt(n)
			if n == last {
				break
			}
		}
	}
	return s, nil
}

// dayNumber returns how many days after Monday the day of that name is, or -1.
func dayNumber(name string) int {
	for n, day := range week {
		if strings.EqualFold(day, name) {
			return n
		}
	}
	return -1
}
