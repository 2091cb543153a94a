package alerts

import (
	"net/url"
	"testing"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/text"
)

// What comes next is told by the clock on the wall, also in nights in which it is set.
func TestStanding(t *testing.T) {
	texts, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		when, err := time.ParseInLocation("2006-01-02 15:04", s, vienna)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	nights, gap := "Mon-Sun 22:00-06:00 night", "Sun 02:15-02:45 away"
	for _, c := range []struct {
		week, now, want string
		chosen          nvr.HouseMode
		until           string
	}{
		{"", "2026-06-01 12:00", "The house is set to: Home. Nothing changes by itself.", "", ""},
		{"Mon-Sun 00:00-24:00 away", "2026-06-01 12:00", "The house is set to: Away. Nothing changes by itself.", "", ""},
		{nights, "2026-06-01 12:00", "The house is set to: Home. Next: Night, 22:00.", "", ""},
		{nights, "2026-06-01 23:00", "The house is set to: Night. Next: Home, Tuesday 06:00.", "", ""},
		{"Sat 08:00-09:00 away", "2026-06-07 12:00", "The house is set to: Home. Next: Away, Saturday 08:00.", "", ""},
		{"Sun 08:00-09:00 away", "2026-06-07 12:00", "The house is set to: Home. Next: Away, Sunday 14 June 08:00.", "", ""},
		{nights, "2026-06-01 12:00", "The house is set to: Away, as somebody chose. It stays so until somebody chooses again.", nvr.Away, ""},
		{nights, "2026-06-01 12:00", "The house is set to: Away, as somebody chose. Next: Night, 22:00.", nvr.Away, "2026-06-01 22:00"},
		{"", "2026-06-01 12:00", "The house is set to: Away, as somebody chose. Next: Home, 14:00.", nvr.Away, "2026-06-01 14:00"},
		// Clocks go from 02:00 to 03:00 on 29 March, and from 03:00 to 02:00 on 25 October.
		{nights, "2026-03-28 23:00", "The house is set to: Night. Next: Home, Sunday 06:00.", "", ""},
		{nights, "2026-10-24 23:00", "The house is set to: Night. Next: Home, Sunday 06:00.", "", ""},
		{gap, "2026-03-29 01:00", "The house is set to: Home. Next: Away, Sunday 5 April 02:15.", "", ""},
		{gap, "2026-10-25 01:00", "The house is set to: Home. Next: Away, 02:15.", "", ""},
		{"Sun 01:00-02:30 away", "2026-03-29 01:30", "The house is set to: Away. Next: Home, 03:00.", "", ""},
	} {
		week, err := nvr.ParseSchedule[nvr.HouseMode](c.week)
		if err != nil {
			t.Fatal(err)
		}
		home := appliance.Home{Modes: week, Zone: vienna, Chosen: c.chosen}
		if c.until != "" {
			home.Until = nvr.TimeOf(at(c.until))
		}
		if got := standing(home, at(c.now).UTC(), texts.English()); got != c.want {
			t.Errorf("%s at %s: %s, want %s", c.week, c.now, got, c.want)
		}
	}
}

func TestMinutes(t *testing.T) {
	for d := range 24*3600 + 1 {
		want := time.Duration(d) * time.Second
		if got, ok := minutes(minutesOf(want)); !ok || got != want {
			t.Fatalf("%s is read as %s, %v", minutesOf(want), got, ok)
		}
	}
	for typed, want := range map[string]time.Duration{"5": 5 * time.Minute, "0,5": 30 * time.Second, "1440": 24 * time.Hour} {
		if got, ok := minutes(typed); !ok || got != want {
			t.Errorf("%s is %s", typed, got)
		}
	}
	for _, bad := range []string{"", "-1", "1441", "1440.1", "NaN", "Inf", "1e2", "0x10", "5 min", "1.23456", "."} {
		if got, ok := minutes(bad); ok {
			t.Errorf("%q is %s", bad, got)
		}
	}
}

// A form, whatever is in it, asks for nothing that the page does not offer, and what
// is found right can be stored.
func FuzzForm(f *testing.F) {
	texts, err := text.Load()
	if err != nil {
		f.Fatal(err)
	}
	for _, form := range []string{
		"", "do=save&from=22:00&to=07:00&per_hour=4&cooldown=1.5&digest=08:30&shown=tell-1-motion&tell-1-motion=away&rows=1&days-0=1&from-0=22:00&to-0=06:00&mode-0=night",
		"do=add&rows=99999999999", "do=remove-0&rows=2", "do=remove--1", "from=24:00&to=00:00&per_hour=61&cooldown=NaN&digest=-1", "shown=tell-1-ring&tell-1-ring=home",
		"shown=tell-1-fox&tell-1-fox=party&tell-1-fox=home&per_hour=1&cooldown=0", "rows=1&days-0=7&days-0=-1&mode-0=party",
	} {
		f.Add(form)
	}
	f.Fuzz(func(t *testing.T, form string) {
		v, err := url.ParseQuery(form)
		if err != nil {
			return
		}
		s := stored{
			rules:   household.DefaultAlerts(),
			cameras: []nvr.Camera{{ID: 1}, {ID: 2}},
		}
		s.rules.Asked[household.Alerted{Camera: 1, Kind: "fox"}] = []nvr.HouseMode{nvr.Away}
		in, _, err := readInput(v, s)
		if err != nil {
			return
		}
		if got, want := len(in.asked), 2*len(kinds)+1; got != want || len(in.rows) > 66 {
			t.Fatalf("%d kinds, want %d; %d rows", got, want, len(in.rows))
		}
		set, wrong := in.meant(texts.English())
		if len(wrong) > 0 {
			return
		}
		rules := s.rules
		if err := set.apply(&rules); err != nil || rules.PerHour < 1 || rules.PerHour > household.MaxPerHour || rules.Cooldown < 0 || rules.Cooldown > household.MaxCooldown {
			t.Fatalf("%+v: %v", rules, err)
		}
		for of, modes := range rules.Asked {
			if len(modes) == 0 || of.Kind == nvr.RingEvent || of.Camera > 2 {
				t.Fatalf("%+v: %v", of, modes)
			}
		}
		if _, err := nvr.ParseSchedule[nvr.HouseMode](set.week.String()); err != nil {
			t.Fatal(err)
		}
	})
}
