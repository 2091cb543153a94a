package api

import (
	"strings"
	"testing"
)

func TestZones(t *testing.T) {
	h := newHome(t)
	h.do("POST", "/api/v1/cameras", porch)
	const address = "/api/v1/cameras/1/zones"
	want := `{"zones":[],"masks":[]}` + "\n"
	if got := text(t, h.do("GET", address, "")); got != want {
		t.Errorf("at first: %s", got)
	}
	for _, step := range [][2]string{
		{`{"zones":[[[0,300],[1000,300],[1000,1000],[0,1000]]],"masks":[[[700,300],[900,300],[900,500]]]}`, ""},
		{`{"masks":[[[700,300],[900,300],[900,500]]]}`, `{"zones":[],"masks":[[[700,300],[900,300],[900,500]]]}`},
		{`{"zones":null}`, `{"zones":[],"masks":[]}`},
		{`{"zones":[[[0,0],[500,0],[500,500]]]}`, `{"zones":[[[0,0],[500,0],[500,500]]],"masks":[]}`},
	} {
		if want = step[1] + "\n"; step[1] == "" {
			want = step[0] + "\n"
		}
		if got := text(t, h.do("PUT", address, step[0])); got != want {
			t.Errorf("%s: %s", step[0], got)
		}
		if got := text(t, h.do("GET", address, "")); got != want {
			t.Errorf("%s, later: %s", step[0], got)
		}
	}
	for body, says := range map[string]string{
		`{"zones":[[[0,0],[500,0]]]}`:                       "zone 1 has 2 corners: give it 3 to 32",
		`{"masks":[[[0,0],[1000,0],[1000,1000],[0,1000]]]}`: "make zones larger or masks smaller",
		`{"zones":[[[0,0],[500,0],[500,1001]]]}`:            "corner 3 of zone 1 is at 500,1001",
		`{"zones":[[[0,0],[500,0],[500]]]}`:                 "a corner is [x,y]",
		`{"zones":[[[0,0],[500,0],[500,0.5]]]}`:             "a corner is [x,y]",
		`{"zones":[null]}`:                                  "zone 1 has 0 corners",
		`{"zones":[` + strings.Repeat(`[[0,0],[9,0],[9,9]],`, 16) + `[[0,0],[900,0],[900,900]]]}`: "leave at most 16",
		`{"zones":[],"colour":"red"}`: "colour",
		`[]`:                          "not the JSON",
	} {
		if kind, message := failure(t, h.do("PUT", address, body)); kind != "invalid" || !strings.Contains(message, says) {
			t.Errorf("%s: %s, %s", body, kind, message)
		}
	}
	if got := text(t, h.do("GET", address, "")); got != want {
		t.Errorf("what was refused changed something: %s", got)
	}
	for _, method := range []string{"GET", "PUT"} {
		if r := h.do(method, "/api/v1/cameras/7/zones", `{}`); r.StatusCode != 404 {
			t.Errorf("%s of no camera: %d", method, r.StatusCode)
		}
	}
}
