package recorder

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/ffmpeg"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// keyFrames returns a film of key frames, as a stream has it.
func keyFrames(t *testing.T) (media.Track, []media.Sample) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=10:d=2", "-pix_fmt", "yuv420p",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "1", "-slices", "1", "-f", "h264", "-")
	film, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	track := media.Track{Codec: media.H264, Timescale: 90000, Width: 320, Height: 240}
	var all []media.Sample
	film = bytes.ReplaceAll(film, []byte{0, 0, 0, 1}, []byte{0, 0, 1})
	for _, unit := range bytes.Split(film, []byte{0, 0, 1})[1:] {
		switch unit[0] & 31 {
		case 7:
			track.SPS = unit
		case 8:
			track.PPS = unit
		case 5:
			data := append(binary.BigEndian.AppendUint32(nil, uint32(len(unit))), unit...)
			all = append(all, media.Sample{Key: true, DTS: int64(len(all)) * 180000, Data: data})
		}
	}
	if len(all) != 20 {
		t.Fatalf("%d key frames", len(all))
	}
	return track, all
}

// see offers pictures until so many small ones came, and returns when those were taken.
func see(t *testing.T, e *eye, all []media.Sample, n int) (at []time.Duration) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	enough := time.After(30 * time.Second)
	for i := 0; len(at) < n; {
		select {
		case p := <-e.out:
			if len(p.gray) != ffmpeg.SmallWidth*ffmpeg.SmallHeight {
				t.Fatalf("%d bytes", len(p.gray))
			}
			at = append(at, p.at)
		case <-tick.C:
			e.mu.Lock()
			idle := e.again != nil && len(e.waiting) == 0
			e.mu.Unlock()
			if idle {
				e.offer(all[i%len(all)], time.Duration(i)*2*time.Second, true)
				i++
			}
		case <-enough:
			t.Fatalf("%d pictures came", len(at))
		}
	}
	return at
}

// A real decoder gives a small picture for each, begins anew when it dies, and is
// gone when it is not needed any more.
func TestEye(t *testing.T) {
	t.Parallel()
	track, all := keyFrames(t)
	tool, err := ffmpeg.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var eyes sync.WaitGroup
	share := &share{}
	e := openEye(tool, track, share, slog.New(slog.NewTextHandler(t.Output(), nil)), &eyes)
	for i, at := range see(t, e, all, 10) {
		if at != time.Duration(i)*2*time.Second {
			t.Errorf("picture %d is said to be of %s", i, at)
		}
	}
	e.mu.Lock()
	e.again() // the decoder dies
	e.again = nil
	e.mu.Unlock()
	see(t, e, all, 5)
	e.stop()
	eyes.Wait()
	if share.have >= share.most() { // none was earned since the last came out
		t.Error("it took nothing of the share")
	}
}

// hung is a decoder that reads and says nothing.
type hung struct{ began atomic.Int32 }

func (h *hung) Shrink(ctx context.Context, _ media.Codec, in io.Reader, _ func([]byte)) error {
	h.began.Add(1)
	_, err := io.Copy(io.Discard, in)
	return errors.Join(err, ctx.Err())
}

// A decoder that hangs takes nothing from the stream, is given no more than it may
// hold, and is ended and begun anew, more and more seldom.
func TestEyeThatHangs(t *testing.T) {
	for _, keys := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			h := &hung{}
			var eyes sync.WaitGroup
			e := openEye(h, media.Track{Codec: media.H264}, &share{}, slog.New(slog.DiscardHandler), &eyes)
			most := 30
			if keys {
				most = 4
			}
			for i := range 6000 { // ten minutes
				e.offer(media.Sample{Key: keys || i%100 == 0, Data: []byte{0, 0, 0, 1, 1}}, time.Duration(i)*time.Second/10, keys)
				e.mu.Lock()
				if len(e.waiting) > most {
					t.Errorf("%d pictures wait", len(e.waiting))
				}
				e.mu.Unlock()
				time.Sleep(100 * time.Millisecond)
			}
			e.stop()
			eyes.Wait()
			if n := h.began.Load(); n < 5 || n > 12 {
				t.Errorf("it was begun %d times in ten minutes", n)
			}
		})
	}
}

// busy is a decoder that takes some time for each picture, and holds so many back
// until others push them out.
type busy struct {
	takes time.Duration
	holds int
	began atomic.Int32
}

func (h *busy) Shrink(_ context.Context, _ media.Codec, in io.Reader, tell func([]byte)) error {
	h.began.Add(1)
	small := make([]byte, ffmpeg.SmallWidth*ffmpeg.SmallHeight)
	b := make([]byte, 1<<10)
	for held := 0; ; {
		n, err := in.Read(b)
		if err != nil {
			return err
		}
		for range bytes.Count(b[:n], []byte{9, 0xf0}) { // as many pictures
			<-time.After(h.takes)
			if held++; held > h.holds {
				held--
				tell(small)
			}
		}
	}
}

