package camera

import (
	"slices"
	"sync"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// State is how a camera stands. Phase and Since are those of its first stream;
// what is wrong is said of the first stream for which something is, as is when
// that is tried again.
type State struct {
	nvr.State
	Streams []StreamState // in the order of Config.Streams; not changed later
}

// StreamState is how one stream stands. What is wrong is said until it is live
// again.
type StreamState struct {
	Quality nvr.Quality
	nvr.State
	Format media.Format // as last seen; no tracks before the first picture
}

// board is what the streams of a camera know of each other.
type board struct {
	report func(State)
	first  chan struct{} // closed when the first stream is live or has failed

	mu      sync.Mutex
	once    sync.Once
	streams []StreamState
}

func newBoard(c Config) *board {
	b := &board{report: c.Report, first: make(chan struct{})}
	now := nvr.Now()
	for _, s := range c.Streams {
		b.streams = append(b.streams, StreamState{Quality: s.Quality, State: nvr.State{Phase: nvr.Connecting, Since: now}})
	}
	b.report(b.state())
	return b
}

// set changes how a stream stands and tells everybody. The change is made
// while b.mu is held.
func (b *board) set(index int, change func(*StreamState)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &b.streams[index]
	phase := s.Phase
	change(s)
	if s.Phase != phase {
		s.Since = nvr.Now()
	}
	if index == 0 && (s.Phase == nvr.Live || s.Phase == nvr.Waiting) {
		b.once.Do(func() { close(b.first) })
	}
	b.report(b.state())
}

// state sums the streams up.
func (b *board) state() State {
	if len(b.streams) == 0 {
		return State{State: nvr.State{Phase: nvr.Off}}
	}
	s := State{Streams: slices.Clone(b.streams)}
	if i := slices.IndexFunc(s.Streams, func(s StreamState) bool { return s.Reason != "" }); i >= 0 {
		s.State = s.Streams[i].State
	}
	s.Phase, s.Since = s.Streams[0].Phase, s.Streams[0].Since
	return s
}
