package live

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

var formats = map[string]media.Format{
	"silent": silent,
	"aac": {Tracks: []media.Track{video, {
		Codec: media.AAC, Timescale: 48000, SampleRate: 48000, Channels: 1, Config: []byte{0x11, 0x88},
	}}},
	"six channels": {Tracks: []media.Track{video, {Codec: media.L16, Timescale: 48000, SampleRate: 48000, Channels: 6}}},
	"pcma":         {Tracks: []media.Track{video, {Codec: media.PCMA, Timescale: 8000, SampleRate: 8000, Channels: 1}}},
}

// sound returns a frame of sound that begins with picture n and lasts as long.
func sound(f media.Format, n int) media.Sample {
	x := picture(n)
	x.Track, x.Key = 1, true
	x.DTS = nvr.Units(nvr.Duration(x.DTS, 90000), f.Tracks[1].Timescale)
	x.Data = bytes.Repeat([]byte{byte(n)}, int(f.Tracks[1].Timescale/10))
	return x
}

// record plays pictures from..to, of which 20 and later are live, and returns
// what WriteFMP4 wrote up to the fragment with picture to-2.
func record(t *testing.T, format media.Format, from, to int) (file []byte, fragments int) {
	t.Helper()
	var s Stream
	feed := func(n int) {
		s.Sample(picture(n))
		if len(format.Tracks) > 1 {
			s.Sample(sound(format, n))
		}
	}
	s.Begin(format, true)
	for n := from; n < 25; n++ {
		feed(n)
	}
	v := s.Subscribe()
	defer v.Close()
	got, err := v.Format(t.Context())
	if err != nil || !got.Equal(format) {
		t.Fatalf("format %+v, %v", got, err)
	}
	n := 25
	var out bytes.Buffer
	err = WriteFMP4(t.Context(), v, got, &out, func() error {
		fragments++
		if n == to { // a new run ends the file
			s.End(nvr.Unreachable, nil)
			s.Begin(format, true)
			n = 0
		}
		feed(n)
		n++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), fragments
}

func TestWriteFMP4(t *testing.T) {
	for name, format := range formats {
		t.Run(name, func(t *testing.T) {
			const from, key, to = 13, 20, 38
			b, fragments := record(t, format, from, to)
			file, err := mp4.DecodeFile(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			tracks := len(format.Tracks)
			if name == "six channels" { // FLAC frames here have one or two
				tracks = 1
			}
			if !file.IsFragmented() || len(file.Moov.Traks) != tracks || strings.Contains(MIME(format), ",") != (tracks > 1) {
				t.Fatalf("fragmented %v, %d tracks, %s", file.IsFragmented(), len(file.Moov.Traks), MIME(format))
			}
			var pictures []mp4.FullSample
			sounds, end, moofs := 0, uint64(0), 0
			for _, segment := range file.Segments {
				for _, f := range segment.Fragments {
					moofs++
					for _, traf := range f.Moof.Trafs {
						trex, _ := file.Moov.Mvex.GetTrex(traf.Tfhd.TrackID)
						samples, err := f.GetFullSamples(trex)
						if err != nil {
							t.Fatal(err)
						}
						if traf.Tfhd.TrackID == 1 {
							pictures = append(pictures, samples...)
							continue
						}
						for _, x := range samples {
							if x.DecodeTime < end {
								t.Errorf("sound %d begins at %d, before %d", sounds, x.DecodeTime, end)
							}
							end = x.DecodeTime + uint64(x.Dur)
							sounds++
						}
					}
				}
			}
			if moofs != fragments {
				t.Errorf("%d movie fragments, flushed %d times", moofs, fragments)
			}
			if len(pictures) != to-1-key {
				t.Fatalf("%d pictures, want %d", len(pictures), to-1-key)
			}
			for i, p := range pictures {
				want := picture(key + i)
				if !bytes.Equal(p.Data, want.Data) || p.IsSync() != want.Key || p.DecodeTime != uint64(i)*9000 || p.Dur != 9000 {
					t.Errorf("picture %d: %x, sync %v, at %d for %d", key+i, p.Data, p.IsSync(), p.DecodeTime, p.Dur)
				}
			}
			if tracks > 1 && sounds < 10 {
				t.Errorf("%d frames of sound", sounds)
			}
		})
	}
}

func TestWriteFMP4EndsOnAnotherFormat(t *testing.T) {
	var s Stream
	s.Begin(silent, true)
	play(&s, 0, 1)
	v := s.Subscribe()
	defer v.Close()
	format, err := v.Format(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Begin(formats["aac"], true)
	play(&s, 10, 12)
	var out bytes.Buffer
	if err := WriteFMP4(t.Context(), v, format, &out, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	if file, err := mp4.DecodeFile(bytes.NewReader(out.Bytes())); err != nil || len(file.Segments) != 0 {
		t.Errorf("%d segments in a file of another format, %v", len(file.Segments), err)
	}
}

func TestWriteFMP4ReportsErrors(t *testing.T) {
	var s Stream
	s.Begin(silent, true)
	play(&s, 0, 3)
	gone := errors.New("gone")
	write := func(ctx context.Context, w failing, flushed error) error {
		v := s.Subscribe()
		defer v.Close()
		return WriteFMP4(ctx, v, silent, w, func() error { return flushed })
	}
	for n := range 3 {
		if err := write(t.Context(), failing{left: new(n), err: gone}, nil); !errors.Is(err, gone) {
			t.Errorf("write %d fails: %v", n, err)
		}
	}
	if err := write(t.Context(), failing{left: new(100)}, gone); !errors.Is(err, gone) {
		t.Errorf("flush fails: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := write(ctx, failing{left: new(100)}, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the viewer went: %v", err)
	}
}

// failing is a writer that fails after some writes.
type failing struct {
	left *int
	err  error
}

func (f failing) Write(b []byte) (int, error) {
	if *f.left == 0 {
		return 0, f.err
	}
	*f.left--
	return len(b), nil
}
