package nvr

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func schedule(t *testing.T, text string) Schedule[Mode] {
	t.Helper()
	s, err := ParseSchedule[Mode](text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// What a schedule says from some instant on: modes, each with the instant at
// which it ends. Clocks are set forward and back meanwhile.
func TestRecordingAt(t *testing.T) {
	type leg struct {
		mode  Mode
		until string
	}
	for _, c := range []struct {
		name, zone, schedule, from string
		want                       []leg
	}{
		{"a working day", "UTC", "Mon-Fri 08:00-18:00 off", "2026-11-20T07:00:00.5Z",
			[]leg{{KeepAll, "2026-11-20T08:00:00Z"}, {KeepNone, "2026-11-20T18:00:00Z"}, {KeepAll, "2026-11-23T08:00:00Z"}}},
		{"passing midnight", "UTC", "Fri 22:00-06:00 events", "2026-11-20T23:59:59.999999Z",
			[]leg{{KeepEvents, "2026-11-21T06:00:00Z"}, {KeepAll, "2026-11-27T22:00:00Z"}}},
		{"the first one holds", "UTC", "Sat 10:00-11:00 privacy; Sat 00:00-24:00 off", "2026-11-21T09:00:00Z",
			[]leg{{KeepNone, "2026-11-21T10:00:00Z"}, {Privacy, "2026-11-21T11:00:00Z"}, {KeepNone, "2026-11-22T00:00:00Z"}}},
		{"side by side", "UTC", "Sat 00:00-12:00 off; Sat 12:00-24:00 off; Sun 00:00-02:00 off", "2026-11-21T05:00:00Z",
			[]leg{{KeepNone, "2026-11-22T02:00:00Z"}}},
		{"a day of 23 hours", "Europe/Vienna", "Sun 01:00-04:00 off", "2026-03-28T23:30:00Z",
			[]leg{{KeepAll, "2026-03-29T00:00:00Z"}, {KeepNone, "2026-03-29T02:00:00Z"}}},
		{"a time that is left out", "Europe/Vienna", "Sun 02:15-02:45 off", "2026-03-28T23:30:00Z",
			[]leg{{KeepAll, "2026-04-05T00:15:00Z"}, {KeepNone, "2026-04-05T00:45:00Z"}}},
		{"into the time that is left out", "Europe/Vienna", "Sun 01:30-02:30 off", "2026-03-29T00:00:00Z",
			[]leg{{KeepAll, "2026-03-29T00:30:00Z"}, {KeepNone, "2026-03-29T01:00:00Z"}}},
		{"a day of 25 hours", "Europe/Vienna", "Sun 01:00-04:00 off", "2026-10-24T22:30:00Z",
			[]leg{{KeepAll, "2026-10-24T23:00:00Z"}, {KeepNone, "2026-10-25T03:00:00Z"}}},
		{"a time that comes twice", "Europe/Vienna", "Sun 02:15-02:45 off", "2026-10-25T00:00:00Z",
			[]leg{{KeepAll, "2026-10-25T00:15:00Z"}, {KeepNone, "2026-10-25T00:45:00Z"}, {KeepAll, "2026-10-25T01:15:00Z"}, {KeepNone, "2026-10-25T01:45:00Z"}}},
		{"half an hour forward", "Australia/Lord_Howe", "Sun 02:00-03:00 off", "2026-10-03T14:00:00Z", // at 02:00 by 30 minutes, +10:30 to +11
			[]leg{{KeepAll, "2026-10-03T15:30:00Z"}, {KeepNone, "2026-10-03T16:00:00Z"}}},
		{"half an hour back", "Australia/Lord_Howe", "Sun 01:30-03:00 off", "2026-04-04T14:00:00Z",
			[]leg{{KeepAll, "2026-04-04T14:30:00Z"}, {KeepNone, "2026-04-04T16:30:00Z"}}},
		{"half an hour back, all of it twice", "Australia/Lord_Howe", "Sun 01:40-01:50 off", "2026-04-04T14:00:00Z",
			[]leg{{KeepAll, "2026-04-04T14:40:00Z"}, {KeepNone, "2026-04-04T14:50:00Z"}, {KeepAll, "2026-04-04T15:10:00Z"}, {KeepNone, "2026-04-04T15:20:00Z"}}},
		{"a midnight that is left out", "America/Havana", "Sun 00:00-02:00 off", "2026-03-08T04:00:00Z",
			[]leg{{KeepAll, "2026-03-08T05:00:00Z"}, {KeepNone, "2026-03-08T06:00:00Z"}}},
		{"a day that is left out", "Pacific/Apia", "Fri 00:00-24:00 off; Sat 00:00-01:00 events", "2011-12-30T09:00:00Z", // Friday the 30th was none
			[]leg{{KeepAll, "2011-12-30T10:00:00Z"}, {KeepEvents, "2011-12-30T11:00:00Z"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := DefaultRecording()
			r.Schedule = schedule(t, c.schedule)
			at, err := ParseTime(c.from)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				plan, until := r.At(at, zone(t, c.zone))
				if plan.Mode != want.mode || until.String() != want.until || plan.Before != r.Plan.Before || plan.After != r.Plan.After {
					t.Errorf("from %s it is %+v until %s, want %s until %s", at, plan, until, want.mode, want.until)
				}
				at = until
			}
		})
	}
}

func TestNothingChangesForAFortnight(t *testing.T) {
	r := DefaultRecording()
	for _, text := range []string{"", "Mon-Sun 00:00-24:00 continuous"} {
		r.Schedule = schedule(t, text)
		if plan, until := r.At(5, time.UTC); plan != r.Plan || until.Sub(5) < 14*24*time.Hour {
			t.Errorf("%q: %+v until %s", text, plan, until)
		}
	}
}

// Jumping from change to change is the same as looking every minute.
func TestRecordingAtIsWhatEachMinuteSays(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	modes := []Mode{KeepAll, KeepEvents, KeepNone, Privacy}
	zones := []string{"UTC", "Europe/Vienna", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu", "America/St_Johns", "Africa/Casablanca", "Antarctica/Troll"}
	// Around the days on which clocks are set somewhere, and on any other.
	days := []string{"2026-03-07", "2026-03-28", "2026-04-03", "2026-10-02", "2026-10-24", "2026-10-31", "2026-02-14", "2026-03-21", "2026-06-10"}
	for range 300 {
		name := zones[random.IntN(len(zones))]
		z := zone(t, name)
		r := DefaultRecording()
		r.Plan.Mode = modes[random.IntN(len(modes))]
		for range random.IntN(5) {
			r.Schedule = append(r.Schedule, randomSlot(random, modes))
		}
		from, err := ParseTime(days[random.IntN(len(days))] + "T00:00:00Z")
		if err != nil {
			t.Fatal(err)
		}
		from = from.Add(time.Duration(random.IntN(24*60)) * time.Minute)
		for at, end := from, from.Add(4*24*time.Hour); at < end; {
			plan, until := r.At(at, z)
			if until <= at {
				t.Fatalf("%s in %s: at %s until %s", r.Schedule, name, at, until)
			}
			for m := at; m < min(until, end); m = m.Add(time.Minute) {
				if now := r.Schedule.mode(m.Std().In(z), r.Plan.Mode); now != plan.Mode {
					t.Fatalf("%s in %s: %s at %s, but %s from %s until %s", r.Schedule, name, now, m, plan.Mode, at, until)
				}
			}
			if next, _ := r.At(until, z); next == plan && until < at.Add(horizon) {
				t.Fatalf("%s in %s: nothing changes at %s", r.Schedule, name, until)
			}
			at = until
		}
	}
}

func randomSlot(random *rand.Rand, modes []Mode) Slot[Mode] {
	s := Slot[Mode]{Days: Days(1 + random.IntN(127)), Mode: modes[random.IntN(len(modes))]}
	for s.From == s.To {
		s.From, s.To = Clock(random.IntN(24*60)), Clock(1+random.IntN(24*60))
		if random.IntN(2) == 0 { // where clocks are set
			s.From, s.To = Clock(random.IntN(16)*15), Clock(15+random.IntN(16)*15)
		}
	}
	return s
}

// schedules are texts, and how they are printed; no text for those that are
// refused.
var schedules = map[string]string{
	"":                                "",
	" \n":                             "",
	"Mon-Fri 08:00-18:00 off":         "Mon-Fri 08:00-18:00 off",
	"sat,SUN  22:00-06:00\tevents":    "Sat,Sun 22:00-06:00 events",
	"Sat-Mon 00:00-00:00 privacy":     "Mon,Sat,Sun 00:00-24:00 privacy",
	"Mon,Tue,Wed,Fri 23:59-00:01 off": "Mon-Wed,Fri 23:59-00:01 off",
	"Mon-Sun 22:00-00:00 off;Mon 00:00-24:00 continuous": "Mon-Sun 22:00-24:00 off; Mon 00:00-24:00 continuous",
	"Mon 08:00-18:00":             "refused",
	"Mon 08:00-18:00 off;":        "refused",
	"Mon 08:00-18:00 off now":     "refused",
	"Monday 08:00-18:00 off":      "refused",
	"Mon- 08:00-18:00 off":        "refused",
	"Mon-Tue-Wed 08:00-18:00 off": "refused",
	", 08:00-18:00 off":           "refused",
	"Mon 8:00-18:00 off":          "refused",
	"Mon 08:00-18:60 off":         "refused",
	"Mon 24:00-18:00 off":         "refused",
	"Mon 08:00-24:01 off":         "refused",
	"Mon +8:00-18:00 off":         "refused",
	"Mon 08:00-08:00 off":         "refused",
	"Mon 08:00 off":               "refused",
	"Mon 08:00-18:00 Off":         "refused",
	"Mon 08:00-18:00 sometimes":   "refused",
	strings.Repeat("Mon 08:00-18:00 off; ", 64) + "Mon 08:00-18:00 off": "refused",
	strings.Repeat(" ", 4096) + "Mon 08:00-18:00 off":                   "refused",
}

func TestParseSchedule(t *testing.T) {
	for text, want := range schedules {
		got, err := ParseSchedule[Mode](text)
		if want == "refused" {
			if !errors.Is(err, ErrInvalid) || got != nil {
				t.Errorf("%q is %v, %v, want it refused", text, got, err)
			}
		} else if err != nil || got.String() != want {
			t.Errorf("%q is %q, %v, want %q", text, got, err, want)
		}
	}
}

func FuzzParseSchedule(f *testing.F) {
	for text := range schedules {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSchedule[Mode](text)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Errorf("%q: %v is of no kind", text, err)
			}
			return
		}
		again, err := ParseSchedule[Mode](s.String())
		if diff := cmp.Diff(s, again); err != nil || diff != "" {
			t.Errorf("%q became %q: %v\n%s", text, s, err, diff)
		}
		r := DefaultRecording()
		r.Schedule = s
		if err := r.Check(); err != nil {
			t.Errorf("%q was read and is not right: %v", text, err)
		}
	})
}

