package together

import (
	"slices"
	"strconv"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
)

type model struct {
	frame    layout.Frame
	at       component.Instant
	when     string // the same as an input has it
	zoom     string
	zooms    []component.Zoom
	day      string
	back, on string // addresses of a little before, and after; on is empty at the end
	tiles    []tile
	columns  string // how many stand side by side on a desk
	rows     string // and one above the other
	choices  []choice
	chosen   []string // the cameras that the address names
}

// tile is one camera's part of the moment.
type tile struct {
	id      nvr.CameraID
	name    string
	href    string // of the camera's own page at that moment
	label   string
	picture string // address; empty if nothing was recorded then
	lack    string // why there is none
	data    string // what the script needs to know, as JSON
}

type data struct {
	ID      nvr.CameraID `json:"id"`
	Name    string       `json:"name"`
	Streams []stream     `json:"streams"`
}

type stream struct {
	Stream string `json:"stream"`
	Codec  string `json:"codec"`
	MIME   string `json:"mime"`
}

// choice is a camera that can be shown.
type choice struct {
	id, name string
	on       bool
}

func newModel(f layout.Frame, q query, all, shown []nvr.Camera, now time.Time) model {
	zone := now.Location()
	m := model{
		frame: f, at: component.Moment(q.at, zone, f.T.Calendar), when: component.Local(q.at, zone),
		zoom: q.zoom, zooms: component.Zooms(q.zoom), day: component.Date(q.at, zone, f.T.Calendar).Human, back: q.address(q.at.Add(-skip)),
	}
	if on := q.at.Add(skip); on <= nvr.TimeOf(now).Add(-edge) {
		m.on = q.address(on)
	}
	for _, c := range all {
		on := slices.ContainsFunc(shown, func(s nvr.Camera) bool { return s.ID == c.ID })
		m.choices = append(m.choices, choice{c.ID.String(), component.CameraName(c, f.T), on})
	}
	for _, id := range q.cameras {
		m.chosen = append(m.chosen, id.String())
	}
	m.columns, m.rows = grid(len(shown))
	return m
}

// grid is how n pictures stand so that they are nearly a square, a wide one.
func grid(n int) (columns, rows string) {
	c := 1
	for c*c < n {
		c++
	}
	return strconv.Itoa(c), strconv.Itoa((n + c - 1) / c)
}
