package ffmpeg_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"nvrd/pkg/ffmpeg"
	"nvrd/pkg/nvr"
)

// TestMain lets this program be an ffmpeg that was taken over by what it
// decodes, where it is called so, and the home around it.
func TestMain(m *testing.M) {
	switch {
	case filepath.Base(os.Args[0]) == "ffmpeg":
		takenOver()
	case os.Getenv("STOOP_TEST_HOME") != "":
		home()
	default:
		os.Exit(m.Run())
	}
}

// order makes an input that tells the ffmpeg that was taken over what to do.
func order(words ...string) []byte {
	return append([]byte("\x00\x00\x00\x10ftypiso6\x00\x00\x00\x00"), (strings.Join(words, " ") + "\n")...)
}

// takenOver does what it is told, and says on stderr how far it came.
func takenOver() {
	if slices.Contains(os.Args, "-version") {
		fmt.Print("ffmpeg version 5.1\nconfiguration: --enable-libx264\nlibavcodec     59. 37.100 / 59. 37.100\n")
		return
	}
	in := bufio.NewReader(os.Stdin)
	in.Discard(16)
	line, _ := in.ReadString('\n')
	words := strings.Fields(line)
	switch words[0] {
	case "wait":
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGPIPE)
		for {
			unix.Pause()
		}
	case "flood":
		for {
			if _, err := os.Stdout.Write(make([]byte, 1<<16)); err != nil {
				os.Exit(1)
			}
		}
	case "swallow":
		io.Copy(io.Discard, in)
	case "complain":
		for i := range 100_000 {
			fmt.Fprint(os.Stderr, " word ", i)
		}
	case "eat":
		var all [][]byte
		for range 64 {
			b := make([]byte, 64<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			all = append(all, b)
		}
		fmt.Fprintln(os.Stderr, "has eaten", len(all))
	case "try":
		fmt.Fprintln(os.Stderr, strings.Join(attempts(words[1], words[2]), " "))
	}
	os.Exit(1)
}

// attempts returns what of all that it must not do it could do.
func attempts(secret, elsewhere string) (could []string) {
	try := func(what string, err error) {
		if err == nil {
			could = append(could, what)
		}
	}
	for name, domain := range map[string]int{"inet": unix.AF_INET, "inet6": unix.AF_INET6, "unix": unix.AF_UNIX, "netlink": unix.AF_NETLINK} {
		_, err := unix.Socket(domain, unix.SOCK_DGRAM, 0)
		try("socket:"+name, err)
	}
	_, err := os.ReadFile(secret)
	try("read", err)
	_, err = os.ReadDir(filepath.Dir(secret))
	try("list", err)
	try("write", os.WriteFile(elsewhere, []byte("x"), 0o600))
	f, err := os.OpenFile(elsewhere, os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		f.Close()
	}
	try("create", err)
	try("mkdir", os.Mkdir(elsewhere, 0o700))
	_, err = os.ReadFile(fmt.Sprintf("/proc/%d/environ", os.Getppid()))
	try("environment of its parent", err)
	try("kill", unix.Kill(os.Getppid(), unix.SIGURG))
	try("trace", unix.PtraceAttach(os.Getppid()))
	_, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0)
	if errno != unix.EPERM {
		could = append(could, "io_uring")
	}
	if len(os.Environ()) > 0 {
		could = append(could, "environment")
	}
	for fd := 3; fd < 64; fd++ {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil {
			if link, _ := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); link != "" && !strings.HasPrefix(link, "anon_inode:") {
				could = append(could, "descriptor:"+link)
			}
		}
	}
	for name, what := range map[string]int{"memory": unix.RLIMIT_DATA, "cpu": unix.RLIMIT_CPU, "files": unix.RLIMIT_NOFILE} {
		var l unix.Rlimit
		if err := unix.Getrlimit(what, &l); err != nil || l.Max > 1<<30 {
			could = append(could, "unlimited:"+name)
		}
	}
	if n, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err != nil || n > 10 { // 20 minus how nice it is
		could = append(could, "priority")
	}
	return append(could, "tried")
}

// impostor returns a Tool that is this program.
func impostor(t *testing.T) *ffmpeg.Tool {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ffmpeg"), b, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	return find(t)
}

var whole = ffmpeg.Edit{To: time.Second}

// Whoever takes ffmpeg over has no network, no file, and nobody to attack.
func TestFence(t *testing.T) {
	tool := impostor(t)
	home, err := os.MkdirTemp("", "home")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(home)
	secret := filepath.Join(home, "secret.key")
	if err := os.WriteFile(secret, []byte("secret"), 0o666); err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(home, "new")
	inherited, err := unix.Open(secret, unix.O_RDONLY, 0) // such as whoever starts a home may leave open
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(inherited)
	_, err = tool.Clip(t.Context(), bytes.NewReader(order("try", secret, elsewhere)), whole)
	if err == nil || !strings.Contains(err.Error(), "(tried)") {
		t.Errorf("it could do: %v", err)
	}
	if _, err := os.Stat(elsewhere); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it made a file: %v", err)
	}
	// The rest of the home may do all of that still.
	if fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0); err != nil {
		t.Errorf("the home has no sockets anymore: %v", err)
	} else {
		unix.Close(fd)
	}
	if _, err := os.ReadFile(secret); err != nil {
		t.Error(err)
	}
}

