package camera

import (
	"io/fs"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/text"
)

// zones calls f for every zone of the system's database.
func zones(t *testing.T, f func(*time.Location)) {
	t.Helper()
	n := 0
	root := os.DirFS("/usr/share/zoneinfo")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if d.IsDir() || strings.HasPrefix(name, "right/") || strings.HasPrefix(name, "posix/") {
			return err
		}
		if zone, err := time.LoadLocation(name); err == nil {
			n++
			f(zone)
		}
		return nil
	})
	if err != nil || n < 300 {
		t.Fatalf("%d zones were read, %v; install tzdata", n, err)
	}
}

// In every zone of the world days follow each other without hole or overlap,
// each from one first instant of its date to the next, also where a change of
// the clocks takes midnight away or brings it twice.
func TestDaysTile(t *testing.T) {
	lengths := map[time.Duration]int{}
	zones(t, func(zone *time.Location) {
		day := component.Day(nvr.TimeOf(time.Date(2027, 12, 1, 12, 0, 0, 0, zone)), zone)
		for n := range 400 {
			from, last := day.From.Std().In(zone), (day.To - 1).Std().In(zone)
			want := time.Date(2027, 12, 1+n, 12, 0, 0, 0, zone).Format(time.DateOnly)
			before := (day.From - 1).Std().In(zone).Format(time.DateOnly)
			if from.Format(time.DateOnly) != want || last.Format(time.DateOnly) != want || before >= want {
				t.Fatalf("%s: %s is from %s to %s", zone, want, from, last)
			}
			for _, at := range []nvr.Time{day.From, day.From.Add(day.Duration() / 2), day.To - 1} {
				if got := component.Day(at, zone); got != day {
					t.Fatalf("%s: %s lies in the day %s, not %s", zone, at, got, day)
				}
			}
			lengths[day.Duration()]++
			next := component.Day(day.To, zone)
			if next.From != day.To {
				t.Fatalf("%s: %s is followed by %s", zone, day, next)
			}
			day = next
		}
	})
	for _, length := range []time.Duration{23 * time.Hour, 23*time.Hour + 30*time.Minute, 24 * time.Hour, 24*time.Hour + 30*time.Minute, 25 * time.Hour} {
		if lengths[length] == 0 {
			t.Errorf("no day has %s", length)
		}
	}
}

// The list of a day has its hours, also when clocks are set within it.
func TestHoursOfDay(t *testing.T) {
	texts, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	words := texts.For(httptest.NewRequest("GET", "/", nil))
	for _, c := range []struct {
		zone, date string
		hours      int
		length     time.Duration
		second     string // how the second and the last hour begin
		last       string
	}{
		{"Europe/Berlin", "2028-03-25", 24, 24 * time.Hour, "01:00", "23:00"},
		{"Europe/Berlin", "2028-03-26", 23, 23 * time.Hour, "01:00", "23:00"},
		{"Europe/Berlin", "2028-10-29", 25, 25 * time.Hour, "01:00", "23:00"},
		{"Australia/Lord_Howe", "2028-10-01", 24, 23*time.Hour + 30*time.Minute, "01:00", "23:30"},
		{"Australia/Lord_Howe", "2028-04-02", 25, 24*time.Hour + 30*time.Minute, "01:00", "23:30"},
		{"America/Havana", "2028-03-12", 23, 23 * time.Hour, "02:00", "23:00"},
		{"Asia/Kathmandu", "2028-02-29", 24, 24 * time.Hour, "01:00", "23:00"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		noon, err := time.ParseInLocation("2006-01-02 15", c.date+" 12", zone)
		if err != nil {
			t.Fatal(err)
		}
		span := component.Day(nvr.TimeOf(noon), zone)
		if span.Duration() != c.length {
			t.Errorf("%s in %s has %s", c.date, c.zone, span.Duration())
		}
		maker := dayMaker{words, zone, nvr.StreamID{Camera: 1}, span.To.Add(time.Hour)}
		shown := maker.make(span, appliance.Timeline{Footage: []nvr.Span{span}})
		slices.Reverse(shown.hours)
		n := len(shown.hours)
		if n != c.hours || shown.hours[1].from.Human != c.second || shown.hours[n-1].from.Human != c.last || shown.value != c.date {
			t.Errorf("%s in %s is %s with %d hours, the second from %s, the last from %s",
				c.date, c.zone, shown.value, n, shown.hours[1].from.Human, shown.hours[n-1].from.Human)
		}
		if !strings.Contains(shown.coverage, "100 %") {
			t.Errorf("%s in %s: %s", c.date, c.zone, shown.coverage)
		}
		if want := "at=" + component.Day(span.From-1, zone).From.String(); !strings.HasSuffix(shown.earlier, want) || !strings.HasSuffix(shown.later, "at="+span.To.String()) {
			t.Errorf("%s in %s lies between %s and %s", c.date, c.zone, shown.earlier, shown.later)
		}
	}
}

// Before footage that a clock dated ahead, nothing is missing yet.
func TestNothingIsMissingAheadOfNow(t *testing.T) {
	texts, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	day := component.Day(nvr.TimeOf(time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC)), time.UTC)
	now := day.From.Add(10 * time.Hour)
	shown := dayMaker{texts.For(httptest.NewRequest("GET", "/", nil)), time.UTC, nvr.StreamID{Camera: 1}, now}.make(day, appliance.Timeline{
		Footage: []nvr.Span{{From: day.From, To: now.Add(-time.Hour)}},
		Gaps: []nvr.Gap{
			{Span: nvr.Span{From: now.Add(-time.Hour), To: now.Add(5 * time.Hour)}, Reason: nvr.Unreachable},
			{Span: nvr.Span{From: now.Add(6 * time.Hour)}, Reason: nvr.Unreachable},
		},
	})
	if !strings.Contains(shown.coverage, "90 %") || len(shown.worst) != 1 {
		t.Errorf("nine of ten hours are %s, with gaps %+v", shown.coverage, shown.worst)
	}
}

