package playback

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"nvrd/pkg/nvr"
)

// partLength is how long a media segment of a playlist lasts at least, if key
// frames allow: short enough that a seek loads little, long enough that a day
// is a playlist of a few megabytes.
const partLength = 1500 * time.Millisecond

// part is one media segment of a playlist: a byte range that begins at a key
// frame.
type part struct {
	start    nvr.Time
	duration time.Duration
	segment  *nvr.Segment
	media    int64 // decode time at which it begins
	offset   int64
	bytes    int64
	fresh    bool // does not continue the part before
}

// Playlist returns an HLS media playlist (RFC 8216) of the footage in span. It
// begins at the key frame at or before the span's start. Time without footage
// takes none in it: what follows is a discontinuity and has its date. (Entries
// with EXT-X-GAP would keep time, and are asked for all the same by players that
// do not know them, which is most of those outside of browsers.) Addresses are
// relative to /api/v1/cameras/N/ and name content: an init segment by its
// SHA-256, a footage file by stream and beginning. So what a browser keeps of an
// address stays true when the catalog is made again and numbers its rows anew.
// Time whose footage is on a disk that is not there is as time without.
// Without footage it is nvr.ErrNotFound.
func (p *Player) Playlist(ctx context.Context, stream nvr.StreamID, span nvr.Span) ([]byte, error) {
	segments, err := p.segments(ctx, stream, span)
	if err != nil {
		return nil, err
	}
	away, err := p.away(ctx)
	if err != nil {
		return nil, err
	}
	segments = slices.DeleteFunc(segments, func(s nvr.Segment) bool { return away[s.Directory] })
	parts := parts(segments, span)
	if len(parts) == 0 {
		return nil, fmt.Errorf("footage of %s in %s: %w", stream, span, nvr.ErrNotFound)
	}
	longest := time.Second
	for _, part := range parts {
		longest = max(longest, part.duration)
	}
	b := make([]byte, 0, 512+128*len(parts))
	b = fmt.Appendf(b, "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:%d\n#EXT-X-PLAYLIST-TYPE:VOD\n", int(math.Ceil(longest.Seconds())))
	var init nvr.InitID
	for i, part := range parts {
		if part.fresh && i > 0 {
			b = append(b, "#EXT-X-DISCONTINUITY\n"...)
		}
		if part.segment.Init != init {
			init = part.segment.Init
			described, err := p.Init(ctx, init)
			if err != nil {
				return nil, err
			}
			// With its length, since ffmpeg asks for a later one as if it were as long as the entry before.
			b = fmt.Appendf(b, "#EXT-X-MAP:URI=\"../../inits/%x.mp4\",BYTERANGE=\"%d@0\"\n", sha256.Sum256(described.Data), len(described.Data))
		}
		if part.fresh || i%32 == 0 { // now and then, so that rounded durations do not add up
			b = fmt.Appendf(b, "#EXT-X-PROGRAM-DATE-TIME:%s\n", part.start.Std().Format("2006-01-02T15:04:05.000000Z"))
		}
		b = append(b, "#EXTINF:"...)
		b = strconv.AppendFloat(b, part.duration.Seconds(), 'f', 6, 64)
		b = fmt.Appendf(b, ",\n#EXT-X-BYTERANGE:%d@%d\nsegments/%d.mp4?stream=%s\n", part.bytes, part.offset, part.segment.Span.From, stream.Quality)
	}
	return append(b, "#EXT-X-ENDLIST\n"...), nil
}

// parts cuts the footage in span into media segments.
func parts(segments []nvr.Segment, span nvr.Span) []part {
	var all []part
	for i := range segments {
		s := &segments[i]
		fragments := within(s, span)
		if len(fragments) == 0 {
			continue
		}
		fresh := i == 0 || !continues(&segments[i-1], s)
		begin := len(all)
		for _, f := range fragments {
			if n := len(all); n > begin && !(f.Key && all[n-1].duration >= partLength) {
				all[n-1].bytes += f.Bytes
				all[n-1].duration = nvr.Duration(f.MediaStart+f.MediaDuration-all[n-1].media, s.Timescale)
				continue
			}
			all = append(all, part{
				start: s.TimeAt(f.MediaStart), duration: nvr.Duration(f.MediaDuration, s.Timescale),
				segment: s, media: f.MediaStart, offset: f.Offset, bytes: f.Bytes, fresh: fresh,
			})
			fresh = false
		}
	}
	return all
}

// within returns the fragments of s that are needed to show what lies in span:
// from the key frame at or before its start.
func within(s *nvr.Segment, span nvr.Span) []nvr.Fragment {
	first, end := 0, 0
	for i, f := range s.Fragments {
		start := s.TimeAt(f.MediaStart)
		if f.Key && start <= span.From {
			first = i
		}
		if start < span.To {
			end = i + 1
		}
	}
	if s.Span.To <= span.From || first >= end {
		return nil
	}
	return s.Fragments[first:end]
}

// continues tells whether b goes on where a ended, in the same run and format.
func continues(a, b *nvr.Segment) bool {
	return a.Run == b.Run && a.Init == b.Init && a.MediaStart+a.MediaDuration == b.MediaStart
}
