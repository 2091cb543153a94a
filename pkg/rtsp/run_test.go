package rtsp

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

func TestRun(t *testing.T) {
	const secret = `p@ss:w/ö"rd%?#`
	tests := []struct {
		name   string
		camera rtspsim.Options
		client Config
	}{
		{"plain", rtspsim.Options{}, Config{}},
		{"digest", rtspsim.Options{User: "admin", Password: secret, DigestOnly: true}, Config{User: "admin", Password: secret}},
		{"basic", rtspsim.Options{User: "admin", Password: secret}, Config{User: "admin", Password: secret}},
		{"rtsps", rtspsim.Options{TLS: true, User: "admin", Password: secret}, Config{User: "admin", Password: secret}},
		{"udp", rtspsim.Options{UDP: true}, Config{Transport: UDP}},
		{"udp because tcp is refused", rtspsim.Options{UDP: true, RefuseTCP: true}, Config{}},
		{"no reports", rtspsim.Options{NoReports: true}, Config{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			camera := simulate(t, tt.camera)
			sink := newMemory(t)
			tt.client.URL = camera.URL("door")
			stop := session(t, tt.client, sink)
			sink.wait("two seconds of picture and sound", func() bool { return sink.count(0) > 20 && sink.count(1) > 60 })
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			if sink.reasons[0] != nvr.NotRunning || sink.err != nil {
				t.Errorf("ended with %v, %v", sink.reasons, sink.err)
			}
			check(t, sink)
		})
	}
}

// check looks at a stream of the door.
func check(t *testing.T, m *memory) {
	t.Helper()
	v, a := m.formats[0].Video(), m.formats[0].Tracks[1]
	if v.Codec != media.H264 || v.Timescale != 90000 || v.Width == 0 || v.Height == 0 || len(v.SPS) == 0 || len(v.PPS) == 0 {
		t.Errorf("video %+v", v)
	}
	if a.Codec != media.AAC || a.Channels == 0 || len(a.Config) == 0 || int(a.Timescale) != a.SampleRate {
		t.Errorf("audio %+v", a)
	}
	if m.samples[0].DTS != 0 {
		t.Errorf("the run begins at %d", m.samples[0].DTS)
	}
	for _, s := range m.samples {
		if s.Track != 0 {
			continue
		}
		for b := s.Data; len(b) > 0; {
			n := int(b[0])<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3])
			if k := kindOf(media.H264, b[4]); k >= vps || k == useless {
				t.Fatalf("a picture holds a NAL unit of type %d", b[4]&31)
			}
			b = b[4+n:]
		}
	}
	if off := soundOffset(m); off < -40*time.Millisecond || off > 40*time.Millisecond {
		t.Errorf("sound is off by %v", off)
	}
}

// soundOffset compares when picture and sound of the same media time arrive.
// Simulated cameras send each sample when it is due.
func soundOffset(m *memory) time.Duration {
	var lead [2]time.Duration
	var n [2]int
	for _, s := range m.samples {
		scale := m.formats[0].Tracks[s.Track].Timescale
		d := s.Arrived.Sub(m.samples[0].Arrived) - nvr.Duration(s.DTS, scale)
		if n[s.Track] == 0 || d < lead[s.Track] {
			lead[s.Track] = d
		}
		n[s.Track]++
	}
	return lead[1] - lead[0]
}

// TestAlignment has sound arrive late with timestamps that tell the truth.
func TestAlignment(t *testing.T) {
	camera := simulate(t, rtspsim.Options{})
	const late = 300 * time.Millisecond
	if err := camera.Trouble("door", rtspsim.Trouble{DelaySound: late}); err != nil {
		t.Fatal(err)
	}
	sink := newMemory(t)
	stop := session(t, Config{URL: camera.URL("door")}, sink)
	// By the second report everything is settled.
	sink.wait("four seconds", func() bool { return sink.count(0) > 60 && sink.count(1) > 60 })
	stop()
	sink.samples = sink.spoken()[len(sink.samples)/2:]
	if off := soundOffset(sink) - late; off < -40*time.Millisecond || off > 40*time.Millisecond {
		t.Errorf("sound is off by %v", off)
	}
}

func TestCaptured(t *testing.T) {
	t.Parallel()
	camera := simulate(t, rtspsim.Options{})
	sink := newMemory(t)
	stop := session(t, Config{URL: camera.URL("door")}, sink)
	sink.wait("a wall clock on both tracks", func() bool {
		known := [2]bool{}
		for _, s := range sink.samples {
			known[s.Track] = known[s.Track] || s.Captured != 0
		}
		return known[0] && known[1]
	})
	stop()
	for _, s := range sink.samples {
		if s.Captured == 0 {
			continue
		}
		if d := nvr.TimeOf(s.Arrived).Sub(s.Captured); d < -100*time.Millisecond || d > time.Second {
			t.Errorf("track %d arrived %v after it was captured", s.Track, d)
		}
	}
}

