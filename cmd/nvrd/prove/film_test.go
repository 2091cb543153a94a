package prove_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

// picture is how long each picture of the film is shown.
const picture = time.Second / 15

// film is what simulated cameras see: H.264 with AAC, which goes on for ever
// in a loop. A picture's decode time says which one it is.
type film struct {
	format  media.Format
	samples []media.Sample // of one turn, in the order in which they are sent
	turn    time.Duration
	still   map[int64][]byte // the pictures by their decode time
	over    bool             // nothing more is shown
}

func newFilm(t *testing.T) *film {
	t.Helper()
	return readFilm(t, porch.Door().Sub, 24*time.Second)
}

// readFilm reads a film from fragmented MP4 with H.264 and AAC.
func readFilm(t *testing.T, content []byte, turn time.Duration) *film {
	t.Helper()
	file, err := mp4.DecodeFile(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	f := &film{turn: turn, still: map[int64][]byte{}}
	for i, trak := range file.Moov.Traks {
		track := media.Track{Timescale: trak.Mdia.Mdhd.Timescale}
		stsd := trak.Mdia.Minf.Stbl.Stsd
		if v := stsd.AvcX; v != nil {
			track.Codec, track.Width, track.Height = media.H264, int(v.Width), int(v.Height)
			track.SPS, track.PPS = v.AvcC.SPSnalus[0], v.AvcC.PPSnalus[0]
		} else {
			a := stsd.Mp4a
			track.Codec, track.SampleRate, track.Channels = media.AAC, int(a.SampleRate), int(a.ChannelCount)
			track.Config = a.Esds.DecConfigDescriptor.DecSpecificInfo.DecConfig
		}
		f.format.Tracks = append(f.format.Tracks, track)
		for _, segment := range file.Segments {
			for _, fragment := range segment.Fragments {
				f.add(t, fragment, file.Moov.Mvex, i)
			}
		}
	}
	slices.SortStableFunc(f.samples, func(a, b media.Sample) int { return cmp.Compare(f.time(a), f.time(b)) })
	return f
}

// add takes over the samples of a track from a fragment.
func (f *film) add(t *testing.T, fragment *mp4.Fragment, mvex *mp4.MvexBox, track int) {
	t.Helper()
	for _, traf := range fragment.Moof.Trafs {
		if int(traf.Tfhd.TrackID) != track+1 {
			continue
		}
		samples, err := fragment.GetFullSamples(mvex.Trexs[track])
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range samples {
			sample := media.Sample{Track: track, DTS: int64(s.DecodeTime), Composition: s.CompositionTimeOffset, Key: true, Data: s.Data}
			if nvr.Duration(sample.DTS, f.format.Tracks[track].Timescale) >= f.turn {
				continue
			}
			if track == 0 {
				sample.Key = keyPicture(s.Data)
				f.still[sample.DTS] = s.Data
			}
			f.samples = append(f.samples, sample)
		}
	}
}

// keyPicture tells whether one of the NAL units is of an IDR picture.
func keyPicture(data []byte) bool {
	for len(data) > 4 {
		if data[4]&0x1f == 5 {
			return true
		}
		data = data[4+binary.BigEndian.Uint32(data):]
	}
	return false
}

// enlarge makes each picture of the first part of the film larger by so many
// bytes of filler.
func (f *film) enlarge(by int, first time.Duration) {
	filler := append(binary.BigEndian.AppendUint32(nil, uint32(by-4)), 12) // filler data, ITU-T H.264 7.4.1
	filler = append(append(filler, bytes.Repeat([]byte{0xff}, by-6)...), 0x80)
	for dts, data := range f.still {
		if nvr.Duration(dts, f.format.Video().Timescale) < first {
			f.still[dts] = slices.Concat(data, filler)
		}
	}
	for i := range f.samples {
		if f.samples[i].Track == 0 {
			f.samples[i].Data = f.still[f.samples[i].DTS]
		}
	}
}

// time returns when a sample is sent, from the beginning.
func (f *film) time(s media.Sample) time.Duration {
	return nvr.Duration(s.DTS, f.format.Tracks[s.Track].Timescale)
}

// sample returns the n-th sample of the loop.
func (f *film) sample(n int) media.Sample {
	s := f.samples[n%len(f.samples)]
	s.DTS += int64(n/len(f.samples)) * nvr.Units(f.turn, f.format.Tracks[s.Track].Timescale)
	return s
}

// picture returns the picture with a decode time, or nil.
func (f *film) picture(dts int64) []byte {
	return f.still[dts%nvr.Units(f.turn, f.format.Video().Timescale)]
}

// show sends the film to sinks for a time, as cameras do. handed is told of
// each picture that was handed over.
func (f *film) show(sinks map[nvr.StreamID]media.Sink, length time.Duration, handed func(id nvr.StreamID, dts int64)) {
	ids := slices.SortedFunc(maps.Keys(sinks), func(a, b nvr.StreamID) int { return cmp.Compare(a.Camera, b.Camera) })
	start := time.Now()
	for _, id := range ids {
		sinks[id].Begin(f.format, true)
	}
	for n := 0; ; n++ {
		s := f.sample(n)
		if f.over || f.time(s) >= length {
			return
		}
		if wait := time.Until(start.Add(f.time(s))); wait > 0 {
			<-time.After(wait)
		}
		s.Arrived = time.Now()
		for _, id := range ids {
			sinks[id].Sample(s)
			if s.Track == 0 {
				handed(id, s.DTS)
			}
		}
	}
}
