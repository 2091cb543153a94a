package motion

import (
	"bytes"
	"encoding/csv"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// span is a motion in seconds.
type span struct{ from, to float64 }

// motions returns what a detector sees in pictures that each come some time
// after the one before.
func motions(pictures []picture) (all []span) {
	var d Detector
	moving := false
	for _, p := range pictures {
		if !d.Add(make([]byte, p.bytes), p.key, p.at) {
			continue
		}
		from, to, now := d.Moving()
		if now && !moving {
			all = append(all, span{})
		}
		if moving = now; moving {
			all[len(all)-1] = span{from.Seconds(), to.Seconds()}
		}
	}
	return all
}

type picture struct {
	at    time.Duration
	bytes int
	key   bool
}

// sizes makes 10 pictures a second with a key frame every two. Each stretch is
// so many seconds of pictures of a size.
func sizes(stretches ...[2]int) (pictures []picture) {
	for _, s := range stretches {
		for range s[0] * 10 {
			n := len(pictures)
			p := picture{at: time.Duration(n) * 100 * time.Millisecond, bytes: s[1], key: n%20 == 0}
			if p.key {
				p.bytes = 50_000
			}
			pictures = append(pictures, p)
		}
	}
	return pictures
}

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		name string
		film []picture
		want []span
	}{
		{"nothing", nil, nil},
		{"still", sizes([2]int{600, 2000}), nil},
		{"somebody", sizes([2]int{30, 2000}, [2]int{5, 6000}, [2]int{30, 2000}), []span{{30, 35}}},
		{"somebody who waits", sizes([2]int{30, 2000}, [2]int{3, 6000}, [2]int{20, 4600}, [2]int{3, 6000}, [2]int{30, 2000}), []span{{30, 56}}},
		{"somebody who comes back", sizes([2]int{30, 2000}, [2]int{3, 6000}, [2]int{10, 2000}, [2]int{3, 6000}, [2]int{30, 2000}), []span{{30, 33}, {43, 46}}},
		{"somebody who pauses", sizes([2]int{30, 2000}, [2]int{3, 6000}, [2]int{2, 2000}, [2]int{3, 6000}, [2]int{30, 2000}), []span{{30, 38}}},
		{"leaves", sizes([2]int{30, 2000}, [2]int{60, 2100}, [2]int{30, 2000}), nil},
		{"nobody any more", sizes([2]int{5, 6000}, [2]int{30, 2000}), nil},
		{"somebody while it connects", sizes([2]int{30, 6000}, [2]int{30, 2000}, [2]int{5, 6000}, [2]int{30, 2000}), []span{{60, 65}}},
		{"pictures that grow after connecting", sizes([2]int{1, 200}, [2]int{60, 6000}), nil},
		{"a second as long as it learns", sizes([2]int{9, 2000}, [2]int{5, 6000}, [2]int{30, 2000}), []span{{9.5, 14.5}}},
		{"rain", sizes([2]int{30, 2000}, [2]int{3 * 3600, 6000}), []span{{30, 130}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			// Windows end within half a second; rain becomes still in minutes.
			near := cmp.Comparer(func(a, b float64) bool { return a-b < 0.6 && b-a < 0.6 || a > 100 && b > 100 })
			if diff := cmp.Diff(c.want, motions(c.film), cmp.AllowUnexported(span{}), near); diff != "" {
				t.Errorf("motion (-want +got):\n%s", diff)
			}
		})
	}
}

// A flash is one window: no motion.
func TestFlash(t *testing.T) {
	pictures := sizes([2]int{60, 2000})
	for i := 300; i < 304; i++ {
		pictures[i].bytes = 20_000
	}
	if got := motions(pictures); got != nil {
		t.Errorf("a lamp moves: %v", got)
	}
}

// Time that stands still or goes back does not begin anything.
func TestDetectorTakesAnyTime(t *testing.T) {
	var d Detector
	for i := range 1000 {
		d.Add(make([]byte, i*1000), false, time.Duration(500-i)*time.Second)
	}
	if _, _, moving := d.Moving(); moving {
		t.Error("there is motion")
	}
}

// probe returns the pictures of a file's first video track.
func probe(t *testing.T, path string) (pictures []picture) {
	t.Helper()
	out := run(t, "ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=dts_time,size,flags", "-of", "csv=p=0", path)
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		at, err := strconv.ParseFloat(row[0], 64)
		if err != nil {
			t.Fatal(err)
		}
		size, err := strconv.Atoi(row[1])
		if err != nil {
			t.Fatal(err)
		}
		pictures = append(pictures, picture{time.Duration(at * float64(time.Second)), size, strings.Contains(row[2], "K")})
	}
	return pictures
}

