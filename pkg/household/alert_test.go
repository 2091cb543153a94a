package household

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
)

func TestAlerts(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	c, err := h.AddCamera(t.Context(), CameraInput{Name: "Porch", URL: "rtsp://10.0.0.1/"})
	if err != nil {
		t.Fatal(err)
	}
	check := func(want AlertRules) {
		t.Helper()
		got, err := h.Alerts(t.Context())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
	}
	check(DefaultAlerts())
	want := AlertRules{
		QuietFrom: 22 * 60, QuietTo: 7 * 60, QuietRings: true, PerHour: 2, Cooldown: time.Minute, Digest: 8 * 60,
		Asked: map[Alerted][]nvr.HouseMode{{c.ID, nvr.PersonEvent}: {nvr.Away, nvr.AtNight}, {c.ID, nvr.MotionEvent}: {nvr.Away}},
	}
	set := func(a AlertRules) error {
		_, err := h.ChangeAlerts(t.Context(), func(old *AlertRules) error { *old = a; return nil })
		return err
	}
	changed := h.Watch(t.Context())
	<-changed
	if err := set(want); err != nil {
		t.Fatal(err)
	}
	<-changed
	check(want)
	h.Close()
	h = open(t, dir)
	check(want)
	for name, f := range map[string]func(*AlertRules){
		"no budget":       func(a *AlertRules) { a.PerHour = 0 },
		"a large one":     func(a *AlertRules) { a.PerHour = 61 },
		"a time too late": func(a *AlertRules) { a.QuietTo = 24 * 60 },
		"an early digest": func(a *AlertRules) { a.Digest = -2 },
		"a long cooldown": func(a *AlertRules) { a.Cooldown = 25 * time.Hour },
		"a fine cooldown": func(a *AlertRules) { a.Cooldown = time.Millisecond },
		"no mode":         func(a *AlertRules) { a.Asked = map[Alerted][]nvr.HouseMode{{c.ID, "x"}: nil} },
		"another mode":    func(a *AlertRules) { a.Asked = map[Alerted][]nvr.HouseMode{{c.ID, "x"}: {"dusk"}} },
		"a mode twice":    func(a *AlertRules) { a.Asked = map[Alerted][]nvr.HouseMode{{c.ID, "x"}: {"away", "home", "away"}} },
		"rings":           func(a *AlertRules) { a.Asked = map[Alerted][]nvr.HouseMode{{c.ID, "ring"}: {"away"}} },
		"no word":         func(a *AlertRules) { a.Asked = map[Alerted][]nvr.HouseMode{{c.ID, "x y"}: {"away"}} },
	} {
		a := want
		f(&a)
		if err := set(a); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := want
	a.Asked = map[Alerted][]nvr.HouseMode{{99, "x"}: {"away"}}
	if err := set(a); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("no camera: %v", err)
	}
	check(want) // nothing of that was stored
	if err := h.RemoveCamera(t.Context(), c.ID); err != nil {
		t.Fatal(err)
	}
	want.Asked = map[Alerted][]nvr.HouseMode{}
	check(want)
}
