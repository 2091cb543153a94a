package api

import (
	"bufio"
	"context"
	"encoding/binary"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/talk"
)

const hertz = 700 // of the tone that was recorded

// recording is a tone that lasts d, as a file.
func recording(d time.Duration) string {
	return string(pcm.Sound{Rate: 16000, Samples: tone(16000, d)}.WAV())
}

// tone is that of the recording, of so many samples a second.
func tone(rate int, d time.Duration) []int16 {
	samples := make([]int16, int(d.Seconds()*float64(rate)))
	for i := range samples {
		samples[i] = int16(8000 * math.Sin(2*math.Pi*hertz*float64(i)/float64(rate)))
	}
	return samples
}

func (h *home) reply(name string, d time.Duration) *http.Response {
	return h.do("POST", "/api/v1/replies?name="+name, recording(d), "Content-Type", "audio/wav")
}

func TestReplies(t *testing.T) {
	h := newHome(t)
	if got := text(t, h.do("GET", "/api/v1/replies", "")); got != "{\"replies\":[]}\n" {
		t.Errorf("at first: %s", got)
	}
	r := h.reply("Coming", time.Second)
	if got := text(t, r); r.StatusCode != 201 || r.Header.Get("Location") != "/api/v1/replies/1.wav" || !strings.HasPrefix(got, `{"id":1,"name":"Coming","length_ms":1000,"made":"`) {
		t.Errorf("%d %s", r.StatusCode, got)
	}
	r = h.do("GET", "/api/v1/replies/1.wav", "")
	if got := text(t, r); got != recording(time.Second) || r.Header.Get("Content-Type") != "audio/wav" {
		t.Errorf("the recording has %d bytes of %s", len(got), r.Header.Get("Content-Type"))
	}
	for _, tt := range []struct{ address, body, form, kind string }{
		{"POST /api/v1/replies?name=coming", recording(time.Second), "audio/wav", "exists"},
		{"POST /api/v1/replies", recording(time.Second), "audio/wav", "invalid"},
		{"POST /api/v1/replies?name=a&name=b", recording(time.Second), "audio/wav", "invalid"},
		{"POST /api/v1/replies?name=a", recording(time.Second), "text/plain", "invalid"},
		{"POST /api/v1/replies?name=a", "RIFF", "audio/wav", "invalid"},
		{"POST /api/v1/replies?name=a", recording(16 * time.Second), "audio/wav", "too_large"},
		{"POST /api/v1/replies?name=a", strings.Repeat("x", household.MaxReplyBytes+1), "audio/wav", "too_large"},
		{"GET /api/v1/replies/2.wav", "", "", "not_found"},
		{"GET /api/v1/replies/1", "", "", "not_found"},
		{"DELETE /api/v1/replies/2", "", "", "not_found"},
		{"POST /api/v1/cameras/1/replies/2/play", "", "", "not_found"},
		{"POST /api/v1/cameras/1/replies/1/play", "", "", "not_found"}, // no speaker
		{"POST /api/v1/cameras/1/speaker/test", "", "", "not_found"},
	} {
		method, address, _ := strings.Cut(tt.address, " ")
		if kind, message := failure(t, h.do(method, address, tt.body, "Content-Type", tt.form)); kind != tt.kind {
			t.Errorf("%s: %s, %s; want %s", tt.address, kind, message, tt.kind)
		}
	}
	if r := h.do("DELETE", "/api/v1/replies/1", ""); r.StatusCode != 204 {
		t.Errorf("removed: %d", r.StatusCode)
	}
	if got := text(t, h.do("GET", "/api/v1/replies", "")); got != "{\"replies\":[]}\n" {
		t.Errorf("after that: %s", got)
	}
}

// speaking is GStreamer's ONVIF server, and where it writes what it is told.
func speaking(t *testing.T) (address, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "heard")
	cmd := exec.Command("/usr/bin/python3", "../rtsp/testdata/gstspeaker.py", file)
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
		t.Fatalf("GStreamer's RTSP server did not start: %v", err)
	}
	return "rtsp://127.0.0.1:" + strings.TrimSpace(port) + "/pcmu", file + ".pcmu"
}

// heard is what arrived so far.
func heard(file string) []int16 {
	b, _ := os.ReadFile(file) // it is not there yet
	samples := make([]int16, len(b)/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return samples
}

// A quick reply is heard at a camera as it was recorded, and somebody else waits
// for it to end.
func TestReplyIsHeard(t *testing.T) {
	h := newHome(t)
	h.do("POST", "/api/v1/cameras", porch)
	address, file := speaking(t)
	h.speaker = func(ctx context.Context, _ nvr.CameraID) (talk.Speaker, error) {
		return rtsp.OpenBackChannel(ctx, rtsp.Config{URL: address})
	}
	if r := h.reply("Coming", 2*time.Second); r.StatusCode != 201 {
		t.Fatal(text(t, r))
	}
	changed, end := h.talks.Subscribe()
	defer end()
	began := time.Now()
	if r := h.do("POST", "/api/v1/cameras/1/replies/1/play", ""); r.StatusCode != 202 {
		t.Fatal(text(t, r))
	}
	t.Logf("the speaker was open after %v", time.Since(began).Round(time.Millisecond))
	if kind, message := failure(t, h.do("POST", "/api/v1/cameras/1/speaker/test", "")); kind != "busy" || !strings.Contains(message, "household") {
		t.Errorf("two at once: %s, %s", kind, message)
	}
	late := time.After(20 * time.Second)
	for h.talks.State(1).Who != "" {
		select {
		case <-changed:
		case <-late:
			t.Fatal("it does not end")
		}
	}
	samples := heard(file)
	if part := rtspsim.Tone(samples, 8000, hertz); len(samples) < 15000 || part < 0.95 {
		t.Errorf("of %d samples %.2f are the tone", len(samples), part)
	}
	t.Logf("%d samples arrived, over after %v", len(samples), time.Since(began).Round(time.Millisecond))
	if r := h.do("POST", "/api/v1/cameras/1/speaker/test", ""); r.StatusCode != 202 {
		t.Error(text(t, r))
	}
}
