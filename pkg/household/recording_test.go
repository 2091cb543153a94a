package household

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
)

func TestRecording(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	var ids []nvr.CameraID
	for _, name := range []string{"Porch", "Drive"} {
		c, err := h.AddCamera(t.Context(), CameraInput{Name: name, URL: "rtsp://10.0.0.1/"})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, c.ID)
	}
	check := func(want nvr.Recording) {
		t.Helper()
		got, err := h.Recordings(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[nvr.CameraID]nvr.Recording{ids[0]: want, ids[1]: nvr.DefaultRecording()}, got); diff != "" {
			t.Errorf("all, -want +got:\n%s", diff)
		}
		one, err := h.Recording(t.Context(), ids[0])
		if diff := cmp.Diff(want, one); err != nil || diff != "" {
			t.Errorf("one: %v, -want +got:\n%s", err, diff)
		}
	}
	want := nvr.DefaultRecording()
	check(want)
	for _, mode := range []nvr.Mode{nvr.KeepEvents, nvr.KeepNone} { // a first row, and a changed one
		want = nvr.Recording{
			Plan:    nvr.Plan{Mode: mode, Before: want.Plan.Before + time.Second, After: 3 * time.Second},
			Streams: nvr.MainStream, Schedule: append(want.Schedule, nvr.Slot{Days: 1, From: 60, To: 1440, Mode: nvr.Privacy}),
		}
		got, err := h.ChangeRecording(t.Context(), ids[0], func(r *nvr.Recording) error { *r = want; return nil })
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("changed: %v, -want +got:\n%s", err, diff)
		}
		check(want)
	}
	wrong := errors.New("wrong")
	for name, c := range map[string]struct {
		id   nvr.CameraID
		f    func(*nvr.Recording) error
		want error
	}{
		"invalid":   {ids[0], func(r *nvr.Recording) error { r.Plan.Before = time.Hour; return nil }, nvr.ErrInvalid},
		"refused":   {ids[0], func(r *nvr.Recording) error { r.Streams = nvr.SubStream; return wrong }, wrong},
		"no camera": {99, func(*nvr.Recording) error { return nil }, nvr.ErrNotFound},
	} {
		if _, err := h.ChangeRecording(t.Context(), c.id, c.f); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.Recording(t.Context(), 99); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("no camera: %v", err)
	}
	h.Close()
	h = open(t, dir)
	check(want)
	if err := h.RemoveCamera(t.Context(), ids[0]); err != nil { // what was set goes with it
		t.Fatal(err)
	}
	if got, err := h.Recordings(t.Context()); err != nil || len(got) != 1 {
		t.Errorf("after a camera was removed: %v, %v", got, err)
	}
}

func TestHome(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	if got, err := h.Home(t.Context()); err != nil || got != (Home{}) {
		t.Errorf("a new home: %+v, %v", got, err)
	}
	want := Home{Privacy: true, TimeZone: "Australia/Lord_Howe"}
	if got, err := h.ChangeHome(t.Context(), func(home *Home) { *home = want }); err != nil || got != want {
		t.Errorf("changed: %+v, %v", got, err)
	}
	if zone, err := want.Zone(); err != nil || zone.String() != want.TimeZone {
		t.Errorf("zone %v, %v", zone, err)
	}
	if zone, err := (Home{}).Zone(); err != nil || zone != time.Local {
		t.Errorf("no zone is %v, %v", zone, err)
	}
	for _, name := range []string{"Nowhere/At_All", "../../etc/passwd", "/etc/localtime", "Europe/Vienna\x00"} {
		if _, err := h.ChangeHome(t.Context(), func(home *Home) { home.TimeZone = name }); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
	h.Close()
	h = open(t, dir)
	if got, err := h.Home(t.Context()); err != nil || got != want {
		t.Errorf("after a new start: %+v, %v", got, err)
	}
}

func TestWatchSeesWhatIsRecorded(t *testing.T) {
	h := open(t, t.TempDir())
	c, err := h.AddCamera(t.Context(), CameraInput{Name: "Porch", URL: "rtsp://10.0.0.1/"})
	if err != nil {
		t.Fatal(err)
	}
	changed := h.Watch(t.Context())
	set := func(mode nvr.Mode) error {
		_, err := h.ChangeRecording(t.Context(), c.ID, func(r *nvr.Recording) error { r.Plan.Mode = mode; return nil })
		return err
	}
	for i, change := range []func() error{
		func() error { return nil }, // what is seen at once
		func() error { return set(nvr.KeepEvents) },
		func() error { return set(nvr.KeepNone) },
		func() error {
			_, err := h.ChangeHome(t.Context(), func(home *Home) { home.Privacy = true })
			return err
		},
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-changed:
		case <-time.After(10 * time.Second):
			t.Fatalf("change %d was not seen", i)
		}
	}
}
