package recorder

import (
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// OpenAt is Open with a clock.
var OpenAt = openAt

// Happened hands the recorder an instant; the zero time is now.
func (r *Recorder) Happened(camera nvr.CameraID, kind string, at nvr.Time, detail string) {
	if at == 0 {
		at = nvr.Now()
	}
	r.Take(nvr.Event{Stream: nvr.StreamID{Camera: camera}, Span: nvr.Span{From: at, To: at}, Kind: kind, Detail: detail})
}

// SoundEnd is when the last of some frames of sound is taken to end.
func SoundEnd(format media.Format, dts ...int64) int64 {
	var sound []media.Sample
	for _, d := range dts {
		sound = append(sound, media.Sample{Track: 1, DTS: d})
	}
	return soundEnd(sound, format.Tracks[1].FrameDuration())
}

// WorstOfClock returns how wrong the clock of a run is at worst, after the
// first ten minutes of so many. A picture comes every two seconds of a camera
// whose seconds take ppm µs more than one, a segment is cut each minute.
func WorstOfClock(length time.Duration, ppm int64, delay func(i int64) time.Duration, captured func(taken time.Time) nvr.Time) (worst time.Duration) {
	began := time.Date(2028, 2, 29, 0, 0, 0, 0, time.UTC)
	var c clock
	for i := range int64(length / (2 * time.Second)) {
		sample := media.Sample{DTS: i * 180000}
		taken := began.Add(time.Duration(i) * (2*time.Second + time.Duration(2*ppm)*time.Microsecond))
		sample.Arrived, sample.Captured = taken.Add(delay(i)), captured(taken)
		if i == 0 {
			c = newClock(90000, sample.DTS, sample.Arrived, wall(sample))
		}
		c.observe(sample)
		if i%30 == 29 {
			c.bend(sample.DTS, c.anchor, segmentLength)
		}
		if i > 300 {
			worst = max(worst, c.at(sample.DTS).Sub(nvr.TimeOf(taken)).Abs())
		}
	}
	return worst
}

// Bound bounds the streams that are recorded from now on.
func Bound(r *Recorder, segment, rate, burst int64) { r.bounds = bounds{segment, rate, burst} }

// Looks tells whether a stream has a decoder that has taken all it was given; one
// of key frames alone holds one of them back, which went in twice.
func (s *Stream) Looks() bool {
	if s.eye == nil {
		return false
	}
	s.eye.mu.Lock()
	defer s.eye.mu.Unlock()
	return s.eye.again != nil && len(s.eye.waiting) < mostWaitingKeys-1
}

// Refill gives back what decoding took, so that a busy machine looks as often.
func (r *Recorder) Refill() {
	r.share.mu.Lock()
	defer r.share.mu.Unlock()
	r.share.have = r.share.most()
}
