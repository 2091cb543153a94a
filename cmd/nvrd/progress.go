package main

import (
	"fmt"
	"io"
	"time"
)

// progress tells people how far a long command is: a line each second.
type progress struct {
	w        io.Writer
	what     string
	start    time.Time
	told     time.Time
	lastDone int
	lastAt   time.Time
}

func newProgress(w io.Writer, what string) *progress {
	now := time.Now()
	return &progress{w: w, what: what, start: now, told: now, lastAt: now}
}

// tell is told how many files of how many are done.
func (p *progress) tell(done, total int) {
	now := time.Now()
	if now.Sub(p.told) < time.Second {
		return
	}
	rate := float64(done-p.lastDone) / now.Sub(p.lastAt).Seconds()
	if done < p.lastDone { // the next stream
		rate = 0
	}
	p.told, p.lastDone, p.lastAt = now, done, now
	// Who watches the log is told; a terminal that went away does not matter.
	_, _ = fmt.Fprintf(p.w, "%s: %d of %d files, %.0f a second\n", p.what, done, total, rate)
}
