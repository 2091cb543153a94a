package rtspsim

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4"
	"github.com/pion/rtp"

	"nvrd/pkg/nvr"
)

// Clip is a film, cut into RTP packets and ready to be played by any number
// of paths at once. Its zero value plays nothing.
type Clip struct {
	tracks   []clipTrack
	packets  []packet // in the order in which they are sent
	duration time.Duration
}

type clipTrack struct {
	kind   description.MediaType
	format func() format.Format
	rate   uint32
}

type packet struct {
	track   int
	at      time.Duration // when it is sent, from the start of the clip
	ts      uint32        // from the start of the clip
	key     bool          // belongs to a key frame
	video   bool
	marker  bool
	payload []byte
}

type sample struct {
	dts  int64
	pts  int64
	data []byte
}

// LoadClip reads a fragmented MP4 file, such as ffmpeg makes with
// -movflags frag_keyframe+delay_moov+default_base_moof: one video track (H.264
// or H.265) that begins with a key frame, and at most one of sound (AAC or Opus).
func LoadClip(file []byte) (Clip, error) {
	tracks, samples, scales, err := read(file)
	if err != nil {
		return Clip{}, fmt.Errorf("clip: %w", err)
	}
	var c Clip
	for i, codec := range tracks {
		if len(samples[i]) == 0 {
			continue
		}
		if err := c.add(codec, samples[i], scales[i]); err != nil {
			return Clip{}, fmt.Errorf("clip: %w", err)
		}
	}
	if c.duration <= 0 {
		return Clip{}, errors.New("clip: no video")
	}
	c.packets = slices.DeleteFunc(c.packets, func(p packet) bool { return p.at >= c.duration })
	slices.SortStableFunc(c.packets, func(a, b packet) int { return cmp.Compare(a.at, b.at) })
	return c, nil
}

// Duration is how long one turn of the loop takes.
func (c Clip) Duration() time.Duration { return c.duration }

// add cuts a track into packets.
func (c *Clip) add(codec mp4.Codec, samples []sample, scale uint32) error {
	t, cut, err := cutter(codec)
	if err != nil {
		return err
	}
	video := codec.IsVideo()
	for i, s := range samples {
		packets, key, err := cut(s.data)
		if err != nil {
			return err
		}
		at := nvr.Duration(s.dts, scale)
		for _, p := range packets {
			c.packets = append(c.packets, packet{
				track: len(c.tracks), at: at, ts: p.Timestamp + uint32(nvr.Units(nvr.Duration(s.pts, scale), t.rate)),
				key: key, video: video, marker: p.Marker, payload: p.Payload,
			})
		}
		if video && i == len(samples)-1 {
			c.duration = at + at/time.Duration(max(1, i)) // the last lasts as long as the others
		}
	}
	c.tracks = append(c.tracks, t)
	return nil
}

// cutter describes a codec for RTP, and returns what cuts its samples and
// knows key frames. The file's own marks are not asked: there are several kinds.
func cutter(codec mp4.Codec) (clipTrack, func([]byte) ([]*rtp.Packet, bool, error), error) {
	const payloadType = 96
	switch codec := codec.(type) {
	case *mp4.CodecH264:
		describe := func() format.Format {
			return &format.H264{PayloadTyp: payloadType, SPS: codec.SPS, PPS: codec.PPS, PacketizationMode: 1}
		}
		e, err := describe().(*format.H264).CreateEncoder()
		return clipTrack{description.MediaTypeVideo, describe, 90000}, func(data []byte) ([]*rtp.Packet, bool, error) {
			return cutPicture(e.Encode, data, func(nal []byte) bool { return nal[0]&0x1f == 5 }, codec.SPS, codec.PPS)
		}, err
	case *mp4.CodecH265:
		describe := func() format.Format {
			return &format.H265{PayloadTyp: payloadType, VPS: codec.VPS, SPS: codec.SPS, PPS: codec.PPS}
		}
		e, err := describe().(*format.H265).CreateEncoder()
		return clipTrack{description.MediaTypeVideo, describe, 90000}, func(data []byte) ([]*rtp.Packet, bool, error) {
			irap := func(nal []byte) bool { return nal[0]>>1&0x3f >= 16 && nal[0]>>1&0x3f <= 21 }
			return cutPicture(e.Encode, data, irap, codec.VPS, codec.SPS, codec.PPS)
		}, err
	case *mp4.CodecMPEG4Audio:
		describe := func() format.Format {
			return &format.MPEG4Audio{PayloadTyp: payloadType, Config: &codec.Config, SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3}
		}
		e, err := describe().(*format.MPEG4Audio).CreateEncoder()
		return clipTrack{description.MediaTypeAudio, describe, uint32(codec.Config.SampleRate)}, func(data []byte) ([]*rtp.Packet, bool, error) {
			packets, err := e.Encode([][]byte{data})
			return packets, false, err
		}, err
	case *mp4.CodecOpus:
		describe := func() format.Format { return &format.Opus{PayloadTyp: payloadType, ChannelCount: codec.ChannelCount} }
		return clipTrack{description.MediaTypeAudio, describe, 48000}, func(data []byte) ([]*rtp.Packet, bool, error) {
			return []*rtp.Packet{{Header: rtp.Header{Marker: true}, Payload: data}}, false, nil
		}, nil
	}
	return clipTrack{}, nil, fmt.Errorf("%T is not supported", codec)
}

// cutPicture cuts a picture, with the parameter sets before a key frame.
func cutPicture(cut func([][]byte) ([]*rtp.Packet, error), data []byte, isKey func(nal []byte) bool, sets ...[]byte) (packets []*rtp.Packet, key bool, err error) {
	var nals [][]byte
	for len(data) >= 4 {
		n := int(binary.BigEndian.Uint32(data))
		if data = data[4:]; n == 0 || n > len(data) {
			return nil, false, errors.New("a picture does not consist of NAL units")
		}
		key = key || isKey(data)
		nals, data = append(nals, data[:n]), data[n:]
	}
	if key {
		nals = append(slices.Clone(sets), nals...)
	}
	packets, err = cut(nals)
	return packets, key, err
}

// read returns the tracks of a fragmented file.
func read(file []byte) (codecs []mp4.Codec, samples [][]sample, scales []uint32, err error) {
	first := bytes.Index(file, []byte("moof"))
	if first < 4 {
		return nil, nil, nil, errors.New("not a fragmented MP4 file")
	}
	var init fmp4.Init
	if err := init.Unmarshal(bytes.NewReader(file)); err != nil {
		return nil, nil, nil, err
	}
	var parts fmp4.Parts
	if err := parts.Unmarshal(file[first-4:]); err != nil {
		return nil, nil, nil, err
	}
	place := make(map[int]int)
	for i, t := range init.Tracks {
		place[t.ID] = i
		codecs, scales = append(codecs, t.Codec), append(scales, t.TimeScale)
	}
	samples = make([][]sample, len(codecs))
	for _, part := range parts {
		for _, t := range part.Tracks {
			i, ok := place[t.ID]
			if !ok {
				continue
			}
			dts := int64(t.BaseTime)
			for _, s := range t.Samples {
				samples[i] = append(samples[i], sample{dts, dts + int64(s.PTSOffset), s.Payload})
				dts += int64(s.Duration)
			}
		}
	}
	return codecs, samples, scales, nil
}
