package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"nvrd/pkg/datadir"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/watch"
)

// maxPassword bounds a password file.
const maxPassword = 4096

// cameraFlags adds the flags that say how to reach a camera, and returns what
// reads them after parsing.
func cameraFlags(f *flag.FlagSet) func() (household.CameraInput, error) {
	var in household.CameraInput
	f.StringVar(&in.URL, "url", "", "address of the main stream, rtsp://…")
	f.StringVar(&in.SubURL, "sub", "", "address of the smaller stream")
	f.StringVar(&in.User, "user", "", "user name that the camera asks for")
	file := f.String("password-file", "", "file with the password that the camera asks for")
	return func() (household.CameraInput, error) {
		if *file == "" {
			return in, nil
		}
		b, err := os.ReadFile(*file)
		if err != nil {
			return in, fmt.Errorf("--password-file: %w", err)
		}
		if len(b) > maxPassword {
			return in, fmt.Errorf("--password-file: %d bytes are no password: %w", len(b), nvr.ErrTooLarge)
		}
		in.Password = household.Secret(strings.TrimRight(string(b), "\r\n"))
		return in, nil
	}
}

func cameraAdd(ctx context.Context, c *call) (err error) {
	f := c.flags()
	data := dataFlag(f)
	name := f.String("name", "", "name of the camera")
	read := cameraFlags(f)
	if err := c.parse(f, "name", "url"); err != nil {
		return err
	}
	in, err := read()
	if err != nil {
		return err
	}
	in.Name = *name
	home, err := datadir.CreateHome(ctx, *data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, home.Close()) }()
	cam, err := home.AddCamera(ctx, in)
	if err != nil {
		return err
	}
	then := fmt.Sprintf("nothing records there now; start `nvrd run --data %s`", *data)
	if datadir.IsRecording(*data) {
		then = "the nvrd that runs there records it within a second"
	}
	_, err = fmt.Fprintf(c.out, "%s is camera %s in %s: %s\n", cam.Name, cam.ID, *data, then)
	return err
}

func cameraList(ctx context.Context, c *call) (err error) {
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
	list, err := home.Cameras(ctx)
	if err != nil {
		return err
	}
	recordings, err := home.Recordings(ctx)
	if err != nil {
		return err
	}
	if *asJSON {
		return printJSON(c.out, listed(list, recordings))
	}
	for _, cam := range listed(list, recordings) {
		if _, err := fmt.Fprintf(c.out, "%-4d %-24s %s %s\n     %s\n", cam.ID, cam.Name, cam.URL, cam.SubURL, cam.Recording); err != nil {
			return err
		}
	}
	return nil
}

// listedCamera is a camera as it is printed: without user and password.
type listedCamera struct {
	ID     nvr.CameraID `json:"id"`
	Name   string       `json:"name"`
	URL    string       `json:"url"`
	SubURL string       `json:"sub_url"`

	Recording listedRecording `json:"recording"`
}

func listed(list []household.Camera, recordings map[nvr.CameraID]nvr.Recording) []listedCamera {
	shown := make([]listedCamera, len(list))
	for i, cam := range list {
		shown[i] = listedCamera{cam.ID, cam.Name, cam.URL, cam.SubURL, listRecording(recordings[cam.ID])}
	}
	return shown
}

func cameraRemove(ctx context.Context, c *call) (err error) {
	f := c.flags()
	data := dataFlag(f)
	name := f.String("name", "", "name of the camera")
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
	if err := home.RemoveCamera(ctx, cam.ID); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s is removed; its footage stays\n", cam.Name)
	return err
}

func cameraProbe(ctx context.Context, c *call) error {
	f := c.flags()
	read := cameraFlags(f)
	if err := c.parse(f, "url"); err != nil {
		return err
	}
	in, err := read()
	if err != nil {
		return err
	}
	found, err := watch.Probe(ctx, in, c.logger())
	if err != nil {
		return err
	}
	if !found.OK {
		said := fmt.Sprintf("%s: %s", found.Message, found.Detail)
		if found.Doubt != nil {
			said += "; " + found.Doubt.Message
		}
		return errors.New(said)
	}
	for _, s := range found.Streams {
		if _, err := fmt.Fprintf(c.out, "%-5s %s %dx%d", s.Quality, s.Video.Codec, s.Video.Width, s.Video.Height); err != nil {
			return err
		}
		if s.Audio.Codec != "" {
			fmt.Fprintf(c.out, ", %s %d Hz", s.Audio.Codec, s.Audio.SampleRate)
		}
		for _, missing := range s.Missing {
			fmt.Fprintf(c.out, "; not recorded: %s", missing)
		}
		fmt.Fprintln(c.out)
	}
	return nil
}