// What it takes and gives is bounded.
func TestLimits(t *testing.T) {
	tool := impostor(t)
	for name, c := range map[string]struct {
		in   io.Reader
		want error
		says string
	}{
		"output":     {bytes.NewReader(order("flood")), nvr.ErrTooLarge, "comes out"},
		"memory":     {bytes.NewReader(order("eat")), nvr.ErrDamaged, ""},
		"complaints": {bytes.NewReader(order("complain")), nvr.ErrDamaged, "word 99999)"},
		"input":      {io.MultiReader(bytes.NewReader(order("swallow")), zeros{}), nvr.ErrTooLarge, "choose less"},
		"time":       {io.MultiReader(bytes.NewReader(order("wait"))), nvr.ErrTooLarge, "longer than"},
	} {
		if name == "time" {
			tool.SetPatience(100 * time.Millisecond)
		}
		_, err := tool.Clip(t.Context(), c.in, whole)
		tool.SetPatience(time.Minute)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "has eaten") || len(err.Error()) > 5000 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// zeros never end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// children returns the processes that this one has.
func children() (all []int) {
	tasks, _ := filepath.Glob("/proc/self/task/*/children")
	for _, task := range tasks {
		b, _ := os.ReadFile(task)
		for pid := range strings.FieldsSeq(string(b)) {
			n, _ := strconv.Atoi(pid)
			all = append(all, n)
		}
	}
	return all
}

// watched calls seen when it is read the second time: by then somebody listens.
type watched struct {
	io.Reader
	reads int
	seen  func()
}

func (w *watched) Read(b []byte) (int, error) {
	if w.reads++; w.reads == 2 {
		w.seen()
	}
	return w.Reader.Read(b)
}

// Cancelling leaves no process and no file, whether or not ffmpeg likes to end.
func TestCancelLeavesNothing(t *testing.T) {
	tools := map[string]struct {
		tool *ffmpeg.Tool
		in   []byte
	}{"ffmpeg": {find(t), film(t, "testsrc2=s=1280x720:r=30:d=8")}}
	tools["one that ignores signals"] = struct {
		tool *ffmpeg.Tool
		in   []byte
	}{impostor(t), append(order("wait"), make([]byte, 1<<16)...)}
	for name, c := range tools {
		t.Run(name, func(t *testing.T) {
			empty := t.TempDir()
			t.Chdir(empty)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			in := &watched{Reader: bytes.NewReader(c.in), seen: func() {
				if len(children()) != 1 {
					t.Errorf("%d children while it works", len(children()))
				}
				cancel()
			}}
			out, err := c.tool.Clip(ctx, in, ffmpeg.Edit{To: 8 * time.Second})
			if !errors.Is(err, context.Canceled) || out != nil {
				t.Errorf("%d bytes: %v", len(out), err)
			}
			if left := children(); len(left) > 0 {
				t.Errorf("processes %v are left", left)
			}
			if left, err := os.ReadDir(empty); err != nil || len(left) > 0 {
				t.Errorf("%v are left: %v", left, err)
			}
		})
	}
}

// One at a time: who waits for their turn may leave.
func TestTurns(t *testing.T) {
	tool := impostor(t)
	ctx, cancel := context.WithCancel(t.Context())
	working, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tool.Clip(ctx, &watched{Reader: bytes.NewReader(append(order("wait"), make([]byte, 1<<16)...)), seen: func() { close(working) }}, whole)
	}()
	<-working
	short, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	second := &watched{Reader: bytes.NewReader(append(order("wait"), make([]byte, 1<<16)...)), seen: func() { t.Error("the second began beside the first") }}
	if _, err := tool.Clip(short, second, whole); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the second: %v", err)
	}
	if n := len(children()); n != 1 {
		t.Errorf("%d children while one works", n)
	}
	cancel()
	<-done
	if _, err := tool.Clip(t.Context(), bytes.NewReader(order("flood")), whole); !errors.Is(err, nvr.ErrTooLarge) {
		t.Errorf("the third: %v", err)
	}
}

// home starts a clip that never ends, and says which process makes it.
func home() {
	tool, err := ffmpeg.Find(context.Background())
	if err != nil {
		panic(err)
	}
	in := &watched{Reader: bytes.NewReader(append(order("wait"), make([]byte, 1<<16)...)), seen: func() { fmt.Println(children()[0]) }}
	tool.Clip(context.Background(), in, whole)
}

// A home that is killed takes its ffmpeg along.
func TestDiesWithItsHome(t *testing.T) {
	impostor(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), "STOOP_TEST_HOME=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	pid, _ := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid == 0 {
		t.Fatalf("%q: %v", line, err)
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10_000)
	for errors.Is(err, unix.EINTR) {
		n, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10_000)
	}
	if n != 1 {
		unix.Kill(pid, unix.SIGKILL)
		t.Errorf("process %d outlived its home by 10 s: %v", pid, err)
	}
	cmd.Wait()
}

// Without an ffmpeg that does, the person is told what to do.
func TestFindSaysWhatToDo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := ffmpeg.Find(t.Context()); !errors.Is(err, nvr.ErrNotFound) || !strings.Contains(err.Error(), "apt install ffmpeg") {
		t.Errorf("without one: %v", err)
	}
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("PATH", ".")
	if err := os.WriteFile(filepath.Join(dir, "ffmpeg"), []byte("#!/bin/sh\nexit 0\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := ffmpeg.Find(t.Context()); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("one in the directory where we are: %v", err)
	}
}
