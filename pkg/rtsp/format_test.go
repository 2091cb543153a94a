package rtsp

import (
	"strings"
	"testing"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/sdp"
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
	{"g726", "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 G726-32/8000\r\n", []string{"h264"}, []string{"audio: codec G726-32 is not supported"}, ""},
	{"aac without configuration", "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/16000/1\r\n", []string{"h264"}, []string{"audio: config is missing"}, ""},
	{"broken parameter sets", "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 sprop-parameter-sets=%%%,%%%\r\n", []string{"h264"}, nil, ""},
	{"broken names", "m=video 0 RTP/AVP 96\r\na=mid:$$$\r\na=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP 0\r\n", []string{"h264", "pcmu"}, nil, ""},
	{"two of each", "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=video 0 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\nm=audio 0 RTP/AVP 98\r\na=rtpmap:98 L16/16000/2\r\nm=audio 0 RTP/AVP 99\r\na=rtpmap:99 opus/48000/2\r\n",
		[]string{"h264", "l16"}, []string{"video: a second track (H264) is not recorded", "audio: a second track (Opus) is not recorded"}, ""},
	{"mjpeg", "m=video 0 RTP/AVP 26\r\n", nil, nil, "it offers: video: M-JPEG"},
	{"nothing", "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n", nil, nil, "it offers: nothing"},
	{"latm", "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 MP4A-LATM/48000/2\r\na=fmtp:97 cpresent=0;config=400023203fc0\r\n", []string{"h264", "aac"}, nil, ""},
}

// offered reads a description as a connection does.
func offered(body []byte) (*offer, error) {
	body, missing := repair(body)
	var parsed sdp.SessionDescription
	if err := parsed.Unmarshal(body); err != nil {
		return nil, err
	}
	var session description.Session
	if err := session.Unmarshal(&parsed); err != nil {
		return nil, err
	}
	return choose(session.Medias, missing)
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
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := offered(body)
		if err != nil {
			return
		}
		if !o.format.Video().Codec.Video() || len(o.format.Tracks) > 2 {
			t.Errorf("tracks %+v", o.format.Tracks)
		}
		for _, track := range o.format.Tracks {
			if track.Timescale == 0 {
				t.Errorf("track %+v", track)
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
