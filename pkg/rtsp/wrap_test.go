package rtsp

import (
	"bytes"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/rtcp"

	"nvrd/pkg/nvr"
)

const ntp2028 uint64 = (2208988800 + 1835395200) << 32 // 2028-02-29T00:00:00Z

// Timestamps wrap around after 13 hours of pictures and 25 of sound at 48 kHz:
// in order and out of order, with a report on either side.
func TestWrap(t *testing.T) {
	for _, rate := range []int64{90000, 8000, 48000} {
		frame := rate / 50
		at := func(n int64) uint32 { return uint32(n * frame) } // frame 0 is where it wraps
		for _, order := range [][]int64{{-3, -2, -1, 0, 1, 2, 3}, {-3, -1, -2, 0, 2, 1, 3}, {-3, 0, -1, 1, -2, 2, 3}, {-3, 3, -2, 2, -1, 1, 0}} {
			for report := int64(-5); report <= 5; report++ {
				for after := range order { // how many frames came before the report
					c := clock{rate: rate, epoch: time.Unix(1e9, 0)}
					counts := map[int64]int64{}
					for i, n := range order {
						if i == after {
							c.hear(ntp2028, at(report), time.Unix(1e9, 0))
						}
						count, jumped := c.read(at(n), time.Unix(1e9, 0), 0)
						if counts[n] = count; jumped || count != (n+3)*frame {
							t.Fatalf("%d Hz, %v: frame %d is at %d; jumped %t", rate, order, n, count, jumped)
						}
					}
					for n, count := range counts {
						want := nvr.Time(1835395200e6).Add(time.Duration(n-report) * 20 * time.Millisecond)
						if got := c.captured(count); got != want {
							t.Fatalf("%d Hz, %v, report of %d after %d: frame %d was captured at %s, want %s", rate, order, report, after, n, got, want)
						}
					}
				}
			}
		}
	}
}

// A camera that runs for months wraps hundreds of times.
func TestWrapsForMonths(t *testing.T) {
	for _, rate := range []int64{90000, 8000, 48000} {
		c := clock{rate: rate, epoch: time.Unix(1e9, 0)}
		first := int64(math.MaxUint32) - 5*rate
		for n := range int64(100 * 24 * 360) { // each 10 s
			if n%6 == 0 {
				c.hear(ntp2028+uint64(n)*10<<32, uint32(first+n*10*rate), time.Unix(1e9+n*10, 0))
			}
			count, jumped := c.read(uint32(first+n*10*rate), time.Unix(1e9+n*10, 0), 0)
			if jumped || count != n*10*rate || c.captured(count) != nvr.Time((1835395200+n*10)*1e6) {
				t.Fatalf("%d Hz, after %d s: count %d, captured at %s; jumped %t", rate, n*10, count, c.captured(count), jumped)
			}
		}
	}
}

// What wraps is one run like any other, and sound stays with the picture.
func TestStreamWraps(t *testing.T) {
	want := wrapped(t, 5, 5)
	if len(want) != 100 {
		t.Fatalf("%d samples, want 50 pictures and 50 frames of sound", len(want))
	}
	for _, c := range []struct {
		name         string
		video, audio uint32
	}{
		{"both at once", ^uint32(0) - 2*90000, ^uint32(0) - 2*8000},
		{"the picture", ^uint32(0) - 2*90000, 5},
		{"the sound", 5, ^uint32(0) - 2*8000},
		{"between two reports", ^uint32(0) - 90000 - 300, ^uint32(0) - 8000 - 500},
		{"while samples are held back", ^uint32(0) - 8000, ^uint32(0) - 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(want, wrapped(t, c.video, c.audio)); diff != "" {
				t.Errorf("against a stream that does not wrap (-want +got):\n%s", diff)
			}
		})
	}
}

// wrapped returns what becomes of five seconds with reports, whose timestamps
// begin at video and audio: track, decode time, and capture time of each sample.
func wrapped(t *testing.T, video, audio uint32) (samples [][3]int64) {
	synctest.Test(t, func(t *testing.T) { samples = wrappedNow(t, video, audio) })
	return samples
}

func wrappedNow(t *testing.T, video, audio uint32) (samples [][3]int64) {
	sink := newMemory(t)
	f := newFeeder(sink)
	for n := range uint32(5) {
		for i := range uint32(10) {
			picture := inter264(20)
			if i == 0 {
				picture = key264(50)
			}
			f.send(0, video+n*90000+i*9000, picture)
			f.send(1, audio+n*8000+i*800, bytes.Repeat([]byte{0xff}, 800))
			if i == 0 {
				f.report(0, &rtcp.SenderReport{NTPTime: ntp2028 + uint64(n)<<32, RTPTime: video + n*90000})
				f.report(1, &rtcp.SenderReport{NTPTime: ntp2028 + uint64(n)<<32, RTPTime: audio + n*8000})
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	f.end()
	if sink.fresh != 1 {
		t.Errorf("there are %d runs", sink.fresh)
	}
	for _, s := range sink.spoken() {
		samples = append(samples, [3]int64{int64(s.Track), s.DTS, int64(s.Captured)})
	}
	return samples
}

// A sender report may say anything. Its seconds began in 1900, and begin again
// in 2036.
func TestReportsOfAnyTime(t *testing.T) {
	for _, c := range []struct {
		seconds uint32
		want    string // empty: nobody knows
	}{
		{3155673600, "2000-01-01T00:00:00Z"}, {0xffffffff, "2036-02-07T06:28:15Z"}, {1, "2036-02-07T06:28:17Z"},
		{2208988800, "1970-01-01T00:00:00Z"}, {1 << 31, ""}, {1<<31 - 1, "2104-02-26T09:42:23Z"},
	} {
		k := clock{rate: 90000, epoch: time.Unix(1e9, 0)}
		k.read(5, time.Unix(1e9, 0), 0)
		k.hear(uint64(c.seconds)<<32, 5, time.Unix(1e9, 0))
		got := k.captured(0)
		if c.want == "" && got != 0 || c.want != "" && got.String() != c.want {
			t.Errorf("%d s are %s, want %q", c.seconds, got, c.want)
		}
	}
}

// A camera's clock that jumps within a run moves neither pictures nor sound:
// both of its reports jump.
func TestReportsJump(t *testing.T) {
	for _, jump := range []int64{-10 * 365 * 86400, -3600, -1, 1, 3600, 10 * 365 * 86400} {
		synctest.Test(t, func(t *testing.T) {
			sink := newMemory(t)
			f := newFeeder(sink)
			for n := range uint32(6) {
				f.second(90000*n, 8000*n)
				ntp := ntp2028 + uint64(n)<<32
				if n >= 3 {
					ntp = ntp2028 + uint64(int64(n)+jump)<<32
				}
				f.report(0, &rtcp.SenderReport{NTPTime: ntp, RTPTime: 90000 * n})
				f.report(1, &rtcp.SenderReport{NTPTime: ntp, RTPTime: 8000 * n})
			}
			f.end()
			if sink.fresh != 1 || sink.count(0) != 60 || len(sink.spoken()) != 60+60 {
				t.Errorf("by %d s: %d runs, %d pictures of %d samples", jump, sink.fresh, sink.count(0), len(sink.spoken()))
			}
		})
	}
}
