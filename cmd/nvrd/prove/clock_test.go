package prove_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
)

// ahead is how far the clock of the machine is ahead until it finds its time
// server: its hardware clock is in local time.
const ahead = 2 * time.Hour

// TestClockOfTheProgram has the real program start two hours ahead, find its
// time server while it records, be killed, and start two hours ahead again. The
// kernel's clock is right all the while, so that files tell when they were
// really written.
//
// The program is built with a package time that adds what a file says to what
// the kernel says; all of the standard library is compiled for that. A goroutine
// reads the file: timers ask for the time where no system call may be made.
func TestClockOfTheProgram(t *testing.T) {
	if !*torture {
		t.Skip("takes minutes to build; see make torture")
	}
	data := scratch(t)
	clock := filepath.Join(t.TempDir(), "clock")
	set := func(by time.Duration) {
		if err := os.WriteFile(clock+".new", []byte(strconv.Itoa(int(by.Seconds()))), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(clock+".new", clock); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("SET_CLOCK", clock)
	program := buildWithClock(t)
	streams := simulate(t, data, 2)

	var misdated int
	for range 2 {
		began := nvr.Now()
		set(ahead)
		running := start(t, program, data)
		eventually(t, time.Minute, "the future is recorded", func() bool { return recorded(t, data, streams, began.Add(ahead)) })
		<-time.After(5 * time.Second)
		set(0)
		back := nvr.Now()
		eventually(t, time.Minute, "the present is recorded", func() bool { return recordedIn(t, data, streams, nvr.Span{From: back, To: back.Add(time.Hour)}) })
		<-time.After(5 * time.Second)
		if err := running.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = running.Wait() // it was killed

		killed := nvr.Now()
		running = start(t, program, data)
		eventually(t, time.Minute, "it is recorded again", func() bool { return recordedIn(t, data, streams, nvr.Span{From: killed, To: killed.Add(time.Hour)}) })
		<-time.After(3 * time.Second)
		if err := running.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := running.Wait(); err != nil {
			t.Fatal(err)
		}
		misdated++
		for _, a := range contract(t, data, proof{plays: true}) {
			future := 0
			for _, s := range a.segments {
				info, err := os.Stat(filepath.Join(data, "footage", footage.Path(a.id, s.Span.From)))
				if err != nil {
					t.Fatal(err)
				}
				off := s.Span.To.Sub(nvr.TimeOf(info.ModTime()))
				if off > time.Hour {
					future++
					off -= ahead
				}
				if off.Abs() > 5*time.Second {
					t.Errorf("%s: footage up to %s was written at %s", a.id, s.Span.To, info.ModTime())
				}
			}
			if future != misdated || len(a.segments) < 3*misdated {
				t.Errorf("%s: %d of %d segments are dated ahead, want %d, one for each start", a.id, future, len(a.segments), misdated)
			}
		}
	}
}

// recordedIn tells whether there is footage of all streams that began in a span.
func recordedIn(t *testing.T, data string, streams []nvr.StreamID, span nvr.Span) bool {
	t.Helper()
	home, err := homeOf(filepath.Join(data, "footage"))
	if err != nil {
		return false
	}
	d, err := footage.Open(filepath.Join(data, "footage"), home, nil)
	if err != nil {
		return false
	}
	defer d.Close()
	for _, id := range streams {
		starts, err := d.List(id, span.From)
		if err != nil || len(starts) == 0 || starts[0] >= span.To {
			return false
		}
	}
	return true
}

// setBy is what package time gets beside its own files.
const setBy = `package time

import (
	"sync/atomic"
	"syscall"
)

var clockSet atomic.Int64

// setBy returns by how many seconds the clock is set.
func setBy() int64 { return clockSet.Load() }

func init() {
	if path, ok := syscall.Getenv("SET_CLOCK"); ok {
		readClock(path)
		go func() {
			for {
				Sleep(5 * Millisecond)
				readClock(path)
			}
		}()
	}
}

func readClock(path string) {
	fd, err := open(path)
	if err != nil {
		return
	}
	defer closefd(fd)
	var text [32]byte
	n, _ := read(fd, text[:])
	by := int64(0)
	for _, b := range text[:max(n, 0)] {
		by = by*10 + int64(b-'0')
	}
	clockSet.Store(by)
}
`

// buildWithClock builds the program with a clock that can be set.
func buildWithClock(t *testing.T) string {
	t.Helper()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir, library := t.TempDir(), filepath.Join(strings.TrimSpace(string(root)), "src", "time")
	source, err := os.ReadFile(filepath.Join(library, "time.go"))
	if err != nil {
		t.Fatal(err)
	}
	const reads = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	patched := strings.Replace(string(source), reads, reads+"\tsec += setBy()\n", 1)
	if patched == string(source) {
		t.Fatalf("package time of %s does not read the clock as this test thinks", runtime.Version())
	}
	overlay := map[string]map[string]string{"Replace": {}}
	for name, content := range map[string]string{"time.go": patched, "setby.go": setBy} {
		overlay["Replace"][filepath.Join(library, name)] = filepath.Join(dir, name)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), list, 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "nvrd")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", path, "nvrd/cmd/nvrd").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}
