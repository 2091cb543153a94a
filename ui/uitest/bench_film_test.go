//go:build bench

package uitest

import (
	"os"
	"path/filepath"
	"testing"
)

// The film of the benchmarks: what a doorbell sends, at the bit rate that
// viewers are counted by, with a key frame every two seconds.
const (
	filmWidth, filmHeight = 1280, 720
	filmRate              = 15 // pictures a second
)

// film returns 20 s of people walking, 4 Mb/s H.264. It is made once and kept.
func film(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(benchDir(t), "live.mp4")
	if b, err := os.ReadFile(path); err == nil {
		return b
	}
	command(t.Context(), t, ".", "ffmpeg", "-v", "error", "-y", "-i", "/usr/share/doc/opencv-doc/examples/data/vtest.avi", "-t", "20",
		"-vf", "scale=1280:720,fps=15,noise=alls=12:allf=t", "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main", "-bf", "0",
		"-g", "30", "-keyint_min", "30", "-sc_threshold", "0", "-b:v", "4M", "-minrate", "4M", "-maxrate", "4M", "-bufsize", "2M",
		"-x264-params", "nal-hrd=cbr", "-an", "-movflags", "+frag_keyframe+empty_moov+default_base_moof", path+".tmp.mp4")
	if err := os.Rename(path+".tmp.mp4", path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// benchDir is where benchmarks keep what takes long to make, and where what
// they are compared with was built.
func benchDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(root + "/build/bench")
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
