package nvr

import "time"

// Press is one press of a doorbell's button, and what became of it. Camera and At
// name it.
type Press struct {
	Camera  CameraID
	At      Time
	Source  string // what told it, such as onvif; printable, at most 200 bytes
	End     Time   // when it rang no more; zero while it rings
	Outcome Outcome
	Who     string // answered, as they call themselves; may be empty
	Seen    bool   // by somebody of the household, or answered
}

// Rings tells whether it still rings.
func (p Press) Rings() bool { return p.End == 0 }

// Missed tells whether somebody came and nobody knows of it yet.
func (p Press) Missed() bool { return p.Outcome == RingMissed && !p.Seen }

// Visit is what of the footage belongs to a press that rings no more: whoever came is
// seen coming, and one whom nobody answered is heard for a while.
func (p Press) Visit() Span {
	v := Span{From: p.At.Add(-VisitBefore), To: p.End}
	if p.Outcome == RingMissed {
		v.To = min(p.End, p.At.Add(RingFor)).Add(VisitAfter)
	}
	return v
}

// Outcome is what became of a press. The values are stored and appear in the API.
type Outcome string

// The outcomes; empty while it rings.
const (
	RingAnswered Outcome = "answered"
	RingMissed   Outcome = "missed" // nobody answered in time
	RingAgain    Outcome = "again"  // the button was pressed once more, and rings since then
)

// How presses become rings.
const (
	// RingFor is how long it rings unless somebody answers: longer than it takes to
	// find a phone, shorter than visitors wait.
	RingFor = 45 * time.Second
	// OneRing is within what time presses are one: people press twice, and devices
	// tell some presses several times.
	OneRing = 3 * time.Second
	// VisitBefore is how long before a press its visit begins: some steps.
	VisitBefore = 8 * time.Second
	// VisitAfter is how long a visit goes on that nobody answered: time to say what
	// one came for.
	VisitAfter = 30 * time.Second
)
