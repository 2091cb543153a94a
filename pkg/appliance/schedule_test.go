package appliance

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// A schedule is followed to the minute, and what it says stands in the ledger.
// Nobody answers at the camera's address, so that the clock can be a made-up
// one; it begins on Saturday, 2000-01-01.
func TestScheduleIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, err := Open(t.Context(), Config{Data: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		cam, err := a.Dir.Home.AddCamera(t.Context(), household.CameraInput{Name: "Porch", URL: "rtsp://127.0.0.1:1/"})
		if err != nil {
			t.Fatal(err)
		}
		schedule, err := nvr.ParseSchedule[nvr.Mode]("Sat 06:30-07:00 privacy; Sat 07:00-08:00 off; Sat 08:30-00:00 privacy")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Dir.Home.ChangeRecording(t.Context(), cam.ID, func(r *nvr.Recording) error { r.Schedule = schedule; return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Dir.Home.ChangeHome(t.Context(), func(h *household.Home) error { h.TimeZone = "Asia/Kathmandu"; return nil }); err != nil { // 5:45 ahead
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			a.Cameras.Run(ctx)
		}()
		defer func() {
			stop()
			<-done
		}()
		type look struct {
			Mode nvr.Mode
			Off  bool
		}
		begun := time.Now()
		for _, want := range []struct {
			at time.Duration
			look
		}{
			{44 * time.Minute, look{nvr.KeepAll, false}}, {45*time.Minute + time.Second, look{nvr.Privacy, true}},
			{74 * time.Minute, look{nvr.Privacy, true}}, {75*time.Minute + time.Second, look{nvr.KeepNone, false}},
			{135*time.Minute + time.Second, look{nvr.KeepAll, false}}, {10 * time.Hour, look{nvr.Privacy, true}},
		} {
			time.Sleep(want.at - time.Since(begun))
			synctest.Wait()
			shown, err := a.Cameras.Get(t.Context(), cam.ID)
			if diff := cmp.Diff(want.look, look{shown.Mode, shown.Phase == nvr.Off}); err != nil || diff != "" {
				t.Errorf("after %s: %v, -want +got:\n%s", want.at, err, diff)
			}
		}
		time.Sleep(5 * time.Second) // the ledger is written
		gaps, err := a.Dir.Catalog.Gaps(t.Context(), nvr.StreamID{Camera: cam.ID}, nvr.Span{From: nvr.TimeOf(begun), To: nvr.Now()})
		if err != nil {
			t.Fatal(err)
		}
		paused := map[string]string{}
		for _, g := range gaps {
			if g.Reason == nvr.PausedByUser {
				paused[g.Span.From.Std().Format("15:04")] = g.Span.To.Std().Format("15:04")
			}
		}
		if diff := cmp.Diff(map[string]string{"00:45": "01:15", "02:45": "00:00"}, paused); diff != "" {
			t.Errorf("paused from and to, -want +got:\n%s\n%v", diff, gaps)
		}
	})
}
