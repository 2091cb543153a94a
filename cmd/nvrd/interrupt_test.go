package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/pkg/rtsp/rtspsim"
)

// TestInterruptedExport records a little and exports it, but not to the end.
func TestInterruptedExport(t *testing.T) {
	data := t.TempDir()
	a, closing := startIn(t, data)
	stream := add(t, a.Dir.Home, household.CameraInput{Name: "door", URL: simulate(t, "127.0.0.1:0", rtspsim.Options{}).URL("door")})
	var footage nvr.Gap
	eventually(t, time.Minute, func() bool {
		if all := stretches(t, a.Dir, stream); len(all) > 0 {
			footage = all[len(all)-1]
		}
		return footage.Reason == footageHere && footage.Span.Duration() > 2*time.Second
	}, func() string { return "footage is there" })
	closing()
	s := storeOf(t, data)
	defer s.Close()

	// The first signal: what is there of the file goes.
	ctx, cancel := context.WithCancel(t.Context())
	file, err := s.Player.Export(ctx, stream, footage.Span, playback.Fragmented)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	dir := t.TempDir()
	err = save(filepath.Join(dir, "out.mp4"), io.MultiReader(io.LimitReader(file, 1), ending{cancel}, file))
	if left, _ := os.ReadDir(dir); !errors.Is(err, context.Canceled) || len(left) != 0 {
		t.Errorf("an interrupted export leaves %v: %v", left, err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}

	// The second one ends a program that is stuck, as on a disk that does not answer.
	files, err := filepath.Glob(filepath.Join(data, "footage", "*", "main", "*", "*.mp4"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	if err := errors.Join(os.Remove(files[0]), syscall.Mkfifo(files[0], 0o600)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("nvrd", "export", "--data", data, "--camera", "door", "--out", filepath.Join(dir, "out.mp4"),
		"--from", footage.Span.From.String(), "--to", footage.Span.To.String())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer cmd.Process.Kill()
	var seen string
	still := 0
	eventually(t, time.Minute, func() bool {
		if call := opening(cmd.Process.Pid); call == "" || call != seen {
			seen, still = call, 0
		} else {
			still++
		}
		return still > 5
	}, func() string { return "it waits for the file to open" })
	eventually(t, time.Minute, func() bool {
		_ = cmd.Process.Signal(os.Interrupt) // it may have ended
		select {
		case <-ended:
			return true
		default:
			return false
		}
	}, func() string { return "it ends" })
	if how, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || how.Signal() != syscall.SIGINT {
		t.Errorf("it ended with %v, want by the signal", cmd.ProcessState)
	}
}

// opening returns the call in which a thread of a process opens a file at this
// moment, or nothing.
func opening(pid int) string {
	calls, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", pid))
	for _, path := range calls {
		call, err := os.ReadFile(path)
		if err == nil && strings.HasPrefix(string(call), fmt.Sprintf("%d ", syscall.SYS_OPENAT)) {
			return string(call)
		}
	}
	return ""
}

// ending is an end of a file at which something is done.
type ending struct{ do func() }

func (e ending) Read([]byte) (int, error) {
	e.do()
	return 0, io.EOF
}
