package catalog

import (
	"math/rand/v2"
	"testing"
	"time"

	"nvrd/pkg/nvr"
)

// BenchmarkRetention measures what a round asks of a catalog with a million
// segments.
func BenchmarkRetention(b *testing.B) {
	c := newCatalog(b)
	d, i := c.prepare(b)
	one := segment(rand.New(rand.NewPCG(1, 2)), porch, at(0), time.Minute)
	one.Directory, one.Init, one.Sealed = d, i, true
	c.must(b, func(tx Tx) error { return tx.PutSegment(one) })
	c.must(b, func(tx Tx) error {
		return tx.exec(`INSERT INTO segment (stream_id, start_us, duration_us, state, run_us, directory_id, init_id,
				media_start, media_duration, header_bytes, bytes, score, fragments)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
			SELECT stream_id, start_us + 60000000 * i, duration_us, state, run_us, directory_id, init_id,
				media_start, media_duration, header_bytes, bytes, score, fragments FROM segment, n`)
	})
	b.Run("stock", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Stocks(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("oldest of each class", func(b *testing.B) {
		for b.Loop() {
			for class := range nvr.Locked {
				if err := c.Oldest(b.Context(), d, class, nil, func(Kept) bool { return false }); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("remove 64", func(b *testing.B) {
		for b.Loop() {
			var batch []Kept
			err := c.Oldest(b.Context(), d, nvr.Continuous, nil, func(k Kept) bool {
				batch = append(batch, k)
				return len(batch) < 64
			})
			if err != nil {
				b.Fatal(err)
			}
			c.must(b, func(tx Tx) error { _, err := tx.Condemn(batch, 0); return err })
			c.must(b, func(tx Tx) error { return tx.DropGarbage(batch) })
		}
	})
}
