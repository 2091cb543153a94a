package find

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
)

// look plays a stream until its first key frame, and returns what it sends and
// that frame as a picture. Its error is a [*rtsp.Fault].
func look(ctx context.Context, q nvr.Quality, c rtsp.Config) (nvr.Stream, []byte, error) {
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	p := &peek{seen: cancel}
	err := rtsp.Run(within, c, p)
	if p.picture == nil {
		var fault *rtsp.Fault
		if errors.As(err, &fault) {
			return nvr.Stream{}, nil, fault
		}
		return nvr.Stream{}, nil, &rtsp.Fault{Reason: nvr.NoPicture, Text: fmt.Sprintf("no picture came in time: %v", ctx.Err())}
	}
	v := p.format.Video()
	s := nvr.Stream{Quality: q, Phase: nvr.Live, Missing: p.format.Missing, Video: nvr.Video{Codec: string(v.Codec), Width: v.Width, Height: v.Height}}
	if a, ok := p.format.Audio(); ok {
		s.Audio = nvr.Audio{Codec: string(a.Codec), SampleRate: a.SampleRate, Channels: a.Channels}
	}
	return s, p.picture, nil
}

// peek is a sink that is content with one picture.
type peek struct {
	format  media.Format
	picture []byte
	seen    func()
}

func (p *peek) Begin(f media.Format, _ bool) { p.format = f }
func (p *peek) End(nvr.Reason, error)        {}

func (p *peek) Sample(s media.Sample) {
	if s.Track == 0 && s.Key && p.picture == nil && len(s.Data) <= maxPicture {
		p.picture = still(p.format.Video(), s.Data)
		p.seen()
	}
}

const (
	// maxPicture bounds a key frame; those of 8 megapixels have up to 2 MB.
	maxPicture  = 8 << 20
	mediaHeader = 8 // bytes of an mdat header
)

// still writes an MP4 of one picture (docs/adr/0008).
func still(video media.Track, data []byte) []byte {
	movie := fmp4.Movie{Duration: nvr.Units(time.Second, fmp4.MovieTimescale)}
	chunk := fmp4.Chunk{Entry: 1, Samples: []fmp4.SampleInfo{{Duration: video.Timescale, Bytes: uint32(len(data)), Key: true}}}
	movie.Tracks = []fmp4.MovieTrack{{Entries: []media.Track{video}, Chunks: []fmp4.Chunk{chunk}}}
	base := len(fmp4.AppendMovie(fmp4.AppendFileType(nil), movie)) + mediaHeader
	movie.Tracks[0].Chunks[0].Offset = int64(base)
	b := fmp4.AppendMovie(fmp4.AppendFileType(nil), movie)
	b = binary.BigEndian.AppendUint32(b, uint32(mediaHeader+len(data)))
	return append(append(b, "mdat"...), data...)
}
