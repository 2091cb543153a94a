package prove_test

import (
	"errors"
	"time"
	"unsafe"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// soakCamera is a camera with a main and a sub stream, both of which show the
// same film.
type soakCamera struct {
	id     nvr.CameraID
	sinks  [2]media.Sink
	shots  [2]int     // of the run so far
	key    [2]bool    // the next picture has to be a key frame
	away   nvr.Reason // why it sends nothing and says so; empty while it is there
	frozen bool       // it sends nothing and stays connected
	silent bool       // it has no sound
}

func (c *soakCamera) ids() []nvr.StreamID {
	return []nvr.StreamID{{Camera: c.id}, {Camera: c.id, Quality: nvr.Sub}}
}

// connect gives the camera to a recorder that has started.
func (c *soakCamera) connect(s *soak, id nvr.CameraID) {
	c.id = id
	for i, stream := range c.ids() {
		sink, err := s.store.Recorder.Stream(stream)
		if err != nil {
			s.t.Fatal(err)
		}
		c.sinks[i] = sink
	}
	if c.away == "" {
		c.begin(s, true)
	}
}

func (c *soakCamera) format(s *soak) media.Format {
	f := s.film.format
	if c.silent {
		f.Tracks = f.Tracks[:1]
	}
	return f
}

func (c *soakCamera) begin(s *soak, fresh bool) {
	for i, sink := range c.sinks {
		if fresh {
			c.shots[i] = 0
		}
		c.key[i] = true
		sink.Begin(c.format(s), fresh)
	}
}

func (c *soakCamera) end(reason nvr.Reason) {
	for _, sink := range c.sinks {
		sink.End(reason, errors.New("soak"))
	}
}

// act is called whenever a stream would send its next picture.
func (c *soakCamera) act(s *soak, quality int) {
	n := c.shots[quality]
	c.shots[quality]++
	if c.away != "" {
		if n%24 == 0 { // an attempt a minute
			c.sinks[quality].End(c.away, errors.New("soak"))
		}
		return
	}
	if c.frozen {
		return
	}
	picture, sound := s.film.sample(2*n), s.film.sample(2*n+1)
	if c.key[quality] && !picture.Key {
		return
	}
	c.key[quality] = false
	picture.Arrived = s.read()
	if c.id%2 == 0 { // this one has a clock
		picture.Captured = nvr.TimeOf(picture.Arrived).Add(-200 * time.Millisecond)
	}
	c.sinks[quality].Sample(picture)
	if !c.silent {
		sound.Arrived = picture.Arrived
		c.sinks[quality].Sample(sound)
	}
}

// read returns what this machine's clocks say: a wall clock that was set, and a
// monotonic one, which a bubble does not have. No function of package time
// makes such a time, so its fields are filled in: a flag, seconds since 1885
// from bit 30 on, nanoseconds; and the monotonic clock.
func (s *soak) read() (t time.Time) {
	const from1885to1970 = 2682288000 // seconds
	now := time.Now().Add(s.skew)
	fields := (*struct {
		wall uint64
		ext  int64
		loc  *time.Location
	})(unsafe.Pointer(&t))
	fields.wall = 1<<63 | uint64(now.Unix()+from1885to1970)<<30 | uint64(now.Nanosecond())
	fields.ext = int64(time.Since(s.began)) + 1
	return t
}
