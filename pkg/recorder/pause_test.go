package recorder_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// A hole in a stream of ten pictures a second is told as what it is, however
// short it is beside the patience of a connection.
func TestHoleIsNoFootage(t *testing.T) {
	for _, hole := range []int{4, 9, 30} {
		synctest.Test(t, func(t *testing.T) {
			h := newHome(t)
			defer h.close()
			start := nvr.Now()
			s := h.stream(camera)
			s.Begin(format(), true)
			send(s, 0, 20)
			time.Sleep(time.Duration(hole) * time.Second)
			send(s, 20+hole, 20)
			s.End(nvr.Unreachable, nil)
			time.Sleep(3 * time.Second)
			back := 20 + float64(hole)
			want := []stretch{{"footage", 0, 20}, {"no_picture", 20, back}, {"footage", back, back + 20}, {"unreachable", back + 20, -1}}
			if diff := cmp.Diff(want, h.told(camera, start), cmp.AllowUnexported(stretch{})); diff != "" {
				t.Errorf("a hole of %d s (-want +got):\n%s", hole, diff)
			}
		})
	}
}

// A picture may last long, and not for ever: what builds on it then waits for the
// next key frame.
func TestPictureLastsAMinuteAtMost(t *testing.T) {
	for _, c := range []struct {
		hole int
		want []stretch
	}{
		{59, []stretch{{"footage", 0, 84}, {"unreachable", 84, -1}}},
		{61, []stretch{{"footage", 0, 20.1}, {"no_picture", 20.1, 82}, {"footage", 82, 86}, {"unreachable", 86, -1}}},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHome(t)
			defer h.close()
			start := nvr.Now()
			s := h.stream(camera)
			s.Begin(format(), true)
			send(s, 0, 20)
			sendPicture(s, 200, time.Now())
			time.Sleep(time.Duration(c.hole)*time.Second + 100*time.Millisecond)
			for i := 201 + 10*c.hole; i < 250+10*c.hole; i++ {
				sendPicture(s, i, time.Now())
				time.Sleep(100 * time.Millisecond)
			}
			s.End(nvr.Unreachable, nil)
			time.Sleep(3 * time.Second)
			if diff := cmp.Diff(c.want, h.told(camera, start), cmp.AllowUnexported(stretch{})); diff != "" {
				t.Errorf("a hole of %d s (-want +got):\n%s", c.hole, diff)
			}
		})
	}
}

// Sound that claims to be older than what was heard before is left out.
func TestSoundGoesForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		defer h.close()
		start := nvr.Now()
		s := h.stream(camera)
		s.Begin(format(), true)
		for i := range 100 {
			s.Sample(media.Sample{DTS: int64(i) * 9000, Key: i%10 == 0, Data: []byte{1}, Arrived: time.Now()})
			for _, back := range []int64{0, 0, 1000, 100_000} {
				s.Sample(media.Sample{Track: 1, DTS: int64(i)*4800 - back, Key: true, Data: []byte{2}, Arrived: time.Now()})
			}
			time.Sleep(100 * time.Millisecond)
		}
		s.End(nvr.Unreachable, nil)
		time.Sleep(3 * time.Second)
		h.soundFits(camera, start)
		if times := h.decodeTimes(camera, start); len(times[0]) != 100 || len(times[1]) != 100 {
			t.Errorf("%d pictures and %d frames of sound are recorded, want 100 each", len(times[0]), len(times[1]))
		}
	})
}

// shot is a picture: when it was taken, in seconds, and whether it is a key frame.
type shot struct {
	at  float64
	key bool
}

// shots are pictures every so many seconds, the first of each group a key frame.
func shots(from, to, every float64, group int) (all []shot) {
	for i := 0; from+float64(i)*every < to-1e-9; i++ {
		all = append(all, shot{from + float64(i)*every, i%group == 0})
	}
	return all
}

// shoot sends pictures as they are taken, and sound all the time. It returns
// the decode times of the pictures.
func shoot(s media.Sink, all []shot, until float64) (dts []int64) {
	began := time.Now()
	sound := int64(0)
	for i := 0; i < len(all) || float64(sound)/48000 < until; {
		at := float64(sound) / 48000
		if i < len(all) && all[i].at <= at {
			next := all[i]
			at = next.at
			i++
			dts = append(dts, int64(next.at*90000+0.5))
			time.Sleep(time.Until(began.Add(time.Duration(at * 1e9))))
			s.Sample(media.Sample{DTS: dts[i-1], Key: next.key, Data: []byte{1, byte(i)}, Arrived: time.Now()})
			continue
		}
		time.Sleep(time.Until(began.Add(time.Duration(at * 1e9))))
		s.Sample(media.Sample{Track: 1, DTS: sound, Key: true, Data: []byte{2, byte(sound)}, Arrived: time.Now()})
		sound += 1024
	}
	return dts
}

