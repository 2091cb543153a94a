package watch

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/household"
	"nvrd/pkg/live"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// A household that cannot be read for a moment does not cost a camera until
// its settings change.
func TestCameraIsWatchedAfterHouseholdWasUnreadable(t *testing.T) {
	data := t.TempDir()
	home, cameras, complained := newCameras(t, data)
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
	defer run(cameras)()
	<-complained // of cameras that were removed
	<-complained
	changes, unsubscribe := cameras.Subscribe()
	defer unsubscribe()
	if _, err := db.Exec(`ALTER TABLE away RENAME TO camera`); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(10 * time.Second)
	for {
		shown, err := cameras.Get(t.Context(), cam.ID)
		if err == nil && shown.Phase == nvr.Waiting && shown.Reason == nvr.Unreachable {
			return
		}
		select {
		case <-changes:
		case <-deadline:
			t.Fatalf("the camera is %+v, %v, want it to be tried", shown.State, err)
		}
	}
}

// TestRefusedToAPerson has somebody try a wrong password for a camera that is
// watched: who talks to it goes by that, but only if it is that device.
func TestRefusedToAPerson(t *testing.T) {
	sim, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{User: "ada", Password: "right"})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	home, cameras, _ := newCameras(t, t.TempDir())
	var all []household.Camera
	for name, url := range map[string]string{"Porch": "rtsp://127.0.0.1:1/", "Gate": "rtsp://127.0.0.2:1/"} {
		c, err := home.AddCamera(t.Context(), household.CameraInput{Name: name, URL: url})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	changes, unsubscribe := cameras.Subscribe()
	defer unsubscribe()
	defer run(cameras)()
	for _, c := range all {
		for cameras.handle(c.ID) == nil {
			<-changes
		}
		answer, err := cameras.Probe(t.Context(), c.ID, household.CameraInput{Name: c.Name, URL: sim.URL("door"), User: "ada", Password: "wrong"})
		if err != nil || answer.Reason != nvr.WrongPassword {
			t.Errorf("tried, %s is %+v, %v", c.Name, answer, err)
		}
		if ok, _, _ := cameras.handle(c.ID).LogIns().May("somebody else"); ok != (c.Name == "Gate") {
			t.Errorf("somebody else may log in to %s: %t", c.Name, ok)
		}
	}
}

// What a camera sends is counted, also when its connection ends before it is told.
func TestPackets(t *testing.T) {
	sim, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	clip, err := rtspsim.LoadClip(porch.Door().Sub)
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Play("door", clip); err != nil {
		t.Fatal(err)
	}
	home, cameras, _ := newCameras(t, t.TempDir())
	cam, err := home.AddCamera(t.Context(), household.CameraInput{Name: "Porch", URL: sim.URL("door")})
	if err != nil {
		t.Fatal(err)
	}
	today := nvr.Span{From: nvr.Now().Add(-24 * time.Hour), To: nvr.Now().Add(time.Hour)}
	changes, unsubscribe := cameras.Subscribe()
	stop := run(cameras)
	for live := false; !live; live = cameras.handle(cam.ID) != nil && cameras.handle(cam.ID).State().Phase == nvr.Live {
		<-changes
	}
	unsubscribe()
	stream, ok := cameras.hub.Stream(nvr.StreamID{Camera: cam.ID})
	if !ok {
		t.Fatal("the camera is live and cannot be watched")
	}
	viewer := stream.Subscribe()
	for n := 0; n < 40; {
		b, err := viewer.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n += len(b.Samples)
	}
	viewer.Close()
	stop()
	if got := cameras.Packets(cam.ID, today); got.Sent < 40 || got.Lost > 0 {
		t.Errorf("%+v", got)
	}
	if got := cameras.Packets(cam.ID, nvr.Span{From: today.From.Add(-72 * time.Hour), To: today.From}); got != (nvr.Packets{}) {
		t.Errorf("three days ago it sent %+v", got)
	}
}

// Packets are counted by the hour, and forgotten after a day.
func TestCounts(t *testing.T) {
	var c counts
	begin := nvr.TimeOf(time.Date(2026, 11, 29, 10, 30, 0, 0, time.UTC))
	for hour := range 60 {
		c.add(begin.Add(time.Duration(hour)*time.Hour), nvr.Packets{Sent: 100, Lost: int64(hour)})
	}
	last := begin.Add(59 * time.Hour)
	for _, tt := range []struct {
		from, to int
		want     nvr.Packets
	}{
		{59, 59, nvr.Packets{Sent: 100, Lost: 59}},
		{58, 59, nvr.Packets{Sent: 200, Lost: 117}},
		{35, 59, nvr.Packets{Sent: 2500, Lost: 25 * 47}},
		{0, 59, nvr.Packets{Sent: 2500, Lost: 25 * 47}},
		{0, 20, nvr.Packets{}},
		{60, 61, nvr.Packets{}},
	} {
		span := nvr.Span{From: last.Add(time.Duration(tt.from-59) * time.Hour), To: last.Add(time.Duration(tt.to-59) * time.Hour)}
		if got := c.in(span); got != tt.want {
			t.Errorf("hours %d to %d: %+v, want %+v", tt.from, tt.to, got, tt.want)
		}
	}
}

// newCameras returns the cameras of a new household, and what is logged of them.
func newCameras(t *testing.T, data string) (*household.DB, *Cameras, lines) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	home, err := household.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	index, err := catalog.Open(t.Context(), filepath.Join(data, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	places := footage.NewPlaces(home.UUID(), log)
	r, err := recorder.Open(t.Context(), index, places, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(r.Close(), places.Close(), index.Close(), home.Close()); err != nil {
			t.Error(err)
		}
	})
	complained := make(lines, 1000)
	return home, New(home, r, &live.Hub{}, slog.New(slog.NewTextHandler(complained, nil))), complained
}

// run watches cameras until the function that it returns is called.
func run(c *Cameras) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		c.Run(ctx)
	}()
	return func() {
		cancel()
		<-stopped
	}
}

// lines gives every write to a channel.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}
