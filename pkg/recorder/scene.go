package recorder

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
)

const (
	// prolongEvery is how much longer motion has got when it is published again.
	prolongEvery = 5 * time.Second
	// clockSet is how far the end of motion moves only if the clock was set: it
	// is told twice a second, and after stillness of three at the latest.
	clockSet = time.Minute
)

// scene is what happens in front of one camera, whoever notices. It tells the
// streams of the camera, which look when they have a sample. It is safe for
// concurrent use.
type scene struct {
	publish func(nvr.Event)
	telling sync.Mutex // motion is published in its order; comes before mu, and before what publish leads to

	subLive atomic.Bool                  // the sub stream comes, and is the one that is decoded
	cells   atomic.Pointer[motion.Zones] // that count; nil for all

	mu        sync.Mutex
	zones     nvr.Zones   // of which cells are made
	sight     nvr.Sight   // without what is known of the camera as a whole
	streams   [2]*Stream  // by quality; nil if it is not recorded
	subSees   bool        // the sub stream can tell motion
	seer      *Stream     // of the motion that goes on; nil if there is none
	motion    nvr.Event   // that, or the last
	published nvr.Time    // its end, as it was published
	due       []nvr.Event // to be published
	looked    nvr.Span    // when pictures were looked at without a stretch missing; zero if they are not

	reports  []*report   // what the camera said that it saw; see report.go
	weighing *time.Timer // until it is looked at what waits; nil if nothing does
	left     tally       // of what is left out
}

// news is what a stream was told of its scene and has not heeded.
type news struct {
	told     atomic.Bool // there is some
	from, to time.Time   // guarded by scene.mu
}

// scenes holds the scene of each camera that is or was recorded.
type scenes struct {
	mu sync.Mutex
	of map[nvr.CameraID]*scene
}

// get returns the scene of a camera, or nil.
func (s *scenes) get(camera nvr.CameraID) *scene {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of[camera]
}

// all returns every scene.
func (s *scenes) all() []*scene {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.of))
}

// open returns the scene of a camera; a new one publishes with publish.
func (s *scenes) open(camera nvr.CameraID, publish func(nvr.Event)) *scene {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.of[camera]
	if c == nil {
		c = &scene{publish: publish}
		s.of[camera] = c
	}
	return c
}

// Publish has the motion that streams see handed to f, in its order, again each
// few seconds while it goes on. What f is handed has to come to Take, as
// everything that happens; unless Publish is called it does so straight away. f
// is called with locks held: it must not block, nor call anything of the
// recorder but Take. Publish is to be called before Stream.
func (r *Recorder) Publish(f func(nvr.Event)) { r.publish = f }

// Take takes what happened in front of a camera, whoever noticed. The event
// goes to the catalog within about a second, or as soon as that can be written,
// and is lost if the program is killed before. Streams of the camera that keep
// events keep it: from before it as far as memory reaches, which is far enough
// if Take is called within five seconds of it, and events are told in their
// order. Its kind must not be empty. Take is safe for concurrent use and does not
// block.
func (r *Recorder) Take(e nvr.Event) {
	if c := r.scenes.get(e.Stream.Camera); c != nil {
		e.Before, e.After = c.take(e)
	}
	r.ledger.post(func(tx catalog.Tx) error {
		_, err := tx.PutEvent(e)
		return err
	})
}

// take tells the streams of an event, and returns how much around it is kept.
// Of the motion that they see they have been told.
func (c *scene) take(e nvr.Event) (before, after time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if own := c.motion; e.Stream != own.Stream || e.Kind != own.Kind || e.Span.From != own.Span.From {
		now := time.Now()
		wall := nvr.TimeOf(now)
		c.tell(now.Add(min(e.Span.From.Sub(wall), 0)), now.Add(min(e.Span.To.Sub(wall), 0)))
	}
	return c.around()
}

// show lets s be told, or nobody if it is nil.
func (c *scene) show(quality nvr.Quality, s *Stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.streams[quality] = s
}

// tell tells the streams that something happened or goes on. c.mu is held.
func (c *scene) tell(from, to time.Time) {
	for _, s := range c.streams {
		if s == nil {
			continue
		}
		news := &s.filter.news
		if !news.told.Load() || from.Before(news.from) {
			news.from = from
		}
		if !news.told.Load() || to.After(news.to) {
			news.to = to
		}
		news.told.Store(true)
	}
}

// around returns how much before and after an event is kept. c.mu is held.
func (c *scene) around() (before, after time.Duration) {
	for _, s := range c.streams {
		if s == nil {
			continue
		}
		if p := s.filter.order.Load(); p != nil {
			before, after = max(before, p.Before), max(after, p.After)
		}
	}
	return before, after
}

// latest returns what a stream was told since it asked last: the beginning of the
// first event, the end of the last.
func (c *scene) latest(n *news) (from, to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n.told.Store(false)
	return n.from, n.to
}

// see takes what a stream has seen: motion that goes on or is over. One stream
// at a time counts: the sub stream as soon as it can tell motion, since
// cameras spend less on quality there and more of it on what moves.
func (c *scene) see(s *Stream, from, to time.Time, moving bool) {
	c.change(func() {
		c.judge(s, from, to, moving)
		c.weigh()
	})
}

// judge is see with c.mu held.
func (c *scene) judge(s *Stream, from, to time.Time, moving bool) {
	if s.id.Quality == nvr.Sub {
		c.subSees = s.sight.Ready()
	}
	if s.id.Quality == nvr.Sub || !c.subSees {
		c.sight, c.looked = sightOf(&s.sight), s.looked
	}
	last, end := c.motion.Span.To, nvr.TimeOf(to)
	if end.Sub(last).Abs() > clockSet && c.seer == s {
		c.endMotion() // and what goes on is another event, by another clock
		from = to
	}
	switch {
	case c.seer == s && !moving:
		c.endMotion()
		return
	case c.seer == nil && moving && (s.id.Quality == nvr.Sub || !c.subSees):
		start := nvr.TimeOf(from)
		if last.Sub(end) < clockSet {
			start = max(start, last) // the other stream saw it up to there
		}
		c.seer, c.published = s, 0
		c.motion = nvr.Event{Stream: s.id, Kind: nvr.MotionEvent, Span: nvr.Span{From: start, To: start}}
	case c.seer != s || end <= last:
		return
	}
	c.motion.Span.To = max(c.motion.Span.To, end)
	c.tell(from, to)
	if c.motion.Span.To.Sub(c.published) >= prolongEvery {
		c.prolong()
	}
}

// endMotion ends the motion that goes on. c.mu is held.
func (c *scene) endMotion() {
	if c.published != c.motion.Span.To {
		c.prolong()
	}
	c.seer = nil
}

// prolong has the motion published, as long as it is by now. c.mu is held.
func (c *scene) prolong() {
	c.published = c.motion.Span.To
	c.due = append(c.due, c.motion)
}

// change calls f with c.mu held, and publishes what became due.
func (c *scene) change(f func()) {
	c.telling.Lock()
	defer c.telling.Unlock()
	c.mu.Lock()
	f()
	due := c.due
	c.due = nil
	c.mu.Unlock()
	for _, e := range due {
		c.publish(e)
	}
}
