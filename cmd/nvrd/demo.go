package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"nvrd/pkg/datadir"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// demo runs homes with two simulated doorbells each, which are neighbors if they
// are several. Without --data their footage goes to a temporary directory and is
// gone when it ends.
func demo(ctx context.Context, c *call) (err error) {
	var s settings
	f := c.flags()
	f.StringVar(&s.data, "data", "", "where footage and settings are kept; a temporary directory unless given here")
	f.StringVar(&s.listen, "listen", defaultListen, "address of the pages of the first home; the others have the ports after it")
	homes := f.Int("homes", 1, "how many homes; several are neighbors, and one more asks to be let in")
	alone := f.Bool("no-visitor", false, "nobody rings by themselves")
	ask := f.Bool("agency", false, "a fire brigade asks the homes, which are two at least")
	s.flags(f)
	c.typed = "data" // STOOP_DATA is where real cameras are recorded
	if err := c.parse(f); err != nil {
		return err
	}
	if *homes < 1 || *homes > len(residents)-1 {
		return fmt.Errorf("--homes is 1 to %d: %w", len(residents)-1, nvr.ErrInvalid)
	}
	if *ask && *homes < 2 {
		return fmt.Errorf("--agency: give --homes 2 or more, of which two are its sponsors: %w", nvr.ErrInvalid)
	}
	if s.data == "" {
		if s.data, err = os.MkdirTemp("", "stoop-demo-"); err != nil {
			return fmt.Errorf("temporary directory: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(s.data)) }()
	}
	sim, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{})
	if err != nil {
		return err
	}
	defer sim.Close()
	if err := show(sim); err != nil {
		return err
	}
	if *homes > 1 {
		return c.street(ctx, s, sim, *homes, *ask, !*alone)
	}
	if err := onlySimulated(ctx, s.data); err != nil {
		return err
	}
	return c.appliance(ctx, s, func(a *server) error {
		if err := doorbells(ctx, sim, a.Dir.Home); err != nil || *alone {
			return err
		}
		return a.visit(ctx)
	})
}

// simulated are the doorbells of the demo.
var simulated = []struct {
	name, path string
	scene      func() porch.Scene
}{{"Front door", "door", porch.Door}, {"Garden gate", "gate", porch.Gate}}

// isSimulated tells whether a demo added cam. A name alone does not say so:
// people have front doors.
func isSimulated(cam household.Camera) bool {
	for _, d := range simulated {
		main, err := url.Parse(cam.URL)
		if err == nil && cam.Name == d.name && main.Hostname() == "127.0.0.1" && main.Path == "/"+d.path &&
			cam.SubURL == cam.URL+"-sub" && cam.User == "" {
			return true
		}
	}
	return false
}

// onlySimulated refuses a data directory with cameras that no demo added.
func onlySimulated(ctx context.Context, data string) (err error) {
	if _, err := os.Stat(filepath.Join(data, "home.db")); err != nil {
		return nil // nothing to lose; what else is wrong is found when it is opened
	}
	home, err := datadir.OpenHome(ctx, data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, home.Close()) }()
	list, err := home.Cameras(ctx)
	if err != nil {
		return err
	}
	for _, cam := range list {
		if !isSimulated(cam) {
			return fmt.Errorf("%s has a camera of yours, %q: use `nvrd run` there, or give the demo another --data, or none: %w", data, cam.Name, nvr.ErrInvalid)
		}
	}
	return nil
}

// doorbells adds the simulated doorbells to the household. Their addresses
// change from one start to the next, so those of an earlier one are replaced.
func doorbells(ctx context.Context, sim *rtspsim.Server, home *household.DB) error {
	list, err := home.Cameras(ctx)
	if err != nil {
		return err
	}
	for _, cam := range list {
		if isSimulated(cam) {
			if err := home.RemoveCamera(ctx, cam.ID); err != nil {
				return err
			}
		}
	}
	for _, d := range simulated {
		if _, err := home.AddCamera(ctx, household.CameraInput{Name: d.name, URL: sim.URL(d.path), SubURL: sim.URL(d.path + "-sub")}); err != nil {
			return err
		}
	}
	return nil
}

// show has the server play what the doorbells see.
func show(sim *rtspsim.Server) error {
	for _, d := range simulated {
		scene := d.scene()
		for path, file := range map[string][]byte{d.path: scene.Main, d.path + "-sub": scene.Sub} {
			clip, err := rtspsim.LoadClip(file)
			if err != nil {
				return err
			}
			if err := sim.Play(path, clip); err != nil {
				return err
			}
		}
	}
	return nil
}

// When the visitor of the demo rings: soon enough to be seen by who tries it out, and
// seldom enough not to be in their way.
const (
	firstVisit = 25 * time.Second
	nextVisits = 3 * time.Minute
)

// visit has somebody ring at the first doorbell now and then, until ctx ends.
func (a *server) visit(ctx context.Context) error {
	list, err := a.Dir.Home.Cameras(ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	go func() {
		wait := firstVisit
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(wait):
				a.Rings.Press(list[0].ID, "the visitor of the demo", nvr.Now())
				wait = nextVisits
			}
		}
	}()
	return nil
}
