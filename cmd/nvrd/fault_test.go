package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"nvrd/pkg/datadir"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// fault is what one camera suffers.
type fault struct {
	name       string
	camera     household.CameraInput
	begin, end func()     // nil: it suffers from the start, or to the end
	reason     nvr.Reason // what the ledger says before it ends
	story      string     // what the ledger says in the end, see story

	stream      nvr.StreamID
	begun, over nvr.Time
}

// How long things may take on a busy machine. A camera is given up after 10 s
// without picture; a log-in may take 20 s. One that answers in vain for long is
// asked again each minute.
const (
	faultPatience  = 90 * time.Second
	resumePatience = time.Minute + soon
	soon           = 3 * time.Second
)

// TestFault lets one camera after the other fall ill in one recorder: the
// ledger explains each, and the others go on.
func TestFault(t *testing.T) {
	faults := illnesses(t)
	data := t.TempDir()
	a, closing := startIn(t, data)
	for i := range faults {
		f := &faults[i]
		f.camera.Name = f.name
		f.stream = add(t, a.Dir.Home, f.camera)
	}
	// until waits for the newest stretch of a stream.
	until := func(f *fault, what string, is func(nvr.Gap) bool) {
		t.Helper()
		var all []nvr.Gap
		eventually(t, faultPatience,
			func() bool { all = stretches(t, a.Dir, f.stream); return len(all) > 0 && is(all[len(all)-1]) },
			func() string { return f.name + " " + what + "; it is at " + story(all) })
	}
	recorded := func(d time.Duration) func(nvr.Gap) bool {
		return func(g nvr.Gap) bool { return g.Reason == footageHere && g.Span.Duration() >= d }
	}
	for i := range faults {
		if f := &faults[i]; f.begin != nil || f.reason == "" {
			until(f, "is recorded", recorded(2*time.Second))
		}
	}
	for i := range faults {
		if f := &faults[i]; f.begin != nil {
			f.begun = nvr.Now()
			f.begin()
		}
	}
	for i := range faults {
		if f := &faults[i]; f.reason != "" {
			until(f, "is explained", func(g nvr.Gap) bool { return g.Reason == f.reason })
		}
	}
	for i := range faults {
		if f := &faults[i]; f.end != nil {
			f.over = nvr.Now()
			f.end()
		}
	}
	for i := range faults {
		if f := &faults[i]; f.end != nil || f.reason == "" {
			until(f, "is recorded again", recorded(2*time.Second))
		}
	}
	closed := nvr.Now()
	closing()

	s, err := datadir.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			all := tiled(t, s, f.stream)
			if !regexp.MustCompile("^" + f.story + "$").MatchString(story(all)) {
				t.Errorf("the ledger says %q", story(all))
			}
			f.check(t, all, closed)
			if strings.Contains(story(all), string(footageHere)) {
				whole := nvr.Span{From: all[0].Span.From, To: closed.Add(time.Minute)}
				decodes(t, exported(t, s, f.stream, whole, playback.Fragmented))
				decodes(t, exported(t, s, f.stream, whole, playback.Progressive))
			}
		})
	}
	t.Run("sizes", func(t *testing.T) { sizes(t, s, faults) })
}

// check compares the gaps with when the fault began and was over.
func (f *fault) check(t *testing.T, all []nvr.Gap, closed nvr.Time) {
	t.Helper()
	for i, g := range all[:len(all)-1] {
		t.Logf("%v %s %s", g.Span.Duration().Round(time.Millisecond), g.Reason, g.Detail)
		if strings.ContainsFunc(g.Detail, func(r rune) bool { return !unicode.IsPrint(r) }) || len(g.Detail) > 500 {
			t.Errorf("somebody's screen is shown %q", g.Detail)
		}
		if g.Reason != footageHere {
			continue
		}
		ill := f.begin == nil || i > 1 // before this footage
		if late := g.Span.From.Sub(f.over); f.over != 0 && ill && (late < -soon || late > resumePatience) {
			t.Errorf("footage goes on %v after the fault was over", late)
		}
		ends := f.begun
		if all[i+1].Reason == nvr.NotRunning {
			ends = closed
		}
		if off := g.Span.To.Sub(ends); off.Abs() > soon {
			t.Errorf("footage ends %v from when it should", off)
		}
	}
}

