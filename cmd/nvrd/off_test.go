package main

import (
	"encoding/json"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"nvrd/pkg/nvr"
)

// TestOffMeansOff: a home that records and never turned the neighborhood on sends
// nothing, listens for its pages and their live pictures only, keeps no file of it and runs none of it.
// The same eyes see packets and sockets once it is on, and after it left there
// are none again.
func TestOffMeansOff(t *testing.T) {
	t.Parallel()
	if !alone(t) {
		return
	}
	const page, camera = "127.0.0.1:28490", "127.0.0.1:28554"
	data := t.TempDir()
	background(t, exec.CommandContext(t.Context(), "doorbell", camera))
	output(t, "nvrd", "camera", "add", "--data", data, "--name", "Front door", "--url", "rtsp://"+camera+"/door")
	left := listenWAN(t)

	home := exec.CommandContext(t.Context(), "nvrd", "run", "--data", data, "--listen", page)
	said := background(t, home)
	seen := map[string]bool{}
	records(t, data, 10*time.Second, func() {
		for _, s := range sockets(t) {
			seen[s] = true
		}
	})
	if at := slices.Sorted(maps.Keys(seen)); !slices.Equal(at, []string{"tcp " + page, "tcp " + camera, "udp " + page}) {
		t.Errorf("a home that is off listens at %q", at)
	}
	if p := left.packets(); len(p) > 0 {
		t.Errorf("a home that is off sent %d packets, the first %x", len(p), p[0])
	}
	if kept, err := filepath.Glob(filepath.Join(data, "neighborhood*")); err != nil || len(kept) > 0 {
		t.Errorf("a home that is off keeps %q: %v", kept, err)
	}
	if who := federating(t, home, said); len(who) > 0 {
		t.Errorf("in a home that is off there runs %q", who)
	}

	home = exec.CommandContext(t.Context(), "nvrd", "run", "--data", data, "--listen", page)
	said = background(t, home)
	eventually(t, time.Minute, func() bool { return exec.Command("nvrd", "neighborhood", "on", "--listen", page).Run() == nil }, func() string { return "it is turned on" })
	output(t, "nvrd", "neighborhood", "found", "--listen", page, "--title", "Elm Street", "--home", "Anna")
	eventually(t, time.Minute, func() bool { return len(left.packets()) > 0 && len(sockets(t)) > 5 }, func() string {
		return "a home that is on looks for others: " + strings.Join(sockets(t), ", ")
	})
	output(t, "nvrd", "neighborhood", "leave", "--listen", page, "--neighborhood", "Elm Street")
	eventually(t, time.Minute, func() bool { return len(sockets(t)) == 3 }, func() string {
		return "a home that left has no sockets: " + strings.Join(sockets(t), ", ")
	})
	// What waits for another neighborhood is seen where it runs; sockets it has none.
	if who := federating(t, home, said); !slices.Equal(who, []string{"nvrd/federation/online"}) {
		t.Errorf("in a home that left there runs %q", who)
	}
}

// records waits until so much is recorded, and looks at something meanwhile.
func records(t *testing.T, data string, length time.Duration, look func()) {
	t.Helper()
	var said []byte
	eventually(t, time.Minute, func() bool {
		look()
		now := nvr.Now()
		said, _ = exec.Command("nvrd", "timeline", "--data", data, "--camera", "Front door", "--from", now.Add(-time.Hour).String(), "--to", now.Add(time.Minute).String(), "--json").Output()
		var line []struct {
			From, To nvr.Time
			Kind     string
		}
		_ = json.Unmarshal(said, &line) // nothing is recorded yet
		var recorded time.Duration
		for _, s := range line {
			if s.Kind == "footage" {
				recorded += s.To.Sub(s.From)
			}
		}
		return recorded >= length
	}, func() string { return "footage of " + length.String() + ": " + string(said) })
}

// federating ends a program, and tells which of its goroutines were in the
// network of neighbors or what that is made of.
func federating(t *testing.T, program *exec.Cmd, said func() string) (who []string) {
	t.Helper()
	if err := program.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	_ = program.Wait() // it ends with what all goroutines do
	dump := said()
	if !strings.Contains(dump, "appliance.") {
		t.Fatalf("it does not tell what runs: %s", dump)
	}
	for _, one := range strings.Split(dump, "\n\n") {
		if of := regexp.MustCompile(`nvrd/federation/[a-z]+|github\.com/libp2p/[a-z0-9-]+|github\.com/quic-go/[a-z-]+`).FindString(one); of != "" {
			who = append(who, of)
		}
	}
	slices.Sort(who)
	return slices.Compact(who)
}
