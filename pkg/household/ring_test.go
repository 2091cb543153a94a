package household

import (
	"errors"
	"slices"
	"testing"

	"nvrd/pkg/nvr"
)

// A press is found by camera and time, and by nothing else.
func TestPress(t *testing.T) {
	h := open(t, t.TempDir())
	p := nvr.Press{Camera: 1, At: 5_000_000, End: 50_000_000, Outcome: nvr.RingMissed, Source: "button"}
	if err := h.SavePress(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if got, err := h.Press(t.Context(), 1, p.At); err != nil || got != p {
		t.Errorf("%+v, %v", got, err)
	}
	for camera, at := range map[nvr.CameraID]nvr.Time{1: p.At + 1, 2: p.At} {
		if got, err := h.Press(t.Context(), camera, at); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("camera %s at %s: %+v, %v", camera, at, got, err)
		}
	}
}

// What has not ended is found after a kill, of cameras that are there.
func TestOpenPresses(t *testing.T) {
	h := open(t, t.TempDir())
	c, err := h.AddCamera(t.Context(), CameraInput{Name: "Door", URL: "rtsp://10.0.0.1/"})
	if err != nil {
		t.Fatal(err)
	}
	rings := nvr.Press{Camera: c.ID, At: 5_000_000, Source: "button"}
	later, ended, removed := rings, rings, rings
	later.At, ended.At, ended.End, ended.Outcome, removed.Camera = 8_000_000, 9_000_000, 10_000_000, nvr.RingAnswered, 77
	for _, p := range []nvr.Press{rings, ended, later, removed} {
		if err := h.SavePress(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := h.OpenPresses(t.Context()); err != nil || !slices.Equal(got, []nvr.Press{later, rings}) {
		t.Errorf("%+v, %v", got, err)
	}
}
