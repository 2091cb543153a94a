package prove_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"nvrd/pkg/camera"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// resumeBound is how long after its port answers a camera may go unrecorded.
const resumeBound = 3 * time.Second

// TestResume lets cameras go away and come back, and measures from when their
// port answers until there is footage. One is switched off and on: its port is
// closed. One boots for a while then: it answers, without a stream. One is
// behind a network that drops every packet.
func TestResume(t *testing.T) {
	t.Parallel()
	absences := []time.Duration{6 * time.Second}
	if *torture {
		absences = []time.Duration{5 * time.Second, 30 * time.Second, 5 * time.Minute}
	}
	cameras := []*absent{newSwitched(t, 0), newSwitched(t, 3*time.Second)}
	if os.Geteuid() == 0 {
		cameras = append(cameras, newUnreachable(t))
	}
	dir := scratch(t)
	newHome(t, dir)
	s := openStore(t, dir)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for i, c := range cameras {
		config := camera.Config{ID: nvr.CameraID(i + 1), Log: slog.New(slog.NewTextHandler(t.Output(), nil)).With("camera", c.name)}
		for _, q := range []nvr.Quality{nvr.Main, nvr.Sub} {
			id := nvr.StreamID{Camera: config.ID, Quality: q}
			sink, err := s.Recorder.Stream(id)
			if err != nil {
				t.Fatal(err)
			}
			// A camera that falls silent is given up early, to save time.
			source := rtsp.Config{URL: "rtsp://" + c.address + "/" + q.String(), Patience: 4 * time.Second}
			config.Streams = append(config.Streams, camera.Stream{Quality: q, RTSP: source, Sink: sink})
			c.streams = append(c.streams, id)
		}
		running.Go(camera.Start(ctx, config).Wait)
	}
	for _, c := range cameras {
		c.resumed(t, s, 0)
	}
	for i, absence := range absences {
		if i > 0 {
			<-time.After(40 * time.Second) // until they count as healthy again
		}
		for _, c := range cameras {
			c.leave()
		}
		<-time.After(absence)
		var returning sync.WaitGroup
		for _, c := range cameras {
			returning.Go(func() {
				c.back()
				c.answered = answers(c.address)
			})
		}
		returning.Wait()
		for _, c := range cameras {
			took := c.resumed(t, s, c.answered)
			t.Logf("%s, away for %v: footage %v after its port answered", c.name, absence, took)
			if bound := resumeBound + c.boots; took > bound {
				t.Errorf("%s, away for %v: footage %v after its port answered, want at most %v", c.name, absence, took, bound)
			}
		}
	}
	stop()
	running.Wait()
	if err := s.close(); err != nil {
		t.Error(err)
	}
	contract(t, dir, proof{})
}

// absent is a camera that can go away.
type absent struct {
	name     string
	address  string
	boots    time.Duration // for how long it answers without a stream when it is back
	leave    func()
	back     func()
	streams  []nvr.StreamID
	answered nvr.Time
}

// resumed waits until all streams have footage that began after from, and
// returns how long after.
func (c *absent) resumed(t *testing.T, s *store, from nvr.Time) (after time.Duration) {
	t.Helper()
	for _, id := range c.streams {
		var segments []nvr.Segment
		eventually(t, 90*time.Second, fmt.Sprintf("%s of %s is recorded", id, c.name), func() bool {
			var err error
			segments, err = s.Dir.Catalog.Segments(t.Context(), id, nvr.Span{From: from, To: nvr.Now() + 1})
			if err != nil {
				t.Fatal(err)
			}
			for len(segments) > 0 && segments[0].Span.From < from {
				segments = segments[1:]
			}
			return len(segments) > 0
		})
		after = max(after, segments[0].Span.From.Sub(from))
	}
	return after
}

// answers waits until a port answers, and returns when that was.
func answers(address string) nvr.Time {
	for {
		conn, err := net.DialTimeout("tcp", address, 100*time.Millisecond)
		if err == nil {
			defer conn.Close()
			return nvr.Now()
		}
		<-time.After(10 * time.Millisecond)
	}
}

// newSwitched returns a camera that is switched off and on.
func newSwitched(t *testing.T, boots time.Duration) *absent {
	t.Helper()
	sim, err := simulateDoor("127.0.0.1:0", 0)
	if err != nil {
		t.Fatal(err)
	}
	c := &absent{name: fmt.Sprintf("switched off and on, boots for %v", boots), address: sim.Addr(), boots: boots}
	c.leave = func() { sim.Close() }
	c.back = func() {
		if sim, err = simulateDoor(c.address, boots); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() { sim.Close() })
	return c
}

// simulateDoor serves a camera with a main and a sub stream, which answers for
// some time that it is not ready.
func simulateDoor(address string, boots time.Duration) (*rtspsim.Server, error) {
	clips := map[string]rtspsim.Clip{}
	for name, film := range map[string][]byte{"main": porch.Door().Main, "sub": porch.Door().Sub} {
		clip, err := rtspsim.LoadClip(film)
		if err != nil {
			return nil, err
		}
		clips[name] = clip
	}
	sim, err := rtspsim.Listen(address, rtspsim.Options{})
	if err != nil {
		return nil, err
	}
	for name, clip := range clips {
		err := sim.Play(name, clip)
		if err == nil && boots > 0 {
			err = sim.Trouble(name, rtspsim.Trouble{Status: 503})
			time.AfterFunc(boots, func() { _ = sim.Trouble(name, rtspsim.Trouble{}) }) // it may be gone by then
		}
		if err != nil {
			sim.Close()
			return nil, err
		}
	}
	return sim, nil
}

// cameraEnv makes this program a camera at the address that it names.
const cameraEnv = "NVRD_PROVE_CAMERA"

// serveCamera serves a camera until stdin ends.
func serveCamera(address string) error {
	sim, err := simulateDoor(address, 0)
	if err != nil {
		return err
	}
	defer sim.Close()
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, bufio.NewReader(os.Stdin))
	return err
}

// newUnreachable returns a camera in a network of its own, which drops what
// the camera sends while it is away.
func newUnreachable(t *testing.T) *absent {
	t.Helper()
	// Addresses for tests of networks (RFC 2544), others for each process.
	block := os.Getpid() % (1 << 14) * 4
	host := fmt.Sprintf("198.18.%d.%d", block>>8, block&255+1)
	address := fmt.Sprintf("198.18.%d.%d", block>>8, block&255+2)
	space := fmt.Sprintf("prove%d", os.Getpid())
	link := space
	command(t, "ip", "netns", "add", space)
	t.Cleanup(func() { command(t, "ip", "netns", "del", space) })
	for _, args := range [][]string{
		{"link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space},
		{"addr", "add", host + "/30", "dev", link},
		{"link", "set", link, "up"},
		{"-n", space, "addr", "add", address + "/30", "dev", "eth0"},
		{"-n", space, "link", "set", "eth0", "up"},
	} {
		command(t, "ip", args...)
	}
	c := &absent{name: "out of reach", address: address + ":554"}
	c.leave = func() { command(t, "ip", "-n", space, "route", "add", "blackhole", host+"/32") }
	c.back = func() { command(t, "ip", "-n", space, "route", "del", "blackhole", host+"/32") }
	program, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	serve(t, exec.Command("ip", "netns", "exec", space, program), cameraEnv+"="+c.address)
	return c
}
