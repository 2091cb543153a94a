// Package retention makes room: it decides which footage goes when, and lets
// it go so that neither a crash nor a reader on the way meets anything half
// gone. Plan decides, from values alone; Keeper carries it out.
package retention

import (
	"iter"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

// State is what a plan is made from.
type State struct {
	Now    nvr.Time
	Policy nvr.Retention
	Places []Place
	Stocks []catalog.Stock
	Holds  []catalog.Hold // what is being read stays for now
	// Oldest yields the sealed segments of a directory and a class, those that
	// began first first. It is asked for as many as are needed, and from the
	// beginning each time.
	Oldest func(nvr.DirectoryID, nvr.Class) iter.Seq[catalog.Kept]
	// NotByAge says that the wall clock is not believed: footage goes for want
	// of room only.
	NotByAge bool
	Limit    int // of removals in one plan; what is left is for the next
}

// Place is a footage directory that can be written to.
type Place struct {
	ID          nvr.DirectoryID
	Free, Total int64 // bytes of its file system
}

// Cause says why a segment goes.
type Cause string

// The causes, in the order in which a plan has them.
const (
	TooOld    Cause = "too old"
	OverShare Cause = "over its share"
	NoRoom    Cause = "no room"
	NoChoice  Cause = "no room, though young"
)

// Removal is one segment that has to go.
type Removal struct {
	catalog.Kept
	Cause Cause
}

// Plan returns what has to go, in this order. Each directory is planned by
// itself. What is beyond its maximum age goes in any case. If then there is
// less room than there should be, the oldest goes until there is a little more
// (so that a plan is not made for every segment): first of classes beyond
// their share, then of the lowest class, of the next, and so on; what is
// younger than the minimum age of its class only at last, as the policy says.
// What is open, locked or held never goes.
func Plan(s State) []Removal {
	p := planner{State: s, taken: map[nvr.SegmentID]bool{}}
	for _, place := range s.Places {
		p.plan(place)
	}
	return p.removals
}

// planner makes a plan. What is below removals is about one directory.
type planner struct {
	State
	removals []Removal
	taken    map[nvr.SegmentID]bool
	place    Place
	bytes    [nvr.Locked + 1]int64 // in each class
	freed    int64
}

func (p *planner) plan(place Place) {
	p.place, p.freed = place, 0
	p.bytes = bytesOf(p.Stocks, place.ID)
	if !p.NotByAge {
		for class := range nvr.Locked {
			if age := p.Policy.Rules[class].MaxAge; age > 0 {
				p.take(class, TooOld, age, func() bool { return true })
			}
		}
	}
	floor := Floor(p.Policy, place.Total)
	goal := p.freed + p.lacking(floor)
	short := func() bool { return p.freed < goal }
	room := p.used() - p.lacking(floor)
	for class := range nvr.Locked {
		if share := int64(p.Policy.Rules[class].Share); share > 0 && share < 100 {
			p.take(class, OverShare, p.Policy.Rules[class].MinAge, func() bool {
				return short() && p.bytes[class] > room/100*share
			})
		}
	}
	for class := range nvr.Locked {
		p.take(class, NoRoom, p.Policy.Rules[class].MinAge, short)
	}
	if p.Policy.SpareYoung {
		return
	}
	goal = p.freed + p.lacking(floor/lastResort)
	for class := range nvr.Locked {
		p.take(class, NoChoice, 0, short)
	}
}

// lastResort is the part of the floor below which minimum ages give way.
const lastResort = 4

// Floor returns how much of a file system of that size stays free: half of it
// at most, so that what suits a large disk leaves a small one useful.
func Floor(policy nvr.Retention, total int64) int64 {
	return min(max(policy.FreeBytes, total*int64(policy.FreePercent)/100), total/2)
}

// slack is how much more than a limit asks for is freed at a time.
func slack(limit int64) int64 { return min(limit/16, 1<<30) }

// lacking returns how many bytes have to go from the directory, as things
// stand in the plan; 0 as long as the free space is above floor and the
// footage within its bound.
func (p *planner) lacking(floor int64) (n int64) {
	if free := p.place.Free + p.freed; free < floor {
		n = floor + slack(floor) - free
	}
	if bound := p.Policy.MaxBytes; bound > 0 && p.used() > bound {
		n = max(n, p.used()-bound+slack(bound))
	}
	return n
}

// used returns how many bytes of footage stay in the directory.
func (p *planner) used() (n int64) {
	for _, b := range p.bytes {
		n += b
	}
	return n
}

// take removes the oldest footage of a class that is at least of an age, as
// long as more says so.
func (p *planner) take(class nvr.Class, cause Cause, age time.Duration, more func() bool) {
	if len(p.removals) >= p.Limit || !more() {
		return
	}
	ended := p.Now.Add(-age)
	if age == 0 { // a clock that was set back leaves footage in the future
		ended = maxTime
	}
	for k := range p.Oldest(p.place.ID, class) {
		if k.Span.From > ended {
			return
		}
		if k.Span.To > ended || p.taken[k.ID] || p.held(k) {
			continue
		}
		p.taken[k.ID] = true
		p.removals = append(p.removals, Removal{k, cause})
		p.freed += k.Bytes
		p.bytes[class] -= k.Bytes
		if len(p.removals) >= p.Limit || !more() {
			return
		}
	}
}

const maxTime = nvr.Time(1<<63 - 1)

func (p *planner) held(k catalog.Kept) bool {
	for _, h := range p.Holds {
		if h.Stream == k.Stream && h.Span.Overlaps(k.Span) {
			return true
		}
	}
	return false
}

// bytesOf returns how many bytes a directory holds of each class.
func bytesOf(stocks []catalog.Stock, id nvr.DirectoryID) (bytes [nvr.Locked + 1]int64) {
	for _, s := range stocks {
		if s.Directory == id {
			bytes[s.Class] += s.Bytes
		}
	}
	return bytes
}
