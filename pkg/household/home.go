package household

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Home is what holds for all cameras.
type Home struct {
	// Mode is how things stand with the house as a person chose it, until ModeUntil,
	// which is zero if it is for good. It is empty where Modes says.
	Mode      nvr.HouseMode
	ModeUntil nvr.Time
	// Before is what a person had chosen when all cameras were turned off, until
	// BeforeUntil: it holds again once [nvr.HousePrivacy] is over. Empty otherwise,
	// and where Modes said.
	Before      nvr.HouseMode
	BeforeUntil nvr.Time
	// Modes says by week which mode it is; somebody is at home where it says nothing.
	Modes nvr.Schedule[nvr.HouseMode]
	// TimeZone is whose clock schedules go by, such as "Europe/Vienna"; empty
	// means that of this machine.
	TimeZone string
	// Language is that of messages, of [Languages]; empty if nobody chose one.
	Language string
}

// Languages are those that a home can tell by message in.
var Languages = []string{"en", "de"}

// Chosen returns the mode that a person chose, if it holds at a time, and until when,
// which is zero if it is for good. The mode is empty if the schedule says.
func (h Home) Chosen(at nvr.Time) (mode nvr.HouseMode, until nvr.Time) {
	switch {
	case h.ModeUntil == 0 || at < h.ModeUntil:
		return h.Mode, h.ModeUntil
	case h.BeforeUntil == 0 || at < h.BeforeUntil:
		return h.Before, h.BeforeUntil
	}
	return "", 0
}

// ModeAt returns how things stand with the house at a time, and until when at the
// latest that holds.
func (h Home) ModeAt(at nvr.Time, zone *time.Location) (mode nvr.HouseMode, until nvr.Time) {
	mode, until = h.Modes.At(at, zone, nvr.AtHome)
	if chosen, end := h.Chosen(at); chosen != "" {
		mode, until = chosen, cmp.Or(end, until)
	}
	return mode, until
}

// Choose sets the mode of the house until a time. If that is zero, it is until the
// schedule says something else; privacy, and whatever is chosen where there is no
// schedule, is until somebody chooses again. The empty mode leaves it to the schedule.
// What was chosen before privacy holds again after it.
func (h *Home) Choose(mode nvr.HouseMode, until, now nvr.Time) error {
	zone, err := h.Zone()
	if err != nil {
		return err
	}
	if until != 0 && until <= now {
		return invalid("the mode of the house would have ended already")
	}
	if until == 0 && mode != nvr.HousePrivacy && len(h.Modes) > 0 {
		_, until = h.Modes.At(now, zone, nvr.AtHome)
	}
	before, beforeUntil := h.Chosen(now)
	switch {
	case mode != nvr.HousePrivacy:
		h.Before, h.BeforeUntil = "", 0
	case before != nvr.HousePrivacy:
		h.Before, h.BeforeUntil = before, beforeUntil
	}
	if h.Mode, h.ModeUntil = mode, until; mode == "" {
		h.ModeUntil = 0
	}
	return nil
}

// CamerasOn ends [nvr.HousePrivacy]: it is as it was before or, where the schedule says
// privacy, somebody is at home until it says something else. It does nothing if the
// cameras are not off.
func (h *Home) CamerasOn(now nvr.Time) error {
	zone, err := h.Zone()
	if err != nil {
		return err
	}
	if chosen, _ := h.Chosen(now); chosen == nvr.HousePrivacy {
		h.ModeUntil = now
		before, until := h.Chosen(now)
		h.Mode, h.ModeUntil, h.Before, h.BeforeUntil = before, until, "", 0
	}
	if mode, _ := h.ModeAt(now, zone); mode == nvr.HousePrivacy {
		return h.Choose(nvr.AtHome, 0, now)
	}
	return nil
}

// check fails with [nvr.ErrInvalid], saying what is wrong.
func (h Home) check() error {
	if h.Mode != "" {
		if err := h.Mode.Check(); err != nil {
			return err
		}
	}
	if h.ModeUntil != 0 && h.Mode == "" || h.ModeUntil < 0 {
		return invalid("a mode that was not chosen does not end")
	}
	if h.Before != "" && h.Mode != nvr.HousePrivacy || h.Before == "" && h.BeforeUntil != 0 || h.BeforeUntil < 0 {
		return invalid("only what was chosen before privacy holds again after it")
	}
	if err := h.Modes.Check(); err != nil {
		return err
	}
	if h.Language != "" && !slices.Contains(Languages, h.Language) {
		return invalid("there are no messages in the language " + strconv.Quote(h.Language) + ", but in " + strings.Join(Languages, ", "))
	}
	_, err := h.Zone()
	return err
}

// Zone returns the time zone. It fails with [nvr.ErrInvalid] if there is none
// of that name.
func (h Home) Zone() (*time.Location, error) {
	if h.TimeZone == "" {
		return time.Local, nil
	}
	zone, err := time.LoadLocation(h.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("there is no time zone %q; they are named like Europe/Vienna or UTC: %w", h.TimeZone, nvr.ErrInvalid)
	}
	return zone, nil
}

// Home returns what holds for all cameras.
func (h *DB) Home(ctx context.Context) (home Home, err error) {
	err = h.db.View(ctx, func(tx *sqlite.Tx) error { return readHome(ctx, tx, &home) })
	return home, err
}

// ChangeHome lets f change what holds for all cameras, as it stands now, and
// stores the result. It fails with [nvr.ErrInvalid] if that makes no sense, and
// with what f returns.
func (h *DB) ChangeHome(ctx context.Context, f func(*Home) error) (home Home, err error) {
	err = h.db.Update(ctx, func(tx *sqlite.Tx) error {
		if err := readHome(ctx, tx, &home); err != nil {
			return err
		}
		if err := f(&home); err != nil {
			return err
		}
		if err := home.check(); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE home SET (mode, mode_until_us, mode_before, before_until_us, mode_schedule, time_zone, language) = (?, nullif(?, 0), ?, nullif(?, 0), ?, ?, ?)`,
			string(home.Mode), int64(home.ModeUntil), string(home.Before), int64(home.BeforeUntil), home.Modes.String(), home.TimeZone, home.Language); err != nil {
			return fmt.Errorf("set the home: %w", err)
		}
		return nil
	})
	if err != nil {
		return Home{}, err
	}
	h.wake()
	return home, nil
}

func readHome(ctx context.Context, tx *sqlite.Tx, home *Home) error {
	var schedule string
	err := tx.QueryRowContext(ctx, `SELECT mode, coalesce(mode_until_us, 0), mode_before, coalesce(before_until_us, 0), mode_schedule, time_zone, language FROM home`).
		Scan(&home.Mode, &home.ModeUntil, &home.Before, &home.BeforeUntil, &schedule, &home.TimeZone, &home.Language)
	if err == nil {
		home.Modes, err = nvr.ParseSchedule[nvr.HouseMode](schedule)
	}
	if err != nil {
		return fmt.Errorf("the home: %w", err)
	}
	return nil
}
