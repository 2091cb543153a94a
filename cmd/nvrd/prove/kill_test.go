package prove_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"nvrd/pkg/footage"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// TestKillStorm kills the real program again and again while it records eight
// cameras, and starts it each time on what the one before left.
func TestKillStorm(t *testing.T) {
	t.Parallel()
	program := build(t)
	data := scratch(t)
	streams := simulate(t, data, 8)
	random := rand.New(rand.NewPCG(3, 4))
	var lost losses
	times := often(5, 200)
	for n := range times {
		from := nvr.Now()
		running := start(t, program, data)
		eventually(t, 30*time.Second, "all cameras are recorded", func() bool { return recorded(t, data, streams, from) })
		<-time.After(time.Duration(random.Int64N(int64(2 * time.Second))))
		if err := running.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		killed := nvr.Now()
		if err := running.Wait(); err == nil {
			t.Fatal("the program ended by itself")
		}
		left := contract(t, data, proof{plays: n == times-1})
		for _, a := range left {
			lost = append(lost, killed.Sub(a.end()))
		}
		if len(left) != len(streams) || t.Failed() {
			t.Fatalf("after kill %d there are %d streams, want %d", n, len(left), len(streams))
		}
	}
	t.Logf("%d kills of a recorder of %d cameras: %s", times, len(streams), lost)
	lost.within(t, killBound)
}

// programEnv says where the program lies that a test built which runs this one.
const programEnv = "NVRD_PROVE_PROGRAM"

// built is the program, built once for all tests and kept: where nothing changed it
// is not linked again.
var built = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(programEnv); path != "" {
		return path, nil
	}
	path, err := filepath.Abs(filepath.Join("..", "..", "..", "build", "prove", "nvrd"))
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "nvrd/cmd/nvrd") //nolint:noctx // for all tests
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")                                                   // as `make build` does, so most of it is compiled
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// build builds the program.
func build(t *testing.T) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// start starts the program on a data directory. It is killed when the test
// ends, if it still runs.
func start(t *testing.T, program, data string) *exec.Cmd {
	t.Helper()
	return startAt(t, program, data, "127.0.0.1:0")
}

func startAt(t *testing.T, program, data, address string) *exec.Cmd {
	t.Helper()
	return startWith(t, program, "run", "--data", data, "--listen", address)
}

func startWith(t *testing.T, program string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(program, args...)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill() // it may have ended meanwhile
			_ = cmd.Wait()
		}
		if t.Failed() {
			t.Logf("log of the program:\n%s", &log)
		}
	})
	return cmd
}

// simulate gives the home in a data directory so many cameras, which run until
// the test ends.
func simulate(t *testing.T, data string, cameras int) (streams []nvr.StreamID) {
	t.Helper()
	clip, err := rtspsim.LoadClip(porch.Door().Sub)
	if err != nil {
		t.Fatal(err)
	}
	sim, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	home, err := household.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	defer home.Close()
	for i := range cameras {
		name := fmt.Sprintf("camera%d", i)
		if err := sim.Play(name, clip); err != nil {
			t.Fatal(err)
		}
		c, err := home.AddCamera(t.Context(), household.CameraInput{Name: name, URL: sim.URL(name)})
		if err != nil {
			t.Fatal(err)
		}
		streams = append(streams, nvr.StreamID{Camera: c.ID})
	}
	return streams
}

// recorded tells whether there is footage of all streams that began after from.
func recorded(t *testing.T, data string, streams []nvr.StreamID, from nvr.Time) bool {
	t.Helper()
	dir := filepath.Join(data, "footage")
	home, err := homeOf(dir)
	if err != nil {
		return false // it is not made yet
	}
	d, err := footage.Open(dir, home, nil)
	if err != nil {
		return false
	}
	defer d.Close()
	for _, id := range streams {
		starts, err := d.List(id, from)
		if err != nil || len(starts) == 0 {
			return false
		}
		if c, err := d.Read(id, starts[0], nil); err != nil || len(c.Segment.Fragments) == 0 {
			return false
		}
	}
	return true
}

// eventually asks again and again until the answer is yes.
func eventually(t *testing.T, within time.Duration, what string, yes func() bool) {
	t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("in %v this did not happen: %s", within, what)
		}
	}
}
