package fmp4

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

func TestAppendEntry(t *testing.T) {
	const k, d = true, false
	type in struct {
		key bool
		ms  int64
	}
	for _, c := range []struct {
		name string
		in   []in
		want string // duration of each entry in milliseconds, with k if it begins with a key frame
	}{
		{"a key frame a second", []in{{k, 500}, {d, 500}, {k, 500}, {d, 500}}, "k1000 k1000"},
		{"a key frame each other second", []in{{k, 500}, {d, 500}, {d, 500}, {d, 500}, {k, 500}}, "k2000 k500"},
		{"key frames alone", []in{{k, 250}, {k, 250}, {k, 250}, {k, 250}, {k, 250}}, "k250 k250 k250 k250 k250"},
		{"key frames every other tenth of a second", []in{{k, 200}, {k, 200}, {k, 200}, {k, 200}}, "k400 k400"},
		{"a key frame just before it may begin", []in{{k, 249}, {k, 250}, {k, 100}}, "k499 k100"},
		{"a key frame soon after an entry was full", []in{{k, 500}, {d, 500}, {d, 500}, {d, 500}, {d, 200}, {k, 500}, {d, 100}}, "k2000 200 k600"},
		{"no key frame", []in{{k, 500}, {d, 500}, {d, 500}, {d, 501}, {d, 1499}}, "k1500 2000"},
		{"long movie fragments", []in{{k, 3000}, {d, 3000}, {k, 10}}, "k3000 3000 k10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var index []nvr.Fragment
			at, media := int64(700), int64(90_000_000)
			for i, f := range c.in {
				index = AppendEntry(index, nvr.Fragment{
					Offset: at, Bytes: int64(1000 + i), MediaStart: media, MediaDuration: f.ms * 90, Key: f.key, Score: uint8(i),
				}, 90000)
				at, media = at+int64(1000+i), media+f.ms*90
			}
			var got string
			begin, start := int64(700), int64(90_000_000)
			for _, f := range index {
				if f.Offset != begin || f.MediaStart != start {
					t.Errorf("entry %+v leaves a hole after %d, %d", f, begin, start)
				}
				begin, start = begin+f.Bytes, start+f.MediaDuration
				if got += " "; f.Key {
					got += "k"
				}
				got += fmt.Sprint(f.MediaDuration / 90)
			}
			if begin != at || start != media {
				t.Errorf("the index ends at %d, %d, want %d, %d", begin, start, at, media)
			}
			if diff := cmp.Diff(" "+c.want, got); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if last := index[len(index)-1]; last.Score != uint8(len(c.in)-1) {
				t.Errorf("score is %d, want the highest, %d", last.Score, len(c.in)-1)
			}
		})
	}
	t.Run("a hole in the file", func(t *testing.T) {
		index := AppendEntry(nil, nvr.Fragment{Offset: 0, Bytes: 10, MediaDuration: 9000, Key: true}, 90000)
		if index = AppendEntry(index, nvr.Fragment{Offset: 11, Bytes: 10, MediaStart: 9000, MediaDuration: 9000}, 90000); len(index) != 2 {
			t.Errorf("entries %+v, want 2", index)
		}
	})
}

// The index that is read from a file is the one that was kept while it was written.
func TestIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for range 60 {
		fragments := random(r, 1+r.IntN(2), 1+r.IntN(8))
		header := make([]byte, r.IntN(900))
		b := write(header, fragments, 1795356202e6)
		want := Contents{Bytes: int64(len(header))}
		for i, runs := range fragments {
			video := runs[0]
			f := nvr.Fragment{
				Offset: want.Bytes, Bytes: int64(len(AppendFragment(nil, 1, 1, runs))),
				MediaStart: video.Samples[0].DTS, MediaDuration: video.End - video.Samples[0].DTS,
				Key: video.Samples[0].Key, Score: uint8(len(video.Samples)),
			}
			for _, run := range runs {
				f.Bytes += int64(run.Bytes())
			}
			want.MovieFragments = append(want.MovieFragments, f)
			want.Index = AppendEntry(want.Index, f, 90000)
			want.Bytes += f.Bytes
			want.Clock, want.ClockDuration = 1795356202e6+nvr.Time(i), f.MediaDuration
		}
		score := func(samples []SampleInfo) uint8 { return uint8(len(samples)) }
		got, err := Index(bytes.NewReader(b), int64(len(header)), int64(len(b)), 90000, score)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("contents (-want +got):\n%s", diff)
		}
	}
}

// What is not footage ends the index, and is named.
func TestIndexOfDamagedFile(t *testing.T) {
	fragments := random(rand.New(rand.NewPCG(15, 16)), 2, 3)
	good := write(nil, fragments[:2], 1)
	silent := write(nil, [][]Run{{{}, fragments[2][0]}}, 1)
	skipped := write(nil, [][]Run{{{Samples: []media.Sample{{DTS: fragments[1][0].End + 1, Data: []byte{1}}}, End: 1 << 60}}}, 1)
	back := write(nil, fragments[:1], 1)
	for name, rest := range map[string][]byte{
		"zeros": make([]byte, 40), "text": []byte("12 bytes and more"), "no picture": silent,
		"a jump ahead in time": skipped, "a jump back in time": back,
	} {
		b := append(bytes.Clone(good), rest...)
		got, err := Index(bytes.NewReader(b), 0, int64(len(b)), 90000, nil)
		if err != nil || !errors.Is(got.Damage, nvr.ErrDamaged) || got.Bytes != int64(len(good)) || len(got.Index) == 0 {
			t.Errorf("%s: %+v, %v, want damage at %d", name, got, err, len(good))
		}
	}
}

// BenchmarkIndex reads the headers of a minute of a 1080p camera, as recovery does.
func BenchmarkIndex(b *testing.B) {
	var fragments [][]Run
	at := [2]int64{}
	for range 120 {
		runs := half()
		for t := range runs {
			for i := range runs[t].Samples {
				runs[t].Samples[i].DTS += at[t]
				runs[t].Samples[i].Data = runs[t].Samples[i].Data[:50]
			}
			runs[t].End += at[t]
			at[t] = runs[t].End
		}
		fragments = append(fragments, runs)
	}
	file := write(nil, fragments, 1795356202e6)
	b.ReportAllocs()
	for b.Loop() {
		c, err := Index(bytes.NewReader(file), 0, int64(len(file)), 90000, nil)
		if err != nil || c.Bytes != int64(len(file)) {
			b.Fatal(c, err)
		}
	}
}
