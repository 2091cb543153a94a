package rtsp

import (
	"math"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
)

func TestClockWraps(t *testing.T) {
	c := clock{rate: 90000, epoch: time.Unix(1e9, 0)}
	now := time.Unix(1e9, 0)
	var want int64
	for i, ts := range []uint32{math.MaxUint32 - 2999, 0, 3000, 1500, 6000} { // 1500 came late
		at, jumped := c.read(ts, now, 0)
		if i > 0 {
			want = int64(ts) + 3000
		}
		if at != want || jumped {
			t.Errorf("%d is at %d, want %d; jumped %v", ts, at, want, jumped)
		}
	}
}

// A timestamp that cannot be is believed when the next agrees with it; the
// count goes on as time does.
func TestClockJumps(t *testing.T) {
	for _, tt := range []struct {
		name   string
		stamps []uint32 // 1/30 s apart, after one of 1000000
		want   []int64
		jumps  int
	}{
		{"one is far back", []uint32{1003000, 6000, 1009000}, []int64{3000, 6000, 9000}, 0},
		{"one is far ahead", []uint32{1003000, 9006000, 1009000}, []int64{3000, 6000, 9000}, 0},
		{"two are far off, not together", []uint32{1003000, 6000, 90009000, 1012000}, []int64{3000, 6000, 9000, 12000}, 0},
		{"they jump back", []uint32{1003000, 6000, 9000, 12000}, []int64{3000, 6000, 9000, 12000}, 1},
		{"they jump ahead", []uint32{1003000, 9006000, 9009000, 9012000}, []int64{3000, 6000, 9000, 12000}, 1},
		{"they jump, and back", []uint32{9003000, 9006000, 1009000, 1012000}, []int64{3000, 6000, 9000, 12000}, 2},
	} {
		c := clock{rate: 90000, epoch: time.Unix(1e9, 0)}
		now := time.Unix(1e9, 0)
		c.read(1000000, now, 0)
		jumps := 0
		for i, ts := range tt.stamps {
			now = now.Add(time.Second / 30)
			at, jumped := c.read(ts, now, 0)
			if jumped {
				jumps++
			}
			if off := at - tt.want[i]; off < -1 || off > 1 {
				t.Errorf("%s: timestamp %d is at %d, want %d", tt.name, i, at, tt.want[i])
			}
		}
		if jumps != tt.jumps {
			t.Errorf("%s: %d jumps, want %d", tt.name, jumps, tt.jumps)
		}
	}
}

func TestReports(t *testing.T) {
	const ntp2000 = (2208988800 + 946684800) << 32
	for _, early := range []bool{false, true} {
		c := clock{rate: 8000, epoch: time.Unix(1e9, 0)}
		if early {
			c.hear(ntp2000|1<<31, 800, time.Unix(1e9, 0))
		}
		c.read(0, time.Unix(1e9, 0), 0)
		if !early {
			c.hear(ntp2000|1<<31, 800, time.Unix(1e9, 0))
		}
		if got, want := c.captured(1600), nvr.Time(946684800_600000); got != want { // half a second and 800 units
			t.Errorf("early %v: captured at %v, want %v", early, got, want)
		}
	}
	c := clock{rate: 1, epoch: time.Unix(1e9, 0)}
	c.hear(0, 1, time.Unix(1e9, 0))
	if c.captured(1) != 0 {
		t.Error("a report without a clock was believed")
	}
}

