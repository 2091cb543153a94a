package live

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"testing"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

var (
	started = time.Now()
	video   = media.Track{
		Codec: media.H264, Timescale: 90000, Width: 1920, Height: 1080,
		SPS: []byte{
			0x67, 0x42, 0xc0, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00,
			0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc9, 0x20,
		},
		PPS: []byte{0x68, 0xce, 0x3c, 0x80},
	}
	silent = media.Format{Tracks: []media.Track{video}}
)

// picture returns frame n of a camera with ten pictures and one key frame a
// second; its data begins with n.
func picture(n int) media.Sample {
	return media.Sample{
		DTS: int64(n) * 9000, Key: n%10 == 0, Data: binary.BigEndian.AppendUint64(nil, uint64(n)),
		Arrived: started.Add(time.Duration(n) * 100 * time.Millisecond),
	}
}

func play(s *Stream, from, to int) {
	for n := from; n < to; n++ {
		s.Sample(picture(n))
	}
}

// numbers tells which pictures a batch holds.
func numbers(b Batch) (all []int) {
	for _, x := range b.Samples {
		all = append(all, int(binary.BigEndian.Uint64(x.Data)))
	}
	return all
}

func next(t *testing.T, v *Viewer) Batch {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	b, err := v.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// expect checks that the next batch holds the pictures [from, to).
func expect(t *testing.T, v *Viewer, from, to int, fresh, skipped bool) {
	t.Helper()
	b := next(t, v)
	got := numbers(b)
	if len(got) != to-from || got[0] != from || got[len(got)-1] != to-1 || b.Fresh != fresh || b.Skipped != skipped {
		t.Errorf("pictures %v, fresh %v, skipped %v; want %d to %d, %v, %v", got, b.Fresh, b.Skipped, from, to-1, fresh, skipped)
	}
}

func waits(t *testing.T, v *Viewer) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if b, err := v.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("there is something to see: %v, %v", numbers(b), err)
	}
}

func TestViewerBeginsAtTheLastKeyFrame(t *testing.T) {
	var s Stream
	early := s.Subscribe()
	waits(t, early)
	s.Begin(silent, true)
	waits(t, early)
	play(&s, 0, 25)
	late := s.Subscribe()
	expect(t, early, 0, 25, true, false)
	expect(t, late, 20, 25, true, false)
	play(&s, 25, 27)
	expect(t, early, 25, 27, false, false)
	expect(t, late, 25, 27, false, false)
	waits(t, late)
}

func TestSlowViewerSkipsToAKeyFrame(t *testing.T) {
	var s Stream
	s.Begin(silent, true)
	play(&s, 0, 5)
	slow, quick := s.Subscribe(), s.Subscribe()
	expect(t, slow, 0, 5, true, false)
	for n := 5; n < 80; n++ { // 5 to 55 wait for 5 s, then 56 to 59 are left out
		play(&s, n, n+1)
		if n == 5 {
			expect(t, quick, 0, 6, true, false)
		} else {
			expect(t, quick, n, n+1, false, false)
		}
	}
	expect(t, slow, 60, 80, false, true)
}

func TestQueueIsBoundedInBytes(t *testing.T) {
	var s Stream
	s.Begin(silent, true)
	v := s.Subscribe()
	big := make([]byte, maxQueueBytes/4)
	for n := range 8 { // no time passes between them
		s.Sample(media.Sample{DTS: int64(n), Key: n == 0 || n == 6, Data: big, Arrived: started})
	}
	b := next(t, v)
	if len(b.Samples) != 2 || b.Samples[0].DTS != 6 || !b.Skipped {
		t.Errorf("%d samples from %d, skipped %v", len(b.Samples), b.Samples[0].DTS, b.Skipped)
	}
}

func TestGroupIsBounded(t *testing.T) {
	tests := map[string]func(n int) media.Sample{
		"bytes": func(n int) media.Sample {
			return media.Sample{DTS: int64(n), Key: n == 0, Data: make([]byte, 1<<20), Arrived: started}
		},
		"time": func(n int) media.Sample {
			return media.Sample{DTS: int64(n), Key: n == 0, Data: []byte{1}, Arrived: started.Add(time.Duration(n) * 4 * time.Second)}
		},
	}
	for name, sample := range tests {
		var s Stream
		s.Begin(silent, true)
		for n := range 6 {
			s.Sample(sample(n))
		}
		v := s.Subscribe()
		if got := len(next(t, v).Samples); got != 6 {
			t.Errorf("%s: %d samples within the bounds", name, got)
		}
		for n := range 4 {
			s.Sample(sample(6 + n))
		}
		waits(t, s.Subscribe())
		if len(s.group) != 0 || s.groupBytes != 0 {
			t.Errorf("%s: %d samples, %d bytes are held past the bounds", name, len(s.group), s.groupBytes)
		}
	}
}

