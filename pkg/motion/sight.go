package motion

import (
	"math"
	"time"

	"nvrd/pkg/media"
)

const (
	// keysApart is how far apart key frames may be to do alone: where they are
	// rarer, pictures are decoded up to so long before the next.
	keysApart = 2100 * time.Millisecond
	// unsure is how long pictures are looked at when a camera was connected, until
	// it is known whether the score can be trusted.
	unsure = time.Minute
	// doubted is how long the score is not trusted after it could not be.
	doubted = 10 * time.Minute
	// tooLong is how long the score may see motion for that to be believed.
	tooLong = 20 * time.Second
	// zoning is how long zones are learned from all pictures at most: a third of them
	// would do, and a decoder that gives none is not to be asked for all of them for ever.
	zoning = 20 * time.Second
	// missed is after how long without a small picture the score is asked again.
	missed = 15 * time.Second
)

// Way is how motion is found.
type Way uint8

// The ways.
const (
	ByScore    Way = iota // by what pictures cost
	ByPictures            // by looking at them
)

// String says it for the log.
func (w Way) String() string {
	if w == ByPictures {
		return "pictures"
	}
	return "score"
}

// Sight finds motion in a stream: by what its pictures cost, and by small
// pictures where that is worth little or only some of the picture counts. It
// begins as [NewSight] returns it, and is not safe for concurrent use.
type Sight struct {
	Detector
	zones *Zones
	area  *Area // nil until there is a small picture: it takes 55 kB

	began, at  time.Duration
	started    bool
	key        time.Duration // the last key frame
	apart      time.Duration // from the one before it; zero if it is not known
	looks      bool          // something of this group of pictures is decoded:
	reach      time.Duration // its key frame, and what comes up to so long behind it
	wants      bool
	doubtUntil time.Duration
	zonedAt    time.Duration // when its zones were drawn, or it began
}

// NewSight returns the sight of a track, of which zones count; nil for all.
func NewSight(track media.Track, zones *Zones) Sight {
	return Sight{Detector: NewDetector(track), zones: zones}
}

// SetZones says which zones count from now on; nil for all. Other ones are learned
// anew, from some pictures.
func (s *Sight) SetZones(zones *Zones) {
	if zones != s.zones {
		s.zones, s.area, s.zonedAt = zones, nil, s.at
	}
}

// Add is [Detector.Add].
func (s *Sight) Add(data []byte, key bool, at time.Duration) bool {
	if !s.started {
		s.started, s.began, s.key, s.zonedAt = true, at, at, at
	} else if key {
		s.apart, s.key = at-s.key, at
	}
	over := s.Detector.Add(data, key, at)
	if from, _, moving := s.Detector.Moving(); s.Detector.Ready() && s.Trust() != Trusted || moving && at-from > tooLong {
		s.doubtUntil = at + doubted
	}
	s.at = at
	if key {
		s.looks = s.zones != nil || at < s.doubtUntil || at-s.began < unsure
		s.reach = s.plan()
	}
	s.wants = s.looks && (key || at-s.key < s.reach)
	return over
}

// plan returns how much behind a key frame is decoded, so that what is not leaves
// no more than keysApart up to the next. Zones are learned from all pictures: key
// frames that are 2 s apart would take half a minute, more if one is dropped.
func (s *Sight) plan() time.Duration {
	learns := s.zones != nil && (s.area == nil || !s.area.Ready()) && s.at-s.zonedAt < zoning
	if s.apart == 0 || learns {
		return math.MaxInt64
	}
	return max(0, s.apart-keysApart)
}

// Wants tells whether the picture that was added last should be decoded.
func (s *Sight) Wants() bool { return s.wants }

// Alone tells whether the last key frame is decoded without what follows it.
func (s *Sight) Alone() bool { return s.reach == 0 }

// See takes a small picture, of one that was added.
func (s *Sight) See(small []byte, at time.Duration) {
	if s.area == nil {
		s.area = &Area{zones: s.zones}
	}
	s.area.Add(small, at)
}

// By tells how motion is found now. What the score sees may lie outside of the
// zones: it decides only until pictures can be judged, and where none come, since
// motion that nobody sees is worse than motion that does not count.
func (s *Sight) By() Way {
	sees := s.area != nil && s.area.Ready() && s.at-s.area.at < missed
	if sees && (s.zones != nil || s.at < s.doubtUntil) {
		return ByPictures
	}
	return ByScore
}

// Ready tells whether it can tell motion, the way that is found now.
func (s *Sight) Ready() bool { return s.By() == ByPictures || s.Detector.Ready() }

// Moving is [Detector.Moving], the way it is found now.
func (s *Sight) Moving() (from, to time.Duration, moving bool) {
	if s.By() == ByPictures {
		return s.area.Moving()
	}
	return s.Detector.Moving()
}
