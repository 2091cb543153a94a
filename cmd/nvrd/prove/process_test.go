package prove_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// processQuantities are what must not grow of a process; see quantities. Its
// memory is what the kernel counts, a third and 12 MiB more at most: what the
// collector gives back late. Threads wait in calls to a disk that stalls, and
// are kept then. Descriptors are those of connections, too.
var processQuantities = []quantity{
	{"resident memory", func(r reading) int64 { return r.heap }, 1.33, 12 << 20},
	{"threads", func(r reading) int64 { return r.goroutines }, 1.5, 8},
	{"descriptors", func(r reading) int64 { return r.files }, 1.2, 12},
}

// TestProcessSoak runs the real program for ten minutes, with four cameras,
// people who watch, and a fault every few seconds.
func TestProcessSoak(t *testing.T) {
	if !*torture {
		t.Skip("takes ten minutes: make torture")
	}
	t.Parallel()
	program := build(t)
	disk := newMount(t)
	disk.hush()
	data := scratch(t)
	if err := os.Symlink(disk.dir, filepath.Join(data, "footage")); err != nil {
		t.Fatal(err)
	}
	p := newProcess(t, program, data, disk)
	var readings []reading
	for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); {
		name, over := p.fault()
		p.visit()
		<-time.After(time.Duration(1+p.random.IntN(4)) * time.Second)
		over()
		<-time.After(6 * time.Second) // until all is well
		p.hangUp()
		<-time.After(time.Second)
		readings = append(readings, p.measure())
		r := readings[len(readings)-1]
		t.Logf("%-22s %6d KiB resident, %d threads, %d descriptors", name, r.heap>>10, r.goroutines, r.files)
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the program ends with %v", err)
	}
	for _, grown := range growth(processQuantities, readings) {
		t.Error("this grows:", grown)
	}
	if all := contract(t, data, proof{plays: true}); len(all) != 2*soakCameras {
		t.Errorf("%d streams are accounted for, want %d", len(all), 2*soakCameras)
	}
}

// process is the program, its disk, its cameras, and who watches them.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	address string
	data    string
	disk    *mount // of the footage
	sim     *rtspsim.Server
	random  *rand.Rand
	cut     context.CancelFunc // of the visitors
	gone    sync.WaitGroup
}