func TestCheckRecording(t *testing.T) {
	if err := DefaultRecording().Check(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Recording){
		"no mode":        func(r *Recording) { r.Plan.Mode = "" },
		"no such mode":   func(r *Recording) { r.Plan.Mode = "sometimes" },
		"long before":    func(r *Recording) { r.Plan.Before = MaxBefore + time.Second },
		"negative after": func(r *Recording) { r.Plan.After = -time.Second },
		"half a second":  func(r *Recording) { r.Plan.After = time.Second / 2 },
		"no streams":     func(r *Recording) { r.Streams = "" },
		"no days":        func(r *Recording) { r.Schedule = Schedule[Mode]{{From: 1, To: 2, Mode: KeepAll}} },
		"no mode then":   func(r *Recording) { r.Schedule = Schedule[Mode]{{Days: 1, From: 1, To: 2}} },
		"25 o'clock":     func(r *Recording) { r.Schedule = Schedule[Mode]{{Days: 1, From: 1, To: 1500, Mode: KeepAll}} },
	} {
		r := DefaultRecording()
		change(&r)
		if err := r.Check(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for streams, want := range map[Streams][2]bool{BothStreams: {true, true}, MainStream: {true, false}, SubStream: {false, true}} {
		if got := [2]bool{streams.Have(Main), streams.Have(Sub)}; got != want {
			t.Errorf("%s has %v", streams, got)
		}
	}
}
