package component

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/text"
)

// WeekRow is a row of a schedule as a form holds it, whatever was typed.
type WeekRow struct {
	Days           nvr.Days
	From, To, Mode string
}

// maxRows is as many as a schedule has parts, and one more to say so.
const maxRows = 65

// WeekOf returns the rows of a schedule.
func WeekOf[M nvr.Scheduled](s nvr.Schedule[M]) (rows []WeekRow) {
	for _, slot := range s {
		to := slot.To.String()
		if to == "24:00" {
			to = "00:00" // which browsers have a form for
		}
		rows = append(rows, WeekRow{slot.Days, slot.From.String(), to, string(slot.Mode)})
	}
	return rows
}

// ReadWeek reads the rows of a form, and adds or removes one if the button that was
// pressed says so; changed tells whether it did. It fails with [nvr.ErrInvalid] if the
// button names no row.
func ReadWeek(v url.Values, fresh string) (rows []WeekRow, changed bool, err error) {
	get := func(name string) string { return strings.TrimSpace(v.Get(name)) }
	count, _ := strconv.Atoi(v.Get("rows")) // none in a form without rows
	for i := range min(count, maxRows) {
		r := WeekRow{From: get(rowField("from", i)), To: get(rowField("to", i)), Mode: get(rowField("mode", i))}
		for _, day := range v[rowField("days", i)] {
			if n, err := strconv.Atoi(day); err == nil && n >= 0 && n < 7 {
				r.Days |= 1 << n
			}
		}
		rows = append(rows, r)
	}
	do := v.Get("do")
	if do == "add" {
		return append(rows, WeekRow{Mode: fresh}), true, nil
	}
	row, changed := strings.CutPrefix(do, "remove-")
	if !changed {
		return rows, false, nil
	}
	i, err := strconv.Atoi(row)
	if err != nil {
		return nil, false, errors.Join(err, nvr.ErrInvalid)
	}
	if i >= 0 && i < len(rows) {
		rows = slices.Delete(rows, i, i+1)
	}
	return rows, true, nil
}

// rowField is the name of a field of row i.
func rowField(field string, i int) string { return field + "-" + strconv.Itoa(i) }

// RowFault is the name of what is wrong with row i.
func RowFault(i int) string { return rowField("row", i) }

// Scheduled returns what was typed as a schedule, and puts what is wrong with a row
// into wrong. Rows in which nothing was typed are left out.
func Scheduled[M nvr.Scheduled](rows []WeekRow, t text.Recorded, wrong map[string]string) (s nvr.Schedule[M]) {
	for i, row := range rows {
		if row.Days == 0 && row.From == "" && row.To == "" {
			continue
		}
		slot, problem := slotOf[M](row, t)
		if problem != "" {
			wrong[RowFault(i)] = problem
		}
		s = append(s, slot)
	}
	return s
}

// slotOf returns the row as a part of a schedule, or what is wrong with it.
func slotOf[M nvr.Scheduled](r WeekRow, t text.Recorded) (s nvr.Slot[M], problem string) {
	from, err := nvr.ParseClock(r.From)
	to, err2 := nvr.ParseClock(r.To)
	if to == 0 {
		to = 24 * 60
	}
	switch {
	case r.Days == 0:
		return s, t.NoDays
	case err != nil || err2 != nil:
		return s, t.NoTimes
	case from == to:
		return s, t.SameTimes
	}
	return nvr.Slot[M]{Days: r.Days, From: from, To: to, Mode: M(r.Mode)}, ""
}

// Week is the rows of a schedule in a form.
type Week struct {
	rows   []weekRow
	count  string
	mode   string // what stands above the modes
	modes  []Option
	remove string // {n}
}

type weekRow struct {
	WeekRow
	i              int
	title, problem string
	days           []Tick
	t              text.Recorded
}

// Tick is a short word that is chosen or not.
type Tick struct {
	ID, Value, Label string
	On               bool
}

// NewWeek returns the rows of a form. The modes are offered in their order, below the
// words of what is said of them.
func NewWeek(rows []WeekRow, wrong map[string]string, mode string, modes []Option, t text.Recorded) Week {
	w := Week{count: strconv.Itoa(len(rows)), mode: mode, modes: modes, remove: t.Remove}
	for i, r := range rows {
		row := weekRow{WeekRow: r, i: i, title: text.Fill(t.Row, "n", strconv.Itoa(i+1)), problem: wrong[RowFault(i)], t: t}
		for n, label := range t.Days { // from Monday
			day := (n + 1) % 7
			row.days = append(row.days, Tick{rowField("day", i) + "-" + strconv.Itoa(day), strconv.Itoa(day), label, r.Days.Has(time.Weekday(day))})
		}
		w.rows = append(w.rows, row)
	}
	return w
}
