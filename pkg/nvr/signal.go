package nvr

// Signal is what a device of the home told of something that happened at it: a
// button was pressed, an input closed, a person came into view. What it means for
// the home is decided by whoever takes it.
type Signal struct {
	// Kind is the kind of event that it is: [RingEvent], [MotionEvent] and so on;
	// or [InputSignal] for what has no meaning until the owner gives it one.
	Kind string
	// Source is what the device calls the place it comes from, such as a topic and
	// the name of an input: the same each time, printable, at most 200 bytes.
	Source string
	// On tells that it begins, or that a button was pressed; otherwise it is over.
	On bool
	// At is when it happened, by our clock.
	At Time
}

// InputSignal is the kind of a signal that alone says nothing: ordinary cameras
// send one for any contact. The owner binds it to what is wired there.
const InputSignal = "input"
