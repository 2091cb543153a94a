package alert

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// asks are rules under which motion at camera 1 is told while nobody is in, and
// people at night, too.
func asks() household.AlertRules {
	a := household.DefaultAlerts()
	a.QuietFrom, a.QuietTo = 22*60, 7*60
	a.Asked = map[household.Alerted][]nvr.HouseMode{{Camera: 1, Kind: nvr.MotionEvent}: {nvr.Away}, {Camera: 1, Kind: nvr.PersonEvent}: {nvr.Away, nvr.AtNight}}
	return a
}

func happens(kind string, at time.Time) nvr.Event {
	t := nvr.TimeOf(at)
	return nvr.Event{Stream: nvr.StreamID{Camera: 1}, Span: nvr.Span{From: t, To: t}, Kind: kind}
}

func vienna(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestDecide(t *testing.T) {
	zone := vienna(t)
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, zone)
	before := func(kind string, ago ...time.Duration) func(*Lately) {
		return func(l *Lately) {
			for _, d := range ago {
				l.Note(happens(kind, noon.Add(-d)), Decision{Tell: true}, nvr.TimeOf(noon.Add(-d)))
			}
		}
	}
	for name, c := range map[string]struct {
		change func(*household.AlertRules)
		mode   nvr.HouseMode
		now    time.Time
		lately func(*Lately)
		event  nvr.Event
		tell   bool
		why    Reason
	}{
		"a ring":                      {event: happens("ring", noon), tell: true, why: Rings},
		"in privacy":                  {mode: nvr.HousePrivacy, event: happens("ring", noon), tell: true, why: Rings},
		"a ring by night":             {now: noon.Add(11 * time.Hour), event: happens("ring", noon.Add(11*time.Hour)), tell: true, why: Rings},
		"a quiet ring":                {change: func(a *household.AlertRules) { a.QuietRings = true }, now: noon.Add(11 * time.Hour), event: happens("ring", noon.Add(11*time.Hour)), why: Quiet},
		"a quiet ring by day":         {change: func(a *household.AlertRules) { a.QuietRings = true }, event: happens("ring", noon), tell: true, why: Rings},
		"a ring after many":           {lately: before("ring", 1, 2, 3, 4, 5, 6), event: happens("ring", noon), tell: true, why: Rings},
		"a ring after motions":        {lately: before("motion", 1, 2, 3, 4), event: happens("ring", noon), tell: true, why: Rings},
		"an old ring":                 {event: happens("ring", noon.Add(-time.Hour)), tell: true, why: Rings},
		"motion, asked for":           {event: happens("motion", noon), tell: true, why: Asked},
		"after rings":                 {lately: before("ring", 1, 2, 3, 4), event: happens("motion", noon), tell: true, why: Asked},
		"in another mode":             {mode: nvr.AtHome, event: happens("motion", noon), why: OtherMode},
		"another mode by night":       {mode: nvr.AtHome, now: noon.Add(12 * time.Hour), event: happens("motion", noon.Add(12*time.Hour)), why: OtherMode},
		"nobody asked":                {event: happens("vehicle", noon), why: NotAsked},
		"no rules":                    {change: func(a *household.AlertRules) { *a = household.DefaultAlerts() }, event: happens("motion", noon), why: NotAsked},
		"of another camera":           {event: nvr.Event{Stream: nvr.StreamID{Camera: 2}, Kind: "motion"}, why: NotAsked},
		"in quiet hours":              {now: noon.Add(10 * time.Hour), event: happens("motion", noon.Add(10*time.Hour)), why: Quiet},
		"a minute before them":        {now: noon.Add(10*time.Hour - time.Minute), event: happens("motion", noon.Add(10*time.Hour-time.Minute)), tell: true, why: Asked},
		"over midnight":               {now: noon.Add(14 * time.Hour), event: happens("motion", noon.Add(14*time.Hour)), why: Quiet},
		"when they end":               {now: noon.Add(19 * time.Hour), event: happens("motion", noon.Add(19*time.Hour)), tell: true, why: Asked},
		"told late":                   {event: happens("motion", noon.Add(-11*time.Minute)), why: Old},
		"cooling":                     {lately: before("motion", 299*time.Second), event: happens("motion", noon), why: Cooling},
		"cooled":                      {lately: before("motion", 5*time.Minute), event: happens("motion", noon), tell: true, why: Asked},
		"another kind is":             {lately: before("motion", time.Second), event: happens("person", noon), tell: true, why: Asked},
		"spent":                       {lately: before("motion", 59*time.Minute, 40*time.Minute, 20*time.Minute, 6*time.Minute), event: happens("motion", noon), why: Spent},
		"spent by another kind":       {lately: before("person", 59*time.Minute, 40*time.Minute, 20*time.Minute, 6*time.Minute), event: happens("motion", noon), why: Spent},
		"an hour later":               {lately: before("motion", 60*time.Minute, 40*time.Minute, 20*time.Minute, 6*time.Minute), event: happens("motion", noon), tell: true, why: Asked},
		"the clock was set back":      {lately: before("motion", -3*24*time.Hour), event: happens("motion", noon), tell: true, why: Asked},
		"the clock was set back 1 m":  {lately: before("motion", -time.Minute), event: happens("motion", noon), why: Cooling},
		"clocks forward, before":      {now: time.Date(2026, 3, 29, 6, 59, 0, 0, zone), event: happens("motion", time.Date(2026, 3, 29, 6, 59, 0, 0, zone)), why: Quiet},
		"clocks forward, after":       {now: time.Date(2026, 3, 29, 7, 0, 0, 0, zone), event: happens("motion", time.Date(2026, 3, 29, 7, 0, 0, 0, zone)), tell: true, why: Asked},
		"hours that come twice, both": {change: func(a *household.AlertRules) { a.QuietFrom, a.QuietTo = 120, 150 }, now: time.Unix(1792890000+600, 0).In(zone), event: happens("motion", time.Unix(1792890000+600, 0)), why: Quiet},
	} {
		rules, l := asks(), &Lately{}
		if c.change != nil {
			c.change(&rules)
		}
		if c.mode == "" {
			c.mode = nvr.Away
		}
		if c.now.IsZero() {
			c.now = noon
		}
		if c.lately != nil {
			c.lately(l)
		}
		got := Decide(rules, c.mode, c.now, l, c.event)
		if got.Tell != c.tell || got.Reason != c.why || got.Again {
			t.Errorf("%s: %+v", name, got)
		}
		if again := Decide(rules, c.mode, c.now, l, c.event); !reflect.DeepEqual(got, again) {
			t.Errorf("%s: %+v, and then %+v", name, got, again)
		}
		if why := english("").Because(got); why == "" || slices.Contains([]byte(why), '{') {
			t.Errorf("%s: %q", name, why)
		}
		l.Note(c.event, got, nvr.TimeOf(c.now))
		if on := Decide(rules, c.mode, c.now.Add(6*time.Hour), l, c.event); !on.Again || on.Tell {
			t.Errorf("%s: it goes on, and is decided about again: %+v", name, on)
		}
	}
}

