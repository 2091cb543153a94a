package ui_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"nvrd/pkg/nvr"
)

func (h *household) Zones(ctx context.Context, id nvr.CameraID) (nvr.Zones, error) {
	if _, err := h.Get(ctx, id); err != nil {
		return nvr.Zones{}, err
	}
	z, err := nvr.ParseZones(h.drawn)
	return z, errors.Join(err, h.err)
}

func (h *household) SetZones(ctx context.Context, id nvr.CameraID, z nvr.Zones) error {
	if _, err := h.Get(ctx, id); err != nil {
		return err
	}
	if h.refuse != nil {
		return h.refuse
	}
	h.drawn = z.String()
	return h.err
}

func TestZonesAreDrawn(t *testing.T) {
	h := &household{cameras: []nvr.Camera{camera(1, hostileName)}}
	s := serve(t, h)
	run(t, get(s, "/cameras/1/motion").Body.String(), append(everyPage, says("it counts everywhere"), types(""), has("video", "src", "/api/v1/cameras/1/picture.mp4?at=2026-11-19T09%3A59%3A57.999999Z&stream=sub"))...)

	w := post(s, "/cameras/1/motion", url.Values{"zones": {"mask 700,300 900,300 900,500\r\n\r\n zone 0,300 1000,300 1000,1000 \r\n"}})
	if got := w.Header().Get("Location"); w.Code != 303 || got != "/cameras/1/motion?saved=1" {
		t.Fatalf("answered with %d, to %s", w.Code, got)
	}
	const want = "zone 0,300 1000,300 1000,1000\nmask 700,300 900,300 900,500\n"
	if h.drawn != want {
		t.Errorf("stored is %q", h.drawn)
	}
	run(t, get(s, "/cameras/1/motion?saved=1").Body.String(), append(everyPage, says("Saved. It holds within half a minute."), types(want),
		has("polygon", "points", "0,300 1000,300 1000,1000"), has("polygon", "points", "700,300 900,300 900,500"))...)

	for typed, wrong := range map[string]string{
		"zone 1,1":                               "That cannot be: zone 1 has 1 corners: give it 3 to 32.",
		"mask 0,0 1000,0 1000,1000 0,1000":       "make zones larger or masks smaller.",
		`zone "><script>alert(1)</script>`:       "is no corner: write it like 250,500",
		strings.Repeat("zone 0,0 9,0 9,9\n", 17): "leave at most 16",
	} {
		w := post(s, "/cameras/1/motion", url.Values{"zones": {typed}})
		if w.Code != 422 || h.drawn != want {
			t.Errorf("%q: answered with %d, stored is %q", typed, w.Code, h.drawn)
		}
		run(t, w.Body.String(), append(everyPage, says(wrong), types(typed), lacks("Saved."))...)
	}
	if w := post(s, "/cameras/1/motion", url.Values{}); w.Code != 303 || h.drawn != "" {
		t.Errorf("taken away: %d, %q", w.Code, h.drawn)
	}
	for _, w := range []int{get(s, "/cameras/7/motion").Code, post(s, "/cameras/7/motion", url.Values{}).Code} {
		if w != 404 {
			t.Errorf("of no camera: %d", w)
		}
	}
}

// The page says how motion is found, how far that can be trusted, and what is missing.
func TestMotionIsExplained(t *testing.T) {
	for name, c := range map[string]struct {
		sight nvr.Sight
		says  []string
		lacks []string
	}{
		"not known":        {nvr.Sight{Decodes: true}, []string{"Not known yet."}, []string{"ffmpeg", "trust"}},
		"by the score":     {nvr.Sight{By: nvr.ByScore, Trust: nvr.Trusted, Decodes: true}, []string{"By how many bytes", "Here you can trust that."}, []string{"ffmpeg", "looking"}},
		"uneven":           {nvr.Sight{By: nvr.ByScore, Trust: nvr.Uneven, Decodes: true}, []string{"Some motion may be wrong."}, []string{"you can trust"}},
		"noisy, alone":     {nvr.Sight{By: nvr.ByScore, Trust: nvr.Noisy}, []string{"motion may be missed", "need the program ffmpeg"}, []string{"You can trust"}},
		"noisy, looked at": {nvr.Sight{By: nvr.ByPictures, Trust: nvr.Noisy, Decodes: true}, []string{"By looking at one or two small pictures", "tells nothing here"}, []string{"ffmpeg", "missed"}},
		"in zones":         {nvr.Sight{By: nvr.ByPictures, Trust: nvr.Trusted, Zones: nvr.Inside, Decodes: true}, []string{"What moves outside of your zones, or in a mask, does not count."}, []string{"ffmpeg", "hold yet"}},
		"left out":         {nvr.Sight{By: nvr.ByPictures, Zones: nvr.Inside, Decodes: true, LeftOut: 3, LeftOutLast: nvr.Now()}, []string{"reported 3 things that your zones left out. The last was at", "Look at that"}, []string{"ffmpeg"}},
		"one left out":     {nvr.Sight{By: nvr.ByPictures, Zones: nvr.Inside, Decodes: true, LeftOut: 1, LeftOutLast: nvr.Now()}, []string{"reported one thing that your zones left out, at"}, []string{"The last was"}},
		"in zones, soon":   {nvr.Sight{By: nvr.ByScore, Trust: nvr.Trusted, Zones: nvr.Whole, Decodes: true}, []string{"do not hold yet"}, []string{"ffmpeg", "does not count"}},
		"without ffmpeg":   {nvr.Sight{By: nvr.ByScore, Trust: nvr.Trusted, Zones: nvr.Whole}, []string{"do not hold: they need the program ffmpeg", "so that nothing is lost"}, []string{"hold yet", "does not count"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := &household{cameras: []nvr.Camera{camera(1, "Drive")}}
			h.cameras[0].Motion = c.sight
			checks := append(everyPage, says(c.says...))
			for _, word := range c.lacks {
				checks = append(checks, lacks(word))
			}
			run(t, get(serve(t, h), "/cameras/1/motion").Body.String(), checks...)
		})
	}
}

// types is that the form has this text to go on with.
func types(text string) check {
	return func(root *html.Node) []string {
		got := ""
		for _, n := range elements(root, "textarea") {
			got += content(n)
		}
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(text), " ") {
			return []string{fmt.Sprintf("the form has %q", got)}
		}
		return nil
	}
}
