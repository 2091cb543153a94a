package recorder

import (
	"runtime"
	"sync"
	"time"
)

const (
	// decodingShare is the part of all cores that decoding for motion may take of
	// all cameras together: a tenth leaves to recording and to pages what they
	// have without it. Key frames of 16 small streams take a fortieth of one core.
	decodingShare = 0.1
	// spare is how much of it can be saved up: what a minute gives.
	spare = time.Minute
)

// share bounds how much is decoded. What counts is how long pictures take from in
// to out: on a machine that has other things to do that is longer, and less is
// decoded. It is safe for concurrent use.
type share struct {
	mu   sync.Mutex
	have time.Duration
	at   time.Time
}

// earn adds what came since. mu is held.
func (s *share) earn(now time.Time) {
	part, most := decodingShare*float64(runtime.NumCPU()), s.most()
	if s.at.IsZero() {
		s.have = most
	} else if passed := now.Sub(s.at); passed > 0 {
		s.have = min(most, s.have+time.Duration(part*float64(passed)))
	}
	s.at = now
}

// most is how much can be saved up.
func (s *share) most() time.Duration {
	return time.Duration(decodingShare * float64(runtime.NumCPU()) * float64(spare))
}

// left tells whether there is some.
func (s *share) left(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.earn(now)
	return s.have > 0
}

// spend takes what something took. It may become less than none.
func (s *share) spend(took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.have -= took
}
