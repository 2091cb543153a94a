package ffmpeg_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/ffmpeg"
)

// run starts a program as anybody would and returns what it prints.
func run(t testing.TB, stdin []byte, name string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	var out, complaints bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &out, &complaints
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, complaints.Bytes())
	}
	return out.Bytes()
}

func find(t testing.TB) *ffmpeg.Tool {
	t.Helper()
	tool, err := ffmpeg.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tool
}

// film makes a fragmented film of a source of pictures, with a beep as sound.
func film(t testing.TB, source string, args ...string) []byte {
	t.Helper()
	all := []string{"-v", "error", "-f", "lavfi", "-i", source, "-f", "lavfi", "-i", "sine=d=4", "-shortest",
		"-c:v", "libx264", "-preset", "ultrafast", "-qp", "10", "-g", "15", "-c:a", "aac"}
	all = append(all, args...)
	return run(t, nil, "ffmpeg", append(all, "-movflags", "frag_keyframe+delay_moov+default_base_moof", "-f", "mp4", "-")...)
}

// file makes a file with ffmpeg in a directory where it is removed again.
func file(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	run(t, nil, "ffmpeg", append(append([]string{"-v", "error"}, args...), path)...)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// write writes a file that is removed again, and returns its path.
func write(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film.mp4")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A picture is one of gray pixels.
type picture struct {
	w, h int
	pix  []byte
}

// mean returns how light a part of the picture is, whose edges are given as
// parts of its own.
func (p picture) mean(x0, y0, x1, y1 float64) float64 {
	sum, n := 0, 0
	for y := int(y0 * float64(p.h)); y < int(y1*float64(p.h)); y++ {
		for x := int(x0 * float64(p.w)); x < int(x1*float64(p.w)); x++ {
			sum += int(p.pix[y*p.w+x])
			n++
		}
	}
	return float64(sum) / float64(n)
}

// contrast returns the mean difference of neighbors within a part of the
// picture: what blur takes away.
func (p picture) contrast(x0, y0, x1, y1 float64) float64 {
	sum, n := 0, 0
	for y := int(y0 * float64(p.h)); y < int(y1*float64(p.h)); y++ {
		for x := int(x0 * float64(p.w)); x+1 < int(x1*float64(p.w)); x++ {
			d := int(p.pix[y*p.w+x]) - int(p.pix[y*p.w+x+1])
			sum += max(d, -d)
			n++
		}
	}
	return float64(sum) / float64(n)
}

// pictures decodes a film or photo with the size it is known to have.
func pictures(t testing.TB, b []byte, w, h int) (all []picture) {
	t.Helper()
	raw := run(t, b, "ffmpeg", "-v", "error", "-i", "-", "-vf", "extractplanes=y", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-")
	if len(raw) == 0 || len(raw)%(w*h) != 0 {
		t.Fatalf("%d bytes of pictures are none of %d by %d", len(raw), w, h)
	}
	for ; len(raw) > 0; raw = raw[w*h:] {
		all = append(all, picture{w, h, raw[:w*h]})
	}
	return all
}
