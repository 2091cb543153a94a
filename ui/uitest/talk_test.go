package uitest

import (
	"math"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"nvrd/pkg/media/pcm"
	"nvrd/pkg/onvif/onvifsim"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// hertz is what the microphone hears: beeps, since browsers take a tone that does
// not end for noise.
const hertz = 700

// beeps writes five seconds of them to a file.
func beeps(t *testing.T) string {
	t.Helper()
	s := pcm.Sound{Rate: 48000, Samples: make([]int16, 5*48000)}
	for i := range s.Samples {
		if i%9600 < 4800 {
			s.Samples[i] = int16(16000 * math.Sin(2*math.Pi*hertz*float64(i)/48000))
		}
	}
	name := filepath.Join(t.TempDir(), "tone.wav")
	if err := os.WriteFile(name, s.WAV(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// talk has somebody talk from a phone, and looks at what arrived at the camera.
func talk(t *testing.T, file string) {
	t.Helper()
	door := porch.Door()
	clips := map[string]rtspsim.Clip{"main": clip(t, door.Main), "sub": clip(t, door.Sub)}
	speaker := camera(t, rtspsim.Options{Speaker: []string{"PCMU/16000", "PCMA/8000"}}, clips)
	mute := camera(t, rtspsim.Options{}, clips)
	latch := onvifsim.New(onvifsim.Config{Relays: []string{"latch"}})
	opens := httptest.NewServer(latch)
	t.Cleanup(opens.Close)
	p := launch(t, file, "run", "--listen", free(t), "--data", t.TempDir())
	urls := cameras(t, map[string]string{"speaker": "rtsp://" + speaker.address, "mute": "rtsp://" + mute.address})
	browse(t, "talk", "STOOP_URL="+p.listen, urls, "STOOP_TONE="+beeps(t), "STOOP_DOOR="+opens.URL+"/")
	if !latch.Relay("latch") {
		t.Error("the device's output was not switched")
	}
	var samples []int16
	for _, h := range speaker.sim.Heard() {
		samples = append(samples, h.Samples...)
	}
	clear := 0
	for part := range slices.Chunk(samples, 400) { // 50 ms
		if len(part) == 400 && rtspsim.Tone(part, 8000, hertz) > 0.8 {
			clear++
		}
	}
	t.Logf("of %d ms that arrived %d are a beep", len(samples)/8, clear*50)
	if clear < 20 {
		t.Errorf("of %d samples that arrived only %d ms are a beep", len(samples), clear*50)
	}
	if ever, now := speaker.sim.Speaking(); ever < 5 || now != 0 {
		t.Errorf("%d back-channels were set up, %d are open", ever, now)
	}
}
