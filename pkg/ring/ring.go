// Package ring rings when the button of a doorbell is pressed, whoever tells of it,
// until somebody answers or nobody does. It makes one ring of the same press told
// twice, tells all who listen what becomes of it, and writes that down.
//
// A press is told to everybody before it is on disk: who stands at the door does not
// wait for one. So a kill within the next moments loses that it rang, and no more;
// the event that it is goes its own way ([nvr.RingEvent]).
package ring

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
	"unicode/utf8"

	"nvrd/pkg/nvr"
)

// Store is where presses are written down and looked up; a [household.DB] is one.
type Store interface {
	SavePress(ctx context.Context, p nvr.Press) error
	OpenPresses(ctx context.Context) ([]nvr.Press, error)
	SeePresses(ctx context.Context, camera nvr.CameraID, until nvr.Time) error
	Presses(ctx context.Context, limit int) ([]nvr.Press, error)
	MissedPresses(ctx context.Context, limit int) ([]nvr.Press, error)
	LockNewest(ctx context.Context, l nvr.Lock, most int) error
}

const (
	// late is how old a press may be and still ring: messages of devices take
	// seconds, and nobody waits longer at a door.
	late = nvr.RingFor
	// waiting is how many changes may wait for the disk, or for one who listens:
	// more than hands can press.
	waiting = 64
	// maxWho is the length of a name in bytes.
	maxWho = 64
)

// Rings are the rings of a home. Its methods are safe for concurrent use, and none
// but See, Run, Latest and Missed waits for a disk.
type Rings struct {
	store   Store
	publish func(nvr.Event)
	hears   func(nvr.CameraID) bool
	log     *slog.Logger

	mu        sync.Mutex
	last      map[nvr.CameraID]nvr.Press // the newest of each camera
	listeners map[*Listener]struct{}
	changes   chan nvr.Press // to be written down
	visits    chan nvr.Press // of which the footage is to be kept
}

// New returns the rings of a home, which are written down while Run runs. Publish is
// told of each press as an event, and of the message of a visitor whom nobody
// answered; hears, which
// Run calls, tells whether what is said at a camera is recorded; nil if nothing is.
func New(store Store, publish func(nvr.Event), hears func(nvr.CameraID) bool, log *slog.Logger) *Rings {
	return &Rings{
		store: store, publish: publish, hears: hears, log: log,
		last:      map[nvr.CameraID]nvr.Press{},
		listeners: map[*Listener]struct{}{}, changes: make(chan nvr.Press, waiting), visits: make(chan nvr.Press, waiting),
	}
}

// Run writes down what becomes of rings until ctx ends, and what is still to be
// written then. What rang when the program was killed goes on at first.
func (r *Rings) Run(ctx context.Context) {
	if err := r.goBack(ctx); err != nil {
		r.log.Error("what rang in an earlier life is not known", "err", err)
	}
	for {
		select {
		case p := <-r.changes:
			r.save(p)
		case p := <-r.visits:
			r.keep(p)
		case <-ctx.Done():
			for {
				select {
				case p := <-r.changes:
					r.save(p)
				default:
					return
				}
			}
		}
	}
}

// save is not ended with the program: what rang at the end is to be found later.
func (r *Rings) save(p nvr.Press) {
	if err := r.store.SavePress(context.Background(), p); err != nil {
		r.log.Error("a ring is not written down", "camera", p.Camera, "err", err)
	}
}

// Press rings, and returns the press: an earlier one if that was less than
// [nvr.OneRing] before, whoever told of it. At is when the button was pressed; what
// is told too late rings no more and was missed.
func (r *Rings) Press(camera nvr.CameraID, source string, at nvr.Time) nvr.Press {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := nvr.Now()
	at = min(at, now)
	last, ok := r.last[camera]
	if ok && at < last.At.Add(nvr.OneRing) && last.At <= now { // else this clock was set back
		return last // one that is told late is older
	}
	switch {
	case ok && last.Rings():
		r.end(last, nvr.RingAgain, "")
	case ok && last.Outcome == nvr.RingMissed && now < last.Visit().To:
		r.leave(last)
	}
	p := r.begin(nvr.Press{Camera: camera, At: at, Source: source}, now)
	r.tell(p, nvr.RingEvent, nvr.Span{From: at, To: at})
	return p
}

