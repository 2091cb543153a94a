package wire

import (
	"errors"
	"strings"
	"testing"
)

func TestAgencyText(t *testing.T) {
	card := sign(t, brigade(), "fire brigade")
	text := AgencyText(card)
	for _, pasted := range []string{text, "The brigade asks: " + text, strings.ToLower(text), text[:40] + "\n  " + text[40:] + " "} {
		if got, err := ParseAgency(pasted); err != nil || got.ID != card.ID || string(got.Raw) != string(card.Raw) {
			t.Errorf("%.60q is %v (%v)", pasted, got.ID, err)
		}
	}
	other := AgencyText(sign(t, Closing{Head: AgencyHead{Agency: keyOf("bob")}, Is: ClosingResolved}, "bob"))
	for what, c := range map[string]struct {
		text string
		want error
	}{
		"nothing":       {"", ErrMalformed},
		"an invite":     {"STOOP:AAAA", ErrMalformed},
		"half of it":    {text[:len(text)/2], ErrMalformed},
		"a letter else": {strings.Replace(text, text[60:61], "A", 1)[:80], ErrMalformed},
		"another kind":  {other, ErrUnknown},
		"far too much":  {strings.Repeat("x", 1<<20), ErrTooLarge},
		"changed":       {text[:len(text)-9] + "AAAAAAAAA", ErrSignature},
	} {
		if got, err := ParseAgency(c.text); !errors.Is(err, c.want) {
			t.Errorf("%s: %v (%v)", what, got.ID, err)
		}
	}
}
