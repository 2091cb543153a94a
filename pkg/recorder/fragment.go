package recorder

import (
	"errors"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/fmp4"
	"nvrd/pkg/footage"
	"nvrd/pkg/media"
	"nvrd/pkg/motion"
	"nvrd/pkg/nvr"
)

// onePicture is how long a picture is taken to last that has no neighbor.
const onePicture = 40 * time.Millisecond

// nextDTS guesses when the picture after the last pending one would begin: as
// long after it as the pictures before it were apart. One that comes slowly is
// not taken to last beyond now: nobody knows whether there will be another.
func (s *Stream) nextDTS() int64 {
	video := s.pending[0]
	if len(video) == 0 {
		return 0
	}
	timescale := s.format.Video().Timescale
	frame := s.frame
	if frame == 0 {
		frame = nvr.Units(onePicture, timescale)
	}
	if frame > nvr.Units(maxHole, timescale) {
		frame = min(frame, nvr.Units(max(time.Since(s.arrived), onePicture), timescale))
	}
	return video[len(video)-1].DTS + frame
}

// flush hands the movie fragment under construction, which ends at decode time
// end, to the disk. If the disk does not take it the segment is sealed, and
// recording goes on at the next key frame: see fail.
func (s *Stream) flush(end int64) {
	seg, video := s.segment, s.pending[0]
	if seg == nil || len(video) == 0 {
		return
	}
	if err := seg.file.Err(); err != nil {
		s.fail(err, end)
		return
	}
	sound := s.soundBefore(end)
	head := make([]byte, 0, 256+16*(len(video)+len(sound)))
	s.sequence++
	runs := [2]fmp4.Run{{Samples: video, End: end}, {Samples: sound, End: s.soundEnd(sound)}}
	head = fmp4.AppendFragment(head, s.sequence, s.clock.at(video[0].DTS), runs[:])
	bufs := make([][]byte, 0, 2+len(video)+len(sound))
	bufs = append(bufs, head)
	bytes := 0
	for _, run := range runs {
		for i := range run.Samples {
			bufs = append(bufs, run.Samples[i].Data)
			bytes += len(run.Samples[i].Data)
		}
	}
	bufs = fmp4.AppendChecksum(bufs)
	if err := seg.file.Append(bufs); err != nil {
		s.fail(err, end)
		return
	}
	if s.failing.Load() != nil && len(seg.row.Fragments) > 0 { // the file was created and took a movie fragment
		s.failing.Store(nil)
	}
	f := nvr.Fragment{
		Offset: seg.row.Bytes, Bytes: int64(len(head) + bytes + len(bufs[len(bufs)-1])),
		MediaStart: video[0].DTS, MediaDuration: end - video[0].DTS,
		Key: video[0].Key, Score: s.scorer.Take(),
	}
	seg.row.Fragments = fmp4.AppendEntry(seg.row.Fragments, f, seg.row.Timescale)
	seg.row.Bytes += f.Bytes
	seg.row.MediaDuration = end - seg.row.MediaStart
	s.written(len(sound), bytes)
}

// soundBefore returns the pending sound that begins before a decode time of the
// picture. What begins later belongs to the pictures that come then.
func (s *Stream) soundBefore(end int64) []media.Sample {
	sound := s.pending[1]
	if len(sound) == 0 {
		return nil
	}
	until := nvr.Units(nvr.Duration(end, s.format.Video().Timescale), s.format.Tracks[1].Timescale)
	n := len(sound)
	for n > 0 && sound[n-1].DTS >= until {
		n--
	}
	return sound[:n]
}

// written forgets the pictures under construction, and so many frames of sound,
// which are so many bytes together.
func (s *Stream) written(sound, bytes int) {
	clear(s.pending[0])
	s.pending[0] = s.pending[0][:0]
	left := copy(s.pending[1], s.pending[1][sound:])
	clear(s.pending[1][left:])
	s.pending[1] = s.pending[1][:left]
	s.bytes -= bytes
}

// soundEnd returns when the last frame of sound ends: they are as long as the
// closest two are apart, and a lone one as its codec says.
func (s *Stream) soundEnd(sound []media.Sample) int64 {
	if len(sound) == 0 {
		return 0
	}
	frame := s.format.Tracks[1].FrameDuration()
	for i := 1; i < len(sound); i++ {
		if apart := sound[i].DTS - sound[i-1].DTS; i == 1 || apart < frame {
			frame = apart
		}
	}
	return sound[len(sound)-1].DTS + frame
}

// drop forgets the movie fragment under construction.
func (s *Stream) drop() {
	for t := range s.pending {
		clear(s.pending[t])
		s.pending[t] = s.pending[t][:0]
	}
	s.bytes = 0
}

// fail ends the segment because the disk does not take the movie fragment under
// construction. That goes to another directory, if one is well and it can be
// decoded by itself, and is lost if not.
func (s *Stream) fail(err error, end int64) {
	reason := footage.ReasonOf(err)
	s.log.Error("footage is lost", "reason", string(reason), "err", err)
	s.failing.Store(&reason)
	s.retry = s.arrived.Add(retryAfter)
	s.recorder.places.Fail(s.segment.dir, err)
	s.seal()
	first := s.pending[0][0]
	if dir, well, _ := s.recorder.places.Choose(); well && first.Key {
		s.begin(first, dir)
		s.flush(end)
		return
	}
	s.drop()
	s.openGap(reason, err.Error())
}

