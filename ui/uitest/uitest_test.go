// Package uitest starts the real program with simulated doorbells and looks
// at its pages in real browsers. What is asserted stands in the *.test.mjs
// files beside it; screenshots are kept in build/screenshots.
package uitest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

const root = "../.."

// patience bounds everything that is waited for at the start: a cold build
// takes 90 s on two cores.
const patience = 5 * time.Minute

func TestBrowsers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts browsers: takes ten minutes")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	// npm ci only if it was not done: the registry may be out of reach.
	need(ctx, t, ".", "node_modules", "npm", "ci", "--no-audit", "--no-fund")
	need(ctx, t, root+"/ui/static", "node_modules", "npm", "ci", "--no-audit", "--no-fund")
	command(ctx, t, root+"/ui/static", "npm", "run", "--silent", "build")
	file := build(ctx, t)

	// Two at a time on two cores: much of a story is waiting. Long ones begin.
	story := func(name string, tell func(t *testing.T)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t)
		})
	}
	run := func(t *testing.T, more ...string) *program {
		t.Helper()
		return launch(t, file, append([]string{"run", "--listen", free(t), "--data", t.TempDir()}, more...)...)
	}
	demo := func(t *testing.T, more ...string) string {
		t.Helper()
		p := launch(t, file, append([]string{"demo", "--no-visitor", "--listen", free(t), "--data", t.TempDir()}, more...)...)
		return "STOOP_URL=" + p.listen
	}

	story("share", func(t *testing.T) {
		data := t.TempDir()
		at := demo(t, "--homes", "3", "--agency", "--data", data)
		browse(t, "share", at)
		office := filepath.Join(data, "agency") // by now it asked
		browse(t, "agency", at, "STOOP_PROGRAM="+file, "STOOP_AGENCY="+office, "STOOP_KEPT="+kept(t, filepath.Join(office, "agency.db")))
	})
	story("stories", func(t *testing.T) { stories(t, file) })
	for _, name := range []string{"chromium", "firefox", "modes", "motion", "replies", "alerts", "bell", "ring", "ringing"} {
		story(name, func(t *testing.T) { browse(t, name, demo(t)) })
	}
	for _, name := range []string{"street", "street-firefox"} {
		story(name, func(t *testing.T) {
			at := demo(t, "--homes", "2")
			browse(t, name, at, "STOOP_ALONE="+run(t, "--neighbor-port", "0").listen)
		})
	}
	story("talk", func(t *testing.T) { talk(t, file) })
	story("talk-firefox", func(t *testing.T) { talkFirefox(t, file) })
	story("key", func(t *testing.T) {
		p := run(t, "--listen", everywhere(t), "--access-key-file", keyFile(t))
		browse(t, "key", "STOOP_URL="+p.listen, "STOOP_KEY="+key, "STOOP_STAGE="+stage(t, things{"program": p}))
	})
	story("trust", func(t *testing.T) { trust(t, file) })
	story("live", func(t *testing.T) {
		door := porch.Door()
		clips := map[string]rtspsim.Clip{"main": clip(t, door.Main), "sub": clip(t, door.Sub)}
		visitor := camera(t, rtspsim.Options{}, clips)
		locked := camera(t, rtspsim.Options{User: "admin", Password: "right"}, clips)
		p := run(t)
		urls := cameras(t, map[string]string{"visitor": "rtsp://" + visitor.address, "locked": "rtsp://" + locked.address})
		// Of the visitor the large stream has 280 kb/s, the small one 115.
		slow := narrowing(t, p, 190_000/8)
		browse(t, "live", "STOOP_URL="+p.listen, "STOOP_LINK="+slow.listen, urls, "STOOP_STAGE="+stage(t, things{"visitor": visitor, "microphone": microphone{visitor}, "link": slow}))
	})
	for _, name := range []string{"rtc", "wall", "windows"} {
		story(name, func(t *testing.T) {
			door := porch.Door()
			visitor := camera(t, rtspsim.Options{}, map[string]rtspsim.Clip{"main": clip(t, door.Main), "sub": clip(t, door.Sub)})
			browse(t, name, "STOOP_URL="+run(t).listen, cameras(t, map[string]string{"visitor": "rtsp://" + visitor.address}),
				"STOOP_STAGE="+stage(t, things{"visitor": visitor}))
		})
	}
	story("notifications", func(t *testing.T) { browse(t, "notifications", "STOOP_URL="+run(t).listen) })
	story("find", func(t *testing.T) { finding(t, file) })
	story("forms", func(t *testing.T) {
		page := httptest.NewTLSServer(http.NotFoundHandler())
		t.Cleanup(page.Close)
		rootless := camera(t, rtspsim.Options{}, map[string]rtspsim.Clip{"main": clip(t, porch.Door().Sub)})
		browse(t, "forms", "STOOP_URL="+run(t).listen, cameras(t, map[string]string{
			"gone": "rtsp://" + free(t), "https": "rtsp://" + page.Listener.Addr().String() + "/main",
			"redirect": "rtsp://" + redirecting(t, "rtsp://camera.example:8554/live") + "/x", "rootless": "rtsp://" + rootless.address,
		}))
	})
}

