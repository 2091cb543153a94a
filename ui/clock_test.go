package ui_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
)

// getIn asks for a page as a browser set to some languages does.
func getIn(h http.Handler, address, languages string) *httptest.ResponseRecorder {
	r, w := httptest.NewRequest(http.MethodGet, address, nil), httptest.NewRecorder()
	r.Header.Set("Accept-Language", languages)
	h.ServeHTTP(w, r)
	return w
}

// american holds a page as it is read in the USA against the checks of every page.
func american(t *testing.T, h http.Handler, address string) {
	t.Helper()
	run(t, getIn(h, address, "en-US,en;q=0.9").Body.String(), append(everyPage, has("html", "data-locale", "en-US-u-hc-h12"))...)
}

var (
	clocks = regexp.MustCompile(`\b\d{1,2}:\d\d(?::\d\d)?\b(?:[\s\x{a0}\x{202f}]*[AaPp]\.?[Mm]\b)?`)
	spans  = regexp.MustCompile(`\d{1,2}:\d\d\s*–\s*(\d{1,2}:\d\d\x{a0}[AP]M)`) // PM is said once
	// What looks like a clock and is none: a zone, addresses, and fingerprints.
	noClocks = regexp.MustCompile(`(?:[\dA-F]{2}:){3,}[\dA-F]{2}|UTC[+-]\d\d:\d\d|https?://\S+|rtsps?://\S+|\[?[\da-f:]*::[\da-f:]*\]?`)
)

// said is what a page says, to who reads it and to who has it read out, a piece a line.
func said(root *html.Node) string {
	var all strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" && n.Parent.Data != "style" {
			all.WriteString(n.Data + "\n")
		}
		for _, key := range []string{"aria-label", "aria-valuetext", "alt", "title", "placeholder"} {
			if value, ok := attr(n, key); ok {
				all.WriteString(value + "\n")
			}
		}
	}
	return all.String()
}

// oneClock: all clocks of a page are of its locale, 14:07 or 2:07 PM.
func oneClock(root *html.Node) (bad []string) {
	locale, _ := attr(elements(root, "html")[0], "data-locale")
	for _, clock := range clocks.FindAllString(spans.ReplaceAllString(noClocks.ReplaceAllString(said(root), ""), "$1"), -1) {
		half, twelve := strings.CutSuffix(clock, "\u00a0AM")
		if !twelve {
			half, twelve = strings.CutSuffix(clock, "\u00a0PM")
		}
		if want := strings.HasSuffix(locale, "h12"); twelve != want || !want && strings.Index(half, ":") != 2 || want && (half[0] == '0' || half > "13" && half[1] != ':') {
			bad = append(bad, "a page of "+locale+" has the clock "+clock)
		}
	}
	return bad
}

// TestClocksOfARegion: the same pages in two regions. What machines read is the same.
func TestClocksOfARegion(t *testing.T) {
	h := &household{
		cameras: []nvr.Camera{camera(1, "Drive")},
		line: appliance.Timeline{
			Footage: []nvr.Span{span("2026-11-19T08:00:00Z", "2026-11-19T12:00:00Z"), span("2026-11-19T12:36:00Z", "2026-11-19T13:00:00Z")},
			Gaps:    []nvr.Gap{{Span: span("2026-11-19T12:00:00Z", "2026-11-19T12:36:00Z"), Reason: nvr.StreamChanged}},
		},
		events:  []nvr.Event{happened(1, nvr.RingEvent, "2026-11-19T12:50:07Z", 0)},
		presses: []nvr.Press{{Camera: 1, At: at("2026-11-19T12:50:07Z"), End: at("2026-11-19T12:50:40Z"), Outcome: nvr.RingMissed}},
	}
	s := serve(t, h)
	for address, want := range map[string][2]string{ // in Europe/Vienna
		"/":                                    {"Thursday 19 November, 13:50:07|Until t* morning, 07:00", "Thursday, November 19, 1:50:07 PM|Until t* morning, 7:00 AM"},
		"/events?day=2026-11-19":               {"Thursday 19 November|13:50:07", "Thursday, November 19|1:50:07 PM"},
		"/cameras/1?at=2026-11-19T12:50:00Z":   {"Thursday 19 November|13:36:00|13:50:07|13:00", "Thursday, November 19|1:36:00 PM|1:50:07 PM|1:00 PM"},
		"/cameras/1?ring=2026-11-19T12:50:07Z": {"Thursday 19 November, 13:50:07", "Thursday, November 19, 1:50:07 PM"},
		"/cameras/1/recording":                 {"By this clock it is", "By this clock it is"},
	} {
		for i, languages := range []string{"en-GB", "en-US"} {
			body := getIn(s, address, languages).Body.String()
			run(t, body, everyPage...)
			root, err := html.Parse(strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			text := strings.ReplaceAll(said(root), "\u00a0", " ")
			for _, part := range strings.Split(want[i], "|") {
				if !regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(part), `\*`, ".*")).MatchString(text) {
					t.Errorf("%s in %s does not say %s:\n%s", address, languages, part, text)
				}
			}
			if languages == "en-US" && address != "/cameras/1/recording" {
				run(t, body, lacks("19 November"), lacks("13:50"))
			}
		}
	}
	form := "/cameras/1?from=2026-11-19T12:40:00Z&to=2026-11-19T12:59:00Z"
	run(t, getIn(s, form, "en-US").Body.String(), has("input", "value", "2026-11-19T13:40:00"), has("time", "datetime", "2026-11-19T12:00:00Z"))
	const chapters = "/cameras/1/chapters.vtt?from=2026-11-19T12:40:00Z&to=2026-11-19T12:59:00Z"
	if film := getIn(s, chapters, "en-US").Body.String(); !strings.Contains(film, "\n00:00:00.000 --> 00:") {
		t.Errorf("chapters are %s", film)
	}
}
