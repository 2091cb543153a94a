package rtsp

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// when changes answers to one method.
func when(method string, change func(q ask, usual string) string) func(ask, string) string {
	return func(q ask, usual string) string {
		if q.method == method {
			return change(q, usual)
		}
		return usual
	}
}

// swap replaces what a pattern matches in each answer to a method; an empty
// method stands for all.
func swap(method, pattern, with string) func(ask, string) string {
	re := regexp.MustCompile(pattern)
	return func(q ask, usual string) string {
		if method == "" || q.method == method {
			return re.ReplaceAllString(usual, with)
		}
		return usual
	}
}

func both(a, b func(ask, string) string) func(ask, string) string {
	return func(q ask, usual string) string { return b(q, a(q, usual)) }
}

func refuse(method, status string) func(ask, string) string {
	return when(method, func(q ask, _ string) string {
		return "RTSP/1.0 " + status + "\r\nCSeq: " + q.fields["cseq"] + "\r\n\r\n"
	})
}

// from is what a camera asks of whoever watches.
func from(method string, more string) string {
	return method + " rtsp://127.0.0.1/live RTSP/1.0\r\nCSeq: 1\r\nSession: 12345678\r\n" + more + "\r\n"
}

// every sends a text before each tenth picture.
func every(text string) func(int) string {
	return func(n int) string {
		if n%10 == 5 {
			return text
		}
		return ""
	}
}

// mikey is what MediaMTX 1.14 says of each track where it can be asked with TLS or
// without.
const mikey = "a=key-mgmt:mikey AQAFANgUR4gBAADqHsEgAAAAAAsA7rNucjT4HAcKEDU2WfqkpDj0vGmVmc7eLLkBAAAAFQABAQEBEAIBAQMBCgcBAQgBAQoBAQAAACIAIAAeGbS3zXA9PQCncdoKBlcBqGktJm05/E3s3kcgFBm7AA==\r\n"

