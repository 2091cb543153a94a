package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"nvrd": func() { os.Exit(program()) }, "doorbell": serveDoorbell})
}

// TestStories runs the command line as people do: see testdata/script. Each
// story has $DOOR, the address of a simulated doorbell, $LOCKED, that of one
// which asks for the password "let me in", and $MUTE, where something takes
// connections and never answers.
func TestStories(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			open, err := doorbell(rtspsim.Options{})
			if err != nil {
				return err
			}
			e.Defer(open.Close)
			locked, err := doorbell(rtspsim.Options{User: "admin", Password: "let me in"})
			if err != nil {
				return err
			}
			e.Defer(locked.Close)
			mute, err := net.Listen("tcp", "127.0.0.1:0") // the system takes connections for it
			if err != nil {
				return err
			}
			e.Defer(func() { mute.Close() })
			e.Setenv("DOOR", open.URL("door"))
			e.Setenv("MUTE", "rtsp://"+mute.Addr().String()+"/door")
			e.Setenv("LOCKED", locked.URL("door"))
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"now":     now,
			"until":   until,
			"crop":    crop,
			"discard": discard,
			"answer":  answer,
			"away":    away,
			"guide":   guide,
			"split":   split,
		},
	})
}

func doorbell(o rtspsim.Options) (*rtspsim.Server, error) {
	clip, err := rtspsim.LoadClip(porch.Door().Main)
	if err != nil {
		return nil, err
	}
	sim, err := rtspsim.Listen("127.0.0.1:0", o)
	if err != nil {
		return nil, err
	}
	return sim, sim.Play("door", clip)
}

// now VAR [OFFSET] sets VAR to the present time, moved by a duration.
func now(ts *testscript.TestScript, neg bool, args []string) {
	at := nvr.Now()
	if len(args) == 2 {
		d, err := time.ParseDuration(args[1])
		ts.Check(err)
		at = at.Add(d)
	}
	ts.Setenv(args[0], at.String())
}

// patience is how long until waits for what has to come.
const patience = time.Minute

// between is how long until waits before it runs a command again: to start it takes
// time from those that it waits for.
const between = 200 * time.Millisecond

// until PATTERN COMMAND... runs a command again and again until what it
// prints matches.
func until(ts *testscript.TestScript, neg bool, args []string) {
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	deadline := time.Now().Add(patience)
	for {
		cmd := exec.Command(args[1], args[2:]...)
		cmd.Dir = ts.MkAbs(".")
		cmd.Env = append(os.Environ(), "HOME="+ts.Getenv("HOME"), "PATH="+ts.Getenv("PATH"))
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		if pattern.Match(out.Bytes()) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s never printed %q; the last time (%v):\n%s", strings.Join(args[1:], " "), args[0], err, out.String())
		}
		<-time.After(between)
	}
}
