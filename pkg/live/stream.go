// Package live shows a stream while it happens. A [Stream] takes what one
// camera sends, keeps the samples since the last key frame, and gives them to
// any number of viewers; a viewer that is too slow loses pictures, the camera
// and the other viewers do not notice. What a viewer gets can be written as
// fragmented MP4 here; nothing is decoded and nothing touches a disk.
package live

import (
	"sync"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

const (
	// maxGroupBytes bounds what a stream holds for the next viewer: 16 s of a
	// 4 Mb/s stream.
	maxGroupBytes = 8 << 20
	// maxGroupAge bounds it in time: a new viewer decodes the whole group
	// before it shows the present. Cameras that save bits send a key frame
	// only every 10 to 20 s.
	maxGroupAge = 30 * time.Second
	// sampleBytes is what a sample costs besides its data, so that very many
	// tiny samples are bounded too.
	sampleBytes = 128
)

// Stream is the live view of one stream. It is a [media.Sink] whose methods
// wait for nothing but short critical sections of viewers; while nobody
// watches they only append to a slice that is reused. The zero Stream is
// ready. It is safe for use from several goroutines.
type Stream struct {
	mu      sync.Mutex
	running bool // between Begin and End
	closed  bool
	format  media.Format
	// group is everything since the last key frame, or empty if that was too
	// much or there was none yet in this run.
	group      []media.Sample
	groupBytes int
	viewers    map[*Viewer]struct{}
	newest     time.Time // when the newest picture of this run came
}

var _ media.Sink = (*Stream)(nil)

// Begin implements [media.Sink].
func (s *Stream) Begin(format media.Format, fresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running, s.format, s.newest = true, format, time.Time{}
	s.dropGroup()
	for v := range s.viewers {
		v.begin(format, fresh)
	}
}

// Sample implements [media.Sink].
func (s *Stream) Sample(x media.Sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.Track == 0 {
		s.newest = x.Arrived
	}
	s.keep(x)
	for v := range s.viewers {
		v.push(x)
	}
}

// End implements [media.Sink]. Viewers wait for the next Begin.
func (s *Stream) End(nvr.Reason, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running, s.newest = false, time.Time{}
	s.dropGroup()
}

// Close ends every viewer, now and in the future: the camera was removed.
func (s *Stream) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for v := range s.viewers {
		signal(v.ready)
	}
	s.closed, s.viewers = true, nil
	s.dropGroup()
}

// Subscribe returns a viewer that begins with the last key frame. The caller
// must close it.
func (s *Stream) Subscribe() *Viewer {
	v := &Viewer{stream: s, ready: make(chan struct{}, 1), fresh: true, waiting: true}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return v
	}
	if s.running {
		v.format = s.format
	}
	if n := len(s.group); n > 0 {
		v.queue = append(v.queue, s.group...)
		v.since = s.group[n-1].Arrived
		v.waiting = false
		signal(v.ready)
	}
	if s.viewers == nil {
		s.viewers = make(map[*Viewer]struct{})
	}
	s.viewers[v] = struct{}{}
	return v
}

// Newest returns when the newest picture came; the zero time if there is none,
// or the camera is gone.
func (s *Stream) Newest() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newest
}

// Viewers returns how many viewers there are.
func (s *Stream) Viewers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.viewers)
}

// keep adds x to the group, or begins a new one with it.
func (s *Stream) keep(x media.Sample) {
	if isKey(x) {
		s.dropGroup()
	} else if len(s.group) == 0 {
		return
	}
	s.groupBytes += cost(x)
	if s.groupBytes > maxGroupBytes || len(s.group) > 0 && x.Arrived.Sub(s.group[0].Arrived) > maxGroupAge {
		s.dropGroup()
		return
	}
	s.group = append(s.group, x)
}

func (s *Stream) dropGroup() {
	clear(s.group) // lets go of the data
	s.group, s.groupBytes = s.group[:0], 0
}

// isKey tells whether a viewer can begin with x.
func isKey(x media.Sample) bool { return x.Track == 0 && x.Key }

func cost(x media.Sample) int { return len(x.Data) + sampleBytes }

// signal sets c, which holds one value, unless it is set already.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
