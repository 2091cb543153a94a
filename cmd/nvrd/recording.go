package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"nvrd/pkg/datadir"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// listedRecording is what is recorded of a camera, as it is printed.
type listedRecording struct {
	Mode     nvr.Mode               `json:"mode"`
	Before   string                 `json:"before"`
	After    string                 `json:"after"`
	Streams  nvr.Streams            `json:"streams"`
	Schedule nvr.Schedule[nvr.Mode] `json:"schedule"`
}

func listRecording(r nvr.Recording) listedRecording {
	return listedRecording{r.Plan.Mode, age(r.Plan.Before), age(r.Plan.After), r.Streams, r.Schedule}
}

func (l listedRecording) String() string {
	text := string(l.Mode)
	if l.Mode == nvr.KeepEvents {
		text += fmt.Sprintf(", %s before and %s after", l.Before, l.After)
	}
	if l.Streams != nvr.BothStreams {
		text += fmt.Sprintf("; %s stream only", l.Streams)
	}
	if len(l.Schedule) > 0 {
		text += "; " + l.Schedule.String()
	}
	return text
}

// cameraSet changes how a camera is reached, and what is recorded of it. What
// is not given stays.
func cameraSet(ctx context.Context, c *call) (err error) {
	f := c.flags()
	data := dataFlag(f)
	name := f.String("name", "", "name of the camera")
	rename := f.String("rename", "", "its new name")
	read := cameraFlags(f)
	var changes []func(*nvr.Recording)
	change := func(name, usage string, parse func(string) (func(*nvr.Recording), error)) {
		f.Func(name, usage, func(s string) error {
			set, err := parse(s)
			changes = append(changes, set)
			return err
		})
	}
	change("mode", "what is recorded: continuous, events, off or privacy", func(s string) (func(*nvr.Recording), error) {
		return func(r *nvr.Recording) { r.Plan.Mode = nvr.Mode(s) }, nil
	})
	change("before", "what is kept before an event, such as 5s", func(s string) (func(*nvr.Recording), error) {
		d, err := time.ParseDuration(s)
		return func(r *nvr.Recording) { r.Plan.Before = d }, err
	})
	change("after", "what is kept after an event, such as 15s", func(s string) (func(*nvr.Recording), error) {
		d, err := time.ParseDuration(s)
		return func(r *nvr.Recording) { r.Plan.After = d }, err
	})
	change("streams", "which streams are recorded: both, main or sub", func(s string) (func(*nvr.Recording), error) {
		return func(r *nvr.Recording) { r.Streams = nvr.Streams(s) }, nil
	})
	change("schedule", "modes by the clock, such as \"Mon-Fri 08:00-18:00 off\"", func(s string) (func(*nvr.Recording), error) {
		schedule, err := nvr.ParseSchedule[nvr.Mode](s)
		return func(r *nvr.Recording) { r.Schedule = schedule }, err
	})
	if err := c.parse(f, "name"); err != nil {
		return err
	}
	home, err := datadir.OpenHome(ctx, *data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, home.Close()) }()
	cam, err := home.CameraByName(ctx, *name)
	if err != nil {
		return fmt.Errorf("%w; `nvrd camera list` shows the names", err)
	}
	in, err := read()
	if err != nil {
		return err
	}
	in.Name = *rename
	given := map[string]bool{}
	f.Visit(func(fl *flag.Flag) { given[fl.Name] = true })
	if given["rename"] || given["url"] || given["sub"] || given["user"] || given["password-file"] {
		cam, err = home.ChangeCamera(ctx, cam.ID, func(old *household.CameraInput) {
			for name, field := range map[string][2]*string{
				"rename": {&old.Name, &in.Name}, "url": {&old.URL, &in.URL}, "sub": {&old.SubURL, &in.SubURL}, "user": {&old.User, &in.User},
			} {
				if given[name] {
					*field[0] = *field[1]
				}
			}
			if given["password-file"] {
				old.Password = in.Password
			}
		})
		if err != nil {
			return err
		}
	}
	recording, err := home.ChangeRecording(ctx, cam.ID, func(r *nvr.Recording) error {
		for _, set := range changes {
			set(r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s: %s\n", cam.Name, listRecording(recording))
	return err
}
