package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"nvrd/pkg/datadir"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/pkg/rtsp/rtspsim"
)

const (
	kills = 3
	// killLoss is what kill -9 may cost: the movie fragment under construction
	// (half a second), a picture, and a little; and as much more as this machine
	// was late with what had to be done at a time.
	killLoss = 700 * time.Millisecond
)

// TestKill kills the real program while it records four cameras.
func TestKill(t *testing.T) {
	data := t.TempDir()
	late := lateness(t)
	home, err := household.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	sim := simulate(t, "127.0.0.1:0", rtspsim.Options{})
	var streams []nvr.StreamID
	for i := range 4 {
		streams = append(streams, add(t, home, household.CameraInput{Name: fmt.Sprintf("camera %d", i), URL: sim.URL("door")}))
	}
	if err := home.Close(); err != nil {
		t.Fatal(err)
	}
	var killed []nvr.Time
	for i := range kills + 1 {
		cmd := exec.Command("nvrd", "run", "--data", data, "--listen", "127.0.0.1:0")
		background(t, cmd)
		s := storeOf(t, data)
		var began nvr.Time
		for _, stream := range streams {
			var last nvr.Gap
			eventually(t, time.Minute, func() bool {
				all := stretches(t, s, stream)
				if len(all) > 0 {
					last = all[len(all)-1]
				}
				return last.Reason == footageHere && (i == 0 || last.Span.From > killed[i-1])
			}, func() string { return fmt.Sprintf("%s is recorded in life %d; last comes %v", stream, i, last) })
			began = max(began, last.Span.From)
		}
		// Each time another part of a movie fragment is under construction.
		<-time.After(time.Until(began.Add(2*time.Second + time.Duration(i)*170*time.Millisecond).Std()))
		if i == kills {
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Fatal(err)
			}
		} else {
			killed = append(killed, nvr.Now())
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // says that it was killed
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := storeOf(t, data)
	defer s.Close()
	most := killLoss + late()
	for _, stream := range streams {
		all := tiled(t, s, stream)
		var lives []nvr.Span
		for i, g := range all {
			if g.Reason == footageHere && all[i+1].Reason == nvr.NotRunning {
				lives = append(lives, g.Span)
			}
		}
		if len(lives) != kills+1 {
			t.Fatalf("%s: %s", stream, story(all))
		}
		for i, at := range killed {
			lost := at.Sub(lives[i].To)
			t.Logf("%s: kill %d cost %v", stream, i, lost)
			if lost > most || lost < -most {
				t.Errorf("%s was killed at %s and has footage until %s", stream, at, lives[i].To)
			}
		}
		whole := nvr.Span{From: all[0].Span.From, To: nvr.Now()}
		for _, form := range []playback.Form{playback.Fragmented, playback.Progressive} {
			decodes(t, exported(t, s, stream, whole, form))
		}
	}
}

// lateness measures by how much this machine is late at worst, until it is asked: a
// busy one does neither what it records nor what it sends when it is due.
func lateness(t *testing.T) func() time.Duration {
	const every = 10 * time.Millisecond
	var worst atomic.Int64
	tick := time.NewTicker(every)
	t.Cleanup(tick.Stop)
	go func() {
		for last := time.Now(); t.Context().Err() == nil; {
			<-tick.C
			now := time.Now()
			if late := now.Sub(last) - every; late > time.Duration(worst.Load()) {
				worst.Store(int64(late))
			}
			last = now
		}
	}()
	return func() time.Duration { return time.Duration(worst.Load()) }
}

// storeOf opens the store of a recorder that runs or ran, once there is one.
func storeOf(t *testing.T, data string) *datadir.Dir {
	t.Helper()
	var s *datadir.Dir
	var err error
	eventually(t, time.Minute, func() bool {
		if _, err = os.Stat(filepath.Join(data, "catalog.db")); err != nil {
			return false
		}
		s, err = datadir.Open(t.Context(), data)
		return err == nil
	}, func() string { return fmt.Sprint("there is a store: ", err) })
	return s
}
