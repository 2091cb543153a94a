package recorder_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// doorbell is a camera with a good clock, whose life is random otherwise.
type doorbell struct {
	*rand.Rand
	home    *home
	sink    *recorder.Stream
	plan    nvr.Plan
	picture int // the next; decode times grow over all connections
	toKey   int // pictures up to the next key frame
	live    bool
	held    nvr.Time // since when everything was received in one piece, and as the plan says; zero if it was not
	rang    nvr.Time // last; what happened before that finds less in memory
	owed    []nvr.Span
	paying  []owed
}

// owed is a promise: footage from a time on, until after another.
type owed struct{ from, to nvr.Time }

// film sends pictures and their sound, 10 a second, a little late.
func (d *doorbell) film(pictures int) {
	for range pictures {
		key := d.toKey == 0
		if key {
			d.toKey = 3 + d.IntN(40)
			if d.held == 0 {
				d.held = nvr.Now()
			}
		}
		d.toKey--
		now := time.Now()
		late := time.Duration(d.IntN(200)) * time.Millisecond
		d.sink.Sample(media.Sample{
			DTS: int64(d.picture) * 9000, Key: key, Data: make([]byte, 300+d.IntN(200)),
			Arrived: now.Add(late), Captured: nvr.TimeOf(now),
		})
		d.sink.Sample(media.Sample{Track: 1, DTS: int64(d.picture) * 4800, Key: true, Data: []byte{1, 2}, Arrived: now})
		d.picture++
		time.Sleep(100 * time.Millisecond)
	}
}

// ring happens a little ago, and promises footage.
func (d *doorbell) ring() {
	at := max(d.rang, nvr.Now().Add(-time.Duration(d.IntN(4000))*time.Millisecond))
	d.rang = at
	d.home.recorder.Happened(camera.Camera, "ring", at, "")
	if d.live && d.held != 0 && d.plan.Mode == nvr.KeepEvents {
		d.paying = append(d.paying, owed{max(at.Add(-d.plan.Before), d.held), at.Add(d.plan.After)})
		d.film(1) // with which the plan that promised holds
	}
}

// interrupt says that promises hold up to now only.
func (d *doorbell) interrupt() {
	now := nvr.Now()
	for _, o := range d.paying {
		d.owed = append(d.owed, nvr.Span{From: o.from, To: min(o.to, now)})
	}
	d.paying, d.held = nil, 0
}

func (d *doorbell) connect() {
	d.interrupt()
	d.sink.Begin(format(), true)
	d.live, d.toKey = true, 0
}

func (d *doorbell) lose() {
	d.sink.End(nvr.Unreachable, nil)
	d.interrupt()
	d.live = false
}

func (d *doorbell) replan() {
	d.interrupt()
	d.plan = nvr.Plan{Mode: nvr.KeepEvents, Before: time.Duration(d.IntN(31)) * time.Second, After: time.Duration(d.IntN(15)) * time.Second}
	if d.IntN(4) == 0 {
		d.plan.Mode = []nvr.Mode{nvr.KeepAll, nvr.KeepNone}[d.IntN(2)]
	}
	d.sink.SetPlan(d.plan)
}

// Whatever else happens to camera and program: what was received from before an
// event until after it is in the footage, each picture once, and stays as long
// as the event's own.
func TestEventsAreKept(t *testing.T) {
	owed := 0
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHome(t)
				defer func() { h.close() }()
				start := nvr.Now()
				d := &doorbell{Rand: rand.New(rand.NewPCG(seed, 7)), home: h, sink: h.stream(camera)}
				d.replan()
				d.connect()
				for range 60 {
					switch d.IntN(12) {
					case 0:
						d.replan()
					case 1:
						if d.live {
							d.lose()
						}
						time.Sleep(time.Duration(d.IntN(5000)) * time.Millisecond)
						d.connect()
					case 2:
						if d.IntN(3) == 0 {
							if d.live {
								d.film(10) // what was gathered is not owed
							}
							d.interrupt()
							h.crash()
							time.Sleep(time.Duration(d.IntN(5000)) * time.Millisecond)
							h.open()
							d.sink = h.stream(camera)
							d.sink.SetPlan(d.plan)
							d.connect()
						}
					case 3, 4, 5:
						d.ring()
					default:
						d.film(d.IntN(150))
					}
				}
				d.lose()
				time.Sleep(3 * time.Second)
				timeline := h.tiled(camera, start, nvr.Now())
				for _, span := range d.owed {
					for _, gap := range timeline.Gaps {
						if gap.Span.To == 0 {
							gap.Span.To = nvr.Now()
						}
						missing := gap.Span.Intersect(span)
						if gap.Reason == nvr.NoEvent && missing.Duration() > slack {
							t.Errorf("%s after the start %s are missing of an event of %s; seed %d", missing.From.Sub(start), missing.Duration(), span.Duration(), seed)
						}
					}
				}
				err := h.catalog.Oldest(t.Context(), 1, nvr.Continuous, nil, func(k catalog.Kept) bool {
					for _, span := range d.owed {
						if common := k.Span.Intersect(span); common.Duration() > slack {
							t.Errorf("%s after the start %s of an event go with what is continuous; seed %d", common.From.Sub(start), common.Duration(), seed)
						}
					}
					return true
				})
				if err != nil {
					t.Fatal(err)
				}
				pictures := h.decodeTimes(camera, start)[0]
				for i := range pictures[1:] {
					if pictures[i+1] <= pictures[i] {
						t.Fatalf("picture %d follows %d", pictures[i+1]/9000, pictures[i]/9000)
					}
				}
				owed += len(d.owed)
			})
		})
	}
	if owed < 20 {
		t.Errorf("%d events prove little", owed)
	}
}

// slack is a picture, and what a wall clock that is guessed may be off.
const slack = 250 * time.Millisecond
