package nvr

import "time"

// EnoughKept is how far back continuous footage should go; a forecast says when it
// won't.
const EnoughKept = 7 * 24 * time.Hour

// Storage is what footage a home has, where it lies, and how that will go on.
type Storage struct {
	Places []StoragePlace // in the order in which they take footage; those that take none last
	Policy Retention
}

// StoragePlace is a place of footage, what lies there, and its disk.
type StoragePlace struct {
	Path   string
	State  PlaceState
	Detail string // why it is not ready, as the system says it; may be empty
	Bytes  int64  // of footage
	Free   int64  // of its disk, in bytes, as Total and Floor; all zero unless it is ready
	Total  int64
	Floor  int64 // what stays free
	Stocks []Stock
	// Outlooks are of the streams with continuous footage there; none unless it is ready.
	Outlooks []Outlook
}

// PlaceState is how it stands with a place of footage.
type PlaceState string

// The states of a place, as far as one process can tell: a disk that fails only when
// it is written to is ready.
const (
	PlaceReady   PlaceState = "ready"
	PlaceMissing PlaceState = "missing" // its disk is not there
	PlaceForeign PlaceState = "foreign" // it belongs to another copy of this home
	PlaceFailing PlaceState = "failing"
	PlaceRemoved PlaceState = "removed" // by the owner: nothing more is written there
)

// Stock is how much sealed footage there is of a stream in a directory and a class.
type Stock struct {
	Stream    StreamID
	Directory DirectoryID
	Class     Class
	Segments  int64
	Bytes     int64
	Duration  time.Duration
	Oldest    Time // zero unless asked for
}

// Outlook is how far the continuous footage of a stream goes back, now and
// later, if things go on as they do.
type Outlook struct {
	Stream   StreamID
	Kept     time.Duration
	InAMonth time.Duration
	// Below is when it will go back less than [EnoughKept]; zero if it does
	// already, never will, or only in more than a year.
	Below Time
}

// Covered is how much of a span there was footage of a stream, and why there was
// none of the rest. What the household did not want recorded, and what was removed
// since, is in neither.
type Covered struct {
	Span     Span
	Recorded time.Duration
	Missing  time.Duration
	Gaps     []Gap         // what is missing, cut to the span
	Removed  time.Duration // was recorded, as far as is known, and is no longer there
}

// Cover says how much of span there is footage of a stream that was enabled, and is
// accounted for, in the span account, when it has these gaps, the oldest first.
func Cover(span, account Span, gaps []Gap) Covered {
	c := Covered{Span: span}
	of := span.Intersect(account)
	if of.Empty() {
		return c
	}
	c.Recorded = of.Duration()
	for _, g := range Within(gaps, of) {
		length := g.Span.Duration()
		c.Recorded -= length
		switch {
		case g.Reason == Removed:
			c.Removed += length
		case !g.Reason.Planned():
			c.Missing += length
			c.Gaps = append(c.Gaps, g)
		}
	}
	return c
}
