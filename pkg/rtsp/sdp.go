package rtsp

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/sdp"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/dialog"
)

// described is what a camera's description (RFC 8866) says. Of its lines those
// are read that say something about packets; the others may hold anything.
type described struct {
	base    *base.URL // what its addresses are relative to
	medias  []*description.Media
	missing []string // what could not be understood
}

// section is the description of one medium.
type section struct {
	kind       string
	types      []string // payload types, as written
	attributes []attribute
}

type attribute struct{ name, value string }

// Bounds of what is read of a description.
const (
	maxSections   = 32
	maxTypes      = 16
	maxAttributes = 64
)

// readDescription reads a description that was found at an address.
func readDescription(body []byte, found *url.URL) (*described, error) {
	head, sections := readSections(string(body))
	if len(sections) == 0 {
		return nil, &Fault{nvr.BadStream, "what the camera sent is no description (SDP) of a stream"}
	}
	s := &described{base: (*base.URL)(found)}
	// What is relative to something else than the description is relative to
	// nothing that a camera ever meant.
	if control := head.value("control"); strings.Contains(control, "://") {
		if u := dialog.Absolute(found, control); u != nil {
			s.base = (*base.URL)(u)
		}
	}
	for _, one := range sections {
		if one.kind == string(description.MediaTypeVideo) || one.kind == string(description.MediaTypeAudio) {
			s.add(one)
		}
	}
	return s, nil
}

func (s *described) add(one section) {
	m := &description.Media{
		Type: description.MediaType(one.kind), Control: one.value("control"),
		// Nobody talks to a camera in pictures: there it is the camera who sends.
		IsBackChannel: one.kind == string(description.MediaTypeAudio) && one.has("sendonly"),
	}
	if m.Control == "*" {
		m.Control = ""
	}
	if strings.Contains(m.Control, "://") {
		if u := dialog.Absolute((*url.URL)(s.base), m.Control); u != nil {
			m.Control = u.String()
		}
	}
	if u, err := m.URL(s.base); err != nil || u == nil {
		s.missing = append(s.missing, one.kind+": its address cannot be understood")
		return
	}
	for _, text := range one.types {
		f, err := one.format(text)
		if err != nil {
			s.missing = append(s.missing, printable(fmt.Sprintf("%s: %v", one.kind, err)))
			continue
		}
		m.Formats = append(m.Formats, f)
	}
	s.medias = append(s.medias, m)
}

// readSections splits a description. Attributes of the head come as a section.
func readSections(text string) (head section, sections []section) {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(text)
	for line := range strings.SplitSeq(text, "\n") {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		value = strings.TrimSpace(value)
		switch {
		case key == "m" && len(sections) < maxSections:
			words := strings.Fields(strings.ToLower(value))
			one := section{}
			if len(words) > 3 {
				one.kind, one.types = words[0], words[3:min(len(words), 3+maxTypes)]
			}
			sections = append(sections, one)
		case key == "a":
			in := &head
			if n := len(sections); n > 0 {
				in = &sections[n-1]
			}
			if len(in.attributes) < maxAttributes {
				name, rest, _ := strings.Cut(value, ":")
				in.attributes = append(in.attributes, attribute{strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(rest)})
			}
		}
	}
	return head, sections
}

func (s *section) has(name string) bool {
	return slices.ContainsFunc(s.attributes, func(a attribute) bool { return a.name == name })
}

func (s *section) value(name string) string {
	for _, a := range s.attributes {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

// of returns what an attribute says of a payload type.
func (s *section) of(name string, payload int) string {
	for _, a := range s.attributes {
		words := strings.Fields(a.value)
		if a.name != name || len(words) < 2 {
			continue
		}
		if n, err := strconv.Atoi(words[0]); err == nil && n == payload {
			return strings.Join(words[1:], " ")
		}
	}
	return ""
}

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
