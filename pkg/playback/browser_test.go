package playback_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// seen is what a browser says of a film.
type seen struct {
	Error    string
	Duration float64   // in seconds, before it is played
	Light    []float64 // of the pictures that were asked for, 0 to 255
	End      float64   // where it was when it ended
}

// theater is a page that looks at films one after the other: at the pictures
// that are on at some times, and where the film ends when it is played.
const theater = `<!doctype html><meta charset=utf-8><body><script type=module>
const { names, times } = PROGRAM
const canvas = document.createElement('canvas')
canvas.width = canvas.height = 1
const pixel = canvas.getContext('2d', { willReadFrequently: true })
const once = (target, ...kinds) => new Promise((done) => kinds.forEach((kind) => target.addEventListener(kind, done, { once: true })))

async function watch(name) {
  const video = document.createElement('video')
  document.body.append(video)
  Object.assign(video, { muted: true, preload: 'auto', src: name })
  const seen = { Error: '', Duration: 0, Light: [], End: 0 }
  await once(video, 'loadeddata', 'error')
  seen.Duration = video.error ? 0 : video.duration
  for (const at of video.error ? [] : times) {
    const shown = new Promise((done) => video.requestVideoFrameCallback(done))
    video.currentTime = at
    await once(video, 'seeked', 'error')
    await shown
    pixel.drawImage(video, 0, 0, 1, 1)
    seen.Light.push(pixel.getImageData(0, 0, 1, 1).data[0])
  }
  if (!video.error) {
    video.play()
    await once(video, 'ended', 'error')
  }
  seen.End = video.currentTime
  seen.Error = video.error ? video.error.message || String(video.error.code) : ''
  video.remove()
  return seen
}

const told = {}
for (const name of names) told[name] = await watch(name)
await fetch('told', { method: 'POST', body: JSON.stringify(told) })
</script>`

// browsers are those that play films here, each with a profile of its own.
var browsers = map[string]func(profile, url string) []string{
	"chromium": func(profile, url string) []string {
		return []string{
			"chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
			"--disable-component-update", "--autoplay-policy=no-user-gesture-required", "--user-data-dir=" + profile, url,
		}
	},
	"firefox": func(profile, url string) []string {
		return []string{"firefox-esr", "--headless", "--no-remote", "--profile", profile, url}
	},
}

// watched has a browser look at films, and at the pictures that are on at some
// times in seconds.
func watched(t *testing.T, browser string, times []float64, films []string) map[string]seen {
	t.Helper()
	program := struct {
		Names []string  `json:"names"`
		Times []float64 `json:"times"`
	}{Times: times}
	for _, film := range films {
		program.Names = append(program.Names, filepath.Base(film))
	}
	list, err := json.Marshal(program)
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan map[string]seen, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if _, err := w.Write([]byte(strings.Replace(theater, "PROGRAM", string(list), 1))); err != nil {
			t.Error(err)
		}
	})
	for i, film := range films {
		mux.HandleFunc("GET /"+program.Names[i], func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, film) })
	}
	mux.HandleFunc("POST /told", func(_ http.ResponseWriter, r *http.Request) {
		var all map[string]seen
		if err := json.NewDecoder(r.Body).Decode(&all); err != nil {
			t.Error(err)
		}
		told <- all
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	args := browsers[browser](t.TempDir(), server.URL)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stop()
		if err := cmd.Wait(); err == nil {
			t.Errorf("%s ended by itself", browser)
		}
	}()
	select {
	case all := <-told:
		return all
	case <-ctx.Done():
		t.Fatalf("%s did not play %v to the end in time", browser, program.Names)
		return nil
	}
}
