package recorder_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// source is a camera that does what it likes.
type source struct {
	*rand.Rand
	sink    *recorder.Stream
	plan    nvr.Plan
	dts     int64
	begun   bool
	skew    time.Duration // of the camera's clock
	history []string
}

// record begins with a sink.
func (s *source) record(sink *recorder.Stream) {
	s.sink, s.begun = sink, false
	sink.SetPlan(s.plan)
}

// act does one thing at random that a connection may do.
func (s *source) act() {
	what := s.IntN(10)
	s.history = append(s.history, fmt.Sprint(what))
	switch what {
	case 0: // an attempt that fails
		reason := []nvr.Reason{nvr.Unreachable, nvr.WrongPassword, nvr.NoPicture}[s.IntN(3)]
		s.sink.End(reason, nil)
		s.begun = false
	case 1: // a new run
		s.sink.Begin(format(), true)
		s.dts, s.begun, s.skew = 0, true, time.Duration(s.IntN(4000)-2000)*time.Millisecond
	case 2: // another format
		if s.begun {
			f := format()
			f.Tracks[0].Width += 2 * s.IntN(3)
			s.sink.Begin(f, false)
			s.picture(true)
		}
	case 3: // no picture for a while
		d := time.Duration(s.IntN(6000)) * time.Millisecond
		time.Sleep(d)
		s.dts += nvr.Units(d, 90000)
	default:
		if !s.begun {
			time.Sleep(time.Duration(s.IntN(3000)) * time.Millisecond)
			return
		}
		s.picture(true)
		for range s.IntN(40) {
			s.picture(s.IntN(12) == 0)
		}
	}
}

// picture sends one, as late as networks are.
func (s *source) picture(key bool) {
	if s.IntN(3) > 0 { // else with the one before
		time.Sleep(time.Duration(s.IntN(120)) * time.Millisecond)
	}
	s.dts += 1 + s.Int64N(9000)
	now := time.Now()
	s.sink.Sample(media.Sample{
		DTS: s.dts, Key: key, Data: make([]byte, 50+s.IntN(500)),
		Arrived: now.Add(-time.Duration(s.IntN(900)) * time.Millisecond), Captured: nvr.TimeOf(now.Add(s.skew)),
	})
	if s.IntN(2) == 0 {
		s.sink.Sample(media.Sample{Track: 1, DTS: s.dts * 48 / 90, Key: true, Data: []byte{1, 2}, Arrived: now})
	}
}

// A camera that changes its format again before the time is over that the last
// picture was thought to last gets segments of no length. They have a file each.
func TestFormatChangesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		defer h.close()
		start := nvr.Now()
		s := h.stream(camera)
		s.Begin(format(), true)
		s.Sample(media.Sample{DTS: 0, Key: true, Data: []byte{1}, Arrived: time.Now()})
		s.Sample(media.Sample{DTS: 9000, Data: []byte{2}, Arrived: time.Now()})
		for dts := range int64(5) {
			s.Begin(format(), false)
			s.Sample(media.Sample{DTS: 9100 + 100*dts, Key: true, Data: []byte{3}, Arrived: time.Now()})
		}
		for i := range int64(20) {
			s.Sample(media.Sample{DTS: 18000 + 9000*i, Data: []byte{4}, Arrived: time.Now()})
		}
		s.End(nvr.Unreachable, nil)
		time.Sleep(3 * time.Second)
		timeline := h.tiled(camera, start, nvr.Now())
		for _, g := range timeline.Gaps {
			if g.Reason != nvr.Unreachable {
				t.Errorf("there is a gap %+v", g)
			}
		}
	})
}

// A picture without a neighbor has a length all the same.
func TestOnePictureAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHome(t)
		defer h.close()
		start := nvr.Now()
		s := h.stream(camera)
		for range 5 {
			s.Begin(format(), true)
			sendPicture(s, 0, time.Now())
			time.Sleep(time.Second)
			s.End(nvr.Unreachable, nil)
			time.Sleep(10 * time.Second)
		}
		timeline := h.tiled(camera, start, nvr.Now())
		if len(timeline.Footage) != 5 {
			t.Errorf("footage is %v, want five pictures", timeline.Footage)
		}
		for _, f := range timeline.Footage {
			if f.Duration() != 40*time.Millisecond {
				t.Errorf("a lone picture lasts %s", f.Duration())
			}
		}
	})
}

// Whatever cameras do, whatever is to be kept and whenever the program is ended
// or killed, footage and gaps tile time.
func TestTilesWhateverHappens(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHome(t)
				defer h.close()
				start := nvr.Now()
				cameras := []nvr.StreamID{camera, {Camera: 2}}
				var sources []*source
				random := rand.New(rand.NewPCG(seed, 1))
				for _, id := range cameras {
					sources = append(sources, &source{Rand: random, sink: h.stream(id)})
				}
				defer func() { t.Log(sources[0].history, sources[1].history) }()
				time.Sleep(1100 * time.Millisecond) // until the catalog knows the streams
				for range 100 {
					i := random.IntN(len(sources))
					s := sources[i]
					switch random.IntN(36) {
					case 5, 6, 7: // its mode is changed
						s.plan = nvr.Plan{Mode: []nvr.Mode{"", nvr.KeepAll, nvr.KeepEvents, nvr.KeepEvents, nvr.KeepEvents, nvr.KeepNone, nvr.Privacy}[random.IntN(7)]}
						s.plan.Before, s.plan.After = time.Duration(random.IntN(30))*time.Second, time.Duration(random.IntN(10))*time.Second
						s.sink.SetPlan(s.plan)
						s.history = append(s.history, fmt.Sprint(s.plan))
					case 8, 9, 10: // something happens
						ago := time.Duration(random.IntN(20)-5) * time.Second
						h.recorder.Happened(cameras[i].Camera, "ring", nvr.Now().Add(-ago), "")
						s.history = append(s.history, "ring")
					case 0: // its address is changed
						s.sink.End(nvr.NotRunning, nil)
						h.recorder.Remove(cameras[i])
						s.record(h.stream(cameras[i]))
						s.history = append(s.history, "changed")
					case 3, 4: // its disk is gone for a while
						there := filepath.Join(h.dir, "footage")
						if err := os.Rename(there, there+".away"); err != nil {
							t.Fatal(err)
						}
						for range random.IntN(8) {
							s.act()
						}
						if err := os.Rename(there+".away", there); err != nil {
							t.Fatal(err)
						}
						s.history = append(s.history, "gone")
					case 1, 2:
						if random.IntN(2) == 0 {
							h.crash()
							s.history = append(s.history, "crash")
						} else {
							h.close()
							s.history = append(s.history, "close")
						}
						time.Sleep(time.Duration(random.IntN(5000)) * time.Millisecond)
						h.open()
						for i, s := range sources {
							s.record(h.stream(cameras[i]))
						}
						time.Sleep(time.Second)
						for _, id := range cameras {
							h.tiled(id, start, nvr.Now())
						}
					default:
						s.act()
					}
				}
				for _, s := range sources {
					s.sink.End(nvr.Unreachable, nil)
				}
				time.Sleep(3 * time.Second)
				for _, id := range cameras {
					h.tiled(id, start, nvr.Now())
				}
			})
		})
	}
}
