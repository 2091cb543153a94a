package household

import (
	"errors"
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
