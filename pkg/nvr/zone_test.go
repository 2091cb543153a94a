package nvr

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// zoneTexts are zones as text, with what an error says; empty where there is none.
var zoneTexts = map[string]struct{ text, wrong string }{
	"nothing":              {"", ""},
	"a zone":               {"zone 0,0 500,0 500,1000", ""},
	"a zone and a mask":    {"zone 0,0 1000,0 1000,1000 0,1000\n\n mask 0,0 100,0 0,100 \r\n", ""},
	"masks come first":     {"mask 0,0 100,0 0,100\nzone 0,0 1000,0 1000,1000 0,1000\n", ""},
	"edges cross":          {"zone 0,0 1000,1000 1000,0 0,1000", ""},
	"a corner twice":       {"zone 0,0 0,0 500,0 500,500", ""},
	"two corners":          {"zone 0,0 500,0", "zone 1 has 2 corners: give it 3 to 32"},
	"no corner":            {"zone 0,0 9,0 9,900\nmask", "mask 1 has 0 corners: give it 3 to 32"},
	"too many corners":     {"zone" + strings.Repeat(" 1,1", 33), "zone 1 has 33 corners"},
	"most corners":         {"zone" + strings.Repeat(" 1,1", 30) + " 500,0 0,500", ""},
	"too many":             {strings.Repeat("mask 0,0 9,0 9,9\n", 17), "there are 17 zones and masks: leave at most 16"},
	"most":                 {strings.Repeat("mask 0,0 9,0 9,9\n", 16), ""},
	"outside":              {"zone 0,0 1001,0 500,500", "corner 2 of zone 1 is at 1001,0: give numbers from 0 to 1000"},
	"left":                 {"zone 0,0 -1,0 500,500", "corner 2 of zone 1 is at -1,0"},
	"on one line":          {"zone 0,0 500,500 900,900", "zone 1 covers nothing: move its corners apart"},
	"in one place":         {"zone 0,0 500,0 0,500\nmask 7,7 7,7 7,7", "mask 1 covers nothing"},
	"all masked":           {"mask 0,0 1000,0 1000,1000 0,1000", "leave less than a hundredth of the picture: make zones larger or masks smaller"},
	"the zone masked":      {"zone 100,100 300,100 300,300\nmask 0,0 500,0 500,500 0,500", "leave less than a hundredth"},
	"a zone of a dot":      {"zone 100,100 150,100 100,150", "leave less than a hundredth"},
	"a small zone":         {"zone 100,100 300,100 300,300 100,300", ""},
	"another word":         {"zone 0,0 1,1 2,0\nregion 1,1", `line 2 begins with "region": begin it with zone or mask`},
	"no number":            {"zone 0,0 a,1 2,2", `line 1: "a,1" is no corner: write it like 250,500`},
	"one number":           {"zone 0,0 1 2,2", `"1" is no corner`},
	"three numbers":        {"zone 0,0,0 1,1 2,2", `"0,0,0" is no corner`},
	"parts of thousands":   {"zone 0.5,0 1,1 2,2", `"0.5,0" is no corner`},
	"a number without end": {"zone 0," + strings.Repeat("9", 99) + " 1,1 2,2", "is no corner"},
}

func TestParseZones(t *testing.T) {
	for name, c := range zoneTexts {
		z, err := ParseZones(c.text)
		if err == nil {
			err = z.Check()
		}
		if c.wrong != "" {
			if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%s: %v, want %q", name, err, c.wrong)
			}
			continue
		}
		again, err2 := ParseZones(z.String())
		if err != nil || err2 != nil || !cmp.Equal(z, again) || z.Empty() != (c.text == "") {
			t.Errorf("%s: %v, %v: %q became %q", name, err, err2, z, again)
		}
	}
}

