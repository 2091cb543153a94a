package twon

import (
	"strings"
	"time"

	"nvrd/pkg/device"
	"nvrd/pkg/nvr"
)

// row says what an event means by one or two of its parameters.
type row struct {
	event string
	when  [2]string // a parameter and what it must be; empty means none
	param string    // the parameter that says whether it begins
	on    string    // values that say so, between spaces
	off   string    // values that say that it is over
	kind  string
	names string // the parameter that tells one button or input from another
}

// table is by the manual's list of events (5.10.4). Quick dial buttons are %1, %2
// and so on; digits, * and # are of a keypad on which people type their code, and
// are neither a ring nor told to anybody.
var table = []row{
	{event: "CallStateChanged", when: [2]string{"direction", "outgoing"}, param: "state", on: " ringing ", off: " connected terminated ", kind: nvr.RingEvent},
	{event: "MotionDetected", param: "state", on: " in ", off: " out ", kind: nvr.MotionEvent},
	{event: "InputChanged", param: "state", on: " true 1 ", off: " false 0 ", kind: nvr.InputSignal, names: "port"},
	{event: "DoorStateChanged", param: "state", on: " opened ", off: " closed ", kind: nvr.DoorEvent},
}

// dials is how long after a button its call may begin to ring: it is the same
// press, also when the call takes long to be set up.
const dials = 15 * time.Second

// meanings tells what events mean.
type meanings struct {
	tell    func(nvr.Signal)
	now     func() nvr.Time
	heard   func(code, action string, data map[string]string)
	pressed nvr.Time // when a button was, last
	rung    bool     // a ring was told whose end was not
}

func (m *meanings) take(e event) {
	at := m.now()
	if key := e.word("key"); e.Event == "KeyPressed" {
		if len(key) < 2 || key[0] != '%' {
			return
		}
		m.heard(e.Event, "", map[string]string{"key": key})
		m.pressed, m.rung = at, true
		m.tell(nvr.Signal{Kind: nvr.RingEvent, Source: device.Source("2n", e.Event, key), On: true, At: at})
		return
	}
	for _, r := range table {
		if r.event != e.Event {
			continue
		}
		state := e.word(r.param)
		m.heard(e.Event, state, map[string]string{r.names: e.word(r.names), r.when[0]: e.word(r.when[0])})
		on := has(r.on, state)
		if r.when[0] != "" && e.word(r.when[0]) != r.when[1] || !on && !has(r.off, state) {
			return
		}
		if r.kind == nvr.RingEvent {
			if on && m.pressed != 0 && at.Sub(m.pressed) < dials || !on && !m.rung {
				return
			}
			m.rung = on
		}
		m.tell(nvr.Signal{Kind: r.kind, Source: device.Source("2n", e.Event, e.word(r.names)), On: on, At: at})
		return
	}
}

func has(words, word string) bool { return word != "" && strings.Contains(words, " "+word+" ") }
