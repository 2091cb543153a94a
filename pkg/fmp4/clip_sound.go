package fmp4

import (
	"fmt"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// Syntactic elements that a raw data block of AAC begins with (ISO/IEC 14496-3,
// table 4.85): of the others, only fill is stepped over.
const (
	channelPair = 1 // and 0 is a single channel
	fill        = 6
)

// checkSound refuses sound that visibly has room for text.
func checkSound(track media.Track, samples []media.Sample) error {
	bad := func(what string) error {
		return fmt.Errorf("%s; leave the sound out: %w", what, nvr.ErrInvalid)
	}
	// Channel configuration 0 announces a description that has a comment field.
	if track.Codec == media.AAC && (len(track.Config) > 8 || track.Config[1]>>3&0xf == 0) {
		return bad("AAC with a description of its own")
	}
	for i, s := range samples {
		if len(s.Data) == 0 || len(s.Data) > 1<<16 || wordy(track.Codec, s.Data) {
			return bad(fmt.Sprintf("frame of sound %d of %d bytes with data beside the sound", i, len(s.Data)))
		}
	}
	return nil
}

// wordy tells whether a frame of sound begins with something else.
func wordy(codec media.Codec, b []byte) bool {
	switch codec {
	case media.AAC:
		return len(b) > 0 && b[0]>>5 > channelPair
	case media.Opus: // RFC 6716, 3.2.5: padding
		return len(b) > 1 && b[0]&3 == 3 && b[1]&0x40 != 0
	}
	return false
}

// withoutFill returns a frame of AAC without the fill elements that it begins
// with, in which encoders say who they are (14496-3, 4.4.2.7).
func withoutFill(b []byte) []byte {
	for len(b) > 1 && b[0]>>5 == fill {
		count, bits := int(b[0]>>1&0xf), 3+4
		if count == 15 {
			count, bits = 14+int(b[0]<<7|b[1]>>1), bits+8
		}
		bits += 8 * count
		at, shift := bits/8, bits%8
		if at+1 >= len(b) {
			return nil
		}
		out := make([]byte, 0, len(b)-at)
		for ; at+1 < len(b); at++ {
			out = append(out, b[at]<<shift|b[at+1]>>(8-shift))
		}
		if last := b[at] << shift; last != 0 { // else these bits only filled the last byte
			out = append(out, last)
		}
		b = out
	}
	return b
}
