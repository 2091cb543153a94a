package online_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"nvrd/federation/api"
)

// What ships takes part from behind a router: two homes run the program, on the
// ports and addresses that it takes by itself, and are spoken to by its command
// line and its pages. Nothing of them is set up but the data directory.
func TestProgramBehindNAT(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program")
	}
	t.Parallel()
	s := pave(t)
	path := build(t)
	anna := s.install(path, s.open("anna", "44.0.1.1", ""))
	ben := s.install(path, s.behind("r2", "44.0.2.1", masquerade, "ben")[0])
	anna.command("", "on")
	anna.command("", "found", "--title", "Elm Street", "--home", "Anna")
	ben.command("", "on")
	invite := anna.command("", "invite")

	began := time.Now()
	ben.command(invite, "join", "--home", "Ben")
	ben.await("Ben is in and linked", 20*time.Second, func(s api.Status) bool {
		return len(s.In) == 1 && s.In[0].Home == "Ben" && s.In[0].Homes == 2 && s.In[0].Direct == 1
	})
	t.Logf("Ben is in %.1f s after he asked", time.Since(began).Seconds())
	if got := anna.command("", "members"); !strings.Contains(got, "Anna, steward") || !strings.Contains(got, "Ben, since") {
		t.Errorf("Anna's members are\n%s", got)
	}

	began = time.Now()
	anna.post("the tree on the corner is down")
	ben.reads("the tree on the corner is down")
	ben.post("thanks, I go another way")
	anna.reads("thanks, I go another way")
	t.Logf("both have read each other %.1f s after Anna wrote", time.Since(began).Seconds())
}

// built is the program, built once for all tests and kept: where nothing changed it
// is not linked again.
var built = sync.OnceValues(func() (string, error) {
	path, err := filepath.Abs(filepath.Join("..", "..", "build", "online", "nvrd"))
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

// build builds the program that ships.
func build(t *testing.T) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// installed is a running nvrd in a network of its own.
type installed struct {
	t                 *testing.T
	path, space, data string
	browser           http.Client
	cmd               *exec.Cmd // while it runs
}

const pages = "http://127.0.0.1:8080"

// install runs the program in a network until the test ends.
func (s *street) install(path, space string, more ...string) *installed {
	s.t.Helper()
	p := &installed{t: s.t, path: path, space: space, data: s.t.TempDir()}
	s.t.Cleanup(func() { p.stop() })
	p.browser.Transport = &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		return dialFrom(ctx, space, network, address)
	}}
	p.start(more...)
	return p
}

func (p *installed) start(more ...string) {
	p.t.Helper()
	p.cmd = p.run(append([]string{"run", "--data", p.data}, more...)...)
	p.cmd.Stderr = p.t.Output()
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.until("the pages are there", 30*time.Second, func() bool {
		r, err := p.browser.Get(pages + "/api/v1/neighborhoods")
		if err != nil {
			return false
		}
		return r.Body.Close() == nil
	})
}

func (p *installed) stop() {
	p.t.Helper()
	p.browser.CloseIdleConnections()
	_ = p.cmd.Process.Signal(os.Interrupt) // if it has ended, Wait says so
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the program in %s: %v", p.space, err)
	}
}

// run is the program in its network. [exec.Cmd.Process] is the program itself.
func (p *installed) run(args ...string) *exec.Cmd {
	return exec.Command("ip", append([]string{"netns", "exec", p.space, p.path}, args...)...) //nolint:noctx // it is told to end
}

// command has the command line say something of the neighborhood.
func (p *installed) command(in string, args ...string) string {
	p.t.Helper()
	cmd := p.run(append([]string{"neighborhood"}, args...)...)
	var out, failed bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(in), &out, &failed
	if err := cmd.Run(); err != nil {
		p.t.Fatalf("nvrd neighborhood %s: %v: %s", args[0], err, &failed)
	}
	return out.String()
}

func (p *installed) status() (s api.Status) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(p.command("", "status", "--json")), &s); err != nil {
		p.t.Fatal(err)
	}
	return s
}

func (p *installed) await(what string, within time.Duration, is func(api.Status) bool) {
	p.t.Helper()
	p.until(what, within, func() bool { return is(p.status()) })
}

func (p *installed) until(what string, within time.Duration, is func() bool) {
	p.t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(within); !is(); {
		select {
		case <-tick.C:
		case <-late:
			p.t.Fatalf("after %v it is not yet so that %s\n%s", within, what, p.command("", "status"))
		}
	}
}

// street is the address of the pages of the only neighborhood.
func (p *installed) street() string {
	p.t.Helper()
	return pages + "/street/" + p.status().In[0].Name[:16]
}

// post fills in the form of a post.
func (p *installed) post(happened string) {
	p.t.Helper()
	r, err := p.browser.PostForm(p.street()+"/new", url.Values{"happened": {happened}, "category": {"hazard"}})
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK || strings.HasSuffix(r.Request.URL.Path, "/new") {
		p.t.Fatalf("the form of a post answers %s at %s", r.Status, r.Request.URL)
	}
}

// reads waits until a text stands on the page of the feed.
func (p *installed) reads(text string) {
	p.t.Helper()
	p.until("the feed shows "+text, 20*time.Second, func() bool { return strings.Contains(p.page(p.street()), text) })
}

func (p *installed) page(address string) string {
	p.t.Helper()
	r, err := p.browser.Get(address)
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r.Body); err != nil {
		p.t.Fatal(err)
	}
	return b.String()
}

// dialFrom dials out of a network: a socket belongs to the one its thread was
// in. The thread is not used again, since its goroutine ends locked to it.
func dialFrom(ctx context.Context, space, network, address string) (conn net.Conn, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		f, e := os.Open("/run/netns/" + space)
		if e != nil {
			err = e
			return
		}
		defer f.Close()
		if err = unix.Setns(int(f.Fd()), unix.CLONE_NEWNET); err != nil {
			return
		}
		var d net.Dialer
		conn, err = d.DialContext(ctx, network, address)
	}()
	<-done
	return conn, err
}
