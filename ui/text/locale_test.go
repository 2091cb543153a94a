package text

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestClockIsNegotiated: the browser's languages choose the clock and the order of
// dates, too.
func TestClockIsNegotiated(t *testing.T) {
	all, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2027, 1, 9, 14, 7, 33, 0, time.UTC)
	const (
		world     = "en-GB-u-hc-h23 | 14:07 | 14:07:33 | Saturday 9 January | 9 January 2027 | Saturday 9 January, 14:07:33"
		american  = "en-US-u-hc-h12 | 2:07 PM | 2:07:33 PM | Saturday, January 9 | January 9, 2027 | Saturday, January 9, 2:07:33 PM"
		dayFirst  = "en-AU-u-hc-h12 | 2:07 PM | 2:07:33 PM | Saturday 9 January | 9 January 2027 | Saturday 9 January, 2:07:33 PM"
		german    = "de-u-hc-h23 | 14:07 | 14:07:33 | Samstag, 9. Januar | 9. Januar 2027 | Samstag, 9. Januar, 14:07:33"
		asAustria = "de-AT-u-hc-h23 | 14:07 | 14:07:33 | Samstag, 9. Jänner | 9. Jänner 2027 | Samstag, 9. Jänner, 14:07:33"
	)
	for header, want := range map[string]string{
		"":                                  world,
		"en":                                world,
		"*":                                 world,
		"en-GB,en;q=0.9":                    world,
		"en-IE":                             world,
		"en-ZA":                             world,
		"en-DE, en-US;q=0.8":                world, // the first one counts
		"en-ZZ":                             world,
		"en-Zzzz-u-hc-us":                   world,
		"fr-US, en-GB":                      world,
		"en-US,en;q=0.9":                    american,
		"EN-us":                             american,
		"en, en-US;q=0.9":                   american, // as browsers say that are set to English first
		"en-Latn-US":                        american,
		"en-US-u-hc-h23":                    american,
		"en-CA":                             american,
		"en-PH":                             american,
		"fr, en-US;q=0.5, de;q=0.3":         american,
		"en ; q=0.9 , en-US;q=0.8, de-AT":   american,
		"en-AU":                             dayFirst,
		"en-NZ,en":                          dayFirst,
		"hi-IN, en-IN":                      dayFirst,
		"en-001":                            dayFirst,
		"de":                                german,
		"de-DE,de;q=0.9,en-US;q=0.8":        german,
		"de-US":                             german,
		"de-CH":                             german,
		"de-AT":                             asAustria,
		"de, de-AT;q=0.9, en-US":            asAustria,
		"en--US":                            american,
		"en-,-US,en-US-,../..-US,\x00-US":   american,
		strings.Repeat("x-US,", 5000):       world,
		strings.Repeat("en-", 5000) + "-US": world,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", header)
		is := all.For(r)
		c := is.Calendar
		got := strings.Join([]string{is.Locale, c.Clock(at), c.ClockSeconds(at), c.Date(at), c.WithYear(at), c.Moment(at)}, " | ")
		if got = strings.ReplaceAll(got, "\u00a0", " "); got != want {
			t.Errorf("%.40q is answered with\n%s, want\n%s", header, got, want)
		}
		if lang, _, _ := strings.Cut(want, "-"); is.Lang != lang {
			t.Errorf("%.40q is answered in %s", header, is.Lang)
		}
	}
}

// TestLocales: a region stands for one locale of a language, and a locale changes
// nothing of its language but dates and clocks.
func TestLocales(t *testing.T) {
	all, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, l := range locales {
		for region := range strings.FieldsSeq(l.regions) {
			key := l.lang + "-" + region
			if seen[key] || !regexp.MustCompile(`^([A-Z]{2}|[0-9]{3})$`).MatchString(region) {
				t.Errorf("%s stands twice, or is no region", key)
			}
			seen[key] = true
			if c := all.region[key]; c.Lang != l.lang || c.Locale != l.tag || c.Shell != all.byTag[l.lang].Shell {
				t.Errorf("%s is %s %s", key, c.Lang, c.Locale)
			}
		}
	}
	if m := all.byTag["de"].Calendar.Months[0]; m != "Januar" {
		t.Errorf("for Austria all of German says %s", m)
	}
	midnight := time.Date(2027, 1, 9, 0, 0, 0, 0, time.UTC)
	for clock, at := range map[string]time.Time{"12:00\u00a0AM": midnight, "12:00\u00a0PM": midnight.Add(12 * time.Hour), "11:59\u00a0PM": midnight.Add(-time.Minute)} {
		if got := all.region["en-US"].Calendar.Clock(at); got != clock {
			t.Errorf("%s is written %s", clock, got)
		}
	}
}
