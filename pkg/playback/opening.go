package playback

import (
	"cmp"
	"fmt"
	"slices"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// opening is the beginning of an export, from the key frame at or before what
// was asked for. What comes before that has to be decoded and is not to be
// seen. An edit list says so, which many players of fragmented files, and some
// of all, do not heed. So it takes next to no time: the picture that was on at
// the instant that was asked for begins then, and those before it are over at
// once. Sound begins with the first whole frame. All times are those of the
// segment.
type opening struct {
	at      int64    // presentation time that was asked for
	end     [2]int64 // decode times at which its tracks end
	clock   nvr.Time // of the first picture
	samples [2][]sample
	media   [2][]slice // the samples' bytes
}

// sample is what has to be known of a sample to write it down elsewhere.
type sample struct {
	dts, pts int64
	bytes    uint32
	key      bool
}

// open reads the headers of the opening and fits the selection to it.
func (c *content) open() (*opening, error) {
	p, piece := c.selection, &c.selection.pieces[0]
	entries, err := c.player.entriesOf(c.ctx, p.stream, piece)
	if err != nil {
		return nil, err
	}
	o := &opening{}
	for i, entry := range entries[:piece.opening] {
		err := c.each(0, entry, func(f *fmp4.MovieFragment) error {
			if len(f.Runs[0].Samples) == 0 {
				return fmt.Errorf("no picture at %d: %w", f.Offset, nvr.ErrDamaged)
			}
			if i == 0 && len(o.samples[0]) == 0 {
				p.composition = nvr.Duration(int64(f.Runs[0].Samples[0].Composition), piece.timescale)
				o.at = p.asked + int64(f.Runs[0].Samples[0].Composition)
				o.clock = f.Clock.Add(nvr.Duration(p.asked-piece.from, piece.timescale))
			}
			o.add(p, 0, f.Runs[0])
			if len(p.tracks) > 1 {
				o.add(p, 1, f.Runs[1])
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(o.samples[0]) == 0 {
		return nil, fmt.Errorf("segment of %s has no picture at %d: %w", piece.start, entries[0].Offset, nvr.ErrDamaged)
	}
	hide(o.samples[0], o.at, o.end[0])
	if sets := p.sets(piece); len(sets) > 0 {
		o.samples[0][0].bytes += uint32(len(sets))
		o.media[0] = slices.Insert(o.media[0], 0, slice{data: sets, bytes: int64(len(sets))})
	}
	zero := o.samples[0][0].dts
	p.edit = nvr.Duration(o.at-zero, piece.timescale)
	skipped := nvr.Duration(zero-piece.from, piece.timescale)
	for i := range p.pieces {
		for t := range p.tracks {
			p.pieces[i].shift[t] -= nvr.Units(skipped+p.ahead(t), p.tracks[t].timescale)
		}
	}
	return o, nil
}

// add adds the samples of a run, and where their bytes are. Of sound, what
// begins before what was asked for is left out.
func (o *opening) add(p *selection, t int, run fmp4.TrackRun) {
	piece := &p.pieces[0]
	at := nvr.Units(nvr.Duration(o.at, piece.timescale), p.tracks[t].timescale)
	infos, end := p.clip(&run, t, p.end(piece, t))
	taken := slice{offset: run.Offset}
	dts := run.DTS
	for _, s := range infos {
		if t == 1 && dts < at {
			taken.offset += int64(s.Bytes)
		} else {
			o.samples[t] = append(o.samples[t], sample{dts: dts, pts: dts + int64(s.Composition), bytes: s.Bytes, key: s.Key})
			taken.bytes += int64(s.Bytes)
		}
		dts += int64(s.Duration)
	}
	if taken.bytes > 0 {
		o.media[t] = append(o.media[t], taken)
		o.end[t] = end
	}
}

// hide times pictures, which are in the order of decoding and end at end, so
// that the one that is on at an instant begins then, and those that are shown
// before it are over as soon as can be.
func hide(pictures []sample, at, end int64) {
	on := 0
	for i, s := range pictures {
		if s.pts <= at && s.pts > pictures[on].pts {
			on = i
		}
	}
	var hidden []*sample
	for i := range pictures {
		if pictures[i].pts < pictures[on].pts {
			hidden = append(hidden, &pictures[i])
		}
	}
	first := slices.IndexFunc(pictures, func(s sample) bool { return s.pts >= pictures[on].pts }) // that is shown
	if first+1 < len(pictures) {
		end = pictures[first+1].dts
	}
	// Players take a picture that lasts a thousand times as long as those before
	// it for a break.
	tick := 1 + (end-pictures[first].dts)/500
	if first == on {
		pictures[on].dts = max(pictures[on].dts, min(pictures[on].dts+at-pictures[on].pts, end-1))
	}
	pictures[on].pts = max(pictures[on].pts, at)
	slices.SortFunc(hidden, func(a, b *sample) int { return cmp.Compare(a.pts, b.pts) })
	for i, s := range hidden {
		s.pts = pictures[on].pts - int64(len(hidden)-i)*tick
	}
	next := pictures[first].dts
	for i := first - 1; i >= 0; i-- {
		next = min(next-tick, pictures[i].pts)
		pictures[i].dts = next
	}
}

// bytes returns the size of the opening's media.
func (o *opening) bytes() (n int64) {
	for _, track := range o.media {
		for _, s := range track {
			n += s.bytes
		}
	}
	return n
}

// info returns the samples of a track as a file describes them.
func (o *opening) info(t int) []fmp4.SampleInfo {
	all := o.samples[t]
	infos := make([]fmp4.SampleInfo, len(all))
	for i, s := range all {
		end := o.end[t]
		if i+1 < len(all) {
			end = all[i+1].dts
		}
		infos[i] = fmp4.SampleInfo{Duration: uint32(max(0, end-s.dts)), Bytes: s.bytes, Composition: int32(s.pts - s.dts), Key: s.key}
	}
	return infos
}

// chunk returns the samples of a track as they stand in a progressive file.
func (o *opening) chunk(of *piece, t int) fmp4.Chunk {
	return fmp4.Chunk{Entry: int(of.entry[t]), DTS: o.samples[t][0].dts + of.shift[t], Samples: o.info(t)}
}

// fragment returns the opening as a movie fragment without its media, rewritten.
func (o *opening) fragment(of *piece) ([]byte, error) {
	var runs [2]fmp4.Run
	var blank []byte // of a sample's data only the length is written here
	for t, all := range o.samples {
		for _, s := range all {
			blank = slices.Grow(blank[:0], int(s.bytes))
			runs[t].Samples = append(runs[t].Samples, media.Sample{
				Track: t, DTS: s.dts, Composition: int32(s.pts - s.dts), Key: s.key, Data: blank[:s.bytes],
			})
		}
		runs[t].End = o.end[t]
	}
	b := fmp4.AppendFragment(nil, sequence(0), o.clock, runs[:])
	_, err := fmp4.Rewrite(b[:len(b)-8], fmp4.Change{Sequence: sequence(0), Shift: of.shift, Entry: of.entry})
	return b, err
}
