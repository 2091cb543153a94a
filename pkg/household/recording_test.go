package household

import (
	"errors"
	"reflect"
	"strings"
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
			Streams: nvr.MainStream, Schedule: append(want.Schedule, nvr.Slot[nvr.Mode]{Days: 1, From: 60, To: 1440, Mode: nvr.Privacy}),
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
	if got, err := h.Home(t.Context()); err != nil || !reflect.DeepEqual(got, Home{}) {
		t.Errorf("a new home: %+v, %v", got, err)
	}
	week, err := nvr.ParseSchedule[nvr.HouseMode]("Mon-Fri 08:00-17:00 away; Mon-Sun 22:00-06:00 night")
	if err != nil {
		t.Fatal(err)
	}
	want := Home{Mode: nvr.Away, ModeUntil: nvr.Now().Add(time.Hour), Modes: week, TimeZone: "Australia/Lord_Howe"}
	if got, err := h.ChangeHome(t.Context(), func(home *Home) error { *home = want; return nil }); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("changed: %+v, %v", got, err)
	}
	if zone, err := want.Zone(); err != nil || zone.String() != want.TimeZone {
		t.Errorf("zone %v, %v", zone, err)
	}
	if zone, err := (Home{}).Zone(); err != nil || zone != time.Local {
		t.Errorf("no zone is %v, %v", zone, err)
	}
	for _, name := range []string{"Nowhere/At_All", "../../etc/passwd", "/etc/localtime", "Europe/Vienna\x00"} {
		if _, err := h.ChangeHome(t.Context(), func(home *Home) error { home.TimeZone = name; return nil }); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
	h.Close()
	h = open(t, dir)
	if got, err := h.Home(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("after a new start: %+v, %v", got, err)
	}
}

