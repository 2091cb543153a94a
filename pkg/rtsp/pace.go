package rtsp

import "time"

const (
	// paceWindow is how long pictures are watched before they are judged: of
	// so many, one was delayed hardly at all.
	paceWindow = 5 * time.Second
	// maxBehind is how far a count may be behind arrival before it is no time.
	// Less is what a slow network and the memory of a camera explain.
	maxBehind = 10 * time.Second
	// maxBefore is how far it may be ahead: no picture arrives early, but the
	// first ones of a run may have been late.
	maxBefore = 4 * time.Second
	// crystal is how much a count may be off in parts per million; the
	// recorder allows for it.
	crystal = 500
	// maxPace bounds how much longer or shorter steps become by one judgement.
	maxPace = 8
	// maxScale bounds it in all: milliseconds are 90 times too short.
	maxScale = 128
	// maxStretch is how much slower than time a count may begin to go before it
	// is known at once to be none; less may be a network that is too slow.
	maxStretch = 8
)

// pace finds out whether a count of RTP timestamps is one of time. Cameras are
// known that stamp each picture as if there were 25 a second, and send 15
// when it gets dark. Steps of such a count are scaled, so that it keeps to
// arrival.
type pace struct {
	more   float64 // by which a step is longer than the camera says, as a part of it; 0 while it is believed
	frozen bool    // the camera does not count at all, pictures are as far apart as they arrive

	far bool // what was counted in this run was no time

	// leads are how long after its count a picture arrived; the least one of a
	// window is that of the picture that was delayed least.
	began   time.Time // the run
	from    time.Duration
	windows int // at the present pace
	least   time.Duration
	opened  time.Duration // the one that it began with
	before  time.Duration // in the window before
	grew    time.Duration // up to there
	first   time.Duration // in the run's first window
}

// see takes note of a picture.
func (p *pace) see(arrived time.Time, counted time.Duration) {
	if p.began.IsZero() {
		p.began, p.least = arrived, -counted
	}
	now := arrived.Sub(p.began)
	lead := now - counted
	if now-p.from < paceWindow {
		p.least = min(p.least, lead)
		return
	}
	p.judge(now, now-p.from)
	p.from, p.before, p.least, p.opened = now, p.least, lead, lead
}

// ahead returns how much too far ahead of arrival a count is that is known to
// be none of time.
func (p *pace) ahead(arrived time.Time, counted time.Duration) time.Duration {
	if p.from == 0 {
		return 0
	}
	return max(p.first-maxBefore-(arrived.Sub(p.began)-counted), 0)
}

// judge draws conclusions from a window.
func (p *pace) judge(now, window time.Duration) {
	if p.from == 0 {
		p.first, p.before = p.least, p.least
	}
	off, grew := p.least-p.first, p.least-p.before
	steadily := smaller(grew, p.grew) // a pause, or a network that became slower, is not a pace
	p.grew = grew
	// The least lead of the first window at a pace is that of its end, or of
	// its beginning: only of the two behind it is known how they went.
	if p.windows++; p.windows < 3 {
		return
	}
	allowed := now / 1_000_000 * crystal
	catchingUp := p.opened-p.least > window/8 // as a network does that stood still
	p.far = off > maxBehind+allowed && !catchingUp || off < -maxBefore-allowed
	if p.more == 0 && (!p.far || steadily.Abs() < time.Duration(float64(off.Abs())*window.Seconds()/now.Seconds()/2)) {
		return // it is a time, or was interrupted and goes on as one
	}
	if steadily >= window { // it stands, or goes back
		p.frozen = true
		return
	}
	factor := float64(window) / float64(max(window-steadily, 1)) // as fast as it went
	if !p.far {
		factor += float64(off) / float64(8*window) // and in the next eight to where it should be
	}
	p.stretch(bound(factor))
	p.windows = 0
}

// smaller returns that of two growths of which both are at least.
func smaller[T ~int64](a, b T) T {
	switch {
	case a > 0 && b > 0:
		return min(a, b)
	case a < 0 && b < 0:
		return max(a, b)
	}
	return 0
}

func bound(factor float64) float64 { return min(max(factor, 1./maxPace), maxPace) }

// stretch makes steps longer by a factor.
func (p *pace) stretch(factor float64) {
	p.more = min(max((1+p.more)*factor, 1./maxScale), maxScale) - 1
}

// begin begins a run, at the same pace.
func (p *pace) begin() { *p = pace{more: p.more, frozen: p.frozen} }

// scale returns what a step of the camera's count is worth.
func (p *pace) scale(step int64) int64 { return step + int64(float64(step)*p.more) }
