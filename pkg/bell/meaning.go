package bell

import (
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// meanings turns signals into rings and events, by what the owner taught.
type meanings struct {
	press   func(camera nvr.CameraID, source string, at nvr.Time) nvr.Press
	publish func(nvr.Event)
	log     *slog.Logger

	mu      sync.Mutex
	bound   map[place]string // the kind of event that a signal is
	cameras map[nvr.CameraID]*heard
}

// heard is what the devices of one camera told: none crowds out another's.
type heard struct {
	begun  map[occurrence]*span // what goes on, or went on last
	recent []Heard              // what means nothing, the newest first
	full   bool                 // it was said that there are too many places
}

// span is what goes on at a place.
type span struct {
	from nvr.Time
	end  nvr.Time // the last that was told; zero for none
	over bool
}

// place is where a signal comes from.
type place struct {
	camera nvr.CameraID
	source string
}

// occurrence is what may go on at a place.
type occurrence struct {
	place
	kind string
}

// Heard is a signal that means nothing yet.
type Heard struct {
	Camera nvr.CameraID
	Source string
	At     nvr.Time
}

const (
	// anew is how soon the same thing may begin once more, or end: what is told more
	// often is told by something broken, which must not fill the catalog.
	anew = time.Second
	// longest bounds what goes on, for devices that never tell its end.
	longest = time.Hour
	// remembered is how many places of a camera that mean nothing are remembered: more
	// than there are contacts at a device.
	remembered = 16
	// maxPlaces bounds where something goes on at one camera: sixteen channels have
	// some kinds each. Beyond, what begins is left out, and the log says so once.
	maxPlaces = 128
)

// bind takes over what the owner taught.
func (m *meanings) bind(all []household.Binding) {
	bound := map[place]string{}
	for _, b := range all {
		bound[place{b.Camera, b.Source}] = b.Kind
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bound = bound
	for _, c := range m.cameras {
		c.recent = slices.DeleteFunc(c.recent, func(h Heard) bool { return bound[place{h.Camera, h.Source}] != "" })
	}
}

// of returns what a camera's devices told. m.mu is held.
func (m *meanings) of(camera nvr.CameraID) *heard {
	c := m.cameras[camera]
	if c == nil {
		c = &heard{begun: map[occurrence]*span{}}
		if m.cameras == nil {
			m.cameras = map[nvr.CameraID]*heard{}
		}
		m.cameras[camera] = c
	}
	return c
}

// seen are the kinds of what a camera sees somewhere in its picture. A package is not
// among them: it lies still when it is told of.
var seen = []string{nvr.MotionEvent, nvr.PersonEvent, nvr.AnimalEvent, nvr.VehicleEvent}

// watches tells whether what a bell of a kind tells comes from the camera itself;
// others pass on what any sensor says.
func watches(k household.BellKind) bool {
	return !slices.Contains([]household.BellKind{household.WebhookBell, household.MQTTBell, household.SIPBell}, k)
}

// take takes a signal of a camera's device.
func (m *meanings) take(camera nvr.CameraID, s nvr.Signal) { m.hear(camera, s, m.publish) }

// hear is take with another way to publish what a camera sees. What the owner taught is
// the owner's word, and no camera's.
func (m *meanings) hear(camera nvr.CameraID, s nvr.Signal, report func(nvr.Event)) {
	at := place{camera, s.Source}
	m.mu.Lock()
	kind := s.Kind
	if taught := m.bound[at]; taught != "" {
		kind, report = taught, m.publish
	} else if !slices.Contains(seen, kind) {
		report = m.publish
	}
	switch kind {
	case nvr.InputSignal:
		if s.On {
			m.note(Heard{camera, s.Source, s.At})
		}
		m.mu.Unlock()
	case nvr.RingEvent:
		m.mu.Unlock()
		if s.On {
			m.press(camera, s.Source, s.At)
		}
	default:
		e, ok := m.event(occurrence{at, kind}, s)
		m.mu.Unlock()
		if ok {
			report(e)
		}
	}
}

// event returns the event that begins or ends with s, if one does. m.mu is held.
func (m *meanings) event(o occurrence, s nvr.Signal) (e nvr.Event, ok bool) {
	c := m.of(o.camera)
	if s.On {
		ok = m.begin(c, o, s.At)
	} else {
		ok = c.end(o, s.At)
	}
	if !ok {
		return e, false
	}
	from := c.begun[o].from
	return nvr.Event{
		Stream: nvr.StreamID{Camera: o.camera}, Kind: o.kind, Detail: o.source,
		Span: nvr.Span{From: from, To: min(s.At, from.Add(longest))},
	}, true
}

// begin tells whether something begins that did not begin a moment ago. m.mu is held.
func (m *meanings) begin(c *heard, o occurrence, at nvr.Time) bool {
	last := c.begun[o]
	if last != nil && at < last.from.Add(anew) && at > last.from.Add(-time.Minute) { // else this clock was set back
		last.over = false // it goes on
		return false
	}
	if last == nil && !c.room(at) {
		if !c.full {
			c.full = true
			m.log.Warn("a device tells of too many places at once; what begins at others is left out", "camera", o.camera, "most", maxPlaces)
		}
		return false
	}
	c.begun[o] = &span{from: at}
	return true
}

// end tells whether something ends that went on, and did not end a moment ago.
func (c *heard) end(o occurrence, at nvr.Time) bool {
	last := c.begun[o]
	if last == nil || last.over || at < last.from {
		return false
	}
	last.over = true
	if last.end != 0 && at < last.end.Add(anew) {
		return false
	}
	last.end = at
	return true
}

// room makes room for one more place, where that needs no more to be remembered.
func (c *heard) room(now nvr.Time) bool {
	if len(c.begun) >= maxPlaces {
		maps.DeleteFunc(c.begun, func(_ occurrence, s *span) bool {
			return now >= s.from.Add(longest) || s.over && now >= max(s.from, s.end).Add(anew)
		})
	}
	return len(c.begun) < maxPlaces
}

// note remembers a place that means nothing. m.mu is held.
func (m *meanings) note(h Heard) {
	c := m.of(h.Camera)
	c.recent = slices.DeleteFunc(c.recent, func(old Heard) bool { return old.Source == h.Source })
	c.recent = slices.Insert(c.recent, 0, h)
	c.recent = c.recent[:min(len(c.recent), remembered)]
}

func (m *meanings) unbound(camera nvr.CameraID) []Heard {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.cameras[camera]; c != nil {
		return slices.Clone(c.recent)
	}
	return nil
}
