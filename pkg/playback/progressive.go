package playback

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// mediaHeader is the size of an mdat header with a 64-bit size.
const mediaHeader = 16

// progressive lays out ftyp, moov and one mdat. It reads the headers of every
// movie fragment: about 20 ms for an hour.
func (c *content) progressive() error {
	opening, err := c.open()
	if err != nil {
		return err
	}
	p := c.selection
	movie := p.movie()
	var media []slice // of the mdat
	var size int64
	add := func(t int, chunk fmp4.Chunk, of ...slice) {
		chunk.Offset = size
		movie.Tracks[t].Chunks = append(movie.Tracks[t].Chunks, chunk)
		for _, s := range of {
			media = append(media, s)
			size += s.bytes
		}
	}
	for t := range movie.Tracks {
		if len(opening.samples[t]) > 0 {
			add(t, opening.chunk(&p.pieces[0], t), opening.media[t]...)
		}
	}
	for i := range p.pieces {
		piece := &p.pieces[i]
		entries, err := c.player.entriesOf(c.ctx, p.stream, piece)
		if err != nil {
			return err
		}
		for _, entry := range entries[piece.opening:] {
			err := c.each(i, entry, func(f *fmp4.MovieFragment) error {
				for t := range movie.Tracks {
					if chunk, bytes := p.chunk(piece, t, &f.Runs[t]); bytes > 0 {
						add(t, chunk, slice{piece: i, offset: f.Runs[t].Offset, bytes: bytes})
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	c.lay(movie, media)
	return nil
}

// lay lays out ftyp, moov and one mdat. The offsets of the movie's chunks count
// from the beginning of the media.
func (c *content) lay(movie fmp4.Movie, media []slice) {
	var size int64
	for _, s := range media {
		size += s.bytes
	}
	header := func() []byte { return fmp4.AppendMovie(fmp4.AppendFileType(nil), movie) }
	// Offsets have a fixed width, so the header is as long with as without them.
	base := int64(len(header())) + mediaHeader
	for t := range movie.Tracks {
		for i := range movie.Tracks[t].Chunks {
			movie.Tracks[t].Chunks[i].Offset += base
		}
	}
	c.head = appendMediaHeader(header(), size)
	c.add(slice{data: c.head})
	for _, s := range media {
		c.add(s)
	}
}

func appendMediaHeader(b []byte, size int64) []byte {
	b = append(b, 0, 0, 0, 1, 'm', 'd', 'a', 't')
	return binary.BigEndian.AppendUint64(b, uint64(size+mediaHeader))
}

// chunk returns the samples of a run up to the end of the piece, and how many
// bytes they have. The run is changed.
func (p *selection) chunk(of *piece, t int, run *fmp4.TrackRun) (fmp4.Chunk, int64) {
	infos, _ := p.clip(run, t, p.end(of, t))
	var bytes int64
	for _, s := range infos {
		bytes += int64(s.Bytes)
	}
	return fmp4.Chunk{Entry: int(of.entry[t]), DTS: run.DTS + of.shift[t], Samples: slices.Clone(infos)}, bytes
}

// Picture returns an MP4 file that holds a single key frame: the newest one at
// or before a time, with the time it was taken. A browser shows it like a
// picture, so nothing has to be decoded here. A zero time means now. Without a
// picture it is nvr.ErrNotFound.
func (p *Player) Picture(ctx context.Context, stream nvr.StreamID, at nvr.Time) (*File, nvr.Time, error) {
	before := at + 1
	if at == 0 {
		at = nvr.Now().Add(time.Hour) // all of what is recorded now
		var err error
		if before, err = p.present(ctx, stream); err != nil {
			return nil, 0, err
		}
	}
	s, err := p.newestSegment(ctx, stream, before)
	if err != nil {
		return nil, 0, err
	}
	fragments := within(&s, nvr.Span{From: min(at, s.Span.To-1), To: at + 1})
	if len(fragments) == 0 {
		return nil, 0, fmt.Errorf("picture of %s at %s: %w", stream, at, nvr.ErrNotFound)
	}
	init, err := p.Init(ctx, s.Init)
	if err != nil {
		return nil, 0, err
	}
	c := p.content(ctx, &selection{stream: stream, pieces: []piece{{start: s.Span.From, directory: s.Directory}}})
	found, err := c.newestKey(fragments, max(s.MediaAt(at), s.MediaStart))
	if err != nil {
		return nil, 0, errors.Join(err, c.Close())
	}
	c.add(slice{data: stillHeader(init.Format.Video(), found.bytes)})
	c.add(slice{offset: found.offset, bytes: found.bytes})
	taken := s.TimeAt(found.dts)
	return &File{
		ReadSeeker: c, Size: c.size, ETag: fmt.Sprintf(`"%s-%d"`, stream.Quality, taken), Modified: taken.Std(), closer: c,
	}, taken, nil
}

// keyFrame says where a key frame is.
type keyFrame struct{ dts, offset, bytes int64 }

// newestKey returns the newest key frame at or before a decode time in the
// entries of an index, of which the first begins with one. It looks at each
// picture: in footage of before, key frames lie within movie fragments, too.
func (c *content) newestKey(entries []nvr.Fragment, at int64) (found keyFrame, err error) {
	for _, entry := range slices.Backward(entries) {
		err := c.each(0, entry, func(f *fmp4.MovieFragment) error {
			dts, offset := f.Runs[0].DTS, f.Runs[0].Offset
			for _, s := range f.Runs[0].Samples {
				if s.Key && dts <= at {
					found = keyFrame{dts: dts, offset: offset, bytes: int64(s.Bytes)}
				}
				dts, offset = dts+int64(s.Duration), offset+int64(s.Bytes)
			}
			return nil
		})
		if err != nil || found.bytes > 0 {
			return found, err
		}
	}
	return found, fmt.Errorf("no key frame at %d: %w", entries[0].Offset, nvr.ErrDamaged)
}

// stillHeader is all of a file with a single key frame but the picture; it
// lasts a second, since some players refuse shorter ones.
func stillHeader(video media.Track, size int64) []byte {
	movie := fmp4.Movie{Duration: nvr.Units(time.Second, fmp4.MovieTimescale)}
	chunk := fmp4.Chunk{Entry: 1, Samples: []fmp4.SampleInfo{{Duration: video.Timescale, Bytes: uint32(size), Key: true}}}
	movie.Tracks = []fmp4.MovieTrack{{Entries: []media.Track{video}, Chunks: []fmp4.Chunk{chunk}}}
	base := len(fmp4.AppendMovie(fmp4.AppendFileType(nil), movie)) + mediaHeader
	movie.Tracks[0].Chunks[0].Offset = int64(base)
	return appendMediaHeader(fmp4.AppendMovie(fmp4.AppendFileType(nil), movie), size)
}
