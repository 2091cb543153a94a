package catalog

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Stocks returns the stock, without Oldest. The cost is that of its rows, a
// few for each stream, however much footage there is.
func (c *Catalog) Stocks(ctx context.Context) ([]nvr.Stock, error) {
	return c.queryStocks(ctx, `0`)
}

// StocksWithOldest is as Stocks, with Oldest.
func (c *Catalog) StocksWithOldest(ctx context.Context) ([]nvr.Stock, error) {
	return c.queryStocks(ctx, `coalesce((SELECT start_us FROM segment INDEXED BY segment_by_class WHERE state = 1 AND directory_id = k.directory_id
		AND class = k.class AND stream_id = k.stream_id ORDER BY start_us LIMIT 1), 0)`)
}

func (c *Catalog) queryStocks(ctx context.Context, oldest string) ([]nvr.Stock, error) {
	all, err := sqlite.All(ctx, c.db.Reader(), func(row sqlite.Row) (s nvr.Stock, err error) {
		var us int64
		if err := row.Scan(&s.Stream.Camera, &s.Stream.Quality, &s.Directory, &s.Class, &s.Segments, &s.Bytes, &us, &s.Oldest); err != nil {
			return s, err
		}
		s.Duration = time.Duration(us) * time.Microsecond
		return s, nil
	}, `SELECT s.camera_id, s.quality, k.directory_id, k.class, k.segments, k.bytes, k.duration_us, `+oldest+`
		FROM stock k JOIN stream s ON s.id = k.stream_id WHERE k.segments > 0 ORDER BY s.camera_id, s.quality, k.directory_id, k.class`)
	if err != nil {
		return nil, fmt.Errorf("stock: %w", err)
	}
	return all, nil
}

// Kept is a sealed segment as retention sees it.
type Kept struct {
	ID        nvr.SegmentID
	Stream    nvr.StreamID
	Span      nvr.Span
	Directory nvr.DirectoryID
	Class     nvr.Class
	Bytes     int64
}

const oldestQuery = `SELECT g.id, s.camera_id, s.quality, g.stream_id, g.start_us, g.duration_us, g.bytes
	FROM segment g INDEXED BY segment_by_class CROSS JOIN stream s ON s.id = g.stream_id
	WHERE g.state = 1 AND g.directory_id = ?1 AND g.class = ?2 AND (g.start_us, g.stream_id) > (?3, ?4)
	  AND (?5 IS NULL OR g.stream_id IN (SELECT o.id FROM json_each(?5) c JOIN stream o ON o.camera_id = c.value))
	ORDER BY g.start_us, g.stream_id LIMIT ?6`

// oldestBatch bounds what Oldest reads ahead of its caller: about 2 ms.
const oldestBatch = 500

// Oldest calls f for the sealed segments of a directory and a class, those
// that began first first, until f returns false: those of the given cameras or,
// without any, of all. It reads them in batches, and passes over a million of
// other cameras in about 0.1 s.
func (c *Catalog) Oldest(ctx context.Context, d nvr.DirectoryID, class nvr.Class, of []nvr.CameraID, f func(Kept) bool) error {
	var start nvr.Time
	var stream int64
	var only any // NULL for all
	if len(of) > 0 {
		list, err := json.Marshal(of)
		if err != nil {
			return fmt.Errorf("oldest footage: %w", err)
		}
		only = string(list)
	}
	for limit := 8; ; limit = oldestBatch { // most rounds take none or a few
		batch, last, err := c.queryOldest(ctx, limit, d, class, start, stream, only)
		if err != nil {
			return err
		}
		for _, k := range batch {
			if !f(k) {
				return nil
			}
		}
		if len(batch) < limit {
			return nil
		}
		start, stream = batch[len(batch)-1].Span.From, last
	}
}

func (c *Catalog) queryOldest(ctx context.Context, limit int, d nvr.DirectoryID, class nvr.Class, start nvr.Time, stream int64, only any) (batch []Kept, last int64, err error) {
	rows, err := c.db.Reader().QueryContext(ctx, oldestQuery, d, class, start, stream, only, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("oldest footage: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		k := Kept{Directory: d, Class: class}
		if err := rows.Scan(&k.ID, &k.Stream.Camera, &k.Stream.Quality, &last, &k.Span.From, &k.Span.To, &k.Bytes); err != nil {
			return nil, 0, fmt.Errorf("oldest footage: %w", err)
		}
		k.Span.To += k.Span.From
		batch = append(batch, k)
	}
	if err := rows.Err(); err != nil {
		return nil, 0, fmt.Errorf("oldest footage: %w", err)
	}
	return batch, last, nil
}

// Written is what was recorded of a stream in a class since some time and is
// still there.
type Written struct {
	Stream    nvr.StreamID
	Directory nvr.DirectoryID
	Class     nvr.Class
	Bytes     int64
	First     nvr.Time // when the earliest of it began
}

// WrittenSince sums up the sealed segments that began at or after since. It
// reads each of them: about 3 ms a stream and day.
func (c *Catalog) WrittenSince(ctx context.Context, since nvr.Time) ([]Written, error) {
	all, err := sqlite.All(ctx, c.db.Reader(), func(row sqlite.Row) (w Written, err error) {
		err = row.Scan(&w.Stream.Camera, &w.Stream.Quality, &w.Directory, &w.Class, &w.Bytes, &w.First)
		return w, err
	}, `SELECT s.camera_id, s.quality, g.directory_id, g.class, sum(g.bytes), min(g.start_us)
		FROM stream s CROSS JOIN segment g INDEXED BY segment_by_time ON g.stream_id = s.id
		WHERE g.start_us >= ? AND g.state = 1 GROUP BY s.id, g.directory_id, g.class`, since)
	if err != nil {
		return nil, fmt.Errorf("written lately: %w", err)
	}
	return all, nil
}

// Clock is a moment at which the wall clock was believed.
type Clock struct {
	Wall   nvr.Time
	Boot   string        // changes when the machine starts
	Uptime time.Duration // since then, also while the machine slept
}

// Clock returns the stored moment, or nvr.ErrNotFound.
func (c *Catalog) Clock(ctx context.Context) (Clock, error) {
	var at Clock
	var us int64
	err := c.db.Reader().QueryRowContext(ctx, `SELECT wall_us, boot, uptime_us FROM clock`).Scan(&at.Wall, &at.Boot, &us)
	if errors.Is(err, sql.ErrNoRows) {
		return Clock{}, fmt.Errorf("clock: %w", nvr.ErrNotFound)
	}
	if err != nil {
		return Clock{}, fmt.Errorf("clock: %w", err)
	}
	at.Uptime = time.Duration(us) * time.Microsecond
	return at, nil
}

// SetClock stores a moment at which the wall clock is believed.
func (t Tx) SetClock(at Clock) error {
	err := t.exec(`INSERT INTO clock (id, wall_us, boot, uptime_us) VALUES (1, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET (wall_us, boot, uptime_us) = (excluded.wall_us, excluded.boot, excluded.uptime_us)`,
		at.Wall, at.Boot, at.Uptime.Microseconds())
	if err != nil {
		return fmt.Errorf("set clock: %w", err)
	}
	return nil
}
