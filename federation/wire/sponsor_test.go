package wire

import (
	"errors"
	"strings"
	"testing"
)

// anna is a sponsor.
func anna() Sponsor {
	return Sponsor{URL: "https://home.example:8443", SPKI: hashOf("a certificate"), Agency: keyOf("fire brigade")}
}

func TestSponsorText(t *testing.T) {
	text, err := anna().Text()
	if err != nil {
		t.Fatal(err)
	}
	for _, pasted := range []string{text, "Use this: " + text + ", Anna", strings.ToLower(text), text[:40] + "\n  " + text[40:] + " "} {
		if got, err := ParseSponsor(pasted); err != nil || got != anna() || got.Host() != "home.example:8443" {
			t.Errorf("%.60q is %v (%v)", pasted, got, err)
		}
	}
	for what, c := range map[string]struct {
		text string
		want error
	}{
		"nothing":       {"", ErrMalformed},
		"an invite":     {"STOOP:AAAA", ErrMalformed},
		"an agency":     {AgencyText(sign(t, brigade(), "fire brigade")), ErrMalformed},
		"half of it":    {text[:len(text)/2], ErrMalformed},
		"a letter else": {text[:20] + "A" + text[21:], ErrMalformed},
		"far too much":  {strings.Repeat("x", 1<<20), ErrTooLarge},
	} {
		if got, err := ParseSponsor(c.text); !errors.Is(err, c.want) {
			t.Errorf("%s: %v (%v)", what, got, err)
		}
	}
	for _, address := range []string{"https://home.example", "https://192.0.2.7:8443", "https://[2001:db8::7]:8443", "https://" + strings.Repeat("a", 240) + ".example:8443"} {
		s := anna()
		s.URL = address
		if text, err := s.Text(); err != nil {
			t.Errorf("%s: %v", address, err)
		} else if again, err := ParseSponsor(text); err != nil || again != s {
			t.Errorf("%s is read as %v (%v)", address, again, err)
		}
	}
	for _, address := range []string{"", "http://home.example", "https://", "https://home.example/", "https://home.example/log", "https://home.example?x", "https://home.example#x", "https://anna@home.example",
		"https://Home.example", "https://home.example:84430000", "https://home.example:", "https://ho me.example", "https://[::1", "https://héme.example", "https://" + strings.Repeat("a", 260) + ".example", "file:///etc/passwd", "https://home.example\n"} {
		s := anna()
		s.URL = address
		if _, err := s.Text(); !errors.Is(err, ErrRange) {
			t.Errorf("%q: %v", address, err)
		}
		// Nor from who leaves the check out.
		if err := s.check(); !errors.Is(err, ErrRange) {
			t.Errorf("%q is read: %v", address, err)
		}
	}
}

func FuzzParseSponsor(f *testing.F) {
	text, err := anna().Text()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(strings.ToLower(text[:30]) + "\n" + text[30:])
	f.Add("STOOP-SPONSOR:AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSponsor(text)
		if err != nil {
			return
		}
		again, err := s.Text()
		if err != nil {
			t.Fatal(err)
		}
		if same, err := ParseSponsor(again); err != nil || same != s {
			t.Errorf("%v is read again as %v (%v)", s, same, err)
		}
	})
}
