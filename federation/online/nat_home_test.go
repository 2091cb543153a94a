package online_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nvrd/federation/node"
	"nvrd/federation/online"
	"nvrd/federation/wire"
)

// An order tells a process of homes what one of them is to do.
type order struct {
	Home string // a name; who has none yet begins
	Do   string // found, invite, join, say, tell
	Text string
}

// report is how a home stands after that.
type report struct {
	Error   string
	Invite  string
	Members []string
	Linked  map[string]node.Way // by name
	Said    []string
	RSS     int     // KiB of the process
	CPU     float64 // seconds of the process
}

// natEnv has the test's program be homes: in its value lie their directories.
const natEnv = "STOOP_NAT_HOMES"

func TestMain(m *testing.M) {
	if dir := os.Getenv(natEnv); dir != "" {
		if err := serveHomes(dir, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serveHomes does what it is ordered until there is nothing more to read.
func serveHomes(dir string, in io.Reader, out io.Writer) (err error) {
	homes := map[string]*online.Online{}
	defer func() {
		for _, h := range homes {
			err = errors.Join(err, h.Close())
		}
	}()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	orders, reports := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var o order
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if homes[o.Home] == nil {
			at := filepath.Join(dir, o.Home)
			if err := os.MkdirAll(at, 0o700); err != nil {
				return err
			}
			h, err := online.Open(online.Config{Dir: at, Log: log.With("home", o.Home)})
			if err != nil {
				return err
			}
			homes[o.Home] = h
			if err := h.TurnOn(); err != nil {
				return err
			}
		}
		r, err := obey(homes[o.Home], o)
		if err != nil {
			r.Error = err.Error()
		}
		if err := reports.Encode(r); err != nil {
			return err
		}
	}
}

func obey(h *online.Online, o order) (report, error) {
	switch o.Do {
	case "found":
		_, err := h.All().Found("Elm Street", o.Home, policy)
		return report{}, err
	case "join":
		_, err := h.All().Join(o.Text, o.Home)
		return report{}, err
	}
	in := h.All().In()
	if len(in) == 0 {
		return report{}, nil
	}
	m := in[0]
	switch o.Do {
	case "invite":
		v, err := h.Invite(m, 7, wire.Key{})
		if err != nil {
			return report{}, err
		}
		text, err := v.Text()
		return report{Invite: text}, err
	case "say":
		_, err := m.Post(wire.Post{Category: wire.CategoryThanks, Happened: o.Text}, 0)
		return report{}, err
	}
	r := report{Linked: map[string]node.Way{}, RSS: rss(), CPU: cpu()}
	if told := told(m); told != "" {
		r.Said = strings.Split(told, "; ")
	}
	linked := h.Linked(m)
	for _, who := range m.State().Members {
		r.Members = append(r.Members, who.Card.Name)
		if way, ok := linked[who.Card.Node]; ok {
			r.Linked[who.Card.Name] = way
		}
	}
	return r, nil
}

// rss is what this process holds in memory, in KiB.
func rss() (kib int) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if n, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			_, _ = fmt.Sscan(n, &kib)
		}
	}
	return kib
}

// cpu is what this process took of a processor, in seconds.
func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// place is a process of homes in a network of its own.
type place struct {
	t  *testing.T
	mu sync.Mutex
	to *json.Encoder
	by *json.Decoder
}

// move starts a process of homes in a network.
func move(t *testing.T, space string) *place {
	t.Helper()
	cmd := exec.Command("ip", "netns", "exec", space, absolute(t, os.Args[0])) //nolint:noctx // it ends when its input does
	cmd.Env = append(os.Environ(), natEnv+"="+t.TempDir(), "GORACE=suppressions="+absolute(t, "testdata/race.supp"))
	cmd.Stderr = t.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()                  // then it ends
		_, _ = io.Copy(io.Discard, out) // until it has
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", space, err)
		}
	})
	return &place{t: t, to: json.NewEncoder(in), by: json.NewDecoder(bufio.NewReader(out))}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// do has a home do something.
func (p *place) do(home, what, text string) report {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	var r report
	if err := errors.Join(p.to.Encode(order{home, what, text}), p.by.Decode(&r)); err != nil {
		p.t.Fatalf("%s, %s: %v", home, what, err)
	}
	if r.Error != "" {
		p.t.Fatalf("%s, %s: %s", home, what, r.Error)
	}
	return r
}