// begin rings from now on, until somebody answers or nobody did; what was pressed too
// long ago, or by another clock, was missed. r.mu is held.
func (r *Rings) begin(p nvr.Press, now nvr.Time) nvr.Press {
	time.AfterFunc(goesOn, func() { r.goOn(p) })
	age := now.Sub(p.At)
	if age < 0 || age >= late {
		return r.end(p, nvr.RingMissed, "")
	}
	r.set(p)
	time.AfterFunc(nvr.RingFor-age, func() { r.miss(p) })
	return p
}

// goBack takes up what rang when the program was killed. A camera where somebody rang
// since then is told of that alone.
func (r *Rings) goBack(ctx context.Context) error {
	open, err := r.store.OpenPresses(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range open { // the newest first
		if _, newer := r.last[p.Camera]; newer {
			p.End, p.Outcome, p.Seen = p.At, nvr.RingAgain, true
			r.write(p)
			continue
		}
		r.begin(p, nvr.Now())
	}
	return nil
}

// miss ends a ring that nobody answered, if it still rings.
func (r *Rings) miss(p nvr.Press) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last := r.last[p.Camera]; last.At == p.At && last.Rings() {
		r.end(last, nvr.RingMissed, "")
	}
}

// Answer ends a ring for all: somebody, who may say their name, goes to the door or
// talks. It fails with [nvr.ErrNotFound] if that was not the latest ring of the
// camera, and with [nvr.ErrExists] if it rings no more, as the press that it returns
// tells.
func (r *Rings) Answer(camera nvr.CameraID, at nvr.Time, who string) (nvr.Press, error) {
	if len(who) > maxWho || !utf8.ValidString(who) {
		return nvr.Press{}, fmt.Errorf("who answers is a name of at most %d bytes: %w", maxWho, nvr.ErrInvalid)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p, ok := r.last[camera]
	switch {
	case !ok || p.At != at:
		return nvr.Press{}, fmt.Errorf("there is no such ring: %w", nvr.ErrNotFound)
	case p.Outcome == nvr.RingAnswered:
		return p, fmt.Errorf("somebody answered already: %w", nvr.ErrExists)
	case !p.Rings():
		return p, fmt.Errorf("it rings no more: %w", nvr.ErrExists)
	}
	return r.end(p, nvr.RingAnswered, who), nil
}

// Last returns the newest press at a camera of this life of the program.
func (r *Rings) Last(camera nvr.CameraID) (p nvr.Press, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, ok = r.last[camera]
	return p, ok
}

// See notes that somebody knows of the rings of a camera up to a time.
func (r *Rings) See(ctx context.Context, camera nvr.CameraID, until nvr.Time) error {
	r.mu.Lock()
	if p, ok := r.last[camera]; ok && p.At <= until && !p.Seen && !p.Rings() {
		p.Seen = true
		r.set(p)
	}
	r.mu.Unlock()
	return r.store.SeePresses(ctx, camera, until)
}

// end ends a ring. r.mu is held.
func (r *Rings) end(p nvr.Press, outcome nvr.Outcome, who string) nvr.Press {
	p.End, p.Outcome, p.Who = max(nvr.Now(), p.At), outcome, who
	p.Seen = p.Seen || outcome != nvr.RingMissed
	r.set(p)
	return p
}

// set tells everybody of a press as it is now. r.mu is held.
func (r *Rings) set(p nvr.Press) {
	r.last[p.Camera] = p
	for l := range r.listeners {
		select {
		case l.changes <- p:
		default:
			r.drop(l)
		}
	}
	r.write(p)
}

// write has a press written down as it is now.
func (r *Rings) write(p nvr.Press) {
	select {
	case r.changes <- p:
	default:
		r.log.Error("a ring is not written down: the disk does not keep up", "camera", p.Camera)
	}
}
