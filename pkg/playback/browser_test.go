package playback_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
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
	Pictures int       // decoded since the last that was asked for
}

// theater is a page that looks at films one after the other: at the pictures
// that are on at some times, and where the film ends when it is played from
// there. Playlists it plays as our pages do.
const theater = `<!doctype html><meta charset=utf-8><body><script src=/hls.js></script><script type=module>
const { names, times } = PROGRAM
const canvas = document.createElement('canvas')
canvas.width = canvas.height = 1
const pixel = canvas.getContext('2d', { willReadFrequently: true })
const once = (target, ...kinds) => new Promise((done) => kinds.forEach((kind) => target.addEventListener(kind, done, { once: true })))

async function watch(name) {
  const video = document.createElement('video')
  document.body.append(video)
  const seen = { Error: '', Duration: 0, Light: [], End: 0, Pictures: 0 }
  Object.assign(video, { muted: true, preload: 'auto' })
  if (name.endsWith('.m3u8')) {
    const hls = new Hls({ enableWorker: false })
    hls.on(Hls.Events.ERROR, (_, e) => e.fatal && (seen.Error = e.details))
    hls.attachMedia(video)
    hls.loadSource(name)
    video.playbackRate = 2
  } else video.src = name
  await once(video, 'loadeddata', 'error')
  seen.Duration = video.error ? 0 : video.duration
  let before = 0
  for (const at of video.error ? [] : times) {
    before = video.getVideoPlaybackQuality().totalVideoFrames
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
  seen.Pictures = video.getVideoPlaybackQuality().totalVideoFrames - before
  if (video.error) seen.Error = video.error.message || String(video.error.code)
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

// library is what our pages play playlists with; `make build` puts it there.
const library = "../../ui/static/node_modules/hls.js/dist/hls.light.min.js"

// watched has a browser look at films that a handler serves, and at the pictures
// that are on at some times in seconds.
func watched(t *testing.T, browser string, times []float64, handler http.Handler, films ...string) map[string]seen {
	t.Helper()
	program := struct {
		Names []string  `json:"names"`
		Times []float64 `json:"times"`
	}{films, times}
	page, err := json.Marshal(program)
	if err != nil {
		t.Fatal(err)
	}
	hls, err := os.ReadFile(library)
	if err != nil {
		t.Fatalf("what pages play with is not there, make build fetches it: %v", err)
	}
	told := make(chan map[string]seen, 1)
	mux := http.NewServeMux()
	send := func(kind string, b []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			if _, err := w.Write(b); err != nil {
				t.Error(err)
			}
		}
	}
	mux.HandleFunc("GET /{$}", send("text/html", []byte(strings.Replace(theater, "PROGRAM", string(page), 1))))
	mux.HandleFunc("GET /hls.js", send("text/javascript", hls))
	mux.HandleFunc("GET /favicon.ico", http.NotFound)
	mux.Handle("GET /", handler)
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
