package exchange

import (
	"time"

	"nvrd/federation/wire"
)

// Caps is how many bytes of media may go on a day (UTC).
type Caps struct {
	Down           int64 // what is fetched; an eighth of it is for thumbnails only
	Up             int64 // what is given; a quarter of it to one neighbor at most
	ThumbnailsOnly bool  // no photos and clips are fetched: all or none
}

// Meter is what went on one day.
type Meter struct {
	Day      uint32 // see [wire.Minute.Day]
	Down, Up int64  // bytes: what was fetched, and what was given
}

// turn begins another day, if it is another one.
func (m *Meter) turn(now time.Time) bool {
	day := wire.MinuteOf(now).Day()
	if m.Day == day {
		return false
	}
	*m = Meter{Day: day}
	return true
}

// Meter returns what went today, to be shown and to be written down.
func (x *Exchange) Meter(now time.Time) Meter {
	x.turn(now)
	return x.meter
}

func (x *Exchange) turn(now time.Time) {
	if x.meter.turn(now) {
		for _, p := range x.peers {
			p.given = 0
		}
	}
}

// Give tells whether so many bytes are given to a node, and if so counts them.
// Who is up is given what is here: which that is, says the shelf.
func (x *Exchange) Give(node wire.Key, bytes int64, now time.Time) bool {
	x.turn(now)
	at, ok := x.at(node)
	if !ok || !x.peers[at].up {
		return false
	}
	p := x.peers[at]
	if x.meter.Up+bytes > x.caps.Up || p.given+bytes > x.caps.Up/shares {
		return false
	}
	x.meter.Up += bytes
	p.given += bytes
	return true
}

// affords tells whether the day has so many bytes left to be fetched, also if
// all that is asked for comes.
func (x *Exchange) affords(cost int64, thumbnail bool) bool {
	most := x.caps.Down
	if !thumbnail {
		most -= most / kept
	}
	spent := x.meter.Down + cost
	for _, a := range x.asks {
		spent += a.cost
	}
	return spent <= most
}

// costOf returns how many bytes an ask may bring; 0 if there is no such file.
func costOf(ref Ref) int64 {
	chunks := wire.ChunksOf(ref.Length)
	if chunks == 0 {
		return 0
	}
	return min(int64(ref.Length), wire.MaxRun*wire.SealedChunk) + int64(chunks*len(wire.Hash{})) + overhead
}

// overhead is what frames an answer, in bytes.
const overhead = 16 + 2*wire.MaxChunks
