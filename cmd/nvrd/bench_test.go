//go:build bench

// What recording costs, measured from outside: a camera server in this
// process, the recorder in another, and ffmpeg on the same streams in the same
// run. `make bench` runs it and prints the table.
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim"
)

var (
	benchCameras = flag.Int("bench.cameras", 16, "cameras that are recorded at once")
	benchTime    = flag.Duration("bench.length", time.Minute, "how long each recorder is measured")
	benchBinary  = flag.String("bench.nvrd", "../../bin/nvrd", "the program to measure")
)

// warmUp is how long a recorder runs before it is measured: until the last
// connection is up and memory has found its level.
const warmUp = 15 * time.Second

// usage is what a set of processes has used.
type usage struct {
	cpu time.Duration
	rss int64 // bytes
}

func TestCostOfRecording(t *testing.T) {
	clip, err := rtspsim.LoadClip(benchClip(t))
	if err != nil {
		t.Fatal(err)
	}
	sim, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	var urls []string
	for i := range *benchCameras {
		name := fmt.Sprintf("camera%d", i)
		if err := sim.Play(name, clip); err != nil {
			t.Fatal(err)
		}
		urls = append(urls, sim.URL(name))
	}
	// Alone first, for the figure; then beside ffmpeg, so that whatever else the
	// machine does slows both, for the ratio.
	alone := startOurs(t, urls)
	aloneUsed := measure(t, alone.pids)[0]
	alone.stop(t)
	ours, theirs := startOurs(t, urls), startFFmpeg(t, urls)
	used := measure(t, ours.pids, theirs.pids)
	oursUsed, theirsUsed := used[0], used[1]
	stats, written := ours.stop(t), theirs.stop(t)
	seconds := benchTime.Seconds()
	row := func(name string, u usage, bytes int64) {
		fmt.Printf("%-28s %6.2f %% of a core  %7.1f MB RSS  %8.2f MB/s written\n", name,
			100*u.cpu.Seconds()/seconds, float64(u.rss)/1e6, float64(bytes)/1e6)
	}
	fmt.Printf("\nrecording %d cameras, 1080p15 H.264 4 Mb/s + AAC, %s\n", *benchCameras, *benchTime)
	row("nvrd, alone", aloneUsed, stats.bytesPerSecond)
	row("nvrd, beside ffmpeg", oursUsed, stats.bytesPerSecond)
	row("ffmpeg -c copy -f segment", theirsUsed, written)
	fmt.Printf("%-28s %6.2f x CPU        %7.2f x memory\n", "nvrd / ffmpeg", oursUsed.cpu.Seconds()/theirsUsed.cpu.Seconds(), float64(oursUsed.rss)/float64(theirsUsed.rss))
	fmt.Printf("%-28s %6.2f barriers/s   %7.2f writes/s   %.0f bytes of index per camera-minute\n",
		"nvrd", stats.barriers, stats.writes, stats.indexPerMinute)
}

// recordingStats is what nvrd says of its own work, and what its index weighs.
type recordingStats struct {
	bytesPerSecond   int64
	barriers, writes float64 // per second
	indexPerMinute   float64 // bytes per camera-minute
}

// ourRecorder is a running nvrd.
type ourRecorder struct {
	pids  []int
	cmd   *exec.Cmd
	data  string
	log   bytes.Buffer
	began time.Time
}

func startOurs(t *testing.T, urls []string) *ourRecorder {
	t.Helper()
	r := &ourRecorder{data: t.TempDir(), began: time.Now()}
	home, err := household.Open(t.Context(), r.data)
	if err != nil {
		t.Fatal(err)
	}
	for i, url := range urls {
		if _, err := home.AddCamera(t.Context(), household.CameraInput{Name: fmt.Sprintf("Camera %d", i), URL: url}); err != nil {
			t.Fatal(err)
		}
	}
	if err := home.Close(); err != nil {
		t.Fatal(err)
	}
	r.cmd = exec.Command(*benchBinary, "run", "--data", r.data, "--listen", "127.0.0.1:0")
	r.cmd.Stderr = &r.log
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.pids = []int{r.cmd.Process.Pid}
	return r
}

