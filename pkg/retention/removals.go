// Package retention makes room: it decides which footage goes when, and lets
// it go so that neither a crash nor a reader on the way meets anything half
// gone. Removals decides, from values alone; Keeper carries it out.
package retention

import (
	"iter"
	"slices"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

// State is what removals are chosen from.
type State struct {
	Now    nvr.Time
	Policy nvr.Retention
	Places []Place
	Stocks []nvr.Stock
	Leased []catalog.Leased // what is being read stays for now
	// Oldest yields the sealed segments of a directory and a class, those that
	// began first first, of the given cameras or, without any, of all. It is
	// asked for as many as are needed, and from the beginning each time.
	Oldest func(nvr.DirectoryID, nvr.Class, ...nvr.CameraID) iter.Seq[catalog.Kept]
	// Cameras are those of the household. Footage of others is not kept at the
	// cost of theirs.
	Cameras []nvr.CameraID
	// Floods are the cameras that send more than [nvr.MaxRate].
	Floods []nvr.CameraID
	// NotByAge says that the wall clock is not believed: footage goes for want
	// of room only.
	NotByAge bool
	Limit    int // of removals at once; what is left is for the next
}

// Place is a footage directory that can be written to.
type Place struct {
	ID          nvr.DirectoryID
	Free, Total int64 // bytes of its file system
}

// Removal is one segment that has to go.
type Removal struct {
	catalog.Kept
	Cause nvr.Cause
}

// Removals returns what has to go, in this order. Each directory is looked at by
// itself. What is beyond its maximum age goes in any case. If then there is
// less room than there should be, the oldest goes until there is a little more
// (so that not every segment takes a round): first of cameras that flood,
// whatever their classes and ages; then of classes beyond their share, of the
// lowest class, of the next, and so on; what is younger than the minimum age of
// its class only at last, as the policy says.
//
// Half of the room is divided evenly among the household's cameras. What a
// camera holds of its allotment goes only when nothing of any camera beyond its own
// is left to go, and the free space falls below a quarter of what should be: so
// no camera pushes out what the others have.
//
// What is open, locked or leased never goes. With Policy.SpareYoung nothing
// younger than its minimum age goes.
func Removals(s State) []Removal {
	p := picker{State: s, taken: map[nvr.SegmentID]bool{}}
	for _, place := range s.Places {
		p.pick(place)
	}
	return p.removals
}

// picker picks what goes. What is below removals is about one directory.
type picker struct {
	State
	removals  []Removal
	taken     map[nvr.SegmentID]bool
	place     Place
	bytes     [nvr.Locked + 1]int64 // in each class
	freed     int64
	room      int64                  // for footage
	cameras   map[nvr.CameraID]int64 // bytes of each that can go
	allotment int64                  // of each camera of the household
}

func (p *picker) pick(place Place) {
	p.place, p.freed = place, 0
	p.bytes, p.cameras = bytesOf(p.Stocks, place.ID), camerasOf(p.Stocks, place.ID)
	if !p.NotByAge {
		for class := range nvr.Locked {
			if age := p.Policy.Rules[class].MaxAge; age > 0 {
				p.take(class, nvr.TooOld, age, anyCamera, func() bool { return true })
			}
		}
	}
	floor := Floor(p.Policy, place.Total)
	p.divide(floor)
	p.stem(floor)
	p.make(floor, floor/lastResort, p.beyond)
	p.make(floor/lastResort, floor/lastResort, anyCamera)
}

// divide finds how much room there is for footage, and each camera's allotment.
func (p *picker) divide(floor int64) {
	p.room = p.used() - p.lacking(floor)
	own := int64(0)
	for c, bytes := range p.cameras {
		if bytes > 0 && slices.Contains(p.Cameras, c) {
			own++
		}
	}
	p.allotment = max(p.room-p.bytes[nvr.Locked], 0) / 2 / max(own, 1)
}

func anyCamera(nvr.CameraID) bool { return true }

// beyond tells whether a camera holds more than its allotment.
func (p *picker) beyond(c nvr.CameraID) bool {
	if !slices.Contains(p.Cameras, c) {
		return true
	}
	return p.cameras[c] > p.allotment
}

// floods tells whether a camera that sends too much holds more than its allotment.
func (p *picker) floods(c nvr.CameraID) bool { return slices.Contains(p.Floods, c) && p.beyond(c) }

// stem makes room at the cost of cameras that send too much.
func (p *picker) stem(floor int64) {
	short := p.shortOf(floor)
	for class := range nvr.Locked {
		age := time.Duration(0)
		if p.Policy.SpareYoung {
			age = p.Policy.Rules[class].MinAge
		}
		p.take(class, nvr.Flood, age, p.floods, short)
	}
}

// make makes room at the cost of some cameras: up to floor of what is old
// enough to go, up to last of what is not.
func (p *picker) make(floor, last int64, of func(nvr.CameraID) bool) {
	short := p.shortOf(floor)
	for class := range nvr.Locked {
		if share := int64(p.Policy.Rules[class].Share); share > 0 && share < 100 {
			p.take(class, nvr.OverShare, p.Policy.Rules[class].MinAge, of, func() bool {
				return short() && p.bytes[class] > p.room/100*share
			})
		}
	}
	for class := range nvr.Locked {
		p.take(class, nvr.NoRoom, p.Policy.Rules[class].MinAge, of, short)
	}
	if p.Policy.SpareYoung {
		return
	}
	short = p.shortOf(last)
	for class := range nvr.Locked {
		p.take(class, nvr.NoChoice, 0, of, short)
	}
}

// shortOf returns a function that tells whether more has to go, until as much
// as is lacking now went.
func (p *picker) shortOf(floor int64) func() bool {
	goal := p.freed + p.lacking(floor)
	return func() bool { return p.freed < goal }
}

// lastResort is the part of the floor below which minimum ages give way.
const lastResort = 4

// calm is the part of the floor below which floods are not recorded. It lies
// above where anything young goes: that is never to make room for a flood.
const calm = 2

// Floor returns how much of a file system of that size stays free: half of it
// at most, so that what suits a large disk leaves a small one useful.
func Floor(policy nvr.Retention, total int64) int64 {
	return min(max(policy.FreeBytes, total*int64(policy.FreePercent)/100), total/2)
}

// slack is how much more than a limit asks for is freed at a time.
func slack(limit int64) int64 { return min(limit/16, 1<<30) }

// lacking returns how many bytes have to go from the directory, as things
// stand with what was picked; 0 as long as the free space is above floor and the
// footage within its bound.
func (p *picker) lacking(floor int64) (n int64) {
	if free := p.place.Free + p.freed; free < floor {
		n = floor + slack(floor) - free
	}
	if bound := p.Policy.MaxBytes; bound > 0 && p.used() > bound {
		n = max(n, p.used()-bound+slack(bound))
	}
	return n
}

// used returns how many bytes of footage stay in the directory.
func (p *picker) used() (n int64) {
	for _, b := range p.bytes {
		n += b
	}
	return n
}

// take removes the oldest footage of a class that is at least of an age, and of
// some cameras, as long as more says so.
func (p *picker) take(class nvr.Class, cause nvr.Cause, age time.Duration, of func(nvr.CameraID) bool, more func() bool) {
	if len(p.removals) >= p.Limit || !more() {
		return
	}
	only, some := p.only(of)
	if !some {
		return
	}
	ended := p.Now.Add(-age)
	if age == 0 { // a clock that was set back leaves footage in the future
		ended = maxTime
	}
	for k := range p.Oldest(p.place.ID, class, only...) {
		if k.Span.From > ended {
			return
		}
		if k.Span.To > ended || p.taken[k.ID] || !of(k.Stream.Camera) || p.leased(k) {
			continue
		}
		p.taken[k.ID] = true
		p.removals = append(p.removals, Removal{k, cause})
		p.freed += k.Bytes
		p.bytes[class] -= k.Bytes
		p.cameras[k.Stream.Camera] -= k.Bytes
		if len(p.removals) >= p.Limit || !more() {
			return
		}
	}
}

// only returns the cameras of which something could go, or none if all could:
// what cannot is not even looked at. some is false if nothing could.
func (p *picker) only(of func(nvr.CameraID) bool) (cameras []nvr.CameraID, some bool) {
	for c := range p.cameras {
		if of(c) {
			cameras = append(cameras, c)
		}
	}
	if len(cameras) == len(p.cameras) {
		return nil, len(cameras) > 0
	}
	slices.Sort(cameras)
	return cameras, len(cameras) > 0
}

const maxTime = nvr.Time(1<<63 - 1)

func (p *picker) leased(k catalog.Kept) bool {
	for _, h := range p.Leased {
		if h.Stream == k.Stream && h.Span.Overlaps(k.Span) {
			return true
		}
	}
	return false
}

// bytesOf returns how many bytes a directory holds of each class.
func bytesOf(stocks []nvr.Stock, id nvr.DirectoryID) (bytes [nvr.Locked + 1]int64) {
	for _, s := range stocks {
		if s.Directory == id {
			bytes[s.Class] += s.Bytes
		}
	}
	return bytes
}

// camerasOf returns how many bytes that can go a directory holds of each camera.
func camerasOf(stocks []nvr.Stock, id nvr.DirectoryID) map[nvr.CameraID]int64 {
	cameras := map[nvr.CameraID]int64{}
	for _, s := range stocks {
		if s.Directory == id && s.Class < nvr.Locked {
			cameras[s.Stream.Camera] += s.Bytes
		}
	}
	return cameras
}
