package ring

import (
	"context"
	"time"

	"nvrd/pkg/nvr"
)

const (
	// goesOn is how often it is told that a visit goes on, as of motion.
	goesOn = 5 * time.Second
	// keepVisit is how long the film of a visitor whom nobody answered is kept, also
	// where footage goes sooner: longer than a holiday.
	keepVisit = 30 * 24 * time.Hour
	// mostVisits is how many of them are kept of a camera: half an hour of film, so
	// that children who ring all day fill no disk.
	mostVisits = 20
)

// goOn tells that a visit goes on, so that cameras that keep events keep it, until
// somebody answered or it is over.
func (r *Rings) goOn(p nvr.Press) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.last[p.Camera]
	if last.At != p.At {
		return // they rang again, and that goes on
	}
	now := nvr.Now()
	switch visit := last.Visit(); {
	case last.Rings(), last.Outcome == nvr.RingMissed && now < visit.To:
		r.tell(last, nvr.RingEvent, nvr.Span{From: p.At, To: now})
		time.AfterFunc(goesOn, func() { r.goOn(p) })
	default:
		r.tell(last, nvr.RingEvent, nvr.Span{From: p.At, To: visit.To})
		if last.Outcome == nvr.RingMissed {
			r.leave(last)
		}
	}
}

// leave has the film of a visit kept that nobody answered. r.mu is held.
func (r *Rings) leave(p nvr.Press) {
	select {
	case r.visits <- p:
	default:
		r.log.Error("a visit is not kept: the disk does not keep up", "camera", p.Camera)
	}
}

func (r *Rings) tell(p nvr.Press, kind string, span nvr.Span) {
	r.publish(nvr.Event{Stream: nvr.StreamID{Camera: p.Camera}, Span: span, Kind: kind, Detail: p.Source})
}

// keep locks the footage of a visit. If it has sound, it is the visitor's message.
func (r *Rings) keep(p nvr.Press) {
	if r.hears != nil && r.hears(p.Camera) {
		r.tell(p, nvr.MessageEvent, p.Visit())
	}
	now := nvr.Now()
	l := nvr.Lock{Camera: p.Camera, Span: p.Visit(), Who: "Stoop", Why: nvr.WhyVisit, Made: now, Until: now.Add(keepVisit)}
	if err := r.store.LockNewest(context.Background(), l, mostVisits); err != nil {
		r.log.Error("a visit is not kept", "camera", p.Camera, "err", err)
	}
}
