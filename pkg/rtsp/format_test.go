package rtsp

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/fmp4"
	"nvrd/pkg/media"
)

const sdpHead = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=Camera\r\nt=0 0\r\na=group:BUNDLE 0\r\n"

var descriptions = []struct {
	name    string
	media   string
	tracks  []string // codec, rate, channels
	missing []string
	err     string
}{
	{"h264 and aac", "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:v\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/16000/1\r\na=fmtp:97 mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408\r\n",
		[]string{"h264", "aac"}, nil, ""},
	{"sound first", "m=audio 0 RTP/AVP 0\r\na=control:a\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\n", []string{"h265", "pcmu"}, nil, ""},
	{"back-channel", "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP 0\r\na=sendonly\r\nm=audio 0 RTP/AVP 8\r\na=recvonly\r\n", []string{"h264", "pcma"}, nil, ""},
	{"metadata", "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n", []string{"h264"}, nil, ""},
	{"g726", "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 G726-32/8000\r\n", []string{"h264"}, []string{"audio: G726-32 is not recorded"}, ""},
	{"aac without configuration", "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/16000/1\r\n", []string{"h264"}, []string{"audio: config is missing"}, ""},
	{"broken parameter sets", "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 sprop-parameter-sets=%%%,%%%\r\n", []string{"h264"}, nil, ""},
	{"broken names", "m=video 0 RTP/AVP 96\r\na=mid:$$$\r\na=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP 0\r\n", []string{"h264", "pcmu"}, nil, ""},
	{"two of each", "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=video 0 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\nm=audio 0 RTP/AVP 98\r\na=rtpmap:98 L16/16000/2\r\nm=audio 0 RTP/AVP 99\r\na=rtpmap:99 opus/48000/2\r\n",
		[]string{"h264", "l16"}, []string{"video: a second track (H.264) is not recorded", "audio: a second track (Opus) is not recorded"}, ""},
	{"mjpeg", "m=video 0 RTP/AVP 26\r\n", nil, nil, "the camera sends MJPEG, which is not recorded"},
	{"nothing", "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n", nil, nil, "it offers: nothing"},
	{"h265 by another name", "m=video 0 RTP/AVP 96\r\na=rtpmap:96 HEVC/90000\r\n", []string{"h265"}, nil, ""},
	{"h264 under a static type", "m=video 0 RTP/AVP 72\r\na=rtpmap:72  h264/90000 \r\n", []string{"h264"}, nil, ""},
	{"mp3 and mpeg-4", "m=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000\r\nm=audio 0 RTP/AVP 14\r\n", nil, nil, "the camera sends MPEG-4, which is not recorded"},
	{"mjpeg by name beside h264", "m=video 0 RTP/AVP 97\r\na=rtpmap:97 JPEG/90000\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP 98\r\na=rtpmap:98 mpa/90000\r\n",
		[]string{"h264"}, []string{"video: MJPEG is not recorded", "audio: MP3 is not recorded"}, ""},
	{"sound only", "m=audio 0 RTP/AVP 0\r\n", nil, nil, "no picture; it offers: audio: G.711"},
	{"a type that is not explained", "m=video 0 RTP/AVP 96\r\n", nil, nil, "no picture; it offers: video: payload type 96 is not explained"},
	{"a type that cannot be", "m=video 0 RTP/AVP 96 300 x\r\na=rtpmap:96 H264/90000\r\n", []string{"h264"}, []string{"video: there is no payload type 300", "video: a second track (H.264) is not recorded"}, ""},
	{"latm", "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 MP4A-LATM/48000/2\r\na=fmtp:97 cpresent=0;config=400023203fc0\r\n", []string{"h264", "aac"}, nil, ""},
}

