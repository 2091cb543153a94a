package histogram

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/nvr"
)

const ms = time.Millisecond

func TestTimings(t *testing.T) {
	many := func(n int, d time.Duration) (all []time.Duration) {
		for range n {
			all = append(all, d)
		}
		return all
	}
	for name, c := range map[string]struct {
		took []time.Duration
		want nvr.Timings
	}{
		"nothing":                       {nil, nvr.Timings{}},
		"one":                           {many(1, 3*ms), nvr.Timings{Count: 1, P50: 3 * ms, P95: 3 * ms, P99: 3 * ms, Max: 3 * ms}},
		"a clock that went back":        {many(2, -ms), nvr.Timings{Count: 2}},
		"no time at all":                {many(2, 0), nvr.Timings{Count: 2}},
		"as long as there are numbers":  {many(1, math.MaxInt64), nvr.Timings{Count: 1, P50: math.MaxInt64, P95: math.MaxInt64, P99: math.MaxInt64, Max: math.MaxInt64}},
		"one in a hundred is the last":  {append(many(99, 3), ms), nvr.Timings{Count: 100, P50: time.Microsecond, P95: time.Microsecond, P99: time.Microsecond, Max: ms}},
		"two in a hundred are the last": {append(many(98, 3), ms, ms), nvr.Timings{Count: 100, P50: time.Microsecond, P95: time.Microsecond, P99: ms, Max: ms}},
	} {
		var h Histogram
		for _, d := range c.took {
			h.Add(d)
		}
		if got := h.Timings(); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// A quantile is the true one, or up to an eighth and a microsecond longer.
func TestQuantiles(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 0))
		var h Histogram
		var all []time.Duration
		for range 1 + random.IntN(2000) {
			d := time.Duration(math.Exp(random.Float64() * math.Log(float64(67*time.Second))))
			all = append(all, d)
			h.Add(d)
		}
		slices.Sort(all)
		got := h.Timings()
		for percent, q := range map[int]time.Duration{50: got.P50, 95: got.P95, 99: got.P99} {
			want := all[(len(all)*percent+99)/100-1]
			if q < want || q > want+want/8+time.Microsecond {
				t.Fatalf("seed %d: %d of a hundred of %d took %s, told as %s", seed, percent, len(all), want, q)
			}
		}
		if got.Count != int64(len(all)) || got.Max != all[len(all)-1] {
			t.Fatalf("seed %d: %+v of %d, the longest %s", seed, got, len(all), all[len(all)-1])
		}
	}
}

// Each bucket begins where the one before ends.
func TestBuckets(t *testing.T) {
	for i := range buckets - 1 {
		end := bound(i)
		if a, b := bucket(end-1), bucket(end); a != i || b != i+1 {
			t.Errorf("%s is in bucket %d, and just before it %d; bucket %d ends there", end, b, a, i)
		}
	}
}

// What happened counts for half an hour at least and an hour at most.
func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Histogram
		count := func(after time.Duration, want int64) {
			t.Helper()
			time.Sleep(after)
			if got := h.Timings().Count; got != want {
				t.Errorf("%d count, want %d", got, want)
			}
		}
		h.Add(ms)
		count(Half-1, 1)
		h.Add(ms)
		count(1, 2)
		h.Add(2 * ms)
		count(Half-1, 3)
		count(1, 1) // an hour after the first one, the last of what was there is half an hour old
		count(Half, 0)
		h.Add(ms)
		if got := h.Timings(); got.Max != ms || got.Count != 1 {
			t.Errorf("%+v, want what is new alone", got)
		}
		count(5*Half, 0)
	})
}

func TestAddDoesNotAllocate(t *testing.T) {
	var h Histogram
	if n := testing.AllocsPerRun(100, func() { h.Add(ms) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAdd(b *testing.B) {
	for _, d := range []time.Duration{time.Microsecond, 10 * ms} {
		b.Run(fmt.Sprint(d), func(b *testing.B) {
			var h Histogram
			b.ReportAllocs()
			for b.Loop() {
				h.Add(d)
			}
		})
	}
}
