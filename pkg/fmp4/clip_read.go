package fmp4

import (
	"fmt"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// maxClipSamples is more than 30 s of any stream has in a track: an hour that
// pretends to be 30 s must not cost memory.
const maxClipSamples = 1 << 15

// trackReader reads one track of a file, whoever wrote it.
type trackReader struct {
	file  []byte
	trak  []byte
	scale uint32 // of the track
	movie uint32 // time scale of the movie
	run   Run
	at    int64 // decode time of the next sample

	// What trex says of samples that say nothing themselves.
	duration, size, flags uint32
}

// readMovie reads the samples of a progressive or a fragmented file. Their data
// lies in b.
func readMovie(b []byte) (c clip, err error) {
	if c.format, err = ParseInit(b); err != nil {
		return c, err
	}
	moov := find(b, "moov")
	scale, length := movieTimes(find(moov, "mvhd"))
	if scale == 0 {
		return c, fmt.Errorf("movie without a time scale: %w", nvr.ErrDamaged)
	}
	c.length = length * MovieTimescale / int64(scale)
	var readers []*trackReader
	err = each(moov, func(child box) error {
		if child.kind != "trak" {
			return nil
		}
		t := &trackReader{file: b, trak: child.body, movie: scale, scale: c.format.Tracks[len(readers)].Timescale}
		readers = append(readers, t)
		return t.described()
	})
	if err != nil {
		return c, err
	}
	if mvex := find(moov, "mvex"); mvex != nil {
		err = readFragments(b, mvex, readers)
	} else {
		for _, t := range readers {
			if err == nil {
				err = t.readTables()
			}
		}
	}
	for i, t := range readers {
		shift, editErr := t.edits()
		if err == nil {
			err = editErr
		}
		t.run.End = t.at
		t.run.shift(shift)
		c.runs[i] = t.run
	}
	if err != nil {
		return c, err
	}
	if len(c.runs[0].Samples) == 0 {
		return c, fmt.Errorf("no picture is shown in what was chosen: %w", nvr.ErrNotFound)
	}
	if n := c.runs[0].Bytes() + c.runs[1].Bytes(); n > len(b) { // samples that share bytes would multiply
		return c, fmt.Errorf("%d bytes of samples in %d: %w", n, len(b), nvr.ErrDamaged)
	}
	return c, nil
}

// times is more than any clip says of time: sums of such stay far from overflow.
const times = 1 << 48

func movieTimes(mvhd []byte) (scale uint32, length int64) {
	r := fields{b: mvhd}
	if version, _ := r.full(); version == 1 {
		r.take(16)
		scale = r.u32()
		length = int64(min(r.u64(), times>>17)) // it is multiplied by MovieTimescale
	} else {
		r.take(8)
		scale = r.u32()
		length = int64(r.u32())
	}
	if r.short {
		return 0, 0
	}
	return scale, length
}

// described makes sure that all samples have the same description.
func (t *trackReader) described() error {
	r := fields{b: find(t.trak, "mdia", "minf", "stbl", "stsd")}
	r.full()
	if r.u32() != 1 || r.short {
		return fmt.Errorf("the camera changed its format in what was chosen; choose what is before or after that: %w", nvr.ErrInvalid)
	}
	return nil
}

// edits returns what has to be added to decode times for the movie to begin at zero.
func (t *trackReader) edits() (shift int64, err error) {
	r := fields{b: find(t.trak, "edts", "elst")}
	if r.b == nil {
		return 0, nil
	}
	version, _ := r.full()
	for range min(r.u32(), 2) {
		var duration, at int64
		if version == 1 {
			duration, at = int64(r.u64()), int64(r.u64())
		} else {
			duration, at = int64(r.u32()), int64(int32(r.u32()))
		}
		r.u32() // rate
		if at >= 0 {
			shift -= at
			break
		}
		if duration < 0 || duration > times>>16 {
			return 0, fmt.Errorf("edit list: %w", nvr.ErrDamaged)
		}
		scale, movie := int64(t.scale), int64(t.movie) // rounded up, since it was rounded down
		shift += duration/movie*scale + (duration%movie*scale+movie-1)/movie
	}
	if r.short || shift < -times {
		return 0, fmt.Errorf("edit list: %w", nvr.ErrDamaged)
	}
	return shift, nil
}

// add adds the next sample.
func (t *trackReader) add(offset int64, s SampleInfo) error {
	if len(t.run.Samples) == maxClipSamples {
		return fmt.Errorf("more than %d samples: %w", maxClipSamples, nvr.ErrTooLarge)
	}
	if offset < 0 || int64(s.Bytes) > int64(len(t.file))-offset || t.at > times {
		return fmt.Errorf("sample %d of %d bytes at %d: %w", len(t.run.Samples)+1, s.Bytes, offset, nvr.ErrDamaged)
	}
	t.run.Samples = append(t.run.Samples, media.Sample{
		DTS: t.at, Composition: s.Composition, Key: s.Key, Data: t.file[offset : offset+int64(s.Bytes)],
	})
	t.at += int64(s.Duration)
	return nil
}

// readTables reads the samples of a progressive file (14496-12, 8.6 and 8.7).
func (t *trackReader) readTables() error {
	stbl := find(t.trak, "mdia", "minf", "stbl")
	table := func(kind string) *fields {
		f := &fields{b: find(stbl, kind)}
		f.full()
		return f
	}
	sizes, durations, compositions, keys := table("stsz"), table("stts"), table("ctts"), table("stss")
	perChunk, offsets := table("stsc"), table("stco")
	wide := offsets.short
	if wide {
		offsets = table("co64")
	}
	size, samples := sizes.u32(), sizes.u32()
	chunks := offsets.u32()
	duration, composition := runs{f: durations, left: durations.u32()}, runs{f: compositions, left: compositions.u32()}
	keyless := keys.short
	keys.u32()
	key := keys.u32()
	descriptions := perChunk.u32()
	var n, next uint32
	next = perChunk.u32()
	if sizes.short || offsets.short || durations.short || perChunk.short || chunks > samples {
		return fmt.Errorf("tables of %d samples: %w", samples, nvr.ErrDamaged)
	}
	done := uint32(0)
	for chunk := uint32(1); chunk <= chunks; chunk++ {
		if chunk == next {
			n = perChunk.u32()
			perChunk.u32()
			if descriptions--; descriptions > 0 {
				next = perChunk.u32()
			}
		}
		offset := int64(offsets.u32())
		if wide {
			offset = offset<<32 | int64(offsets.u32())
		}
		if n > samples-done || n == 0 {
			return fmt.Errorf("chunk of %d samples: %w", n, nvr.ErrDamaged)
		}
		for range n {
			done++
			s := SampleInfo{Bytes: size, Duration: duration.next(), Composition: int32(composition.next()), Key: keyless || key == done}
			if size == 0 {
				s.Bytes = sizes.u32()
			}
			if key == done && len(keys.b) >= 4 {
				key = keys.u32()
			}
			if err := t.add(offset, s); err != nil {
				return err
			}
			offset += int64(s.Bytes)
		}
	}
	if done != samples || sizes.short || offsets.short || durations.short || perChunk.short {
		return fmt.Errorf("tables with %d of %d samples: %w", done, samples, nvr.ErrDamaged)
	}
	return nil
}

// runs reads a table of counted values.
type runs struct {
	f           *fields
	left, count uint32
	value       uint32
}

func (r *runs) next() uint32 {
	for r.count == 0 && r.left > 0 && !r.f.short {
		r.left--
		r.count, r.value = r.f.u32(), r.f.u32()
	}
	if r.count == 0 {
		return 0
	}
	r.count--
	return r.value
}

// readFragments reads the samples of all movie fragments (14496-12, 8.8),
// whatever defaults they rely on.
func readFragments(file, mvex []byte, tracks []*trackReader) error {
	err := each(mvex, func(child box) error {
		if child.kind != "trex" {
			return nil
		}
		r := fields{b: child.body}
		r.full()
		id := r.u32()
		if r.u32(); id >= 1 && id <= uint32(len(tracks)) {
			t := tracks[id-1]
			t.duration, t.size, t.flags = r.u32(), r.u32(), r.u32()
		}
		return nil
	})
	for rest := file; err == nil && len(rest) > 0; {
		moof := int64(len(file) - len(rest))
		var top box
		if top, rest, err = next(rest); err == nil && top.kind == "moof" {
			err = each(top.body, func(child box) error {
				if child.kind != "traf" {
					return nil
				}
				return readTrackFragment(child.body, moof, tracks)
			})
		}
	}
	return err
}

func readTrackFragment(traf []byte, moof int64, tracks []*trackReader) error {
	r := fields{b: find(traf, "tfhd")}
	_, flags := r.full()
	id := r.u32()
	if r.short || flags&tfhdBaseIsMoof == 0 || flags&0x1 != 0 || id < 1 || id > uint32(len(tracks)) {
		return fmt.Errorf("track fragment of track %d, flags %#x: %w", id, flags, nvr.ErrDamaged)
	}
	t := tracks[id-1]
	duration, size, sampleFlags := t.duration, t.size, t.flags
	if flags&tfhdEntry != 0 {
		r.u32()
	}
	for _, f := range []struct {
		flag uint32
		to   *uint32
	}{{tfhdDuration, &duration}, {tfhdSize, &size}, {tfhdFlags, &sampleFlags}} {
		if flags&f.flag != 0 {
			*f.to = r.u32()
		}
	}
	time := fields{b: find(traf, "tfdt")}
	if version, _ := time.full(); version == 1 {
		t.at = int64(min(time.u64(), 2*times))
	} else {
		t.at = int64(time.u32())
	}
	if r.short || time.short {
		return fmt.Errorf("track fragment of track %d: %w", id, nvr.ErrDamaged)
	}
	var offset int64
	return each(traf, func(child box) error {
		if child.kind != "trun" {
			return nil
		}
		run := fields{b: child.body}
		_, flags := run.full()
		count := run.u32()
		if flags&trunOffset != 0 {
			offset = moof + int64(int32(run.u32()))
		}
		first := sampleFlags
		if flags&trunFirstFlags != 0 {
			first = run.u32()
		}
		for i := range min(count, maxClipSamples) {
			s := SampleInfo{Duration: duration, Bytes: size}
			of := sampleFlags
			if i == 0 {
				of = first
			}
			if flags&trunDuration != 0 {
				s.Duration = run.u32()
			}
			if flags&trunSize != 0 {
				s.Bytes = run.u32()
			}
			if flags&trunFlags != 0 {
				of = run.u32()
			}
			if flags&trunComposition != 0 {
				s.Composition = int32(run.u32())
			}
			s.Key = of&0x00010000 == 0
			if run.short {
				return fmt.Errorf("trun is cut short: %w", nvr.ErrDamaged)
			}
			if err := t.add(offset, s); err != nil {
				return err
			}
			offset += int64(s.Bytes)
		}
		return nil
	})
}

// ReadClip says of a clip, as [Strip] makes it, what its pictures are and how
// long it is. What does not parse is nvr.ErrDamaged.
func ReadClip(b []byte) (video media.Track, length time.Duration, err error) {
	c, err := readMovie(b)
	if err != nil {
		return video, 0, err
	}
	return c.format.Video(), nvr.Duration(c.length, MovieTimescale), nil
}