// Whatever happens: no more than the budget of one camera in any hour, no two of one
// kind within the cooldown, nothing in quiet hours, and every ring.
func TestDecideNeverTellsTooMuch(t *testing.T) {
	zone := vienna(t)
	kinds := []string{nvr.RingEvent, nvr.MotionEvent, nvr.PersonEvent, nvr.DoorEvent}
	modes := []nvr.HouseMode{nvr.AtHome, nvr.Away, nvr.AtNight, nvr.HousePrivacy}
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // it has to be the same each time
		rules := household.AlertRules{
			QuietFrom: nvr.Clock(r.IntN(1440)), QuietTo: nvr.Clock(r.IntN(1440)), PerHour: 1 + r.IntN(8), Cooldown: time.Duration(r.IntN(900)) * time.Second,
			Asked: map[household.Alerted][]nvr.HouseMode{},
		}
		for camera := range nvr.CameraID(3) {
			for _, kind := range kinds[1:] {
				if n := r.IntN(5); n > 0 {
					rules.Asked[household.Alerted{Camera: camera, Kind: kind}] = modes[:n]
				}
			}
		}
		now := time.Date(2026, 10, 24, 18, 0, 0, 0, zone) // clocks are set back in that night
		l, told, last, known := &Lately{}, map[nvr.CameraID][]time.Time{}, map[household.Alerted]time.Time{}, map[name]bool{}
		var before []nvr.Event
		for range 2000 {
			now = now.Add(time.Duration(r.IntN(60_000)) * time.Millisecond)
			e := happens(kinds[r.IntN(len(kinds))], now)
			e.Stream.Camera = nvr.CameraID(r.IntN(3))
			if r.IntN(4) == 0 && len(before) > 0 { // one that goes on
				e = before[len(before)-1-r.IntN(min(len(before), remembered/2))]
			}
			of := household.Alerted{Camera: e.Stream.Camera, Kind: e.Kind}
			was := len(l.known)
			mode := modes[r.IntN(len(modes))]
			d := Decide(rules, mode, now, l, e)
			if other := Decide(rules, mode, now, l, e); !reflect.DeepEqual(d, other) || was != len(l.known) {
				t.Fatalf("%d: %+v, then %+v", seed, d, other)
			}
			l.Note(e, d, nvr.TimeOf(now))
			n := name{of, e.Span.From}
			again := known[n]
			if known[n] = true; !again {
				before = append(before, e)
			}
			switch {
			case again != d.Again:
				t.Fatalf("%d: %+v is known: %v, %+v", seed, e, again, d)
			case !again && e.Kind == nvr.RingEvent && !d.Tell:
				t.Fatalf("%d: a ring is lost: %+v", seed, d)
			}
			if !d.Tell || e.Kind == nvr.RingEvent {
				continue
			}
			if at, ok := last[of]; ok && now.Sub(at) < rules.Cooldown {
				t.Fatalf("%d: two of %v within %v", seed, of, now.Sub(at))
			}
			last[of] = now
			all := slices.DeleteFunc(told[of.Camera], func(at time.Time) bool { return now.Sub(at) >= time.Hour })
			told[of.Camera] = append(all, now)
			if len(told[of.Camera]) > rules.PerHour {
				t.Fatalf("%d: %d within an hour of %d", seed, len(told[of.Camera]), rules.PerHour)
			}
			if !slices.Contains(rules.Asked[of], mode) || within(now, rules.QuietFrom, rules.QuietTo) {
				t.Fatalf("%d: %v is told in %s at %s", seed, of, mode, now)
			}
		}
	}
}