func TestModeOfTheHouse(t *testing.T) {
	at := func(text string) nvr.Time {
		t.Helper()
		when, err := nvr.ParseTime(text)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	week, err := nvr.ParseSchedule[nvr.HouseMode]("Mon-Fri 08:00-17:00 away; Mon-Sun 22:00-06:00 night")
	if err != nil {
		t.Fatal(err)
	}
	const tuesday = "2026-11-24T"
	for name, c := range map[string]struct {
		modes   nvr.Schedule[nvr.HouseMode]
		mode    nvr.HouseMode // chosen at 07:00
		until   string
		at      string
		want    nvr.HouseMode
		holding string // until when
	}{
		"by the schedule":             {week, "", "", "08:00:00Z", nvr.Away, "17:00:00Z"},
		"where it says nothing":       {week, "", "", "07:59:59Z", nvr.AtHome, "08:00:00Z"},
		"none":                        {nil, "", "", "12:00:00Z", nvr.AtHome, ""},
		"chosen":                      {week, nvr.AtNight, "", "07:59:59Z", nvr.AtNight, "08:00:00Z"},
		"until the schedule says":     {week, nvr.AtNight, "", "08:00:00Z", nvr.Away, "17:00:00Z"},
		"until a time":                {week, nvr.AtNight, "12:00:00Z", "11:59:59Z", nvr.AtNight, "12:00:00Z"},
		"after it":                    {week, nvr.AtNight, "12:00:00Z", "12:00:00Z", nvr.Away, "17:00:00Z"},
		"without a schedule":          {nil, nvr.Away, "", "23:00:00Z", nvr.Away, ""},
		"privacy outlasts a schedule": {week, nvr.HousePrivacy, "", "23:00:00Z", nvr.HousePrivacy, "T06:00:00Z"},
		"privacy for a while":         {week, nvr.HousePrivacy, "09:00:00Z", "09:00:00Z", nvr.Away, "17:00:00Z"},
	} {
		h := Home{Modes: c.modes, TimeZone: "UTC"}
		until := nvr.Time(0)
		if c.until != "" {
			until = at(tuesday + c.until)
		}
		if err := h.Choose(c.mode, until, at(tuesday+"07:00:00Z")); err != nil {
			t.Fatal(err)
		}
		if err := h.check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if chosen, _ := h.Chosen(at(tuesday + c.at)); chosen != "" && chosen != c.want {
			t.Errorf("%s: %s is still chosen", name, chosen)
		}
		mode, holds := h.ModeAt(at(tuesday+c.at), time.UTC)
		if mode != c.want || !strings.HasSuffix(holds.String(), c.holding) {
			t.Errorf("%s: %s until %v, want %s until %s", name, mode, holds, c.want, c.holding)
		}
	}
	var h Home
	if err := h.Choose(nvr.Away, at(tuesday+"07:00:00Z"), at(tuesday+"07:00:00Z")); !errors.Is(err, nvr.ErrInvalid) {
		t.Errorf("a mode that is over: %v", err)
	}
	for _, wrong := range []Home{{Mode: "party"}, {ModeUntil: 5}, {Mode: nvr.Away, ModeUntil: -5}, {Mode: nvr.Away, Before: nvr.AtNight}, {Mode: nvr.HousePrivacy, BeforeUntil: 5}, {Modes: nvr.Schedule[nvr.HouseMode]{{Days: 1, From: 1, To: 2, Mode: "continuous"}}}} {
		if err := wrong.check(); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
}

// What held before all cameras were turned off holds again, whether they come on by
// themselves or somebody turns them on.
func TestCamerasOn(t *testing.T) {
	const hour = nvr.Time(3_600_000_000)
	week, err := nvr.ParseSchedule[nvr.HouseMode]("Tue 08:00-17:00 privacy")
	if err != nil {
		t.Fatal(err)
	}
	seven, err := nvr.ParseTime("2026-11-24T07:00:00Z") // a Tuesday
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		before Home // at seven
		off    []nvr.Time
		on     nvr.Time // when somebody turns them on; zero if nobody does
		at     nvr.Time
		want   nvr.HouseMode
	}{
		"while off":                      {Home{Mode: nvr.Away}, []nvr.Time{2 * hour}, 0, seven + hour, nvr.HousePrivacy},
		"by itself":                      {Home{Mode: nvr.Away}, []nvr.Time{2 * hour}, 0, seven + 2*hour, nvr.Away},
		"turned on":                      {Home{Mode: nvr.Away}, []nvr.Time{2 * hour}, seven + hour, seven + hour, nvr.Away},
		"turned on again":                {Home{Mode: nvr.Away}, []nvr.Time{0}, seven + hour, seven + 9*hour, nvr.Away},
		"off for longer":                 {Home{Mode: nvr.AtNight}, []nvr.Time{hour, 3 * hour}, 0, seven + 3*hour, nvr.AtNight},
		"what held before is over":       {Home{Mode: nvr.Away, ModeUntil: seven + hour}, []nvr.Time{2 * hour}, 0, seven + 2*hour, nvr.AtHome},
		"it is over when turned on":      {Home{Mode: nvr.Away, ModeUntil: seven + hour}, []nvr.Time{0}, seven + 2*hour, seven + 2*hour, nvr.AtHome},
		"nobody chose":                   {Home{}, []nvr.Time{hour}, 0, seven + hour, nvr.AtHome},
		"the schedule turned them off":   {Home{Modes: week}, nil, seven + 2*hour, seven + 2*hour, nvr.AtHome},
		"until the schedule is over":     {Home{Modes: week}, nil, seven + 2*hour, seven + 10*hour, nvr.AtHome},
		"they were not off":              {Home{Mode: nvr.Away}, nil, seven + hour, seven + hour, nvr.Away},
		"by itself, after which they go": {Home{Mode: nvr.Away, Modes: week}, []nvr.Time{hour}, 0, seven + 2*hour, nvr.Away},
	} {
		h := c.before
		h.TimeZone = "UTC"
		for _, off := range c.off {
			if off != 0 {
				off += seven
			}
			if err := h.Choose(nvr.HousePrivacy, off, seven); err != nil {
				t.Fatal(err)
			}
		}
		if c.on != 0 {
			if err := h.CamerasOn(c.on); err != nil {
				t.Fatal(err)
			}
		}
		db := open(t, t.TempDir())
		if _, err := db.ChangeHome(t.Context(), func(to *Home) error { *to = h; return nil }); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		kept, err := db.Home(t.Context())
		if err != nil || !reflect.DeepEqual(kept, h) {
			t.Errorf("%s: kept as %+v, not %+v: %v", name, kept, h, err)
		}
		if mode, _ := kept.ModeAt(c.at, time.UTC); mode != c.want {
			t.Errorf("%s: %s, want %s", name, mode, c.want)
		}
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
			_, err := h.ChangeHome(t.Context(), func(home *Home) error { home.Mode = nvr.HousePrivacy; return nil })
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