func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%s %v: %v\n%s", name, args, err, &stderr)
	}
	return out
}

// The simulated doorbells, which loop every 24 s: a visitor comes and leaves, a
// cat walks by. Something moves most of the time, so that it takes some turns to
// learn what does not.
func TestDetectOnPorch(t *testing.T) {
	const turns = 8
	for clip, want := range map[string][]span{
		"door":     {{1.5, 10.1}, {15.5, 21.5}},
		"door-sub": {{1.5, 10.1}, {15.5, 21.3}},
		"gate":     {{14.6, 22.1}},
		"gate-sub": {{15.0, 21.9}},
	} {
		t.Run(clip, func(t *testing.T) {
			turn := probe(t, filepath.Join("../rtsp/rtspsim/porch", clip+".mp4"))
			length := turn[len(turn)-1].at + turn[1].at - 2*turn[0].at
			var pictures []picture
			for n := range turns {
				for _, p := range turn {
					pictures = append(pictures, picture{p.at + time.Duration(n)*length, p.bytes, p.key})
				}
			}
			found := 0
			got := motions(pictures)
			for _, w := range want {
				for n := 4; n < turns-1; n++ {
					w := span{w.from + float64(n)*length.Seconds(), w.to + float64(n)*length.Seconds()}
					for _, g := range got {
						if math.Abs(g.from-w.from) < 4.5 && math.Abs(g.to-w.to) < 1.6 {
							found++
						}
					}
				}
			}
			if found != 3*len(want) {
				t.Errorf("%d motions of %d are found: %v", found, 3*len(want), got)
			}
		})
	}
}

// Real footage of people who walk, between stretches in which the first and the
// last picture stand still, with the noise of a sensor, from several encoders.
func TestDetectPeople(t *testing.T) {
	const film = "/usr/share/doc/opencv-doc/examples/data/vtest.avi"
	if _, err := os.Stat(film); err != nil {
		t.Fatalf("%v: install the Debian package opencv-doc, or run `make peers`", err)
	}
	for name, codec := range map[string][]string{
		"h264":              {"-c:v", "libx264", "-preset", "veryfast", "-crf", "26"},
		"h264, low latency": {"-c:v", "libx264", "-preset", "veryfast", "-crf", "26", "-tune", "zerolatency", "-slices", "3"},
		"h264, bounded":     {"-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-maxrate", "2M", "-bufsize", "2M"},
		"h265":              {"-c:v", "libx265", "-preset", "ultrafast", "-crf", "28", "-x265-params", "log-level=error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(t.TempDir(), "film.mp4")
			const shape = "scale=384:-2,tpad=start_mode=clone:start_duration=20:stop_mode=clone:stop_duration=15,noise=alls=3:allf=t,format=yuv420p"
			args := append([]string{"-v", "error", "-t", "15", "-i", film, "-vf", shape, "-g", "20", "-bf", "0", "-threads", "1"}, codec...)
			run(t, "ffmpeg", append(args, out)...)
			got := motions(probe(t, out))
			if len(got) != 1 || got[0].from < 19.4 || got[0].from > 20.6 || got[0].to < 34 || got[0].to > 36.6 {
				t.Errorf("motion is %v, want it from 20 to 35", got)
			}
		})
	}
}

// What the detector costs a picture, with its slice headers.
func BenchmarkDetector(b *testing.B) {
	f := film{name: "bench", take: take{scene: "day", source: "vtest.avi", seed: 1, w: 320, h: 240, fps: 10, shots: 1}, how: tuned[0], dir: b.TempDir()}
	track, all := f.load(b)
	d := NewDetector(track)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		p := &all[n%len(all)]
		d.Add(p.data, p.key, time.Duration(n)*100*time.Millisecond)
		n++
	}
}

// No picture allocates anything.
func TestDetectorAllocatesNothing(t *testing.T) {
	pictures := sizes([2]int{60, 2000}, [2]int{5, 6000})
	data := make([]byte, 50_000)
	var d Detector
	if n := testing.AllocsPerRun(3, func() {
		for _, p := range pictures {
			d.Add(data[:p.bytes], p.key, p.at)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
