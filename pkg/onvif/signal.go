package onvif

import (
	"slices"
	"strings"
	"time"

	"nvrd/pkg/nvr"
)

// notice is one notification.
type notice struct {
	topic     string
	operation string // Initialized, Changed, Deleted; empty where there are no properties
	utc       string
	source    []item // where
	data      []item // what
}

type item struct{ name, value string }

const (
	maxNotices = 256 // of one answer; devices send as many as there are properties
	maxItems   = 16
)

// readNotices reads the notifications of an answer. What has no topic or no
// message is left out.
func readNotices(answer *element) (all []notice) {
	for _, n := range answer.all(nsNotify, "NotificationMessage") {
		topic := topicOf(n.find(nsNotify, "Topic").String())
		message := n.within(nsSchema, "Message")
		if topic == "" || message == nil {
			continue
		}
		if all = append(all, notice{
			topic: topic, operation: message.attr("PropertyOperation"), utc: message.attr("UtcTime"),
			source: readItems(message.find(nsSchema, "Source")), data: readItems(message.find(nsSchema, "Data")),
		}); len(all) == maxNotices {
			break
		}
	}
	return all
}

func readItems(e *element) (all []item) {
	for _, s := range e.all(nsSchema, "SimpleItem") {
		if all = append(all, item{printable(s.attr("Name")), printable(s.attr("Value"))}); len(all) == maxItems {
			break
		}
	}
	return all
}

const (
	// ringAgain is within which a state that is told once more is the same press.
	ringAgain = 3 * time.Second
	// tellAgain is when other states are told once more: some firmware never says
	// that something is over.
	tellAgain = time.Minute
	maxStates = 512 // sources that are remembered
)

// told is what was told last of a source.
type told struct {
	on bool
	at time.Time
}

// teller makes signals of notifications and tells each state once.
type teller struct {
	tell   func(nvr.Signal)
	offset func() time.Duration
	now    func() time.Time
	states map[string]told
	since  time.Time // when the answer before came: what is told now happened later
}

func newTeller(d *Device, tell func(nvr.Signal)) *teller {
	return &teller{tell: tell, offset: func() time.Duration { return d.offset }, now: time.Now, states: map[string]told{}}
}

// take takes one notification.
func (t *teller) take(n notice) {
	for _, m := range meaningsOf(n.topic) {
		on, ok := m.state(n.data)
		if strings.EqualFold(n.operation, "Deleted") {
			on, ok = false, true
		}
		if ok {
			t.note(n, m, on)
		}
	}
}

func (t *teller) note(n notice, m meaning, on bool) {
	source := sourceOf(n)
	key, now := m.kind+" "+source, t.now()
	last, known := t.states[key]
	initial := strings.EqualFold(n.operation, "Initialized")
	again := tellAgain
	if m.kind == nvr.RingEvent {
		again = ringAgain
	}
	if !known && len(t.states) >= maxStates {
		for any := range t.states { // one place is told of again, if it comes to that
			delete(t.states, any)
			break
		}
	}
	switch {
	case known && last.on == on && (!on || now.Sub(last.at) < again):
		return
	case !known && !on && n.operation != "" && !strings.EqualFold(n.operation, "Changed"):
		t.states[key] = told{on, now}
		return
	case initial && on && (m.kind == nvr.RingEvent || m.kind == nvr.InputSignal):
		// How things stand, not that a button was pressed: also not one that an
		// input was bound to. It is not remembered, or the press would not be new.
		return
	}
	t.states[key] = told{on, now}
	t.tell(nvr.Signal{Kind: m.kind, Source: source, On: on, At: t.when(n.utc, now)})
}

// sourceOf names where a notification comes from, in the same way each time.
func sourceOf(n notice) string {
	parts := []string{n.topic}
	for _, i := range n.source {
		parts = append(parts, i.name+"="+i.value)
	}
	slices.Sort(parts[1:])
	return cut(strings.Join(parts, " "), maxText)
}

const (
	// earliest and latest bound how far what a device says of the time may be from
	// the arrival: it may have waited for the next pull.
	earliest = time.Minute
	latest   = 5 * time.Second
	// roundTrip is by how much clocks that were compared may still differ.
	roundTrip = 2 * time.Second
)

// when returns when something happened, by our clock: as the device says, if that
// can be, or else now.
func (t *teller) when(utc string, now time.Time) nvr.Time {
	at, err := time.Parse(time.RFC3339, utc)
	if err != nil {
		at, err = time.Parse("2006-01-02T15:04:05", utc)
	}
	if at = at.Add(-t.offset()); err != nil || at.Before(now.Add(-earliest)) || at.Before(t.since.Add(-roundTrip)) || at.After(now.Add(latest)) {
		at = now
	}
	if at.After(now) {
		at = now
	}
	return nvr.TimeOf(at)
}