func (r *ourRecorder) stop(t *testing.T) (s recordingStats) {
	t.Helper()
	if err := r.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Wait(); err != nil {
		t.Fatalf("nvrd: %v\n%s", err, r.log.String())
	}
	ran := time.Since(r.began).Seconds()
	figure := func(name string) float64 {
		m := regexp.MustCompile(name + `=(\d+)`).FindStringSubmatch(r.log.String())
		if m == nil {
			t.Fatalf("nvrd does not say %s:\n%s", name, r.log.String())
		}
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	s.bytesPerSecond = int64(figure("bytes") / ran)
	s.barriers, s.writes = figure("barriers")/ran, figure("writes")/ran
	s.indexPerMinute = indexCost(t, r.data)
	return s
}

// indexCost returns the bytes of catalog.db per camera-minute recorded. What a
// minute adds is measured on the pages in use, not on a nearly empty file.
func indexCost(t *testing.T, data string) float64 {
	t.Helper()
	c, err := catalog.Open(t.Context(), filepath.Join(data, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	out, err := exec.Command("sqlite3", filepath.Join(data, "catalog.db"),
		`SELECT sum(payload + 12 * ncell) FROM dbstat WHERE name IN ('segment', 'segment_by_time', 'segment_unsettled', 'gap', 'gap_open')`).Output()
	if err != nil {
		t.Fatalf("sqlite3: %v", err)
	}
	bytes, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		t.Fatal(err)
	}
	var minutes float64
	streams, err := c.Streams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range streams {
		err := c.Coverage(t.Context(), s.ID, nvr.Span{From: s.Enabled, To: nvr.Now()}, func(p catalog.Piece) { minutes += p.Span.Duration().Minutes() })
		if err != nil {
			t.Fatal(err)
		}
	}
	return bytes / minutes
}

// theirRecorder is ffmpeg, one process a camera.
type theirRecorder struct {
	pids  []int
	cmds  []*exec.Cmd
	dir   string
	began time.Time
}

func startFFmpeg(t *testing.T, urls []string) *theirRecorder {
	t.Helper()
	r := &theirRecorder{dir: t.TempDir(), began: time.Now()}
	for i, url := range urls {
		cmd := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", url,
			"-c", "copy", "-f", "segment", "-segment_time", "60", filepath.Join(r.dir, fmt.Sprintf("%d-%%d.mp4", i)))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		r.pids = append(r.pids, cmd.Process.Pid)
		r.cmds = append(r.cmds, cmd)
	}
	return r
}

// stop returns how many bytes were written a second.
func (r *theirRecorder) stop(t *testing.T) int64 {
	t.Helper()
	for _, cmd := range r.cmds {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // its status says that it was interrupted
	}
	var bytes int64
	files, err := filepath.Glob(filepath.Join(r.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		bytes += info.Size()
	}
	return int64(float64(bytes) / time.Since(r.began).Seconds())
}

func (u usage) since(before usage) usage { return usage{cpu: u.cpu - before.cpu, rss: u.rss} }

// measure returns what each set of processes uses in benchTime after all have
// warmed up.
func measure(t *testing.T, sets ...[]int) []usage {
	t.Helper()
	time.Sleep(warmUp)
	used := make([]usage, len(sets))
	for i, pids := range sets {
		used[i] = total(t, pids)
	}
	time.Sleep(*benchTime)
	for i, pids := range sets {
		used[i] = total(t, pids).since(used[i])
	}
	return used
}

func total(t *testing.T, pids []int) (sum usage) {
	t.Helper()
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // from the third field on, proc(5)
		for _, ticks := range fields[11:13] {                                     // utime and stime, in 1/100 s
			n, err := strconv.ParseInt(ticks, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			sum.cpu += time.Duration(n) * 10 * time.Millisecond
		}
		status, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(status)
		for lines.Scan() {
			if kb, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
				n, err := strconv.ParseInt(strings.Fields(kb)[0], 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				sum.rss += n * 1024
			}
		}
		status.Close()
	}
	return sum
}

// benchClip returns 79 s of people walking, as a doorbell would send them. It
// is made once and kept.
func benchClip(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join("..", "..", "build", "bench", "1080p15.mp4")
	if b, err := os.ReadFile(path); err == nil {
		return b
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	source := footageOf(t, "vtest.avi")
	out, err := exec.Command("ffmpeg", "-v", "error", "-y", "-i", source, "-f", "lavfi", "-i", "sine=frequency=300:sample_rate=48000",
		"-vf", "scale=1920:1080,fps=15,noise=alls=8:allf=t", "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main", "-bf", "0",
		"-g", "30", "-keyint_min", "30", "-sc_threshold", "0", "-b:v", "4M", "-minrate", "4M", "-maxrate", "4M", "-bufsize", "4M",
		"-x264-params", "nal-hrd=cbr", "-c:a", "aac", "-b:a", "64k", "-ac", "1", "-shortest",
		"-movflags", "+frag_keyframe+empty_moov+default_base_moof", path+".tmp.mp4").CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	if err := os.Rename(path+".tmp.mp4", path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
