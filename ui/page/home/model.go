package home

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/events"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

type model struct {
	frame    layout.Frame
	greeting string
	summary  string
	modes    []mode             // but for all cameras off, which has spans
	spans    []span             // for how long all cameras can be turned off
	off      *off               // nil unless they are
	until    *component.Instant // when another mode that was chosen ends; nil if it does not
	missed   []miss
	notices  []notice
	troubles []trouble
	tiles    []tile
	happened []events.Moment
	removed  []removal
	street   []street.Digest
}

// mode is one of the modes of the house, to be chosen.
type mode struct {
	value nvr.HouseMode
	icon  string
	name  string
	now   bool // it holds
}

// miss is somebody who rang at a camera, maybe several times, and whom nobody
// answered.
type miss struct {
	name, href, action string
	times              int
	at                 component.Instant // the newest
	value              string            // of that
	kept               string            // whether they can be heard; empty while the visit goes on
}

// kept says whether a visitor of a camera can be heard: it goes by what the camera
// sends now.
func kept(c nvr.Camera, t *text.Catalogue) string {
	sound := func(s nvr.Stream) bool { return s.Audio.Codec != "" }
	switch {
	case c.Mode == nvr.KeepNone || c.Mode == nvr.Privacy || len(c.Streams) == 0:
		return ""
	case slices.ContainsFunc(c.Streams, sound):
		return t.Ring.Kept
	}
	return t.Ring.Silent
}

// misses lists those who rang, by camera, the newest first.
func misses(presses []nvr.Press, cameras []nvr.Camera, now time.Time, t *text.Catalogue) (all []miss) {
	for _, c := range cameras {
		var m miss
		for _, p := range presses { // the newest comes first
			if p.Camera != c.ID {
				continue
			}
			if m.times++; m.times == 1 {
				id := c.ID.String()
				m.name, m.href, m.action = c.Name, "/cameras/"+id+"?at="+url.QueryEscape(p.At.Add(-beforeRing).String()), "/cameras/"+id+"/ring"
				if visit := p.Visit(); visit.To <= nvr.TimeOf(now) {
					m.href, m.kept = events.Film(c.ID, visit), kept(c, t)
				}
				m.at, m.value = component.Recent(p.At, now, t.Calendar), p.At.String()
			}
		}
		if m.times > 0 {
			all = append(all, m)
		}
	}
	slices.SortStableFunc(all, func(a, b miss) int { return strings.Compare(b.value, a.value) })
	return all
}

// beforeRing is how long before a press its film begins: who rings comes up first.
const beforeRing = 5 * time.Second

// removal is a camera that was removed and still has footage.
type removal struct {
	name, href string
	until      component.Instant
}

// notice is what the owner should know of the storage, and what to do.
type notice struct{ what, meanwhile, advice string }

// trouble is one camera that needs a look, and what to do.
type trouble struct {
	name, href, part string
	state            component.State
}

type tile struct {
	id      string
	name    string
	href    string
	label   string
	stream  nvr.StreamID
	picture string             // address of the newest picture whenever it is asked for; empty if there is none yet
	first   string             // address of the one that comes with the page
	taken   *component.Instant // when that was taken
	live    string             // address of the camera in the API, for the script; empty while it is not live
	mime    string             // of the live stream; empty if not known
	large   *string            // that of the main stream; nil while that is not live
	wide    int                // pixels of the live stream; 0 if not known
	off     bool               // for privacy
	state   component.State
	part    string
}

func newModel(f layout.Frame, cameras []nvr.Camera, house appliance.Home, notices []nvr.Notice, now time.Time) model {
	t := f.T
	m := model{frame: f, greeting: greeting(t, now), summary: t.Home.AllWell}
	m.choose(house, now)
	if slices.ContainsFunc(cameras, func(c nvr.Camera) bool { return c.Mode != "" && c.Mode != nvr.KeepAll }) {
		m.summary = t.Home.AllSet
	}
	for _, c := range doorsFirst(cameras, t.Home.DoorWords) {
		tl := newTile(c, t, now.Location())
		m.tiles = append(m.tiles, tl)
		if tl.state.Tone == "bad" {
			m.troubles = append(m.troubles, trouble{c.Name, tl.href, "trouble-" + tl.id, tl.state})
		}
	}
	for _, n := range notices {
		m.notices = append(m.notices, newNotice(n, cameras, t))
	}
	switch {
	case house.Mode == nvr.HousePrivacy:
		m.summary = t.Home.Private
	case len(m.troubles) > 0:
		m.summary = t.Home.Troubles.N(len(m.troubles))
	case len(m.notices) > 0:
		m.summary = t.Home.Notices
	}
	return m
}

