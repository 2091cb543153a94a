package playback_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/pkg/recorder"
)

// counted makes a clip of 7 s whose picture number n is as light as level(n).
func counted(t testing.TB, rate int, video, audio []string) clip {
	t.Helper()
	args := append([]string{"-vf", "geq=lum='20+2*N':cb=128:cr=128,format=yuv420p", "-g", "33"}, video...)
	c := parse(t, encode(t, fmt.Sprintf("color=black:r=%d:s=64x64:d=7", rate), args))
	if audio != nil {
		sound := parse(t, encode(t, beeps+":s=48000:d=7", audio))
		c.add(sound.format.Tracks[0], sound.samples, 0)
	}
	return c
}

// level is how light picture n is on a screen.
func level(n int) float64 { return float64(20+2*n-16) * 255 / 219 }

// What is exported begins and ends with what was asked for in every player:
// none shows what is there for decoding alone, or waits for what is not there.
func TestPlayers(t *testing.T) {
	t.Parallel()
	const length = 1500 * time.Millisecond
	type exported struct {
		clip
		frame, from time.Duration
	}
	films := map[string]exported{} // that browsers play
	screen := http.NewServeMux()
	for name, c := range map[string]struct {
		clip
		rate int
	}{
		"AAC":       {counted(t, 15, plain, []string{"-c:a", "aac"}), 15},
		"reordered": {counted(t, 15, reordered, []string{"-c:a", "libopus"}), 15},
		"slow":      {counted(t, 5, plain, nil), 5},
		"hevc":      {counted(t, 15, []string{"-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:bframes=2"}, nil), 15},
	} {
		var start nvr.Time
		p := record(t, false, func(s *recorder.Stream) { start = play(s, c.clip, true, 0) })
		frame := time.Second / time.Duration(c.rate)
		for _, from := range []time.Duration{0, 4*time.Second + frame/3} {
			for _, form := range forms {
				_, path := export(t, p, nvr.Span{From: start.Add(from), To: start.Add(from + length)}, form)
				film := fmt.Sprintf("%s-%s-%d.mp4", name, form, from.Milliseconds())
				path = renamed(t, path, film)
				if got := durationOf(t, path); !near(got, length, frame+time.Millisecond) {
					t.Errorf("ffprobe: %s lasts %s, want %s", film, got, length)
				}
				if _, last := rendered(t, "file://"+path); last >= length || last < length-3*frame {
					t.Errorf("gstreamer: %s ends with a picture at %s, want one just before %s", film, last, length)
				}
				if name != "hevc" {
					films[film] = exported{c.clip, frame, from}
					screen.HandleFunc("GET /"+film, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, path) })
				}
			}
		}
	}
	times := []float64{0.28, 0.9, 1.25} // in the middle of pictures, more or less
	for browser := range browsers {
		for name, seen := range watched(t, browser, times, screen, slices.Collect(maps.Keys(films))...) {
			film := films[name]
			if seen.Error != "" || len(seen.Light) != len(times) {
				t.Errorf("%s does not play %s: %+v", browser, name, seen)
				continue
			}
			within := film.frame + 5*time.Millisecond
			if film.reorder > 0 { // a picture that is shown after the end is needed for others
				within *= 2
			}
			for what, got := range map[string]float64{"lasts": seen.Duration, "ends at": seen.End} {
				if !near(time.Duration(got*1e9), length, within) {
					t.Errorf("%s: %s %s %.3f s, want %s", browser, name, what, got, length)
				}
			}
			for i, at := range times {
				n := int((film.from + time.Duration(at*1e9)) / film.frame)
				if seen.Light[i] < level(n)-1.2 || seen.Light[i] > level(n)+1.2 {
					t.Errorf("%s: at %g s %s shows what is %.1f light, want %.1f", browser, at, name, seen.Light[i], level(n))
				}
			}
		}
	}
}

// renamed gives a file another name.
func renamed(t *testing.T, path, name string) string {
	t.Helper()
	to := filepath.Join(filepath.Dir(path), name)
	must(t, os.Rename(path, to))
	return to
}

// durationOf returns how long a film lasts by ffprobe.
func durationOf(t *testing.T, film string) time.Duration {
	t.Helper()
	out := run(t, nil, "ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", film)
	seconds, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	must(t, err)
	return time.Duration(seconds * 1e9)
}

// rendered has GStreamer play a film as fast as it can, and returns how many
// pictures it would show, and how long after the first the last.
func rendered(t *testing.T, uri string) (pictures int, last time.Duration) {
	t.Helper()
	out := run(t, nil, "gst-launch-1.0", "-v", "playbin", "uri="+uri, "audio-sink=fakesink sync=false", "video-sink=fakesink sync=false silent=false name=screen")
	var first time.Duration
	for line := range strings.Lines(string(out)) {
		if !strings.Contains(line, "chain ") || !strings.Contains(line, "(screen:sink)") {
			continue
		}
		_, pts, _ := strings.Cut(line, " pts: ")
		var h, m int
		var s float64
		scan(t, pts, "%d:%d:%g", &h, &m, &s)
		at := time.Duration(s * 1e9)
		if pictures++; pictures == 1 {
			first = at
		}
		last = at - first
	}
	return pictures, last
}

