package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"nvrd/pkg/datadir"
	"nvrd/pkg/household"
)

// listedHome is what holds for all cameras, as it is printed.
type listedHome struct {
	Privacy  bool   `json:"privacy"`
	TimeZone string `json:"time_zone"`
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
		return printJSON(c.out, listedHome(h))
	}
	return printHome(c, h)
}

// homeSet changes what holds for all cameras. What is not given stays.
func homeSet(ctx context.Context, c *call) (err error) {
	f := c.flags()
	data := dataFlag(f)
	var changes []func(*household.Home)
	f.Func("privacy", "on: cameras are off and nothing is recorded", func(s string) error {
		on, ok := map[string]bool{"on": true, "off": false}[s]
		changes = append(changes, func(h *household.Home) { h.Privacy = on })
		if !ok {
			return errors.New("it is on or off")
		}
		return nil
	})
	f.Func("time-zone", "whose clock schedules go by, such as Europe/Vienna; empty for the machine's", func(s string) error {
		changes = append(changes, func(h *household.Home) { h.TimeZone = s })
		return nil
	})
	if err := c.parse(f); err != nil {
		return err
	}
	home, err := datadir.OpenHome(ctx, *data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, home.Close()) }()
	h, err := home.ChangeHome(ctx, func(h *household.Home) {
		for _, set := range changes {
			set(h)
		}
	})
	if err != nil {
		return err
	}
	return printHome(c, h)
}

func printHome(c *call, h household.Home) error {
	privacy := "off"
	if h.Privacy {
		privacy = "on: cameras are off and nothing is recorded"
	}
	zone, err := h.Zone()
	if err != nil {
		return err
	}
	name := h.TimeZone
	if name == "" {
		name = "this machine's"
	}
	_, err = fmt.Fprintf(c.out, "privacy    %s\ntime zone  %s, where it is %s\n", privacy, name, time.Now().In(zone).Format("Mon 15:04 (UTC-07:00)"))
	return err
}