// A camera that sends a picture only now and then is recorded from picture to
// picture: each that came is in the files, whatever it needs to be decoded.
func TestPicturesThatComeSlowly(t *testing.T) {
	type story struct {
		name  string
		shots []shot
		gaps  int // that are told, at most
	}
	var stories []story
	for _, every := range []float64{4, 8, 15} {
		for _, group := range []int{1, 5} {
			stories = append(stories, story{fmt.Sprintf("every %v s, key frame each %d", every, group), shots(0, 20*every, every, group), 2 - min(group, 2)})
		}
		for _, before := range []int{1, 7, 12, 15} {
			var all []shot
			from := 0.0
			for range 12 { // pauses before key frames and others
				n := len(all)
				for range before {
					all = append(all, shot{from, len(all)%5 == 0})
					from = all[len(all)-1].at + 1.0/15
				}
				from = all[n+before-1].at + every
			}
			stories = append(stories, story{fmt.Sprintf("%d pictures, then none for %v s", before, every), all, 12})
		}
	}
	stories = append(stories, story{"slower and slower", slices.Concat(shots(0, 4, 0.2, 20), shots(4, 40, 2, 18), shots(40, 200, 10, 5)), 0})
	for _, c := range stories {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHome(t)
				defer h.close()
				start := nvr.Now()
				s := h.stream(camera)
				s.Begin(format(), true)
				want := shoot(s, c.shots, c.shots[len(c.shots)-1].at+1)
				ended := nvr.Now()
				s.End(nvr.Unreachable, nil)
				time.Sleep(3 * time.Second)
				if got := h.decodeTimes(camera, start)[0]; !slices.Equal(got, want) {
					t.Errorf("of %d pictures %d are recorded", len(want), len(got))
				}
				h.soundFits(camera, start)
				timeline := h.tiled(camera, start, nvr.Now())
				gaps := 0
				for _, g := range timeline.Gaps {
					if g.Reason == nvr.NoPicture {
						gaps++
					}
				}
				if files := len(h.segmentsSince(camera, start)); files > 2+gaps+int(ended.Sub(start)/time.Minute) {
					t.Errorf("%s are %d files", ended.Sub(start), files)
				}
				if gaps > c.gaps {
					t.Errorf("%d gaps are told, want at most %d: %v", gaps, c.gaps, timeline.Gaps)
				}
				if last := timeline.Footage[len(timeline.Footage)-1].To; last > ended {
					t.Errorf("footage ends %s after the camera was lost", last.Sub(ended))
				}
			})
		})
	}
}

// soundFits fails the test unless the sound in each file begins and ends with its
// pictures, give or take a frame, and goes on from one frame to the next.
func (h *home) soundFits(id nvr.StreamID, start nvr.Time) {
	h.t.Helper()
	frame := nvr.Duration(1024, 48000)
	last, run := int64(-1), nvr.RunID(0)
	for _, seg := range h.segmentsSince(id, start) {
		if seg.Run != run {
			last, run = -1, seg.Run
		}
		sound := h.decodeTimesOf(seg)[1]
		end := nvr.Duration(seg.MediaStart+seg.MediaDuration, seg.Timescale)
		for _, dts := range sound {
			if dts <= last {
				h.t.Errorf("sound goes back from %d to %d", last, dts)
			}
			last = dts
		}
		if n := len(sound); n > 0 {
			if ahead := nvr.Duration(seg.MediaStart, seg.Timescale) - nvr.Duration(sound[0], 48000); ahead > frame {
				h.t.Errorf("the sound of %s begins %s before its pictures", seg.Span, ahead)
			}
			if over := nvr.Duration(sound[n-1]+1024, 48000) - end; over > frame {
				h.t.Errorf("the sound of %s ends %s after its pictures", seg.Span, over)
			}
		}
	}
}

// Where pictures stop, sound stops, whatever happens then.
func TestSoundEndsWithPictures(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(h *home, s *recorder.Stream)
	}{
		{"the camera is lost", func(_ *home, s *recorder.Stream) { s.End(nvr.NoPicture, nil) }},
		{"it begins anew", func(_ *home, s *recorder.Stream) { s.Begin(format(), true); shoot(s, shots(0, 5, 0.1, 10), 5) }},
		{"it changes its format", func(_ *home, s *recorder.Stream) {
			s.Begin(format(), false)
			s.Sample(media.Sample{DTS: 20 * 90000, Key: true, Data: []byte{1}, Arrived: time.Now()})
		}},
		{"nothing is kept any more", func(_ *home, s *recorder.Stream) {
			s.SetPlan(nvr.Plan{Mode: nvr.KeepNone})
			s.Sample(media.Sample{DTS: 20 * 90000, Key: true, Data: []byte{1}, Arrived: time.Now()})
		}},
		{"events alone are kept", func(_ *home, s *recorder.Stream) {
			s.SetPlan(nvr.Plan{Mode: nvr.KeepEvents})
			s.Sample(media.Sample{DTS: 20 * 90000, Key: true, Data: []byte{1}, Arrived: time.Now()})
		}},
		{"pictures come again, and sound is late", func(_ *home, s *recorder.Stream) {
			s.Sample(media.Sample{DTS: 21 * 90000, Key: true, Data: []byte{1}, Arrived: time.Now()})
			for dts := int64(20 * 48000); dts < 22*48000; dts += 1024 {
				s.Sample(media.Sample{Track: 1, DTS: dts, Key: true, Data: []byte{2}, Arrived: time.Now()})
			}
			s.Sample(media.Sample{DTS: 22 * 90000, Data: []byte{1}, Arrived: time.Now()})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHome(t)
				defer h.close()
				start := nvr.Now()
				s := h.stream(camera)
				s.Begin(format(), true)
				shoot(s, shots(0, 15, 0.1, 10), 20)
				c.then(h, s)
				s.End(nvr.NotRunning, nil)
				time.Sleep(3 * time.Second)
				timeline := h.tiled(camera, start, nvr.Now())
				if len(timeline.Footage) == 0 || timeline.Footage[0].Duration() != 15*time.Second {
					t.Errorf("footage is %v, want 15 s first", timeline.Footage)
				}
				h.soundFits(camera, start)
			})
		})
	}
}
