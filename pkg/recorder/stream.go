package recorder

import (
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/footage"
	"nvrd/pkg/media"
	"nvrd/pkg/media/pcm"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
)

const (
	// fragmentLength bounds a movie fragment, and with it what a crash of this
	// process can cost.
	fragmentLength = 500 * time.Millisecond
	// shortFragment is how much has to be there of a movie fragment that begins
	// with a key frame for another one to end it; a stream of key frames alone
	// would else cost a write each. All other key frames begin one, since no
	// other picture of it can be sought to. So there are four a second at most.
	shortFragment = 250 * time.Millisecond
	// maxFragmentBytes bounds a movie fragment in memory: 250 Mb/s.
	maxFragmentBytes = 16 << 20
	// maxFragmentSound bounds the frames of sound in a movie fragment, which
	// pictures end: 75 s of the shortest there are.
	maxFragmentSound = 30_000
	// segmentLength is the distance of the instants at which segments are cut.
	segmentLength = time.Minute
	// maxHole is how long one picture may stand in for those that did not come
	// before the time without them is a gap, in a stream that is not slow.
	maxHole = 3 * time.Second
	// maxPicture is how long a picture may last in any stream.
	maxPicture = segmentLength
	// retryAfter is how long a failed disk is left alone.
	retryAfter = 2 * time.Second
)

// Stream records one stream. It is a media.Sink.
type Stream struct {
	recorder *Recorder
	id       nvr.StreamID
	log      *slog.Logger
	failing  atomic.Pointer[nvr.Reason] // why the disk does not take footage; nil while it does

	// The ledger's side, and why the gap is that is open where it ends (empty
	// while a segment is).
	*account
	reason nvr.Reason

	// What is kept; see mode.go.
	order     atomic.Pointer[nvr.Plan] // as was said last; nil for all
	heeded    *nvr.Plan                // the one that plan is
	plan      nvr.Plan
	asleep    bool      // what comes is held
	slept     int64     // decode time at which recording ended
	until     time.Time // the end of the last event
	held      held
	curtailed bool // it was said that less is held

	// What happens; see scene.go.
	scene            *scene
	told             atomic.Bool // there is news
	newsFrom, newsTo time.Time   // guarded by scene.mu
	detector         motion.Detector

	// The run.
	format   media.Format // as stored
	init     []byte
	sound    *pcm.Encoder // nil unless the sound is PCM
	clock    clock
	run      nvr.RunID
	newRun   bool
	scorer   motion.Scorer
	sequence uint32

	// The segment, and the movie fragment under construction.
	segment *segment
	retry   time.Time // when a disk that failed is tried again, if there is no other
	pending [2][]media.Sample
	bytes   int
	arrived time.Time // of the newest picture
	last    int64     // its decode time
	frame   int64     // how long after the one before it came
	heard   int64     // decode time of the newest sound
}

// segment is a footage file being written.
type segment struct {
	dir  *footage.Directory
	file *footage.File
	row  nvr.Segment
	cut  nvr.Time // when the next segment is due
	init []byte
}

// Begin implements media.Sink.
func (s *Stream) Begin(format media.Format, fresh bool) {
	s.heed()
	s.rouse()
	s.blind()
	if s.segment != nil {
		s.flush(s.nextDTS())
		s.seal()
		if fresh {
			s.openGap(nvr.StreamChanged, "")
		}
	}
	s.drop()
	s.format = pcm.Stored(format)
	s.init = fmp4.AppendInit(nil, s.format)
	s.sound = nil
	if audio, ok := format.Audio(); ok && pcm.Encodes(audio.Codec) {
		var err error
		if s.sound, err = pcm.NewEncoder(audio); err != nil {
			s.log.Warn("sound is not recorded", "err", err)
			s.format.Tracks = s.format.Tracks[:1]
			s.init = fmp4.AppendInit(nil, s.format)
		}
	}
	s.newRun = s.newRun || fresh
	if fresh {
		s.frame, s.last, s.heard = 0, math.MinInt64/2, math.MinInt64
	}
}

// End implements media.Sink.
func (s *Stream) End(reason nvr.Reason, err error) {
	s.heed()
	s.lose(reason)
	s.rouse()
	s.blind()
	if s.segment != nil {
		s.flush(s.nextDTS())
		s.seal()
	}
	s.drop()
	detail := ""
	if err != nil {
		detail = err.Error()
	}
	s.openGap(reason, detail)
}

// Sample implements media.Sink.
func (s *Stream) Sample(sample media.Sample) {
	s.heed()
	switch {
	case sample.Track == 0:
		s.look(sample)
		s.admit(sample)
	case s.sound != nil:
		if err := s.sound.Append(sample, s.admit); err != nil {
			s.log.Warn("sound is not recorded until the stream begins anew", "err", err)
			s.sound = nil
			s.format.Tracks = s.format.Tracks[:1]
		}
	case len(s.format.Tracks) > 1:
		s.admit(sample)
	}
}

// keep adds a sample to the movie fragment under construction.
func (s *Stream) keep(sample media.Sample) {
	if s.segment == nil || sample.DTS < 0 {
		return
	}
	if sample.Track == 1 {
		if len(s.pending[1]) == maxFragmentSound || s.bytes+len(sample.Data) > maxFragmentBytes || sample.DTS <= s.heard {
			return // no camera needs as much, and none hears backwards
		}
		s.heard = sample.DTS
	}
	s.pending[sample.Track] = append(s.pending[sample.Track], sample)
	s.bytes += len(sample.Data)
}

