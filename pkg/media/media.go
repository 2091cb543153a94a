// Package media is our neutral model of a stream: tracks, samples and their
// timestamps. It knows codecs by name and by their parameter sets, not how
// they are carried (see pkg/rtsp) nor how they are stored (see pkg/fmp4).
package media

import (
	"bytes"
	"slices"
	"time"

	"nvrd/pkg/nvr"
)

// Codec names how the samples of a track are encoded.
type Codec string

// The codecs that can be received. G.711 and L16 are stored as FLAC.
const (
	H264 Codec = "h264"
	H265 Codec = "h265"
	AAC  Codec = "aac"
	Opus Codec = "opus"
	PCMU Codec = "pcmu"
	PCMA Codec = "pcma"
	L16  Codec = "l16"
	FLAC Codec = "flac"
)

// Video tells whether c is a codec for pictures.
func (c Codec) Video() bool { return c == H264 || c == H265 }

// Track describes one track of a stream. It holds only what a decoder needs to
// be set up, so two equal tracks can share one init segment. A Track is a
// value; the slices in it are never changed after it is made.
type Track struct {
	Codec     Codec
	Timescale uint32 // units of time per second; RTP calls it the clock rate

	// Video only. Parameter sets are NAL units without start code or length.
	Width, Height int    // as displayed, after cropping
	VPS           []byte // H.265 only
	SPS, PPS      []byte

	// Audio only.
	SampleRate int
	Channels   int
	// Config is the AudioSpecificConfig (ISO/IEC 14496-3) of AAC, or the
	// STREAMINFO block (RFC 9639, 8.2; 34 bytes) of FLAC; nil for the others.
	Config []byte
}

// Equal tells whether t and o set up a decoder in the same way.
func (t Track) Equal(o Track) bool {
	return t.Codec == o.Codec && t.Timescale == o.Timescale &&
		t.Width == o.Width && t.Height == o.Height &&
		t.SampleRate == o.SampleRate && t.Channels == o.Channels &&
		bytes.Equal(t.VPS, o.VPS) && bytes.Equal(t.SPS, o.SPS) &&
		bytes.Equal(t.PPS, o.PPS) && bytes.Equal(t.Config, o.Config)
}

// Format is what a stream consists of: exactly one video track, always at
// index 0, and at most one audio track at index 1.
type Format struct {
	Tracks []Track
	// Missing says, for people, which tracks of the camera are not carried and
	// why, such as "audio: codec G726 is not supported".
	Missing []string
}

// Equal tells whether f and o have equal tracks; it ignores Missing.
func (f Format) Equal(o Format) bool { return slices.EqualFunc(f.Tracks, o.Tracks, Track.Equal) }

// Video returns the video track.
func (f Format) Video() Track { return f.Tracks[0] }

// Audio returns the audio track, if there is one.
func (f Format) Audio() (Track, bool) {
	if len(f.Tracks) < 2 {
		return Track{}, false
	}
	return f.Tracks[1], true
}

// Sample is one access unit: a picture with everything needed to decode it, or
// one frame of sound.
//
// Data is shared by everybody who was given the sample and must not be
// changed. It stays valid for as long as it is referred to. Neighboring
// samples of a track usually lie side by side in memory.
type Sample struct {
	Track int // index in Format.Tracks
	// DTS is the decode time in units of the track's timescale, counted from
	// the start of the run. It grows from sample to sample of a track.
	DTS int64
	// Composition is the presentation time minus the decode time, same units.
	Composition int32
	// Key marks a picture from which decoding can begin (IDR, or IRAP of
	// H.265), and every frame of sound.
	Key bool
	// Data is, for video, NAL units each behind a four-byte big-endian length
	// (ISO/IEC 14496-15), without access unit delimiters, filler and the
	// parameter sets that stand in Format; for AAC a raw data block without
	// ADTS; for Opus one packet; for G.711 and L16 (big-endian) interleaved
	// samples.
	Data []byte
	// Arrived is when the last byte came off the network, with the monotonic
	// clock reading.
	Arrived time.Time
	// Late is how much longer than the promptest sample of the last seconds it
	// was under way, by the camera's count of time: what a camera kept from
	// before it was asked comes late by as much.
	Late time.Duration
	// Captured is the wall clock of the camera for this sample's presentation,
	// from its RTCP sender reports; zero while not known. It may be wildly
	// wrong, since cameras' clocks are.
	Captured nvr.Time
}

// PTS returns the presentation time in units of the track's timescale.
func (s *Sample) PTS() int64 { return s.DTS + int64(s.Composition) }

// Sink takes one stream. A source calls its methods from one goroutine at a
// time. A connection is one Begin, any number of Sample and Begin, and an End;
// an attempt that never got so far is an End alone, and a source that keeps
// failing calls End again for each attempt. A sink must not block: the caller
// is reading a socket.
type Sink interface {
	// Begin says what the following samples are. If fresh is true they begin a
	// new run and count time from a new zero; otherwise the format changed
	// within the run and time goes on. The first Begin of a connection is
	// fresh. The next video sample is a key frame, and no audio sample comes
	// before it.
	Begin(format Format, fresh bool)
	// Sample hands over one sample. Samples of different tracks are
	// interleaved as they arrived. Where a camera's sound is missing, some may be
	// frames of silence, which arrived with the pictures beside them.
	Sample(s Sample)
	// End says that no sample follows for now, and why: the reason for the gap
	// that begins here, and the error behind it (nil when the stream was
	// stopped on purpose).
	End(reason nvr.Reason, err error)
}

// FrameDuration returns how long a frame of sound is unless its neighbor says
// otherwise, in units of the track: 1024 samples of AAC, 20 ms of anything else.
func (t Track) FrameDuration() int64 {
	if t.Codec == AAC && t.SampleRate > 0 {
		return 1024 * int64(t.Timescale) / int64(t.SampleRate)
	}
	return int64(t.Timescale) / 50
}
