package uitest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// program is the real program, which tests stop and start again.
type program struct {
	file   string
	args   []string
	log    io.Writer
	cmd    *exec.Cmd
	listen string // where its pages are, as it says itself
}

// build builds the program once.
func build(ctx context.Context, t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "nvrd")
	command(ctx, t, root, "go", "build", "-o", file, "./cmd/nvrd")
	return file
}

// launch starts the program and ends it with the test.
func launch(t *testing.T, file string, args ...string) *program {
	t.Helper()
	p := &program{file: file, args: args, log: t.Output()}
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Errorf("the program ended with: %v", err)
		}
	})
	return p
}

func (p *program) start() error {
	if p.cmd != nil {
		return nil
	}
	c := exec.Command(p.file, p.args...)
	c.Stderr = p.log
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	p.cmd = c
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, addresses, ok := strings.Cut(lines.Text(), "Stoop is at "); ok {
			go io.Copy(io.Discard, out)
			first, err := url.Parse(strings.Fields(addresses)[0])
			if err == nil {
				p.listen = "http://127.0.0.1:" + first.Port() // its name need not be known here
			}
			return err
		}
	}
	return fmt.Errorf("the program ended before it said where it is: %w", p.stop())
}

func (p *program) stop() error {
	if p.cmd == nil {
		return nil
	}
	c := p.cmd
	p.cmd = nil
	_ = c.Process.Signal(os.Interrupt) // it may be gone already, which Wait tells
	return c.Wait()
}

// doorbell is a simulated camera that loses its power and gets it back.
type doorbell struct {
	address string
	options rtspsim.Options
	clips   map[string]rtspsim.Clip
	sim     *rtspsim.Server
}

func (d *doorbell) start() (err error) {
	if d.sim != nil {
		return nil
	}
	if d.sim, err = rtspsim.Listen(d.address, d.options); err != nil {
		return err
	}
	for path, clip := range d.clips {
		if err := d.sim.Play(path, clip); err != nil {
			return err
		}
	}
	return nil
}

func (d *doorbell) stop() error {
	if d.sim != nil {
		d.sim.Close()
		d.sim = nil
	}
	return nil
}

// microphone is that of a doorbell, which can be turned off.
type microphone struct{ *doorbell }

func (m microphone) start() error { return m.delay(0) }
func (m microphone) stop() error  { return m.delay(time.Hour) }

// delay has the sound of all clips come so much later.
func (m microphone) delay(by time.Duration) error {
	for path := range m.clips {
		if err := m.sim.Trouble(path, rtspsim.Trouble{DelaySound: by}); err != nil {
			return err
		}
	}
	return nil
}

// link leads to the program. Started, it is one that all connections together
// get so many bytes a second through.
type link struct {
	listen string
	to     string
	rate   int // bytes a second

	mu     sync.Mutex
	narrow bool
	free   time.Time // when what was sent so far is through
}

// narrowing returns a link that ends with the test.
func narrowing(t *testing.T, to *program, rate int) *link {
	t.Helper()
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	l := &link{listen: "http://" + in.Addr().String(), to: strings.TrimPrefix(to.listen, "http://"), rate: rate}
	go func() {
		for {
			c, err := in.Accept()
			if err != nil {
				return // the test is over
			}
			go l.join(c)
		}
	}()
	return l
}

func (l *link) join(browser net.Conn) {
	defer browser.Close()
	program, err := net.Dial("tcp", l.to)
	if err != nil {
		return
	}
	defer program.Close()
	go func() {
		_, _ = io.Copy(program, browser) // either end may go
		_ = program.Close()
	}()
	packet := make([]byte, 1460)
	for {
		n, err := program.Read(packet)
		if err != nil {
			return
		}
		<-time.After(l.takes(n))
		if _, err := browser.Write(packet[:n]); err != nil {
			return
		}
	}
}

// takes returns how long n bytes are under way.
func (l *link) takes(n int) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if !l.narrow {
		return 0
	}
	if l.free.Before(now) {
		l.free = now
	}
	l.free = l.free.Add(time.Duration(n) * time.Second / time.Duration(l.rate))
	return l.free.Sub(now)
}

func (l *link) set(narrow bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.narrow = narrow
	return nil
}

func (l *link) start() error { return l.set(true) }
func (l *link) stop() error  { return l.set(false) }

// things can be stopped and started again, by name.
type things map[string]interface {
	start() error
	stop() error
}

// stage serves the browser tests what they may do beside looking at pages:
// POST /NAME/start and /NAME/stop, for the program and for cameras.
func stage(t *testing.T, all things) string {
	var mu sync.Mutex
	mux := http.NewServeMux()
	for name, thing := range all {
		for does, do := range map[string]func() error{"start": thing.start, "stop": thing.stop} {
			mux.HandleFunc("POST /"+name+"/"+does, func(w http.ResponseWriter, _ *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				if err := do(); err != nil {
					http.Error(w, err.Error(), http.StatusInternalServerError)
				}
			})
		}
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

// camera returns a doorbell that plays; it stops with the test.
func camera(t *testing.T, o rtspsim.Options, clips map[string]rtspsim.Clip) *doorbell {
	t.Helper()
	d := &doorbell{address: free(t), options: o, clips: clips}
	if err := d.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.stop() }) // it never fails
	return d
}

func clip(t *testing.T, file []byte) rtspsim.Clip {
	t.Helper()
	c, err := rtspsim.LoadClip(file)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// hevc is the visitor at the door in H.265, which Chromium does not play.
func hevc(ctx context.Context, t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	from, to := filepath.Join(dir, "door.mp4"), filepath.Join(dir, "hevc.mp4")
	if err := os.WriteFile(from, porch.Door().Sub, 0o600); err != nil {
		t.Fatal(err)
	}
	command(ctx, t, dir, "ffmpeg", "-v", "error", "-i", from, "-an", "-c:v", "libx265", "-preset", "ultrafast",
		"-x265-params", "keyint=15:log-level=error", "-tag:v", "hvc1", "-movflags", "frag_keyframe+delay_moov+default_base_moof", to)
	b, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// free is an address that nobody listened on a moment ago, nor on the two ports
// after it, which more homes of a demo have.
func free(t *testing.T) string {
	t.Helper()
	for range 100 {
		first, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		all, address := []net.Listener{first}, first.Addr().(*net.TCPAddr)
		for i := 1; i <= 2; i++ {
			l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: address.IP, Port: address.Port + i})
			if err == nil {
				all = append(all, l)
			}
		}
		for _, l := range all {
			_ = l.Close()
		}
		if len(all) == 3 {
			return address.String()
		}
	}
	t.Fatal("no three ports beside each other are free")
	return ""
}

// everywhere is such an address that other machines reach.
func everywhere(t *testing.T) string {
	t.Helper()
	_, port, err := net.SplitHostPort(free(t))
	if err != nil {
		t.Fatal(err)
	}
	return "0.0.0.0:" + port
}

// key is the access key of homes that have one.
const key = "a key of 20 letters."

// keyFile holds it.
func keyFile(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(name, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
