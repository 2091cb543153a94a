package watch

import (
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"nvrd/pkg/camera"
	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/household"
	"nvrd/pkg/live"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// A household that cannot be read for a moment does not cost a camera until
// its settings change.
func TestCameraIsWatchedAfterHouseholdWasUnreadable(t *testing.T) {
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	data := t.TempDir()
	home, err := household.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	defer home.Close()
	index, err := catalog.Open(t.Context(), filepath.Join(data, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer index.Close()
	places := footage.NewPlaces(home.UUID(), log)
	defer places.Close()
	// Nobody answers at port 1, which is a state, too.
	cam, err := home.AddCamera(t.Context(), household.CameraInput{Name: "Porch", URL: "rtsp://127.0.0.1:1/"})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(data, "home.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`ALTER TABLE camera RENAME TO away`); err != nil {
		t.Fatal(err)
	}

	r, err := recorder.Open(t.Context(), index, places, log)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	complained := make(chan string, 100)
	c := New(home, r, &live.Hub{}, slog.New(slog.NewTextHandler(lines(complained), nil)))
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		c.Run(ctx)
	}()
	defer func() {
		stop()
		<-stopped
	}()
	<-complained // of cameras that were removed
	<-complained
	changes, unsubscribe := c.Subscribe()
	defer unsubscribe()
	if _, err := db.Exec(`ALTER TABLE away RENAME TO camera`); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(10 * time.Second)
	for {
		shown, err := c.Get(t.Context(), cam.ID)
		if err == nil && shown.State.Phase == camera.Waiting && shown.State.Reason == nvr.Unreachable {
			return
		}
		select {
		case <-changes:
		case <-deadline:
			t.Fatalf("the camera is %+v, %v, want it to be tried", shown.State, err)
		}
	}
}

// lines gives every write to a channel.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}
