package ffmpeg

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// Small pictures are of one size whatever the camera's: each of their pixels is
// the mean of an area, so that the noise of a sensor is gone and what moves is not.
const (
	SmallWidth  = 96
	SmallHeight = 72
)

// Shrink decodes pictures of a track as they come from in, and hands each to
// tell, small, as SmallWidth by SmallHeight bytes of brightness in rows; they are
// valid until tell returns. It holds none back until the next, unless the track
// says that its pictures are reordered. What comes from in is what [AppendStart] and
// [AppendPicture] make. It returns when in ends, ctx does, or the child, which
// has 20 minutes of CPU time: whoever still wants pictures calls it again.
//
// It does not wait for its turn: there may be one for each camera. What can't be decoded is nvr.ErrDamaged.
func (t *Tool) Shrink(ctx context.Context, codec media.Codec, in io.Reader, tell func(small []byte)) error {
	demuxer := "h264"
	if codec == media.H265 {
		demuxer = "hevc"
	}
	args := []string{
		"-hide_banner", "-nostdin", "-nostats", "-loglevel", "error",
		"-filter_threads", "1", "-protocol_whitelist", "pipe", "-format_whitelist", demuxer, "-codec_whitelist", "h264,hevc",
		"-max_pixels", fmt.Sprint(maxPixels), "-threads", "1", // frames in several threads come late
		"-flags", "low_delay", "-probesize", "32", "-analyzeduration", "0",
		"-f", demuxer, "-i", "pipe:0", "-map", "0:v:0", "-fps_mode", "passthrough",
		"-vf", fmt.Sprintf("scale=%d:%d:flags=area,format=gray", SmallWidth, SmallHeight),
		"-threads", "1", // in several the encoder holds pictures back
		"-f", "rawvideo", "-flush_packets", "1", "pipe:1",
	}
	small := make([]byte, SmallWidth*SmallHeight)
	return t.child(ctx, in, math.MaxInt64, args, func(stdout io.Reader) error {
		for {
			_, err := io.ReadFull(stdout, small)
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return nil
			}
			if err != nil {
				return err
			}
			tell(small)
		}
	})
}

// startCode stands before each NAL unit (ISO/IEC 14496-10, annex B).
var startCode = []byte{0, 0, 0, 1}

// Access unit delimiters: the decoder knows by them that the picture before is whole.
var (
	delimiter264 = []byte{0, 0, 0, 1, 9, 0xf0}
	delimiter265 = []byte{0, 0, 0, 1, 35 << 1, 1, 0x50}
)

// endOfSequence265 is a NAL unit of type EOS_NUT (ISO/IEC 23008-2, 7.4.2.4.4).
var endOfSequence265 = []byte{0, 0, 0, 1, 36 << 1, 1}

// AppendStart appends the parameter sets of a track, before the first picture.
func AppendStart(b []byte, track media.Track) []byte {
	for _, set := range [][]byte{track.VPS, track.SPS, track.PPS} {
		if len(set) > 0 {
			b = append(append(b, startCode...), set...)
		}
	}
	return b
}

// AppendKey appends a key frame that nothing but key frames follows for a while. It
// ends the sequence: of H.265 the next may have the same place in it, and would be
// left out. Data that is no picture is nvr.ErrDamaged.
func AppendKey(b []byte, codec media.Codec, data []byte) ([]byte, error) {
	b, err := AppendPicture(b, codec, data)
	if err == nil && codec == media.H265 {
		b = append(b, endOfSequence265...)
	}
	return b, err
}

// AppendPicture appends a picture, as [media.Sample] has it, and that it is whole.
// Data that is no picture is nvr.ErrDamaged.
func AppendPicture(b []byte, codec media.Codec, data []byte) ([]byte, error) {
	for rest := data; len(rest) > 0; {
		if len(rest) < 4 || uint64(binary.BigEndian.Uint32(rest)) > uint64(len(rest)-4) {
			return b, fmt.Errorf("a picture of %d bytes: %w", len(data), nvr.ErrDamaged)
		}
		n := 4 + binary.BigEndian.Uint32(rest)
		b = append(append(b, startCode...), rest[4:n]...)
		rest = rest[n:]
	}
	if codec == media.H265 {
		return append(b, delimiter265...), nil
	}
	return append(b, delimiter264...), nil
}
