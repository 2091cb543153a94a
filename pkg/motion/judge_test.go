package motion

import (
	"fmt"
	"math"
)

// tally is how well a detector did.
type tally struct {
	motions, own, missed int     // motions; with an event of their own; without any
	events, right        int     // events; those in which something moved
	still, called        float64 // seconds without motion; those that an event covers
	late                 float64 // seconds, of those with an event of their own
	seconds, cpu         float64
	decoding             float64 // seconds of CPU time of ffmpeg
	later, on            float64 // those after the first minute, and how long that is
}

func (a *tally) add(b tally) {
	a.motions, a.own, a.missed = a.motions+b.motions, a.own+b.own, a.missed+b.missed
	a.events, a.right = a.events+b.events, a.right+b.right
	a.still, a.called, a.late = a.still+b.still, a.called+b.called, a.late+b.late
	a.seconds, a.cpu = a.seconds+b.seconds, a.cpu+b.cpu
	a.decoding, a.later, a.on = a.decoding+b.decoding, a.later+b.later, a.on+b.on
}

func (a tally) String() string {
	return fmt.Sprintf("own %3d/%-3d %5.1f %%  missed %3d  right %3d/%-3d %5.1f %%  stillness called motion %4.1f %%  late %3.1f s  cpu %.4f %%, decoding %.2f %%, after the first minute %.2f %%",
		a.own, a.motions, 100*float64(a.own)/max(1, float64(a.motions)), a.missed,
		a.right, a.events, 100*float64(a.right)/max(1, float64(a.events)),
		100*a.called/max(1, a.still), a.late/max(1, float64(a.own)), 100*a.cpu/max(1, a.seconds), 100*a.decoding/max(1, a.seconds), 100*a.later/max(1, a.on))
}

// slack is how far an event may be from a motion and still be of it.
const slack = 1.0

// count compares events with what moved. An event of its own is the only one of
// its motion, and has no other.
func count(truth, events []span, from, length float64) (a tally) {
	a.motions, a.events = len(truth), len(events)
	a.seconds = length
	near := func(m, e span) bool { return e.from < m.to+slack && e.to > m.from-slack }
	for _, m := range truth {
		var of []span
		for _, e := range events {
			if near(m, e) {
				of = append(of, e)
			}
		}
		switch {
		case len(of) == 0:
			a.missed++
		case len(of) == 1:
			shared := 0
			for _, o := range truth {
				if near(o, of[0]) {
					shared++
				}
			}
			if shared == 1 {
				a.own++
				a.late += math.Max(0, of[0].from-m.from)
			}
		}
	}
	a.still = length - from
	for _, m := range truth {
		a.still -= m.to - m.from
	}
	for _, e := range events {
		covered := e.to - e.from
		right := false
		for _, m := range truth {
			covered -= math.Max(0, math.Min(m.to, e.to)-math.Max(m.from, e.from))
			right = right || near(m, e)
		}
		a.called += covered
		if right {
			a.right++
		}
	}
	return a
}
