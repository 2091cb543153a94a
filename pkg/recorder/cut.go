package recorder

import (
	"fmt"
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/footage"
	"nvrd/pkg/media"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
)

const (
	// segmentLength is the distance of the instants at which segments are cut.
	segmentLength = time.Minute
	// retryAfter is how long a failed disk is left alone.
	retryAfter = 2 * time.Second
)

// cutter makes footage of samples: it gathers them into movie fragments, hands
// those to a footage directory, and cuts segments at key frames. Footage begins
// with a key frame, and what comes before one is dropped. When the disk does
// not take it, the account gets a gap, and the next key frame is tried again.
//
// It never blocks on a disk. What a crash costs is the movie fragment under
// construction, and what a power cut costs says pkg/footage.
type cutter struct {
	recorder *Recorder
	id       nvr.StreamID
	log      *slog.Logger
	account  *account
	failing  atomic.Pointer[nvr.Reason] // why the disk does not take footage; nil while it does

	// The run.
	format   media.Format // as stored
	init     []byte
	clock    clock
	run      nvr.RunID
	newRun   bool  // one begins with the next segment
	base     int64 // added to its decode times in footage, where they go on from run to run
	scorer   motion.Scorer
	sequence uint32

	// The segment, and the movie fragment under construction.
	segment  *segment  // nil while there is none
	retry    time.Time // when a disk that failed is tried again, if there is no other
	fragment fragment
	arrived  time.Time // of the newest picture
	last     int64     // its decode time
	frame    int64     // how long after the one before it came
	heard    int64     // decode time of the newest sound
	meter    meter
}

// segment is a footage file being written.
type segment struct {
	dir  *footage.Directory
	file *footage.File
	row  nvr.Segment
	cut  nvr.Time // when the next segment is due
	init []byte
}

// setFormat takes samples of a format, from a new run if it is fresh. There must be
// no segment.
func (c *cutter) setFormat(format media.Format, fresh bool) {
	c.format, c.init = format, fmp4.AppendInit(nil, format)
	c.scorer = motion.NewScorer(format.Video())
	if fresh {
		c.newRun = true
		c.frame, c.last, c.heard = 0, math.MinInt64/2, math.MinInt64
	}
}

// record takes a sample.
func (c *cutter) record(sample media.Sample) {
	if sample.Track == 0 {
		c.picture(sample)
	} else {
		c.hear(sample)
	}
}

func (c *cutter) picture(sample media.Sample) {
	if !c.meter.admits(sample) || c.meter.floods() && c.strained() {
		c.meter.over = true
		c.stem("")
		return
	}
	if c.segment != nil {
		c.flushIfDue(sample)
	}
	if sample.Key {
		c.keyFrame(sample)
	}
	if c.segment == nil {
		return
	}
	if apart := sample.DTS - c.last; apart > 0 && apart < nvr.Units(maxPicture, c.format.Video().Timescale) {
		c.frame = apart
	}
	c.clock.arrive(sample)
	c.arrived, c.last = sample.Arrived, sample.DTS
	c.scorer.Add(sample.Data, sample.Key, nvr.Duration(sample.DTS, c.format.Video().Timescale))
	if sample.DTS >= 0 {
		c.fragment.add(sample)
	}
	if c.segment.row.Bytes > 2*c.meter.segment { // its next key frame may be far
		c.meter.over = true
		c.stem(fmt.Sprintf("no key frame in %d MB", c.segment.row.Bytes/1e6))
	}
}

// strained tells whether the disk has nothing left for a stream that floods.
func (c *cutter) strained() bool {
	var dir *footage.Directory
	if c.segment != nil {
		dir = c.segment.dir
	} else {
		dir, _, _ = c.recorder.places.Choose() // keyFrame says why there is none
	}
	return dir != nil && dir.Strained(int64(c.fragment.bytes))
}

// stem ends recording because the camera sends too much, or as detail says.
func (c *cutter) stem(detail string) {
	if c.stop() {
		c.log.Warn("the camera sends too much, what follows is lost", "most", c.meter.rate)
	}
	c.account.openGap(nvr.TooMuch, detail)
}

func (c *cutter) hear(sample media.Sample) {
	if c.segment == nil || sample.DTS < 0 || sample.DTS <= c.heard || !c.fragment.hears(sample) {
		return // no camera needs as much, and none hears backwards
	}
	c.heard = sample.DTS
	c.fragment.add(sample)
}

// stop ends recording with the last picture that came, and tells whether there
// was a segment.
func (c *cutter) stop() bool {
	was := c.segment != nil
	if was {
		c.flush(c.nextDTS())
		c.seal()
	}
	c.fragment.clear()
	return was
}

// stopBefore ends recording before a key frame, with which it can go on, and
// tells whether there was a segment.
func (c *cutter) stopBefore(key media.Sample) bool {
	was := c.segment != nil
	if was {
		c.flushIfDue(key)
		c.flush(key.DTS)
		c.seal()
	}
	c.fragment.clear()
	return was
}

// halt is stop for as long as nothing is kept.
func (c *cutter) halt() {
	c.stop()
	c.newRun = true
	c.failing.Store(nil) // nothing asks it of the disk
}

