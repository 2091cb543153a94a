package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/datadir"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
)

// footageOf returns a file of Debian's opencv-doc: real footage that is not
// ours.
func footageOf(t *testing.T, name string) string {
	t.Helper()
	path := "/usr/share/doc/opencv-doc/examples/data/" + name
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: install the Debian package opencv-doc, or run `make peers`", err)
	}
	return path
}

// output runs a program that must succeed in silence, and returns what it
// writes to its standard output.
func output(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil || said.Len() > 0 {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, said.String())
	}
	return out.Bytes()
}

// eventually asks again and again until the answer is yes. what says, for
// whoever reads the failure, what is waited for and how things stand.
func eventually(t *testing.T, within time.Duration, yes func() bool, what func() string) {
	t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("in %v this did not happen: %s", within, what())
		}
	}
}

// startIn starts a recorder with its pages in a directory. It is closed at
// the end of the test, or by the function that is returned.
func startIn(t *testing.T, data string) (*server, func()) {
	t.Helper()
	a, err := start(t.Context(), settings{data: data, listen: "127.0.0.1:0"}, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- a.serve(ctx) }()
	stopped := false
	closing := func() {
		if stopped {
			return
		}
		stopped = true
		stop()
		if err := errors.Join(<-served, a.Close()); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(closing)
	return a, closing
}

// add adds a camera and returns its main stream.
func add(t *testing.T, home *household.DB, in household.CameraInput) nvr.StreamID {
	t.Helper()
	c, err := home.AddCamera(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return nvr.StreamID{Camera: c.ID, Quality: nvr.Main}
}

// footageHere is the reason of a stretch that is no gap.
const footageHere nvr.Reason = "footage"

// stretches returns footage and gaps of a stream, oldest first.
func stretches(t *testing.T, s *datadir.Dir, stream nvr.StreamID) []nvr.Gap {
	t.Helper()
	streams, err := s.Catalog.Streams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range streams {
		if row.ID != stream {
			continue
		}
		line, err := s.Player.Timeline(t.Context(), stream, nvr.Span{From: row.Enabled, To: nvr.Now().Add(time.Second)}, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		all := line.Gaps
		for _, span := range line.Footage {
			all = append(all, nvr.Gap{Stream: stream, Span: span, Reason: footageHere})
		}
		slices.SortStableFunc(all, func(a, b nvr.Gap) int { return int(a.Span.From - b.Span.From) })
		return all
	}
	return nil
}

// tiled returns the stretches of a stream that is not being recorded any more.
// It fails the test unless they tile time from when the stream was enabled on.
func tiled(t *testing.T, s *datadir.Dir, stream nvr.StreamID) []nvr.Gap {
	t.Helper()
	all := stretches(t, s, stream)
	if len(all) == 0 {
		t.Fatalf("nothing is known of %s", stream)
	}
	for i, g := range all[1:] {
		if before := all[i].Span; before.To != g.Span.From || before.Empty() {
			t.Errorf("%s has a hole or an overlap of %s at %s: %s", stream, g.Span.From.Sub(before.To), before.To, story(all))
		}
	}
	if last := all[len(all)-1]; last.Span.To != 0 || last.Reason != nvr.NotRunning {
		t.Errorf("%s ends with %s until %s", stream, last.Reason, last.Span.To)
	}
	return all
}

// story tells stretches in short, such as "starting footage unreachable".
func story(all []nvr.Gap) string {
	words := make([]string, len(all))
	for i, g := range all {
		words[i] = string(g.Reason)
	}
	return strings.Join(words, " ")
}

// exported saves the footage of a span and returns the name of the file.
func exported(t *testing.T, s *datadir.Dir, stream nvr.StreamID, span nvr.Span, form playback.Form) string {
	t.Helper()
	file, err := s.Player.Export(t.Context(), stream, span, form)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	path := t.TempDir() + "/" + string(form) + ".mp4"
	if err := save(path, file); err != nil {
		t.Fatal(err)
	}
	return path
}

// decodes fails the test if ffmpeg has anything to say about a file.
func decodes(t *testing.T, path string) {
	t.Helper()
	output(t, "ffmpeg", "-nostdin", "-v", "error", "-i", path, "-f", "null", "-")
}