// choose lists the modes of the house and how long all cameras can be off, and says
// until when what holds does.
func (m *model) choose(house appliance.Home, now time.Time) {
	for _, x := range []struct {
		mode nvr.HouseMode
		icon string
	}{{nvr.AtHome, "home"}, {nvr.Away, "key"}, {nvr.AtNight, "night"}} {
		m.modes = append(m.modes, mode{x.mode, x.icon, m.frame.T.Home.Modes[x.mode], x.mode == house.Mode})
	}
	m.spans, m.off = spans(house, now, m.frame.T), newOff(house, now, m.frame.T)
	if house.Until != 0 && m.off == nil {
		m.until = new(component.Soon(house.Until, now, m.frame.T.Calendar))
	}
}

func newNotice(n nvr.Notice, cameras []nvr.Camera, t *text.Catalogue) notice {
	switch n.Kind {
	case nvr.ClockDoubted:
		return notice{what: t.Home.Clock, advice: t.Home.ClockWhat}
	case nvr.CameraFloods:
		name := text.Fill(t.Home.Nameless, "n", n.Camera.String())
		if i := slices.IndexFunc(cameras, func(c nvr.Camera) bool { return c.ID == n.Camera }); i >= 0 {
			name = cameras[i].Name
		}
		return notice{what: text.Fill(t.Home.Flood, "name", name), advice: t.Home.FloodWhat}
	}
	meanwhile := t.Home.Nowhere
	if n.Instead != "" {
		meanwhile = text.Fill(t.Home.Instead, "path", n.Instead)
	}
	return notice{text.Fill(t.Home.Place[n.Reason], "path", n.Path), meanwhile, t.Advice[n.Reason]}
}

func newTile(c nvr.Camera, t *text.Catalogue, zone *time.Location) tile {
	id := c.ID.String()
	s := small(c)
	tl := tile{
		id: id, name: c.Name, href: "/cameras/" + id,
		label:   text.Fill(t.Home.Open, "name", c.Name),
		stream:  nvr.StreamID{Camera: c.ID, Quality: s.Quality},
		picture: component.Picture(nvr.StreamID{Camera: c.ID, Quality: s.Quality}, 0),
		mime:    s.MIME,
		wide:    s.Video.Width,
		state:   component.StateOf(c, t, zone),
		part:    "state-" + id,
		off:     c.Mode == nvr.Privacy || c.Phase == nvr.Off,
	}
	if s.Phase == nvr.Live {
		tl.live = "/api/v1/cameras/" + id
	}
	for _, s := range c.Streams {
		if s.Quality == nvr.Main && s.Phase == nvr.Live {
			tl.large = &s.MIME
		}
	}
	return tl
}

// date says which picture the tile shows at first, by when it was taken; zero takes
// the picture away.
func (tl *tile) date(taken nvr.Time, now time.Time, t *text.Catalogue) {
	if taken == 0 {
		tl.picture = ""
		return
	}
	when := component.Recent(taken, now, t.Calendar)
	tl.taken, tl.first = &when, component.Newest(tl.stream, taken)
}

func removals(cameras []nvr.Camera, t *text.Catalogue, zone *time.Location) []removal {
	var all []removal
	for _, c := range cameras {
		all = append(all, removal{component.CameraName(c, t), "/cameras/" + c.ID.String(), component.Moment(c.Newest.To, zone, t.Calendar)})
	}
	return all
}

// small is the stream for a tile: the sub stream where there is one.
func small(c nvr.Camera) nvr.Stream {
	var best nvr.Stream
	for _, s := range c.Streams {
		if s.Quality == nvr.Sub && s.Phase == nvr.Live {
			return s
		}
		if s.Quality == nvr.Main {
			best = s
		}
	}
	return best
}

// doorsFirst keeps the order of the cameras, except that those come first
// whose name says that they watch a door.
func doorsFirst(cameras []nvr.Camera, words []string) []nvr.Camera {
	rank := func(c nvr.Camera) int {
		name := strings.ToLower(c.Name)
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) }) {
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(cameras), func(a, b nvr.Camera) int {
		return cmp.Compare(rank(a), rank(b))
	})
}

func greeting(t *text.Catalogue, now time.Time) string {
	switch h := now.Hour(); {
	case h < 5:
		return t.Home.Night
	case h < 12:
		return t.Home.Morning
	case h < 18:
		return t.Home.Afternoon
	case h < 23:
		return t.Home.Evening
	}
	return t.Home.Night
}
