package ffmpeg

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"
)

// The time of a child counts while it runs, and is not lost when it has ended.
func TestCPU(t *testing.T) {
	tool, err := Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before := tool.CPU()
	if before <= 0 {
		t.Errorf("asking for its version took %s", before)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		args := []string{"-hide_banner", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25", "-f", "rawvideo", "pipe:1"}
		ended <- tool.child(ctx, bytes.NewReader(nil), 1, args, func(stdout io.Reader) error {
			_, err := io.Copy(io.Discard, stdout)
			return err
		})
	}()
	for begun := time.Now(); tool.CPU() < before+50*time.Millisecond; <-time.After(10 * time.Millisecond) {
		select {
		case err := <-ended:
			t.Fatalf("it ended by itself: %v", err)
		default:
		}
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("a child that works took %s in 30 s", tool.CPU()-before)
		}
	}
	running := tool.CPU()
	cancel()
	<-ended
	if got := tool.CPU(); got < running || len(tool.used.running) > 0 {
		t.Errorf("it took %s while it ran, and %s when it had ended; %d are said to run", running, got, len(tool.used.running))
	}
}