// TestOddCameras has cameras say in their own ways what can only be meant in
// one. All of them are recorded as one that says it right, in one session.
func TestOddCameras(t *testing.T) {
	tests := []struct {
		name string
		odd  *scripted
		mute bool   // it has no sound that can be kept
		hear string // what it must be answered
	}{
		{name: "nothing odd", odd: &scripted{}},
		{name: "nothing odd, encrypted", odd: &scripted{encrypts: true}},
		// What TLS encrypts already need not be encrypted within it, with keys
		// of a length that the client library does not know.
		{name: "encryption in encryption is offered", odd: &scripted{
			encrypts: true, sdp: strings.ReplaceAll(scriptedSDP, "RTP/AVP", "RTP/SAVP") + "a=key-mgmt:mikey AQAVAA==\r\n",
			answer: when("SETUP", func(q ask, usual string) string {
				if !strings.HasPrefix(q.fields["transport"], "RTP/AVP/TCP") || q.fields["keymgmt"] != "" {
					return "RTSP/1.0 463 Key Management Failure\r\nCSeq: " + q.fields["cseq"] + "\r\n\r\n"
				}
				return usual
			}),
		}},

		{name: "and each track has its keys", odd: &scripted{
			encrypts: true, sdp: regexp.MustCompile(`(m=\S+ \d+ RTP/)AVP( .*\r\n)`).ReplaceAllString(scriptedSDP, "${1}SAVP${2}"+mikey),
			answer: when("SETUP", func(q ask, usual string) string {
				if !strings.HasPrefix(q.fields["transport"], "RTP/AVP/TCP") || q.fields["keymgmt"] != "" {
					return "RTSP/1.0 461 Unsupported Transport\r\nCSeq: " + q.fields["cseq"] + "\r\n\r\n"
				}
				return usual
			}),
		}},

		// Requests of the camera.
		{name: "ANNOUNCE after PLAY", odd: &scripted{answer: when("PLAY", func(_ ask, usual string) string {
			return usual + from("ANNOUNCE", "Content-Type: application/sdp\r\nContent-Length: 10\r\n") + "v=0\r\ns=x\r\n"
		})}, hear: "RTSP/1.0 200"},
		{name: "ANNOUNCE before the answer to PLAY", odd: &scripted{answer: when("PLAY", func(_ ask, usual string) string { return from("ANNOUNCE", "") + usual })}, hear: "RTSP/1.0 200"},
		{name: "OPTIONS before the answer to DESCRIBE", odd: &scripted{answer: when("DESCRIBE", func(_ ask, usual string) string { return from("OPTIONS", "") + usual })}, hear: "RTSP/1.0 200"},
		{name: "SET_PARAMETER", odd: &scripted{between: every(from("SET_PARAMETER", "Content-Length: 4\r\n") + "a: b")}, hear: "RTSP/1.0 200"},
		{name: "GET_PARAMETER", odd: &scripted{between: every(from("GET_PARAMETER", ""))}, hear: "RTSP/1.0 200"},
		{name: "OPTIONS of *", odd: &scripted{between: every("OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n")}, hear: "RTSP/1.0 200"},
		{name: "a request without CSeq", odd: &scripted{between: every("OPTIONS * RTSP/1.0\r\n\r\n")}, hear: "RTSP/1.0 200"},
		{name: "a request with bare ends of lines", odd: &scripted{between: every("get_parameter /live RTSP/1.0\ncseq:7\n\n")}, hear: "RTSP/1.0 200"},
		{name: "a request that nobody knows", odd: &scripted{between: every(from("RECORD", ""))}, hear: "RTSP/1.0 501"},
		{name: "bytes too many between frames", odd: &scripted{between: every("\r\n\x00\x00")}},
		{name: "bytes too many that look like a frame", odd: &scripted{between: every("junk$\x09\xff\xff\x80\n$$$\x00\xff\xff\n$\x00\xff\xffRTSP")}},

		{name: "another source each few packets", odd: &scripted{source: func(n int) uint32 { return uint32(n / 4) }}},

		// Status lines, ends of lines, fields.
		{name: "no reason", odd: &scripted{answer: swap("", "200 OK", "200")}},
		{name: "no reason and a space", odd: &scripted{answer: swap("", "200 OK", "200 ")}},
		{name: "another version", odd: &scripted{answer: swap("", "RTSP/1.0 200 OK", "RTSP/2.0  200   Fine")}},
		{name: "other success", odd: &scripted{answer: swap("", "200 OK", "250 Low on Storage Space")}},
		{name: "bare LF", odd: &scripted{answer: func(_ ask, usual string) string { return strings.ReplaceAll(usual, "\r\n", "\n") }}},
		{name: "names in lower case", odd: &scripted{answer: func(_ ask, usual string) string {
			return regexp.MustCompile(`(?m)^[A-Z][A-Za-z-]+:`).ReplaceAllStringFunc(usual, strings.ToLower)
		}}},
		{name: "names in upper case, without spaces", odd: &scripted{answer: func(_ ask, usual string) string {
			return regexp.MustCompile(`(?m)^[A-Z][A-Za-z-]+: `).ReplaceAllStringFunc(usual, func(s string) string { return strings.ToUpper(strings.TrimSpace(s)) })
		}}},
		{name: "spaces around names and values", odd: &scripted{answer: swap("", `(?m)^([A-Z][A-Za-z-]+): (.*)\r`, "$1 :   $2  \r")}},
		{name: "a field without a name", odd: &scripted{answer: swap("", "\r\nCSeq", "\r\nnonsense\r\n: x\r\nCSeq")}},
		{name: "a folded field", odd: &scripted{answer: swap("SETUP", ";unicast", "\r\n ;unicast")}},
		{name: "a field of 5 KB", odd: &scripted{answer: swap("", "\r\nCSeq", "\r\nX-Of-Mine: "+strings.Repeat("x", 5000)+"\r\nCSeq")}},
		{name: "300 fields", odd: &scripted{answer: swap("", "\r\nCSeq", strings.Repeat("\r\nX-Of-Mine: x", 300)+"\r\nCSeq")}},

		{name: "bodies that do not come", odd: &scripted{answer: func(q ask, usual string) string {
			if q.method == "DESCRIBE" {
				return usual
			}
			return strings.Replace(usual, "\r\n\r\n", "\r\nContent-Length: 20\r\n\r\n", 1)
		}}},
		{name: "bodies that do", odd: &scripted{answer: func(q ask, usual string) string {
			if q.method == "DESCRIBE" {
				return usual
			}
			return strings.Replace(usual, "\r\n\r\n", "\r\nContent-Length: 20\r\n\r\nthere: are\r\ntwo: l\r\n", 1)
		}}},

		// CSeq.
		{name: "no CSeq", odd: &scripted{answer: swap("", "CSeq: .*\r\n", "")}},
		{name: "always the same CSeq", odd: &scripted{answer: swap("", "CSeq: .*\r\n", "CSeq: 1\r\n")}},
		{name: "CSeq 0", odd: &scripted{answer: swap("", "CSeq: .*\r\n", "CSeq: 0\r\n")}},
		{name: "CSeq of one before", odd: &scripted{answer: func(q ask, usual string) string {
			var n int
			_, _ = fmt.Sscanf(q.fields["cseq"], "%d", &n)
			return strings.Replace(usual, fmt.Sprintf("CSeq: %d", n), fmt.Sprintf("CSeq: %d", n-1), 1)
		}}},
		{name: "CSeq far off", odd: &scripted{answer: swap("", "CSeq: .*\r\n", "CSeq: 99999\r\n")}},
		{name: "CSeq that is no number", odd: &scripted{answer: swap("", "CSeq: .*\r\n", "CSeq: x\r\n")}},
		{name: "CSeq with more behind it", odd: &scripted{answer: swap("", "(CSeq: .*)\r\n", "$1 foo\r\n")}},
		{name: "each answer twice", odd: &scripted{answer: func(_ ask, usual string) string { return usual + usual }}},
		{name: "first 100 Continue", odd: &scripted{answer: func(q ask, usual string) string {
			return "RTSP/1.0 100 Continue\r\nCSeq: " + q.fields["cseq"] + "\r\n\r\n" + usual
		}}},

		// OPTIONS.
		{name: "OPTIONS is not implemented", odd: &scripted{answer: refuse("OPTIONS", "501 Not Implemented")}},
		{name: "OPTIONS is not allowed", odd: &scripted{answer: refuse("OPTIONS", "405 Method Not Allowed")}},
		{name: "OPTIONS is not found", odd: &scripted{answer: refuse("OPTIONS", "404 Not Found")}},
		{name: "OPTIONS wants a session", odd: &scripted{answer: refuse("OPTIONS", "454 Session Not Found")}},
		{name: "no Public", odd: &scripted{answer: swap("OPTIONS", "Public: .*\r\n", "")}},
		{name: "Public in two fields", odd: &scripted{answer: swap("OPTIONS", "Public: .*\r\n", "Public: describe\r\nPublic: setup, play\r\n")}},

		// Content-Base.
		{name: "no base", odd: &scripted{answer: swap("DESCRIBE", "Content-Base: .*\r\n", "")}},
		{name: "empty base", odd: &scripted{answer: swap("DESCRIBE", "Content-Base: .*\r\n", "Content-Base:\r\n")}},
		{name: "base without a scheme", odd: &scripted{answer: swap("DESCRIBE", "Content-Base: rtsp://", "Content-Base: ")}},
		{name: "base that is a path", odd: &scripted{answer: swap("DESCRIBE", "Content-Base: .*\r\n", "Content-Base: /live/\r\n")}},
		{name: "base in quotes", odd: &scripted{answer: swap("DESCRIBE", "Content-Base: (.*)\r\n", "Content-Base: \"$1\"\r\n")}},
		{name: "base of another scheme", odd: &scripted{answer: swap("DESCRIBE", "Content-Base: rtsp", "Content-Base: http")}},
		{name: "base that is garbage", odd: &scripted{answer: swap("DESCRIBE", "Content-Base: .*\r\n", "Content-Base: %zz://[:x\r\n")}},
		{name: "base twice", odd: &scripted{answer: swap("DESCRIBE", "(Content-Base: .*\r\n)", "$1$1")}},
		{name: "base behind a router", odd: &scripted{answer: swap("DESCRIBE", "Content-Base: .*\r\n", "Content-Base: rtsp://10.9.8.7:554/live/\r\n")}},
		{name: "location instead of a base", odd: &scripted{answer: swap("DESCRIBE", "Content-Base", "Content-Location")}},

		// The description's body.
		{name: "no Content-Type", odd: &scripted{answer: swap("DESCRIBE", "Content-Type: .*\r\n", "")}},
		{name: "another Content-Type", odd: &scripted{answer: swap("DESCRIBE", "Content-Type: .*\r\n", "Content-Type: Application/SDP; charset=utf-8\r\n")}},
		{name: "no Content-Length", odd: &scripted{answer: swap("DESCRIBE", "Content-Length: .*\r\n", "")}},
		{name: "Content-Length with spaces", odd: &scripted{answer: swap("DESCRIBE", "Content-Length: (.*)\r\n", "Content-Length:   $1  \r\n")}},
		{name: "Content-Length with a unit", odd: &scripted{answer: swap("DESCRIBE", "Content-Length: (.*)\r\n", "Content-Length: $1 bytes\r\n")}},
		{name: "Content-Length that is no number", odd: &scripted{answer: swap("DESCRIBE", "Content-Length: .*\r\n", "Content-Length: -\r\n")}},
		{name: "Content-Length too small", odd: &scripted{answer: swap("DESCRIBE", "Content-Length: .*\r\n", "Content-Length: 200\r\n")}},
		{name: "Content-Length too large", odd: &scripted{answer: swap("DESCRIBE", "Content-Length: .*\r\n", "Content-Length: 2000\r\n")}},
		{name: "Content-Length twice", odd: &scripted{answer: swap("DESCRIBE", "(Content-Length: .*\r\n)", "$1$1")}},
		{name: "a body where none is due", odd: &scripted{answer: swap("SETUP", "\r\n\r\n", "\r\nContent-Length: 5\r\n\r\nhello")}},

		// Description.
		{name: "begins with m=", odd: &scripted{sdp: scriptedSDP[strings.Index(scriptedSDP, "m="):]}},
		{name: "ends of lines are CR", odd: &scripted{sdp: strings.ReplaceAll(scriptedSDP, "\r\n", "\r")}},
		{name: "a head of nonsense", odd: &scripted{sdp: strings.Replace(scriptedSDP, "o=- 1 1 IN IP4 127.0.0.1\r\ns=cam\r\nt=0 0", "o=x\r\nt=\r\nb=x\r\nc=IN\r\nr=1\r\nz=1\r\n?", 1)}},
		{name: "lines that nobody knows", odd: &scripted{sdp: strings.ReplaceAll(scriptedSDP, "a=control", "q=1\r\nb=AS:x\r\nnonsense\r\nc=IN IP9\r\na=control")}},
		{name: "two payload types", odd: &scripted{sdp: strings.Replace(scriptedSDP, "RTP/AVP 96\r\n", "RTP/AVP 98 96\r\na=rtpmap:98 MP4V-ES/90000\r\n", 1)}},
		{name: "two payload types, one not explained", odd: &scripted{sdp: strings.Replace(scriptedSDP, "RTP/AVP 96\r\n", "RTP/AVP 98 96\r\n", 1)}},
		{name: "session control is a path", odd: &scripted{sdp: strings.Replace(scriptedSDP, "control:*", "control:/", 1)}},
		{name: "session control is empty", odd: &scripted{sdp: strings.Replace(scriptedSDP, "control:*", "control:", 1)}},
		{name: "session control is garbage", odd: &scripted{sdp: strings.Replace(scriptedSDP, "control:*", "control:rtsp://%zz", 1)}},
		{name: "no rtpmap", odd: &scripted{sdp: strings.Replace(scriptedSDP, "a=rtpmap:96 H264/90000\r\n", "", 1)}},
		{name: "whole addresses of tracks, in capitals", odd: &scripted{sdp: strings.ReplaceAll(scriptedSDP, "control:trackID=", "control:RTSP://10.9.8.7/live/trackID=")}},
		{name: "tracks without an address but one", odd: &scripted{sdp: strings.Replace(scriptedSDP, "a=control:trackID=0", "a=control:*", 1)}},
		{name: "video is sendonly", odd: &scripted{sdp: strings.Replace(scriptedSDP, "a=control:trackID=0", "a=sendonly\r\na=control:trackID=0", 1)}},
		{name: "another profile", odd: &scripted{sdp: strings.ReplaceAll(scriptedSDP, "RTP/AVP", "RTP/AVPF/X")}},
		{name: "encryption is offered", odd: &scripted{sdp: strings.ReplaceAll(scriptedSDP, "RTP/AVP", "RTP/SAVP") + "a=key-mgmt:mikey %%%\r\n"}},
		{name: "H264 with another rate", odd: &scripted{sdp: strings.Replace(scriptedSDP, "H264/90000", "H264/9000/1", 1)}},
		{name: "sound at an address that is none", odd: &scripted{sdp: strings.Replace(scriptedSDP, "trackID=1", "%zz", 1)}, mute: true},
		{name: "parameters that are broken", odd: &scripted{sdp: strings.Replace(scriptedSDP, "packetization-mode=1;", "packetization-mode=x;", 1)}},

		// SETUP.
		{name: "no Transport", odd: &scripted{answer: swap("SETUP", "Transport: .*\r\n", "")}},
		{name: "empty Transport", odd: &scripted{answer: swap("SETUP", "Transport: .*\r\n", "Transport:\r\n")}},
		{name: "no channels", odd: &scripted{answer: swap("SETUP", ";interleaved=[0-9-]*", "")}},
		{name: "one channel", odd: &scripted{answer: swap("SETUP", "(interleaved=[0-9])-[0-9]", "$1")}},
		{name: "a channel twice", odd: &scripted{answer: swap("SETUP", "interleaved=([0-9])-[0-9]", "interleaved=$1-$1")}},
		{name: "channels with spaces", odd: &scripted{answer: swap("SETUP", "interleaved=([0-9])-([0-9])", "Interleaved = $1 - $2")}},
		{name: "channels that are none", odd: &scripted{answer: swap("SETUP", "interleaved=[0-9-]*", "interleaved=x-y")}},
		{name: "the same channels for both, and others in truth", odd: &scripted{answer: swap("SETUP", "interleaved=[0-9-]*", "interleaved=0-1")}},
		{name: "other channels", odd: &scripted{channels: [2]int{4, 8}}},
		{name: "no profile", odd: &scripted{answer: swap("SETUP", "RTP/AVP/TCP;", "")}},
		{name: "profile without TCP", odd: &scripted{answer: swap("SETUP", "RTP/AVP/TCP", "RTP/AVP")}},
		{name: "profile in lower case", odd: &scripted{answer: swap("SETUP", "RTP/AVP/TCP;unicast", "rtp/avp/tcp; UNICAST")}},
		{name: "odd parameters", odd: &scripted{answer: swap("SETUP", "(interleaved=.*)\r\n", "$1; ssrc= 2a;mode=\"live, now\";source=no.such.host.invalid;destination=nowhere;ttl=x;client_port=\r\n")}},
		{name: "multicast", odd: &scripted{answer: swap("SETUP", "unicast", "multicast")}},
		{name: "frames before PLAY", odd: &scripted{answer: when("SETUP", func(_ ask, usual string) string { return string(interleaved(0, []byte("early"))) + usual })}},
		{name: "the sound is refused", odd: &scripted{answer: func(q ask, usual string) string {
			if q.method == "SETUP" && strings.HasSuffix(q.uri, "1") {
				q.conn.channel[1] = -1
				return "RTSP/1.0 400 Bad Request\r\nCSeq: " + q.fields["cseq"] + "\r\n\r\n"
			}
			return usual
		}}, mute: true},

		// Session.
		{name: "spaces in Session", odd: &scripted{answer: swap("", "Session: 12345678;timeout=60", "Session: 12345678 ; timeout = \"60\"")}},
		{name: "timeout that is none", odd: &scripted{answer: swap("", "timeout=60", "timeout=")}},
		{name: "timeout of an age", odd: &scripted{answer: swap("", "timeout=60", "timeout=4294967295")}},
		{name: "Session twice", odd: &scripted{answer: swap("SETUP", "(Session: .*\r\n)", "$1$1")}},
		{name: "Session before there is one", odd: &scripted{answer: func(q ask, usual string) string {
			switch {
			case q.method == "OPTIONS" || q.method == "DESCRIBE":
				return strings.Replace(usual, "\r\nCSeq", "\r\nSession: 0\r\nCSeq", 1)
			case q.method == "PLAY" && q.fields["session"] != "12345678":
				return "RTSP/1.0 454 Session Not Found\r\nCSeq: " + q.fields["cseq"] + "\r\n\r\n"
			}
			return usual
		}}},
		{name: "Session with each answer", odd: &scripted{answer: swap("", "\r\nCSeq", "\r\nSession: \r\nCSeq")}},
		{name: "another session for the sound", odd: &scripted{answer: both(when("SETUP", func(q ask, usual string) string {
			if strings.HasSuffix(q.uri, "1") {
				return strings.Replace(usual, "12345678", "87654321", 1)
			}
			return usual
		}), when("PLAY", func(q ask, usual string) string {
			if q.fields["session"] != "12345678" {
				return "RTSP/1.0 454 Session Not Found\r\nCSeq: " + q.fields["cseq"] + "\r\n\r\n"
			}
			return usual
		}))}},
		{name: "RTP-Info of 5 KB", odd: &scripted{answer: swap("PLAY", "\r\n\r\n", "\r\nRTP-Info: url=x;seq=1;rtptime="+strings.Repeat("0", 5000)+"\r\n\r\n")}},
	}
	// All at once, since each takes a second or two of real time.
	sinks := make([]*memory, len(tests))
	stops := make([]func() error, len(tests))
	for i, tt := range tests {
		sinks[i] = newMemory(t)
		stops[i] = session(t, Config{URL: tt.odd.open(t)}, sinks[i])
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sink := sinks[i]
			sink.mu.Lock()
			sink.t = t
			sink.mu.Unlock()
			sink.wait("pictures and sound", func() bool {
				return sink.ended || sink.count(0) > 12 && (tt.mute || sink.count(1) > 12) && (tt.hear == "" || tt.odd.count(tt.hear) > 0)
			})
			if err := stops[i](); err != nil || sink.fresh != 1 {
				t.Fatalf("%d runs, %d formats; %v", sink.fresh, len(sink.formats), err)
			}
			f := sink.formats[len(sink.formats)-1] // sound may come a second after the pictures
			if f.Video().Codec != media.H264 || (len(f.Tracks) == 1) != tt.mute || len(f.Missing) > 1 || tt.mute && len(f.Missing) == 0 {
				t.Errorf("tracks %+v, missing %q", f.Tracks, f.Missing)
			}
		})
	}
}

