package nvr

import "time"

// Event is something that happened in front of a camera, or goes on: then it is
// told again with a later end. Camera, kind and beginning name it.
type Event struct {
	ID     int64    // its row in the catalog; zero until it is there
	Stream StreamID // on which it was seen; footage of all the camera's streams is kept for it
	Span   Span     // may be an instant, and is at most a day
	// Before and After are how much footage around the span belongs to it, and
	// stays as long; see MaxBefore and MaxAfter. The recorder says so.
	Before, After time.Duration
	Kind          string // RingEvent, MotionEvent, "person", ...: a word of a to z, 0 to 9 and _
	Detail        string
}

// Kinds of events that this program knows. RingEvent and MessageEvent keep footage
// as [Ring], all others as [Motion].
const (
	RingEvent    = "ring"    // the button was pressed
	MessageEvent = "message" // the visit of somebody whom nobody answered, with sound
	MotionEvent  = "motion"
	PersonEvent  = "person"
	AnimalEvent  = "animal"
	VehicleEvent = "vehicle"
	PackageEvent = "package"
	DoorEvent    = "door"   // was opened
	WindowEvent  = "window" // was opened
	AlarmEvent   = "alarm"
)
