package share

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

const (
	maxLength  = 30 * time.Second // of a clip
	maxRegions = 16
	local      = "2006-01-02T15:04:05.000" // how browsers write a time without a zone
)

// input is what was chosen, as forms and addresses carry it.
type input struct {
	from, to string // of forms: in the zone of the page
	photo    bool
	sound    bool
	regions  []string
	street   string
	answer   string // id of the request that is answered with it; empty for what goes to all neighbors
	own      bool   // it is for this home's own use, and goes to nobody
}

// answerOf returns the id of a request that somebody typed, or nothing.
func answerOf(s string) string {
	if _, err := street.ParseID(s); err != nil {
		return ""
	}
	return s
}

// next is the page of a neighborhood on which what was made is looked at and sent.
func (in input) next() string {
	if in.answer != "" {
		return "/requests/" + in.answer + "/answer"
	}
	return "/new"
}

func (in input) title(t text.StreetShare) string {
	switch {
	case in.own:
		return t.Blur
	case in.answer != "":
		return t.Answer
	}
	return t.Title
}

// address is the page on which it is chosen.
func (in input) address(c nvr.CameraID) string {
	if in.own {
		return "/cameras/" + c.String() + "/blur"
	}
	return "/cameras/" + c.String() + "/share"
}

// tab is the part of the pages that it belongs to.
func (in input) tab() string {
	if in.own {
		return ""
	}
	return "street"
}

// asked returns what an address asks for.
func (p Page) asked(r *http.Request) (in input, err error) {
	now, err := p.Now(r)
	if err != nil {
		return in, err
	}
	q := r.URL.Query()
	span, err := spanOf(q, now)
	if err != nil {
		return in, err
	}
	in = readInput(q)
	in.from, in.to = span.From.Std().In(now.Location()).Format(local), span.To.Std().In(now.Location()).Format(local)
	return in, nil
}

// spanOf returns the span that an address asks for: absolute, as scripts write it,
// or as the camera's form does without them. Without one it is what just was.
func spanOf(v url.Values, now time.Time) (s nvr.Span, err error) {
	parse := func(name string) nvr.Time {
		if at := v.Get(name); at != "" && err == nil {
			var t nvr.Time
			t, err = nvr.ParseTime(at)
			return t
		}
		if at := v.Get("clip_" + name); at != "" && err == nil {
			var t nvr.Time
			t, err = component.ParseLocal(at, now.Location())
			return t
		}
		return 0
	}
	s.From, s.To = parse("from"), parse("to")
	if s.From == 0 {
		s.To = nvr.TimeOf(now.Add(-5 * time.Second).Truncate(time.Second))
		s.From = s.To.Add(-15 * time.Second)
	}
	if s.Empty() || s.Duration() > maxLength {
		s.To = s.From.Add(maxLength)
	}
	return s, err
}

func readInput(v url.Values) input {
	return input{from: v.Get("from"), to: v.Get("to"), photo: v.Get("kind") == "photo", sound: v.Get("sound") != "", regions: v["region"], street: v.Get("street"), answer: answerOf(v.Get("answer"))}
}

// cut returns what was chosen, and what is wrong with it.
func (in input) cut(camera nvr.CameraID, zone *time.Location, lacks bool, t text.StreetShare) (c Cut, wrong street.Faults) {
	wrong = street.Faults{}
	c = Cut{Camera: camera, Photo: in.photo, Sound: in.sound && !in.photo}
	var err error
	if c.Span.From, err = component.ParseLocal(in.from, zone); err != nil {
		wrong["from"] = t.BadTime
	}
	if c.Photo {
		c.Span.To = c.Span.From.Add(time.Second)
	} else if c.Span.To, err = component.ParseLocal(in.to, zone); err != nil {
		wrong["to"] = t.BadTime
	} else if wrong["from"] == "" {
		switch {
		case c.Span.Empty():
			wrong["to"] = t.Order
		case c.Span.Duration() > maxLength:
			wrong["to"] = t.Long
		}
	}
	if len(in.regions) > maxRegions {
		wrong[""] = t.Many
		return c, wrong
	}
	for _, s := range in.regions {
		r, err := parseRegion(s)
		if err != nil {
			wrong[""] = t.BadRegion
			return c, wrong
		}
		c.Regions = append(c.Regions, r)
	}
	if lacks && (c.Photo || len(c.Regions) > 0) {
		wrong[""] = t.NoTool
	}
	return c, wrong
}

// parseRegion reads "in" or "out" and one or two places, each a time in ms after
// the beginning and left, top, width and height in thousandths of the picture.
func parseRegion(s string) (r Region, err error) {
	f := strings.Fields(s)
	bad := fmt.Errorf("region: %w", nvr.ErrInvalid)
	if len(f) != 6 && len(f) != 11 || f[0] != "in" && f[0] != "out" {
		return r, bad
	}
	r.Outside = f[0] == "out"
	if r.From, err = parsePlace(f[1:6]); err != nil {
		return r, bad
	}
	r.To = r.From
	if len(f) == 11 {
		if r.To, err = parsePlace(f[6:]); err != nil {
			return r, bad
		}
		if r.To.At < r.From.At {
			r.From, r.To = r.To, r.From
		}
		if r.To.At == r.From.At && r.To != r.From {
			return r, bad
		}
	}
	return r, nil
}

func parsePlace(f []string) (p Place, err error) {
	var n [5]float64
	for i, s := range f {
		v, err := strconv.ParseUint(s, 10, 17)
		if err != nil {
			return p, err
		}
		n[i] = float64(v) / 1000
	}
	p = Place{time.Duration(n[0] * float64(time.Second)), n[1], n[2], n[3], n[4]}
	if p.At > maxLength || p.W == 0 || p.H == 0 || p.X+p.W > 1.0001 || p.Y+p.H > 1.0001 {
		return p, nvr.ErrInvalid
	}
	return p, nil
}
