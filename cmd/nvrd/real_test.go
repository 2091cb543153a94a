package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"nvrd/pkg/datadir"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/watch"
)

// films are real footage as cameras send it, with key frames each second. The
// encoders' own settings hold back pictures to send later ones first; doorbells
// do not, so one film does without.
var films = []struct {
	name   string // see testdata/films.py
	source string
	args   []string
}{
	{"vtest-h264", "vtest.avi", []string{"-t", "12", "-c:v", "libx264", "-g", "10"}},
	{"vtest-h265", "vtest.avi", []string{"-t", "12", "-c:v", "libx265", "-preset", "fast", "-x265-params", "keyint=10:open-gop=0:log-level=error"}},
	{"megamind-h264-aac", "Megamind.avi", []string{"-c:v", "libx264", "-g", "24", "-c:a", "aac"}},
	{"megamind-h264-pcmu", "Megamind.avi", []string{"-c:v", "libx264", "-g", "24", "-bf", "0", "-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"}},
	{"megamind-h264-opus", "Megamind.avi", []string{"-c:v", "libx264", "-g", "24", "-c:a", "libopus", "-f", "mp4"}},
	{"megamind-h265-aac", "Megamind.avi", []string{"-c:v", "libx265", "-preset", "fast", "-x265-params", "keyint=24:open-gop=0:log-level=error", "-c:a", "aac"}},
}

// inStep is how far sound may be from its picture.
const inStep = 40 * time.Millisecond

