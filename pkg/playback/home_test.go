package playback_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Eyevinn/mp4ff/hevc"
	"github.com/Eyevinn/mp4ff/mp4"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/playback"
	"nvrd/pkg/recorder"
)

var camera = nvr.StreamID{Camera: 1}

// A clip is what a camera sends: real pictures and sound.
type clip struct {
	format  media.Format
	samples []media.Sample // in the order in which they are sent
	reorder int64          // presentation time of the first picture
	late    time.Duration  // by how much sound is sent after the pictures of its time
}

// run starts a program and returns what it prints; anything it complains
// about fails the test.
func run(t testing.TB, stdin []byte, name string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	var out, complaints bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &out, &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, complaints.Bytes())
	}
	return out.Bytes()
}

// film makes a clip that flashes and beeps at each even second. Without audio
// arguments it is silent.
func film(t testing.TB, size, seconds string, video, audio []string) clip {
	t.Helper()
	args := append([]string{"-vf", "eq=brightness=-0.5,drawbox=c=white:t=fill:enable='lt(mod(t,2),0.1)',format=yuv420p", "-g", "15"}, video...)
	c := parse(t, encode(t, "testsrc2=r=15:s="+size+":d="+seconds, args))
	if audio != nil {
		sound := parse(t, encode(t, beeps+":s=48000:d="+seconds, audio))
		// The encoder runs in before the beginning.
		lead := map[media.Codec]int64{media.AAC: 1024, media.Opus: 312}[sound.format.Tracks[0].Codec]
		c.add(sound.format.Tracks[0], sound.samples, -lead)
	}
	return c
}

const beeps = "aevalsrc='if(lt(mod(t,2),0.1),0.9*sin(2*PI*1000*t),0)'"

func encode(t testing.TB, source string, args []string) []byte {
	t.Helper()
	args = append([]string{"-v", "error", "-f", "lavfi", "-i", source}, args...)
	return run(t, nil, "ffmpeg", append(args, "-video_track_timescale", "90000", "-f", "mp4", "-movflags", "frag_keyframe+empty_moov+default_base_moof", "-")...)
}

// delayed returns the clip with its sound sent later.
func delayed(c clip, by time.Duration) clip {
	c.late, c.samples = by, slices.Clone(c.samples)
	c.sort()
	return c
}

// add gives a clip sound that begins at a time of its own.
func (c *clip) add(track media.Track, samples []media.Sample, from int64) {
	c.format.Tracks = append(c.format.Tracks, track)
	for _, s := range samples {
		s.Track = 1
		if s.DTS += from + c.reorder*int64(track.Timescale)/90000; s.DTS >= 0 {
			c.samples = append(c.samples, s)
		}
	}
	c.sort()
}

func (c *clip) sort() {
	slices.SortStableFunc(c.samples, func(a, b media.Sample) int { return cmp.Compare(c.at(a), c.at(b)) })
}

