package nvr

// Deletion is what goes when somebody deletes the footage of some excerpts, and
// what stays. Footage goes by whole segments, of both streams: a part of one cannot
// go, since its file is never written over.
type Deletion struct {
	Goes  []Stretch // by camera and time
	Stays []Staying // by camera and time; what was chosen and does not go
	// Digest names the segments that go, and those that are being recorded: what was
	// shown to somebody is what goes, or nothing does.
	Digest string
	// Pending is how many segments that went still have a file, because the disk did
	// not let go of it. Nobody is shown them, and it is tried again every 10 s and at
	// each start.
	Pending int64
}

// Stretch is footage of a camera that goes together: whole segments of its streams
// that touch each other.
type Stretch struct {
	Camera   CameraID
	Span     Span
	Segments int64
	Bytes    int64
}

// Staying is footage of a camera that was chosen to be deleted and stays.
type Staying struct {
	Camera CameraID
	Span   Span // of whole segments; To is zero of what is being recorded
	Why    Hold
	Lock   Lock // that keeps it, if that is why; else empty
}

// Hold is why footage that somebody wants to delete stays. The values appear in
// the API.
type Hold string

// The holds, in the order in which they count.
const (
	HeldAway      Hold = "disk_missing" // it lies on a disk that is not there
	HeldRecording Hold = "recording"    // its segment is being written, for about a minute, or was at the look
	HeldLocked    Hold = "locked"       // somebody wants it kept
	HeldRead      Hold = "in_use"       // it is being exported
)
