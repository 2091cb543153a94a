package playback_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/pkg/recorder"
)

const frame = time.Second / 15

var (
	plain     = []string{"-c:v", "libx264", "-preset", "ultrafast", "-bf", "0"}
	reordered = []string{"-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-b_strategy", "0"}
)

var forms = []playback.Form{playback.Fragmented, playback.Progressive}

// export returns a whole export, and the path of a file that holds it.
func export(t *testing.T, p *playback.Player, span nvr.Span, form playback.Form) ([]byte, string) {
	t.Helper()
	f, err := p.Export(t.Context(), camera, span, form)
	if err != nil {
		t.Fatal(err)
	}
	return save(t, f)
}

// save reads all of a file, which is as long as it says, closes it and writes it down.
func save(t *testing.T, f *playback.File) ([]byte, string) {
	t.Helper()
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil || int64(len(b)) != f.Size {
		t.Fatalf("%d of %d bytes: %v", len(b), f.Size, err)
	}
	path := filepath.Join(t.TempDir(), "film.mp4")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return b, path
}

// shown decodes everything, without a complaint, and returns when a player
// shows each picture that lies in the export: what is before 0 is only decoded.
func shown(t *testing.T, path string) (times []time.Duration) {
	t.Helper()
	out := run(t, nil, "ffprobe", "-v", "warning", "-show_entries", "frame=media_type,pts_time", "-of", "csv=p=0", path)
	for line := range strings.FieldsSeq(string(out)) {
		pts, ok := strings.CutPrefix(line, "video,")
		if !ok {
			continue
		}
		s, err := strconv.ParseFloat(strings.Trim(pts, ","), 64)
		if err != nil {
			t.Fatal(err)
		}
		if s > -1e-5 {
			times = append(times, time.Duration(s*1e9))
		}
	}
	slices.Sort(times)
	return times
}

// peaks returns when a filter's measure rises above a threshold.
func peaks(t *testing.T, path, filter, key string, over float64) (times []time.Duration) {
	t.Helper()
	out := run(t, nil, "ffmpeg", "-v", "error", "-copyts", "-i", path, filter[:3], filter[4:], "-f", "null", "-")
	at, high := 0.0, false
	for line := range strings.Lines(string(out)) {
		if _, pts, ok := strings.Cut(line, "pts_time:"); ok {
			at, _ = strconv.ParseFloat(strings.TrimSpace(pts), 64)
		}
		value, ok := strings.CutPrefix(strings.TrimSpace(line), key+"=")
		if !ok {
			continue
		}
		v, _ := strconv.ParseFloat(value, 64) // "-inf" is as low as it gets
		if v > over && !high && at >= 0 {
			times = append(times, time.Duration(at*1e9))
		}
		high = v > over
	}
	return times
}

func near(a, b, within time.Duration) bool { return (a - b).Abs() <= within }

func TestExport(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]clip{
		"AAC":                 film(t, "160x90", "6", plain, []string{"-c:a", "aac"}),
		"AAC 1.5 s late":      delayed(film(t, "160x90", "6", plain, []string{"-c:a", "aac"}), 1500*time.Millisecond),
		"PCMA":                filmWithPCMA(t, "160x90", "6", plain),
		"silent H.265":        film(t, "160x90", "6", []string{"-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:bframes=0"}, nil),
		"reordered with Opus": film(t, "160x90", "6", reordered, []string{"-c:a", "libopus"}),
	} {
		t.Run(name, func(t *testing.T) {
			var start nvr.Time
			p := record(t, false, func(s *recorder.Stream) { start = play(s, c, true, 0) })
			for _, cut := range []struct {
				from, to time.Duration
				watch    bool
			}{
				{0, 6 * time.Second, false},
				{1370 * time.Millisecond, 4*time.Second + 433*time.Millisecond, true},
				{3 * time.Second, 3*time.Second + 200*time.Millisecond, false},
				{3*time.Second + frame/2, 3*time.Second + 9*frame/2, false},
				{3*time.Second + frame/2, 3*time.Second + 11*frame/2, false},
				{3*time.Second + frame/2, 3*time.Second + 13*frame/2, false},
				{3*time.Second + frame/2, 3*time.Second + 15*frame/2, false},
			} {
				if cut.from%time.Second == frame/2 && c.reorder == 0 {
					continue // these end between pictures that are decoded in another order
				}
				span := nvr.Span{From: start.Add(cut.from), To: start.Add(cut.to)}
				for _, form := range forms {
					t.Run(fmt.Sprint(cut.from, cut.to, form), func(t *testing.T) {
						b, path := export(t, p, span, form)
						got := shown(t, path)
						want := c.between(cut.from, cut.to)
						// A picture behind the end may be there for others to be decoded.
						got = slices.DeleteFunc(got, func(at time.Duration) bool { return at >= cut.to-cut.from })
						if len(got) != len(want) {
							t.Fatalf("%d pictures, want %d: %v", len(got), len(want), got)
						}
						for i := range want {
							if at := want[i] - cut.from; !near(got[i], at, time.Millisecond) {
								t.Fatalf("picture %d is shown at %s, want %s", i, got[i], at)
							}
						}
						mvhd := header(t, b).Mvhd
						if d := nvr.Duration(int64(mvhd.Duration), mvhd.Timescale); !near(d, cut.to-cut.from, frame) {
							t.Errorf("it lasts %s, want %s", d, cut.to-cut.from)
						}
						if !cut.watch {
							return
						}
						run(t, nil, "ffmpeg", "-v", "warning", "-i", path, "-f", "null", "-")
						if len(c.format.Tracks) > 1 {
							inSync(t, path, cut.from)
							out := string(run(t, nil, "ffprobe", "-v", "error", "-select_streams", "a", "-show_entries", "packet=pts_time", "-of", "csv=p=0", "-read_intervals", "%+#1", path))
							if at, err := strconv.ParseFloat(strings.Trim(out, ",\n"), 64); err != nil || at < 0 || at > 0.05 {
								t.Errorf("sound begins at %s", out)
							}
						}
					})
				}
			}
		})
	}
}

