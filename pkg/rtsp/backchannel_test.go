package rtsp

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// doorbell is a simulated camera with a speaker.
func doorbell(t *testing.T, o rtspsim.Options) *rtspsim.Server {
	t.Helper()
	s, err := rtspsim.Listen("127.0.0.1:0", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	clip, err := rtspsim.LoadClip(porch.Door().Sub)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Play("door", clip); err != nil {
		t.Fatal(err)
	}
	return s
}

const hertz = 700 // of the tone that is said

// say says a tone for a time.
func say(t *testing.T, b *BackChannel, d time.Duration) {
	t.Helper()
	frame := make([]int16, b.Rate()/50)
	n := 0
	for range d / FrameTime {
		for i := range frame {
			frame[i] = int16(8000 * math.Sin(2*math.Pi*hertz*float64(n)/float64(b.Rate())))
			n++
		}
		if err := b.Write(frame); err != nil {
			t.Fatal(err)
		}
	}
}

// eventually waits for what another side does.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); {
		if time.Now().After(end) {
			t.Fatalf("%s did not happen", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func TestBackChannel(t *testing.T) {
	tests := []struct {
		name      string
		options   rtspsim.Options
		transport Transport
		codec     string
		rate      int
	}{
		{"mu-law", rtspsim.Options{Speaker: []string{"PCMU/8000"}}, Auto, "PCMU", 8000},
		{"A-law", rtspsim.Options{Speaker: []string{"PCMA/8000"}}, Auto, "PCMA", 8000},
		{"two rates in one medium", rtspsim.Options{Speaker: []string{"PCMU/16000", "AAC/16000", "PCMA/8000"}}, Auto, "PCMA", 8000},
		{"wide band", rtspsim.Options{Speaker: []string{"AAC/16000", "PCMA/16000", "PCMU/16000"}}, Auto, "PCMU", 16000},
		{"UDP", rtspsim.Options{Speaker: []string{"PCMU/8000"}, UDP: true}, UDP, "PCMU", 8000},
		{"refuses TCP", rtspsim.Options{Speaker: []string{"PCMU/8000"}, UDP: true, RefuseTCP: true}, Auto, "PCMU", 8000},
		{"encrypted", rtspsim.Options{Speaker: []string{"PCMU/8000"}, TLS: true}, Auto, "PCMU", 8000},
		{"password", rtspsim.Options{Speaker: []string{"PCMU/8000"}, User: "admin", Password: "right-one", DigestOnly: true}, Auto, "PCMU", 8000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			camera := doorbell(t, tt.options)
			b, err := OpenBackChannel(t.Context(), Config{URL: camera.URL("door"), User: "admin", Password: "right-one", Transport: tt.transport})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			if b.Codec() != tt.codec || b.Rate() != tt.rate {
				t.Errorf("it speaks %s at %d Hz", b.Codec(), b.Rate())
			}
			say(t, b, 600*time.Millisecond)
			eventually(t, "the last word", func() bool { return len(camera.Heard()) == 30 })
			b.Close()
			eventually(t, "the end", func() bool { _, now := camera.Speaking(); return now == 0 })
			checkHeard(t, camera.Heard(), tt.rate)
		})
	}
}

// checkHeard checks that half a second of the tone arrived, whole and in order.
func checkHeard(t *testing.T, heard []rtspsim.Heard, rate int) {
	t.Helper()
	var samples []int16
	for i, h := range heard {
		if h.Rate != rate || len(h.Samples) != rate/50 || h.Marker != (i == 0) {
			t.Errorf("packet %d: %d samples of %d Hz, marker %v", i, len(h.Samples), h.Rate, h.Marker)
		}
		if i > 0 && (h.Sequence != heard[i-1].Sequence+1 || h.Stamp != heard[i-1].Stamp+uint32(rate/50)) {
			t.Errorf("packet %d is %d at %d after %d at %d", i, h.Sequence, h.Stamp, heard[i-1].Sequence, heard[i-1].Stamp)
		}
		samples = append(samples, h.Samples...)
	}
	if part := rtspsim.Tone(samples, rate, hertz); part < 0.95 {
		t.Errorf("of what arrived, %.2f is the tone", part)
	}
}

func TestNoSpeaker(t *testing.T) {
	tests := []struct {
		name    string
		options rtspsim.Options
		says    string
	}{
		{"none", rtspsim.Options{}, "this camera has no speaker"},
		{"the requirement is refused", rtspsim.Options{Speaker: []string{"PCMU/8000"}, RefuseRequire: true}, "this camera has no speaker"},
		{"AAC only", rtspsim.Options{Speaker: []string{"AAC/16000"}}, "AAC at 16000 Hz"},
		{"an odd rate", rtspsim.Options{Speaker: []string{"PCMU/11025"}}, "G.711 at 11025 Hz"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			camera := doorbell(t, tt.options)
			b, err := OpenBackChannel(t.Context(), Config{URL: camera.URL("door")})
			var none *NoSpeaker
			if b != nil || !errors.As(err, &none) || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("%v", err)
			}
			if ever, _ := camera.Speaking(); ever != 0 {
				t.Error("a back-channel was set up")
			}
		})
	}
}

