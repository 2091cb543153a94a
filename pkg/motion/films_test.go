package motion

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"nvrd/pkg/ffmpeg"
)

var films = flag.String("films", "", "which films are made and looked at: tuned, held, all, or a part of a name")

// x264 returns how a stream is encoded as cameras do: without B-frames. Where its
// rate is bounded, several threads give another film each time.
func x264(name string, fps, gop float64, args string) encoding {
	return encoding{name, fps, append([]string{"-c:v", "libx264", "-threads", "1", "-preset", "superfast", "-bf", "0", "-g", strconv.Itoa(int(fps * gop)), "-sc_threshold", "0"}, strings.Fields(args)...)}
}

func x265(name string, fps, gop float64, params, args string) encoding {
	return encoding{name, fps, append([]string{"-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
		"log-level=error:bframes=0:scenecut=0:keyint=" + strconv.Itoa(int(fps*gop)) + params}, strings.Fields(args)...)}
}

// tuned are those by which the numbers of the detector were chosen.
var tuned = []encoding{
	x264("crf26", 10, 2, "-crf 26"),
	x264("abr500k", 10, 2, "-b:v 500k"),
	x264("cbr600k-filler", 10, 2, "-b:v 600k -minrate 600k -maxrate 600k -bufsize 600k -x264-params nal-hrd=cbr"),
	x264("cbr300k-tight", 10, 1, "-b:v 300k -minrate 300k -maxrate 300k -bufsize 150k"),
	x264("cbr250k-slices", 15, 2, "-tune zerolatency -slices 3 -b:v 250k -minrate 250k -maxrate 250k -bufsize 60k"),
	x264("crf28-slices-4s", 15, 4, "-crf 28 -slices 4"),
	x265("x265-crf28", 10, 2, "", "-crf 28"),
	x265("x265-cbr300k", 10, 2, ":strict-cbr=1", "-b:v 300k -minrate 300k -maxrate 300k -bufsize 300k"),
}

// held are others, which no number was chosen by.
var held = []encoding{
	x264("crf23-10s", 15, 10, "-crf 23"),
	x264("abr300k-4s", 25, 4, "-b:v 300k"),
	x264("cbr1m-filler-1s", 10, 1, "-b:v 1000k -minrate 1000k -maxrate 1000k -bufsize 1000k -x264-params nal-hrd=cbr"),
	x264("cbr150k-5fps", 5, 2, "-b:v 150k -minrate 150k -maxrate 150k -bufsize 150k"),
	x264("cbr400k-30fps", 30, 2, "-tune zerolatency -slices 3 -b:v 400k -minrate 400k -maxrate 400k -bufsize 100k"),
	x264("baseline-0.5s", 20, 0.5, "-preset ultrafast -profile:v baseline -crf 28"),
	x265("x265-abr200k-slices", 15, 4, ":slices=2", "-b:v 200k"),
	x265("x265-cbr500k-8s", 10, 8, ":strict-cbr=1", "-b:v 500k -minrate 500k -maxrate 500k -bufsize 250k"),
}

var scenery = []string{"day", "night", "lamp", "leaves", "rain", "shadows"}

// film is one that is made when it is needed, and kept under build.
type film struct {
	name string
	take take
	how  encoding
	dir  string // in which it is; build/motion if empty
}

func listed(set string, seed uint64, how []encoding) (all []film) {
	for i, scene := range scenery {
		for j, e := range how {
			m := take{scene: scene, source: "vtest.avi", seed: seed + uint64(10*i+j), w: 480, h: 360, fps: e.fps, shots: 6}
			if (i+j)%8 == 7 {
				m.source = "Megamind.avi"
			}
			if set == "held" && j == 0 {
				m.w, m.h, m.shots = 1280, 720, 3 // a main stream
			}
			all = append(all, film{name: set + "/" + scene + "/" + e.name, take: m, how: e})
		}
	}
	return all
}

func wanted(which string) []film {
	all := append(listed("tuned", 100, tuned), listed("held", 1000, held)...)
	return slices.DeleteFunc(all, func(f film) bool { return which != "all" && !strings.Contains(f.name, which) })
}

// path is where a film is kept.
func (f film) path() string {
	dir := f.dir
	if dir == "" {
		dir = filepath.Join("..", "..", "build", "motion")
	}
	return filepath.Join(dir, strings.ReplaceAll(fmt.Sprintf("%s-%s-%d-%d.film", f.name, f.take.source, f.take.seed, f.take.shots), "/", "-"))
}

// file returns the film as a file.
func (f film) file(t testing.TB) string {
	path := f.path()
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f.how.encode(t, f.take, path+".part")
	if err := os.Rename(path+".part", path); err != nil {
		t.Fatal(err)
	}
	return path
}

// look returns how a detector does that sees a film. It tells what it sees, and
// when it changed, if anything may have.
func (f film) look(see func(s sample) (from, to time.Duration, moving, changed bool), all []sample) tally {
	truth, length := f.take.times()
	var events []span
	was := false
	began := time.Now()
	for _, s := range all {
		from, to, moving, changed := see(s)
		if !changed {
			continue
		}
		if moving && !was {
			events = append(events, span{})
		}
		if was = moving; moving {
			events[len(events)-1] = span{from.Seconds(), to.Seconds()}
		}
	}
	a := count(truth, events, 0, length)
	a.cpu = time.Since(began).Seconds()
	return a
}