// What is decoded takes of the share what decoding takes, not what a picture waits
// for those that push it out: else a decoder that has nothing to do is said to be
// busy, and is asked seldom.
func TestWaitingTakesNoShare(t *testing.T) {
	for name, c := range map[string]struct {
		composition int32
		holds, late int
	}{"in order": {0, 0, 0}, "reordered by two": {9000, 2, 1}, "by four": {9000, 4, 2}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &busy{takes: 10 * time.Millisecond, holds: c.holds}
				var eyes sync.WaitGroup
				share := &share{}
				e := openEye(h, media.Track{Codec: media.H264}, share, slog.New(slog.DiscardHandler), &eyes)
				synctest.Wait()
				const n = 60
				for i := range n {
					at := time.Duration(i) * 2 * time.Second
					e.offer(media.Sample{Key: true, Composition: c.composition, Data: []byte{0, 0, 0, 1, 1}}, at, true)
					time.Sleep(2 * time.Second)
					if i < c.late {
						continue
					}
					select {
					case p := <-e.out:
						if want := at - time.Duration(c.late)*2*time.Second; p.at != want {
							t.Fatalf("the picture of %s comes, want %s", p.at, want)
						}
					default:
						t.Fatalf("key frame %d was not decoded", i)
					}
				}
				if share.left(time.Now()); share.have < share.most()-100*time.Millisecond {
					t.Errorf("two minutes of little work took %s of the share", share.most()-share.have)
				}
				e.stop()
				eyes.Wait()
				if h.began.Load() != 1 {
					t.Errorf("it was begun %d times", h.began.Load())
				}
			})
		})
	}
}

// A decoder that is asked seldom, as where the share is used up, is not taken for
// one that hangs.
func TestEyeThatIsAskedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &busy{holds: 1}
		var eyes sync.WaitGroup
		e := openEye(h, media.Track{Codec: media.H264}, &share{}, slog.New(slog.DiscardHandler), &eyes)
		for i := range 20 {
			e.offer(media.Sample{Key: true, Data: []byte{0, 0, 0, 1, 1}}, time.Duration(i)*15*time.Second, true)
			time.Sleep(15 * time.Second)
		}
		e.stop()
		eyes.Wait()
		if n := h.began.Load(); n != 1 {
			t.Errorf("it was begun %d times", n)
		}
	})
}

// What is decoded is bounded, whoever asks.
func TestShare(t *testing.T) {
	var s share
	now := time.Unix(1e9, 0)
	if !s.left(now) {
		t.Error("there is none at the beginning")
	}
	most := s.most()
	s.spend(most + time.Second)
	if s.left(now) {
		t.Error("there is some after it was spent")
	}
	if s.left(now.Add(-time.Hour)) {
		t.Error("a clock that was set back gives some")
	}
	if !s.left(now.Add(time.Hour)) || s.have != most {
		t.Errorf("an hour gives %s, not %s", s.have, most)
	}
}

// The stream that is decoded is the small one if it comes, and none without a tool.
func TestOneDecoderACamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, with := range []bool{false, true} {
			r := &Recorder{log: slog.New(slog.DiscardHandler)}
			if with {
				r.tool = &hung{}
			}
			c := &scene{publish: func(nvr.Event) {}}
			var both [2]*Stream
			for q := range both {
				s := newStream(r, r.newAccount(nvr.StreamID{Camera: 1, Quality: nvr.Quality(q)}, 0), c)
				s.cutter.format = media.Format{Tracks: []media.Track{{Codec: media.H264, Timescale: 90000}}}
				s.blind(s.cutter.format.Video())
				both[q] = s
			}
			key := media.Sample{Key: true, Data: []byte{0, 0, 0, 1, 1}}
			at := func() [2]bool { return [2]bool{both[0].eye != nil, both[1].eye != nil} }
			look := func() { both[0].look(key); both[1].look(key); key.DTS += 90000 }
			look()
			if got := at(); got != [2]bool{false, with} {
				t.Errorf("decoded are %v", got)
			}
			both[nvr.Sub].blind(media.Track{})
			both[nvr.Main].look(key)
			if got := at(); got != [2]bool{with, false} {
				t.Errorf("without the sub stream decoded are %v", got)
			}
			both[nvr.Sub].blind(both[0].cutter.format.Video())
			look()
			if got := at(); got != [2]bool{false, with} {
				t.Errorf("with it again decoded are %v", got)
			}
			for range 120 {
				look() // all is well: after a minute nothing has to be
			}
			if got := at(); got != [2]bool{} {
				t.Errorf("after two minutes decoded are %v", got)
			}
			both[nvr.Sub].blind(media.Track{})
			both[nvr.Main].blind(media.Track{})
			r.eyes.Wait()
		}
	})
}