// sizes checks that the camera that changed its picture is recorded in both sizes.
func sizes(t *testing.T, s *datadir.Dir, faults []fault) {
	t.Helper()
	for _, f := range faults {
		if f.name != "another picture" {
			continue
		}
		segments, err := s.Catalog.Segments(t.Context(), f.stream, nvr.Span{From: f.begun.Add(-time.Hour), To: nvr.Now()})
		if err != nil {
			t.Fatal(err)
		}
		var widths []int
		for _, segment := range segments {
			init, err := s.Player.Init(t.Context(), segment.Init)
			if err != nil {
				t.Fatal(err)
			}
			if w := init.Format.Video().Width; len(widths) == 0 || widths[len(widths)-1] != w {
				widths = append(widths, w)
			}
		}
		if len(widths) != 2 || widths[0] != 1280 || widths[1] != 480 {
			t.Errorf("pictures are %v wide", widths)
		}
	}
}

// illnesses returns a healthy camera and all the others.
func illnesses(t *testing.T) []fault {
	t.Helper()
	camera := func(sim *rtspsim.Server) household.CameraInput {
		return household.CameraInput{URL: sim.URL("door")}
	}
	trouble := func(sim *rtspsim.Server, bad rtspsim.Trouble) func() {
		return func() {
			if err := sim.Trouble("door", bad); err != nil {
				t.Error(err)
			}
		}
	}
	healthy := func() *rtspsim.Server { return simulate(t, "127.0.0.1:0", rtspsim.Options{}) }
	all := []fault{{name: "healthy", camera: camera(healthy()), story: "starting footage not_running"}}

	killed := healthy()
	address := killed.Addr()
	all = append(all, fault{
		name: "killed", camera: camera(killed), reason: nvr.Unreachable,
		begin: killed.Close, end: func() { simulate(t, address, rtspsim.Options{}) },
		story: "starting footage unreachable (refused )?footage not_running", // it may be asked before it knows its clip
	})

	cable := lay(t, healthy().Addr())
	all = append(all, fault{
		name: "cut off", camera: household.CameraInput{URL: "rtsp://" + cable.listener.Addr().String() + "/door"}, reason: nvr.Unreachable,
		begin: cable.cut, end: cable.mend, story: "starting footage (no_picture )?unreachable footage not_running",
	})

	locked := simulate(t, "127.0.0.1:0", rtspsim.Options{User: "admin", Password: "let me in"})
	wrong := camera(locked)
	wrong.User, wrong.Password = "admin", "open sesame"
	all = append(all, fault{name: "wrong password", camera: wrong, reason: nvr.WrongPassword, story: "starting wrong_password not_running"})
	t.Cleanup(func() {
		if n := locked.Describes(); n > 2 { // without a password, and with
			t.Errorf("a camera that refused the password was asked %d times", n)
		}
	})

	all = append(all, fault{
		name: "no camera", camera: household.CameraInput{URL: "rtsp://" + babble(t) + "/door"}, reason: nvr.BadStream,
		story: "starting bad_stream not_running",
	})

	garbage := healthy()
	trouble(garbage, rtspsim.Trouble{Describe: "\x00\xff\x1b[2J garbage" + strings.Repeat(" and more", 1000)})()
	all = append(all, fault{
		name: "garbage", camera: camera(garbage), reason: nvr.BadStream,
		end: trouble(garbage, rtspsim.Trouble{}), story: "starting bad_stream footage not_running",
	})

	keyless := healthy()
	trouble(keyless, rtspsim.Trouble{NoKeyFrames: true})()
	all = append(all, fault{
		name: "no key frames", camera: camera(keyless), reason: nvr.NoPicture,
		end: trouble(keyless, rtspsim.Trouble{}), story: "starting no_picture footage not_running",
	})

	frozen := healthy()
	all = append(all, fault{
		name: "frozen", camera: camera(frozen), reason: nvr.NoPicture,
		begin: trouble(frozen, rtspsim.Trouble{Freeze: true}), end: trouble(frozen, rtspsim.Trouble{}),
		story: "starting footage no_picture footage not_running",
	})

	changing := healthy()
	all = append(all, fault{
		name: "another picture", camera: camera(changing),
		begin: func() { play(t, changing, porch.Door().Sub) },
		story: "starting footage (stream_changed footage )?not_running",
	})
	return append(all, unplugged(t)...)
}

