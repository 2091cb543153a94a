package text

import (
	"strconv"
	"strings"
	"time"
)

// Calendar is how a language names days and writes dates and durations.
type Calendar struct {
	Days     []string `json:"days"`  // from Sunday
	Short    []string `json:"short"` // the same, where there is little room
	Months   []string `json:"months"`
	Day      string   `json:"day"`       // {weekday} {day} {month}
	DateTime string   `json:"date_time"` // {weekday} {day} {month} {clock}
	Dated    string   `json:"dated"`     // {day} {month} {year}
	ByMinute string   `json:"by_minute"` // the clock, as a layout of package time
	BySecond string   `json:"by_second"` // the same, to the second
	Under    string   `json:"under"`     // a second
	Seconds  string   `json:"seconds"`   // {n}
	Minutes  string   `json:"minutes"`   // {n}
	Hours    string   `json:"hours"`     // {n} {m}
}

// Date writes the day of t in t's zone.
func (c Calendar) Date(t time.Time) string { return c.fill(c.Day, t) }

// Weekday writes the short name of the day of the week of t in t's zone.
func (c Calendar) Weekday(t time.Time) string { return c.Short[t.Weekday()] }

// Moment writes the day and the time of t, to the second, in t's zone.
func (c Calendar) Moment(t time.Time) string { return c.fill(c.DateTime, t) }

// WithYear writes the date of t with its year, in t's zone.
func (c Calendar) WithYear(t time.Time) string { return c.fill(c.Dated, t) }

// Clock writes the hours and minutes of t in t's zone.
func (c Calendar) Clock(t time.Time) string { return t.Format(c.ByMinute) }

// ClockSeconds writes the hours, minutes and seconds of t in t's zone.
func (c Calendar) ClockSeconds(t time.Time) string { return t.Format(c.BySecond) }

func (c Calendar) fill(form string, t time.Time) string {
	return Fill(form, "weekday", c.Days[t.Weekday()], "day", t.Format("2"),
		"month", c.Months[t.Month()-1], "year", t.Format("2006"), "clock", c.ClockSeconds(t))
}

// Length writes d in the two units that matter for it.
func (c Calendar) Length(d time.Duration) string {
	if 0 < d && d < time.Second {
		return c.Under
	}
	d = d.Round(time.Second)
	n := func(v time.Duration) string { return strconv.FormatInt(int64(v), 10) }
	switch {
	case d < time.Minute:
		return Fill(c.Seconds, "n", n(d/time.Second))
	case d < time.Hour:
		return Fill(c.Minutes, "n", n(d.Round(time.Minute)/time.Minute))
	}
	d = d.Round(time.Minute)
	return Fill(c.Hours, "n", n(d/time.Hour), "m", n(d%time.Hour/time.Minute))
}

// Numbers is how numbers are written.
type Numbers struct {
	Decimal string `json:"decimal"` // between the ones and the tenths
}

// Fixed writes f with at most places digits after the decimal mark, the last of
// them no zero.
func (n Numbers) Fixed(f float64, places int) string {
	whole, part, _ := strings.Cut(strconv.FormatFloat(f, 'f', places, 64), ".")
	if part = strings.TrimRight(part, "0"); part == "" {
		return whole
	}
	return whole + n.Decimal + part
}