// A flood of events costs bounded memory.
func TestLatelyIsBounded(t *testing.T) {
	l, now := &Lately{}, time.Now()
	for i := range 5000 {
		e := happens("motion", now.Add(time.Duration(i)*time.Second))
		l.Note(e, Decide(asks(), nvr.Away, now, l, e), nvr.TimeOf(now))
	}
	if len(l.known) != remembered || len(l.order) != remembered || len(l.budget[1]) > 4 || len(l.last) > 1 {
		t.Errorf("%d %d %d", len(l.known), len(l.order), len(l.budget[1]))
	}
}

func TestDigestIsDueOnceADay(t *testing.T) {
	zone := vienna(t)
	for _, at := range []nvr.Clock{0, 150, 8 * 60, 23*60 + 59} {
		due := map[int64]bool{}
		from := time.Date(2026, 3, 20, 0, 0, 0, 0, zone)
		var last time.Time
		for now := from; now.Before(from.AddDate(0, 0, 250)); now = now.Add(7 * time.Minute) {
			d := lastDue(now, at)
			if d.Before(last) || d.After(now) || now.Sub(d) > 25*time.Hour {
				t.Fatalf("at %s it was due %s, before that %s", now, d, last)
			}
			due[d.Unix()], last = true, d
		}
		if len(due) < 250 || len(due) > 251 {
			t.Errorf("%s: %d times in 250 days", at, len(due))
		}
	}
}