func TestZonesCount(t *testing.T) {
	const (
		lower  = "zone 0,500 1000,500 1000,1000 0,1000\n"
		corner = "zone 0,0 200,0 0,200\n"
		tree   = "mask 700,400 900,400 900,700 700,700\n"
		star   = "zone 500,0 800,1000 0,400 1000,400 200,1000\n" // its middle is enclosed twice
		horse  = "zone 100,100 900,100 900,900 700,900 700,300 300,300 300,900 100,900\n"
	)
	for name, c := range map[string]struct {
		text    string
		in, out []Corner
	}{
		"nothing":          {"", []Corner{{0, 0}, {999, 999}}, nil},
		"a zone":           {lower, []Corner{{1, 501}, {500, 999}, {999, 501}}, []Corner{{1, 499}, {999, 1}}},
		"two zones":        {lower + corner, []Corner{{10, 10}, {500, 999}}, []Corner{{150, 150}, {999, 1}}},
		"a mask":           {tree, []Corner{{1, 1}, {699, 500}, {901, 500}, {800, 399}, {800, 701}}, []Corner{{701, 401}, {899, 699}}},
		"a mask in a zone": {lower + tree, []Corner{{500, 600}, {800, 701}}, []Corner{{800, 600}, {500, 400}, {800, 450}}},
		"edges that cross": {star, []Corner{{500, 100}, {300, 850}}, []Corner{{500, 500}, {50, 50}}},
		"a hollow shape":   {horse, []Corner{{200, 800}, {800, 800}, {500, 200}}, []Corner{{500, 600}, {500, 950}, {50, 500}, {950, 500}}},
	} {
		z, err := ParseZones(c.text)
		if err != nil {
			t.Fatal(err)
		}
		for want, all := range map[bool][]Corner{true: c.in, false: c.out} {
			for _, at := range all {
				if z.Counts(float64(at.X), float64(at.Y)) != want {
					t.Errorf("%s: motion counts at %v: %v", name, at, !want)
				}
			}
		}
	}
}

func TestZonesAsJSON(t *testing.T) {
	z, err := ParseZones("zone 0,0 500,0 500,1000\nmask 1,2 3,4 5,9\n")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"zones":[[[0,0],[500,0],[500,1000]]],"masks":[[[1,2],[3,4],[5,9]]]}`
	b, err := json.Marshal(z)
	if err != nil || string(b) != want {
		t.Fatalf("%s, %v", b, err)
	}
	var again Zones
	if err := json.Unmarshal(b, &again); err != nil || !cmp.Equal(again, z) {
		t.Errorf("%v, %v", again, err)
	}
	if err := json.Unmarshal([]byte(`{"masks":[[ [ 1 , -2 ], [0,0]]]}`), &again); err != nil || again.Masks[0][0] != (Corner{1, -2}) {
		t.Errorf("%v, %v", again, err)
	}
	for _, corner := range []string{`[1]`, `[1,2,3]`, `[1,2.5]`, `["1","2"]`, `null`, `{"x":1,"y":2}`, `[null,1]`, `[1e99,1]`, `"1,2"`, `[]`, `[[1],2]`, `[1.0,2]`} {
		if err := json.Unmarshal(fmt.Appendf(nil, `{"zones":[[[0,0],[1,1],%s]]}`, corner), &again); err == nil {
			t.Errorf("%s is a corner", corner)
		}
	}
}

// Whatever is typed: what is taken is the same when it is read again, bounded, and
// leaves some of the picture.
func FuzzParseZones(f *testing.F) {
	for _, c := range zoneTexts {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		z, err := ParseZones(text)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Error(err)
			}
			return
		}
		again, err := ParseZones(z.String())
		if err != nil || !cmp.Equal(z, again) {
			t.Fatalf("%q became %q: %v", z, again, err)
		}
		if z.Check() != nil {
			return
		}
		b, err := json.Marshal(z)
		if err != nil {
			t.Fatal(err)
		}
		again = Zones{}
		if err := json.Unmarshal(b, &again); err != nil || again.String() != z.String() {
			t.Fatalf("%s: %v", b, err)
		}
		if len(z.Zones)+len(z.Masks) > MaxPolygons || len(z.String()) > MaxPolygons*(5+MaxCorners*10) {
			t.Errorf("%d bytes", len(z.String()))
		}
	})
}

// Whatever comes as JSON: what is taken makes sense as text, too.
func FuzzZonesAsJSON(f *testing.F) {
	for _, c := range zoneTexts {
		if z, err := ParseZones(c.text); err == nil {
			b, err := json.Marshal(z)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Add([]byte(`{"zones":[[[0,0],[500,0],[500]]],"masks":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var z Zones
		if json.Unmarshal(b, &z) != nil || z.Check() != nil {
			return
		}
		again, err := ParseZones(z.String())
		if err != nil || again.String() != z.String() || again.Check() != nil {
			t.Fatalf("%s became %q: %v", b, again, err)
		}
	})
}