func TestRunFaults(t *testing.T) {
	const secret = "correct-horse"
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := free.Addr().String()
	free.Close()
	tests := []struct {
		name    string
		options rtspsim.Options
		trouble rtspsim.Trouble
		config  func(*rtspsim.Server) Config
		reason  nvr.Reason
		text    string
	}{
		{name: "wrong password", options: rtspsim.Options{User: "admin", Password: "other"},
			config: func(s *rtspsim.Server) Config {
				return Config{URL: s.URL("door"), User: "admin", Password: secret}
			}, reason: nvr.WrongPassword, text: "401"},
		{name: "password missing", options: rtspsim.Options{User: "admin", Password: "other"},
			config: func(s *rtspsim.Server) Config { return Config{URL: s.URL("door")} }, reason: nvr.WrongPassword, text: "401"},
		{name: "no such path", config: func(s *rtspsim.Server) Config { return Config{URL: s.URL("none")} }, reason: nvr.Refused, text: "404"},
		{name: "too many", trouble: rtspsim.Trouble{Status: 453}, config: door, reason: nvr.Refused, text: "453"},
		{name: "nobody there", config: func(*rtspsim.Server) Config {
			return Config{URL: "rtsp://admin:" + secret + "@" + nobody + "/door"}
		}, reason: nvr.Unreachable, text: "connection refused"},
		{name: "not an address", config: func(*rtspsim.Server) Config { return Config{URL: "rtsp://admin:" + secret + "@:x/y"} }, reason: nvr.Refused, text: "rtsp://host/path"},
		{name: "encrypted, and packets by udp", config: func(*rtspsim.Server) Config {
			return Config{URL: "rtsps://" + nobody + "/door", Transport: UDP}
		}, reason: nvr.Refused, text: "choose TCP"},
		{name: "another protocol", config: func(*rtspsim.Server) Config { return Config{URL: "http://" + nobody} }, reason: nvr.Refused, text: "rtsp://host/path"},
		{name: "garbage", trouble: rtspsim.Trouble{Describe: "<html>"}, config: door, reason: nvr.BadStream, text: "SDP"},
		{name: "no video", trouble: rtspsim.Trouble{Describe: "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\nm=audio 0 RTP/AVP 0\r\n"},
			config: door, reason: nvr.Unsupported, text: "the camera sends MJPEG"},
		{name: "frozen", trouble: rtspsim.Trouble{Freeze: true}, config: impatient, reason: nvr.NoPicture, text: "no picture"},
		{name: "no key frames", trouble: rtspsim.Trouble{NoKeyFrames: true}, config: impatient, reason: nvr.NoPicture, text: "no key frame"},
		{name: "not tls", config: func(s *rtspsim.Server) Config {
			return Config{URL: "rtsps://" + s.Addr() + "/door", Patience: time.Second}
		}, reason: nvr.Unreachable, text: "the camera"}, // does not answer, or hangs up: a greeting is random
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			camera := simulate(t, tt.options)
			if err := camera.Trouble("door", tt.trouble); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			c := tt.config(camera)
			c.Log = slog.New(slog.NewTextHandler(&log, nil))
			sink := newMemory(t)
			err := Run(context.Background(), c, sink)
			if got := reasonOf(t, err); got != tt.reason || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%s: %v; want %s with %q", got, err, tt.reason, tt.text)
			}
			if len(sink.reasons) != 1 || sink.reasons[0] != tt.reason || sink.err != err || len(sink.samples) > 0 {
				t.Errorf("the sink was told %v, %v", sink.reasons, sink.err)
			}
			if said := log.String() + fmt.Sprintf("%+v %#v", err, sink.err); strings.Contains(said, secret) {
				t.Errorf("the password got out: %s", said)
			}
		})
	}
}

func door(s *rtspsim.Server) Config { return Config{URL: s.URL("door")} }
func impatient(s *rtspsim.Server) Config {
	return Config{URL: s.URL("door"), Patience: 2 * time.Second}
}

// TestBreaks looks at connections that end while they play.
func TestBreaks(t *testing.T) {
	tests := []struct {
		name   string
		do     func(*rtspsim.Server)
		reason nvr.Reason
	}{
		{"camera gone", (*rtspsim.Server).Disconnect, nvr.Unreachable},
		{"frozen", func(s *rtspsim.Server) { s.Trouble("door", rtspsim.Trouble{Freeze: true}) }, nvr.NoPicture},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			camera := simulate(t, rtspsim.Options{})
			sink := newMemory(t)
			session(t, impatient(camera), sink)
			sink.wait("a picture", func() bool { return sink.count(0) > 0 })
			tt.do(camera)
			sink.wait("the end", func() bool { return sink.ended })
			if sink.reasons[0] != tt.reason {
				t.Errorf("ended with %v, %v", sink.reasons, sink.err)
			}
		})
	}
}

