package rtsp

import "time"

const (
	// paceWindow is how long pictures are watched before they are judged: of
	// so many, one was delayed hardly at all.
	paceWindow = 5 * time.Second
	// maxAstray is how far a count may be from arrival before it is no time.
	// Less is what a slow network and the memory of a camera explain.
	maxAstray = 10 * time.Second
	// crystal is how much a count may be off in parts per million; the
	// recorder allows for it.
	crystal = 500
)

// pace finds out whether a count of RTP timestamps is one of time. Cameras are
// known that stamp each picture as if there were 25 a second, and send 15
// when it gets dark. Steps of such a count are scaled, so that it keeps to
// arrival.
type pace struct {
	more float64 // by which a step is longer than the camera says, as a part of it; 0 while it is believed

	far bool // what was counted in this run was no time

	// leads are how long after its count a picture arrived; the least one of a
	// window is that of the picture that was delayed least.
	began   time.Time // the run
	from    time.Duration
	windows int // at the present pace
	least   time.Duration
	before  time.Duration // in the window before
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
	p.from, p.before, p.least = now, p.least, lead
}

// judge draws conclusions from a window.
func (p *pace) judge(now, window time.Duration) {
	if p.from == 0 {
		p.first = p.least
	}
	off, grew := p.least-p.first, p.least-p.before
	p.far = off.Abs() > maxAstray+now*crystal/1_000_000
	if p.windows++; p.windows == 1 || p.more == 0 && !p.far {
		return // the least lead of the first window is that of its end, or of its beginning
	}
	p.windows = 0
	factor := float64(window) / float64(max(window-grew, window/64)) // as fast as it was in this window
	if !p.far {
		factor += float64(off) / float64(4*window) // and in the next four to where it should be
	}
	p.more = min(max((1+p.more)*factor, 1./64), 64) - 1
}

// begin begins a run, at the same pace.
func (p *pace) begin() { *p = pace{more: p.more} }

// scale returns what a step of the camera's count is worth.
func (p *pace) scale(step int64) int64 { return step + int64(float64(step)*p.more) }
