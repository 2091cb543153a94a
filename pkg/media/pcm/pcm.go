// Package pcm turns sound that browsers and MP4 cannot carry (G.711 and L16)
// into FLAC, which they can, without losing a bit of it. It also turns what is
// said into a browser into what a camera's speaker takes: other rates, G.711,
// and not too loud.
package pcm

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/g711"
	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"

	"nvrd/pkg/media"
)

// blockSamples is how many samples of each channel go into a FLAC frame. RTP
// carries 20 ms (160 samples at 8 kHz); a frame's header and checksum are 10
// bytes, so frames of a few packets cost little, and 512 samples hold live
// sound back by at most 64 ms at 8 kHz.
const blockSamples = 512

// maxNumbered is how many samples are counted before frames are numbered anew.
// The library writes wrong bytes for numbers of more than 31 bits, which a
// camera reaches in three days at 8 kHz; players go by the container's time.
const maxNumbered = 1 << 30

// Encodes tells whether tracks of codec c are stored as FLAC.
func Encodes(c media.Codec) bool { return c == media.PCMU || c == media.PCMA || c == media.L16 }

// Stored returns the format that is stored for what is received: PCM tracks
// become FLAC, everything else stays as it is.
func Stored(f media.Format) media.Format {
	audio, ok := f.Audio()
	if !ok || !Encodes(audio.Codec) {
		return f
	}
	f.Tracks = []media.Track{f.Video(), {
		Codec:      media.FLAC,
		Timescale:  audio.Timescale,
		SampleRate: audio.SampleRate,
		Channels:   audio.Channels,
		Config:     streamInfo(audio.SampleRate, audio.Channels),
	}}
	return f
}

// streamInfo is the STREAMINFO block of RFC 9639, section 8.2, of a stream
// whose length and checksum are not known.
func streamInfo(rate, channels int) []byte {
	b := make([]byte, 0, 34)
	b = binary.BigEndian.AppendUint16(b, 16)           // smallest block: the last of a run may be short
	b = binary.BigEndian.AppendUint16(b, blockSamples) // largest block
	b = append(b, 0, 0, 0, 0, 0, 0)                    // frame sizes not known
	// 20 bits rate, 3 bits channels-1, 5 bits sample size-1, 36 bits number of samples
	b = binary.BigEndian.AppendUint64(b, uint64(rate)<<44|uint64(channels-1)<<41|uint64(15)<<36)
	return append(b, make([]byte, 16)...)
}

// Encoder makes FLAC frames of one PCM track. It is not safe for concurrent use.
type Encoder struct {
	codec    media.Codec
	channels int
	enc      *flac.Encoder
	numbered int64 // samples that enc has counted
	out      bytes.Buffer
	block    [][]int32 // by channel
	first    media.Sample
	next     int64 // DTS that continues the block without a hole
}

// NewEncoder returns an encoder for a track that [Encodes] accepts, with 1 or 2 channels.
func NewEncoder(t media.Track) (*Encoder, error) {
	if !Encodes(t.Codec) || t.Channels < 1 || t.Channels > 2 || t.SampleRate < 1 || t.SampleRate > 192000 {
		return nil, fmt.Errorf("%s with %d channels at %d Hz cannot be stored", t.Codec, t.Channels, t.SampleRate)
	}
	e := &Encoder{codec: t.Codec, channels: t.Channels, block: make([][]int32, t.Channels)}
	for c := range e.block {
		e.block[c] = make([]int32, 0, blockSamples)
	}
	if err := e.restart(uint32(t.SampleRate)); err != nil {
		return nil, err
	}
	return e, nil
}

// restart makes frames be numbered from zero.
func (e *Encoder) restart(rate uint32) error {
	enc, err := flac.NewEncoder(&e.out, &meta.StreamInfo{
		BlockSizeMin: 16, BlockSizeMax: blockSamples, SampleRate: rate, NChannels: uint8(e.channels), BitsPerSample: 16,
	})
	if err != nil {
		return fmt.Errorf("flac: %w", err)
	}
	// Prediction would save a fifth of the bytes of sound, which are a
	// thirtieth of the picture's, for five times the work.
	enc.EnablePredictionAnalysis(false)
	e.enc, e.numbered = enc, 0
	return nil
}

// Append takes one received sample and gives every finished FLAC frame to
// emit. A hole in time ends the frame under construction, so that nothing
// moves in time.
func (e *Encoder) Append(s media.Sample, emit func(media.Sample)) error {
	pcm := e.decode(s.Data)
	width := 2 * e.channels
	if n := int64(len(e.block[0])); n > 0 && abs(s.DTS-e.next) > 2 {
		if err := e.flush(emit); err != nil {
			return err
		}
	}
	dts := s.DTS
	for len(pcm) >= width {
		if len(e.block[0]) == 0 {
			e.first = s
			e.first.DTS = dts
		}
		n := min(blockSamples-len(e.block[0]), len(pcm)/width)
		for i := range n {
			for c := range e.channels {
				v := int16(binary.BigEndian.Uint16(pcm[i*width+2*c:]))
				e.block[c] = append(e.block[c], int32(v))
			}
		}
		pcm = pcm[n*width:]
		dts += int64(n)
		e.next = dts
		if len(e.block[0]) == blockSamples {
			if err := e.flush(emit); err != nil {
				return err
			}
		}
	}
	return nil
}

// decode returns big-endian 16-bit samples.
func (e *Encoder) decode(data []byte) []byte {
	switch e.codec {
	case media.PCMU:
		var m g711.Mulaw
		m.Unmarshal(data)
		return m
	case media.PCMA:
		var a g711.Alaw
		a.Unmarshal(data)
		return a
	default:
		return data
	}
}

func (e *Encoder) flush(emit func(media.Sample)) error {
	n := len(e.block[0])
	if n < 16 { // shorter than FLAC allows a block to be, except the last: 2 ms are dropped at a hole
		e.clear()
		return nil
	}
	if e.numbered += int64(n); e.numbered > maxNumbered {
		if err := e.restart(e.enc.Info.SampleRate); err != nil {
			return err
		}
	}
	channels := frame.ChannelsMono
	if e.channels == 2 {
		channels = frame.ChannelsLR
	}
	f := &frame.Frame{Header: frame.Header{
		BlockSize: uint16(n), SampleRate: e.enc.Info.SampleRate, Channels: channels, BitsPerSample: 16,
	}}
	for c := range e.channels {
		f.Subframes = append(f.Subframes, &frame.Subframe{
			SubHeader: frame.SubHeader{Pred: frame.PredVerbatim}, Samples: e.block[c], NSamples: n,
		})
	}
	e.out.Reset()
	if err := e.enc.WriteFrame(f); err != nil {
		return fmt.Errorf("flac: %w", err)
	}
	s := e.first
	s.Key = true
	s.Composition = 0
	s.Data = bytes.Clone(e.out.Bytes())
	e.clear()
	emit(s)
	return nil
}

func (e *Encoder) clear() {
	for c := range e.block {
		e.block[c] = e.block[c][:0]
	}
}

func abs(n int64) int64 { return max(n, -n) }