// Pictures may come as slowly as they like, without sound and reports.
func TestSlowPictures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const every = 13 * time.Second
		camera := &scripted{t: t, every: every, sdp: scriptedSDP[:strings.Index(scriptedSDP, "m=audio")]}
		ctx, cancel := context.WithTimeout(t.Context(), 20*every+time.Second)
		defer cancel()
		sink := newMemory(t)
		err := Run(ctx, Config{URL: "rtsp://camera/live", DialContext: func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			go camera.serve(there)
			return here, nil
		}}, sink)
		if n := sink.count(0); err != nil || n < 18 {
			t.Errorf("%d pictures; %v", n, err)
		}
	})
}

// TestChange has the camera change its resolution while it plays.
func TestChange(t *testing.T) {
	t.Parallel()
	camera := simulate(t, rtspsim.Options{})
	sink := newMemory(t)
	stop := session(t, Config{URL: camera.URL("door")}, sink)
	sink.wait("a picture", func() bool { return sink.count(0) > 0 })
	if err := camera.Play("door", load(t, porch.Door().Sub)); err != nil {
		t.Fatal(err)
	}
	sink.wait("the new format", func() bool { return len(sink.formats) > 1 && sink.samples[len(sink.samples)-1].Track == 0 })
	stop()
	before, after := sink.formats[0].Video(), sink.formats[1].Video()
	if before.Width == after.Width || bytes.Equal(before.SPS, after.SPS) || sink.fresh != 1 {
		t.Errorf("%dx%d became %dx%d in %d runs", before.Width, before.Height, after.Width, after.Height, sink.fresh)
	}
}

// TestLoss checks that only whole groups of pictures are let through.
func TestLoss(t *testing.T) {
	t.Parallel()
	camera := simulate(t, rtspsim.Options{})
	if err := camera.Trouble("door", rtspsim.Trouble{DropEvery: 67}); err != nil {
		t.Fatal(err)
	}
	sink := newMemory(t)
	var told nvr.Packets
	stop := session(t, Config{URL: camera.URL("door"), Packets: func(p nvr.Packets) { told = told.Plus(p) }}, sink)
	sink.wait("pictures", func() bool { return sink.count(0) > 60 })
	stop()
	if of := told.Sent / max(told.Lost, 1); of < 50 || of > 90 {
		t.Errorf("of %d packets %d are told as lost, want one in 67", told.Sent, told.Lost)
	}
	gaps := 0
	last := int64(-6000)
	for _, s := range sink.samples {
		if s.Track != 0 {
			continue
		}
		if s.DTS-last > 9000 {
			gaps++
			if !s.Key {
				t.Errorf("a picture that is no key frame follows a gap of %v", nvr.Duration(s.DTS-last, 90000))
			}
		}
		last = s.DTS
	}
	if gaps == 0 {
		t.Error("nothing was lost: the test shows nothing")
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	camera := simulate(t, rtspsim.Options{})
	f, err := Probe(t.Context(), Config{URL: camera.URL("door")})
	if err != nil || len(f.Tracks) != 2 || f.Video().Width == 0 {
		t.Errorf("%+v, %v", f, err)
	}
	if err := camera.Trouble("door", rtspsim.Trouble{Freeze: true}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err = Probe(ctx, Config{URL: camera.URL("door")}); reasonOf(t, err) != nvr.NoPicture {
		t.Error(err)
	}
}

// TestCancel has Run hang where cameras make it hang, and canceled.
func TestCancel(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for _, scheme := range []string{"rtsp", "rtsps"} {
		t.Run(scheme, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			sink := newMemory(t)
			done := make(chan error, 1)
			dialed := make(chan struct{})
			go func() {
				done <- Run(ctx, Config{URL: scheme + "://" + silent.Addr().String(), DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
					defer close(dialed)
					return (&net.Dialer{}).DialContext(ctx, network, address)
				}}, sink)
			}()
			<-dialed
			began := time.Now()
			cancel(&Fault{Reason: nvr.PausedByUser})
			if err := <-done; err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took > 5*time.Second { // a camera is given ten to answer
				t.Errorf("took %v", took)
			}
			if sink.reasons[0] != nvr.PausedByUser || sink.err != nil {
				t.Errorf("ended with %v, %v", sink.reasons, sink.err)
			}
		})
	}
}
