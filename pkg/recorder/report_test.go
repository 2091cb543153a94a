package recorder_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/ffmpeg"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// What a camera itself reports is an event where something moves in the zones, with a
// real decoder; elsewhere it is left out and counted. Where it can't be looked at it
// is kept, and says so; where there are no zones it is kept at once.
func TestReportsInZones(t *testing.T) {
	t.Parallel()
	tool, err := ffmpeg.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	track, film := walker(t)
	const left = "mask 0,0 500,0 500,1000 0,1000"
	type told struct {
		at, from, to int // pictures: when it is told, and of what; to is from for its beginning
		kind         string
	}
	reports := []told{
		{405, 402, 402, nvr.MotionEvent}, // in the left half, somebody walks
		{410, 403, 403, nvr.PersonEvent},
		{505, 402, 500, nvr.MotionEvent},
		{705, 702, 702, nvr.PersonEvent}, // in the right half
		{805, 702, 800, nvr.PersonEvent},
		{900, 403, 890, nvr.VehicleEvent}, // the end of something whose beginning was published
		{990, 989, 989, nvr.MotionEvent},  // the film is over before that can be looked at
	}
	const unseen = "camera" + recorder.Unseen
	for name, c := range map[string]struct {
		zones string
		tool  *ffmpeg.Tool
		want  []string
		left  int
	}{
		"no zones": {"", tool, []string{
			"402 402 motion camera", "402 500 motion camera", "403 403 person camera", "403 890 vehicle camera",
			"702 702 person camera", "702 800 person camera", "989 989 motion camera",
		}, 0},
		// Of the person on the left the end was never told: it is over when another comes.
		"a mask": {left, tool, []string{
			"403 890 vehicle camera", "702 702 person camera", "702 800 person camera", "989 989 motion " + unseen,
		}, 2},
		"a mask, without ffmpeg": {left, nil, []string{
			"402 402 motion " + unseen, "402 500 motion " + unseen, "403 403 person " + unseen, "403 890 vehicle camera",
			"702 702 person " + unseen, "702 800 person " + unseen, "989 989 motion " + unseen,
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t)
			var got []string
			began := time.Now().Add(-2 * time.Minute)
			h.recorder.Publish(func(e nvr.Event) {
				if e.Detail != "" {
					at := func(w nvr.Time) int64 { return int64(w.Sub(nvr.TimeOf(began)) / (time.Second / 10)) }
					got = append(got, fmt.Sprintf("%d %d %s %s", at(e.Span.From), at(e.Span.To), e.Kind, e.Detail))
				}
			})
			h.recorder.Decode(c.tool)
			zones, err := nvr.ParseZones(c.zones)
			if err != nil {
				t.Fatal(err)
			}
			h.recorder.SetZones(camera.Camera, zones)
			s := h.stream(camera)
			s.Begin(media.Format{Tracks: []media.Track{track}}, true)
			wall := func(picture int) nvr.Time { return nvr.TimeOf(began.Add(time.Duration(picture) * time.Second / 10)) }
			for i, picture := range film {
				for _, r := range reports {
					if r.at == i {
						h.recorder.Report(nvr.Event{Stream: nvr.StreamID{Camera: camera.Camera}, Kind: r.kind, Detail: "camera", Span: nvr.Span{From: wall(r.from), To: wall(r.to)}})
					}
				}
				picture.Arrived = wall(i).Std()
				s.Sample(picture)
				if picture.Key && c.tool != nil && c.zones != "" {
					h.recorder.Refill()
					awaitLook(t, s)
				}
			}
			if sight := h.recorder.Sight(camera.Camera); sight.LeftOut != c.left || c.left > 0 && sight.LeftOutLast != wall(403) {
				t.Errorf("%+v, and %d should be left out", sight, c.left)
			}
			h.close()
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("published are\n%s\nand should be\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}
