package ui_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
)

// Who rings is shown at the camera, and whom nobody answered on the first page
// until somebody has seen it.
func TestRing(t *testing.T) {
	now := nvr.Now()
	h := &household{cameras: []nvr.Camera{camera(1, "Drive"), camera(2, "Gate")}}
	s := serve(t, h)
	for name, c := range map[string]struct {
		press nvr.Press
		says  string // nothing if the page says nothing of it
	}{
		"rings":              {nvr.Press{Camera: 1, At: now}, "Somebody is at the door."},
		"answered":           {nvr.Press{Camera: 1, At: now, End: now, Outcome: nvr.RingAnswered, Seen: true}, "Somebody of the house is going."},
		"answered by a name": {nvr.Press{Camera: 1, At: now, End: now, Outcome: nvr.RingAnswered, Who: "<Anna>", Seen: true}, "<Anna> is going."},
		"missed":             {nvr.Press{Camera: 1, At: now, End: now, Outcome: nvr.RingMissed}, "Nobody answered."},
		"long ago":           {nvr.Press{Camera: 1, At: 1, End: now.Add(-3 * time.Minute), Outcome: nvr.RingAnswered, Seen: true}, ""},
		"rings elsewhere":    {nvr.Press{Camera: 2, At: now}, ""},
	} {
		h.presses = []nvr.Press{c.press}
		page := get(s, "/cameras/1").Body.String()
		if c.says != "" {
			run(t, page, append(everyPage, says(c.says))...)
		}
		if got := strings.Contains(page, `name="answer"`); got != (c.press.Rings() && c.press.Camera == 1) {
			t.Errorf("%s: it can be answered: %v", name, got)
		}
		if strings.Contains(page, `class="card visit"`) != (c.says != "") {
			t.Errorf("%s: something is said of it", name)
		}
	}
	// A message leads to the press that it told of, however long ago that was.
	h.presses = []nvr.Press{{Camera: 1, At: 9e6, End: 54e6, Outcome: nvr.RingMissed}, {Camera: 1, At: now.Add(-time.Hour), End: now.Add(-time.Hour), Outcome: nvr.RingAnswered}}
	for query, want := range map[string]bool{"": false, "?ring=1970-01-01T00:00:09Z": true, "?ring=1970-01-01T00:00:09Z&answer=1": true, "?ring=1970-01-01T00:00:10Z": false} {
		page := get(s, "/cameras/1"+query).Body.String()
		if got := strings.Contains(page, "Nobody answered.") && strings.Contains(page, "?from=1970-01-01T00%3A00%3A01Z"); got != want {
			t.Errorf("%q tells of the ring: %v", query, got)
		}
	}
	if w := get(s, "/cameras/1?ring=yesterday"); w.Code != 400 {
		t.Errorf("a ring of no time: %d", w.Code)
	}
	for press, quiet := range map[nvr.Press]bool{{Camera: 1, At: now}: false, {Camera: 2, At: now}: false, {Camera: 9, At: now}: true, {Camera: 1, At: now, End: now, Outcome: nvr.RingMissed}: true} {
		h.presses = []nvr.Press{press}
		page := get(s, "/").Body.String()
		if got := strings.Contains(page, "All quiet"); got != quiet || strings.Contains(page, "Somebody is at the door.") == quiet {
			t.Errorf("after %+v the first page says that all is quiet: %v", press, got)
		}
	}
	h.presses = []nvr.Press{
		{Camera: 1, At: now, End: now, Outcome: nvr.RingMissed}, {Camera: 1, At: now - 9e6, End: now, Outcome: nvr.RingMissed},
		{Camera: 2, At: now - 5e6, End: now, Outcome: nvr.RingAnswered, Seen: true}, {Camera: 9, At: now, End: now, Outcome: nvr.RingMissed},
	}
	run(t, get(s, "/").Body.String(), append(everyPage, says("Somebody rang 2 times:", "Drive"), has("button", "name", "seen"))...)
	// Whom nobody answered can be seen and heard once that is over, as far as the camera lets.
	rang := h.presses
	h.presses = []nvr.Press{{Camera: 1, At: 9e6, End: 54e6, Outcome: nvr.RingMissed}}
	const film = `href="/cameras/1?from=1970-01-01T00%3A00%3A01Z&amp;to=1970-01-01T00%3A01%3A24Z"`
	for want, streams := range map[string][]nvr.Stream{
		"kept with sound": {{Audio: nvr.Audio{Codec: "aac"}}}, "without sound: this camera sends none": {{Quality: nvr.Sub}}, "": nil,
	} {
		h.cameras[0].Streams = streams
		page := get(s, "/").Body.String()
		if !strings.Contains(page, film) || !strings.Contains(page, want) || want == "" && (strings.Contains(page, "kept with") || strings.Contains(page, "without sound")) {
			t.Errorf("with %+v it does not say %q", streams, want)
		}
	}
	h.presses = rang
	if w := post(s, "/cameras/1/ring", url.Values{"seen": {now.String()}}); w.Code != 303 || w.Header().Get("Location") != "/" {
		t.Errorf("seen: %d", w.Code)
	}
	if page := get(s, "/").Body.String(); strings.Contains(page, `name="seen"`) {
		t.Error("what was seen is still missed")
	}
	if w := post(s, "/cameras/1/ring", url.Values{"answer": {now.String()}}); w.Code != 303 || w.Header().Get("Location") != "/cameras/1" || h.presses[len(h.presses)-1].At != now {
		t.Errorf("answered: %d, %+v", w.Code, h.presses)
	}
	for _, form := range []url.Values{nil, {"answer": {"yesterday"}}, {"seen": {"x"}}} {
		if w := post(s, "/cameras/1/ring", form); w.Code != 400 {
			t.Errorf("%v: %d", form, w.Code)
		}
	}
}

