//go:build screens

package uitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/datadir"
	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// What the timeline shows while it is dragged.
const (
	filled    = 24 * time.Hour
	happening = 500 // events in it
)

// TestFilm drags the timeline over an hour of footage, in a day of it, and says how
// soon the picture under the hand is there. `make film` runs it.
func TestFilm(t *testing.T) {
	file := build(t.Context(), t)
	door, data := porch.Door(), t.TempDir()
	visitor := camera(t, rtspsim.Options{}, map[string]rtspsim.Clip{"main": clip(t, door.Main), "sub": clip(t, door.Sub)})
	p := launch(t, file, "run", "--neighbor-port", "0", "--listen", free(t), "--data", data)
	input, err := json.Marshal(map[string]string{"name": "Front door", "url": "rtsp://" + visitor.address + "/main", "sub_url": "rtsp://" + visitor.address + "/sub"})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.listen+"/api/v1/cameras", bytes.NewReader(input))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		t.Fatal(res.Status)
	}
	for _, name := range []string{"main", "sub"} {
		minutes(t, filepath.Join(data, "footage", "1", name))
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	fill(t, data)
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	frames, err := filepath.Abs(root + "/build/film")
	if err == nil {
		err = os.RemoveAll(frames)
	}
	if err != nil {
		t.Fatal(err)
	}
	browse(t, "film", "STOOP_URL="+p.listen, "STOOP_SHOTS="+frames)
}

// minutes waits until a whole minute was written there: the second of three files.
func minutes(t *testing.T, dir string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); <-time.After(time.Second) {
		if all, _ := filepath.Glob(filepath.Join(dir, "*", "*.mp4")); len(all) > 2 {
			return
		}
	}
	t.Fatal("no minute was recorded in ", dir)
}

// fill has the camera's longest segment recorded again and again, for a day before it.
func fill(t *testing.T, data string) {
	t.Helper()
	dir, err := datadir.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	dir.Close()
	index, err := catalog.Open(t.Context(), filepath.Join(data, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer index.Close()
	for _, quality := range []nvr.Quality{nvr.Main, nvr.Sub} {
		stream := nvr.StreamID{Camera: 1, Quality: quality}
		all, err := index.Segments(t.Context(), stream, nvr.Span{To: nvr.Now()})
		if err != nil {
			t.Fatal(err)
		}
		best := all[0]
		for _, s := range all {
			if s.Sealed && s.Span.To-s.Span.From > best.Span.To-best.Span.From {
				best = s
			}
		}
		if err := index.Update(t.Context(), func(tx catalog.Tx) error {
			return again(tx, best, all[0].Span.From, filepath.Join(data, "footage"))
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// again puts copies of a segment into the day before until, with what happened in it.
func again(tx catalog.Tx, s nvr.Segment, until nvr.Time, files string) error {
	path := filepath.Join(files, footage.Path(s.Stream, s.Span.From))
	length := s.Span.To.Sub(s.Span.From)
	n := int64(filled / length)
	begin := until.Add(-time.Duration(n) * length)
	if err := tx.SetStream(s.Stream, nvr.Span{From: begin}); err != nil {
		return err
	}
	s.ID, s.Run = 0, nvr.RunID(begin)
	for i := range n {
		s.Span = nvr.Span{From: begin.Add(time.Duration(i) * length), To: begin.Add(time.Duration(i+1) * length)}
		s.MediaStart = i * s.MediaDuration
		copied := filepath.Join(files, footage.Path(s.Stream, s.Span.From))
		if err := errors.Join(os.MkdirAll(filepath.Dir(copied), 0o755), os.Link(path, copied)); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := tx.PutSegment(s); err != nil {
			return err
		}
	}
	if s.Stream.Quality != nvr.Main {
		return nil
	}
	for i := range happening {
		at := begin.Add(time.Duration(i) * (filled / happening))
		e := nvr.Event{Stream: s.Stream, Span: nvr.Span{From: at, To: at.Add(20 * time.Second)}, Kind: nvr.MotionEvent}
		if i%10 == 0 {
			e.Kind, e.Span.To = nvr.RingEvent, at
		}
		if _, err := tx.PutEvent(e); err != nil {
			return err
		}
	}
	return nil
}
