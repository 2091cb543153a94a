package recorder

import (
	"time"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/media"
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
	// maxStill is how long one picture may stand in for those that did not come
	// before the time without them is a gap, in a stream that is not slow.
	maxStill = 3 * time.Second
	// maxPicture is how long a picture may last in any stream.
	maxPicture = segmentLength
	// onePicture is how long a picture is taken to last that has no neighbor.
	onePicture = 40 * time.Millisecond
)

// fragment is a movie fragment under construction: pictures and sound, by track.
type fragment struct {
	samples [2][]media.Sample
	bytes   int
}

func (f *fragment) pictures() []media.Sample { return f.samples[0] }

func (f *fragment) add(s media.Sample) {
	f.samples[s.Track] = append(f.samples[s.Track], s)
	f.bytes += len(s.Data)
}

// hears tells whether there is room for some more sound.
func (f *fragment) hears(s media.Sample) bool {
	return len(f.samples[1]) < maxFragmentSound && f.bytes+len(s.Data) <= maxFragmentBytes
}

// soundBefore returns the sound that begins before a time. What begins later
// belongs to the pictures that come then.
func (f *fragment) soundBefore(end int64) []media.Sample {
	n := len(f.samples[1])
	for n > 0 && f.samples[1][n-1].DTS >= end {
		n--
	}
	return f.samples[1][:n]
}

// written forgets the pictures, and so many frames of sound.
func (f *fragment) written(sound int) {
	clear(f.samples[0])
	f.samples[0] = f.samples[0][:0]
	left := copy(f.samples[1], f.samples[1][sound:])
	clear(f.samples[1][left:])
	f.samples[1] = f.samples[1][:left]
	f.bytes = 0
	for i := range f.samples[1] {
		f.bytes += len(f.samples[1][i].Data)
	}
}

func (f *fragment) clear() { f.written(len(f.samples[1])) }

// soundEnd returns when the last of some frames of sound ends: they are as long
// as the closest two are apart, and a lone one as its codec says.
func soundEnd(sound []media.Sample, frame int64) int64 {
	if len(sound) == 0 {
		return 0
	}
	for i := 1; i < len(sound); i++ {
		if apart := sound[i].DTS - sound[i-1].DTS; i == 1 || apart < frame {
			frame = apart
		}
	}
	return sound[len(sound)-1].DTS + frame
}

// nextDTS guesses when the picture after the last pending one would begin: as
// long after it as the pictures before it were apart. One that comes slowly is
// not taken to last beyond now: nobody knows whether there will be another.
func (c *cutter) nextDTS() int64 {
	video := c.fragment.pictures()
	if len(video) == 0 {
		return 0
	}
	timescale := c.format.Video().Timescale
	frame := c.frame
	if frame == 0 {
		frame = nvr.Units(onePicture, timescale)
	}
	if frame > nvr.Units(maxStill, timescale) {
		frame = min(frame, nvr.Units(max(time.Since(c.arrived), onePicture), timescale))
	}
	return video[len(video)-1].DTS + frame
}

// flushIfDue ends the movie fragment under construction if the next picture
// should not be in it.
func (c *cutter) flushIfDue(next media.Sample) {
	video := c.fragment.pictures()
	if len(video) == 0 {
		return
	}
	timescale := c.format.Video().Timescale
	if c.missing(next) {
		c.stop()
		c.account.openGap(nvr.NoPicture, "no picture for "+nvr.Duration(next.DTS-c.last, timescale).Round(time.Millisecond).String())
		return
	}
	long := nvr.Duration(next.DTS-video[0].DTS, timescale)
	// Half a frame early rather than one late: frames come at any rate.
	frame := long / time.Duration(len(video))
	hides := next.Key && (!video[0].Key || long >= shortFragment)
	if hides || long+frame/2 > fragmentLength || c.fragment.bytes+len(next.Data) > maxFragmentBytes {
		c.flush(next.DTS)
	}
}

// missing tells whether the time up to the next picture is without pictures,
// instead of that of the last one. A picture that builds on the one before says that
// nothing is missing between them, however late it is: cameras send few when
// nothing moves. A key frame says nothing of the kind, so pictures are missing unless
// they came about as slowly before.
func (c *cutter) missing(next media.Sample) bool {
	apart, timescale := next.DTS-c.last, c.format.Video().Timescale
	switch {
	case apart <= nvr.Units(maxStill, timescale):
		return false
	case apart > nvr.Units(maxPicture, timescale):
		return true
	}
	return next.Key && apart > 2*c.frame
}

// flush hands the movie fragment under construction, which ends at decode time
// end, to the disk. If the disk does not take it the segment is sealed, and
// recording goes on at the next key frame: see fail.
func (c *cutter) flush(end int64) {
	seg, video := c.segment, c.fragment.pictures()
	if seg == nil || len(video) == 0 {
		return
	}
	if err := seg.file.Err(); err != nil {
		c.fail(err, end)
		return
	}
	runs := [2]fmp4.Run{{Samples: video, End: end, Base: c.base}, c.soundBefore(end)}
	sound := len(runs[1].Samples)
	c.sequence++
	head := make([]byte, 0, 256+16*(len(video)+sound))
	head = fmp4.AppendFragment(head, c.sequence, c.clock.at(video[0].DTS), runs[:])
	bufs := make([][]byte, 0, 2+len(video)+sound)
	bufs = append(bufs, head)
	bytes := int64(len(head))
	for _, run := range runs {
		for i := range run.Samples {
			bufs = append(bufs, run.Samples[i].Data)
			bytes += int64(len(run.Samples[i].Data))
		}
	}
	bufs = fmp4.AppendChecksum(bufs)
	bytes += int64(len(bufs[len(bufs)-1]))
	if err := seg.file.Append(bufs); err != nil {
		c.fail(err, end)
		return
	}
	if c.failing.Load() != nil && len(seg.row.Fragments) > 0 { // the file was created and took a movie fragment
		c.failing.Store(nil)
	}
	seg.row.Fragments = fmp4.AppendEntry(seg.row.Fragments, nvr.Fragment{
		Offset: seg.row.Bytes, Bytes: bytes,
		MediaStart: c.base + video[0].DTS, MediaDuration: end - video[0].DTS,
		Key: video[0].Key, Score: c.scorer.Take(nvr.Duration(end, c.format.Video().Timescale)),
	}, seg.row.Timescale)
	seg.row.Bytes += bytes
	seg.row.MediaDuration = c.base + end - seg.row.MediaStart
	c.fragment.written(sound)
}

// soundBefore returns the sound under construction that begins before a decode
// time of the picture.
func (c *cutter) soundBefore(end int64) fmp4.Run {
	if len(c.fragment.samples[1]) == 0 {
		return fmp4.Run{}
	}
	sound := c.fragment.soundBefore(c.soundTime(end))
	return fmp4.Run{Samples: sound, End: soundEnd(sound, c.format.Tracks[1].FrameDuration()), Base: c.soundTime(c.base)}
}

// soundTime returns a decode time of the picture in units of the sound, if there
// is any.
func (c *cutter) soundTime(dts int64) int64 {
	if len(c.format.Tracks) < 2 {
		return 0
	}
	return nvr.Units(nvr.Duration(dts, c.format.Video().Timescale), c.format.Tracks[1].Timescale)
}
