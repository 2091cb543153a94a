package nvr

// A Notice is something that the owner of a home should know, as long as it
// lasts, and can do something about.
type Notice struct {
	Kind    NoticeKind
	Camera  CameraID // that it is about; zero unless Kind is CameraFloods
	Reason  Reason   // why; empty unless Kind is PlaceFailed
	Path    string   // of the footage directory that it is about; likewise
	Instead string   // the directory that footage goes to meanwhile; empty if there is none
}

// NoticeKind says what a notice is about. Its values appear in the API, so
// they never change their meaning.
type NoticeKind string

// The kinds of notices.
const (
	PlaceFailed  NoticeKind = "place_failed"  // a footage directory cannot be written to
	ClockDoubted NoticeKind = "clock_doubted" // the clock jumped, so no footage goes because of its age
	CameraFloods NoticeKind = "camera_floods" // a camera sends more than MaxRate
)

// Sentence returns n in plain words for a person, and what to do.
func (n Notice) Sentence() string {
	switch n.Kind {
	case CameraFloods:
		return "Camera " + n.Camera.String() + " sends more than 100 Mb/s, far more than cameras need. Its own footage goes first when room is made. Set a lower bit rate in the camera."
	case ClockDoubted:
		return "This machine's clock jumped. No footage is removed because of its age until the clock is right again or has run steadily for a day."
	}
	ill := illnesses[n.Reason]
	s := "No footage can be written to " + n.Path + ": " + ill.what + "."
	if n.Instead != "" {
		s += " It goes to " + n.Instead + " meanwhile."
	}
	return s + " " + ill.remedy
}

// illnesses say what ails a disk, and what to do.
var illnesses = map[Reason]struct{ what, remedy string }{
	DiskSlow:    {"its disk does not keep up", "Look for what else uses it; it may be about to fail."},
	DiskFull:    {"its disk is full", "Make room there."},
	DiskError:   {"its disk reports errors", "Copy what matters, and replace it."},
	DiskMissing: {"its disk is not there", "Connect and mount it; recording goes back to it by itself."},
	DiskForeign: {"it belongs to another copy of this home", "If that one is not used any more, take the directory over with nvrd storage add --path and its path."},
}
