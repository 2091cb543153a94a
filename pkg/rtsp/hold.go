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
	stamped, passed, _ := h.progress(0, since)
	return nvr.Duration(stamped, uint32(rate)) - passed
}

// farStep is how far, in units, one timestamp may be from the next to count
// for how timestamps progress; else it strays, or they jump.
const farStep = 1 << 22

// progress returns how far the timestamps of a track went since a time, in its
// units, how long that took to arrive, and over how many steps.
func (h *hold) progress(track int, since time.Time) (stamped int64, passed time.Duration, steps int) {
	var last, next *accessUnit
	for i := len(h.units) - 1; i >= 0 && (next == nil || !next.arrived.Before(since)); i-- {
		u := &h.units[i]
		if u.track != track {
			continue
		}
		if next == nil {
			last = u
		} else if step := int64(int32(next.ts - u.ts)); step > -farStep && step < farStep {
			stamped += step
			steps++
		}
		next = u
	}
	if last == nil {
		return 0, 0, 0
	}
	return stamped, last.arrived.Sub(next.arrived), steps
}

// filled returns how much sound came since a time, in units and without the
// newest frame, and how long that took.
func (h *hold) filled(since time.Time) (filled int64, passed time.Duration) {
	var first, last *accessUnit
	for i := range h.units {
		u := &h.units[i]
		if u.track != 1 || u.arrived.Before(since) {
			continue
		}
		if first == nil {
			first = u
		} else {
			filled += last.length
		}
		last = u
	}
	if first == nil {
		return 0, 0
	}
	return filled, last.arrived.Sub(first.arrived)
}

// judgePictures finds out whether the timestamps of pictures are times: those
// of cameras that count milliseconds, or that do not count, are told at once.
func (h *hold) judgePictures(p *pace, rate int64) {
	if p.more != 0 || p.frozen {
		return
	}
	stamped, passed, steps := h.progress(0, h.since)
	arrived := nvr.Units(passed, uint32(rate))
	if steps < enough || passed < minHold {
		return
	}
	switch {
	case stamped <= 0:
		p.frozen = true
	case stamped < arrived/maxStretch:
		p.stretch(float64(arrived) / float64(stamped))
	case passed > maxRush-maxHold:
		// What rushes for so long is no past.
		stamped, passed, _ = h.progress(0, h.since.Add(maxHold))
		if arrived = nvr.Units(passed, uint32(rate)); stamped > 3*arrived/2 {
			p.stretch(float64(arrived) / float64(stamped))
		}
	}
}

// judgeSound does the same for sound.
func (h *hold) judgeSound(k *content, rate int64) {
	stamped, passed, steps := h.progress(1, h.since)
	if steps < enough || passed < minHold {
		return
	}
	k.stamped = stamped
	k.filled, _ = h.filled(h.since)
	k.judge(nvr.Units(passed, uint32(rate)))
}

// enough is how many steps have to be seen to judge them.
const enough = 4

// soundRate returns by which rate there is as much sound as time, if that is
// not the one that the camera says. ok tells whether enough came to say so.
func (h *hold) soundRate(now time.Time, said, video int64) (rate int64, ok bool) {
	all, whole := h.filled(h.since)
	newest, tail := h.filled(now.Add(-minHold))
	if whole < minHold/2 || tail <= 0 {
		return said, false
	}
	if near(all, whole, said) || near(newest, tail, said) || h.ahead(h.since, video) > minRush {
		return said, true
	}
	if whole < maxHold*3/4 {
		return said, false
	}
	seconds := whole.Seconds()
	best := said
	for _, r := range []int64{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000} {
		if math.Abs(float64(all)/seconds-float64(r)) < math.Abs(float64(all)/seconds-float64(best)) {
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
