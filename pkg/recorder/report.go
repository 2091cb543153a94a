package recorder

import (
	"time"

	"nvrd/pkg/nvr"
)

const (
	// near is how far what is seen here may be from what a camera reports: clocks,
	// and key frames that are 2 s apart.
	near = 5 * time.Second
	// unended is how long something that a camera does not say is over goes on.
	unended = 2 * time.Minute
	// overdue is how long after its end a report waits to be looked at: pictures come
	// out of the decoder within some seconds, or something is wrong.
	overdue = near + 10*time.Second
	// weighEvery is how often it is looked at what waits.
	weighEvery = 500 * time.Millisecond
	// mostReports are remembered of a camera; what comes beyond is kept.
	mostReports = 64
	// apart is how far small pictures may be apart for nothing to be missed between
	// them.
	apart = 5 * time.Second
)

// Unseen stands at the end of the detail of what a camera reported where zones are
// drawn, and could not be looked at.
const Unseen = " (not compared with the zones)"

// verdict is what becomes of a report.
type verdict uint8

const (
	waits verdict = iota
	kept
	keptUnseen
	leftOut
)

// report is something that a camera said that it saw.
type report struct {
	event   nvr.Event
	told    time.Time // when it was told of last
	over    bool
	verdict verdict
}

// Report takes what a camera itself says that it saw: motion, a person, a vehicle. It
// is published as all that happens, at once if no zones are drawn or pictures are not
// decoded. Where they are, it is as soon as something moves in the zones, and never
// if nothing does from 5 s before it until 5 s after its end, by pictures that were
// looked at all that time. What could not be looked at is published, and says so
// ([Unseen]). Of what is left out, its number is in [Recorder.Sight].
//
// An event is reported when it begins and when it ends, with the same camera, kind and
// beginning. Report is safe for concurrent use; it does not wait.
func (r *Recorder) Report(e nvr.Event) {
	c := r.scenes.get(e.Stream.Camera)
	if c == nil {
		r.publish(e)
		return
	}
	c.change(func() { c.report(e) })
}

// report is Report with c.mu held.
func (c *scene) report(e nvr.Event) {
	for _, r := range c.reports {
		if same := r.event.Kind == e.Kind && r.event.Detail == e.Detail; same && r.event.Span.From == e.Span.From {
			c.ended(r, e)
			return
		} else if same {
			r.over = true // it begins anew
		}
	}
	if c.zones.Empty() || e.Span.To > e.Span.From { // its beginning was published
		c.due = append(c.due, e)
		return
	}
	r := &report{event: e, told: time.Now()}
	if c.reports = append(c.reports, r); !c.room() {
		c.settle(r, keptUnseen)
		return
	}
	c.weigh()
}

// ended takes the end of what was reported.
func (c *scene) ended(r *report, e nvr.Event) {
	r.event.Span.To, r.over, r.told = max(r.event.Span.To, e.Span.To), true, time.Now()
	switch r.verdict {
	case waits:
		c.weigh()
	case leftOut:
		if c.moved(r) { // after it took so long that nothing more was expected
			c.left.add(-1)
			c.settle(r, kept)
		}
	default:
		c.settle(r, r.verdict)
	}
}

// room forgets what is decided and over, and then what is decided, the oldest first;
// it tells whether there is room.
func (c *scene) room() bool {
	for _, over := range []bool{true, false} {
		for i := 0; i < len(c.reports) && len(c.reports) > mostReports; {
			if r := c.reports[i]; r.verdict != waits && (r.over || !over) {
				c.reports = append(c.reports[:i], c.reports[i+1:]...)
			} else {
				i++
			}
		}
	}
	if len(c.reports) <= mostReports {
		return true
	}
	c.reports = c.reports[:mostReports] // its end is published as it comes
	return false
}

// weigh decides what can be decided of what waits, and looks again soon if something
// still does.
func (c *scene) weigh() {
	again := false
	for _, r := range c.reports {
		if r.verdict != waits {
			continue
		}
		if v := c.judgeReport(r); v != waits {
			c.settle(r, v)
		} else {
			again = true
		}
	}
	if again && c.weighing == nil {
		c.weighing = time.AfterFunc(weighEvery, func() {
			c.change(func() { c.weighing = nil; c.weigh() })
		})
	}
}

// judgeReport decides about one that waits.
func (c *scene) judgeReport(r *report) verdict {
	span, waited := r.event.Span, time.Since(r.told)
	over := r.over || waited > unended
	switch {
	case c.zones.Empty():
		return kept
	case c.sight.By != nvr.ByPictures || c.looked.From > span.From:
		return keptUnseen
	case c.moved(r):
		return kept
	case over && c.looked.To >= span.To.Add(near):
		return leftOut
	case over && waited > overdue:
		return keptUnseen
	}
	return waits
}

// moved tells whether something moved in the zones when a camera said so.
func (c *scene) moved(r *report) bool {
	own, span := c.motion.Span, r.event.Span
	return c.motion.Kind != "" && own.To >= span.From.Add(-near) && (!r.over || own.From <= span.To.Add(near))
}

// settle does what was decided.
func (c *scene) settle(r *report, v verdict) {
	r.verdict = v
	e := r.event
	switch v {
	case leftOut:
		c.left.add(1)
		c.left.last = max(c.left.last, e.Span.From)
		return
	case keptUnseen:
		e.Detail += Unseen
	}
	c.due = append(c.due, e)
}

// keepReports publishes what still waits, at the end of the program.
func (c *scene) keepReports() {
	c.change(func() {
		if c.weighing != nil {
			c.weighing.Stop()
		}
		for _, r := range c.reports {
			if r.verdict == waits {
				c.settle(r, keptUnseen)
			}
		}
	})
}

// tally counts by the hour what happened in the last day or so. It is in memory.
type tally struct {
	hours [24]struct {
		hour int64
		n    int
	}
	last nvr.Time
}

func hourNow() int64 { return time.Now().Unix() / 3600 }

func (t *tally) add(n int) {
	now := hourNow()
	h := &t.hours[now%24]
	if h.hour != now {
		h.hour, h.n = now, 0
	}
	h.n = max(0, h.n+n)
}

// sum returns how many there were in the last day.
func (t *tally) sum() (n int) {
	now := hourNow()
	for _, h := range t.hours {
		if now-h.hour < 24 {
			n += h.n
		}
	}
	return n
}

// glance is from when to when small pictures of a stream were looked at, without a
// stretch in which something could be missed.
type glance struct {
	from, to time.Duration
	any      bool
}

// add notes a picture; what was not judged by pictures was not looked at.
func (g *glance) add(at time.Duration, judged bool) {
	switch {
	case !judged:
		g.any = false
	case !g.any || at-g.to > apart || at < g.to:
		*g = glance{at, at, true}
	default:
		g.to = at
	}
}