// TestNoCameras has something answer that no one can make a stream of.
func TestNoCameras(t *testing.T) {
	hello := func(text string) *scripted { return &scripted{answer: func(ask, string) string { return text }} }
	for _, tt := range []struct {
		name   string
		odd    *scripted
		reason nvr.Reason
		text   string
	}{
		{"another protocol", hello("220 mail ready\r\n"), nvr.BadStream, "does not speak RTSP"},
		{"a status that is none", hello("RTSP/1.0 OK\r\n\r\n"), nvr.BadStream, `answered "RTSP/1.0 OK"`},
		{"a field without end", hello("RTSP/1.0 200 OK\r\nX: " + strings.Repeat("x", 1<<17)), nvr.BadStream, "without end"},
		{"fields without end", hello("RTSP/1.0 200 OK\r\n" + strings.Repeat("X: y\r\n", 1<<13)), nvr.BadStream, "without end"},
		{"a body without end", &scripted{answer: swap("DESCRIBE", "Content-Length: .*\r\n", "Content-Length: 99999999\r\n")}, nvr.BadStream, "without end"},
		{"no description", &scripted{sdp: "<html>no</html>"}, nvr.BadStream, "SDP"},
		{"ended at once", &scripted{answer: when("PLAY", func(_ ask, usual string) string { return usual + from("TEARDOWN", "") })}, nvr.Unreachable, "ended the session"},
		{"another place", &scripted{answer: when("PLAY", func(_ ask, usual string) string { return usual + from("REDIRECT", "") })}, nvr.Unreachable, "ended the session"},
		{"video refused", &scripted{answer: refuse("SETUP", "453")}, nvr.Refused, "453"},
		{"mjpeg", &scripted{sdp: "m=video 0 RTP/AVP 26\r\nm=audio 0 RTP/AVP 14\r\n"}, nvr.Unsupported, "the camera sends MJPEG, which is not recorded; choose H.264 or H.265 in its settings"},
		{"encrypted all the same", &scripted{answer: swap("SETUP", "RTP/AVP/TCP", "RTP/SAVP/TCP")}, nvr.BadStream, "secure"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := Run(t.Context(), Config{URL: tt.odd.open(t)}, nowhere{})
			if got := reasonOf(t, err); got != tt.reason || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%s: %v; want %s with %q", got, err, tt.reason, tt.text)
			}
		})
	}
}

