package fmp4

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"
	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// What another library reads from a file is what was put in.
func TestFragment(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	clock := nvr.TimeOf(time.Date(2026, 11, 22, 14, 3, 22, 123457000, time.UTC))
	for range 20 {
		c := cases[r.IntN(len(cases))]
		want := random(r, len(c.tracks), 1+r.IntN(5))
		file := decode(t, write(AppendInit(nil, media.Format{Tracks: c.tracks}), want, clock))
		n := 0
		for _, segment := range file.Segments {
			for _, f := range segment.Fragments {
				if f.Moof.Mfhd.SequenceNumber != uint32(n+1) {
					t.Errorf("movie fragment %d has number %d", n+1, f.Moof.Mfhd.SequenceNumber)
				}
				got := make([]Run, len(c.tracks))
				for _, traf := range f.Moof.Trafs {
					run := &got[traf.Tfhd.TrackID-1]
					trex, _ := file.Moov.Mvex.GetTrex(traf.Tfhd.TrackID)
					samples, err := f.GetFullSamples(trex)
					if err != nil {
						t.Fatal(err)
					}
					for _, s := range samples {
						run.Samples = append(run.Samples, media.Sample{
							Track: int(traf.Tfhd.TrackID - 1), DTS: int64(s.DecodeTime), Composition: s.CompositionTimeOffset,
							Key: s.IsSync(), Data: s.Data,
						})
						run.End = int64(s.DecodeTime) + int64(s.Dur)
					}
				}
				for i := range want[n] {
					if len(want[n][i].Samples) == 0 {
						want[n][i].End = 0
					}
				}
				if diff := cmp.Diff(want[n], got); diff != "" {
					t.Fatalf("%s: movie fragment %d (-want +got):\n%s", c.name, n+1, diff)
				}
				n++
			}
		}
		if n != len(want) {
			t.Fatalf("mp4ff sees %d movie fragments of %d", n, len(want))
		}
	}
}

func TestClock(t *testing.T) {
	clock := nvr.TimeOf(time.Date(2026, 11, 22, 14, 3, 22, 999999000, time.UTC))
	b := write(nil, random(rand.New(rand.NewPCG(1, 1)), 1, 1), clock)
	header, _, err := next(b)
	if err != nil || header.kind != "prft" {
		t.Fatalf("%s, %v", header.kind, err)
	}
	box, err := mp4.DecodeFile(readerOf(b))
	if err != nil {
		t.Fatal(err)
	}
	for _, child := range box.Children {
		if prft, ok := child.(*mp4.PrftBox); ok {
			if got := nvr.TimeOf(prft.NTPTimestamp.Time().Round(time.Microsecond)); got != clock {
				t.Errorf("mp4ff reads %s, want %s", got, clock)
			}
			return
		}
	}
	t.Error("mp4ff sees no prft")
}

// The wall clock is kept to the microsecond, also after 2036 when the seconds
// of NTP begin anew.
func TestNTP(t *testing.T) {
	check := func(want nvr.Time) {
		if got := fromNTP(ntp(want)); got != want {
			t.Fatalf("%s became %s", want, got)
		}
	}
	for _, s := range []int64{0, 1, 1795356202, 2085978495, 2085978496, 2085978497, 4102444800} {
		for us := range int64(1_000_000) {
			if us < 2000 || us%97 == 0 || us > 998_000 {
				check(nvr.Time(s*1e6 + us))
			}
		}
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		check(nvr.Time(r.Int64N(4102444800e6)))
	}
}

// A sample that comes no later than the one before it must not wrap around.
func TestDuration(t *testing.T) {
	r := Run{Samples: []media.Sample{{DTS: 100}, {DTS: 100}, {DTS: 90}, {DTS: 95}}, End: 95}
	for i, want := range []uint32{0, 0, 5, 0} {
		if got := r.duration(i); got != want {
			t.Errorf("duration of sample %d is %d, want %d", i, got, want)
		}
	}
}

// half a second of a 1080p camera with sound.
func half() []Run {
	video, sound := Run{}, Run{}
	for i := range int64(15) {
		video.Samples = append(video.Samples, media.Sample{DTS: i * 3000, Key: i == 0, Data: make([]byte, 12_000)})
	}
	for i := range int64(24) {
		sound.Samples = append(sound.Samples, media.Sample{Track: 1, DTS: i * 1024, Key: true, Data: make([]byte, 250)})
	}
	video.End, sound.End = 15*3000, 24*1024
	return []Run{video, sound}
}

func TestAppendFragmentAllocatesNothing(t *testing.T) {
	runs := half()
	b := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { b = AppendFragment(b[:0], 1, 1795356202e6, runs) }); n != 0 {
		t.Errorf("%v allocations into a buffer that is large enough, want none", n)
	}
}

func BenchmarkAppendFragment(b *testing.B) {
	runs := half()
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendFragment(buf[:0], 1, 1795356202e6, runs)
	}
	b.ReportMetric(float64(len(buf)), "header-bytes")
}