func TestCameraComesBack(t *testing.T) {
	var s Stream
	s.Begin(silent, true)
	play(&s, 0, 12)
	v := s.Subscribe()
	expect(t, v, 10, 12, true, false)
	s.End(nvr.Unreachable, errors.New("connection refused"))
	s.End(nvr.Unreachable, errors.New("connection refused"))
	waits(t, v)
	waits(t, s.Subscribe()) // what was is not live
	s.Begin(silent, true)
	play(&s, 0, 2)
	expect(t, v, 0, 2, true, false)

	changed := silent
	changed.Tracks = []media.Track{video}
	changed.Tracks[0].Width = 640
	play(&s, 2, 4)
	s.Begin(changed, false)
	play(&s, 10, 12)
	b := next(t, v)
	if !b.Format.Equal(changed) || b.Fresh || len(b.Samples) != 2 {
		t.Errorf("after a change of format: %+v", b)
	}
}

func TestCloseEndsViewers(t *testing.T) {
	var h Hub
	id := nvr.StreamID{Camera: 7}
	if _, ok := h.Stream(id); ok {
		t.Error("a stream before it was opened")
	}
	s := h.Open(id)
	if again, ok := h.Stream(id); !ok || again != s || h.Open(id) != s {
		t.Error("another stream of the same id")
	}
	v, own := s.Subscribe(), s.Subscribe()
	ended := make(chan error)
	go func() { _, err := own.Next(t.Context()); ended <- err }()
	own.Close()
	if err := <-ended; !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("a closed viewer: %v", err)
	}
	if s.Viewers() != 1 {
		t.Errorf("%d viewers", s.Viewers())
	}
	go func() { _, err := v.Next(t.Context()); ended <- err }()
	h.Close(id)
	if err := <-ended; !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("a viewer of a closed stream: %v", err)
	}
	s.Begin(silent, true)
	play(s, 0, 1)
	if _, err := s.Subscribe().Next(t.Context()); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("a new viewer of a closed stream: %v", err)
	}
	if _, ok := h.Stream(id); ok {
		t.Error("the hub keeps a closed stream")
	}
}

func TestViewersComeAndGo(t *testing.T) {
	var s Stream
	var viewers sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for range 8 {
		viewers.Go(func() {
			for ctx.Err() == nil {
				v := s.Subscribe()
				want := -1
				for range 20 {
					b, err := v.Next(ctx)
					if err != nil {
						break
					}
					for _, n := range numbers(b) {
						if b.Fresh || b.Skipped {
							b.Fresh, b.Skipped, want = false, false, n
							if n%10 != 0 {
								t.Errorf("begins with picture %d", n)
							}
						}
						if n != want {
							t.Errorf("picture %d, want %d", n, want)
						}
						want = n + 1
					}
				}
				v.Close()
			}
		})
	}
	for range 20 {
		s.Begin(silent, true)
		play(&s, 0, 500)
		s.End(nvr.Unreachable, nil)
	}
	cancel()
	viewers.Wait()
	if n := s.Viewers(); n != 0 {
		t.Errorf("%d viewers are left", n)
	}
}

func TestUnwatchedStreamAllocatesNothing(t *testing.T) {
	var s Stream
	s.Begin(silent, true)
	var group []media.Sample
	for n := range 10 {
		group = append(group, picture(n))
	}
	feed := func() {
		for _, x := range group {
			s.Sample(x)
		}
	}
	feed()
	if n := testing.AllocsPerRun(100, feed); n != 0 {
		t.Errorf("%v allocations for a group of pictures", n)
	}
}

func BenchmarkSample(b *testing.B) {
	for name, viewers := range map[string]int{"unwatched": 0, "watched by 4": 4} {
		b.Run(name, func(b *testing.B) {
			var s Stream
			s.Begin(silent, true)
			for range viewers {
				v := s.Subscribe()
				defer v.Close()
			}
			samples := []media.Sample{picture(0), picture(1), picture(2), picture(3)}
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				s.Sample(samples[n%4])
			}
		})
	}
}

func TestNewest(t *testing.T) {
	var s Stream
	for _, step := range []struct {
		do   func()
		want time.Time
	}{
		{func() {}, time.Time{}},
		{func() { s.Begin(silent, true) }, time.Time{}},
		{func() { play(&s, 0, 13) }, picture(12).Arrived},
		{func() { s.Sample(media.Sample{Track: 1, Arrived: started.Add(time.Hour)}) }, picture(12).Arrived},
		{func() { s.End(nvr.Unreachable, nil) }, time.Time{}},
	} {
		if step.do(); !s.Newest().Equal(step.want) {
			t.Errorf("the newest picture is of %v, want %v", s.Newest(), step.want)
		}
	}
}
