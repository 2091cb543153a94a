package main

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"nvrd/pkg/datadir"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	pages "nvrd/ui/appliance"
)

// TestPagesKeepThePasswordHome shows that neither Test nor Save of a page sends
// a stored password to another machine or port. Who probes is not even asked.
func TestPagesKeepThePasswordHome(t *testing.T) {
	dir, err := datadir.Create(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	shown := pageCameras{dir: dir}
	stored, err := dir.Home.AddCamera(t.Context(), household.CameraInput{Name: "Porch", URL: "rtsp://10.0.0.1/main", User: "admin", Password: "canary"})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"rtsp://10.0.0.2/main", "rtsp://10.0.0.1:8554/main", "rtsps://10.0.0.1:554/main"} {
		typed := pages.Input{Name: "Porch", URL: address, User: "admin"}
		_, untried := shown.Probe(t.Context(), stored.ID, typed)
		for what, err := range map[string]error{"tried": untried, "saved": shown.Change(t.Context(), stored.ID, typed)} {
			if !errors.Is(err, nvr.ErrInvalid) || !strings.Contains(err.Error(), "give the password again") {
				t.Errorf("%s is %s with the stored password: %v", address, what, err)
			}
		}
	}
	if got, err := dir.Home.Camera(t.Context(), stored.ID); err != nil || got != stored {
		t.Errorf("what was refused left %+v, %v", got, err)
	}
	if err := shown.Change(t.Context(), stored.ID, pages.Input{Name: "Gate", URL: "rtsp://10.0.0.1/other", User: "admin"}); err != nil {
		t.Fatal(err)
	}
	if got, err := dir.Home.Camera(t.Context(), stored.ID); err != nil || got.Password != "canary" || got.URL != "rtsp://10.0.0.1/other" {
		t.Errorf("on the same machine it became %+v, %v", got, err)
	}
}