// trust is a home that others on the network reach, at a name of theirs.
func trust(t *testing.T, file string) {
	const name = "stoop.home.arpa"
	door := porch.Door()
	visitor := camera(t, rtspsim.Options{}, map[string]rtspsim.Clip{"main": clip(t, door.Main), "sub": clip(t, door.Sub)})
	p := launch(t, file, "run", "--listen", everywhere(t), "--data", t.TempDir(), "--access-key-file", keyFile(t), "--host", name)
	browse(t, "trust", "STOOP_URL="+p.listen, "STOOP_NAME="+name, "STOOP_KEY="+key, cameras(t, map[string]string{"visitor": "rtsp://" + visitor.address}))
}

// redirecting is the address of a camera that sends everybody elsewhere.
func redirecting(t *testing.T, to string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // the test is over
			}
			go answer(c, to)
		}
	}()
	return l.Addr().String()
}

// answer answers DESCRIBE with another address, and anything else with OK.
func answer(c net.Conn, to string) {
	defer c.Close()
	var sequence, method string
	for lines := bufio.NewScanner(c); lines.Scan(); {
		switch line := lines.Text(); {
		case strings.HasSuffix(line, " RTSP/1.0"):
			method, _, _ = strings.Cut(line, " ")
		case strings.HasPrefix(line, "CSeq:"):
			sequence = line
		case line == "" && method == "DESCRIBE":
			fmt.Fprintf(c, "RTSP/1.0 302 Found\r\n%s\r\nLocation: %s\r\n\r\n", sequence, to)
		case line == "":
			fmt.Fprintf(c, "RTSP/1.0 200 OK\r\n%s\r\nPublic: DESCRIBE, SETUP, PLAY\r\n\r\n", sequence)
		}
	}
}

// cameras is what tests know of addresses.
func cameras(t *testing.T, urls map[string]string) string {
	t.Helper()
	b, err := json.Marshal(urls)
	if err != nil {
		t.Fatal(err)
	}
	return "STOOP_CAMERAS=" + string(b)
}

// stories is a household in which things go wrong.
func stories(t *testing.T, file string) {
	door, modern := porch.Door(), clip(t, hevc(t.Context(), t))
	visitor := camera(t, rtspsim.Options{}, map[string]rtspsim.Clip{"main": clip(t, door.Main), "sub": clip(t, door.Sub)})
	new4k := camera(t, rtspsim.Options{}, map[string]rtspsim.Clip{"main": modern, "sub": clip(t, door.Sub)})
	locked := camera(t, rtspsim.Options{User: "admin", Password: "right"}, map[string]rtspsim.Clip{"main": clip(t, door.Sub)})
	p := launch(t, file, "run", "--listen", free(t), "--data", t.TempDir())
	urls := cameras(t, map[string]string{
		"visitor": "rtsp://" + visitor.address, "modern": "rtsp://" + new4k.address,
		"locked": "rtsp://" + locked.address, "gone": "rtsp://" + free(t),
	})
	browse(t, "stories", "STOOP_URL="+p.listen, urls, "STOOP_STAGE="+stage(t, things{"program": p, "visitor": visitor}))
}

// browse runs one file of browser tests.
func browse(t *testing.T, name string, env ...string) {
	t.Helper()
	shots, err := filepath.Abs(root + "/build/screenshots")
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "node", "--test", "--test-reporter=spec", "--test-timeout=1200000", name+".test.mjs")
	c.Env = append(append(os.Environ(), "STOOP_SHOTS="+shots), env...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 10 * time.Second
	out, err := c.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}

// need runs a command in dir unless what it makes is there.
func need(ctx context.Context, t *testing.T, dir, made, name string, args ...string) {
	t.Helper()
	_, err := os.Stat(filepath.Join(dir, made))
	if errors.Is(err, os.ErrNotExist) {
		command(ctx, t, dir, name, args...)
	}
}

func command(ctx context.Context, t *testing.T, dir, name string, args ...string) {
	t.Helper()
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}
