package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

const (
	// maxPicture is above any JPEG of a camera's picture.
	maxPicture = 2 << 20
	// pictureTime is how long a picture may take; later it is worth little.
	pictureTime = 15 * time.Second
	// PictureAge is by how much a picture may be of another moment than what is told:
	// one of longer before or after does not show it.
	PictureAge = 30 * time.Second
)

// picture is one that may come: ready is closed when it is there, or is known not to be.
type picture struct {
	camera nvr.CameraID
	since  nvr.Time // it shows a moment from then on
	ready  chan struct{}

	mu        sync.Mutex
	jpeg      []byte   // nil if there is none
	until     nvr.Time // the moment is before that; 0 while it is taken
	forgotten bool     // the footage of that moment was deleted
}

// set has the picture be jpeg, unless it was forgotten meanwhile.
func (p *picture) set(jpeg []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = nvr.Now() + 1
	if !p.forgotten {
		p.jpeg = jpeg
	}
}

// forget has the picture be none, now and later, if it may show a camera within a
// span, and tells whether it may.
func (p *picture) forget(camera nvr.CameraID, span nvr.Span) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	until := p.until
	if until == 0 {
		until = nvr.Now() + 1
	}
	if p.camera != camera || !(nvr.Span{From: p.since, To: until}).Overlaps(span) {
		return false
	}
	p.jpeg, p.forgotten = nil, true
	return true
}

// get returns the picture, or nil.
func (p *picture) get() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.jpeg
}

// Send hands a message to every channel that takes its kind and is not paused, at
// once and side by side, and returns when it is written down: from then on it is
// delivered, also after a crash, until it is not worth telling any more (a ring for
// a minute, then it is a missed one; anything else for an hour). A channel may get it
// twice, with the same ID. A message takes the place of the one before with its ID.
//
// Picture, which may be nil, is called once, for at most 15 s; it returns a JPEG of
// at most 2 MB, of a moment within [PictureAge] of that of m. The text does not wait
// for it. A picture is not kept over a restart.
//
// With an error it is not written down, and is still tried once. Send may be called
// from several goroutines.
func (o *Outbox) Send(ctx context.Context, m Message, taken func(context.Context) ([]byte, error)) error {
	if m.ID == "" || m.Kind == "" {
		return fmt.Errorf("a message needs an ID and a kind: %w", nvr.ErrInvalid)
	}
	m = m.fitting()
	o.changing.RLock()
	defer o.changing.RUnlock()
	return o.send(ctx, m, o.lines(func(c household.Channel) bool { return !c.Paused && takes(c, m) }), taken)
}

// takes tells whether a channel wants a message. Who gets rings gets to know of
// their end.
func takes(c household.Channel, m Message) bool {
	for _, kind := range c.Events {
		if kind == m.Kind {
			return true
		}
	}
	return false
}

// send is Send to lines that are there already. The caller holds changing, or is one of them.
func (o *Outbox) send(ctx context.Context, m Message, to []*line, taken func(context.Context) ([]byte, error)) error {
	if len(to) == 0 {
		return nil
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	now := time.Now()
	var shot *picture
	if taken != nil && !m.Gone {
		shot = o.shoot(m, taken)
	}
	jobs := make([]*job, len(to))
	rows := make([]household.Delivery, len(to))
	for i, l := range to {
		jobs[i] = &job{m: m, picture: shot, next: now, expires: now.Add(lifeOf(m))}
		rows[i] = household.Delivery{Channel: l.id, MessageID: m.ID, Message: text, Next: nvr.TimeOf(now), Expires: nvr.TimeOf(jobs[i].expires)}
		l.put(jobs[i])
	}
	ids, err := o.c.Home.AddDeliveries(ctx, rows)
	if err != nil {
		o.c.Log.Error("a message would not outlive a restart", "err", err)
		return err
	}
	for i, l := range to {
		l.written(jobs[i], ids[i])
	}
	return nil
}

// shoot begins to take a picture.
func (o *Outbox) shoot(m Message, taken func(context.Context) ([]byte, error)) *picture {
	p := &picture{camera: m.Camera, since: m.At.Add(-PictureAge), ready: make(chan struct{})}
	o.shown.keep(m.ID, p) // also before it is there: it may be forgotten meanwhile
	o.running.Go(func() {
		defer close(p.ready)
		ctx, cancel := context.WithTimeout(o.ctx, pictureTime)
		defer cancel()
		jpeg, err := taken(ctx)
		switch {
		case err != nil:
			o.c.Log.Debug("no picture for a message", "err", err)
		case len(jpeg) > maxPicture || len(jpeg) < 4 || jpeg[0] != 0xff || jpeg[1] != 0xd8:
			o.c.Log.Warn("a picture for a message is no JPEG of a size that can be sent", "bytes", len(jpeg))
		default:
			p.set(jpeg)
		}
		if p.get() == nil {
			o.shown.drop(func(other *picture) bool { return other == p })
		}
	})
	return p
}

// album keeps the last pictures for phones, which fetch them from here.
type album struct {
	mu  sync.Mutex
	all []kept
}

type kept struct {
	message string
	at      time.Time
	*picture
}

// Shown is a picture of a message.
type Shown struct {
	Camera nvr.CameraID
	JPEG   []byte
}

const (
	maxShown  = 16 // of at most 2 MB; usually 16 of 100 kB
	shownLife = time.Hour
)

func (a *album) keep(message string, p *picture) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, kept{message, time.Now(), p})
	if len(a.all) > maxShown {
		a.all = append([]kept(nil), a.all[len(a.all)-maxShown:]...)
	}
}

func (a *album) drop(which func(*picture) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = slices.DeleteFunc(a.all, func(k kept) bool { return which(k.picture) })
}

// Forget forgets the pictures of messages that may have been taken of a camera within
// a span, also those that are being taken or still to be sent. What left stays where
// it is.
func (o *Outbox) Forget(camera nvr.CameraID, span nvr.Span) {
	forget := func(p *picture) bool { return p.forget(camera, span) }
	o.shown.drop(forget)
	for _, l := range o.lines(func(household.Channel) bool { return true }) {
		l.mu.Lock()
		for _, j := range l.jobs {
			if j.picture != nil {
				forget(j.picture)
			}
		}
		l.mu.Unlock()
	}
}

// Picture returns the picture of a message, which is kept in memory for an hour. It
// fails with [nvr.ErrNotFound] if there is none.
func (o *Outbox) Picture(message string) (Shown, error) {
	o.shown.mu.Lock()
	defer o.shown.mu.Unlock()
	for i := len(o.shown.all) - 1; i >= 0; i-- {
		k := o.shown.all[i]
		if jpeg := k.get(); k.message == message && jpeg != nil && time.Since(k.at) < shownLife {
			return Shown{k.camera, jpeg}, nil
		}
	}
	return Shown{}, fmt.Errorf("there is no picture of this message: %w", nvr.ErrNotFound)
}