func TestDecodeOrder(t *testing.T) {
	tests := []struct {
		name  string
		depth int
		fixed bool
		pts   []int64
		want  []int64
	}{
		{"no reordering", 0, true, []int64{0, 10, 20}, []int64{0, 10, 20}},
		{"a clock that stands or goes back", 0, true, []int64{0, 10, 10, 5, 20}, []int64{0, 10, 11, 12, 20}},
		{"one b picture", 1, true, []int64{0, 20, 10, 40, 30}, []int64{-10, 0, 10, 20, 30}},
		{"a pyramid", 2, true, []int64{0, 40, 20, 10, 30, 80}, []int64{-20, -10, 0, 10, 20, 30}},
		{"learned", 0, false, []int64{0, 30, 10, 20, 60, 40, 50, 90, 70}, []int64{0, 30, 31, 32, 33, 40, 50, 60, 70}},
	}
	for _, tt := range tests {
		var o decodeOrder
		o.begin(tt.depth, tt.fixed, 10)
		var all []int64
		for i, p := range tt.pts {
			dts := o.next(p)
			if all = append(all, dts); tt.depth > 0 && dts > p {
				t.Errorf("%s: picture %d is decoded at %d and shown at %d", tt.name, i, dts, p)
			}
		}
		if diff := cmp.Diff(tt.want, all); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func FuzzDecodeOrder(f *testing.F) {
	f.Add(2, true, []byte{0, 4, 2, 1, 3})
	f.Add(0, false, []byte{0, 4, 2, 1, 3, 9, 9, 9})
	f.Fuzz(func(t *testing.T, depth int, fixed bool, pts []byte) {
		var o decodeOrder
		o.begin(clamp(uint32(depth)), fixed, 3000)
		var all []int64
		for _, p := range pts {
			all = append(all, o.next(int64(p)*3000))
		}
		if !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) {
			t.Errorf("decode times do not grow: %v", all)
		}
		if len(o.queue) > 17 {
			t.Errorf("%d times are kept", len(o.queue))
		}
	})
}

// TestCorrection moves sound when reports say so twice.
func TestCorrection(t *testing.T) {
	const ntp = (2208988800+946684800)<<32 | 1<<31 // not a whole second
	now := time.Unix(1e9, 0)
	video, audio := clock{rate: 90000, epoch: time.Unix(1e9, 0)}, clock{rate: 8000, epoch: time.Unix(1e9, 0)}
	video.read(0, now, 0)
	audio.read(0, now.Add(100*time.Millisecond), 800) // seems late; in truth it began with the picture
	var a alignment
	a.begin(0)
	a.align(&video, &audio)
	if a.zero[1] != -800 {
		t.Fatalf("by arrival sound begins at %d", a.zero[1])
	}
	report := func(video0, audio0 uint32) time.Duration {
		now = now.Add(time.Millisecond)
		video.hear(ntp, video0, now)
		audio.hear(ntp, audio0, now)
		return a.correct(&video, &audio)
	}
	if moved := report(0, 0); moved != -100*time.Millisecond || a.zero[1] != 0 {
		t.Errorf("the first report moved sound by %v to %d", moved, a.zero[1])
	}
	if moved := report(0, 100); moved != 0 {
		t.Errorf("12 ms moved sound by %v", moved)
	}
	if moved := report(0, 4000); moved != 0 {
		t.Errorf("one contradiction moved sound by %v", moved)
	}
	if moved := a.correct(&video, &audio); moved != 0 {
		t.Errorf("the same contradiction moved sound by %v", moved)
	}
	if moved := report(0, 0); moved != 0 {
		t.Errorf("an agreement moved sound by %v", moved)
	}
	report(0, 4000)
	if moved := report(0, 4010); moved == 0 || a.zero[1] != 4010 {
		t.Errorf("a confirmed contradiction moved sound by %v to %d", moved, a.zero[1])
	}
	report(0, 0) // an offset of nothing is one like any other
	if moved := report(0, 0); moved == 0 || a.zero[1] != 0 {
		t.Errorf("a confirmed contradiction moved sound by %v to %d", moved, a.zero[1])
	}
	audio.hear(ntp, 8000*3600, now)
	if a.align(&video, &audio); !within(a.zero[1], 800) {
		t.Errorf("tracks an hour apart were believed: sound begins at %d", a.zero[1])
	}
}

// What this machine's clock is set to makes no packet late.
func TestClockIsSet(t *testing.T) {
	now := time.Now()
	c := clock{rate: 90000, epoch: now}
	for i := range int64(20) {
		if i == 10 { // on by an hour: bits 30 and up of a time with monotonic reading are its seconds
			*(*uint64)(unsafe.Pointer(&now)) += 3600 << 30
		}
		count, jumped := c.read(uint32(i*9000), now, 0)
		if late := c.late(count, now); jumped || late != 0 {
			t.Fatalf("packet %d is %v late; jumped %v", i, late, jumped)
		}
		now = now.Add(100 * time.Millisecond)
	}
}

// A camera that sends a little very often does not fill memory.
func TestHoldIsBounded(t *testing.T) {
	sink := newMemory(t)
	f := newFeeder(sink)
	f.send(0, 0, key264(9))
	for i := range uint32(2 * maxHoldUnits) {
		f.send(1, i, []byte{0xff})
	}
	if n := len(f.hold.units); n > maxHoldUnits || len(sink.samples) == 0 {
		t.Errorf("%d units are held", n)
	}
	f.end()
}

// Timestamps of sound are given up when two windows of 100 units say so, and
// believed again when two are right.
func TestContent(t *testing.T) {
	type window struct {
		stamped, filled int64
		late            bool
	}
	wrong, right := window{1100, 100, false}, window{100, 100, false}
	for _, tt := range []struct {
		name     string
		windows  []window
		byLength bool
	}{
		{"one is wrong", []window{right, wrong, right, wrong}, false},
		{"two are wrong", []window{wrong, wrong}, true},
		{"and two right", []window{wrong, wrong, right, right}, false},
		{"or one right", []window{wrong, wrong, right}, true},
		{"they stand", []window{{0, 100, false}, {0, 100, false}}, true},
		{"sound pauses", []window{{100, 40, false}, {100, 40, false}}, false},
		{"sound with pauses is caught up", []window{{200, 100, true}, {200, 100, true}}, false},
	} {
		var k content
		for _, w := range tt.windows {
			k.stamped, k.filled, k.late = w.stamped, w.filled, w.late
			k.judge(100)
		}
		if k.byLength != tt.byLength {
			t.Errorf("%s: counted by length: %v", tt.name, k.byLength)
		}
	}
}
