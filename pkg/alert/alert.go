// Package alert decides what of all that happens is told to the household, and tells
// it by the outbox, with why. Rings are told at once and always; anything else only
// once somebody asked for it, in the modes of the house that were named, not in quiet
// hours, and no more of it than people can hear without fear: once for each event,
// not again within a cooldown, and within a budget for each camera and hour. What is
// held can come once a day as a digest.
//
// What was told lately, and what is to come in the digest, is in memory: a restart
// begins anew, and what was told before it may be told once more, in the place of the
// earlier message. What was handed to the outbox outlives a crash.
package alert

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"sync"
	"time"

	"nvrd/pkg/event"
	"nvrd/pkg/household"
	"nvrd/pkg/notify"
	"nvrd/pkg/nvr"
	"nvrd/pkg/ring"
)

// Outbox delivers messages; a [notify.Outbox] does.
type Outbox interface {
	Send(ctx context.Context, m notify.Message, picture func(context.Context) ([]byte, error)) error
}

// Pictures makes pictures for messages.
type Pictures interface {
	// Newest returns a JPEG of the newest key frame of a camera, and when that was taken.
	Newest(ctx context.Context, camera nvr.CameraID) (jpeg []byte, taken nvr.Time, err error)
}

// Config is what Alerts need.
type Config struct {
	Home     *household.DB
	Events   *event.Bus
	Rings    *ring.Rings
	Outbox   Outbox
	Pictures Pictures                    // nil if there are none
	Words    func(language string) Words // of a household that chose one of [household.Languages], or none
	Log      *slog.Logger
}

const (
	kept = 200 // of what was decided lately: what a page shows
	// pause is before listening again after having been let go, so that a bus that
	// is closed costs nothing.
	pause = 100 * time.Millisecond
)

// Alerts tells a household what happens. Its methods are safe for concurrent use.
type Alerts struct {
	c Config

	mu     sync.Mutex
	known  known
	lately Lately
	recent []Item // the newest last
	counts map[household.Alerted]int
	since  nvr.Time // when the last digest was due, or counting began
}

// known is what the household set, as it was read last.
type known struct {
	rules household.AlertRules
	home  household.Home
	zone  *time.Location
	names map[nvr.CameraID]string
}

// Item is something that was told or held.
type Item struct {
	Message    string // the ID of the message; empty if it was held
	At         nvr.Time
	Camera     nvr.CameraID
	CameraName string
	Kind       string
	Why        string // in the language of the household
	Decision
}

// New returns alerts, which are told while Run runs.
func New(c Config) *Alerts {
	return &Alerts{
		c: c, known: known{rules: household.DefaultAlerts(), zone: time.Local},
		counts: map[household.Alerted]int{}, since: nvr.Now(),
	}
}

// Run tells what happens until ctx ends.
func (a *Alerts) Run(ctx context.Context) {
	if _, err := a.read(ctx); err != nil && ctx.Err() == nil {
		a.c.Log.Error("what is to be told cannot be read, so rings are", "err", err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		a.c.Home.KeepUp(ctx, a.read, func(err error) { a.c.Log.Error("what is to be told cannot be read", "err", err) })
	})
	running.Go(func() { a.hear(ctx) })
	running.Go(func() { a.watch(ctx) })
	running.Go(func() { a.digests(ctx) })
	running.Wait()
}

