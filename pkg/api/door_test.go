package api

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"nvrd/pkg/door"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// latch is a door at camera 1 that was opened so often.
type latch int

func (*latch) Opens(camera nvr.CameraID) bool { return camera == 1 }

func (l *latch) Open(context.Context, nvr.CameraID) error {
	*l++
	return nil
}

// A door opens for who sees who stands there, and the home can look up who it was.
func TestOpenDoor(t *testing.T) {
	h := newHome(t)
	var opened latch
	var newest time.Time
	h.doors = door.New(&opened, func(nvr.CameraID) time.Time { return newest }, h.db, slog.New(slog.DiscardHandler))
	h.use(nil)
	if kind, _ := failure(t, h.do("POST", "/api/v1/cameras/1/door/open", "")); kind != "busy" || opened != 0 {
		t.Errorf("without a picture: %s", kind)
	}
	newest = time.Now().Add(-door.Fresh - time.Second)
	if kind, _ := failure(t, h.do("POST", "/api/v1/cameras/1/door/open", "")); kind != "busy" || opened != 0 {
		t.Errorf("with an old picture: %s", kind)
	}
	newest = time.Now()
	if r := h.do("POST", "/api/v1/cameras/1/door/open", ""); r.StatusCode != 204 || opened != 1 {
		t.Errorf("%d %s", r.StatusCode, text(t, r))
	}
	if kind, _ := failure(t, h.do("POST", "/api/v1/cameras/2/door/open", "")); kind != "not_found" {
		t.Errorf("no door: %s", kind)
	}
	noted, err := h.db.AuditLog(t.Context(), 0, 10)
	if err != nil || len(noted) != 3 || noted[0].Who != "household" || noted[0].What != household.OpenDoor || noted[0].Outcome != "" || noted[1].Outcome != "no_picture" {
		t.Errorf("noted %+v, %v", noted, err)
	}
}
