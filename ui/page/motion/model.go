package motion

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

type model struct {
	frame         layout.Frame
	name          string
	action        string // address of the page
	back          string // address of the camera
	found         []string
	lacks         string // what can't be done here, and why; empty if all can
	left          string // what zones left out, with a {time}; empty for nothing
	leftAt        component.Instant
	leftHref      string // address of that moment
	saved         bool
	problem       string
	picture       string // address of the newest picture; empty if there is none
	label         string // of it
	width, height string // of it
	zones, masks  []string
	names         []string // of those
	field         component.Area
}

func newModel(f layout.Frame, c nvr.Camera, in input) model {
	t := f.T.Motion
	m := model{frame: f, name: component.CameraName(c, f.T), action: address(c.ID), back: "/cameras/" + c.ID.String(), width: "16", height: "9"}
	m.found, m.lacks = found(c.Motion, t)
	m.label = text.Fill(t.Picture, "name", m.name)
	m.field = component.Area{ID: "zones", Name: "zones", Label: t.Text, Hint: t.TextHint, Value: in.text, Rows: "5", MaxLength: "8000"}
	if in.wrong != nil {
		m.problem = text.Fill(t.Refused, "detail", strings.TrimSuffix(in.wrong.Error(), ": "+nvr.ErrInvalid.Error()))
	}
	named := func(word string, n int) {
		m.names = append(m.names, text.Fill(f.T.Script[word], "n", strconv.Itoa(n+1)))
	}
	for n, p := range in.zones.Zones {
		m.zones = append(m.zones, p.String())
		named("zone", n)
	}
	for n, p := range in.zones.Masks {
		m.masks = append(m.masks, p.String())
		named("mask", n)
	}
	return m
}

// leave tells of what the camera reported that zones left out.
func (m *model) leave(s nvr.Sight, t text.Motion, now time.Time) {
	if s.LeftOut == 0 {
		return
	}
	m.left, m.leftAt = t.LeftOut.N(s.LeftOut), component.Recent(s.LeftOutLast, now, m.frame.T.Calendar)
	m.leftHref = m.back + "?at=" + url.QueryEscape(s.LeftOutLast.Add(-before).String())
}

// before is how much of what was left out is shown from before it.
const before = 5 * time.Second

// found says how motion is found and how far that can be trusted, and what can't be
// done without ffmpeg.
func found(s nvr.Sight, t text.Motion) (said []string, lacks string) {
	switch s.By {
	case nvr.ByPictures:
		said = append(said, t.Pictures[s.Trust])
	case nvr.ByScore:
		said = append(said, t.Score[s.Trust])
	default:
		said = append(said, t.Unknown)
	}
	switch {
	case s.Zones == nvr.Inside:
		said = append(said, t.Inside)
	case s.Zones == nvr.Whole && s.Decodes:
		said = append(said, t.Whole)
	}
	switch {
	case s.Decodes:
	case s.Zones == nvr.Whole:
		lacks = t.LacksHeld
	default:
		lacks = t.Lacks
	}
	return said, lacks
}

// pictured returns the streams of a camera that may have a picture, the one that is
// looked at for motion first.
func pictured(c nvr.Camera) (all []nvr.Stream) {
	for _, quality := range []nvr.Quality{nvr.Sub, nvr.Main} {
		for _, s := range c.Streams {
			if s.Quality == quality {
				all = append(all, s)
			}
		}
	}
	return all
}

// show shows the newest picture of a stream, that was taken at a time.
func (m *model) show(c nvr.CameraID, s nvr.Stream, taken nvr.Time) {
	m.picture = component.Newest(nvr.StreamID{Camera: c, Quality: s.Quality}, taken)
	if s.Video.Width > 0 && s.Video.Height > 0 {
		m.width, m.height = strconv.Itoa(s.Video.Width), strconv.Itoa(s.Video.Height)
	}
}
