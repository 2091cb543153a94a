//go:build bench

// How long a recorder that was killed takes until it records again, with as
// much footage behind it as 16 streams record in 43 days. `make bench` runs it.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

func TestCostOfStart(t *testing.T) {
	const streams, past = 16, 1_000_000
	data := t.TempDir()
	ids := benchCamerasIn(t, data, streams)
	fmt.Printf("\nkilled while it recorded %d streams: from exec to a movie fragment of each on disk\n", streams)
	fmt.Printf("%9d segments in the catalog: %v\n", 0, restarts(t, data, ids))
	inThePast(t, data, ids, past/streams)
	fmt.Printf("%9d segments in the catalog: %v\n", past, restarts(t, data, ids))
}

// restarts kills a recorder several times after a while, and returns how
// long each start took until the last of its streams was recorded again.
func restarts(t *testing.T, data string, ids []nvr.StreamID) (took []time.Duration) {
	began := time.Now()
	running := startRecorder(t, data)
	untilRecorded(t, data, ids, began)
	for range 3 {
		time.Sleep(20 * time.Second)
		kill(t, running)
		began := time.Now()
		running = startRecorder(t, data)
		took = append(took, slices.Max(untilRecorded(t, data, ids, began)))
	}
	kill(t, running)
	return took
}

// benchCamerasIn gives a home in a data directory simulated cameras, which
// answer at once.
func benchCamerasIn(t *testing.T, data string, n int) (ids []nvr.StreamID) {
	t.Helper()
	clip, err := rtspsim.LoadClip(porch.Door().Sub)
	if err != nil {
		t.Fatal(err)
	}
	sim, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	home, err := household.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	defer home.Close()
	for i := range n {
		name := fmt.Sprintf("camera%d", i)
		if err := sim.Play(name, clip); err != nil {
			t.Fatal(err)
		}
		c, err := home.AddCamera(t.Context(), household.CameraInput{Name: name, URL: sim.URL(name)})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, nvr.StreamID{Camera: c.ID})
	}
	return ids
}

// inThePast adds segments of a minute before what was recorded, to the catalog
// and, without content, to the disk.
func inThePast(t *testing.T, data string, ids []nvr.StreamID, each int) {
	t.Helper()
	c, err := catalog.Open(t.Context(), filepath.Join(data, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s := nvr.Segment{Fragments: slices.Repeat([]nvr.Fragment{{Bytes: 1_000_000, MediaDuration: 180_000, Key: true, Score: 9}}, 30)}
	var sql strings.Builder
	sql.WriteString("PRAGMA synchronous = OFF;\n")
	streams, err := c.Streams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		i := slices.IndexFunc(streams, func(s catalog.Stream) bool { return s.ID == id })
		start := streams[i].Enabled.Add(-time.Duration(each) * time.Minute)
		fmt.Fprintf(&sql, `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < %[1]d - 1)
			INSERT INTO segment (stream_id, start_us, duration_us, state, run_us, directory_id, init_id, media_start, media_duration, header_bytes, bytes, score, fragments)
			SELECT s.id, %[2]d + i * 60000000, 60000000, 1, %[2]d, 1, 1, i * 5400000, 5400000, 700, 30000700, 9, x'%[3]x' FROM n JOIN stream s ON s.camera_id = %[4]d;
			UPDATE stream SET enabled_us = %[2]d WHERE camera_id = %[4]d;`, each, start, s.AppendFragments(nil), id.Camera)
		for m := range each {
			path := filepath.Join(data, "footage", footage.Path(id, start.Add(time.Duration(m)*time.Minute)))
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
			if os.IsNotExist(err) {
				if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
					t.Fatal(err)
				}
				f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
			}
			if err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
	}
	cmd := exec.Command("sqlite3", filepath.Join(data, "catalog.db"))
	cmd.Stdin = strings.NewReader(sql.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sqlite3: %v\n%s", err, out)
	}
}

func startRecorder(t *testing.T, data string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(*benchBinary, "run", "--data", data, "--listen", "127.0.0.1:0")
	var log bytes.Buffer
	cmd.Stderr = &log
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of a recorder:\n%s", &log)
		}
	})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // says that it was killed
}

// untilRecorded waits until each stream has a movie fragment in a file that began
// after a time, and returns how long after it each had.
func untilRecorded(t *testing.T, data string, ids []nvr.StreamID, since time.Time) (took []time.Duration) {
	t.Helper()
	waiting := slices.Clone(ids)
	for deadline := time.Now().Add(5 * time.Minute); len(waiting) > 0; time.Sleep(10 * time.Millisecond) {
		waiting = slices.DeleteFunc(waiting, func(id nvr.StreamID) bool {
			if !hasFragment(data, id, nvr.TimeOf(since)) {
				return false
			}
			took = append(took, time.Since(since).Round(10*time.Millisecond))
			return true
		})
		if time.Now().After(deadline) {
			t.Fatalf("%v are not recorded", waiting)
		}
	}
	return took
}

// hasFragment tells whether a stream has a movie fragment in a file that began
// after a time.
func hasFragment(data string, id nvr.StreamID, since nvr.Time) bool {
	day := filepath.Dir(footage.Path(id, nvr.Now()))
	files, err := filepath.Glob(filepath.Join(data, "footage", day, "*.mp4"))
	if err != nil || len(files) == 0 {
		return false
	}
	newest := files[len(files)-1]
	if newest <= filepath.Join(data, "footage", footage.Path(id, since)) {
		return false
	}
	b, err := os.ReadFile(newest)
	return err == nil && bytes.Contains(b, []byte("mdat"))
}
