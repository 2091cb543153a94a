package text

import (
	"maps"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/alert"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

func TestCataloguesAreComplete(t *testing.T) {
	all, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for lang, c := range all.byTag {
		if c.Lang != lang {
			t.Errorf("%s.json says that it is %q", lang, c.Lang)
		}
		requireFull(t, lang, reflect.ValueOf(*c))
		if len(c.Calendar.Days) != 7 || len(c.Calendar.Short) != 7 || len(c.Calendar.Months) != 12 {
			t.Errorf("%s has %d days and %d months", lang, len(c.Calendar.Days), len(c.Calendar.Months))
		}
		for key := range all.byTag["en"].Script {
			if c.Script[key] == "" {
				t.Errorf("%s: script.%s is missing", lang, key)
			}
		}
		for _, why := range []nvr.Cause{nvr.TooOld, "soon", nvr.Flood, nvr.OverShare, nvr.NoRoom, nvr.NoChoice, nvr.ByHand, "by_house"} {
			if c.Went[why] == "" {
				t.Errorf("%s has no words for %s", lang, why)
			}
			if why != "soon" && c.Storage.Causes[why] == "" {
				t.Errorf("%s: the page of the storage has no words for %s", lang, why)
			}
		}
		for _, why := range []nvr.Hold{nvr.HeldAway, nvr.HeldRecording, nvr.HeldLocked, "lock", nvr.HeldRead} {
			if c.Events.Delete.Holds[why] == "" {
				t.Errorf("%s has no words for footage that is %s", lang, why)
			}
		}
		for _, r := range reasons {
			if c.Reasons[r] == "" || c.Advice[r] == "" {
				t.Errorf("%s has no words or no advice for %s", lang, r)
			}
		}
	}
}

var reasons = []nvr.Reason{
	nvr.Starting, nvr.Unreachable, nvr.WrongPassword, nvr.Refused, nvr.BadStream, nvr.Unsupported, nvr.NoPicture, nvr.StreamChanged, nvr.TooMuch, nvr.ClockStepped,
	nvr.DiskSlow, nvr.DiskFull, nvr.DiskError, nvr.DiskMissing, nvr.NotRunning, nvr.PausedByUser, nvr.RecordingOff, nvr.NoEvent, nvr.Removed, nvr.RecorderFailed, nvr.Lost,
}

func requireFull(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		if v.String() == "" {
			t.Errorf("%s is empty", path)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			requireFull(t, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			requireFull(t, path+"."+k.String(), v.MapIndex(k))
		}
	case reflect.Slice:
		if v.Len() == 0 {
			t.Errorf("%s is empty", path)
		}
	default:
		t.Errorf("%s is a %s", path, v.Kind())
	}
}

func TestLanguageIsNegotiated(t *testing.T) {
	en, nl := &Catalogue{Lang: "en"}, &Catalogue{Lang: "nl"}
	all := &Texts{byTag: map[string]*Catalogue{"en": en, "nl": nl}}
	for header, want := range map[string]*Catalogue{
		"":                      en,
		"nl":                    nl,
		"NL-BE;q=0.9, en":       nl,
		"fr, nl;q=0.5":          nl,
		"en-GB,en;q=0.9,nl":     en,
		"../../etc/passwd,,;q=": en,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", header)
		if got := all.For(r); got != want {
			t.Errorf("%q is answered in %s, want %s", header, got.Lang, want.Lang)
		}
	}
}

func TestFillReplacesOnce(t *testing.T) {
	if got := Fill("{a} and {b}", "a", "{b}", "b", "{a}"); got != "{b} and {a}" {
		t.Errorf("got %q", got)
	}
}

func TestNumbers(t *testing.T) {
	for want, f := range map[string]float64{"0": 0, "98,6": 98.6, "99,99": 99.99, "100": 100, "7": 6.999} {
		if got := (Numbers{Decimal: ","}).Fixed(f, 2); got != want {
			t.Errorf("%v is written %q, want %q", f, got, want)
		}
	}
}

func TestLength(t *testing.T) {
	c := Calendar{Under: "under 1 s", Seconds: "{n} s", Minutes: "{n} min", Hours: "{n} h {m} min"}
	for d, want := range map[time.Duration]string{
		0:                                 "0 s",
		1:                                 "under 1 s",
		999 * time.Millisecond:            "under 1 s",
		34*time.Second + 499999999:        "34 s",
		59*time.Second + 600000000:        "1 min",
		7*time.Minute + 29*time.Second:    "7 min",
		time.Hour:                         "1 h 0 min",
		25*time.Hour + 3*time.Minute:      "25 h 3 min",
		2*time.Hour - 20*time.Second:      "2 h 0 min",
		59*time.Minute + 31*time.Second:   "60 min",
		100*time.Hour + 59*time.Second:    "100 h 1 min",
		1*time.Minute + 1*time.Nanosecond: "1 min",
	} {
		if got := c.Length(d); got != want {
			t.Errorf("Length(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestWithin(t *testing.T) {
	for lang, want := range map[string]string{"en": "people", "de": "People"} {
		if got := (&Catalogue{Lang: lang}).Within("People"); got != want {
			t.Errorf("%s: %s", lang, got)
		}
	}
}

// Messages can be told in each language of a household, of each kind of events, and for
// each reason; and there is no language besides.
func TestMessagesOfALanguage(t *testing.T) {
	texts, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(texts.byTag)); !slices.Equal(got, slices.Sorted(slices.Values(household.Languages))) {
		t.Errorf("pages speak %q, and messages %q", got, household.Languages)
	}
	for _, l := range household.Languages {
		m := alert.Words(texts.In(l).Messages)
		for kind := range texts.In(l).Notify.Events {
			if kind == alert.DigestKind {
				continue
			}
			if m.Counted[kind] == "" || kind != nvr.RingEvent && (m.Happened[kind] == "" || m.Kinds[kind] == "") {
				t.Errorf("%s: %s has no words", l, kind)
			}
		}
		for _, mode := range []nvr.HouseMode{nvr.AtHome, nvr.Away, nvr.AtNight, nvr.HousePrivacy} {
			for _, why := range []alert.Reason{alert.Rings, alert.Asked, alert.Daily, alert.NotAsked, alert.OtherMode, alert.Quiet, alert.Cooling, alert.Spent, alert.Old} {
				d := alert.Decision{Reason: why, Values: map[string]string{"kind": nvr.MotionEvent, "mode": string(mode), "minutes": "5", "n": "4"}}
				if said := m.Because(d); said == "" || strings.ContainsAny(said, "{}") {
					t.Errorf("%s: %s is %q", l, why, said)
				}
			}
		}
	}
	if texts.In("fr") != texts.English() || texts.In("") != texts.English() {
		t.Error("who chose no language is not told in English")
	}
}