// A playlist plays whole, to its end and no faster than it is, over gaps of any
// length and whatever the size of the pictures: no picture is missing, no entry
// leads nowhere. ffmpeg keeps to the first init segment, so what comes behind
// another is read, and is not right to look at.
func TestPlayersOfPlaylists(t *testing.T) {
	t.Parallel()
	c := counted(t, 15, plain, []string{"-c:a", "aac"})
	larger := counted(t, 15, append([]string{"-s", "128x128"}, plain...), []string{"-c:a", "aac"})
	const runs, each = 3, 7 * 15 // pictures
	for name, films := range map[string][runs]clip{"one size": {c, c, c}, "another size": {c, larger, c}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var start nvr.Time
			p := record(t, false, func(s *recorder.Stream) {
				start = play(s, films[0], true, 0)
				s.End(nvr.Unreachable, io.EOF)
				pass(25 * time.Second)
				play(s, films[1], true, 0)
				s.End(nvr.Unreachable, io.EOF)
				pass(300 * time.Millisecond)
				play(s, films[2], true, 0)
			})
			handler := serve(t, p, nvr.Span{From: start.Add(-time.Minute), To: start.Add(time.Hour)})
			server := httptest.NewServer(handler)
			defer server.Close()
			url := server.URL + list
			read := strings.Fields(string(run(t, nil, "ffprobe", "-v", "error", "-count_packets", "-select_streams", "v", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", url)))
			if len(read) == 0 || strings.Trim(read[0], ",") != strconv.Itoa(runs*each) {
				t.Errorf("ffprobe: %s pictures, want %d", read, runs*each)
			}
			for _, how := range []string{"copy", "rawvideo"} {
				if how == "rawvideo" && films[1].format.Tracks[0].Width != films[0].format.Tracks[0].Width {
					continue
				}
				out := run(t, nil, "ffmpeg", "-nostdin", "-v", "error", "-i", url, "-map", "0:v", "-c", how, "-f", "framecrc", "-")
				if got := bytes.Count(out, []byte("\n0,")); got != runs*each {
					t.Errorf("ffmpeg, %s: %d pictures, want %d", how, got, runs*each)
				}
			}
			if got, took := screened(t, url); got != runs*each || took < runs*7*time.Second {
				t.Errorf("gstreamer: %d pictures in %s, want %d in %s", got, took, runs*each, runs*7*time.Second)
			}
			times := []float64{6.5, 7.5, 13.2, 14.6, 20.1, 0} // the last is where it is played from
			for browser := range browsers {
				seen := watched(t, browser, times, handler, list)[list]
				if seen.Error != "" || len(seen.Light) != len(times) || seen.Pictures < runs*each || !near(time.Duration(seen.End*1e9), runs*7*time.Second, 100*time.Millisecond) {
					t.Errorf("%s does not play all of it: %+v", browser, seen)
					continue
				}
				for i, n := range []int{97, 7, 93, 9, 91, 0} { // of its run
					if seen.Light[i] < level(n)-1.2 || seen.Light[i] > level(n)+1.2 {
						t.Errorf("%s: picture %d shows what is %.1f light, want %.1f", browser, i, seen.Light[i], level(n))
					}
				}
			}
		})
	}
}

// list is the address of the playlist.
const list = "/api/v1/cameras/1/playlist.m3u8"

// screened has GStreamer play a playlist by the clock, and returns how many
// pictures it shows, and how long that takes.
func screened(t *testing.T, uri string) (pictures int, took time.Duration) {
	t.Helper()
	began := time.Now()
	out := run(t, nil, "gst-launch-1.0", "-v", "playbin3", "uri="+uri, "audio-sink=fakesink sync=true", "video-sink=fakesink sync=true silent=false name=screen")
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "chain ") && strings.Contains(line, "(screen:sink)") {
			pictures++
		}
	}
	return pictures, time.Since(began)
}

// serve serves a playlist of a span and what it points to, where the API does.
// What it does not point to fails the test.
func serve(t *testing.T, p *playback.Player, span nvr.Span) http.Handler {
	t.Helper()
	answer := func(pattern string, open func(r *http.Request) ([]byte, error)) (string, http.HandlerFunc) {
		return pattern, func(w http.ResponseWriter, r *http.Request) {
			b, err := open(r)
			if err != nil {
				if r.Context().Err() == nil { // a player may hang up
					t.Errorf("%s: %v", r.URL, err)
				}
				http.Error(w, err.Error(), http.StatusNotFound)
				return
			}
			http.ServeContent(w, r, r.URL.Path, time.Time{}, bytes.NewReader(b))
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc(answer("GET "+list, func(r *http.Request) ([]byte, error) {
		return p.Playlist(r.Context(), camera, span)
	}))
	mux.HandleFunc(answer("GET /api/v1/inits/{sum}", func(r *http.Request) ([]byte, error) {
		var sum []byte
		if _, err := fmt.Sscanf(r.PathValue("sum"), "%x.mp4", &sum); err != nil {
			return nil, err
		}
		return p.InitWithSum(r.Context(), [32]byte(sum))
	}))
	mux.HandleFunc(answer("GET /api/v1/cameras/1/segments/{start}", func(r *http.Request) ([]byte, error) {
		var start nvr.Time
		if _, err := fmt.Sscanf(r.PathValue("start"), "%d.mp4", &start); err != nil {
			return nil, err
		}
		f, err := p.Segment(r.Context(), camera, start)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(f)
	}))
	mux.HandleFunc(answer("GET /", func(*http.Request) ([]byte, error) { return nil, nvr.ErrNotFound }))
	return mux
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
