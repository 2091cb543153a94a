// Package histogram counts how long things took, in buckets of fixed bounds, over a
// window that moves with time.
package histogram

import (
	"math/bits"
	"sync"
	"time"

	"nvrd/pkg/nvr"
)

// Half is half of the window. What is summed up is the present half hour and the one
// before, so each thing counts for half an hour at least and an hour at most.
const Half = 30 * time.Minute

const (
	// parts is how many buckets each doubling has: what is said is at most an eighth
	// too long.
	parts = 8
	// longest is where the last bucket begins, in microseconds: 67 s. What took longer
	// shows in Max alone.
	longest = 1 << 26
	buckets = parts*24 + 1
)

// Histogram counts how long things of one kind took. The zero value is ready. Its
// methods are safe for concurrent use and do not allocate; Add takes less than a
// microsecond, and a histogram 1.6 kB. It lives in memory only: a restart begins anew.
type Histogram struct {
	mu       sync.Mutex
	now, was half // the present half of the window, and the one before
}

type half struct {
	began  time.Time // zero if nothing was counted
	max    time.Duration
	counts [buckets]uint32
}

// Add counts something that took d. What took less than a microsecond counts as none.
func (h *Histogram) Add(d time.Duration) {
	now := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.turn(now)
	if h.now.began.IsZero() {
		h.now.began = now
	}
	h.now.counts[bucket(d)]++
	h.now.max = max(h.now.max, d)
}

// Timings sums up the window.
func (h *Histogram) Timings() (t nvr.Timings) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.turn(time.Now())
	for i := range buckets {
		t.Count += int64(h.now.counts[i]) + int64(h.was.counts[i])
	}
	t.Max = max(h.now.max, h.was.max)
	t.P50, t.P95, t.P99 = h.quantile(t, 50), h.quantile(t, 95), h.quantile(t, 99)
	return t
}

// turn makes the present half the one before when its time is over.
func (h *Histogram) turn(now time.Time) {
	switch since := now.Sub(h.now.began); {
	case h.now.began.IsZero() || since < Half:
		return
	case since < 2*Half:
		h.was, h.now = h.now, half{began: h.now.began.Add(Half)}
	default:
		h.was, h.now = half{}, half{}
	}
}

// quantile returns the upper bound of the bucket in which the least duration lies that
// percent of a hundred do not exceed; the longest of all bounds it.
func (h *Histogram) quantile(t nvr.Timings, percent int64) time.Duration {
	rank := (t.Count*percent + 99) / 100
	for i := range buckets {
		if rank -= int64(h.now.counts[i]) + int64(h.was.counts[i]); rank <= 0 && i < buckets-1 {
			return min(bound(i), t.Max)
		}
	}
	return t.Max
}

// bucket returns the number of the bucket of d: whole microseconds up to 16, and from
// there eight steps each doubling.
func bucket(d time.Duration) int {
	us := uint64(max(d/time.Microsecond, 0)) //nolint:gosec // is not negative
	us = min(us, longest)
	e := max(bits.Len64(us)-4, 0)
	return e*parts + int(us>>e) //nolint:gosec // is below 16
}

// bound returns what everything in bucket i is shorter than.
func bound(i int) time.Duration {
	e := max(i/parts-1, 0)
	return time.Duration(i-e*parts+1) << e * time.Microsecond
}
