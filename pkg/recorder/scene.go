package recorder

import (
	"sync"
	"sync/atomic"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/media"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
)

// motionEvent is the kind of the events that come from motion.
const motionEvent = "motion"

const (
	// prolongEvery is how much longer motion has got when the catalog is told.
	prolongEvery = 5 * time.Second
	// clockSet is how far the end of motion moves only if the clock was set: it
	// is told twice a second, and after stillness of three at the latest.
	clockSet = time.Minute
)

// scene is what happens in front of one camera, whoever notices. It tells the
// streams of the camera, which look when they have a sample. It is safe for
// concurrent use.
type scene struct {
	ledger *ledger

	mu      sync.Mutex
	streams [2]*Stream    // by quality; nil if it is not recorded
	subSees bool          // the sub stream can tell motion
	seer    *Stream       // of the motion that goes on; nil if there is none
	motion  catalog.Event // that, or the last
	noted   nvr.Time      // its end, as the catalog knows it
}

// news is what a stream was told of its scene and has not heeded.
type news struct {
	told     atomic.Bool // there is some
	from, to time.Time   // guarded by scene.mu
}

// Happened says that something happened in front of a camera at an instant; the
// zero time is now, and so is one to come. The event goes to the catalog, and
// streams of the camera that keep events keep it: from before it as far as
// memory reaches, which is far enough if Happened is called within five seconds
// of it, and events are told in their order. kind must not be empty; see
// [catalog.Event]. Happened is safe for concurrent use and does not block.
func (r *Recorder) Happened(camera nvr.CameraID, kind string, at nvr.Time, detail string) {
	now := time.Now()
	if at == 0 || at > nvr.TimeOf(now) {
		at = nvr.TimeOf(now)
	}
	event := catalog.Event{Stream: nvr.StreamID{Camera: camera}, Span: nvr.Span{From: at, To: at}, Kind: kind, Detail: detail}
	r.mu.Lock()
	c := r.scenes[camera]
	r.mu.Unlock()
	if c != nil {
		then := now.Add(at.Sub(nvr.TimeOf(now)))
		c.mu.Lock()
		c.tell(then, then)
		event.Before, event.After = c.around()
		c.mu.Unlock()
	}
	r.ledger.post(func(tx catalog.Tx) error { return putEvent(tx, event) })
}

func putEvent(tx catalog.Tx, e catalog.Event) error {
	_, err := tx.PutEvent(e)
	return err
}

// scene returns that of a camera. r.mu is held.
func (r *Recorder) scene(camera nvr.CameraID) *scene {
	c := r.scenes[camera]
	if c == nil {
		c = &scene{ledger: r.ledger}
		r.scenes[camera] = c
	}
	return c
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

// look watches a picture for motion.
func (s *Stream) look(picture media.Sample) {
	at := nvr.Duration(picture.DTS, s.cutter.format.Video().Timescale)
	if s.detector.Add(len(picture.Data), picture.Key, at) {
		from, to, moving := s.detector.Moving()
		now := taken(picture)
		s.scene.see(s, now.Add(from-at), now.Add(to-at), moving)
	}
}

// see takes what a stream has seen: motion that goes on or is over. One stream
// at a time counts: the sub stream as soon as it can tell motion, since
// cameras spend less on quality there and more of it on what moves.
func (c *scene) see(s *Stream, from, to time.Time, moving bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.id.Quality == nvr.Sub {
		c.subSees = s.detector.Ready()
	}
	last, end := c.motion.Span.To, nvr.TimeOf(to)
	if end.Sub(last).Abs() > clockSet && c.seer == s {
		c.settle() // and what goes on is another event, by another clock
		from = to
	}
	switch {
	case c.seer == s && !moving:
		c.settle()
		return
	case c.seer == nil && moving && (s.id.Quality == nvr.Sub || !c.subSees):
		start := nvr.TimeOf(from)
		if last.Sub(end) < clockSet {
			start = max(start, last) // the other stream saw it up to there
		}
		c.seer, c.noted = s, 0
		c.motion = catalog.Event{Stream: s.id, Kind: motionEvent, Span: nvr.Span{From: start, To: start}}
	case c.seer != s || end <= last:
		return
	}
	c.motion.Span.To = max(c.motion.Span.To, end)
	c.tell(from, to)
	if c.motion.Span.To.Sub(c.noted) >= prolongEvery {
		c.note()
	}
}

// blind says that a stream sees nothing any more, until it has learned anew.
func (s *Stream) blind() {
	s.detector = motion.Detector{}
	s.scene.mu.Lock()
	defer s.scene.mu.Unlock()
	if s.id.Quality == nvr.Sub {
		s.scene.subSees = false
	}
	if s.scene.seer == s {
		s.scene.settle()
	}
}

// settle ends the motion that goes on. c.mu is held.
func (c *scene) settle() {
	if c.noted != c.motion.Span.To {
		c.note()
	}
	c.seer = nil
}

// note writes the motion to the catalog, as long as it is by now.
func (c *scene) note() {
	event := c.motion
	event.Before, event.After = c.around()
	c.noted = event.Span.To
	c.ledger.post(func(tx catalog.Tx) error { return putEvent(tx, event) })
}
