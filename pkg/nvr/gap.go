package nvr

// A Gap is a stretch of time for which an enabled stream has no footage, and
// why. Segments and gaps of a stream tile time: no hole, no overlap.
type Gap struct {
	Stream StreamID
	Span   Span // To is zero while the gap goes on
	Reason Reason
	Detail string // what a person or a log reader would want to know beyond Reason; may be empty
	// RemovedAt and Cause are when and why the footage went, if the reason is Removed
	// and that was asked for and is known ([Explain]); otherwise zero. RemovedBy is who
	// deleted it, if somebody did.
	RemovedAt Time
	Cause     Cause
	RemovedBy string
}

// Sentence returns why there is no footage in plain words for a person.
func (g Gap) Sentence() string {
	if g.Cause == ByHand {
		return "Deleted by " + g.RemovedBy
	}
	return g.Reason.Sentence()
}

// Reason says why there is no footage. Its values are stored and appear in
// the API, so they never change their meaning.
type Reason string

// The reasons, from the camera's side to ours.
const (
	Starting       Reason = "starting"        // connected or connecting, first key frame not there yet
	Unreachable    Reason = "unreachable"     // no answer on the network, or the connection broke
	WrongPassword  Reason = "wrong_password"  // the camera refused the user name or the password
	Refused        Reason = "refused"         // the camera answered, but not with a stream: no such address, too many clients
	BadStream      Reason = "bad_stream"      // the camera sent something that is not a stream we understand
	Unsupported    Reason = "unsupported"     // the camera sends pictures of a kind that is not recorded
	NoPicture      Reason = "no_picture"      // connected, but no key frame came for too long
	TooMuch        Reason = "too_much"        // the camera sent far more than cameras do
	StreamChanged  Reason = "stream_changed"  // the camera changed its picture's format or its clock jumped
	ClockStepped   Reason = "clock_stepped"   // this machine's clock was set
	DiskSlow       Reason = "disk_slow"       // the disk did not keep up
	DiskFull       Reason = "disk_full"       // no space left
	DiskError      Reason = "disk_error"      // the disk reported an error; what was not yet safe is counted as lost
	DiskMissing    Reason = "disk_missing"    // the footage directory was not mounted, or was another one
	DiskForeign    Reason = "disk_foreign"    // the footage directory belongs to another copy of this home
	NotRunning     Reason = "not_running"     // the recorder was not running
	PausedByUser   Reason = "paused_by_user"  // the home or the camera was set to privacy
	RecordingOff   Reason = "recording_off"   // connected, but nothing is to be recorded at that time
	NoEvent        Reason = "no_event"        // only events are to be recorded, and nothing happened
	Removed        Reason = "removed"         // footage was removed by retention or by its owner
	RecorderFailed Reason = "recorder_failed" // a fault of ours
	Lost           Reason = "lost"            // it was recorded, and its file is gone or cannot be read
)

// Planned tells whether the household wanted it so. Such a gap is no trouble.
func (r Reason) Planned() bool { return r == PausedByUser || r == RecordingOff || r == NoEvent }

// OfDisk tells whether a disk is why. Files of such a time may be there, given
// up by who wrote them.
func (r Reason) OfDisk() bool {
	return r == DiskSlow || r == DiskFull || r == DiskError || r == DiskMissing || r == DiskForeign
}

// Sentence returns r in plain words for a person.
func (r Reason) Sentence() string {
	if s, ok := sentences[r]; ok {
		return s
	}
	return string(r)
}

var sentences = map[Reason]string{
	Starting:       "Connecting to the camera",
	Unreachable:    "The camera did not answer",
	WrongPassword:  "The camera refused the password",
	Refused:        "The camera refused the stream",
	BadStream:      "The camera sent something unreadable",
	Unsupported:    "The camera sends a kind of picture that is not recorded",
	NoPicture:      "The camera sent no picture",
	TooMuch:        "The camera sent too much",
	StreamChanged:  "The camera changed its stream",
	ClockStepped:   "The clock was set",
	DiskSlow:       "The disk was too slow",
	DiskFull:       "The disk was full",
	DiskError:      "The disk reported an error",
	DiskMissing:    "The disk was not there",
	DiskForeign:    "The disk belongs to another copy of this home",
	NotRunning:     "Stoop was not running",
	PausedByUser:   "Off for privacy",
	RecordingOff:   "Recording was switched off",
	NoEvent:        "Nothing happened",
	Removed:        "Removed to make room",
	RecorderFailed: "Stoop failed",
	Lost:           "The footage was lost",
}

// Within returns what of gaps lies in span, cut to it, in their order. One that
// goes on ends where span does.
func Within(gaps []Gap, span Span) (in []Gap) {
	for _, g := range gaps {
		if g.Span.To == 0 {
			g.Span.To = span.To
		}
		if g.Span = g.Span.Intersect(span); !g.Span.Empty() {
			in = append(in, g)
		}
	}
	return in
}
