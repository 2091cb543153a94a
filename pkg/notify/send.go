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
)

// picture is one that may come: ready is closed when it is there, or is known not to be.
type picture struct {
	ready chan struct{}

	mu   sync.Mutex
	jpeg []byte // nil if there is none
}

// set has the picture be jpeg; with nil it is gone.
func (p *picture) set(jpeg []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.jpeg = jpeg
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
// at most 2 MB. The text does not wait for it. A picture is not kept over a restart.
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
	p := &picture{ready: make(chan struct{})}
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
			o.shown.keep(m, p)
		}
	})
	return p
}

// album keeps the last pictures for phones, which fetch them from here.
type album struct {
	mu  sync.Mutex
	all []Shown
}

// Shown is a picture of a message.
type Shown struct {
	Message string
	Camera  nvr.CameraID
	JPEG    []byte
	at      time.Time
	of      nvr.Span // within which it was taken
	picture *picture
}

const (
	maxShown  = 16 // of at most 2 MB; usually 16 of 100 kB
	shownLife = time.Hour
)

func (a *album) keep(m Message, p *picture) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	a.all = append(a.all, Shown{m.ID, m.Camera, p.get(), now, nvr.Span{From: m.At, To: nvr.TimeOf(now) + 1}, p})
	if len(a.all) > maxShown {
		a.all = append([]Shown(nil), a.all[len(a.all)-maxShown:]...)
	}
}

// Forget forgets the pictures of messages that may have been taken of a camera within
// a span, also those that are still to be sent. What left stays where it is.
func (o *Outbox) Forget(camera nvr.CameraID, span nvr.Span) {
	o.shown.mu.Lock()
	defer o.shown.mu.Unlock()
	o.shown.all = slices.DeleteFunc(o.shown.all, func(s Shown) bool {
		gone := s.Camera == camera && s.of.Overlaps(span)
		if gone {
			s.picture.set(nil)
		}
		return gone
	})
}

// Picture returns the picture of a message, which is kept in memory for an hour. It
// fails with [nvr.ErrNotFound] if there is none.
func (o *Outbox) Picture(message string) (Shown, error) {
	o.shown.mu.Lock()
	defer o.shown.mu.Unlock()
	for i := len(o.shown.all) - 1; i >= 0; i-- {
		if s := o.shown.all[i]; s.Message == message && time.Since(s.at) < shownLife {
			return s, nil
		}
	}
	return Shown{}, fmt.Errorf("there is no picture of this message: %w", nvr.ErrNotFound)
}
