package catalog

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"nvrd/pkg/nvr"
)

// BenchmarkDayView asks for the coverage of random days of random streams
// among 1,000,000 segments of 16 streams: 43 days.
func BenchmarkDayView(b *testing.B) {
	const streams, segments = 16, 1_000_000
	r := rand.New(rand.NewPCG(1, 2))
	id := func(i int) nvr.StreamID {
		return nvr.StreamID{Camera: nvr.CameraID(1 + i/2), Quality: nvr.Quality(i % 2)}
	}
	c := recorded(b, streams, segments, id)
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		from := noon + nvr.Time(r.Int64N(segments/streams-1440))*60e6
		n, began := 0, time.Now()
		err := c.Coverage(b.Context(), id(r.IntN(streams)), nvr.Span{From: from, To: from.Add(24 * time.Hour)}, func(Piece) { n++ })
		took = append(took, time.Since(began))
		if err != nil || n != 24*60 {
			b.Fatal(n, err)
		}
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds()*1e3, "p50-ms")
	b.ReportMetric(took[len(took)*95/100].Seconds()*1e3, "p95-ms")
}

// BenchmarkRecorded asks what each of 16 cameras recorded within 12 random hours of
// 30 days, with a gap an hour.
func BenchmarkRecorded(b *testing.B) {
	const cameras, minutes = 16, 30 * 24 * 60
	r := rand.New(rand.NewPCG(1, 2))
	id := func(i int) nvr.StreamID { return nvr.StreamID{Camera: nvr.CameraID(1 + i)} }
	c := recorded(b, cameras, cameras*minutes, id)
	c.must(b, func(tx Tx) error {
		for i := range cameras {
			for from := noon; from < noon+minutes*60e6; from += 3600e6 { // the segment of that minute is none
				if err := errors.Join(tx.DropSegment(id(i), from), tx.AddGap(nvr.Gap{Stream: id(i), Span: nvr.Span{From: from, To: from + 60e6}, Reason: nvr.Unreachable})); err != nil {
					return err
				}
			}
		}
		return nil
	})
	b.ReportAllocs()
	for b.Loop() {
		from := noon + nvr.Time(r.Int64N(minutes-720))*60e6
		for i := range cameras {
			got, err := c.Recorded(b.Context(), id(i).Camera, nvr.Span{From: from, To: from.Add(12 * time.Hour)})
			if err != nil || len(got) < 12 {
				b.Fatal(got, err)
			}
		}
	}
}

// recorded returns a catalog with so many segments of a minute from noon on.
func recorded(b *testing.B, streams, segments int, id func(int) nvr.StreamID) *Catalog {
	c := newCatalog(b)
	minute := segment(rand.New(rand.NewPCG(1, 2)), porch, noon, time.Minute)
	minute.Fragments = minute.Fragments[:3] // not read here, and quicker to make
	c.must(b, func(tx Tx) error {
		if _, err := tx.Directory([16]byte{1}, "/footage"); err != nil {
			return err
		}
		if _, err := tx.Init([]byte("init"), 90000); err != nil {
			return err
		}
		for i := range streams {
			if err := tx.EnableStream(id(i), noon); err != nil {
				return err
			}
		}
		_, err := tx.tx.ExecContext(b.Context(), `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < ?1 - 1)
			INSERT INTO segment (stream_id, start_us, duration_us, state, run_us, directory_id, init_id, media_start, media_duration, header_bytes, bytes, score, fragments)
			SELECT 1 + i % ?2, ?3 + i / ?2 * 60000000, 60000000, 1, ?3, 1, 1, i / ?2 * 5400000, 5400000, 700, 15000000, i * 7 % 256, ?4 FROM n`,
			segments, streams, noon, minute.AppendFragments(nil))
		return err
	})
	return c
}

// BenchmarkSize measures what a camera-minute costs in the database, all in,
// when segments come as they do: sealed one after the other, all streams at once.
func BenchmarkSize(b *testing.B) {
	for _, c := range []struct {
		name   string
		merged int // seconds of an index entry
	}{{"entry a second", 1}, {"entry each other second", 2}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				measure(b, c.merged)
			}
		})
	}
}

func measure(b *testing.B, merged int) {
	const streams, minutes = 8, 240
	c := newCatalog(b)
	r := rand.New(rand.NewPCG(3, 4))
	c.prepare(b)
	for i := range streams {
		c.must(b, func(tx Tx) error { return tx.EnableStream(nvr.StreamID{Camera: nvr.CameraID(1 + i)}, noon) })
	}
	c.must(b, func(tx Tx) error {
		for minute := range minutes {
			for i := range streams {
				s := segment(r, nvr.StreamID{Camera: nvr.CameraID(1 + i)}, noon.Add(time.Duration(minute)*time.Minute), time.Minute)
				s.Fragments = merge(s.Fragments, merged)
				open := s
				open.Sealed, open.Fragments, open.Span.To = false, nil, open.Span.From
				if err := tx.PutSegment(open); err != nil {
					return err
				}
				if err := tx.PutSegment(s); err != nil {
					return err
				}
			}
		}
		return nil
	})
	for _, table := range []struct{ name, unit string }{{"segment", "row-B/min"}, {"segment_by_time", "index-B/min"}, {"%", "B/camera-min"}} {
		var size int64
		err := c.db.Reader().QueryRowContext(b.Context(), `SELECT sum(pgsize) FROM dbstat WHERE name LIKE ?`, table.name).Scan(&size)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(size)/streams/minutes, table.unit)
	}
}

// merge joins neighboring fragments.
func merge(all []nvr.Fragment, n int) (merged []nvr.Fragment) {
	for group := range slices.Chunk(all, n) {
		f := group[0]
		for _, next := range group[1:] {
			f.Bytes, f.MediaDuration, f.Score = f.Bytes+next.Bytes, f.MediaDuration+next.MediaDuration, max(f.Score, next.Score)
		}
		merged = append(merged, f)
	}
	return merged
}