// TestSound has sound described in ways that mean one thing only.
func TestSound(t *testing.T) {
	const aac = "97|a=rtpmap:97 MPEG4-GENERIC/16000/1\r\na=fmtp:97 "
	for _, tt := range []struct {
		lines    string // payload type | attributes
		codec    media.Codec
		rate     int
		channels int
		missing  string
	}{
		{"0|", media.PCMU, 8000, 1, ""},
		{"8|a=rtpmap:8 PCMA/8000", media.PCMA, 8000, 1, ""},
		// What rtpmap says is passed on, also of a static type.
		{"8|a=rtpmap:8 PCMA/16000", media.PCMA, 16000, 1, ""},
		{"0|a=rtpmap:0 pcmu/16000/2", media.PCMU, 16000, 2, ""},
		{"8|a=rtpmap:8 PCMU/8000", media.PCMU, 8000, 1, ""},
		{"0|a=rtpmap:0 PCMU/0", media.PCMU, 8000, 1, ""},
		{"0|a=rtpmap:0 PCMU", media.PCMU, 8000, 1, ""},
		{"97|a=rtpmap:97 PCMU/16000", media.PCMU, 16000, 1, ""},
		{"10|", media.L16, 44100, 2, ""},
		{"11|a=rtpmap:11 L16/48000/1", media.L16, 48000, 1, ""},
		{"97|a=rtpmap:97 OPUS/48000/2", media.Opus, 48000, 1, ""},
		{"97|a=rtpmap:97 OPUS/48000/1", media.Opus, 48000, 1, ""},
		{"97|a=rtpmap:97 OPUS/48000", media.Opus, 48000, 1, ""},
		{"97|a=rtpmap:97 opus/16000/1", media.Opus, 48000, 1, ""},
		{"97|a=rtpmap:97 opus/48000/2\r\na=fmtp:97 Sprop-Stereo=1", media.Opus, 48000, 2, ""},
		{aac + "streamtype=5;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408", media.AAC, 16000, 1, ""},
		{aac + "streamtype=4; profile-level-id=x; mode=AAC_hbr; config=1408", media.AAC, 16000, 1, ""},
		{aac + `mode="AAC-hbr"; SizeLength="13"; IndexLength=3; IndexDeltaLength=3; Config="1408"`, media.AAC, 16000, 1, ""},
		{aac + "mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=", media.AAC, 16000, 1, ""},
		{aac + "mode=AAC-hbr;config=xyz", media.AAC, 16000, 1, ""},
		{"97|a=rtpmap:97 mpeg4-generic/16000", "", 0, 0, "audio: config is missing"},
		{"97|a=rtpmap:97 L16/500/1", "", 0, 0, "audio: l16 with 1 channels at 500 Hz is not supported"},
		{"97|a=rtpmap:97 L24/48000/2", "", 0, 0, "audio: L24 is not recorded"},
		{"18|", "", 0, 0, "audio: G.729 is not recorded"},
	} {
		payload, lines, _ := strings.Cut(tt.lines, "|")
		o, err := offered([]byte(sdpHead + "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP " + payload + "\r\n" + lines + "\r\n"))
		if err != nil {
			t.Errorf("%q: %v", tt.lines, err)
			continue
		}
		if missing := strings.Join(o.format.Missing, ", "); missing != tt.missing {
			t.Errorf("%q: missing %q", tt.lines, missing)
		}
		if tt.missing != "" {
			continue
		}
		track, ok := o.format.Audio()
		if !ok || track.Codec != tt.codec || track.SampleRate != tt.rate || track.Channels != tt.channels || int(track.Timescale) != tt.rate {
			t.Errorf("%q: %+v", tt.lines, track)
			continue
		}
		if n := fmt.Sprint(o.rtp[1].PayloadType()); n != payload || o.rtp[1].ClockRate() != tt.rate {
			t.Errorf("%q: payload type %s at %d Hz", tt.lines, n, o.rtp[1].ClockRate())
		}
	}
}

// offered reads a description as a connection does.
func offered(body []byte) (*offer, error) {
	said, err := readDescription(body, &url.URL{Scheme: "rtsp", Host: "camera", Path: "/door"})
	if err != nil {
		return nil, err
	}
	return choose(said.medias, said.missing)
}

func TestDescriptions(t *testing.T) {
	for _, tt := range descriptions {
		o, err := offered([]byte(sdpHead + tt.media))
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: %v, want %q", tt.name, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var tracks []string
		for _, track := range o.format.Tracks {
			tracks = append(tracks, string(track.Codec))
		}
		if diff := cmp.Diff(tt.tracks, tracks); diff != "" || len(o.medias) != len(tracks) || len(o.rtp) != len(tracks) {
			t.Errorf("%s: tracks %s", tt.name, diff)
		}
		if diff := cmp.Diff(tt.missing, o.format.Missing); diff != "" {
			t.Errorf("%s: missing %s", tt.name, diff)
		}
	}
}

func FuzzDescription(f *testing.F) {
	for _, tt := range descriptions {
		f.Add([]byte(sdpHead + tt.media))
	}
	for _, line := range []string{"m=audio 0 RTP/AVP smart/1/90000\r\na=rtpmap:97 OPUS/48000\r\na=control:%zz\r\n", "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/16000/1\r\na=fmtp:97 mode=AAC-hbr;config=xyz\r\n"} {
		f.Add([]byte(sdpHead + descriptions[0].media + line))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := offered(body)
		if err != nil {
			return
		}
		if !o.format.Video().Codec.Video() || len(o.format.Tracks) > 2 {
			t.Errorf("tracks %+v", o.format.Tracks)
		}
		for i, track := range o.format.Tracks {
			if track.Timescale == 0 || o.rtp[i].ClockRate() == 0 {
				t.Errorf("track %+v", track)
			}
			if u, err := o.medias[i].URL(&base.URL{Scheme: "rtsp", Host: "camera", Path: "/door"}); err != nil || u == nil {
				t.Errorf("no address: %v", err)
			}
		}
		if o.known.complete(o.format.Video().Codec) {
			track, _, err := describe(o.format.Video(), o.known)
			if err == nil && !recordable(track) {
				t.Errorf("no file with %x can be read", o.known)
			}
		}
	})
}

