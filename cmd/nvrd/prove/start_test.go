//go:build bench

package prove_test

import (
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
	"nvrd/pkg/nvr"
)

// TestCostOfStart measures how long a recorder that was killed takes until it
// records again, with as much footage behind it as 16 streams record in 43
// days. `make bench` runs it.
func TestCostOfStart(t *testing.T) {
	const streams, past = 16, 1_000_000
	program, data := build(t), t.TempDir()
	ids := simulate(t, data, streams)
	fmt.Printf("\nkilled while it recorded %d streams: from exec to a movie fragment of each on disk\n", streams)
	fmt.Printf("%9d segments in the catalog: %v\n", 0, restarts(t, program, data, ids))
	inThePast(t, data, ids, past/streams)
	fmt.Printf("%9d segments in the catalog: %v\n", past, restarts(t, program, data, ids))
}

// restarts kills a recorder several times after a while, and returns how long
// each start took until the last of its streams was recorded again.
func restarts(t *testing.T, program, data string, ids []nvr.StreamID) (took []time.Duration) {
	for n := range 4 {
		began := nvr.Now()
		running := start(t, program, data)
		eventually(t, 5*time.Minute, "all cameras are recorded", func() bool { return recorded(t, data, ids, began) })
		if n > 0 { // the first has nothing to recover
			took = append(took, nvr.Now().Sub(began).Round(10*time.Millisecond))
		}
		<-time.After(20 * time.Second)
		if err := running.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = running.Wait() // says that it was killed
	}
	return took
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