// TestReal records real footage from two servers that are not ours and compares
// what comes out, picture by picture and sound by sound, with what went in.
func TestReal(t *testing.T) {
	sources := map[string]string{}
	var paths []string
	for _, f := range films {
		path := encode(t, f.name, footageOf(t, f.source), f.args)
		sources[f.name] = path
		paths = append(paths, path)
	}
	a, _ := startIn(t, t.TempDir())
	sim, err := rtspsim.Listen("127.0.0.1:0", rtspsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	server := gstreamer(t, paths)
	type recording struct {
		film, peer string
		stream     nvr.StreamID
	}
	var all []recording
	for _, f := range films {
		publish(t, sources[f.name], sim, f.name)
		for peer, url := range map[string]string{"ffmpeg": sim.URL(f.name), "gstreamer": "rtsp://" + server + "/" + f.name} {
			stream := add(t, a.Dir.Home, household.CameraInput{Name: peer + " " + f.name, URL: url})
			all = append(all, recording{f.name, peer, stream})
		}
	}
	for _, r := range all {
		t.Run(r.peer+" "+r.film, func(t *testing.T) {
			t.Parallel()
			span := firstFootage(t, a.Dir, r.stream)
			source := view(t, sources[r.film])
			for _, form := range []playback.Form{playback.Fragmented, playback.Progressive} {
				t.Run(string(form), func(t *testing.T) {
					path := exported(t, a.Dir, r.stream, span, form)
					decodes(t, path)
					compare(t, view(t, path), source, r.peer == "gstreamer", span.Duration())
				})
			}
		})
	}
}

// firstFootage returns the first stretch of footage, once it has ended.
func firstFootage(t *testing.T, s *datadir.Dir, stream nvr.StreamID) (span nvr.Span) {
	t.Helper()
	var line []nvr.Gap
	eventually(t, 2*time.Minute, func() bool {
		line = stretches(t, s, stream)
		first := slices.IndexFunc(line, func(g nvr.Gap) bool { return g.Reason == footageHere })
		if first < 0 || first+1 >= len(line) {
			return false
		}
		span = line[first].Span
		return true
	}, func() string { return "the film ends; it is at " + story(line) })
	return span
}

// lateStart is how much of a film may pass before the recorder learns of it.
const lateStart = 6 * time.Second

// compare holds a recording to its source. Whole says that the recorder was
// there from the first picture on.
func compare(t *testing.T, got, source film, whole bool, wall time.Duration) {
	t.Helper()
	n, total := len(got.pictures), len(source.pictures)
	first := find(got.pictures, source.pictures)
	switch {
	case first < 0:
		t.Fatalf("the %d pictures are not a part of the source's %d; they are its %v", n, total, places(got.pictures, source.pictures))
	case whole && first > 0, source.pictures[first].at > lateStart, !source.pictures[first].key:
		t.Errorf("recording begins with picture %d", first)
	case first+n < total-1:
		t.Errorf("recording ends %d pictures early", total-first-n)
	}
	frame := length(source.pictures) / time.Duration(total)
	if off := length(got.pictures) - time.Duration(n)*frame; off.Abs() > frame {
		t.Errorf("%d pictures last %v, which is off by %v", n, length(got.pictures), off)
	}
	if off := wall - time.Duration(n)*frame; off.Abs() > frame {
		t.Errorf("%d pictures take %v of the timeline, which is off by %v", n, wall, off)
	}
	early, late := shift(got.pictures, source.pictures[first:])
	if late-early > frame/2 {
		t.Errorf("pictures are shown up to %v out of step with each other", late-early)
	}
	if len(source.sound) == 0 {
		return
	}
	soundEarly, soundLate := shiftSound(t, got, source)
	off := max(late-soundEarly, soundLate-early)
	t.Logf("against the source, pictures are shown %v to %v later, sound %v to %v: out of step by %v", early, late, soundEarly, soundLate, off)
	if off >= inStep {
		t.Errorf("sound is out of step by %v", off)
	}
	from := max(got.pictures[0].at, source.sound[0].at+soundEarly)
	to := min(end(got.pictures), end(source.sound)+soundEarly)
	if late, early := got.sound[0].at-from, to-end(got.sound); late > soundMissing || early > soundMissing {
		t.Errorf("sound begins %v late and ends %v early", late, early)
	}
}

// soundMissing is how much less sound there may be than pictures at either
// end: what a sender gathers in one packet.
const soundMissing = 150 * time.Millisecond

// film is what a file shows, in the order of showing.
type film struct {
	pictures, sound []frame
	wave            []byte // 16 bits per value, if the sound is PCM or FLAC
}

// frame is a picture or a frame of sound. Pictures are told apart by what they
// decode to, sound by how it is encoded.
type frame struct {
	at, length time.Duration
	key        bool
	hash       string
}

func length(all []frame) time.Duration { return end(all) - all[0].at }

func end(all []frame) time.Duration { return all[len(all)-1].at + all[len(all)-1].length }

// waveRate is how many values of PCM there are in a second.
const waveRate = 8000

// view reads a file with ffmpeg.
func view(t *testing.T, path string) film {
	t.Helper()
	var f film
	pictures, _ := packets(t, path, "v")
	hashes := output(t, "ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0:v", "-fps_mode", "passthrough", "-f", "framemd5", "-")
	i := 0
	for line := range strings.Lines(string(hashes)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		if i < len(pictures) {
			pictures[i].hash = strings.TrimSpace(line[strings.LastIndexByte(line, ',')+1:])
		}
		i++
	}
	if i != len(pictures) {
		t.Fatalf("%s shows %d pictures in %d packets", path, i, len(pictures))
	}
	f.pictures = pictures
	sound, codec := packets(t, path, "a")
	f.sound = sound
	for i := range sound { // packets of sound do not always say how long they are
		if i > 0 && sound[i].length == 0 {
			sound[i].length = sound[i].at - sound[i-1].at
		}
	}
	if codec == "pcm_mulaw" || codec == "flac" {
		f.sound = waveFrames(t, path)
		f.wave = output(t, "ffmpeg", "-nostdin", "-v", "error", "-i", path, "-map", "0:a", "-f", "s16le", "-")
	}
	return f
}

// packets returns the frames of the video or audio track of a file, with the
// hashes of their encoded form, in the order of showing.
func packets(t *testing.T, path, track string) (all []frame, codec string) {
	t.Helper()
	var found struct {
		Packets []struct {
			PTS      string `json:"pts_time"`
			Duration string `json:"duration_time"`
			Flags    string `json:"flags"`
			Hash     string `json:"data_hash"`
		} `json:"packets"`
		Streams []struct {
			Codec string `json:"codec_name"`
		} `json:"streams"`
	}
	b := output(t, "ffprobe", "-v", "error", "-select_streams", track, "-show_data_hash", "md5", "-of", "json",
		"-show_entries", "packet=pts_time,duration_time,flags,data_hash:stream=codec_name", path)
	if err := json.Unmarshal(b, &found); err != nil {
		t.Fatal(err)
	}
	for _, p := range found.Packets {
		all = append(all, frame{at: seconds(t, p.PTS), length: seconds(t, p.Duration), key: strings.Contains(p.Flags, "K"), hash: p.Hash})
	}
	slices.SortFunc(all, func(a, b frame) int { return int(a.at - b.at) })
	if len(found.Streams) > 0 {
		codec = found.Streams[0].Codec
	}
	return all, codec
}

// waveFrames returns when the frames of a track of PCM or FLAC are heard. How
// long they are is counted, not believed.
func waveFrames(t *testing.T, path string) (all []frame) {
	t.Helper()
	csv := output(t, "ffprobe", "-v", "error", "-select_streams", "a", "-show_entries", "frame=pts_time,nb_samples", "-of", "csv=p=0", path)
	for line := range strings.Lines(string(csv)) {
		at, values, _ := strings.Cut(strings.TrimSpace(line), ",")
		n, err := strconv.ParseInt(values, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, frame{at: seconds(t, at), length: nvr.Duration(n, waveRate)})
	}
	return all
}

// seconds reads a time as ffprobe writes it; nothing is zero.
func seconds(t *testing.T, s string) time.Duration {
	t.Helper()
	if s == "" {
		return 0
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(f * float64(time.Second))
}

// find returns where in whole part stands without a hole, or -1.
func find(part, whole []frame) int {
	for i := 0; i+len(part) <= len(whole); i++ {
		if slices.EqualFunc(part, whole[i:i+len(part)], func(a, b frame) bool { return a.hash == b.hash }) {
			return i
		}
	}
	return -1
}

// places returns which of whole each of part is; -1 for none.
func places(part, whole []frame) (all []int) {
	for _, a := range part {
		all = append(all, slices.IndexFunc(whole, func(b frame) bool { return a.hash == b.hash }))
	}
	return all
}

// shift returns by how much later at least and at most frames are shown than
// their originals.
func shift(got, originals []frame) (least, most time.Duration) {
	least, most = time.Hour, -time.Hour
	for i := range got {
		d := got[i].at - originals[i].at
		least, most = min(least, d), max(most, d)
	}
	return least, most
}

// originalsOf returns the frames of the source that those of a recording are,
// which must come in the same order. It says where sound is missing.
func originalsOf(t *testing.T, got, source []frame) (originals []frame) {
	t.Helper()
	next := 0
	for i, g := range got {
		at := slices.IndexFunc(source[next:], func(s frame) bool { return s.hash == g.hash })
		if at < 0 {
			t.Fatalf("the frame of sound at %v is not one of the source", g.at)
		}
		if i > 0 && at > 0 {
			t.Errorf("before the frame of sound at %v, %d are missing; until then sound was shown %v later than in the source, then %v",
				g.at, at, got[i-1].at-source[next-1].at, g.at-source[next+at].at)
		}
		next += at + 1
		originals = append(originals, source[next-1])
	}
	return originals
}

// shiftSound is shift for sound. PCM is stored as FLAC, so it is compared by
// what it decodes to.
func shiftSound(t *testing.T, got, source film) (least, most time.Duration) {
	t.Helper()
	if source.wave == nil {
		originals := originalsOf(t, got.sound, source.sound)
		return shift(got.sound, originals)
	}
	first := bytes.Index(source.wave, got.wave)
	if first < 0 || first%2 != 0 || len(got.wave) < waveRate {
		t.Fatalf("the %d values of sound are not an unbroken part of the source's %d", len(got.wave)/2, len(source.wave)/2)
	}
	at := source.sound[0].at + nvr.Duration(int64(first/2), waveRate)
	originals := make([]frame, len(got.sound))
	for i, f := range got.sound {
		originals[i].at = at
		at += f.length
	}
	return shift(got.sound, originals)
}

// encode makes a film that the peers can send. It is made once and kept.
func encode(t *testing.T, name, source string, args []string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "build", "real", name+".mov"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	// The sound of Megamind.avi ends in the middle of a frame, which is an error but not fatal.
	unfinished := path + ".tmp.mov"
	output(t, "ffmpeg", slices.Concat([]string{"-nostdin", "-v", "fatal", "-y", "-i", source, "-pix_fmt", "yuv420p"}, args, []string{unfinished})...)
	if err := os.Rename(unfinished, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// gstreamer starts GStreamer's RTSP server over films and returns its address.
func gstreamer(t *testing.T, films []string) string {
	t.Helper()
	cmd := exec.Command("/usr/bin/python3", append([]string{"testdata/films.py"}, films...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	said := background(t, cmd)
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("GStreamer's RTSP server did not start, see `make peers`: %v\n%s", err, said())
	}
	return "127.0.0.1:" + strings.TrimSpace(port)
}

// publish has ffmpeg send a film to a simulated camera in real time, and
// returns once that has pictures to show.
func publish(t *testing.T, path string, sim *rtspsim.Server, name string) {
	t.Helper()
	said := background(t, exec.Command("ffmpeg", "-nostdin", "-v", "error", "-re", "-i", path, "-c", "copy", "-f", "rtsp", "-rtsp_transport", "tcp", sim.URL(name)))
	eventually(t, time.Minute, func() bool {
		found, err := watch.Probe(t.Context(), household.CameraInput{Name: name, URL: sim.URL(name)}, slog.New(slog.DiscardHandler))
		return err == nil && found.OK
	}, func() string { return "ffmpeg publishes " + name + ": " + said() })
}

// background starts a program that ends with the test. The function it returns
// tells what the program complained about.
func background(t *testing.T, cmd *exec.Cmd) func() string {
	t.Helper()
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()
	})
	t.Cleanup(stop)
	return func() string { stop(); return said.String() }
}
