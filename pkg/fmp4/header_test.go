package fmp4

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

func TestInit(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			format := media.Format{Tracks: c.tracks}
			b := AppendInit(nil, format)
			got, err := ParseInit(b)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(format, got); diff != "" {
				t.Errorf("format (-want +got):\n%s", diff)
			}
			if again := AppendInit(nil, got); !bytes.Equal(b, again) {
				t.Error("the init segment of what was parsed differs")
			}
			if got := MIME(format); got != c.mime {
				t.Errorf("media type is %s, want %s", got, c.mime)
			}
			file := decode(t, b)
			if !file.IsFragmented() || len(file.Moov.Traks) != len(c.tracks) || len(file.Moov.Mvex.Trexs) != len(c.tracks) {
				t.Fatalf("mp4ff sees fragmented %v, %d tracks", file.IsFragmented(), len(file.Moov.Traks))
			}
			for i, trak := range file.Moov.Traks {
				if trak.Tkhd.TrackID != uint32(i+1) || trak.Mdia.Mdhd.Timescale != c.tracks[i].Timescale {
					t.Errorf("track %d: id %d, time scale %d", i, trak.Tkhd.TrackID, trak.Mdia.Mdhd.Timescale)
				}
				stsd, want := trak.Mdia.Minf.Stbl.Stsd, c.tracks[i]
				switch want.Codec {
				case media.H264:
					if r := stsd.AvcX.AvcC.DecConfRec; !bytes.Equal(r.SPSnalus[0], want.SPS) || !bytes.Equal(r.PPSnalus[0], want.PPS) || int(stsd.AvcX.Width) != want.Width {
						t.Errorf("mp4ff sees %+v", r)
					}
				case media.H265:
					r := stsd.HvcX.HvcC.DecConfRec
					if len(r.NaluArrays) != 3 || !bytes.Equal(r.NaluArrays[1].Nalus[0], want.SPS) || int(stsd.HvcX.Height) != want.Height {
						t.Errorf("mp4ff sees %+v", r)
					}
				case media.AAC:
					d := stsd.Mp4a.Esds.DecConfigDescriptor
					if !bytes.Equal(d.DecSpecificInfo.DecConfig, want.Config) || int(stsd.Mp4a.ChannelCount) != want.Channels {
						t.Errorf("mp4ff sees %+v", d)
					}
				case media.Opus:
					if int(stsd.Opus.ChannelCount) != want.Channels || int(stsd.Opus.SampleRate) != want.SampleRate {
						t.Errorf("mp4ff sees %+v", stsd.Opus)
					}
				}
			}
		})
	}
}

// mark is the id of an extension.
var mark = [16]byte{1, 2, 3}

func TestReadHeader(t *testing.T) {
	for _, c := range cases {
		init := AppendInit(nil, media.Format{Tracks: c.tracks})
		b := AppendExtension(bytes.Clone(init), mark, []byte("where it belongs"))
		want := Header{Init: init, Extension: []byte("where it belongs"), Bytes: int64(len(b))}
		decode(t, b)
		file := append(b, 0, 0, 0, 8, 'f', 'r', 'e', 'e')
		got, err := ReadHeader(bytes.NewReader(file), int64(len(file)), mark)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: header (-want +got):\n%s", c.name, diff)
		}
		for size := range b {
			if _, err := ReadHeader(bytes.NewReader(b[:size]), int64(size), mark); !errors.Is(err, nvr.ErrDamaged) {
				t.Fatalf("%s: a header cut to %d of %d bytes is %v, want damaged", c.name, size, len(b), err)
			}
		}
		if _, err := ReadHeader(bytes.NewReader(file), int64(len(file)), [16]byte{9}); !errors.Is(err, nvr.ErrDamaged) {
			t.Errorf("%s: a header of somebody else is %v, want damaged", c.name, err)
		}
	}
}

func TestParseInitRefuses(t *testing.T) {
	sound := AppendMovie(nil, Movie{Tracks: []MovieTrack{{Entries: []media.Track{aac}}}})
	two := AppendMovie(nil, Movie{Tracks: []MovieTrack{{Entries: []media.Track{high}}, {Entries: []media.Track{high}}}})
	three := AppendInit(nil, media.Format{Tracks: []media.Track{high, aac, aac}})
	unknown := bytes.Replace(AppendInit(nil, media.Format{Tracks: []media.Track{high}}), []byte("avc1"), []byte("avc9"), 1)
	for name, b := range map[string][]byte{
		"empty": {}, "sound alone": sound, "two pictures": two, "three tracks": three, "unknown codec": unknown,
	} {
		if f, err := ParseInit(b); !errors.Is(err, nvr.ErrDamaged) {
			t.Errorf("%s: %+v, %v, want damaged", name, f, err)
		}
	}
}

// Whatever parses is a format that can be written again and means the same.
func FuzzParseInit(f *testing.F) {
	for _, c := range cases {
		f.Add(AppendInit(nil, media.Format{Tracks: c.tracks}))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		format, err := ParseInit(b)
		if err != nil {
			if !errors.Is(err, nvr.ErrDamaged) {
				t.Fatalf("%v is not of kind damaged", err)
			}
			return
		}
		again, err := ParseInit(AppendInit(nil, format))
		if err != nil {
			t.Fatalf("%+v cannot be read again: %v", format, err)
		}
		if diff := cmp.Diff(format, again); diff != "" {
			t.Errorf("format (-first +second):\n%s", diff)
		}
		MIME(format)
	})
}

func FuzzReadHeader(f *testing.F) {
	for _, c := range cases {
		f.Add(AppendExtension(AppendInit(nil, media.Format{Tracks: c.tracks}), mark, []byte("where it belongs")))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ReadHeader(bytes.NewReader(b), int64(len(b)), mark)
		if err != nil {
			if !errors.Is(err, nvr.ErrDamaged) {
				t.Fatalf("%v is not of kind damaged", err)
			}
			return
		}
		if again := AppendExtension(bytes.Clone(h.Init), mark, h.Extension); int64(len(again)) != h.Bytes || !bytes.Equal(again, b[:h.Bytes]) {
			t.Errorf("header %+v is not what stands there", h)
		}
	})
}
