package recorder_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/pkg/rtsp"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// An event of a camera that is really connected begins before it happened, and
// decodes without a word, with sound in step.
func TestEventOfARealStream(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	defer h.close()
	server, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	clip, err := rtspsim.LoadClip(porch.Door().Main)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Play("door", clip); err != nil {
		t.Fatal(err)
	}
	s := h.stream(camera)
	s.SetPlan(nvr.Plan{Mode: nvr.KeepEvents, Before: 3 * time.Second})
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() {
		stopped <- rtsp.Run(ctx, rtsp.Config{URL: server.URL("door"), Log: slog.New(slog.NewTextHandler(t.Output(), nil))}, s)
	}()

	// until waits for a gap or footage at the end of the timeline.
	var line playback.Timeline
	enabled := nvr.Now().Add(-time.Second)
	until := func(what string, is func() bool) {
		t.Helper()
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		timeout := time.After(30 * time.Second)
		for {
			select {
			case <-tick.C:
			case <-timeout:
				t.Fatalf("%s: it did not happen: %+v", what, line)
			}
			var err error
			if line, err = h.player.Timeline(t.Context(), camera, nvr.Span{From: enabled, To: nvr.Now().Add(time.Minute)}, time.Minute); err != nil {
				t.Fatal(err)
			}
			if is() {
				return
			}
		}
	}
	until("pictures are held for longer than is asked for", func() bool {
		n := len(line.Gaps)
		return n > 0 && line.Gaps[n-1].Reason == nvr.NoEvent && nvr.Now().Sub(line.Gaps[n-1].Span.From) > 5*time.Second
	})
	rang := nvr.Now()
	h.recorder.Happened(camera.Camera, "ring", rang, "")
	until("it is over", func() bool {
		n := len(line.Gaps)
		return n > 0 && line.Gaps[n-1].Reason == nvr.NoEvent && line.Gaps[n-1].Span.From > rang
	})
	stop()
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if len(line.Footage) != 1 {
		t.Fatalf("footage is %v, want one stretch", line.Footage)
	}
	span := line.Footage[0]
	if before := rang.Sub(span.From); before < 3*time.Second || before > 6*time.Second {
		t.Errorf("footage begins %s before the event, want 3 s and up to a group of pictures more", before)
	}

	source := filepath.Join(t.TempDir(), "source.mp4")
	if err := os.WriteFile(source, porch.Door().Main, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, form := range []playback.Form{playback.Fragmented, playback.Progressive} {
		export, err := h.player.Export(t.Context(), camera, span, form)
		if err != nil {
			t.Fatal(err)
		}
		film, err := io.ReadAll(export)
		if err != nil {
			t.Fatal(err)
		}
		if err := export.Close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "event.mp4")
		if err := os.WriteFile(path, film, 0o600); err != nil {
			t.Fatal(err)
		}
		peer(t, "ffmpeg", "-nostdin", "-v", "error", "-i", path, "-f", "null", "-")
		pictures, wantPictures := shown(t, path, "v"), shown(t, source, "v")
		sound, wantSound := shown(t, path, "a"), shown(t, source, "a")
		if length := span.Duration().Seconds(); math.Abs(float64(len(pictures))/15-length) > 0.5 || len(sound) == 0 {
			t.Errorf("%s: %d pictures and %d frames of sound in %.1f s", form, len(pictures), len(sound), length)
		}
		turn := clip.Duration().Seconds()
		compared := 0
		for hash, at := range sound {
			was, ok := wantSound[hash]
			for picture, shownAt := range pictures {
				wasShown, known := wantPictures[picture]
				if !ok || !known {
					continue
				}
				compared++
				if apart := math.Remainder((at-shownAt)-(was-wasShown), turn); math.Abs(apart) > 0.04 {
					t.Fatalf("%s: sound is %.3f s off", form, apart)
				}
			}
		}
		if compared < 1000 {
			t.Errorf("%s: only %d pairs of picture and sound are known", form, compared)
		}
	}
}

// shown returns when each packet of a track is shown, by its hash. What occurs
// twice is left out.
func shown(t *testing.T, path, track string) map[string]float64 {
	t.Helper()
	out := peer(t, "ffprobe", "-v", "error", "-select_streams", track, "-show_entries", "packet=pts_time,data_hash",
		"-show_data_hash", "md5", "-of", "csv=p=0", path)
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	all, twice := map[string]float64{}, map[string]bool{}
	for _, row := range rows {
		at, err := strconv.ParseFloat(row[0], 64)
		if err != nil {
			t.Fatal(err)
		}
		hash := row[1]
		_, known := all[hash]
		twice[hash] = twice[hash] || known
		all[hash] = at
	}
	for hash, is := range twice {
		if is {
			delete(all, hash)
		}
	}
	return all
}

// peer runs a program that must succeed in silence.
func peer(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil || said.Len() > 0 {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, &said)
	}
	return out.Bytes()
}