// read looks at what the household set.
func (a *Alerts) read(ctx context.Context) (until nvr.Time, err error) {
	k := known{names: map[nvr.CameraID]string{}}
	if k.rules, err = a.c.Home.Alerts(ctx); err != nil {
		return 0, err
	}
	if k.home, err = a.c.Home.Home(ctx); err != nil {
		return 0, err
	}
	if k.zone, err = k.home.Zone(); err != nil {
		return 0, err
	}
	cameras, err := a.c.Home.Cameras(ctx)
	if err != nil {
		return 0, err
	}
	for _, c := range cameras {
		k.names[c.ID] = c.Name
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if k.rules.Digest != a.known.rules.Digest {
		a.since = nvr.Now()
		clear(a.counts)
	}
	a.known = k
	return 0, nil
}

// words are those of the language that the household chose. a.mu is held.
func (a *Alerts) words() Words { return a.c.Words(a.known.home.Language) }

// decide decides about an event, and remembers that.
func (a *Alerts) decide(e nvr.Event) (d Decision, why, camera string, words Words) {
	a.mu.Lock()
	defer a.mu.Unlock()
	words = a.words()
	now := nvr.Now()
	mode, _ := a.known.home.ModeAt(now, a.known.zone)
	d = Decide(a.known.rules, mode, now.Std().In(a.known.zone), &a.lately, e)
	a.lately.Note(e, d, now)
	camera = or(a.known.names[e.Stream.Camera], e.Stream.Camera.String())
	if d.Again {
		return d, "", camera, words
	}
	why = words.Because(d)
	var message string
	if d.Tell {
		message = messageOf(e)
	}
	a.keep(Item{Message: message, At: now, Camera: e.Stream.Camera, CameraName: camera, Kind: e.Kind, Why: why, Decision: d})
	if of := (household.Alerted{Camera: e.Stream.Camera, Kind: e.Kind}); !d.Tell && a.known.rules.Digest != household.NoDigest {
		if _, ok := a.counts[of]; ok || len(a.counts) < remembered { // kinds are whatever programs say
			a.counts[of]++
		}
	}
	return d, why, camera, words
}

// keep puts something in the list of what was decided lately. a.mu is held.
func (a *Alerts) keep(i Item) {
	if len(a.recent) == kept {
		a.recent = slices.Delete(a.recent, 0, 1)
	}
	a.recent = append(a.recent, i)
}

// Recent returns the last 200 that were told or held, the newest first.
func (a *Alerts) Recent() []Item {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := slices.Clone(a.recent)
	slices.Reverse(all)
	return all
}

// watch tells of events, also of those that were published while it was let go.
func (a *Alerts) watch(ctx context.Context) {
	var last nvr.Time
	for ctx.Err() == nil {
		s := a.c.Events.Subscribe(last)
		if !s.Whole {
			a.c.Log.Warn("too much happened at once: some of it is not told")
		}
		for _, p := range s.Missed {
			a.event(ctx, p.Event)
			last = p.At
		}
		last = a.follow(ctx, s, last)
		s.Close()
		wait(ctx, pause)
	}
}

// follow tells of events until ctx ends or it is let go, and returns when the last
// was published.
func (a *Alerts) follow(ctx context.Context, s *event.Subscription, last nvr.Time) nvr.Time {
	for {
		select {
		case <-ctx.Done():
			return last
		case p, ok := <-s.Events():
			if !ok {
				return last
			}
			a.event(ctx, p.Event)
			last = p.At
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// event tells of an event but a ring, which is heard of by itself.
func (a *Alerts) event(ctx context.Context, e nvr.Event) {
	if e.Kind == nvr.RingEvent {
		return
	}
	d, why, camera, words := a.decide(e)
	if !d.Tell {
		return
	}
	id := e.Stream.Camera
	link := "/cameras/" + id.String()
	if e.Kind == nvr.MessageEvent { // the film of it is the message
		link += "?" + url.Values{"from": {e.Span.From.String()}, "to": {e.Span.To.String()}}.Encode()
	}
	a.send(ctx, notify.Message{
		ID: messageOf(e), Camera: id, CameraName: camera, Kind: e.Kind, At: e.Span.From,
		Title: camera, Text: words.happened(e.Kind), Why: why, Link: link,
	})
}

// messageOf is the ID of the message about an event: one for all that is told of it.
func messageOf(e nvr.Event) string {
	return fmt.Sprintf("%s-%d-%d", e.Kind, e.Stream.Camera, e.Span.From)
}

// send hands a message over. It ends with the message written down even if the
// program stops meanwhile.
func (a *Alerts) send(ctx context.Context, m notify.Message) {
	var picture func(context.Context) ([]byte, error)
	if a.c.Pictures != nil && m.Camera != 0 && !m.Gone && m.Kind != DigestKind {
		picture = func(ctx context.Context) ([]byte, error) { return a.picture(ctx, m) }
	}
	if err := a.c.Outbox.Send(context.WithoutCancel(ctx), m, picture); err != nil {
		a.c.Log.Error("a message is not written down", "message", m.ID, "err", err)
	}
}

func (a *Alerts) picture(ctx context.Context, m notify.Message) ([]byte, error) {
	jpeg, taken, err := a.c.Pictures.Newest(ctx, m.Camera)
	if err == nil && m.At.Sub(taken).Abs() > notify.PictureAge {
		return nil, fmt.Errorf("the newest picture is of %s: %w", taken, nvr.ErrNotFound)
	}
	return jpeg, err
}