// The address of a message has the page begin where somebody came, if there is film of it.
func TestRingBeginsBefore(t *testing.T) {
	now := nvr.Now()
	long := now.Add(-time.Hour)
	footage := func(at nvr.Time) appliance.Timeline {
		return appliance.Timeline{Footage: []nvr.Span{{From: at.Add(-time.Minute), To: at.Add(time.Minute)}}}
	}
	for name, c := range map[string]struct {
		press nvr.Press
		line  appliance.Timeline
		query string
		want  bool
	}{
		"rings, and is not on disk yet": {nvr.Press{Camera: 1, At: now}, appliance.Timeline{}, "", true},
		"is over":                       {nvr.Press{Camera: 1, At: long, End: long, Outcome: nvr.RingMissed}, footage(long), "", true},
		"is over, without film":         {nvr.Press{Camera: 1, At: long, End: long, Outcome: nvr.RingMissed}, appliance.Timeline{}, "", false},
		"in a gap":                      {nvr.Press{Camera: 1, At: now}, appliance.Timeline{Gaps: []nvr.Gap{{Span: nvr.Span{From: long}, Reason: nvr.Unreachable}}}, "", false},
		"somebody looks elsewhere":      {nvr.Press{Camera: 1, At: now}, footage(now), "&at=" + long.String(), false},
	} {
		h := &household{cameras: []nvr.Camera{camera(1, "Drive")}, presses: []nvr.Press{c.press}, line: c.line}
		page := get(serve(t, h), "/cameras/1?ring="+c.press.At.String()+c.query).Body.String()
		if got := strings.Contains(page, "&#34;came&#34;:&#34;"+c.press.At.Add(-5*time.Second).String()); got != c.want {
			t.Errorf("%s: it begins before: %v", name, got)
		}
		if got := strings.Contains(page, "&#34;over&#34;:true"); got != (c.want && !c.press.Rings()) {
			t.Errorf("%s: it is over: %v", name, got)
		}
		if page := get(serve(t, h), "/cameras/1").Body.String(); strings.Contains(page, "&#34;came&#34;") {
			t.Errorf("%s: the page begins before, and nobody asked", name)
		}
	}
}
