package recorder_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/ffmpeg"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// walker is a film of 160x120, 10 pictures a second: somebody walks in its left
// half from second 40 to 50, and in its right half from 70 to 80.
func walker(t *testing.T) (media.Track, []media.Sample) {
	t.Helper()
	const w, h, pictures = 160, 120, 1000
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "gray", "-s", "160x120", "-r", "10", "-i", "-",
		"-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "10", "-sc_threshold", "0", "-slices", "1", "-crf", "26", "-f", "h264", "-")
	var raw bytes.Buffer
	r := rand.New(rand.NewPCG(1, 2))
	for i := range pictures {
		left := -100
		switch {
		case i >= 400 && i < 500:
			left = 10 + (i-400)%50
		case i >= 700 && i < 800:
			left = 90 + (i-700)%50
		}
		for p := range w * h {
			x, y := p%w, p/w
			v := 80 + (x*7+y*13)%40 + int(2*r.NormFloat64())
			if x >= left && x < left+14 && y >= 50 && y < 90 {
				v += 90
			}
			raw.WriteByte(byte(max(0, min(255, v))))
		}
	}
	cmd.Stdin = &raw
	film, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	track := media.Track{Codec: media.H264, Timescale: 90000, Width: w, Height: h}
	var all []media.Sample
	film = bytes.ReplaceAll(film, []byte{0, 0, 0, 1}, []byte{0, 0, 1})
	for _, unit := range bytes.Split(film, []byte{0, 0, 1})[1:] {
		switch kind := unit[0] & 31; kind {
		case 7:
			track.SPS = unit
		case 8:
			track.PPS = unit
		case 1, 5:
			data := append(binary.BigEndian.AppendUint32(nil, uint32(len(unit))), unit...)
			all = append(all, media.Sample{Key: kind == 5, DTS: int64(len(all)) * 9000, Data: data})
		}
	}
	if len(all) != pictures {
		t.Fatalf("%d pictures", len(all))
	}
	return track, all
}

// What moves in a mask, or outside of the zones, is no event, with a real decoder;
// what moves in a zone is one. Where nothing is decoded, and while that is learned,
// nothing is lost: all of it is.
func TestMotionInZones(t *testing.T) {
	t.Parallel()
	tool, err := ffmpeg.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	track, film := walker(t)
	const left, right = " 0,0 500,0 500,1000 0,1000", " 500,0 1000,0 1000,1000 500,1000"
	first, second := nvr.Sight{By: nvr.ByScore, Trust: nvr.Trusted, Decodes: true}, nvr.Sight{By: nvr.ByPictures, Trust: nvr.Trusted, Zones: nvr.Inside, Decodes: true}
	for name, c := range map[string]struct {
		zones string
		at    int // picture before which they are drawn
		tool  *ffmpeg.Tool
		want  []int // seconds at which events begin, in tens
		sight nvr.Sight
	}{
		"no zones":               {"", 0, tool, []int{4, 7}, first},
		"a mask":                 {"mask" + left, 0, tool, []int{7}, second},
		"a zone":                 {"zone" + right, 0, tool, []int{7}, second},
		"the other zone":         {"zone" + left, 0, tool, []int{4}, second},
		"a mask, drawn later":    {"mask" + right, 520, tool, []int{4}, second},
		"a mask, without ffmpeg": {"mask" + left, 0, nil, []int{4, 7}, nvr.Sight{By: nvr.ByScore, Trust: nvr.Trusted, Zones: nvr.Whole}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t)
			defer h.close()
			h.recorder.Decode(c.tool)
			zones, err := nvr.ParseZones(c.zones)
			if err != nil {
				t.Fatal(err)
			}
			s := h.stream(camera)
			began := time.Now().Add(-2 * time.Minute)
			s.Begin(media.Format{Tracks: []media.Track{track}}, true)
			for i, picture := range film {
				if i == c.at {
					h.recorder.SetZones(camera.Camera, zones)
				}
				picture.Arrived = began.Add(time.Duration(i) * time.Second / 10)
				s.Sample(picture)
				if picture.Key && c.tool != nil && h.recorder.Sight(camera.Camera).Zones != "" {
					h.recorder.Refill()
					awaitLook(t, s)
				}
			}
			if got := h.recorder.Sight(camera.Camera); got != c.sight {
				t.Errorf("motion is found by %+v, not %+v", got, c.sight)
			}
			s.End(nvr.NotRunning, nil)
			h.recorder.Remove(camera)
			var got []int
			happened := h.written(camera.Camera, len(c.want))
			for _, e := range happened {
				got = append(got, int(e.Span.From.Sub(nvr.TimeOf(began)).Seconds()+2)/10)
			}
			if !cmp.Equal(got, c.want) {
				t.Errorf("events begin in %v, not in %v: %+v", got, c.want, happened)
			}
		})
	}
}

// awaitLook waits until the decoder has taken what it was given.
func awaitLook(t *testing.T, s *recorder.Stream) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	enough := time.After(time.Minute)
	for !s.Looks() {
		select {
		case <-tick.C:
		case <-enough:
			t.Fatal("nothing is decoded")
		}
	}
}

// written returns the events of a camera once there are so many, and all is written.
func (h *home) written(camera nvr.CameraID, least int) []nvr.Event {
	h.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	enough := time.After(30 * time.Second)
	for again := 0; ; {
		all, err := h.catalog.Events(h.t.Context(), camera, nvr.Span{From: nvr.Now().Add(-time.Hour), To: nvr.Now()})
		if err != nil {
			h.t.Fatal(err)
		}
		if len(all) >= least {
			again++
		}
		if again > 40 { // two seconds: what is told is written within one
			return all
		}
		select {
		case <-tick.C:
		case <-enough:
			return all
		}
	}
}
