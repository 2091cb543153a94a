package prove_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// reading is what a running recorder takes at a moment.
type reading struct {
	heap, objects, goroutines, files int64 // memory after a collection, descriptors
	catalog, wal                     int64 // bytes of the database and its log
}

// weigh reads the memory in use.
func (r *reading) weigh() {
	runtime.GC()
	runtime.GC() // what had a finalizer goes now
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r.heap, r.objects = int64(m.HeapAlloc), int64(m.HeapObjects)
}

// quantity is one column of readings, and how much more of it there may be
// late than early.
type quantity struct {
	name   string
	of     func(reading) int64
	factor float64 // of what there was early
	spare  int64   // and this on top
}

// quantities are what must not grow. What may differ between two moments is
// less than what one leak a day makes in the 20 days between them:
//   - Memory, 10 % and 192 KiB: the pages that SQLite holds, and maps that
//     grow with what there is to remove.
//   - Goroutines, 3, and descriptors, 9: three of four connections that read
//     the catalog may be open or not, and each has three files.
//   - The catalog, half as much and 256 KiB: gaps of more than a minute stay
//     when footage goes, since they say what happened; some 100 bytes each.
//   - Its log, twice as much and 4 MiB: it stays as long as it ever was, which
//     is what the longest outage left to write at once.
var quantities = []quantity{
	{"heap", func(r reading) int64 { return r.heap }, 1.1, 192 << 10},
	{"objects", func(r reading) int64 { return r.objects }, 1.1, 2000},
	{"goroutines", func(r reading) int64 { return r.goroutines }, 1, 3},
	{"descriptors", func(r reading) int64 { return r.files }, 1, 9},
	{"catalog", func(r reading) int64 { return r.catalog }, 1.5, 256 << 10},
	{"log of the catalog", func(r reading) int64 { return r.wal }, 2, 4 << 20},
}

// growth compares the readings of the second sixth of a time with those of the
// last one, and says what grew.
func growth(quantities []quantity, readings []reading) (grown []string) {
	n := max(1, len(readings)/6)
	early, late := readings[n:2*n], readings[len(readings)-n:]
	for _, q := range quantities {
		was, is := median(early, q.of), median(late, q.of)
		if limit := int64(float64(was)*q.factor) + q.spare; is > limit {
			grown = append(grown, fmt.Sprintf("%s: %d early, %d late, want at most %d", q.name, was, is, limit))
		}
	}
	return grown
}

func median(readings []reading, of func(reading) int64) int64 {
	var all []int64
	for _, r := range readings {
		all = append(all, of(r))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// TestGrowth shows that what leaks is noticed, and what only varies is not.
func TestGrowth(t *testing.T) {
	steady := reading{heap: 8 << 20, objects: 60_000, goroutines: 20, files: 30, catalog: 6 << 20, wal: 4 << 20}
	for name, tt := range map[string]struct {
		change func(day int64, r *reading)
		want   string // the beginning of the only complaint; none if empty
	}{
		"steady": {func(int64, *reading) {}, ""},
		"varies": {func(day int64, r *reading) {
			r.heap += day % 3 << 16
			r.files += 3 * (day % 4)
			r.goroutines += day % 4
		}, ""},
		"settles":                    {func(day int64, r *reading) { r.heap -= max(0, 4-day) << 20; r.catalog -= max(0, 4-day) << 20 }, ""},
		"a file each day":            {func(day int64, r *reading) { r.files += day }, "descriptors"},
		"a goroutine each day":       {func(day int64, r *reading) { r.goroutines += day }, "goroutines"},
		"64 KiB each day":            {func(day int64, r *reading) { r.heap += day << 16 }, "heap"},
		"600 small objects each day": {func(day int64, r *reading) { r.objects += 600 * day }, "objects"},
		"rows that stay":             {func(day int64, r *reading) { r.catalog += day * 400_000 }, "catalog"},
		"a log without end":          {func(day int64, r *reading) { r.wal += day << 20 }, "log of the catalog"},
	} {
		t.Run(name, func(t *testing.T) {
			var readings []reading
			for day := range int64(30) {
				r := steady
				tt.change(day, &r)
				readings = append(readings, r)
			}
			grown := growth(quantities, readings)
			if tt.want == "" && len(grown) > 0 || tt.want != "" && (len(grown) != 1 || !strings.HasPrefix(grown[0], tt.want+":")) {
				t.Errorf("got %q, want %q", grown, tt.want)
			}
		})
	}
}
