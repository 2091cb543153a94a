package fmp4

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"nvrd/pkg/media"
)

// MIME returns the media type of a file with format, with the codecs parameter
// of RFC 6381 that browsers ask for.
func MIME(format media.Format) string {
	var codecs []string
	for _, t := range format.Tracks {
		codecs = append(codecs, codecString(t))
	}
	return `video/mp4; codecs="` + strings.Join(codecs, ",") + `"`
}

func codecString(t media.Track) string {
	switch t.Codec {
	case media.H264:
		if len(t.SPS) < 4 {
			return "avc1"
		}
		return fmt.Sprintf("avc1.%02x%02x%02x", t.SPS[1], t.SPS[2], t.SPS[3])
	case media.H265: // ISO/IEC 14496-15, annex E.3
		p := profileTierLevel(t.SPS)
		space := [...]string{"", "A", "B", "C"}[p[0]>>6]
		tier := "L"
		if p[0]&0x20 != 0 {
			tier = "H"
		}
		compat := bits.Reverse32(uint32(p[1])<<24 | uint32(p[2])<<16 | uint32(p[3])<<8 | uint32(p[4]))
		s := fmt.Sprintf("hvc1.%s%d.%x.%s%d", space, p[0]&0x1f, compat, tier, p[11])
		constraints := p[5:11]
		for len(constraints) > 0 && constraints[len(constraints)-1] == 0 {
			constraints = constraints[:len(constraints)-1]
		}
		for _, c := range constraints {
			s += fmt.Sprintf(".%X", c)
		}
		return s
	case media.AAC:
		if len(t.Config) == 0 {
			return "mp4a.40.2"
		}
		return fmt.Sprintf("mp4a.40.%d", t.Config[0]>>3)
	case media.Opus:
		return "opus"
	default:
		return string(t.Codec)
	}
}

// profileTierLevel returns the first 12 bytes of profile_tier_level()
// (ITU-T H.265, 7.3.3), which stand behind the NAL header and one byte; zeros
// if the SPS is too short.
func profileTierLevel(sps []byte) (p [12]byte) {
	raw := h264.EmulationPreventionRemove(sps)
	if len(raw) >= 15 {
		copy(p[:], raw[3:15])
	}
	return p
}

// sampleEntry writes what a decoder needs to know of t.
func (w *writer) sampleEntry(t media.Track) {
	switch t.Codec {
	case media.H264:
		w.visualEntry("avc1", t)
		w.avcC(t)
	case media.H265:
		w.visualEntry("hvc1", t)
		w.hvcC(t)
	case media.AAC:
		w.audioEntry("mp4a", t)
		w.esds(t)
	case media.Opus:
		w.audioEntry("Opus", t)
		w.begin("dOps") // encapsulation of Opus in ISO BMFF, 4.3.2
		w.u8(0)
		w.u8(uint8(t.Channels))
		w.u16(0) // pre-skip: a live stream is joined in the middle
		w.u32(uint32(t.SampleRate))
		w.u16(0)
		w.u8(0)
		w.end()
	case media.FLAC:
		w.audioEntry("fLaC", t)
		w.full("dfLa", 0, 0) // encapsulation of FLAC in ISO BMFF, 3.3.2
		w.u32(0x80<<24 | uint32(len(t.Config)))
		w.bytes(t.Config...)
		w.end()
	default:
		panic("fmp4: codec " + string(t.Codec) + " has no sample entry; see pcm.Stored")
	}
	w.end()
}

// visualEntry opens a VisualSampleEntry (14496-12, 12.1.3).
func (w *writer) visualEntry(kind string, t media.Track) {
	w.begin(kind)
	w.zeros(6)
	w.u16(1) // data reference
	w.zeros(16)
	w.u16(uint16(t.Width))
	w.u16(uint16(t.Height))
	w.u32(0x00480000) // 72 dpi
	w.u32(0x00480000)
	w.u32(0)
	w.u16(1) // frames per sample
	w.zeros(32)
	w.u16(0x0018)
	w.u16(0xffff)
}