// unplaced accounts for the time in which no directory is there.
func (s *Stream) unplaced(err error) {
	reason := footage.ReasonOf(err)
	s.failing.Store(&reason)
	s.openGap(reason, err.Error())
}

// seal ends the segment after what was flushed, if there is one. Its row is
// sealed when the disk has it for good.
func (s *Stream) seal() {
	seg := s.segment
	if seg == nil {
		return
	}
	s.segment = nil
	row := seg.row
	row.Sealed = true
	end := row.MediaStart + row.MediaDuration
	row.Span.To = max(min(s.clock.bend(end, row.Span.From, segmentLength), s.limit), row.Span.From+1) // the next may not begin at the same instant
	s.add(row.Span)
	r := s.recorder
	r.sealing.Add(1)
	seg.file.Index(row)
	seg.file.Seal(func(result footage.Result) {
		r.ledger.post(func(tx catalog.Tx) error { return r.settle(tx, seg.dir, row, seg.init, result) })
		r.sealing.Done()
	})
}

// settle writes the row of a segment of which the disk has kept what result
// says, and a gap over the rest.
func (r *Recorder) settle(tx catalog.Tx, dir *footage.Directory, row nvr.Segment, init []byte, result footage.Result) error {
	intended := row.Span
	if result.Durable < row.Bytes {
		row = durable(dir, row, result.Durable)
	}
	if row.Span.To < intended.To {
		gap := nvr.Gap{
			Stream: row.Stream, Span: nvr.Span{From: row.Span.To, To: intended.To},
			Reason: footage.ReasonOf(result.Err), Detail: result.Err.Error(),
		}
		if err := tx.AddGap(gap); err != nil {
			return err
		}
	}
	if len(row.Fragments) == 0 {
		return tx.DropSegment(row.Stream, row.Span.From)
	}
	return put(tx, row, init)
}

// durable returns the segment as what is durable of it. The file knows where
// movie fragments end, the row only where entries of the index do.
func durable(dir *footage.Directory, row nvr.Segment, bytes int64) nvr.Segment {
	c, err := dir.ReadFront(bytes, row.Stream, row.Span.From, motion.Scores())
	if err != nil || c.Segment.Bytes != bytes || c.Segment.Timescale != row.Timescale {
		return truncate(row, bytes)
	}
	whole := row
	row.Fragments, row.Bytes, row.MediaDuration = c.Segment.Fragments, bytes, c.Segment.MediaDuration
	row.Span.To = whole.TimeAt(row.MediaStart + row.MediaDuration)
	return row
}

// truncate returns the segment as if it held no more than the given bytes.
func truncate(row nvr.Segment, bytes int64) nvr.Segment {
	if bytes >= row.Bytes {
		return row
	}
	n := 0
	for n < len(row.Fragments) && row.Fragments[n].Offset+row.Fragments[n].Bytes <= bytes {
		n++
	}
	whole := row
	row.Fragments = row.Fragments[:n]
	row.Bytes, row.MediaDuration = row.HeaderBytes, 0
	if n > 0 {
		last := row.Fragments[n-1]
		row.Bytes = last.Offset + last.Bytes
		row.MediaDuration = last.MediaStart + last.MediaDuration - row.MediaStart
	}
	row.Span.To = whole.TimeAt(row.MediaStart + row.MediaDuration)
	return row
}

// openGap begins a gap where what is accounted for ends, or gives the gap that
// is open there another reason from now on. Where footage lies ahead, dated by
// a clock that was set back since, the gap lasts until there, and goes on
// behind all of it.
func (s *Stream) openGap(reason nvr.Reason, detail string) {
	s.openGapAt(s.recorder.now(), reason, detail)
}

// openGapAt is openGap as if it were now.
func (s *Stream) openGapAt(now nvr.Time, reason nvr.Reason, detail string) {
	if reason == s.reason {
		return
	}
	if s.reason != "" && now > s.covered {
		if now < s.limit {
			s.follow(now, s.limit)
		} else {
			s.follow(s.place(now))
		}
	}
	s.reason = reason
	gap := nvr.Gap{Stream: s.id, Span: nvr.Span{From: s.covered, To: s.limit}, Reason: reason, Detail: detail}
	end := s.end
	s.recorder.ledger.post(func(tx catalog.Tx) error {
		return errors.Join(tx.CutGaps(gap.Stream, gap.Span), tx.EndGap(gap.Stream, end), addGap(tx, gap, end))
	})
}

// addGap adds a gap. What goes on goes on at end, behind all that is known.
func addGap(tx catalog.Tx, gap nvr.Gap, end nvr.Time) error {
	if gap.Span.To != forever {
		if err := tx.AddGap(gap); err != nil {
			return err
		}
		gap.Span.From = end
	}
	gap.Span.To = 0
	return tx.AddGap(gap)
}
