package playback

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
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
	if err := c.settle(); err != nil {
		return err
	}
	p := c.plan
	movie := p.movie()
	var slices []slice // of the mdat
	var size int64
	for i := range p.pieces {
		piece := &p.pieces[i]
		entries, err := c.player.entriesOf(c.ctx, p.stream, piece)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			scanner := c.scan(i, entry)
			for {
				var f fmp4.MovieFragment
				err := scanner.Next(&f)
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					return fmt.Errorf("segment of %s: %w", piece.start, err)
				}
				for t := range movie.Tracks {
					chunk, bytes := p.chunk(piece, t, &f.Runs[t])
					if bytes == 0 {
						continue
					}
					chunk.Offset = size
					movie.Tracks[t].Chunks = append(movie.Tracks[t].Chunks, chunk)
					slices = append(slices, slice{piece: i, offset: f.Runs[t].Offset, bytes: bytes})
					size += bytes
				}
			}
		}
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
	for _, s := range slices {
		c.add(s)
	}
	return nil
}

func appendMediaHeader(b []byte, size int64) []byte {
	b = append(b, 0, 0, 0, 1, 'm', 'd', 'a', 't')
	return binary.BigEndian.AppendUint64(b, uint64(size+mediaHeader))
}

// chunk returns the samples of a run that begin before the end of the piece,
// and how many bytes they have.
func (p *plan) chunk(of *piece, t int, run *fmp4.TrackRun) (fmp4.Chunk, int64) {
	out := fmp4.Chunk{Entry: int(of.entry[t]), DTS: run.DTS + of.shift[t]}
	dts, bytes, end := run.DTS, int64(0), p.end(of, t)
	for _, s := range run.Samples {
		if dts >= end {
			break
		}
		out.Samples = append(out.Samples, s)
		dts += int64(s.Duration)
		bytes += int64(s.Bytes)
	}
	return out, bytes
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
	s, err := p.newest(ctx, stream, before)
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
	c := p.content(ctx, &plan{stream: stream, pieces: []piece{{start: s.Span.From, directory: s.Directory}}})
	var f fmp4.MovieFragment
	if err := c.scan(0, fragments[0]).Next(&f); err != nil {
		return nil, 0, errors.Join(fmt.Errorf("segment %d: %w", s.ID, err), c.Close())
	}
	if len(f.Runs[0].Samples) == 0 {
		return nil, 0, errors.Join(fmt.Errorf("segment %d has no picture at %d: %w", s.ID, f.Offset, nvr.ErrDamaged), c.Close())
	}
	info := f.Runs[0].Samples[0]
	c.add(slice{data: stillHeader(init.Format.Video(), int64(info.Bytes))})
	c.add(slice{offset: f.Runs[0].Offset, bytes: int64(info.Bytes)})
	taken := s.TimeAt(f.Runs[0].DTS)
	return &File{
		ReadSeeker: c, Size: c.size, ETag: fmt.Sprintf(`"%s-%d"`, stream.Quality, taken), Modified: taken.Std(), closer: c,
	}, taken, nil
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