// audioEntry opens an AudioSampleEntry (14496-12, 12.2.3).
func (w *writer) audioEntry(kind string, t media.Track) {
	w.begin(kind)
	w.zeros(6)
	w.u16(1)
	w.zeros(8)
	w.u16(uint16(t.Channels))
	w.u16(16)
	w.zeros(4)
	rate := t.SampleRate
	if rate > 0xffff { // does not fit in 16.16; decoders take it from their own box
		rate = 0
	}
	w.u32(uint32(rate) << 16)
}

// avcC writes the AVCDecoderConfigurationRecord (14496-15, 5.3.3).
func (w *writer) avcC(t media.Track) {
	w.begin("avcC")
	w.bytes(1, t.SPS[1], t.SPS[2], t.SPS[3])
	w.u8(0xfc | 3) // four-byte lengths
	w.u8(0xe0 | 1)
	w.u16(uint16(len(t.SPS)))
	w.bytes(t.SPS...)
	w.u8(1)
	w.u16(uint16(len(t.PPS)))
	w.bytes(t.PPS...)
	switch t.SPS[1] {
	case 100, 110, 122, 144:
		var sps h264.SPS
		chroma, luma, chromaBits := uint32(1), uint32(0), uint32(0)
		if sps.Unmarshal(t.SPS) == nil {
			chroma, luma, chromaBits = sps.ChromaFormatIdc, sps.BitDepthLumaMinus8, sps.BitDepthChromaMinus8
		}
		w.bytes(0xfc|uint8(chroma), 0xf8|uint8(luma), 0xf8|uint8(chromaBits), 0)
	}
	w.end()
}

// hvcC writes the HEVCDecoderConfigurationRecord (14496-15, 8.3.3).
func (w *writer) hvcC(t media.Track) {
	chroma, luma, chromaBits := uint32(1), uint32(0), uint32(0)
	layers, nested := uint8(1), uint8(1)
	var sps h265.SPS
	if sps.Unmarshal(t.SPS) == nil {
		chroma, luma, chromaBits = sps.ChromaFormatIdc, sps.BitDepthLumaMinus8, sps.BitDepthChromaMinus8
		layers = sps.MaxSubLayersMinus1 + 1
		if !sps.TemporalIDNestingFlag {
			nested = 0
		}
	}
	ptl := profileTierLevel(t.SPS)
	w.begin("hvcC")
	w.u8(1)
	w.bytes(ptl[:]...)
	w.u16(0xf000) // spatial segmentation not known
	w.u8(0xfc)    // parallelism not known
	w.bytes(0xfc|uint8(chroma), 0xf8|uint8(luma), 0xf8|uint8(chromaBits))
	w.u16(0)                        // frame rate not known
	w.u8(layers<<3 | nested<<2 | 3) // four-byte lengths
	w.u8(3)
	for _, nal := range [][]byte{t.VPS, t.SPS, t.PPS} {
		w.u8(0x80 | nal[0]>>1&0x3f)
		w.u16(1)
		w.u16(uint16(len(nal)))
		w.bytes(nal...)
	}
	w.end()
}

// esds writes the elementary stream descriptor (14496-14, 5.6; 14496-1, 7.2.6).
func (w *writer) esds(t media.Track) {
	config := uint8(len(t.Config))
	w.full("esds", 0, 0)
	w.bytes(0x03, 3+2+13+2+config+3) // ES_Descriptor
	w.u16(0)
	w.u8(0)
	w.bytes(0x04, 13+2+config, 0x40, 0x15) // DecoderConfigDescriptor: MPEG-4 audio stream
	w.zeros(3 + 4 + 4)                     // buffer and bit rates not known
	w.bytes(0x05, config)
	w.bytes(t.Config...)
	w.bytes(0x06, 1, 0x02) // SLConfigDescriptor: as in MP4
	w.end()
}
