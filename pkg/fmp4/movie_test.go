package fmp4

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/Eyevinn/mp4ff/mp4"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

func TestPlace(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	for range 20 {
		fragments := random(r, 2, 1+r.IntN(4))
		first := [2]int64{fragments[0][0].Samples[0].DTS, fragments[0][0].Samples[0].DTS}
		p := Change{Sequence: 70_000, Shift: [2]int64{-first[0], 12345}, Entry: [2]uint32{3, 70_000}}
		b := write(nil, fragments, 1795356202e6)
		want := expected(fragments, 1795356202e6)
		for i := range want {
			for t := range want[i].Runs {
				if len(want[i].Runs[t].Samples) > 0 {
					want[i].Runs[t].DTS += p.Shift[t]
				}
			}
		}
		n, err := Rewrite(b, p)
		if err != nil || n != len(fragments) {
			t.Fatalf("placed %d of %d: %v", n, len(fragments), err)
		}
		got, _, _ := scan(b)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("movie fragments (-want +got):\n%s", diff)
		}
		file := decode(t, append(AppendInit(nil, media.Format{Tracks: []media.Track{high, aac}}), b...))
		n = 0
		for _, s := range file.Segments {
			for _, f := range s.Fragments {
				if got := f.Moof.Mfhd.SequenceNumber; got != p.Sequence+uint32(n) {
					t.Errorf("movie fragment %d has number %d", n, got)
				}
				for _, traf := range f.Moof.Trafs {
					if got := traf.Tfhd.SampleDescriptionIndex; got != p.Entry[traf.Tfhd.TrackID-1] {
						t.Errorf("track %d has sample description %d", traf.Tfhd.TrackID, got)
					}
				}
				if f.Prft != nil && int64(f.Prft.MediaTime) != want[n].Runs[0].DTS {
					t.Errorf("the wall clock is for %d, want %d", f.Prft.MediaTime, want[n].Runs[0].DTS)
				}
				n++
			}
		}
	}
}

func FuzzPlace(f *testing.F) {
	f.Add(write(nil, random(rand.New(rand.NewPCG(19, 20)), 2, 2), 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		size := len(b)
		if _, err := Rewrite(b, Change{Sequence: 1}); err != nil && !errors.Is(err, nvr.ErrDamaged) || len(b) != size {
			t.Fatalf("%d bytes of %d: %v", len(b), size, err)
		}
	})
}