// score looks at a film with the score alone.
func (f film) score(t testing.TB) (tally, Trust) {
	track, all := f.load(t)
	d := NewDetector(track)
	a := f.look(func(s sample) (from, to time.Duration, moving, changed bool) {
		changed = d.Add(s.data, s.key, s.at)
		from, to, moving = d.Moving()
		return from, to, moving, changed
	}, all)
	return a, d.Trust()
}

// sight looks at a film with what is decoded, too, and what that costs.
func (f film) sight(t testing.TB, tool *ffmpeg.Tool) tally {
	track, all := f.load(t)
	s := NewSight(track, nil)
	var at []time.Duration
	// The first minute of a connection is always looked at: what goes on is told apart.
	var first, on []byte
	in := &first
	for _, picture := range all { // what is decoded does not depend on what is seen in it
		s.Add(picture.data, picture.key, picture.at)
		if !s.Wants() {
			continue
		}
		put := ffmpeg.AppendPicture
		if s.Alone() {
			put = ffmpeg.AppendKey
		}
		if picture.key && picture.at >= unsure {
			in = &on
		}
		if len(*in) == 0 {
			*in = ffmpeg.AppendStart(nil, track)
		}
		at = append(at, picture.at)
		var err error
		if *in, err = put(*in, track.Codec, picture.data); err != nil {
			t.Fatal(err)
		}
	}
	var smalls [][]byte
	decode := func(in []byte) float64 {
		if len(in) == 0 {
			return 0
		}
		before := children(t)
		if err := tool.Shrink(t.Context(), track.Codec, bytes.NewReader(in), func(small []byte) { smalls = append(smalls, bytes.Clone(small)) }); err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		return children(t) - before
	}
	sooner, later := decode(first), decode(on)
	if len(smalls) != len(at) {
		t.Fatalf("%s: %d small pictures of %d", f.name, len(smalls), len(at))
	}
	s = NewSight(track, nil)
	a := f.look(func(p sample) (from, to time.Duration, moving, changed bool) {
		changed = s.Add(p.data, p.key, p.at)
		for s.Wants() && len(at) > 0 && at[0] == p.at {
			s.See(smalls[0], at[0])
			at, smalls = at[1:], smalls[1:]
		}
		from, to, moving = s.Moving()
		return from, to, moving, changed
	}, all)
	a.decoding, a.later, a.on = sooner+later, later, max(0, a.seconds-unsure.Seconds())
	return a
}

// children returns the CPU time of processes that have ended, in seconds.
func children(t testing.TB) float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
}

// brief are some short films, which are made and looked at each time.
var brief = []struct {
	scene string
	how   encoding
	least int // motions of three that have an event of their own
	trust Trust
}{
	{"day", tuned[0], 3, Trusted},
	{"day", tuned[2], 2, Trusted},
	{"lamp", tuned[1], 3, Trusted},
	{"rain", tuned[4], 3, Trusted},
	{"night", tuned[0], 0, Noisy},
}

func TestBriefFilms(t *testing.T) {
	tool, err := ffmpeg.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range brief {
		t.Run(b.scene+"/"+b.how.name, func(t *testing.T) {
			t.Parallel()
			m := take{scene: b.scene, source: "vtest.avi", seed: 7000 + uint64(i), w: 320, h: 240, fps: b.how.fps, shots: 3}
			f := film{name: b.scene + "/" + b.how.name, take: m, how: b.how, dir: t.TempDir()}
			a, trust := f.score(t)
			t.Logf("%s", a)
			sight := f.sight(t, tool)
			t.Logf("%s, with pictures", sight)
			if sight.own < max(a.own, b.least, 2) || sight.events > sight.right || sight.called > 0.1*sight.still {
				t.Errorf("with pictures: %s", sight)
			}
			if a.own < b.least || a.events > a.right || a.called > 0.1*a.still || trust != b.trust {
				t.Errorf("%s, trust %d; want %d motions at least, trust %d", a, trust, b.least, b.trust)
			}
		})
	}
}

// TestFilms looks at the films that -films names, and prints how it does: by the
// score alone, and with pictures decoded.
func TestFilms(t *testing.T) {
	if *films == "" {
		t.Skip("-films says which")
	}
	tool, err := ffmpeg.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*tally{}
	for _, f := range wanted(*films) {
		score, trust := f.score(t)
		sight := f.sight(t, tool)
		set, rest, _ := strings.Cut(f.name, "/")
		scene, _, _ := strings.Cut(rest, "/")
		for way, a := range map[string]tally{"score": score, "sight": sight} {
			t.Logf("%-36s %s %s %v", f.name, way, a, trust)
			for _, sum := range []string{set, set + "/" + scene, fmt.Sprintf("%s, trust %v", set, trust)} {
				sum = fmt.Sprintf("%-36s %s", sum, way)
				if all[sum] == nil {
					all[sum] = &tally{}
				}
				all[sum].add(a)
			}
		}
	}
	for _, sum := range slices.Sorted(maps.Keys(all)) {
		t.Logf("%s %s", sum, all[sum])
	}
}