// recordable tells whether what is recorded of a track can be read again.
func recordable(track media.Track) bool {
	_, err := fmp4.ParseInit(fmp4.AppendInit(nil, media.Format{Tracks: []media.Track{track}}))
	return err == nil
}

// A description may hold parameter sets that are none. Recording begins with
// those of the stream then.
func TestParameterSetsThatAreNone(t *testing.T) {
	const sps264, pps264 = "Z2QAH6zZQFAFuwFsgAAAAwCAAAAeB4wYyw==", "aOvjyyLA"
	const vps265, sps265, pps265 = "QAEMAf//AWAAAAMAkAAAAwAAAwB4mZgJ", "QgEBAWAAAAMAkAAAAwAAAwB4oAPAgBDllmZpJMrgEAAAAwAQAAADAeCA", "RAHBcrRiQA=="
	const start = "AAAAAQ=="
	for _, tt := range []struct {
		name, fmtp string
		complete   bool
	}{
		{"h264", "H264;sprop-parameter-sets=" + sps264 + "," + pps264, true},
		{"h264 without pps", "H264;sprop-parameter-sets=" + sps264 + ",", false},
		{"h264 with a start code for a pps", "H264;sprop-parameter-sets=" + sps264 + "," + start, false},
		{"h264 with a header for a pps", "H264;sprop-parameter-sets=" + sps264 + ",aA==", false},
		{"h264 with two sps", "H264;sprop-parameter-sets=" + sps264 + "," + sps264, false},
		{"h264 with an endless pps", "H264;sprop-parameter-sets=" + sps264 + "," + "aOvj" + strings.Repeat("AAAA", 2000), false},
		{"h265", "H265;sprop-vps=" + vps265 + ";sprop-sps=" + sps265 + ";sprop-pps=" + pps265, true},
		{"h265 with an empty vps", "H265;sprop-vps=;sprop-sps=" + sps265 + ";sprop-pps=" + pps265, false},
		{"h265 with a start code for a vps", "H265;sprop-vps=" + start + ";sprop-sps=" + sps265 + ";sprop-pps=" + pps265, false},
		{"h265 with a header for a pps", "H265;sprop-vps=" + vps265 + ";sprop-sps=" + sps265 + ";sprop-pps=RAE=", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			codec, fmtp, _ := strings.Cut(tt.fmtp, ";")
			o, err := offered([]byte(sdpHead + "m=video 0 RTP/AVP 96\r\na=rtpmap:96 " + codec + "/90000\r\na=fmtp:96 " + fmtp + "\r\n"))
			if err != nil {
				t.Fatal(err)
			}
			track := o.format.Video()
			if got := o.known.complete(track.Codec); got != tt.complete {
				t.Fatalf("complete: %v, with %x", got, o.known)
			}
			if !tt.complete {
				return
			}
			if track, _, err = describe(track, o.known); err != nil || !recordable(track) {
				t.Errorf("not readable: %v", err)
			}
		})
	}
}

// FuzzDescribe reads parameter sets, which come from the camera in band.
func FuzzDescribe(f *testing.F) {
	f.Add(false, []byte{0x67, 0x64, 0, 0x1f, 0xac, 0xd9, 0x40, 0x50, 5, 0xbb, 1, 0x6c, 0x80, 0, 0, 3, 0, 0x80, 0, 0, 0x1e, 7, 0x8c, 0x18, 0xcb})
	f.Add(true, []byte{0x42, 1, 1, 1, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x78, 0xa0, 3, 0xc0, 0x80, 0x10, 0xe5, 0x96, 0x66, 0x69, 0x24, 0xca, 0xe0, 0x10, 0, 0, 3, 0, 0x10, 0, 0, 3, 1, 0xe0, 0x80})
	f.Fuzz(func(t *testing.T, h265 bool, b []byte) {
		track := media.Track{Codec: media.H264, Timescale: 90000}
		if h265 {
			track.Codec = media.H265
		}
		track, p, err := describe(track, sets{vps: b, sps: b, pps: b})
		if err == nil && (track.Width < 16 || track.Height < 16 || p.depth < 0 || p.depth > 16 || p.step <= 0) {
			t.Errorf("%dx%d %+v", track.Width, track.Height, p)
		}
	})
}