// simulate starts a simulated doorbell.
func simulate(t *testing.T, address string, o rtspsim.Options) *rtspsim.Server {
	t.Helper()
	sim, err := rtspsim.Listen(address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sync.OnceFunc(sim.Close))
	play(t, sim, porch.Door().Main)
	return sim
}

func play(t *testing.T, sim *rtspsim.Server, file []byte) {
	t.Helper()
	clip, err := rtspsim.LoadClip(file)
	if err == nil {
		err = sim.Play("door", clip)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// babble answers everything with garbage.
func babble(t *testing.T) string {
	t.Helper()
	l := listen(t)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1024)) // whatever was asked
			_, _ = io.WriteString(conn, "220 printer ready\r\n\x00\xff\r\n\r\n")
			conn.Close()
		}
	}()
	return l.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// cable is a network in front of a camera that can be cut: what is sent
// meanwhile waits, as it does in TCP, and nobody is told.
type cable struct {
	listener  net.Listener
	mu        sync.RWMutex // held while the cable is cut
	cut, mend func()
}

func lay(t *testing.T, to string) *cable {
	t.Helper()
	c := &cable{listener: listen(t)}
	c.cut, c.mend = c.mu.Lock, sync.OnceFunc(c.mu.Unlock)
	go func() {
		for {
			near, err := c.listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				near.Close()
				continue
			}
			go c.forward(near, far)
			go c.forward(far, near)
		}
	}()
	return c
}

// forward ends when either side does.
func (c *cable) forward(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		c.mu.RLock()
		_, err = to.Write(b[:n])
		c.mu.RUnlock()
		if err != nil {
			return
		}
	}
}

// unplugged is a camera at the end of a real network, which takes root to
// make: a network namespace whose link is taken down.
func unplugged(t *testing.T) []fault {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Log("not root: no network is unplugged")
		return nil
	}
	const near, far = "10.213.77.1", "10.213.77.2"
	space := fmt.Sprintf("nvrd%d", os.Getpid())
	ip := func(line string) error {
		out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("ip %s: %w: %s", line, err, out)
		}
		return nil
	}
	if err := ip("netns add " + space); err != nil {
		t.Logf("no network is unplugged: %v", err) // a container without the right to
		return nil
	}
	t.Cleanup(func() {
		if err := ip("netns del " + space); err != nil {
			t.Error(err)
		}
	})
	must := func(lines ...string) {
		t.Helper()
		for _, line := range lines {
			if err := ip(line); err != nil {
				t.Error(err)
			}
		}
	}
	must("link add "+space+" type veth peer name camera netns "+space,
		"addr add "+near+"/30 dev "+space, "link set "+space+" up",
		"-n "+space+" addr add "+far+"/30 dev camera", "-n "+space+" link set camera up")
	address := far + ":8554"
	background(t, exec.Command("ip", "netns", "exec", space, "doorbell", address))
	eventually(t, time.Minute, func() bool {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return false
		}
		conn.Close()
		return true
	}, func() string { return "a camera answers at " + address })
	return []fault{{
		name: "unplugged", camera: household.CameraInput{URL: "rtsp://" + address + "/door"}, reason: nvr.Unreachable,
		begin: func() { must("-n " + space + " link set camera down") },
		end:   func() { must("-n " + space + " link set camera up") },
		story: "starting footage (no_picture )?unreachable footage not_running",
	}}
}

// serveDoorbell is the program "doorbell": a simulated one at the address that
// is its argument, until it is killed.
func serveDoorbell() {
	sim, err := rtspsim.Listen(os.Args[1], rtspsim.Options{})
	if err == nil {
		var clip rtspsim.Clip
		if clip, err = rtspsim.LoadClip(porch.Door().Main); err == nil {
			err = sim.Play("door", clip)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	select {}
}