func newProcess(t *testing.T, program, data string, disk *mount) *process {
	t.Helper()
	p := &process{t: t, data: data, disk: disk, random: rand.New(rand.NewPCG(10, 11))}
	p.listen("127.0.0.1:0")
	t.Cleanup(func() { p.sim.Close() })
	home, err := household.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	for i := range soakCameras {
		c := household.CameraInput{Name: fmt.Sprint("camera ", i), URL: p.sim.URL(fmt.Sprint("main", i)), SubURL: p.sim.URL(fmt.Sprint("sub", i))}
		if _, err := home.AddCamera(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if err := home.Close(); err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.address = free.Addr().String()
	free.Close()
	p.cmd = startAt(t, program, data, p.address)
	eventually(t, 30*time.Second, "the pages are there", func() bool {
		conn, err := net.DialTimeout("tcp", p.address, time.Second)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return p
}

// listen makes cameras at an address.
func (p *process) listen(address string) {
	p.t.Helper()
	sim, err := rtspsim.Listen(address, rtspsim.Options{})
	if err != nil {
		p.t.Fatal(err)
	}
	p.sim = sim
	clip, err := rtspsim.LoadClip(porch.Door().Sub)
	if err != nil {
		p.t.Fatal(err)
	}
	for i := range soakCameras {
		for _, q := range []string{"main", "sub"} {
			if err := sim.Play(fmt.Sprint(q, i), clip); err != nil {
				p.t.Fatal(err)
			}
		}
	}
}

// fault draws a fault, and returns how to end it.
func (p *process) fault() (name string, over func()) {
	path := fmt.Sprint("main", p.random.IntN(soakCameras))
	trouble := func(trouble rtspsim.Trouble) func() {
		if err := p.sim.Trouble(path, trouble); err != nil {
			p.t.Error(err)
		}
		return func() {
			if err := p.sim.Trouble(path, rtspsim.Trouble{}); err != nil {
				p.t.Error(err)
			}
		}
	}
	ill := func(f fault) func() {
		p.disk.suffer(f)
		return func() { p.disk.suffer(fault{}) }
	}
	faults := []struct {
		name  string
		begin func() func()
	}{
		{"connections break", func() func() { p.sim.Disconnect(); return func() {} }},
		{"cameras are away", func() func() {
			at := p.sim.Addr()
			p.sim.Close()
			return func() { p.listen(at) }
		}},
		{"camera refuses", func() func() { p.sim.Disconnect(); return trouble(rtspsim.Trouble{Status: 503}) }},
		{"picture freezes", func() func() { return trouble(rtspsim.Trouble{Freeze: true}) }},
		{"packets are lost", func() func() { return trouble(rtspsim.Trouble{DropEvery: 7}) }},
		{"camera talks nonsense", func() func() { p.sim.Disconnect(); return trouble(rtspsim.Trouble{Describe: "garbage"}) }},
		{"disk is full", func() func() { return ill(fault{On: "write", Errno: syscall.ENOSPC}) }},
		{"disk fails to sync", func() func() { return ill(fault{On: "sync", Files: ".mp4", Errno: syscall.EIO}) }},
		{"disk is read-only", func() func() { return ill(fault{On: "all", Errno: syscall.EROFS}) }},
		{"disk stalls", func() func() { return ill(fault{On: "any", Stall: true}) }},
		{"catalog is locked", p.lock},
		{"nothing is wrong", func() func() { return func() {} }},
	}
	f := faults[p.random.IntN(len(faults))]
	return f.name, f.begin()
}

// lock has another program hold the catalog, for longer than others wait.
func (p *process) lock() (over func()) {
	p.t.Helper()
	cmd := exec.Command("sqlite3", filepath.Join(p.data, "catalog.db"))
	in, err := cmd.StdinPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	if _, err := io.WriteString(in, ".timeout 5000\nBEGIN IMMEDIATE;\n"); err != nil {
		p.t.Fatal(err)
	}
	return func() {
		<-time.After(11 * time.Second)
		in.Close()
		_ = cmd.Wait() // rolls back
	}
}

// visit has people watch live pictures, look back, save footage and go away in
// the middle.
func (p *process) visit() {
	ctx, cut := context.WithCancel(p.t.Context())
	p.cut = cut
	now := nvr.Now()
	span := url.Values{"from": {now.Add(-5 * time.Minute).String()}, "to": {now.String()}}.Encode()
	client := &http.Client{Transport: &http.Transport{}}
	camera := fmt.Sprintf("http://%s/api/v1/cameras/%d", p.address, 1+p.random.IntN(soakCameras))
	for _, path := range []string{
		camera + "/live.mp4", camera + "/live.mp4?stream=sub", "http://" + p.address + "/api/v1/states",
		camera + "/export.mp4?" + span, camera + "/playlist.m3u8?" + span, camera + "/timeline?" + span, camera + "/picture.mp4", "http://" + p.address + "/",
	} {
		p.gone.Go(func() {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, path, nil)
			if err != nil {
				p.t.Error(err)
				return
			}
			answer, err := client.Do(r)
			if err != nil {
				return // it was cut, or waited for a disk
			}
			defer answer.Body.Close()
			_, _ = io.Copy(io.Discard, answer.Body)
		})
	}
	p.gone.Go(func() {
		<-ctx.Done()
		client.CloseIdleConnections()
	})
}

// hangUp has the visitors go.
func (p *process) hangUp() {
	p.cut()
	p.gone.Wait()
}

var statusLine = regexp.MustCompile(`(?m)^(VmRSS|Threads):\s+(\d+)`)

// measure asks the kernel what the program takes.
func (p *process) measure() (r reading) {
	p.t.Helper()
	of := fmt.Sprintf("/proc/%d/", p.cmd.Process.Pid)
	status, err := os.ReadFile(of + "status")
	if err != nil {
		p.t.Fatal(err)
	}
	for _, m := range statusLine.FindAllSubmatch(status, -1) {
		n, err := strconv.ParseInt(string(m[2]), 10, 64)
		if err != nil {
			p.t.Fatal(err)
		}
		if string(m[1]) == "Threads" {
			r.goroutines = n
		} else {
			r.heap = n << 10
		}
	}
	open, err := os.ReadDir(of + "fd")
	if err != nil {
		p.t.Fatal(err)
	}
	r.files = int64(len(open))
	return r
}
