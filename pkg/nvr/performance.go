package nvr

import "time"

// Performance is how the recorder does on its machine, as measured in the last half
// hour to hour, or since it began if that is shorter.
type Performance struct {
	Disks []DiskTimings // one for each footage directory that is there, as they are preferred
	Seeks Timings       // from a request for recorded video to the first byte of the answer
	Load  Load
}

// DiskTimings is how long the barriers of a footage directory took.
type DiskTimings struct {
	Path     string
	Barriers Timings
}

// Timings are how long things of a kind took. They are zero if there was none.
//
// A quantile is exact or up to an eighth too long, never too short.
type Timings struct {
	Count              int64
	P50, P95, P99, Max time.Duration // half, 95 and 99 of a hundred were no longer than that
}

// Load is what the recorder takes of its machine. CPU counts one core that is busy all
// the time as 1.
type Load struct {
	Over     time.Duration // is measured over that; zero if nothing was yet
	CPU      float64       // of the program itself
	Decoders float64       // of the decoders that it started, running or ended
	Memory   int64         // bytes that the program itself holds now (its resident set)
	Cameras  int           // that record now
	Cores    int           // that the machine lets it use
}

// PerCamera is the part of CPU and Decoders of each camera that records, and all of
// them if none does.
func (l Load) PerCamera() float64 { return (l.CPU + l.Decoders) / float64(max(l.Cameras, 1)) }

// SlowBarrier is from where on the barriers of a disk are slow. Footage waits for one a
// second: one in a hundred that takes a quarter of it is what disks do that are about to
// fall behind.
const SlowBarrier = 250 * time.Millisecond

// Busy tells whether little of the machine is left for what is to come: four fifths of
// its cores are taken.
func (l Load) Busy() bool { return l.Cores > 0 && l.CPU+l.Decoders > 0.8*float64(l.Cores) }

// SlowSeek is from where on whoever seeks feels it.
const SlowSeek = 500 * time.Millisecond
