package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"nvrd/pkg/datadir"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// listedHome is what holds for all cameras, as it is printed.
type listedHome struct {
	Mode     nvr.HouseMode               `json:"mode"` // as it was chosen; empty if the schedule says
	Until    nvr.Time                    `json:"until,omitzero"`
	Schedule nvr.Schedule[nvr.HouseMode] `json:"schedule"`
	TimeZone string                      `json:"time_zone"`
	Language string                      `json:"language"`
}

func homeShow(ctx context.Context, c *call) (err error) {
	f := c.flags()
	data := dataFlag(f)
	asJSON := f.Bool("json", false, "print JSON")
	if err := c.parse(f); err != nil {
		return err
	}
	home, err := datadir.OpenHome(ctx, *data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, home.Close()) }()
	h, err := home.Home(ctx)
	if err != nil {
		return err
	}
	if *asJSON {
		return printJSON(c.out, listedHome{h.Mode, h.ModeUntil, h.Modes, h.TimeZone, h.Language})
	}
	return printHome(c, h)
}

// homeSet changes what holds for all cameras. What is not given stays.
func homeSet(ctx context.Context, c *call) (err error) {
	f := c.flags()
	data := dataFlag(f)
	var changes []func(*household.Home) error
	var until nvr.Time
	f.Func("schedule", "modes of the house by the week, such as \"Mon-Fri 08:00-17:00 away; Mon-Sun 22:00-06:00 night\"", func(s string) error {
		week, err := nvr.ParseSchedule[nvr.HouseMode](s)
		changes = append(changes, func(h *household.Home) error { h.Modes = week; return nil })
		return err
	})
	f.Func("time-zone", "whose clock schedules go by, such as Europe/Vienna; empty for the machine's", func(s string) error {
		changes = append(changes, func(h *household.Home) error { h.TimeZone = s; return nil })
		return nil
	})
	f.Func("language", "of messages: "+strings.Join(household.Languages, " or "), func(s string) error {
		changes = append(changes, func(h *household.Home) error { h.Language = s; return nil })
		return nil
	})
	f.Func("mode", "home, away, night, or privacy: cameras are off and nothing is recorded; schedule: as that says", func(s string) error {
		mode := nvr.HouseMode(s)
		if s == "schedule" {
			mode = ""
		} else if err := mode.Check(); err != nil {
			return err
		}
		changes = append(changes, func(h *household.Home) error { return h.Choose(mode, until, nvr.Now()) })
		return nil
	})
	f.BoolFunc("cameras-on", "end privacy: it is as it was before", func(string) error {
		changes = append(changes, func(h *household.Home) error { return h.CamerasOn(nvr.Now()) })
		return nil
	})
	f.Func("until", "when --mode ends, such as 2026-11-22T15:00:00Z", func(s string) (err error) {
		until, err = nvr.ParseTime(s)
		return err
	})
	if err := c.parse(f); err != nil {
		return err
	}
	home, err := datadir.OpenHome(ctx, *data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, home.Close()) }()
	h, err := home.ChangeHome(ctx, func(h *household.Home) error {
		for _, set := range changes {
			if err := set(h); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return printHome(c, h)
}

func printHome(c *call, h household.Home) error {
	zone, err := h.Zone()
	if err != nil {
		return err
	}
	name := h.TimeZone
	if name == "" {
		name = "this machine's"
	}
	now := nvr.Now()
	mode, until := h.ModeAt(now, zone)
	said := string(mode)
	if mode == nvr.HousePrivacy {
		said += ": cameras are off and nothing is recorded"
	}
	if chosen, end := h.Chosen(now); end != 0 || chosen == "" && len(h.Modes) > 0 {
		said += ", until " + until.Std().In(zone).Format("Mon 15:04")
	}
	schedule := h.Modes.String()
	if schedule == "" {
		schedule = "none"
	}
	_, err = fmt.Fprintf(c.out, "mode       %s\nschedule   %s\ntime zone  %s, where it is %s\nlanguage   %s\n",
		said, schedule, name, now.Std().In(zone).Format("Mon 15:04 (UTC-07:00)"), cmp.Or(h.Language, "en, until somebody chooses one"))
	return err
}