// header returns the movie box of a file.
func header(t *testing.T, b []byte) *mp4.MoovBox {
	t.Helper()
	r := bytes.NewReader(b)
	for {
		box, err := mp4.DecodeBox(0, r)
		if err != nil {
			t.Fatal(err)
		}
		if moov, ok := box.(*mp4.MoovBox); ok {
			return moov
		}
	}
}

// inSync fails the test unless flashes and beeps are where the source has
// them: at each even second, from the given time of the source on.
func inSync(t *testing.T, path string, from time.Duration) {
	t.Helper()
	flashes := peaks(t, path, "-vf signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-", "lavfi.signalstats.YAVG", 200)
	beeps := peaks(t, path, "-af asetnsamples=n=80,astats=metadata=1:reset=1:measure_perchannel=none,ametadata=print:key=lavfi.astats.Overall.RMS_level:file=-",
		"lavfi.astats.Overall.RMS_level", -15)
	if len(flashes) != 2 || len(beeps) != 2 {
		t.Fatalf("flashes at %v, beeps at %v", flashes, beeps)
	}
	for i, flash := range flashes {
		source := from.Truncate(2*time.Second) - from
		for range i + 1 {
			source += 2 * time.Second
		}
		if !near(flash, source, 20*time.Millisecond) || !near(beeps[i], source, 20*time.Millisecond) {
			t.Errorf("flash at %s, beep at %s, want %s", flash, beeps[i], source)
		}
	}
}

// A silent export has the pictures of a progressive one, and not a byte of its sound.
func TestExportSilent(t *testing.T) {
	t.Parallel()
	c := film(t, "160x90", "5", plain, []string{"-c:a", "aac"})
	var start nvr.Time
	p := record(t, false, func(s *recorder.Stream) { start = play(s, c, true, 0) })
	span := nvr.Span{From: start.Add(370 * time.Millisecond), To: start.Add(4 * time.Second)}
	b, path := export(t, p, span, playback.Silent)
	loud, with := export(t, p, span, playback.Progressive)
	if got := string(run(t, nil, "ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", path)); got != "video\n" {
		t.Errorf("its streams are %q", got)
	}
	if got, want := shown(t, path), shown(t, with); !slices.Equal(got, want) {
		t.Errorf("pictures at %v, want %v", got, want)
	}
	heard := 0
	for _, s := range c.samples {
		if s.Track != 1 || len(s.Data) < 16 || !bytes.Contains(loud, s.Data) {
			continue
		}
		heard++
		if bytes.Contains(b, s.Data) {
			t.Errorf("sound at %d is in it", s.DTS)
		}
	}
	if heard == 0 {
		t.Error("there was no sound to leave out")
	}
}

// Any range of an export is the same as that part of the whole.
func TestExportRanges(t *testing.T) {
	c := film(t, "160x90", "5", plain, []string{"-c:a", "aac"})
	large := film(t, "320x180", "1", plain, nil)
	var start nvr.Time
	p := record(t, false, func(s *recorder.Stream) {
		start = play(s, c, true, 0)
		play(s, large, true, 0)
		play(s, c, true, 0)
		s.End(nvr.Unreachable, nil)
	})
	r := rand.New(rand.NewPCG(1, 2))
	for _, form := range forms {
		span := nvr.Span{From: start.Add(700 * time.Millisecond), To: start.Add(8200 * time.Millisecond)}
		whole, _ := export(t, p, span, form)
		f, err := p.Export(t.Context(), camera, span, form)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for range 1000 {
			from := r.IntN(len(whole))
			n := min(1+r.IntN(1<<r.IntN(18)), len(whole)-from)
			if _, err := f.Seek(int64(from), io.SeekStart); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, n)
			if _, err := io.ReadFull(f, got); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, whole[from:from+n]) {
				t.Fatalf("%s: bytes %d to %d differ", form, from, from+n)
			}
		}
		if end, err := f.Seek(0, io.SeekEnd); err != nil || end != f.Size {
			t.Errorf("the end is at %d, want %d: %v", end, f.Size, err)
		}
		if n, err := f.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("behind the end there are %d bytes, %v", n, err)
		}
	}
}