func TestBackChannelFaults(t *testing.T) {
	camera := doorbell(t, rtspsim.Options{Speaker: []string{"PCMU/8000"}, User: "admin", Password: "right-one"})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name   string
		ctx    context.Context
		config Config
		reason nvr.Reason
	}{
		{"wrong password", t.Context(), Config{URL: camera.URL("door"), User: "admin", Password: "wrong-one"}, nvr.WrongPassword},
		{"no such stream", t.Context(), Config{URL: camera.URL("window"), User: "admin", Password: "right-one"}, nvr.Refused},
		{"nobody there", t.Context(), Config{URL: "rtsp://127.0.0.1:1/door"}, nvr.Unreachable},
		{"no address", t.Context(), Config{URL: "http://127.0.0.1/"}, nvr.Refused},
		{"given up", gone, Config{URL: camera.URL("door")}, nvr.Unreachable},
	}
	for _, tt := range tests {
		b, err := OpenBackChannel(tt.ctx, tt.config)
		var fault *Fault
		if b != nil || !errors.As(err, &fault) || fault.Reason != tt.reason || strings.Contains(err.Error(), "wrong-one") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestBackChannelEnds checks that the end of a session is noticed, from either side.
func TestBackChannelEnds(t *testing.T) {
	camera := doorbell(t, rtspsim.Options{Speaker: []string{"PCMU/8000"}})
	for name, end := range map[string]func(*BackChannel){
		"the camera loses power": func(*BackChannel) { camera.Disconnect() },
		"closed":                 func(b *BackChannel) { b.Close() },
	} {
		b, err := OpenBackChannel(t.Context(), Config{URL: camera.URL("door")})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Write(make([]int16, 7)); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("a frame of seven samples: %v", err)
		}
		end(b)
		for err = nil; err == nil; {
			err = b.Write(make([]int16, 160))
		}
		var fault *Fault
		if !errors.As(err, &fault) {
			t.Errorf("%s: %v", name, err)
		}
		b.Close()
	}
}

// TestPauses checks that frames are paced, that those a little late catch up,
// and that after a pause the clock of RTP has gone on.
func TestPauses(t *testing.T) {
	camera := doorbell(t, rtspsim.Options{Speaker: []string{"PCMU/8000"}})
	b, err := OpenBackChannel(t.Context(), Config{URL: camera.URL("door")})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	began := time.Now()
	say(t, b, 500*time.Millisecond)
	if took := time.Since(began); took < 470*time.Millisecond {
		t.Errorf("half a second was sent within %v", took)
	}
	pause := time.Now()
	eventually(t, "a pause", func() bool { return time.Since(pause) > 300*time.Millisecond })
	say(t, b, FrameTime)
	eventually(t, "the last word", func() bool { return len(camera.Heard()) == 26 })
	heard := camera.Heard()
	last, next := heard[24], heard[25]
	if gap := time.Duration(next.Stamp-last.Stamp) * time.Second / 8000; !next.Marker || gap < 300*time.Millisecond || gap > time.Since(began)-24*FrameTime+100*time.Millisecond { // the last word was that long after the first
		t.Errorf("a pause of 300 ms is one of %v, marker %v", gap, next.Marker)
	}
}

// TestNoBackChannelOtherwise checks that nothing but talking sets up a
// back-channel: on several doorbells an open one silences the button.
func TestNoBackChannelOtherwise(t *testing.T) {
	for _, o := range []rtspsim.Options{
		{Speaker: []string{"PCMU/8000"}},
		{Speaker: []string{"PCMU/8000"}, UDP: true, RefuseTCP: true},
	} {
		camera := doorbell(t, o)
		c := Config{URL: camera.URL("door")}
		if _, err := Probe(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		sink := newMemory(t)
		stop := session(t, c, sink)
		sink.wait("a picture", func() bool { return sink.count(0) > 5 })
		if err := stop(); err != nil {
			t.Error(err)
		}
		if ever, _ := camera.Speaking(); ever != 0 {
			t.Errorf("%+v: %d back-channels were set up", o, ever)
		}
	}
}

// TestNoBackChannelUnasked does so with a camera that offers its back-channel to
// those who did not require it.
func TestNoBackChannelUnasked(t *testing.T) {
	camera := &scripted{sdp: scriptedSDP + "m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=control:speaker\r\na=sendonly\r\n"}
	camera.answer = func(q ask, usual string) string {
		if q.method == "SETUP" && strings.Contains(q.uri, "speaker") || q.fields["require"] != "" {
			t.Errorf("%s %s requires %q", q.method, q.uri, q.fields["require"])
		}
		return usual
	}
	address := camera.open(t)
	if _, err := Probe(t.Context(), Config{URL: address}); err != nil {
		t.Fatal(err)
	}
}

// TestGStreamerSpeaker says a tone to GStreamer's ONVIF server.
func TestGStreamerSpeaker(t *testing.T) {
	file := filepath.Join(t.TempDir(), "heard")
	address := gstreamer(t, "gstspeaker.py", file)
	for _, codec := range []string{"pcmu", "pcma"} {
		for _, transport := range []Transport{TCP, UDP} {
			began := time.Now()
			b, err := OpenBackChannel(t.Context(), Config{URL: "rtsp://" + address + "/" + codec, Transport: transport})
			if err != nil {
				t.Fatal(err)
			}
			opened := time.Since(began)
			say(t, b, time.Second)
			var samples []int16
			eventually(t, "the last word", func() bool {
				bytes, err := os.ReadFile(file + "." + codec)
				if err != nil {
					t.Fatal(err)
				}
				samples = make([]int16, len(bytes)/2)
				for i := range samples {
					samples[i] = int16(binary.LittleEndian.Uint16(bytes[2*i:]))
				}
				return len(samples) >= 7500
			})
			began = time.Now()
			b.Close()
			if part := rtspsim.Tone(samples, 8000, hertz); part < 0.95 || b.Codec() != strings.ToUpper(codec) {
				t.Errorf("%s by %s: of %d samples %.2f are the tone", b.Codec(), transport, len(samples), part)
			}
			t.Logf("%s by %s: opened in %v, closed in %v", codec, transport, opened.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
		}
	}
}
