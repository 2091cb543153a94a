package api

import (
	"context"
	"net/http"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
)

// Doors open the doors at cameras; [door.Doors] do. Open fails with
// [nvr.ErrNotFound] if there is none, and with [nvr.ErrBusy] if nobody can see who
// stands there. It is safe for concurrent use.
type Doors interface {
	Open(ctx context.Context, camera nvr.CameraID, who string) error
}

func (a *api) openDoor(w http.ResponseWriter, r *http.Request) error {
	camera, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return err
	}
	if err := a.Doors.Open(r.Context(), camera, auth.Asks(r.Context()).Name); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