// What a camera needs to begin is no gap that one reads of first; what is missing
// counts all the same.
func TestShortGapsAreNotTold(t *testing.T) {
	texts, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	from := nvr.TimeOf(time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC))
	for length, told := range map[time.Duration]int{time.Millisecond: 0, 1999 * time.Millisecond: 0, 2 * time.Second: 1, time.Hour: 1} {
		line := appliance.Timeline{
			Footage: []nvr.Span{{From: from.Add(length), To: from.Add(2 * time.Hour)}},
			Gaps:    []nvr.Gap{{Span: nvr.Span{From: from, To: from.Add(length)}, Reason: nvr.Starting}},
		}
		d := dayMaker{texts.For(httptest.NewRequest("GET", "/", nil)), time.UTC, nvr.StreamID{Camera: 1}, from.Add(2 * time.Hour)}
		got := d.make(component.Day(from, time.UTC), line)
		if len(got.worst) != told || strings.HasPrefix(got.coverage, "100 %") || (got.gaps == "Only moments are missing.") != (told == 0) {
			t.Errorf("%s: %d are told; %s %s", length, len(got.worst), got.coverage, got.gaps)
		}
	}
}

// What was removed was recorded: it is not missing, and a day of which all is gone
// does not say that there was nothing.
func TestWhatWasRemovedIsNotMissing(t *testing.T) {
	d, at := day0(t, "Europe/Vienna")
	hour := func(from, to int) nvr.Span {
		return nvr.Span{From: at("29 10:00:00").Add(time.Duration(from) * time.Hour), To: at("29 10:00:00").Add(time.Duration(to) * time.Hour)}
	}
	gone := nvr.Gap{Span: hour(0, 2), Reason: nvr.Removed}
	for _, c := range []struct {
		line           appliance.Timeline
		coverage, gone string
	}{
		{appliance.Timeline{Footage: []nvr.Span{hour(2, 3)}, Gaps: []nvr.Gap{gone}}, "100 % recorded.", "2 h 0 min was recorded and has been removed since."},
		{appliance.Timeline{Gaps: []nvr.Gap{gone}}, "", "2 h 0 min was recorded and has been removed since."},
		{appliance.Timeline{}, "Nothing was recorded on this day.", ""},
	} {
		got := d.make(component.Day(gone.Span.From, d.zone), c.line)
		if got.coverage != c.coverage || got.gone != c.gone || len(got.worst) > 0 {
			t.Errorf("%q %q %+v", got.coverage, got.gone, got.worst)
		}
	}
}

// Film with a moment missing in it is one piece of its hour, which is not whole.
func TestHoursLeaveOutShortGaps(t *testing.T) {
	d, at := day0(t, "Europe/Vienna")
	for length, want := range map[time.Duration]int{time.Second: 1, 1999 * time.Millisecond: 1, 2 * time.Second: 3, time.Minute: 3} {
		from, to := at("29 10:30:00"), at("29 11:00:00")
		line := appliance.Timeline{
			Footage: []nvr.Span{{From: at("29 10:00:00"), To: from}, {From: from.Add(length), To: to}},
			Gaps:    []nvr.Gap{{Span: nvr.Span{From: from, To: from.Add(length)}, Reason: nvr.Unreachable}},
		}
		got := d.make(component.Day(from, d.zone), line)
		if len(got.hours) != 1 || len(got.hours[0].pieces) != want || got.hours[0].full {
			t.Errorf("%s: %+v", length, got.hours)
		}
		if first := got.hours[0].pieces[0]; want == 1 && (first.machineFrom != at("29 10:00:00").String() || first.machineTo != to.String()) {
			t.Errorf("%s: %+v", length, first)
		}
	}
}
