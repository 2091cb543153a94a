package main

import (
	"log/slog"
	"strings"
	"testing"

	"nvrd/pkg/household"
	"nvrd/ui/text"
)

// What the outbox says by itself is said in the language of the household, from when it
// chooses one, and nothing of it is missing.
func TestOutboxSpeaksTheLanguageOfTheHome(t *testing.T) {
	texts, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	h, err := household.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	words := outboxWords(h, texts, slog.New(slog.DiscardHandler))
	for _, c := range []struct{ language, missed, ring string }{
		{"", "Missed ring: {camera}", "Doorbell"}, {"de", "Verpasst: {camera}", "Klingel"}, {"en", "Missed ring: {camera}", "Doorbell"},
	} {
		if _, err := h.ChangeHome(t.Context(), func(home *household.Home) error { home.Language = c.language; return nil }); err != nil {
			t.Fatal(err)
		}
		w := words(t.Context())
		if w.Missed != c.missed || w.Ring != c.ring {
			t.Errorf("%q: %+v", c.language, w)
		}
		for _, said := range []string{w.Unreached, w.Why, w.Motion, w.Picture} {
			if strings.TrimSpace(said) == "" {
				t.Errorf("%q: %+v", c.language, w)
			}
		}
	}
}
