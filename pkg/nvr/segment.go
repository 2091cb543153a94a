package nvr

import "time"

// SegmentID, RunID, InitID and DirectoryID are row ids of the catalog.
type (
	SegmentID   int64
	InitID      int64
	DirectoryID int64
)

// RunID names one run: an unbroken stretch of one stream whose samples count
// time from one zero. It is the UTC microsecond at which the run began, so it
// orders runs of a stream and needs no row of its own.
type RunID int64

// Segment is one footage file: about a minute of one stream, cut at a key frame.
type Segment struct {
	ID        SegmentID
	Stream    StreamID
	Run       RunID
	Init      InitID
	Directory DirectoryID
	Sealed    bool // false while it is being written
	Span      Span // wall clock; within a run each segment begins where the one before it ended
	// MediaStart is the decode time of the first video sample in units of
	// Timescale. A run begins where the one recorded before it ended; those of
	// early versions count from 0 each.
	MediaStart int64
	// MediaDuration is the sum of the video samples' durations in units of Timescale.
	MediaDuration int64
	Timescale     uint32 // units per second of the video track
	HeaderBytes   int64  // where the first fragment begins in the file
	Bytes         int64  // up to where the last fragment ends in the file
	Fragments     []Fragment
}

// Fragment is one independently addressable piece of a segment: one or more
// movie fragments (moof and mdat) that together begin at a key frame or last
// about two seconds.
type Fragment struct {
	Offset        int64 // of its first byte in the file
	Bytes         int64
	MediaStart    int64 // as in Segment
	MediaDuration int64
	Key           bool  // its first video sample is a key frame
	Score         uint8 // activity, 0 (still) to 255
}

// TimeAt converts a decode time of the run (in units of Timescale) to wall
// clock, by interpolating between the ends of the segment.
func (s *Segment) TimeAt(media int64) Time {
	if s.MediaDuration <= 0 {
		return s.Span.From
	}
	return s.Span.From + Time(scale(media-s.MediaStart, int64(s.Span.To-s.Span.From), s.MediaDuration))
}

// MediaAt is the inverse of [Segment.TimeAt].
func (s *Segment) MediaAt(t Time) int64 {
	wall := int64(s.Span.To - s.Span.From)
	if wall <= 0 {
		return s.MediaStart
	}
	return s.MediaStart + scale(int64(t-s.Span.From), s.MediaDuration, wall)
}

// Units converts a duration to units of 1/timescale second.
func Units(d time.Duration, timescale uint32) int64 {
	return scale(int64(d), int64(timescale), int64(time.Second))
}

// Duration converts units of 1/timescale second to a duration.
func Duration(units int64, timescale uint32) time.Duration {
	return time.Duration(scale(units, int64(time.Second), int64(timescale)))
}

// scale returns n*num/den, rounded toward the nearest, without overflow for
// any result that fits: the whole quotient is split off first.
func scale(n, num, den int64) int64 {
	q, r := n/den, n%den
	rest := r * num
	half := den / 2
	if rest < 0 {
		half = -half
	}
	return q*num + (rest+half)/den
}
