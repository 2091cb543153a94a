package component

import (
	"testing"
	"time"
)

// Browsers send a typed time with seconds, without, or with fractions.
func TestParseLocal(t *testing.T) {
	zone := time.FixedZone("", 3600)
	for typed, want := range map[string]string{
		"2026-11-29T02:40":        "2026-11-29T01:40:00Z",
		"2026-11-29T02:40:05":     "2026-11-29T01:40:05Z",
		"2026-11-29T02:40:05.250": "2026-11-29T01:40:05.25Z",
		"":                        "", "x": "", "2026-11-29": "", "1969-12-31T23:59": "", "2026-13-29T02:40": "", "2026-11-29T02:40Z": "",
	} {
		at, err := ParseLocal(typed, zone)
		if err == nil != (want != "") || err == nil && at.Std().UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("%q is %v, %v; want %q", typed, at.Std().UTC(), err, want)
		}
	}
	if at, err := ParseLocal(LocalMinute(time.Date(2026, 11, 29, 2, 40, 59, 0, zone)), zone); err != nil || at.Std().UTC().Minute() != 40 {
		t.Errorf("what is written is read as %v, %v", at.Std(), err)
	}
}