// TestRedirects has a camera send the recorder elsewhere when it is asked for
// its stream.
func TestRedirects(t *testing.T) {
	for _, tt := range []struct {
		name, to string // HOST stands for its own host and port
		times    int
		text     string // what the fault says; empty: it is recorded
		encrypts bool
	}{
		{name: "another path", to: "rtsp://HOST/live/2", times: 1},
		{name: "a path only", to: "/live/2", times: 1},
		{name: "three times", to: "rtsp://user:secret@HOST/live/2", times: 3},
		{name: "without end", to: "rtsp://HOST/live/2", times: 100, text: "redirects without end"},
		{name: "another host", to: "rtsp://10.9.8.7/live", times: 1, text: "redirects to another host"},
		{name: "another host without a scheme", to: "//10.9.8.7/live", times: 1, text: "redirects to another host"},
		{name: "within what is encrypted", to: "rtsps://HOST/live/2", times: 1, encrypts: true},
		{name: "out of what is encrypted", to: "rtsp://HOST/live/2", times: 1, encrypts: true, text: "not encrypted"},
		{name: "another scheme", to: "http://HOST/", times: 1, text: "no address"},
		{name: "garbage", to: "%zz", times: 1, text: "no address"},
		{name: "nowhere", to: "", times: 1, text: "302 Moved"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := 0
			s := scripted{encrypts: tt.encrypts}
			s.answer = when("DESCRIBE", func(q ask, usual string) string {
				if n++; n > tt.times {
					return usual
				}
				return "RTSP/1.0 302 Moved\r\nCSeq: " + q.fields["cseq"] + "\r\nLocation: " + strings.ReplaceAll(tt.to, "HOST", s.listener.Addr().String()) + "\r\n\r\n"
			})
			f, err := Probe(t.Context(), Config{URL: s.open(t)})
			if tt.text == "" && (err != nil || len(f.Tracks) != 2) {
				t.Errorf("%+v, %v", f, err)
			}
			if tt.text != "" && (err == nil || !strings.Contains(err.Error(), tt.text) || reasonOf(t, err) != nvr.Refused) {
				t.Errorf("%v, want %q", err, tt.text)
			}
		})
	}
}
