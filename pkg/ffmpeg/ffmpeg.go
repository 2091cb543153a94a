// Package ffmpeg decodes and redacts: it trims a clip, blurs regions of it,
// and makes pictures, so that what a person shares shows what they chose and
// tells nothing else. It is the only package that starts processes, and ffmpeg
// is optional: [Find] says whether it is there.
//
// The child is fenced: fixed arguments in which nothing of a person's stands
// but numbers; no environment; three pipes and no other file; no sockets, and
// of the disk only programs and libraries, as far as the kernel can say so;
// bounded time, memory and output; a lower priority than recording. It leaves
// nothing behind, since it writes to a pipe alone, and is killed with its
// caller. What it returns is believed no more than what it was given: clips are
// taken apart and written anew by pkg/fmp4, pictures are encoded here.
package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"nvrd/pkg/nvr"
)

// Tool is an ffmpeg that was found. It is safe for concurrent use: it does one
// thing at a time, and the others wait for their turn.
type Tool struct {
	path     string
	version  string
	turn     chan struct{}
	patience time.Duration // how long it may take
	used     usage
}

// Version returns what the program calls its version.
func (t *Tool) Version() string { return t.version }

// Install is what to do where ffmpeg is not there.
const Install = "install it with: apt install ffmpeg"

// Find looks for ffmpeg in PATH and makes sure that it can do what is needed
// here: 5.1, which Debian 12 has, or later, with libx264. Without it the error
// is a nvr.ErrNotFound that says what to do.
func Find(ctx context.Context) (*Tool, error) {
	path, err := exec.LookPath("ffmpeg") // never one relative to where we are
	if err != nil {
		return nil, fmt.Errorf("ffmpeg is not there; %s: %w", Install, nvr.ErrNotFound)
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return nil, fmt.Errorf("find ffmpeg: %w", err)
	}
	t := &Tool{path: path, turn: make(chan struct{}, 1), patience: maxRun}
	out, err := t.run(ctx, bytes.NewReader(nil), 64<<10, []string{"-hide_banner", "-version"})
	if err != nil {
		return nil, fmt.Errorf("ask %s for its version: %w", path, err)
	}
	if t.version, err = suits(out); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// Versions of libavcodec stand for those of ffmpeg, which distributions and
// builds from a checkout name as they like.
var (
	versionLine = regexp.MustCompile(`(?m)^ffmpeg version (\S{1,64})`)
	codecLine   = regexp.MustCompile(`(?m)^libavcodec +(\d{1,4})\. *(\d{1,4})\.`)
)

// suits returns the version in what `ffmpeg -version` prints, or why it does not do.
func suits(out []byte) (string, error) {
	version, codec := versionLine.FindSubmatch(out), codecLine.FindSubmatch(out)
	if version == nil || codec == nil {
		return "", fmt.Errorf("it does not say its version; %s: %w", Install, nvr.ErrNotFound)
	}
	major, err1 := strconv.Atoi(string(codec[1]))
	minor, err2 := strconv.Atoi(string(codec[2]))
	if err := errors.Join(err1, err2); err != nil {
		return "", fmt.Errorf("version of libavcodec: %w", err)
	}
	if major < 59 || major == 59 && minor < 37 { // -fps_mode, and what Debian 12 has
		return "", fmt.Errorf("ffmpeg %s is too old, 5.1 is needed; %s: %w", version[1], Install, nvr.ErrNotFound)
	}
	if !bytes.Contains(out, []byte("--enable-libx264")) {
		return "", fmt.Errorf("ffmpeg %s was built without libx264; %s: %w", version[1], Install, nvr.ErrNotFound)
	}
	return string(version[1]), nil
}
