package bell

import (
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

	mu     sync.Mutex
	bound  map[place]string        // the kind of event that a signal is
	begun  map[occurrence]nvr.Time // when what goes on began; or what went on last
	recent []Heard                 // what means nothing, the newest first
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
	// anew is how soon the same thing may begin once more: what is told more often is
	// told by something broken, which must not fill the catalog.
	anew = time.Second
	// longest bounds what goes on, for devices that never tell its end.
	longest = time.Hour
	// remembered is how many places that mean nothing are remembered: more than there
	// are contacts at a device.
	remembered = 16
	// maxPlaces bounds what is remembered of what began; beyond, all is forgotten.
	maxPlaces = 1024
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
	m.recent = slices.DeleteFunc(m.recent, func(h Heard) bool { return bound[place{h.Camera, h.Source}] != "" })
}

// take takes a signal of a camera's device.
func (m *meanings) take(camera nvr.CameraID, s nvr.Signal) {
	at := place{camera, s.Source}
	m.mu.Lock()
	kind := s.Kind
	if taught := m.bound[at]; taught != "" {
		kind = taught
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
			m.publish(e)
		}
	}
}

// event returns the event that begins or ends with s, if one does. m.mu is held.
func (m *meanings) event(o occurrence, s nvr.Signal) (e nvr.Event, ok bool) {
	from, known := m.begun[o]
	if s.On {
		if known && s.At < from.Add(anew) {
			return e, false
		}
		if m.begun == nil || len(m.begun) >= maxPlaces {
			m.begun = map[occurrence]nvr.Time{}
		}
		from = s.At
		m.begun[o] = from
	} else if !known || s.At < from {
		return e, false
	}
	return nvr.Event{
		Stream: nvr.StreamID{Camera: o.camera}, Kind: o.kind, Detail: o.source,
		Span: nvr.Span{From: from, To: min(s.At, from.Add(longest))},
	}, true
}

// note remembers a place that means nothing. m.mu is held.
func (m *meanings) note(h Heard) {
	m.recent = slices.DeleteFunc(m.recent, func(old Heard) bool { return old.Camera == h.Camera && old.Source == h.Source })
	m.recent = slices.Insert(m.recent, 0, h)
	m.recent = m.recent[:min(len(m.recent), remembered)]
}

func (m *meanings) unbound(camera nvr.CameraID) (all []Heard) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, h := range m.recent {
		if h.Camera == camera {
			all = append(all, h)
		}
	}
	return all
}
