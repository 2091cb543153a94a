package watch

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// Zones reach the recorder when they are drawn, and when they are there already;
// ones that cannot be read keep nothing from being watched.
func TestZonesReachTheRecorder(t *testing.T) {
	data := t.TempDir()
	home, cameras, _ := newCameras(t, data)
	cam, err := home.AddCamera(t.Context(), household.CameraInput{Name: "Porch", URL: "rtsp://127.0.0.1:1/"})
	if err != nil {
		t.Fatal(err)
	}
	draw := func(text string) {
		t.Helper()
		zones, err := nvr.ParseZones(text)
		if err == nil {
			err = home.SetZones(t.Context(), cam.ID, zones)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	draw("mask 0,0 500,0 500,500")
	changes, unsubscribe := cameras.Subscribe()
	defer unsubscribe()
	defer run(cameras)()
	until := func(what string, want nvr.Bound) {
		t.Helper()
		deadline := time.After(10 * time.Second)
		for {
			shown, err := cameras.Get(t.Context(), cam.ID)
			if err == nil && cameras.handle(cam.ID) != nil && shown.Motion.Zones == want {
				return
			}
			select {
			case <-changes:
			case <-deadline:
				t.Fatalf("%s: motion is %+v, %v", what, shown.Motion, err)
			}
		}
	}
	until("there from the beginning", nvr.Whole) // nothing is decoded here
	draw("")
	until("taken away", "")
	draw("zone 0,0 500,0 500,500")
	until("drawn", nvr.Whole)
	db, err := sql.Open("sqlite", filepath.Join(data, "home.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`UPDATE motion SET zones = 'damaged'`); err != nil {
		t.Fatal(err)
	}
	until("damaged", "")
}
