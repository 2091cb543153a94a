package rtsp

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/sdp"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
)

// static are the payload types of RFC 3551, 6, that need no rtpmap.
var static = map[int]string{
	0: "PCMU/8000", 3: "GSM/8000", 4: "G723/8000", 5: "DVI4/8000", 6: "DVI4/16000", 7: "LPC/8000", 8: "PCMA/8000", 9: "G722/8000",
	10: "L16/44100/2", 11: "L16/44100", 12: "QCELP/8000", 13: "CN/8000", 14: "MPA/90000", 15: "G728/8000", 16: "DVI4/11025",
	17: "DVI4/22050", 18: "G729/8000", 25: "CelB/90000", 26: "JPEG/90000", 28: "nv/90000", 31: "H261/90000", 32: "MPV/90000",
	33: "MP2T/90000", 34: "H263/90000",
}

// format reads what a payload type stands for. What rtpmap says wins over what
// the type alone would mean, as other players have it: a camera that sends
// 16 kHz under a static type of 8 kHz says it there. Where the RFC of a codec
// allows one value only, that is taken, whatever the camera wrote.
func (s *section) format(text string) (format.Format, error) {
	payload, err := strconv.Atoi(text)
	if err != nil { // "smart/1/90000": the type stands in rtpmap only
		text, _, _ = strings.Cut(s.value("rtpmap"), " ")
		if payload, err = strconv.Atoi(text); err != nil {
			return nil, errors.New("a payload type is missing")
		}
	}
	if payload < 0 || payload > 127 {
		return nil, fmt.Errorf("there is no payload type %d", payload)
	}
	fmtp := s.of("fmtp", payload)
	said := cmp.Or(s.of("rtpmap", payload), static[payload], guess(fmtp))
	if said == "" {
		return nil, fmt.Errorf("payload type %d is not explained", payload)
	}
	name, rate, channels := readMap(said)
	pt := uint8(payload)
	switch name {
	case "h264", "h.264":
		f, err := understand[*format.H264]("H264/90000", fmtp, "sprop-parameter-sets")
		return withType(f, err, func(f *format.H264) { f.PayloadTyp = pt })
	case "h265", "h.265", "hevc":
		f, err := understand[*format.H265]("H265/90000", fmtp, "sprop-vps", "sprop-sps", "sprop-pps")
		return withType(f, err, func(f *format.H265) { f.PayloadTyp = pt })
	case "mpeg4-generic":
		f, err := understand[*format.MPEG4Audio](said, settledAAC(fmtp, rate, channels))
		return withType(f, err, func(f *format.MPEG4Audio) { f.PayloadTyp = pt })
	case "mp4a-latm":
		f, err := understand[*format.MPEG4AudioLATM](said, fmtp)
		return withType(f, err, func(f *format.MPEG4AudioLATM) { f.PayloadTyp = pt })
	case "opus": // RFC 7587, 7: 48000/2, and fmtp says whether it is stereo
		f := &format.Opus{PayloadTyp: pt, ChannelCount: 1}
		if parameters(fmtp)["sprop-stereo"] == "1" {
			f.ChannelCount = 2
		}
		return f, nil
	case "pcmu", "pcma":
		if !sane(rate, channels) {
			rate, channels = 8000, 1
		}
		return &format.G711{PayloadTyp: pt, MULaw: name == "pcmu", SampleRate: rate, ChannelCount: channels}, nil
	case "l16":
		return &format.LPCM{PayloadTyp: pt, BitDepth: 16, SampleRate: rate, ChannelCount: channels}, nil
	}
	return &format.Generic{PayloadTyp: pt, RTPMa: said, ClockRat: rate}, nil
}

func withType[F format.Format](f F, err error, set func(F)) (format.Format, error) {
	if err != nil {
		return nil, err
	}
	set(f)
	return f, nil
}

// readMap reads "PCMA/16000/2", with the name in lower case.
func readMap(rtpmap string) (name string, rate, channels int) {
	parts := strings.Split(rtpmap, "/")
	name, channels = strings.ToLower(strings.TrimSpace(parts[0])), 1
	if len(parts) > 1 {
		rate, _ = strconv.Atoi(strings.TrimSpace(parts[1]))
	}
	if len(parts) > 2 {
		channels, _ = strconv.Atoi(strings.TrimSpace(parts[2]))
	}
	return name, rate, channels
}

// understand has the client library read a format. If its parameters are
// broken it is tried again with the essential ones, then with none: video
// carries them in band, too.
func understand[F format.Format](rtpmap, fmtp string, essential ...string) (f F, err error) {
	p, few := parameters(fmtp), ""
	for _, name := range essential {
		few += name + "=" + p[name] + ";"
	}
	for _, try := range []string{fmtp, few, ""} {
		line := ""
		if try != "" {
			line = "a=fmtp:96 " + try + "\n"
		}
		var parsed sdp.SessionDescription
		var s description.Session
		bad := parsed.Unmarshal([]byte("m=video 0 RTP/AVP 96\na=rtpmap:96 " + rtpmap + "\n" + line))
		if bad == nil {
			bad = errors.Unwrap(s.Unmarshal(&parsed)) // without the library's "media 1 is invalid"
		}
		if bad == nil && len(s.Medias) == 1 && len(s.Medias[0].Formats) == 1 {
			if f, ok := s.Medias[0].Formats[0].(F); ok {
				return f, nil
			}
		}
		if err == nil {
			err = bad
		}
	}
	if err == nil {
		err = fmt.Errorf("%q is no format that is known", rtpmap)
	}
	return f, err
}

// parameters reads fmtp, with names in lower case.
func parameters(fmtp string) map[string]string {
	all := map[string]string{}
	for part := range strings.SplitSeq(fmtp, ";") {
		name, value, _ := strings.Cut(part, "=")
		all[strings.ToLower(strings.TrimSpace(name))] = strings.Trim(value, ` "`)
	}
	return all
}

// guess tells by its parameters what a format without rtpmap must be.
func guess(fmtp string) string {
	p := parameters(fmtp)
	switch {
	case p["sprop-vps"] != "" && p["sprop-sps"] != "":
		return "H265/90000"
	case p["sprop-parameter-sets"] != "" || p["packetization-mode"] != "":
		return "H264/90000"
	}
	return ""
}

// settledAAC is fmtp of MPEG-4 audio with what RFC 3640, 3.3.6, fixes, and with
// the configuration of plain AAC if that of the camera cannot be read. Without
// any parameters nothing says how the packets are made.
func settledAAC(fmtp string, rate, channels int) string {
	p := parameters(fmtp)
	if p["mode"] == "" && p["sizelength"] == "" {
		return fmtp
	}
	size, index := "13", "3"
	if strings.EqualFold(p["mode"], "AAC-lbr") {
		size, index = "6", "2"
	}
	if p["sizelength"] == "" {
		p["sizelength"], p["indexlength"], p["indexdeltalength"] = size, index, index
	}
	var config mpeg4audio.AudioSpecificConfig
	if raw, err := hex.DecodeString(p["config"]); err != nil || config.Unmarshal(raw) != nil {
		config = mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: rate, ChannelCount: channels}
		raw, err := config.Marshal()
		if err != nil || !sane(rate, channels) {
			return fmtp
		}
		p["config"] = hex.EncodeToString(raw)
	}
	out := "config=" + p["config"]
	for _, name := range []string{"sizelength", "indexlength", "indexdeltalength"} {
		if p[name] != "" {
			out += ";" + name + "=" + p[name]
		}
	}
	return out
}