func TestSegmentIndex(t *testing.T) {
	refs := []Reference{{Bytes: 1000, Duration: 90000, Key: true}, {Bytes: 1 << 30, Duration: 1 << 31}, {Bytes: 8, Duration: 3000, Key: true}}
	b := AppendSegmentIndex(nil, 90000, 1<<40, refs)
	if int64(len(b)) != SegmentIndexBytes(len(refs)) {
		t.Errorf("%d bytes, said to be %d", len(b), SegmentIndexBytes(len(refs)))
	}
	box, err := mp4.DecodeBox(0, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	want := &mp4.SidxBox{
		Version: 1, ReferenceID: 1, Timescale: 90000, EarliestPresentationTime: 1 << 40, AnchorPoint: uint64(len(b)),
		SidxRefs: []mp4.SidxRef{
			{ReferencedSize: 1000, SubSegmentDuration: 90000, StartsWithSAP: 1, SAPType: 1},
			{ReferencedSize: 1 << 30, SubSegmentDuration: 1 << 31},
			{ReferencedSize: 8, SubSegmentDuration: 3000, StartsWithSAP: 1, SAPType: 1},
		},
	}
	if diff := cmp.Diff(want, box, cmpopts.IgnoreUnexported(mp4.SidxBox{})); diff != "" {
		t.Errorf("sidx (-want +got):\n%s", diff)
	}
}

// chunks makes the chunks of a track, with holes and overlaps between them, and
// says when each sample begins, counted from the first.
func chunks(r *rand.Rand, video bool) (all []Chunk, starts []int64) {
	offset, dts := r.Int64N(1<<40), r.Int64N(1<<30)
	first := dts
	for range 1 + r.IntN(6) {
		c := Chunk{Offset: offset, Entry: 1 + r.IntN(2), DTS: dts}
		start := dts - first
		if n := len(starts); n > 0 { // a table cannot go back
			start = max(start, starts[n-1])
		}
		for range 1 + r.IntN(4) {
			s := SampleInfo{Duration: 1000 + uint32(r.IntN(2))*500, Bytes: r.Uint32N(5000), Key: true}
			if video {
				s.Composition, s.Key = int32(r.IntN(4000)-1000), r.IntN(3) == 0
			}
			starts = append(starts, start)
			c.Samples = append(c.Samples, s)
			offset, dts, start = offset+int64(s.Bytes), dts+int64(s.Duration), start+int64(s.Duration)
		}
		all = append(all, c)
		offset += r.Int64N(1000)
		dts += r.Int64N(4000) - 2000
	}
	return all, starts
}

// description returns the number of the sample description of a chunk.
func description(stsc *mp4.StscBox, chunk int) (number uint32) {
	for i, e := range stsc.Entries {
		if int(e.FirstChunk) <= chunk {
			number = stsc.GetSampleDescriptionID(i + 1) // it counts entries, whatever it says
		}
	}
	return number
}

func TestSampleTables(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for range 100 {
		video, starts := chunks(r, true)
		sound, _ := chunks(r, false)
		b := AppendMovie(AppendFileType(nil), Movie{Duration: 90000, Tracks: []MovieTrack{
			{Entries: []media.Track{baseline, high}, Chunks: video},
			{Entries: []media.Track{aac, aac8}, Chunks: sound},
		}})
		file := decode(t, b)
		stbl := file.Moov.Traks[0].Mdia.Minf.Stbl
		if stsd := stbl.Stsd; stsd.SampleCount != 2 || len(stsd.Children) != 2 {
			t.Fatalf("%d sample descriptions, want 2", stsd.SampleCount)
		}
		var n uint32
		for i, c := range video {
			got := stbl.Stsc.GetChunk(uint32(i + 1))
			if got.StartSampleNr != n+1 || int(got.NrSamples) != len(c.Samples) || description(stbl.Stsc, i+1) != uint32(c.Entry) {
				t.Fatalf("chunk %d is %+v of description %d, want %+v", i, got, description(stbl.Stsc, i+1), c)
			}
			if offset, err := stbl.Co64.GetOffset(i + 1); err != nil || int64(offset) != c.Offset {
				t.Fatalf("chunk %d is at %d, want %d: %v", i, offset, c.Offset, err)
			}
			for _, s := range c.Samples {
				n++
				if start, _ := stbl.Stts.GetDecodeTime(n); int64(start) != starts[n-1] {
					t.Fatalf("sample %d begins at %d, want %d", n, start, starts[n-1])
				}
				composition := int32(0)
				if stbl.Ctts != nil {
					composition = stbl.Ctts.GetCompositionTimeOffset(n)
				}
				if stbl.Stsz.GetSampleSize(int(n)) != s.Bytes || composition != s.Composition {
					t.Fatalf("sample %d has %d bytes, composition %d, want %+v", n, stbl.Stsz.GetSampleSize(int(n)), composition, s)
				}
				if stbl.Stss != nil && stbl.Stss.IsSyncSample(n) != s.Key || stbl.Stss == nil && !s.Key {
					t.Fatalf("whether sample %d is a key frame is not kept", n)
				}
			}
		}
		if stbl.Stsz.SampleNumber != n {
			t.Fatalf("%d samples, want %d", stbl.Stsz.SampleNumber, n)
		}
		if stbl := file.Moov.Traks[1].Mdia.Minf.Stbl; stbl.Stss != nil || stbl.Ctts != nil {
			t.Fatal("sound has tables of key frames or of composition")
		}
	}
}

func TestEditList(t *testing.T) {
	one := []Chunk{{DTS: 9000, Entry: 1, Samples: []SampleInfo{{Duration: 90000, Key: true}}}}
	late := []Chunk{{DTS: 48000, Entry: 1, Samples: []SampleInfo{{Duration: 1024, Key: true}}}}
	for _, c := range []struct {
		name  string
		track MovieTrack
		want  []mp4.ElstEntry
	}{
		{"fragmented", MovieTrack{Entries: []media.Track{high}, EditStart: 4500}, []mp4.ElstEntry{{SegmentDuration: 45000, MediaTime: 4500}}},
		{"progressive", MovieTrack{Entries: []media.Track{high}, EditStart: 12000, Chunks: one}, []mp4.ElstEntry{{SegmentDuration: 45000, MediaTime: 3000}}},
		{"begins late", MovieTrack{Entries: []media.Track{aac}, EditStart: 24000, Chunks: late},
			[]mp4.ElstEntry{{SegmentDuration: 45000, MediaTime: -1}, {SegmentDuration: 0, MediaTime: 0}}},
		{"begins in the middle", MovieTrack{Entries: []media.Track{aac}, EditStart: 36000, Chunks: late},
			[]mp4.ElstEntry{{SegmentDuration: 22500, MediaTime: -1}, {SegmentDuration: 22500, MediaTime: 0}}},
	} {
		c.track.Edited = true
		file := decode(t, AppendMovie(AppendFileType(nil), Movie{Duration: 45000, Tracks: []MovieTrack{c.track}}))
		for i := range c.want {
			c.want[i].MediaRateInteger = 1
		}
		if diff := cmp.Diff(c.want, file.Moov.Trak.Edts.Elst[0].Entries); diff != "" {
			t.Errorf("%s: edits (-want +got):\n%s", c.name, diff)
		}
	}
}
