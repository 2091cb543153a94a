package home

import (
	"errors"
	"testing"
	"time"

	"nvrd/pkg/nvr"
)

func TestOffUntil(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ span, at, want string }{
		{"30m", "2026-11-28T17:00:05Z", "2026-11-28T17:30:05Z"},
		{"2h", "2026-11-28T23:00:00Z", "2026-11-29T01:00:00Z"},
		{"morning", "2026-11-28T17:00:00Z", "2026-11-29T06:00:00Z"},
		{"morning", "2026-11-28T22:59:59Z", "2026-11-29T06:00:00Z"},
		{"morning", "2026-11-28T23:30:00Z", "2026-11-29T06:00:00Z"}, // past midnight
		{"morning", "2026-11-29T03:00:00Z", "2026-11-30T06:00:00Z"}, // up at four
		{"morning", "2026-03-28T20:00:00Z", "2026-03-29T05:00:00Z"}, // the clock goes forward
	} {
		at, err := nvr.ParseTime(c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := offUntil(c.span, at, vienna); err != nil || got.String() != c.want {
			t.Errorf("%s at %s: %s, want %s: %v", c.span, c.at, got, c.want, err)
		}
	}
	if until, err := offUntil("on", nvr.Now(), vienna); until != 0 || err != nil {
		t.Errorf("until somebody turns them on: %s, %v", until, err)
	}
	if _, err := offUntil("", nvr.Now(), vienna); !errors.Is(err, nvr.ErrInvalid) {
		t.Errorf("no span: %v", err)
	}
}
