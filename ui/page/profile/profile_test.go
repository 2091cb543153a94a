package profile

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"nvrd/federation/wire"
	"nvrd/ui/text"
)

const now = wire.Minute(29_700_000)

var key = ed25519.NewKeyFromSeed(make([]byte, 32))

func square(lat, lon, side int32) []wire.Point {
	return []wire.Point{{Lat: lat, Lon: lon}, {Lat: lat, Lon: lon + side}, {Lat: lat + side, Lon: lon + side}, {Lat: lat + side, Lon: lon}}
}

func brigade() wire.Agency {
	return wire.Agency{Key: wire.PublicKey(key), Title: "Fire brigade", Class: wire.ClassFire, Domain: "fire.example", Contact: "Desk, 555 0100", Policy: "Deleted after 30 days.", Jurisdiction: square(40_600_000, -74_000_000, 300_000)}
}

func head(m wire.Minute) wire.AgencyHead {
	return wire.AgencyHead{Agency: wire.PublicKey(key), Minute: m}
}

func asks(number string, at, until wire.Minute) wire.Request {
	return wire.Request{Head: head(at), Case: number, Incident: wire.IncidentFire, From: at - 120, To: at - 60, Area: square(40_700_000, -73_990_500, 5_000), Text: "Smoke behind the bakery?", Contact: "Desk 4", Expires: until}
}

func sign(t testing.TB, bodies ...wire.Body) (all []wire.Signed) {
	t.Helper()
	for _, b := range bodies {
		s, err := wire.Sign(b, key)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

func page(t testing.TB, says wire.Agency, log []wire.Signed) string {
	t.Helper()
	texts, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Write(t.Context(), &b, texts.English(), says, log, now); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What is on the page, in the order in which people read it.
func TestPage(t *testing.T) {
	log := sign(t, asks("26-1", now-900, now-100), asks("26-2", now-800, now+600), asks("26-3", now-700, now+600))
	log = append(log, sign(t,
		wire.Closing{Head: head(now - 90), On: log[2].ID, Is: wire.ClosingWithdrawn},
		wire.Reply{Head: head(now - 81), On: wire.Hash{1}, Text: "The hydrant is closed now."},
		wire.Bulletin{Head: head(now - 80), Title: "Dry week", Text: "No open fires.", Expires: now + 5},
	)...)
	html := page(t, brigade(), log)
	rest := html
	for _, want := range []string{
		"<title>Fire brigade</title>", "<h1", "Fire brigade", "Fire and rescue", "Desk, 555 0100", "Deleted after 30 days.", "fire.example", "An area of 325 square miles", wire.PublicKey(key).String(),
		"40.6° north, 74° west", "40.9° north, 73.7° west", "What it asked", "Nobody has to answer",
		"Case 26-3", "Withdrawn on 20 June 2026, 22:30 UTC", "A fire or a hazard. Asks for what cameras saw from 20 June 2026, 10:20 UTC to 20 June 2026, 11:20 UTC.", "Smoke behind the bakery?", "Desk 4", log[2].ID.String(), "An area of 0.09 square miles", "40.7° north, 73.9905° west",
		"Case 26-2", "Open until 21 June 2026, 10:00 UTC", "Case 26-1", "Was open until 20 June 2026, 22:20 UTC",
		"Safety bulletins", "Dry week", "No open fires.", "Answers to neighbors", "The hydrant is closed now.", "Check it yourself", "nvrd agency verify", "6 entries",
	} {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("%q is not there, or not in its place, in\n%s", want, rest)
		}
		rest = after
	}
	if empty := page(t, brigade(), nil); !strings.Contains(empty, "asked nothing yet") || !strings.Contains(empty, "published none") {
		t.Error("an agency that asked nothing")
	}
}

// The page loads nothing, runs nothing and sends nothing, whatever an agency writes.
func TestStatic(t *testing.T) {
	says := brigade()
	says.Title, says.Contact, says.Policy = `<img src=x>`, `"><script>`, `javascript:alert(1)`
	says.Title = "<img src=http://x.example/a>"
	log := sign(t, func() wire.Body {
		r := asks(`"><a href=x>`, now-900, now+100)
		r.Text, r.Contact = `</article><script src="http://x.example"></script>`, `<form action=x><input>`
		return r
	}(), wire.Bulletin{Head: head(now), Title: `<style>*{}</style>`, Text: `&lt;iframe src=x&gt;`, Expires: now + 1})
	html := page(t, says, log)
	for _, tag := range regexp.MustCompile(`<[a-z][^>]*>`).FindAllString(html, -1) {
		for _, bad := range []string{"<script", "<img", "<link", "<iframe", "<form", "<input", "<a ", "<object", "src=", "href=", " on", "http-equiv"} {
			if strings.Contains(tag, bad) {
				t.Errorf("%s is in the page", tag)
			}
		}
	}
	if strings.Contains(html, "url(") || strings.Contains(html, "@import") || strings.Count(html, "<style") != 1 {
		t.Error("its style loads something, or is the agency's")
	}
}

// years is a log of so many requests, and as many bulletins.
func years(n int) (log []wire.Signed) {
	for n := range wire.Minute(n) {
		for i, b := range []wire.Body{asks(fmt.Sprint("26-", n), now+n, now+n+600), wire.Bulletin{Head: head(now + n), Title: "Ice", Text: "Roads freeze tonight.", Expires: now + n + 9}} {
			log = append(log, wire.Signed{ID: wire.Hash{byte(n), byte(n >> 8), byte(i)}, Body: b})
		}
	}
	return log
}

// Years of requests are one page: of 3,000 entries in 20 ms, by what each costs.
func TestLong(t *testing.T) {
	log := years(100)
	if n := testing.AllocsPerRun(5, func() { page(t, brigade(), log) }) / float64(len(log)); n > 100 {
		t.Errorf("%.0f allocations an entry", n)
	}
}

func BenchmarkPage(b *testing.B) {
	log := years(1_500)
	for b.Loop() {
		page(b, brigade(), log)
	}
}
