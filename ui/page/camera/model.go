package camera

import (
	"net/url"
	"strconv"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

type model struct {
	frame   layout.Frame
	name    string
	others  []other // and this one; none if there is nowhere to go
	label   string  // of the picture
	state   component.State
	removed bool // there is only footage of it
	lacks   []string
	picture string // address of what the picture shows without script; empty if nothing
	old     bool   // the picture is the newest one, where that of now belongs
	lack    string // why there is no picture of the moment that was asked for
	clip    bool   // it is a chosen clip, so it needs controls
	chapter string // address of the clip's chapters
	stamp   *component.Instant
	form    clipForm
	day     day
	script  data
	data    string   // the same as JSON
	action  string   // address of the page itself
	reach   string   // address of the page that says how it is reached
	bells   bool     // there are pages of how cameras hear presses
	live    string   // address of the live picture; empty if it is shown
	talk    string   // the camera's number, if who asks may talk there
	opens   bool     // and may open its door
	ring    *ringing // nil unless somebody rings, or did a moment ago

	together string // address of all cameras at once, to which the moment is to be added; empty if this is the only one
}

type clipForm struct {
	open, silent     bool
	from, to         string // values of inputs, in the zone of the page
	fromAt, toAt     string // the same as instants, for the script
	problem          string
	download, length string
	share            string // where it is shared with neighbors; empty if it can't be
	blur             string // where parts of it are blurred; likewise
}

// data is what the script needs to know; times and names are as in docs/ref/api.md.
type data struct {
	ID      nvr.CameraID `json:"id"`
	Name    string       `json:"name"`
	At      *nvr.Time    `json:"at,omitempty"`
	Mode    nvr.Mode     `json:"mode"`
	Removed bool         `json:"removed,omitempty"`
	Zoom    string       `json:"zoom"`
	Came    *nvr.Time    `json:"came,omitempty"` // where the film of somebody who rang begins
	Over    bool         `json:"over,omitempty"` // they ring no more
	Streams []stream     `json:"streams"`
}

// other is a camera that one goes to from the page of another.
type other struct {
	id         nvr.CameraID
	href, name string
	here       bool
}

type stream struct {
	Stream string `json:"stream"`
	Codec  string `json:"codec"`
	MIME   string `json:"mime"`
	Height int    `json:"height"`
	Live   bool   `json:"live"`
}

func (p Page) model(f layout.Frame, c nvr.Camera, q query, now time.Time) model {
	zone, t := now.Location(), f.T
	m := model{frame: f, name: c.Name, action: "/cameras/" + c.ID.String()}
	m.label = text.Fill(t.Camera.Picture, "name", c.Name)
	m.state = component.StateOf(c, t, zone)
	m.reach = m.action + "/edit"
	m.bells = p.Bells
	m.removed = c.Phase == nvr.Gone
	d := data{ID: c.ID, Name: c.Name, Mode: c.Mode, Removed: m.removed, Zoom: q.zoom, Streams: []stream{}}
	for _, s := range c.Streams {
		m.lacks = append(m.lacks, s.Missing...)
		d.Streams = append(d.Streams, stream{s.Quality.String(), component.CodecName(s.Video.Codec), s.MIME, s.Video.Height, s.Phase == nvr.Live})
	}
	if at := q.moment(); at == 0 && !m.removed && c.Mode != nvr.Privacy {
		m.frame.Ahead = p.ahead(c)
	}
	id := nvr.StreamID{Camera: c.ID, Quality: q.stream}
	if at := q.moment(); at != 0 {
		m.picture = component.Picture(id, at)
		d.At = &at
		if !m.removed {
			m.live = m.action
		}
		stamp := component.Moment(at, zone, t.Calendar)
		m.stamp = &stamp
	}
	m.form = p.form(f, id, q, nvr.TimeOf(now), zone)
	if m.form.download != "" {
		m.picture, m.clip = m.form.download, true
		m.chapter = m.action + "/chapters.vtt?" + url.Values{"from": {q.clip.From.String()}, "to": {q.clip.To.String()}, "stream": {q.stream.String()}}.Encode()
	}
	m.script = d
	return m
}

// ahead is the picture that the page will ask for first, unless its browser cannot
// have it by WebRTC: that of the large stream.
func (p Page) ahead(c nvr.Camera) layout.Ahead {
	for _, s := range c.Streams {
		if s.Quality == nvr.Main && s.Phase == nvr.Live {
			return layout.Ahead{Script: p.Frames.Assets.URL("ahead.js"), Address: "/api/v1/cameras/" + c.ID.String(), Stream: s.Quality.String(), MIME: s.MIME}
		}
	}
	return layout.Ahead{}
}

// late shows and dates the newest picture, which stands where that of now belongs;
// zero says that there is none.
func (m *model) late(stream nvr.StreamID, newest nvr.Time, now time.Time, t *text.Catalogue) {
	if newest == 0 {
		return
	}
	m.picture = component.Newest(stream, newest)
	stamp := component.Moment(newest, now.Location(), t.Calendar)
	m.stamp, m.old = &stamp, true
}

// moment is the instant the address points to, or zero for now.
func (q query) moment() nvr.Time {
	if !q.clip.Empty() {
		return q.clip.From
	}
	return q.at
}

// at is the address of all cameras at the moment that is shown; of now that is the wall.
func (m model) at() string {
	if m.script.At == nil {
		return "/wall"
	}
	return m.together + "&at=" + url.QueryEscape(m.script.At.String())
}

// form offers the chosen clip, or the minute around the moment shown.
func (p Page) form(f layout.Frame, id nvr.StreamID, q query, now nvr.Time, zone *time.Location) clipForm {
	span := q.clip
	chosen := span != nvr.Span{}
	if !chosen {
		end := now
		if q.at != 0 {
			end = min(now, q.at.Add(time.Minute))
		}
		span = nvr.Span{From: end.Add(-time.Minute), To: end}
	}
	c := clipForm{
		open: chosen, silent: q.silent, from: component.Local(span.From, zone), to: component.Local(span.To, zone),
		fromAt: span.From.String(), toAt: span.To.String(),
	}
	switch {
	case !chosen:
	case span.Empty():
		c.problem = f.T.Camera.ClipOrder
	case span.Duration() > longestClip:
		c.problem = f.T.Camera.ClipLong
	default:
		c.download, c.length = exportURL(id, span, q.silent), f.T.Calendar.Length(span.Duration())
	}
	return c
}

// exportURL is where a span is downloaded; one that is too long to be silent has its sound.
func exportURL(id nvr.StreamID, s nvr.Span, silent bool) string {
	v := url.Values{"stream": {id.Quality.String()}, "from": {s.From.String()}, "to": {s.To.String()}}
	if s.Duration() <= plainClip {
		v.Set("form", "progressive")
		if silent {
			v.Set("form", "silent")
		}
	}
	return api(id.Camera, "export.mp4", v)
}

func clipURL(id nvr.StreamID, s nvr.Span) string {
	v := url.Values{"from": {s.From.String()}, "to": {s.To.String()}}
	return "/cameras/" + id.Camera.String() + "?" + v.Encode()
}

func api(c nvr.CameraID, file string, v url.Values) string {
	return "/api/v1/cameras/" + strconv.FormatInt(int64(c), 10) + "/" + file + "?" + v.Encode()
}
