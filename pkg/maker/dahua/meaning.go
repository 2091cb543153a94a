package dahua

import (
	"time"

	"nvrd/pkg/device"
	"nvrd/pkg/nvr"
)

// means is what a row of the table makes of an event.
type means int

const (
	starts    means = iota // it begins, or the button was pressed
	ends                   // it is over
	follows                // it begins with Start or Pulse, and is over with Stop
	unanswers              // nobody answered: the end of a ring, or a ring if nothing else tells of them
)

// row says what an event means. The first that fits counts.
type row struct {
	code  string
	field string   // a value in its data that is looked at; empty means none
	value []string // what it may be; empty means anything
	kind  string
	means means
}

// table is what threads tell.
var table = []row{
	// The AD110 and AD410 say that they call; Hangup and others end it
	// (tchellomello/python-amcrest#137, dchesterton/amcrest2mqtt).
	{code: "_DoTalkAction_", field: "Action", value: []string{"Invite"}, kind: nvr.RingEvent, means: starts},
	{code: "_DoTalkAction_", field: "Action", kind: nvr.RingEvent, means: ends},
	// The AD410 with firmware of 2021 says only this, at once (rroller/dahua#52);
	// a VTO says it after half a minute without an answer (myhomeiot/DahuaVTO#32).
	{code: "CallNoAnswered", kind: nvr.RingEvent, means: unanswers},
	{code: "IgnoreInvite", kind: nvr.RingEvent, means: unanswers}, // tchellomello/python-amcrest#151
	// VTO stations (rroller/dahua#556, #593).
	{code: "Invite", kind: nvr.RingEvent, means: follows},
	{code: "DoorbellPressed", kind: nvr.RingEvent, means: follows},
	// The light behind the button tells the state of the call: 7 is an indoor
	// station that calls the door, 8 and 9 are the lock (myhomeiot/DahuaVTO, its
	// README and #14).
	{code: "BackKeyLight", field: "State", value: []string{"1", "2"}, kind: nvr.RingEvent, means: starts},
	{code: "BackKeyLight", field: "State", value: []string{"0", "5", "6"}, kind: nvr.RingEvent, means: ends},

	// The AD110 tells by its heat sensor, the AD410 by its pictures
	// (dchesterton/amcrest2mqtt#6).
	{code: "VideoMotion", kind: nvr.MotionEvent, means: follows},
	{code: "ProfileAlarmTransmit", kind: nvr.MotionEvent, means: follows},
	{code: "SmartMotionHuman", kind: nvr.PersonEvent, means: follows},
	{code: "SmartMotionVehicle", kind: nvr.VehicleEvent, means: follows},
	// The AD410's "human detection" (rroller/dahua#52); the kind of object stands
	// in data, or in an object in there.
	{code: "CrossRegionDetection", field: "ObjectType", value: []string{"Human"}, kind: nvr.PersonEvent, means: follows},
	{code: "CrossRegionDetection", field: "Object.ObjectType", value: []string{"Human"}, kind: nvr.PersonEvent, means: follows},
	{code: "CrossRegionDetection", field: "Object.ObjectType", value: []string{"Vehicle"}, kind: nvr.VehicleEvent, means: follows},
	{code: "CrossRegionDetection", kind: nvr.MotionEvent, means: follows},
	{code: "CrossLineDetection", field: "Object.ObjectType", value: []string{"Human"}, kind: nvr.PersonEvent, means: follows},
	{code: "CrossLineDetection", field: "Object.ObjectType", value: []string{"Vehicle"}, kind: nvr.VehicleEvent, means: follows},
	{code: "CrossLineDetection", kind: nvr.MotionEvent, means: follows},

	// The contact of a VTO's door (elad-bar/DahuaVTO2MQTT, its list of events).
	{code: "DoorStatus", field: "Status", value: []string{"Open"}, kind: nvr.DoorEvent, means: starts},
	{code: "DoorStatus", field: "Status", value: []string{"Close"}, kind: nvr.DoorEvent, means: ends},
	// AlarmLocal is an input, and on the AD110 and AD410 also whoever walks by
	// (tchellomello/python-amcrest#137): never a ring by itself.
	{code: "AlarmLocal", kind: nvr.InputSignal, means: follows},
}

const (
	// rings is how long a ring may last after which CallNoAnswered would be its end:
	// stations can be told to ring for 2 minutes at most.
	rings = 2 * time.Minute
	// atOnce is how long after a press CallNoAnswered belongs to it and is no end.
	atOnce = 10 * time.Second
)

// meanings tells what events mean.
type meanings struct {
	tell func(nvr.Signal)
	now  func() nvr.Time
	// since when it rings, by another word than CallNoAnswered; zero if not.
	calls nvr.Time
	// whether a ring was told whose end was not.
	rung bool
}

func (m *meanings) take(e event) {
	r, ok := find(e)
	if !ok {
		return
	}
	at := m.now()
	on := r.means == starts || r.means == follows && e.action != "Stop"
	if r.kind == nvr.RingEvent {
		if r.means == unanswers {
			since := at.Sub(m.calls)
			calls := m.calls != 0 && since < rings
			if e.action == "Stop" || calls && since < atOnce {
				return
			}
			on = !calls
		} else if on {
			m.calls = at
		}
		if !on && !m.rung {
			return // the end of nothing
		}
		if m.rung = on; !on {
			m.calls = 0
		}
	}
	m.tell(nvr.Signal{Kind: r.kind, Source: source(r, e), On: on, At: at})
}

// find returns the row that fits.
func find(e event) (row, bool) {
	for _, r := range table {
		if r.fits(e) {
			return r, true
		}
	}
	return row{}, false
}

// rung tells of an event that is a ring for certain, whatever else it says.
func rung(e event) bool {
	r, ok := find(e)
	return ok && r.kind == nvr.RingEvent && r.means == starts
}

func (r row) fits(e event) bool {
	if r.code != e.code {
		return false
	}
	if r.field == "" {
		return true
	}
	value, ok := e.data[r.field]
	if !ok {
		return false
	}
	for _, v := range r.value {
		if v == value {
			return true
		}
	}
	return len(r.value) == 0
}

// source is by the code, and for inputs by their number.
func source(r row, e event) string {
	if r.kind == nvr.InputSignal {
		return device.Source("dahua", e.code, e.index)
	}
	return device.Source("dahua", e.code)
}
