package rtsp

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// offer is what is taken of that which a camera offers.
type offer struct {
	format media.Format // the video track without what its parameter sets say
	medias []*description.Media
	rtp    []format.Format
	known  sets     // parameter sets from the description; may be incomplete
	sound  unpacker // nil without sound
}

// choose takes the first video and the first sound that are supported. The
// others are said to be missing; without video it is a [*Fault] that names
// what there is.
func choose(medias []*description.Media, missing []string) (*offer, error) {
	var o offer
	var audio *offer
	var video, offered []string
	for _, m := range medias {
		if m.IsBackChannel {
			continue
		}
		for _, f := range m.Formats {
			name := codecName(f)
			offered = append(offered, fmt.Sprintf("%s: %s", m.Type, name))
			if m.Type == description.MediaTypeVideo {
				video = append(video, name)
			}
			track, one, err := supported(f)
			have := audio != nil
			if m.Type == description.MediaTypeVideo {
				have = o.rtp != nil
			}
			switch {
			case err == nil && track.Codec.Video() != (m.Type == description.MediaTypeVideo):
				err = errors.New("the description contradicts itself")
			case err == nil && have:
				err = fmt.Errorf("a second track (%s) is not recorded", name)
			}
			if err != nil {
				missing = append(missing, printable(fmt.Sprintf("%s: %v", m.Type, err)))
				continue
			}
			one.format.Tracks, one.rtp = []media.Track{track}, []format.Format{f}
			one.medias = []*description.Media{{Type: m.Type, Control: m.Control, Formats: one.rtp}}
			if track.Codec.Video() {
				o = *one
			} else {
				audio = one
			}
		}
	}
	if o.rtp == nil {
		return nil, notRecorded(video, append(offered, missing...))
	}
	o.format.Missing = missing
	if audio != nil {
		o.sound = audio.sound
		o.format.Tracks = append(o.format.Tracks, audio.format.Tracks...)
		o.medias = append(o.medias, audio.medias...)
		o.rtp = append(o.rtp, audio.rtp...)
	}
	return &o, nil
}

// notRecorded says of a camera without H.264 and H.265 what it sends.
func notRecorded(video, offered []string) *Fault {
	if len(video) > 0 {
		return &Fault{nvr.Unsupported, printable(fmt.Sprintf(
			"the camera sends %s, which is not recorded; choose H.264 or H.265 in its settings", strings.Join(video, " and ")))}
	}
	if len(offered) == 0 {
		offered = []string{"nothing"}
	}
	return &Fault{nvr.BadStream, printable("the camera offers no picture; it offers: " + strings.Join(offered, ", "))}
}

// without gives up on the sound that was chosen, for a reason.
func (o *offer) without(sound error) {
	o.format.Missing = append(o.format.Missing, printable(fmt.Sprintf("audio: %v", sound)))
	o.format.Tracks, o.medias, o.rtp, o.sound = o.format.Tracks[:1], o.medias[:1], o.rtp[:1], nil
}

// known are the names that people know a codec by, where its RTP name is another.
var known = map[string]string{
	"JPEG": "MJPEG", "MPA": "MP3", "MPA-ROBUST": "MP3", "MP3": "MP3", "MP4V-ES": "MPEG-4", "MPV": "MPEG-1 or MPEG-2", "MP2T": "an MPEG transport stream",
	"H263": "H.263", "H263-1998": "H.263", "H263-2000": "H.263", "H261": "H.261", "H264": "H.264", "H265": "H.265", "H266": "H.266",
	"PCMU": "G.711", "PCMA": "G.711", "G722": "G.722", "G723": "G.723", "G728": "G.728", "G729": "G.729", "GSM": "GSM",
	"MPEG4-GENERIC": "AAC", "MP4A-LATM": "AAC", "OPUS": "Opus",
}

// codecName is what a format holds, as people write it.
func codecName(f format.Format) string {
	name, _, _ := strings.Cut(f.RTPMap(), "/")
	if k, ok := known[strings.ToUpper(name)]; ok {
		return k
	}
	return name
}

