package rtsp

import (
	"bufio"
	"fmt"
	"math"
	"os/exec"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim"
)

// gstreamer starts GStreamer's RTSP server, as a script of testdata has it, and
// returns its address.
func gstreamer(t *testing.T, script ...string) string {
	t.Helper()
	cmd := exec.Command("/usr/bin/python3", append([]string{"testdata/" + script[0]}, script[1:]...)...)
	var trouble strings.Builder
	cmd.Stderr = &trouble
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("GStreamer's RTSP server did not start: %v\n%sit needs the packages python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-{base,good,bad,ugly} gstreamer1.0-libav", err, trouble.String())
	}
	return "127.0.0.1:" + strings.TrimSpace(port)
}

func TestGStreamer(t *testing.T) {
	address := gstreamer(t, "gstreamer.py")
	tests := []struct {
		path      string
		video     media.Codec
		audio     media.Codec
		rate      int
		transport Transport
	}{
		{"pcmu", media.H264, media.PCMU, 8000, TCP},
		{"pcmu", media.H264, media.PCMU, 8000, UDP},
		{"pcma", media.H264, media.PCMA, 8000, TCP},
		{"l16", media.H264, media.L16, 16000, TCP},
		{"aac", media.H264, media.AAC, 48000, TCP},
		{"latm", media.H264, media.AAC, 48000, TCP},
		{"opus", media.H264, media.Opus, 48000, TCP},
		{"h265", media.H265, media.PCMU, 8000, TCP},
		{"bframes", media.H264, media.PCMU, 8000, TCP},
	}
	for _, tt := range tests {
		t.Run(tt.path+" "+string(tt.transport), func(t *testing.T) {
			t.Parallel()
			sink := newMemory(t)
			stop := session(t, Config{URL: "rtsp://" + address + "/" + tt.path, Transport: tt.transport}, sink)
			sink.wait("three seconds", func() bool { return sink.count(0) > 75 && sink.count(1) > 50 })
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			v, a := sink.formats[0].Video(), sink.formats[0].Tracks[1]
			if v.Codec != tt.video || v.Width != 320 || v.Height != 240 || a.Codec != tt.audio || a.SampleRate != tt.rate || a.Channels != 1 || len(sink.formats) != 1 {
				t.Errorf("%d formats, the first: %+v", len(sink.formats), sink.formats[0])
			}
			checkPace(t, sink, 3600)
			if tt.audio == media.PCMU || tt.audio == media.L16 {
				checkTicks(t, sink, -20*time.Millisecond) // GStreamer makes them one buffer early
			} else if off := soundOffset(sink); off < -150*time.Millisecond || off > 150*time.Millisecond {
				t.Errorf("sound arrives %v late", off)
			}
		})
	}
}

// TestFFmpeg has ffmpeg publish to a simulated camera.
func TestFFmpeg(t *testing.T) {
	camera, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer camera.Close()
	cmd := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25",
		"-re", "-f", "lavfi", "-i", "aevalsrc=exprs='0.8*sin(2*PI*1000*t)*lt(mod(t,1),0.05)':sample_rate=8000",
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25", "-sc_threshold", "0", "-c:a", "pcm_mulaw",
		"-f", "rtsp", "-rtsp_transport", "tcp", camera.URL("published"))
	var trouble strings.Builder
	cmd.Stderr = &trouble
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v; this test needs ffmpeg", err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	published := func() bool {
		_, err := Probe(t.Context(), Config{URL: camera.URL("published")})
		return err == nil
	}
	for began := time.Now(); !published(); {
		if time.Since(began) > 15*time.Second {
			t.Fatalf("nothing was published: %s", trouble.String())
		}
	}
	sink := newMemory(t)
	stop := session(t, Config{URL: camera.URL("published")}, sink)
	sink.wait("seven seconds", func() bool { return sink.count(0) > 175 && sink.count(1) > 50 })
	stop()
	checkPace(t, sink, 3600)
	checkTicks(t, sink, 0)
}

// checkPace checks that the decode times of pictures are evenly spaced.
func checkPace(t *testing.T, m *memory, want int64) {
	t.Helper()
	last, odd := int64(-1), 0
	for _, s := range m.samples {
		if s.Track != 0 {
			continue
		}
		if last >= 0 && (s.DTS-last < want*9/10 || s.DTS-last > want*11/10) {
			odd++
		}
		if s.Composition < 0 {
			t.Errorf("a picture at %d is shown before it is decoded", s.DTS)
		}
		last = s.DTS
	}
	if odd > 2 {
		t.Errorf("%d pictures do not last %d units", odd, want)
	}
}

// checkTicks compares the ticks of the sound with the key frames, both of
// which come at every full second, the ticks a little off.
func checkTicks(t *testing.T, m *memory, want time.Duration) {
	t.Helper()
	audio := m.formats[0].Tracks[1]
	var keys, ticks []time.Duration
	quietUntil := time.Duration(-1)
	for _, s := range m.samples {
		if s.Track == 0 {
			if s.Key {
				keys = append(keys, nvr.Duration(s.PTS(), 90000))
			}
			continue
		}
		width := 1
		if audio.Codec == media.L16 {
			width = 2
		}
		for i := 0; i+width <= len(s.Data); i += width {
			at := nvr.Duration(s.DTS+int64(i/width), audio.Timescale)
			if at > quietUntil && amplitude(audio.Codec, s.Data[i:]) > 1000 {
				ticks = append(ticks, at)
				quietUntil = at + 500*time.Millisecond
			}
		}
	}
	if len(keys) < 2 || len(ticks) < 3 {
		t.Fatalf("%d key frames, %d ticks", len(keys), len(ticks))
	}
	var off []string
	worst := 0.0
	for _, tick := range ticks {
		if tick < 1500*time.Millisecond {
			continue // the first may be a tick's end, and reports may still be missing
		}
		d := math.Remainder((tick - want - keys[0]).Seconds(), 1)
		off = append(off, fmt.Sprintf("%+.0f ms", d*1000))
		worst = max(worst, math.Abs(d))
	}
	t.Logf("ticks are off by %v", off)
	if worst > 0.010 {
		t.Errorf("sound is off by %.0f ms", worst*1000)
	}
}

// amplitude decodes one value of sound (ITU-T G.711 for PCMU).
func amplitude(c media.Codec, b []byte) int {
	if c == media.L16 {
		v := int(int16(uint16(b[0])<<8 | uint16(b[1])))
		return max(v, -v)
	}
	u := ^b[0]
	return (int(u&0x0f)<<3+0x84)<<(u&0x70>>4) - 0x84
}