// parse reads a fragmented file as another library sees it.
func parse(t testing.TB, b []byte) clip {
	t.Helper()
	file, err := mp4.DecodeFile(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	track := describe(t, file.Moov.Trak)
	c := clip{format: media.Format{Tracks: []media.Track{track}}}
	for _, segment := range file.Segments {
		for _, f := range segment.Fragments {
			samples, err := f.GetFullSamples(file.Moov.Mvex.Trex)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range samples {
				c.samples = append(c.samples, media.Sample{
					DTS: int64(s.DecodeTime), Composition: s.CompositionTimeOffset, Key: isKey(track.Codec, s.Data), Data: s.Data,
				})
			}
		}
	}
	c.reorder = int64(c.samples[0].Composition)
	return c
}

// at returns when a sample is sent, from the beginning of the clip.
func (c clip) at(s media.Sample) time.Duration {
	return nvr.Duration(s.DTS, c.format.Tracks[s.Track].Timescale) + time.Duration(s.Track)*c.late
}

// pictures returns when each picture is shown, from the beginning of the clip.
func (c clip) pictures() (shown []time.Duration) {
	for _, s := range c.samples {
		if s.Track == 0 {
			shown = append(shown, nvr.Duration(s.PTS()-c.reorder, 90000))
		}
	}
	slices.Sort(shown)
	return shown
}

// between returns when pictures are shown that are on between two times; the
// first is on already.
func (c clip) between(from, to time.Duration) []time.Duration {
	all := c.pictures()
	first, end := 0, 0
	for i, at := range all {
		if at <= from {
			first = i
		}
		if at < to {
			end = i + 1
		}
	}
	all[first] = max(all[first], from)
	return all[first:end]
}

// isKey looks for itself: files have several kinds of marks.
func isKey(codec media.Codec, data []byte) bool {
	if !codec.Video() {
		return true
	}
	for len(data) > 4 {
		if codec == media.H264 && data[4]&0x1f == 5 || codec == media.H265 && data[4]>>1&0x3f >= 16 && data[4]>>1&0x3f <= 21 {
			return true
		}
		data = data[4+binary.BigEndian.Uint32(data):]
	}
	return false
}

func describe(t testing.TB, trak *mp4.TrakBox) media.Track {
	t.Helper()
	out := media.Track{Timescale: trak.Mdia.Mdhd.Timescale}
	stsd := trak.Mdia.Minf.Stbl.Stsd
	if v := stsd.AvcX; v != nil {
		out.Codec, out.Width, out.Height = media.H264, int(v.Width), int(v.Height)
		out.SPS, out.PPS = v.AvcC.SPSnalus[0], v.AvcC.PPSnalus[0]
	} else if v := stsd.HvcX; v != nil {
		out.Codec, out.Width, out.Height = media.H265, int(v.Width), int(v.Height)
		set := func(kind hevc.NaluType) []byte { return v.HvcC.GetNalusForType(kind)[0] }
		out.VPS, out.SPS, out.PPS = set(hevc.NALU_VPS), set(hevc.NALU_SPS), set(hevc.NALU_PPS)
	} else if a := stsd.Mp4a; a != nil {
		out.Codec, out.SampleRate, out.Channels = media.AAC, int(a.SampleRate), int(a.ChannelCount)
		out.Config = a.Esds.DecConfigDescriptor.DecSpecificInfo.DecConfig
	} else if a := stsd.Opus; a != nil {
		out.Codec, out.SampleRate, out.Channels = media.Opus, 48000, int(a.ChannelCount)
	} else {
		t.Fatalf("sample description %+v", stsd)
	}
	return out
}

// filmWithPCMA makes a clip with sound in G.711.
func filmWithPCMA(t testing.TB, size, seconds string, video []string) clip {
	t.Helper()
	c := film(t, size, seconds, video, nil)
	law := run(t, nil, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", beeps+":s=8000:d="+seconds, "-f", "alaw", "-")
	var packets []media.Sample
	for i := 0; i+160 <= len(law); i += 160 {
		packets = append(packets, media.Sample{DTS: int64(i), Key: true, Data: law[i : i+160]})
	}
	c.add(media.Track{Codec: media.PCMA, Timescale: 8000, SampleRate: 8000, Channels: 1}, packets, 0)
	return c
}

// play sends a clip to a sink as a camera does, and returns when it began. The
// clip's decode times are moved by from.
func play(sink media.Sink, c clip, fresh bool, from time.Duration) nvr.Time {
	start := time.Now()
	sink.Begin(c.format, fresh)
	for _, s := range c.samples {
		at := start.Add(c.at(s))
		time.Sleep(time.Until(at))
		s.DTS += nvr.Units(from, c.format.Tracks[s.Track].Timescale)
		s.Arrived = time.Now()
		sink.Sample(s)
	}
	last := c.samples[len(c.samples)-1]
	time.Sleep(time.Until(start.Add(c.at(last) + time.Second/15)))
	return nvr.TimeOf(start)
}

// record runs film with a sink that records, in the time of a bubble, and
// returns a player of what was recorded. crash leaves everything as it is at
// the end of film; otherwise the recorder is closed.
func record(t *testing.T, crash bool, film func(*recorder.Stream)) *playback.Player {
	return recordIn(t, t.TempDir(), crash, film)
}

// recordIn is record into a directory.
func recordIn(t *testing.T, dir string, crash bool, film func(*recorder.Stream)) *playback.Player {
	t.Helper()
	if err := footage.Create(filepath.Join(dir, "footage"), footage.UUID{1}, footage.UUID{2}); err != nil {
		t.Fatal(err)
	}
	left := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		log := slog.New(slog.NewTextHandler(t.Output(), nil))
		c, d := open(t, dir, log)
		r, err := recorder.Open(t.Context(), c, footage.NewPlaces(footage.UUID{1}, log, d), log)
		if err != nil {
			t.Fatal(err)
		}
		s, err := r.Stream(camera)
		if err != nil {
			t.Fatal(err)
		}
		film(s)
		if crash {
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if err := os.CopyFS(left, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []io.Closer{r, d, c} {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	if crash {
		dir = left
	}
	c, d := open(t, dir, slog.New(slog.NewTextHandler(t.Output(), nil)))
	t.Cleanup(func() {
		d.Close()
		c.Close()
	})
	return playback.New(c, func(nvr.DirectoryID) (*footage.Directory, error) { return d, nil })
}

func open(t testing.TB, dir string, log *slog.Logger) (*catalog.Catalog, *footage.Directory) {
	t.Helper()
	c, err := catalog.Open(context.Background(), filepath.Join(dir, "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := footage.Open(filepath.Join(dir, "footage"), footage.UUID{1}, log)
	if err != nil {
		t.Fatal(err)
	}
	return c, d
}

// pass lets time go by in the bubble that record runs a film in.
func pass(d time.Duration) { time.Sleep(d) }
