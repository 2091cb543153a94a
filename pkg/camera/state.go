package camera

import (
	"slices"
	"sync"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// Phase is where a camera or one of its streams stands.
type Phase string

// The phases. Their values appear in the API.
const (
	Connecting Phase = "connecting" // or connected, and waiting for the first picture
	Live       Phase = "live"
	Waiting    Phase = "waiting" // until RetryAt
	Off        Phase = "off"     // stopped on purpose
)

// State is how a camera stands. Phase and Since are those of its first stream;
// what is wrong is said of the first stream for which something is.
type State struct {
	Phase   Phase
	Trouble               // zero while all is well
	Since   nvr.Time      // when Phase became what it is
	RetryAt nvr.Time      // of the stream that is in trouble; zero if it is not waiting
	Streams []StreamState // in the order of Config.Streams; not changed later
}

// Trouble is what is wrong, until a stream is live again.
type Trouble struct {
	Reason  nvr.Reason
	Message string // Reason in plain words
	Detail  string // the error, for those who want to know; holds no password
}

// StreamState is how one stream stands.
type StreamState struct {
	Quality nvr.Quality
	Phase   Phase
	Trouble
	Since   nvr.Time
	RetryAt nvr.Time
	Format  media.Format // as last seen; no tracks before the first picture
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
		b.streams = append(b.streams, StreamState{Quality: s.Quality, Phase: Connecting, Since: now})
	}
	b.report(b.state())
	return b
}

// set changes how a stream stands and tells everybody. The change is made
// while b.mu is held.
func (b *board) set(place int, change func(*StreamState)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &b.streams[place]
	phase := s.Phase
	change(s)
	if s.Phase != phase {
		s.Since = nvr.Now()
	}
	if place == 0 && (s.Phase == Live || s.Phase == Waiting) {
		b.once.Do(func() { close(b.first) })
	}
	b.report(b.state())
}

// state sums the streams up.
func (b *board) state() State {
	if len(b.streams) == 0 {
		return State{Phase: Off}
	}
	s := State{Phase: b.streams[0].Phase, Since: b.streams[0].Since, Streams: slices.Clone(b.streams)}
	for _, stream := range b.streams {
		if stream.Reason != "" {
			s.Trouble, s.RetryAt = stream.Trouble, stream.RetryAt
			break
		}
	}
	return s
}
