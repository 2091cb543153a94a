package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unicode"

	"nvrd/pkg/nvr"
)

// Limits on one run.
const (
	maxRun    = 5 * time.Minute // 30 s of 4K on a Raspberry Pi 4 take three
	maxInput  = 512 << 20       // 30 s at 100 Mb/s, and what comes before in its file
	maxOutput = 16 << 20        // twice a clip: what is more is refused anyway
	maxErrors = 4 << 10         // of what it complains about, the end
)

var (
	errSlow   = fmt.Errorf("it took longer than %s: %w", maxRun, nvr.ErrTooLarge)
	errInput  = fmt.Errorf("it is more than %d MiB; choose less: %w", maxInput>>20, nvr.ErrTooLarge)
	errOutput = fmt.Errorf("what comes out is too large: %w", nvr.ErrTooLarge)
)

// run runs ffmpeg once and returns what it prints, at most limit bytes. When
// it returns there is no process anymore, and in is not read. What ffmpeg can
// do nothing with is nvr.ErrDamaged.
func (t *Tool) run(ctx context.Context, in io.Reader, limit int64, args []string) (out []byte, err error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, t.patience, errSlow)
	defer cancel()
	err = t.child(ctx, in, maxInput+1, args, func(stdout io.Reader) (err error) {
		if out, err = io.ReadAll(io.LimitReader(stdout, limit+1)); int64(len(out)) > limit {
			return errOutput
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// child runs ffmpeg until it has read in, of which it is given most bytes, and
// take has what it prints: an error of take ends it. The rest is as with run.
func (t *Tool) child(ctx context.Context, in io.Reader, most int64, args []string, take func(stdout io.Reader) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	cmd := exec.CommandContext(ctx, t.path, args...)
	cmd.Env, cmd.Dir = []string{}, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	complaints := &tail{}
	cmd.Stderr = complaints
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("pipe to ffmpeg: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return errors.Join(fmt.Errorf("pipe from ffmpeg: %w", err), stdin.Close())
	}

	done := make(chan error)
	go func() {
		// The child inherits the fences of its thread and dies with it, so the
		// thread is kept until then, and never used for anything else.
		runtime.LockOSThread()
		done <- func() error {
			if err := fence(t.path); err != nil {
				return errors.Join(fmt.Errorf("fence ffmpeg: %w", err), stdin.Close(), stdout.Close())
			}
			if err := cmd.Start(); err != nil {
				return fmt.Errorf("start ffmpeg: %w", err)
			}
			t.used.begin(cmd)
			defer t.used.end(cmd)
			// Nothing was given to it yet, so nothing happens before this.
			if err := confine(cmd.Process.Pid); err != nil {
				stop(fmt.Errorf("limit ffmpeg: %w", err))
			}
			fed := make(chan struct{})
			go func() {
				defer close(fed)
				feed(stdin, in, most, stop)
			}()
			taken := take(stdout)
			if errors.Is(taken, errOutput) {
				stop(taken)
			}
			err := cmd.Wait()
			<-fed
			if taken != nil {
				return taken
			}
			return err
		}()
	}()
	err = <-done
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err != nil {
		if text := complaints.String(); text != "" {
			return fmt.Errorf("ffmpeg can't use it (%s): %w", text, nvr.ErrDamaged)
		}
		return fmt.Errorf("ffmpeg (%w): %w", err, nvr.ErrDamaged)
	}
	return nil
}

// feed gives the child its input. It may have seen enough before the end.
func feed(stdin io.WriteCloser, in io.Reader, most int64, stop context.CancelCauseFunc) {
	counted := &io.LimitedReader{R: in, N: most}
	_, err := io.Copy(stdin, failing{counted, stop})
	if err == nil && counted.N == 0 {
		stop(errInput)
	}
	_ = stdin.Close()
}

// failing stops the run when its reader fails: a disk that is gone must not
// look like a film that is short.
type failing struct {
	io.Reader
	stop context.CancelCauseFunc
}

func (f failing) Read(b []byte) (int, error) {
	n, err := f.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		f.stop(fmt.Errorf("read what ffmpeg is given: %w", err))
	}
	return n, err
}

// tail keeps the end of what is written to it.
type tail struct{ b []byte }

func (t *tail) Write(b []byte) (int, error) {
	t.b = append(t.b, b...)
	if over := len(t.b) - maxErrors; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(b), nil
}

// object is how ffmpeg names the part of it that complains.
var object = regexp.MustCompile(`\[([^\[\]]*) @ 0x[0-9a-f]+\] `)

// String returns the last lines as one, for people.
func (t *tail) String() string {
	lines := strings.Split(strings.TrimSpace(object.ReplaceAllString(string(t.b), "$1: ")), "\n")
	text := strings.Join(lines[max(0, len(lines)-3):], "; ")
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
}
