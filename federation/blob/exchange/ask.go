package exchange

import (
	"time"

	"nvrd/federation/wire"
)

// The bounds of what goes on at a time, and how long it waits, each with its reason.
const (
	MaxAsks    = 4 // at a time: 2 MiB that may be on the way
	MaxPerPeer = 2 // of those: while one file is looked for the other is sent

	// Timeout is how long an answer may take: half a MiB at 70 kbit/s.
	Timeout = time.Minute
	// LiarRest is how long somebody who sent what no address says is asked
	// nothing: a lie costs 68 KiB, so four a day cost nothing.
	LiarRest = 6 * time.Hour
	// StallRest is how long somebody who broke off is asked nothing; twice as long
	// each time in a row, up to MaxRest.
	StallRest = time.Minute
	// AbsentRest is how long somebody is not asked for a file that it did not have:
	// it may be fetching the same. Twice as long each time, up to MaxRest.
	AbsentRest = 15 * time.Second
	MaxRest    = time.Hour
	// OwnRest is how long nothing, or not this file, is asked for when this home
	// could not take it.
	OwnRest = time.Minute

	// shares is how many neighbors one day's Up is for at least: none gets more
	// than such a part of it.
	shares = 4
	// kept is the part of a day's Down that is for thumbnails only.
	kept = 8
)

// Ref names a sealed file.
type Ref struct {
	Address wire.Hash
	Length  uint32
}

// Wanted is a file that every home of the neighborhood fetches.
type Wanted struct {
	Ref
	Thumbnail bool
	From      wire.Key // the node that brought the post, which is asked first; zero if nobody knows
}

// Ask is a request to be made now: of a run of the chunks of a file that are
// missing. After Until it is given up.
type Ask struct {
	ID    uint64
	Node  wire.Key
	Ref   Ref
	Until time.Time
}

// Outcome is what came of an ask.
type Outcome uint8

// The outcomes.
const (
	Whole   Outcome = iota + 1 // the file is here
	More                       // what was asked for came, and other chunks are missing
	Absent                     // the node does not have the file, or does not give it now
	Lied                       // it sent what is not of the file, or no answer at all
	Stalled                    // it was too slow, broke off or could not be reached; chunks that came stay
	Failed                     // this home could not take it, for a reason of its own
	NoRoom                     // the disk of this home takes no media
)

// Result is an outcome and what it cost.
type Result struct {
	Outcome Outcome
	Bytes   int64 // that came
	Chunks  int   // of the file, among them
}

// Actions is what is to be done.
type Actions struct {
	Ask []Ask
	// Remove are files that came though nothing names them any longer.
	Remove []wire.Hash
}