// supported describes a format as a track and says how it is unpacked.
func supported(f format.Format) (media.Track, *offer, error) {
	switch f := f.(type) {
	case *format.H264:
		if f.PacketizationMode > 1 {
			return media.Track{}, nil, errors.New("interleaved H.264 is not supported")
		}
		return media.Track{Codec: media.H264, Timescale: 90000}, &offer{known: said(media.H264, nil, f.SPS, f.PPS)}, nil
	case *format.H265:
		if f.MaxDONDiff != 0 {
			return media.Track{}, nil, errors.New("interleaved H.265 is not supported")
		}
		return media.Track{Codec: media.H265, Timescale: 90000}, &offer{known: said(media.H265, f.VPS, f.SPS, f.PPS)}, nil
	case *format.MPEG4Audio:
		if f.SizeLength < 6 || f.SizeLength > 16 || f.IndexLength > 16 || f.IndexDeltaLength > 16 {
			return media.Track{}, nil, errors.New("AAC in this packing is not supported")
		}
		t, length, err := aacTrack(f.Config)
		return t, &offer{sound: &aac{sizeBits: f.SizeLength, indexBits: f.IndexLength, deltaBits: f.IndexDeltaLength, samples: length}}, err
	case *format.MPEG4AudioLATM:
		if f.CPresent || f.StreamMuxConfig == nil {
			return media.Track{}, nil, errors.New("AAC (LATM) with the configuration in band is not supported")
		}
		mux := f.StreamMuxConfig
		if len(mux.Programs) != 1 || len(mux.Programs[0].Layers) != 1 {
			return media.Track{}, nil, errors.New("AAC (LATM) in layers is not supported")
		}
		t, length, err := aacTrack(mux.Programs[0].Layers[0].AudioSpecificConfig)
		return t, &offer{sound: &latm{subframes: int(min(mux.NumSubFrames, 63)) + 1, samples: length}}, err
	case *format.Opus:
		if f.ChannelCount > 2 {
			return media.Track{}, nil, errors.New("Opus with more than two channels is not supported")
		}
		return rawTrack(media.Opus, 48000, f.ChannelCount, 0)
	case *format.G711:
		if f.MULaw {
			return rawTrack(media.PCMU, f.SampleRate, f.ChannelCount, 1)
		}
		return rawTrack(media.PCMA, f.SampleRate, f.ChannelCount, 1)
	case *format.LPCM:
		if f.BitDepth == 16 {
			return rawTrack(media.L16, f.SampleRate, f.ChannelCount, 2)
		}
	}
	return media.Track{}, nil, fmt.Errorf("%s is not recorded", codecName(f))
}

// said returns the parameter sets of a description. One that is none counts as
// not said: the stream may bring it.
func said(codec media.Codec, v, s, p []byte) (known sets) {
	for k, b := range map[kind][]byte{vps: v, sps: s, pps: p} {
		if len(b) > headerLen(codec) && len(b) <= maxSet && kindOf(codec, b[0]) == k {
			*known.of(k) = b
		}
	}
	return known
}

// rawTrack is a track of which each packet is one frame of whole samples; width is
// the bytes of one value, or 0 where frames have any length.
func rawTrack(codec media.Codec, rate, channels, width int) (media.Track, *offer, error) {
	if !sane(rate, channels) {
		return media.Track{}, nil, fmt.Errorf("%s with %d channels at %d Hz is not supported", codec, channels, rate)
	}
	return media.Track{Codec: codec, Timescale: uint32(rate), SampleRate: rate, Channels: channels},
		&offer{sound: whole{align: max(1, width*channels), opus: codec == media.Opus}}, nil
}

// sane tells whether sound can be of that rate and number of channels.
func sane(rate, channels int) bool {
	return rate >= 1000 && rate <= 192000 && channels >= 1 && channels <= 8
}

func aacTrack(c *mpeg4audio.AudioSpecificConfig) (t media.Track, length uint32, err error) {
	config, err := c.Marshal()
	if err != nil || c.SampleRate < 1000 || c.ChannelCount < 1 {
		return t, 0, errors.New("this kind of AAC is not supported")
	}
	length = 1024
	if c.FrameLengthFlag {
		length = 960
	}
	return media.Track{Codec: media.AAC, Timescale: uint32(c.SampleRate), SampleRate: c.SampleRate, Channels: c.ChannelCount, Config: config}, length, nil
}

// pictures is what parameter sets say about the order and pace of pictures.
type pictures struct {
	depth int  // pictures that may come before one that is shown earlier
	fixed bool // depth is said, not guessed
	step  int64
}

// describe completes a video track from its parameter sets.
func describe(t media.Track, s sets) (media.Track, pictures, error) {
	t.VPS, t.SPS, t.PPS = s.vps, s.sps, s.pps
	var p pictures
	var fps float64
	if t.Codec == media.H264 {
		var sps h264.SPS
		if err := sps.Unmarshal(s.sps); err != nil {
			return t, p, fmt.Errorf("sequence parameter set: %w", err)
		}
		t.Width, t.Height, fps = sps.Width(), sps.Height(), frameRate(sps.FPS)
		const baseline = 66
		switch {
		case sps.PicOrderCntType == 2 || sps.ProfileIdc == baseline:
			p.fixed = true
		case sps.VUI != nil && sps.VUI.BitstreamRestriction != nil:
			p.depth, p.fixed = clamp(sps.VUI.BitstreamRestriction.MaxNumReorderFrames), true
		}
	} else {
		var sps h265.SPS
		if err := sps.Unmarshal(s.sps); err != nil {
			return t, p, fmt.Errorf("sequence parameter set: %w", err)
		}
		t.Width, t.Height, fps = sps.Width(), sps.Height(), frameRate(sps.FPS)
		p.fixed = true
		for _, n := range sps.MaxNumReorderPics {
			p.depth = max(p.depth, clamp(n))
		}
	}
	if t.Width < 16 || t.Height < 16 || t.Width > 16384 || t.Height > 16384 {
		return t, p, fmt.Errorf("a picture of %d by %d", t.Width, t.Height)
	}
	p.step = int64(90000 / fps)
	return t, p, nil
}

// clamp bounds a depth to what both standards allow.
func clamp(n uint32) int { return int(min(n, 16)) }

// frameRate returns pictures per second, or 30 where the stream says nothing sensible.
func frameRate(said func() float64) float64 {
	if fps := said(); fps >= 1 && fps <= 240 && !math.IsNaN(fps) {
		return fps
	}
	return 30
}
