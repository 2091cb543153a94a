// Package uitest starts the real program with its simulated doorbells and
// looks at its pages in real browsers. What is asserted stands in the
// *.test.mjs files beside it; screenshots are kept in build/screenshots.
package uitest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const root = "../.."

// patience bounds everything that is waited for at the start: a cold build
// takes 90 s on two cores.
const patience = 5 * time.Minute

func TestBrowsers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts browsers: takes two minutes")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	// npm ci only if it was not done: the registry may be out of reach.
	need(ctx, t, ".", "node_modules", "npm", "ci", "--no-audit", "--no-fund")
	need(ctx, t, root+"/ui/static", "node_modules", "npm", "ci", "--no-audit", "--no-fund")
	command(ctx, t, root+"/ui/static", "npm", "run", "--silent", "build")
	address := start(ctx, t)
	shots, err := filepath.Abs(root + "/build/screenshots")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"chromium", "firefox"} {
		t.Run(name, func(t *testing.T) {
			c := exec.CommandContext(t.Context(), "node", "--test", "--test-reporter=spec", "--test-timeout=400000", name+".test.mjs")
			c.Env = append(os.Environ(), "STOOP_URL="+address, "STOOP_SHOTS="+shots)
			c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
			c.WaitDelay = 10 * time.Second
			out, err := c.CombinedOutput()
			t.Logf("%s", out)
			if err != nil {
				t.Error(err)
			}
		})
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

// start builds and starts the program and returns the address of its pages.
func start(ctx context.Context, t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "nvrd")
	command(ctx, t, root, "go", "build", "-o", program, "./cmd/nvrd")
	c := exec.Command(program, "demo", "--listen", free(t), "--data", t.TempDir())
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = t.Output()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt) // it may be gone already, which Wait tells
		if err := c.Wait(); err != nil {
			t.Errorf("the program ended with: %v", err)
		}
	})
	stop := context.AfterFunc(ctx, func() { _ = c.Process.Kill() })
	defer stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, address, ok := strings.Cut(lines.Text(), "Stoop is at "); ok {
			go io.Copy(io.Discard, out)
			return strings.TrimSuffix(strings.TrimSpace(address), "/")
		}
	}
	t.Fatal("the program ended before it said where it is")
	return ""
}

// free is an address that nobody listened on a moment ago.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