// resume says that recording goes on after it was stopped, with a new run if it
// is fresh, in pictures of known activity.
func (c *cutter) resume(scorer motion.Scorer, fresh bool) {
	c.retry = time.Time{}
	c.scorer = scorer
	c.newRun = c.newRun || fresh
}

// waiting returns how many bytes the disk has not taken yet.
func (c *cutter) waiting() int64 {
	if c.segment == nil {
		return 0
	}
	return c.segment.file.Waiting()
}

// keyFrame begins a segment if one is due.
func (c *cutter) keyFrame(key media.Sample) {
	if step := c.clock.stepped(key.Arrived); step.Abs() > maxStep && !c.newRun {
		c.log.Warn("the clock was set, a new run begins", "by", step)
		c.newRun = true
		if c.segment != nil {
			c.flush(key.DTS)
			c.seal()
			c.account.openGap(nvr.ClockStepped, "by "+step.String())
		}
	}
	if c.segment != nil {
		c.clock.observe(key)
		if c.clock.at(key.DTS) < c.segment.cut && c.segment.row.Bytes < c.meter.segment && !c.clock.hasty(key, c.segment.row.Span.From) && !c.recorder.places.Better(c.segment.dir) {
			return
		}
		c.flush(key.DTS)
		c.seal()
	}
	dir, well, err := c.recorder.places.Choose()
	if err != nil {
		c.refuse(err)
		return
	}
	if !well && key.Arrived.Before(c.retry) {
		return
	}
	c.create(key, dir)
}

// refuse accounts for the time in which no disk takes footage.
func (c *cutter) refuse(err error) {
	reason := footage.ReasonOf(err)
	c.failing.Store(&reason)
	c.account.openGap(reason, err.Error())
}

// create begins a segment whose first picture is key.
func (c *cutter) create(key media.Sample, dir *footage.Directory) {
	timescale := c.format.Video().Timescale
	start, limit := c.account.covered, c.account.limit
	if !c.newRun { // after a loss the line may lie behind what is accounted for by a hair
		start = max(start, c.clock.at(key.DTS))
	}
	fresh := c.newRun || start >= limit
	if fresh {
		taken := wall(key)
		start, limit = c.account.stretch(taken)
		if ahead := start.Sub(taken); ahead > maxStep {
			c.log.Warn("footage of a clock that was ahead is in the way, what is recorded now follows it", "ahead", ahead)
		}
		c.clock = newClock(timescale, key.DTS, key.Arrived, start)
		c.base = nvr.Units(c.account.media, timescale) - key.DTS
		c.run = nvr.RunID(start)
		c.newRun = false
		c.sequence = 0
	}
	row := nvr.Segment{
		Stream: c.id, Run: c.run, Directory: c.recorder.rows.get(dir),
		Span: nvr.Span{From: start, To: start}, MediaStart: c.base + key.DTS, Timescale: timescale,
	}
	file, header := dir.Create(footage.Origin{Stream: c.id, Run: c.run, Start: start}, c.init)
	row.HeaderBytes, row.Bytes = header, header
	c.recorder.begins(start)
	if fresh || start != c.account.covered || c.account.reason != "" { // what comes late is from before
		c.heard = max(c.heard, c.soundTime(key.DTS)-1)
	}
	c.segment = &segment{dir: dir, file: file, row: row, init: c.init, cut: cutAfter(start, c.id)}
	if limit-c.segment.cut < enough { // too little for one more
		c.segment.cut = limit
	}
	c.account.openSegment(row, limit, c.init)
}

// seal ends the segment after what was flushed, if there is one. Its row is
// sealed when the disk has it for good.
func (c *cutter) seal() {
	seg := c.segment
	if seg == nil {
		return
	}
	c.segment = nil
	row := seg.row
	row.Sealed = true
	end := row.MediaStart + row.MediaDuration
	c.account.media = nvr.Duration(end, row.Timescale)
	row.Span.To = max(min(c.clock.bend(end-c.base, row.Span.From, segmentLength), c.account.limit), row.Span.From+1) // the next may not begin at the same instant
	c.account.closeSegment(row.Span)
	r := c.recorder
	r.sealing.Add(1)
	seg.file.Index(row)
	seg.file.Seal(func(result footage.Result) {
		r.ledger.post(func(tx catalog.Tx) error { return putSealed(tx, seg.dir, row, seg.init, result) })
		r.sealing.Done()
	})
}

// fail ends the segment because the disk does not take the movie fragment under
// construction. That goes to another directory, if one is well and it can be
// decoded by itself, and is lost if not.
func (c *cutter) fail(err error, end int64) {
	reason := footage.ReasonOf(err)
	c.log.Error("footage is lost", "reason", string(reason), "err", err)
	c.failing.Store(&reason)
	c.retry = c.arrived.Add(retryAfter)
	c.recorder.places.Fail(c.segment.dir, err)
	c.seal()
	first := c.fragment.pictures()[0]
	if dir, well, _ := c.recorder.places.Choose(); well && first.Key {
		c.create(first, dir)
		c.flush(end)
		return
	}
	c.fragment.clear()
	c.refuse(err)
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
