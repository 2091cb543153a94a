package uitest

import (
	"encoding/json"
	"math"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"nvrd/pkg/media/pcm"
	"nvrd/pkg/onvif/onvifsim"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// hertz is what the microphone hears: beeps, since browsers take a tone that does
// not end for noise.
const hertz = 700

// beeps writes one a second to a file of five.
func beeps(t *testing.T) string {
	t.Helper()
	s := pcm.Sound{Rate: 48000, Samples: make([]int16, 5*48000)}
	for i := range s.Samples {
		if i%48000 < 24000 {
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
	heard := filepath.Join(t.TempDir(), "beeps.json")
	browse(t, "talk", "STOOP_URL="+p.listen, urls, "STOOP_TONE="+beeps(t), "STOOP_BEEPS="+heard, "STOOP_DOOR="+opens.URL+"/")
	soon(t, heard, speaker.sim.Heard())
	if !latch.Relay("latch") {
		t.Error("the device's output was not switched")
	}
	if all, clear := rang(speaker.sim.Heard(), hertz); clear < time.Second {
		t.Errorf("of %v that arrived only %v are a beep", all, clear)
	}
	if ever, now := speaker.sim.Speaking(); ever < 5 || now != 0 {
		t.Errorf("%d back-channels were set up, %d are open", ever, now)
	}
}

// talkFirefox is the same from Firefox, whose microphone has a tone that does not
// end: at a recorder that others reach through a proxy, as in the guide, and at
// one that only its own machine reaches.
func talkFirefox(t *testing.T, file string) {
	t.Helper()
	const hertz = 1000
	door := porch.Door()
	speaker := camera(t, rtspsim.Options{Speaker: []string{"PCMA/8000"}}, map[string]rtspsim.Clip{"main": clip(t, door.Main), "sub": clip(t, door.Sub)})
	alone := launch(t, file, "run", "--listen", free(t), "--data", t.TempDir())
	proxied := launch(t, file, "run", "--listen", free(t), "--data", t.TempDir(), "--proxy", "127.0.0.1", "--access-key-file", keyFile(t))
	browse(t, "talk-firefox", "STOOP_URL="+alone.listen, "STOOP_PROXIED="+proxied.listen, "STOOP_KEY="+key,
		cameras(t, map[string]string{"speaker": "rtsp://" + speaker.address}))
	all, clear := rang(speaker.sim.Heard(), hertz)
	t.Logf("of %v that arrived %v are the tone", all, clear)
	ever, now := speaker.sim.Speaking() // two, but where there is no network
	if ever == 2 && clear < 2*time.Second {
		t.Error("that is too little")
	}
	if now != 0 {
		t.Errorf("%d back-channels are open", now)
	}
}

// rang tells how much sound arrived at a camera of 8 kHz, and how much of it is a tone.
func rang(heard []rtspsim.Heard, hertz float64) (all, clear time.Duration) {
	const look = 50 * time.Millisecond
	var samples []int16
	for _, h := range heard {
		samples = append(samples, h.Samples...)
	}
	for part := range slices.Chunk(samples, 400) {
		all += look
		if len(part) == 400 && rtspsim.Tone(part, 8000, hertz) > 0.8 {
			clear += look
		}
	}
	return all, clear
}

// soon tells how long after the browser's microphone the camera hears a beep begin.
func soon(t *testing.T, file string, heard []rtspsim.Heard) {
	t.Helper()
	var beeps []int64
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, &beeps)
	}
	if err != nil {
		t.Fatal(err)
	}
	var begins []time.Time
	var last time.Time
	for _, h := range heard {
		if rtspsim.Tone(h.Samples, h.Rate, hertz) < 0.8 {
			continue
		}
		if h.At.Sub(last) > 200*time.Millisecond {
			begins = append(begins, h.At)
		}
		last = h.At
	}
	var late []time.Duration
	for _, ms := range beeps {
		at := time.UnixMilli(ms)
		i := slices.IndexFunc(begins, func(begin time.Time) bool { return begin.After(at.Add(-50 * time.Millisecond)) })
		if i < 0 {
			t.Fatalf("the beep at %s did not arrive", at)
		}
		late = append(late, begins[i].Sub(at))
	}
	slices.Sort(late)
	p50, p95 := late[len(late)/2], late[len(late)*95/100]
	t.Logf("from the browser's microphone to the camera p50 %v, p95 %v of %d beeps", p50.Round(time.Millisecond), p95.Round(time.Millisecond), len(late))
	limit := time.Second // on a machine that is busy
	if os.Getenv("STOOP_BENCH") != "" {
		limit = 250 * time.Millisecond
	}
	if p95 > limit {
		t.Errorf("that is more than %v", limit)
	}
}