func (s *Stream) picture(sample media.Sample) {
	if s.segment != nil {
		s.flushIfDue(sample)
	}
	if sample.Key {
		s.keyFrame(sample)
	}
	if s.segment == nil {
		return
	}
	if apart := sample.DTS - s.last; apart > 0 && apart < nvr.Units(maxPicture, s.format.Video().Timescale) {
		s.frame = apart
	}
	s.clock.arrive(sample)
	s.arrived, s.last = sample.Arrived, sample.DTS
	s.scorer.Add(len(sample.Data), sample.Key)
	s.keep(sample)
}

// flushIfDue ends the movie fragment under construction if the next picture
// should not be in it.
func (s *Stream) flushIfDue(next media.Sample) {
	video := s.pending[0]
	if len(video) == 0 {
		return
	}
	timescale := s.format.Video().Timescale
	if s.hole(next) {
		s.flush(s.nextDTS())
		s.seal()
		s.drop()
		s.openGap(nvr.NoPicture, "no picture for "+nvr.Duration(next.DTS-s.last, timescale).Round(time.Millisecond).String())
		return
	}
	long := nvr.Duration(next.DTS-video[0].DTS, timescale)
	// Half a frame early rather than one late: frames come at any rate.
	frame := long / time.Duration(len(video))
	hides := next.Key && (!video[0].Key || long >= shortFragment)
	if hides || long+frame/2 > fragmentLength || s.bytes+len(next.Data) > maxFragmentBytes {
		s.flush(next.DTS)
	}
}

// hole tells whether the time up to the next picture is without pictures, instead
// of that of the last one. A picture that builds on the one before says that
// nothing is missing between them, however late it is: cameras send few when
// nothing moves. A key frame says nothing of the kind, so it ends a hole unless
// pictures came about as slowly before.
func (s *Stream) hole(next media.Sample) bool {
	apart, timescale := next.DTS-s.last, s.format.Video().Timescale
	switch {
	case apart <= nvr.Units(maxHole, timescale):
		return false
	case apart > nvr.Units(maxPicture, timescale):
		return true
	}
	return next.Key && apart > 2*s.frame
}

// keyFrame begins a segment if one is due.
func (s *Stream) keyFrame(key media.Sample) {
	if step := s.clock.stepped(key.Arrived); step.Abs() > maxStep && !s.newRun {
		s.log.Warn("the clock was set, a new run begins", "by", step)
		s.newRun = true
		if s.segment != nil {
			s.flush(key.DTS)
			s.seal()
			s.openGap(nvr.ClockStepped, "by "+step.String())
		}
	}
	if s.segment != nil {
		s.clock.observe(key)
		if s.clock.at(key.DTS) < s.segment.cut && !s.clock.hasty(key, s.segment.row.Span.From) && !s.recorder.places.Better(s.segment.dir) {
			return
		}
		s.flush(key.DTS)
		s.seal()
	}
	dir, well, err := s.recorder.places.Choose()
	if err != nil {
		s.unplaced(err)
		return
	}
	if !well && key.Arrived.Before(s.retry) {
		return
	}
	s.begin(key, dir)
}

// begin creates a segment whose first picture is key.
func (s *Stream) begin(key media.Sample, dir *footage.Directory) {
	timescale := s.format.Video().Timescale
	start, limit := s.covered, s.limit
	if !s.newRun { // after a loss the line may lie behind what is accounted for by a hair
		start = max(start, s.clock.at(key.DTS))
	}
	if s.newRun || start >= limit {
		taken := wall(key)
		start, limit = s.place(taken)
		if ahead := start.Sub(taken); ahead > maxStep {
			s.log.Warn("footage of a clock that was ahead is in the way, what is recorded now follows it", "ahead", ahead)
		}
		s.clock = newClock(timescale, key.DTS, key.Arrived, start)
		s.run = nvr.RunID(start)
		s.newRun = false
		s.sequence = 0
	}
	row := nvr.Segment{
		Stream: s.id, Run: s.run, Directory: s.recorder.row(dir),
		Span: nvr.Span{From: start, To: start}, MediaStart: key.DTS, Timescale: timescale,
	}
	file, header := dir.Create(footage.Origin{Stream: s.id, Run: s.run, Start: start}, s.init)
	row.HeaderBytes, row.Bytes = header, header
	s.recorder.begins(start)
	s.segment = &segment{dir: dir, file: file, row: row, init: s.init, cut: cutAfter(start, s.id)}
	if limit-s.segment.cut < enough { // too little for one more
		s.segment.cut = limit
	}
	if s.reason == "" && s.covered < start {
		reason := nvr.StreamChanged // pictures of the old format ended before those of the new began
		if start >= s.limit {
			reason = nvr.ClockStepped
		}
		s.openGap(reason, "")
	}
	s.follow(start, limit)
	s.reason = ""
	init, id := s.init, s.id
	s.recorder.ledger.post(func(tx catalog.Tx) error {
		if err := tx.CutGaps(id, nvr.Span{From: start, To: limit}); err != nil {
			return err
		}
		return put(tx, row, init)
	})
}

// put writes a segment's row.
func put(tx catalog.Tx, row nvr.Segment, init []byte) (err error) {
	if row.Init, err = tx.Init(init, row.Timescale); err != nil {
		return err
	}
	return tx.PutSegment(row)
}

// cutAfter returns when the segment that begins at start should end. Streams
// are cut at different seconds of the minute, so that the disk has an even load.
func cutAfter(start nvr.Time, id nvr.StreamID) nvr.Time {
	length := nvr.Time(segmentLength.Microseconds())
	phase := (nvr.Time(id.Camera)*37 + nvr.Time(id.Quality)*17) * 1_000_000 % length
	next := (start-phase)/length*length + length + phase
	if next-start < length/6 {
		next += length
	}
	return next
}
