package camera

import (
	"fmt"
	"net/url"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/component"
)

// query is what an address of the page asks for. Addresses carry absolute
// instants; what a form sends in the zone of the page is turned into one first.
type query struct {
	at     nvr.Time // zero: now
	clip   nvr.Span // empty: none
	silent bool     // the clip has no sound
	zoom   string
	stream nvr.Quality
	ring   nvr.Time // the press that a message told of; zero if none
}

const (
	longestClip = 31 * 24 * time.Hour // as in docs/ref/api.md
	plainClip   = time.Hour           // longest for a progressive MP4
)

func parseQuery(v url.Values) (q query, err error) {
	if q.stream, err = nvr.ParseQuality(v.Get("stream")); err != nil {
		return q, err
	}
	q.zoom = component.ChosenZoom(v.Get("zoom"))
	if s := v.Get("at"); s != "" {
		if q.at, err = nvr.ParseTime(s); err != nil {
			return q, err
		}
	}
	if s := v.Get("ring"); s != "" {
		if q.ring, err = nvr.ParseTime(s); err != nil {
			return q, err
		}
	}
	q.silent = v.Get("form") == "silent"
	if v.Get("from") == "" && v.Get("to") == "" {
		return q, nil
	}
	if q.clip.From, err = nvr.ParseTime(v.Get("from")); err != nil {
		return q, err
	}
	if q.clip.To, err = nvr.ParseTime(v.Get("to")); err != nil {
		return q, err
	}
	return q, nil
}

// absolute turns the values of the page's forms, which are in the zone of
// the page, into the address that means the same everywhere. It reports false if
// there are none.
func absolute(path string, v url.Values, zone *time.Location) (string, bool, error) {
	if day := v.Get("day"); day != "" {
		t, err := time.ParseInLocation("2006-01-02", day, zone)
		if err != nil {
			return "", false, fmt.Errorf("day %q: %w", day, nvr.ErrInvalid)
		}
		return path + "?" + url.Values{"at": {nvr.TimeOf(t).String()}}.Encode(), true, nil
	}
	if v.Get("clip_from") == "" && v.Get("clip_to") == "" {
		return "", false, nil
	}
	from, err := component.ParseLocal(v.Get("clip_from"), zone)
	if err != nil {
		return "", false, err
	}
	to, err := component.ParseLocal(v.Get("clip_to"), zone)
	if err != nil {
		return "", false, err
	}
	out := url.Values{"from": {from.String()}, "to": {to.String()}}
	if v.Get("clip_silent") != "" {
		out.Set("form", "silent")
	}
	return path + "?" + out.Encode(), true, nil
}
