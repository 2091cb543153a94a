package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// demo runs an appliance with two simulated doorbells. Without --data its
// footage goes to a temporary directory and is gone when it ends.
func demo(ctx context.Context, c *call) (err error) {
	var s settings
	f := c.flags()
	f.StringVar(&s.data, "data", "", "where footage and settings are kept; a temporary directory unless set")
	f.StringVar(&s.listen, "listen", defaultListen, "address of the pages")
	s.flags(f)
	if err := c.parse(f); err != nil {
		return err
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
	return c.appliance(ctx, s, func(a *appliance) error {
		return doorbells(ctx, sim, a.cameras)
	})
}

// doorbells adds the simulated doorbells to the household. Their addresses
// change from one start to the next, so those of an earlier one are replaced.
func doorbells(ctx context.Context, sim *rtspsim.Server, cameras *cameras) error {
	for _, d := range []struct {
		name, path string
		scene      porch.Scene
	}{{"Front door", "door", porch.Door()}, {"Garden gate", "gate", porch.Gate()}} {
		for path, file := range map[string][]byte{d.path: d.scene.Main, d.path + "-sub": d.scene.Sub} {
			clip, err := rtspsim.LoadClip(file)
			if err != nil {
				return err
			}
			if err := sim.Play(path, clip); err != nil {
				return err
			}
		}
		old, err := cameras.home.CameraByName(ctx, d.name)
		switch {
		case err == nil:
			err = cameras.Remove(ctx, old.ID)
		case errors.Is(err, nvr.ErrNotFound):
			err = nil
		}
		if err != nil {
			return err
		}
		if _, err := cameras.Add(ctx, household.CameraInput{Name: d.name, URL: sim.URL(d.path), SubURL: sim.URL(d.path + "-sub")}); err != nil {
			return err
		}
	}
	return nil
}
