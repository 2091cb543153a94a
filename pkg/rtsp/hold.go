package rtsp

import (
	"math"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// accessUnit is a picture or a frame of sound on its way to the sink.
type accessUnit struct {
	track   int
	ts      uint32
	length  int64 // of sound, in units of its clock
	key     bool
	data    []byte
	arrived time.Time

	keyed  *keyed // of a key frame with which the description changes
	resume bool   // it follows pictures that were lost

	at int64 // its place on the clock of its track, once that was read
}

// keyed is what a key frame's parameter sets say.
type keyed struct {
	track media.Track
	order pictures
}

// hold keeps what comes first in a run until it is known how prompt that was
// and how the clocks of picture and sound belong together. A camera may begin
// with the pictures of the last ten seconds in one burst: those are as old as
// the newest of them tells.
type hold struct {
	units []accessUnit
	bytes int
	since time.Time

	doubted time.Time // since when the sound seems to have another rate than said; zero if it does not
}

const (
	// minHold is how long a run is watched at least.
	minHold = 300 * time.Millisecond
	// maxHold is how long it is watched for what would be nice to know.
	maxHold = time.Second
	// maxRush is for how long more of the past than of the present may come.
	maxRush = 5 * time.Second
	// minRush is how much of the past has to come for it to be waited for.
	minRush = 500 * time.Millisecond
	// maxHoldBytes and maxHoldUnits bound what is held.
	maxHoldBytes = 16 << 20
	maxHoldUnits = 4096
)

func (h *hold) begin(now time.Time) { *h = hold{since: now} }

func (h *hold) add(u accessUnit) {
	h.units = append(h.units, u)
	h.bytes += len(u.data)
}

// over tells whether what is held can go. sure says whether it is known how
// picture and sound belong together.
func (h *hold) over(now time.Time, sure bool, rate int64) bool {
	switch held := now.Sub(h.since); {
	case h.bytes > maxHoldBytes || len(h.units) >= maxHoldUnits || held > maxRush:
		return true
	case held < minHold:
		return false
	case held <= maxHold && !sure:
		return false
	}
	return !h.rushing(now, rate)
}

// rushing tells whether more of the past than of the present came, of late, and
// in all by more than a network that stalled explains.
func (h *hold) rushing(now time.Time, rate int64) bool {
	return h.ahead(now.Add(-minHold), rate) > 3*minHold/8 && h.ahead(h.since, rate) > minRush
}

// ahead returns by how much more timestamps of pictures progressed since a time
// than that took.
func (h *hold) ahead(since time.Time, rate int64) time.Duration {
	p := h.progress(since, rate)
	return nvr.Duration(p.stamped, uint32(rate)) - p.passed
}

// farStep is how far, in units, one timestamp may be from the next to count
// for how timestamps progress; else it strays, or they jump.
const farStep = 1 << 22

// progress is how far the timestamps of pictures went, in their units, how long
// that took to arrive, and over how many steps.
type progress struct {
	stamped int64
	passed  time.Duration
	steps   int
}

// progress measures the pictures that came since a time. Where most steps could
// be, the others are those to timestamps that stray, and back.
func (h *hold) progress(since time.Time, rate int64) progress {
	var all, sober progress
	var next *accessUnit
	for i := len(h.units) - 1; i >= 0 && (next == nil || !next.arrived.Before(since)); i-- {
		u := &h.units[i]
		if u.track != 0 {
			continue
		}
		if next != nil {
			step, passed := int64(int32(next.ts-u.ts)), next.arrived.Sub(u.arrived)
			all.passed += passed
			if step > -farStep && step < farStep {
				all.stamped += step
				all.steps++
			}
			if said := nvr.Duration(step, uint32(rate)); said >= -reorder && said <= passed+early {
				sober.stamped += step
				sober.steps++
			}
		}
		next = u
	}
	if all.steps > 2*sober.steps {
		return all
	}
	sober.passed = all.passed
	return sober
}

// heard is how much sound came in a time.
type heard struct {
	stamped, filled int64 // units, by timestamps and by lengths
	passed          time.Duration
	steps           int
}

// listen measures the sound that came since a time. Some cameras send what they
// heard for half a second at once, so it is measured up to where, in the later
// half, there was least of it.
func (h *hold) listen(since time.Time) (least heard) {
	var first, last *accessUnit
	for i := range h.units {
		if u := &h.units[i]; u.track == 1 && !u.arrived.Before(since) {
			if first == nil {
				first = u
			}
			last = u
		}
	}
	if first == nil {
		return heard{}
	}
	half := last.arrived.Sub(first.arrived) / 2
	var now heard
	before := first
	for i := range h.units {
		u := &h.units[i]
		if u.track != 1 || u.arrived.Before(since) || u == first {
			continue
		}
		if step := int64(int32(u.ts - before.ts)); step > -farStep && step < farStep {
			now.stamped += step
			now.steps++
		}
		now.filled += before.length
		now.passed = u.arrived.Sub(first.arrived)
		before = u
		if now.passed >= half && (least.steps == 0 || now.filled*int64(least.passed) <= least.filled*int64(now.passed)) {
			least = now
		}
	}
	return least
}

// judgePictures finds out whether the timestamps of pictures are times: those
// of cameras that count milliseconds, or that do not count, are told at once.
func (h *hold) judgePictures(video *clock, sound int64) {
	p := &video.pace
	if p.more != 0 || p.frozen {
		return
	}
	seen := h.progress(h.since, video.rate)
	arrived := video.units(int64(seen.passed))
	if seen.steps < enough || seen.passed < minHold {
		return
	}
	switch {
	case seen.stamped <= 0:
		p.frozen = true
	case seen.stamped < arrived/maxStretch:
		p.stretch(float64(arrived) / float64(seen.stamped))
	case seen.passed > maxRush-maxHold && !h.floods(sound):
		// What rushes for so long is no past.
		seen = h.progress(h.since.Add(maxHold), video.rate)
		if arrived = video.units(int64(seen.passed)); seen.stamped > 3*arrived/2 {
			p.stretch(float64(arrived) / float64(seen.stamped))
		}
	}
}

// floods tells whether sound comes faster than it lasts: then the network
// catches up, whatever comes by it.
func (h *hold) floods(rate int64) bool {
	s := h.listen(h.since.Add(maxHold))
	return rate > 0 && nvr.Duration(s.filled, uint32(rate)) > 3*s.passed/2
}

// judgeSound does the same for sound.
func (h *hold) judgeSound(k *content, rate int64) {
	s := h.listen(h.since)
	if s.steps < enough || s.passed < minHold {
		return
	}
	k.stamped, k.filled, k.suspect = s.stamped, s.filled, true
	k.judge(nvr.Units(s.passed, uint32(rate)))
}

// enough is how many steps have to be seen to judge them.
const enough = 4

// soundRate returns by which rate there is as much sound as time, if that is
// not the one that the camera says. ok tells whether enough came to say so. As
// a network stops stalling one track comes before the other, so another rate
// has to be seen for as long as what comes at once is worth.
func (h *hold) soundRate(now time.Time, said, video int64) (rate int64, ok bool) {
	all, newest := h.listen(h.since), h.listen(now.Add(-minHold))
	if all.passed < minHold/2 || newest.passed <= 0 {
		return said, false
	}
	p := h.progress(h.since, video)
	pictures := nvr.Duration(p.stamped, uint32(video))
	pauses := near(all.stamped, all.passed, said) && all.stamped > 3*all.filled/2
	if pauses || near(all.filled, all.passed, said) || near(newest.filled, newest.passed, said) ||
		near(all.filled, pictures, said) || pictures-p.passed > minRush {
		h.doubted = time.Time{}
		return said, true
	}
	if h.doubted.IsZero() {
		h.doubted = now
	}
	if all.passed < maxHold*3/4 || now.Sub(h.doubted) < minHold {
		return said, false
	}
	second := float64(all.filled) / all.passed.Seconds()
	best := said
	for _, r := range []int64{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000} {
		if math.Abs(second-float64(r)) < math.Abs(second-float64(best)) {
			best = r
		}
	}
	return best, true
}

// near tells whether so many units are about as long as a time.
func near(filled int64, passed time.Duration, rate int64) bool {
	sound := nvr.Duration(filled, uint32(rate))
	return 10*sound > 7*passed && 10*sound < 14*passed
}
