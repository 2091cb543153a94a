package catalog

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// maxSegment bounds how long a segment can be, and so how far before a span
// the first segment that reaches into it can begin. Segments are cut about
// each minute; a camera whose key frames are rarer gets longer ones.
const maxSegment = 15 * time.Minute

// What the queries for segments ask for.
const (
	selectSegments = `SELECT g.id, s.camera_id, s.quality, g.start_us, g.duration_us, g.state,
			g.run_us, g.directory_id, g.init_id, g.media_start, g.media_duration, g.header_bytes, g.bytes, g.fragments, i.timescale
		FROM segment g JOIN stream s ON s.id = g.stream_id JOIN init i ON i.id = g.init_id WHERE `
	inSpan = `s.camera_id = ? AND s.quality = ? AND g.start_us >= ? AND g.start_us < ? AND g.state < 2
		AND (g.state = 0 OR g.start_us + g.duration_us > ?) ORDER BY g.start_us`
	startsAt     = `s.camera_id = ? AND s.quality = ? AND g.start_us = ? AND g.state < 2`
	stillOpen    = `g.state <> 1 AND g.state = 0 ORDER BY g.start_us` // <> 1 lets the index over what is not sealed be used
	newestBefore = `s.camera_id = ? AND s.quality = ? AND g.start_us < ? AND g.state < 2 ORDER BY g.start_us DESC LIMIT 1`
)

// Segments returns the segments of a stream that overlap span, oldest first.
// Sealed ones have their fragments. Open ones have neither fragments nor an
// end; the last word on them is the file.
func (c *Catalog) Segments(ctx context.Context, stream nvr.StreamID, span nvr.Span) ([]nvr.Segment, error) {
	return c.querySegments(ctx, inSpan, stream.Camera, stream.Quality, span.From.Add(-maxSegment), span.To, span.From)
}

// EachSegment calls f for each of the segments that Segments returns, however
// many there are. What f is given is overwritten for the next one. f must not
// ask the catalog, which may have no further connection; its error ends the
// walk and is returned.
func (c *Catalog) EachSegment(ctx context.Context, stream nvr.StreamID, span nvr.Span, f func(*nvr.Segment) error) error {
	return c.each(ctx, f, inSpan, stream.Camera, stream.Quality, span.From.Add(-maxSegment), span.To, span.From)
}

// Segment returns the segment of a stream that begins at a time, or nvr.ErrNotFound.
func (c *Catalog) Segment(ctx context.Context, stream nvr.StreamID, start nvr.Time) (nvr.Segment, error) {
	segments, err := c.querySegments(ctx, startsAt, stream.Camera, stream.Quality, start)
	if err == nil && len(segments) == 0 {
		err = fmt.Errorf("footage of %s that begins at %s: %w", stream, start, nvr.ErrNotFound)
	}
	if err != nil {
		return nvr.Segment{}, err
	}
	return segments[0], nil
}

// OpenSegments returns the segments that were not sealed, of all streams.
func (c *Catalog) OpenSegments(ctx context.Context) ([]nvr.Segment, error) {
	return c.querySegments(ctx, stillOpen)
}

// LastSegment returns the newest segment that began before a time, or nvr.ErrNotFound.
func (c *Catalog) LastSegment(ctx context.Context, stream nvr.StreamID, before nvr.Time) (nvr.Segment, error) {
	segments, err := c.querySegments(ctx, newestBefore, stream.Camera, stream.Quality, before)
	if err == nil && len(segments) == 0 {
		err = fmt.Errorf("footage of %s before %s: %w", stream, before, nvr.ErrNotFound)
	}
	if err != nil {
		return nvr.Segment{}, err
	}
	return segments[0], nil
}

func (c *Catalog) querySegments(ctx context.Context, where string, args ...any) (querySegments []nvr.Segment, err error) {
	err = c.each(ctx, func(s *nvr.Segment) error {
		kept := *s
		kept.Fragments = append([]nvr.Fragment(nil), s.Fragments...)
		querySegments = append(querySegments, kept)
		return nil
	}, where, args...)
	return querySegments, err
}

// each calls f for every segment; what it is given is overwritten for the next.
func (c *Catalog) each(ctx context.Context, f func(*nvr.Segment) error, where string, args ...any) error {
	rows, err := c.db.Reader().QueryContext(ctx, selectSegments+where, args...)
	if err != nil {
		return fmt.Errorf("segments: %w", err)
	}
	defer rows.Close()
	var s nvr.Segment
	for rows.Next() {
		s = nvr.Segment{Fragments: s.Fragments[:0]}
		var duration int64
		var fragments sql.RawBytes
		if err := rows.Scan(&s.ID, &s.Stream.Camera, &s.Stream.Quality, &s.Span.From, &duration, &s.Sealed,
			&s.Run, &s.Directory, &s.Init, &s.MediaStart, &s.MediaDuration, &s.HeaderBytes, &s.Bytes, &fragments, &s.Timescale); err != nil {
			return fmt.Errorf("segments: %w", err)
		}
		s.Span.To = s.Span.From + nvr.Time(duration)
		if err := s.ParseFragments(fragments); err != nil {
			return err
		}
		if err := f(&s); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("segments: %w", err)
	}
	return nil
}

// Piece is one segment as the day view sees it.
type Piece struct {
	Span  nvr.Span // its end is not known yet while Open
	Open  bool
	Score uint8 // highest activity

	Directory nvr.DirectoryID
}

const coverageQuery = `SELECT start_us, duration_us, state, score, directory_id FROM segment
	WHERE stream_id = (SELECT id FROM stream WHERE camera_id = ? AND quality = ?)
	  AND start_us >= ? AND start_us < ? ORDER BY start_us`

// Coverage calls f for every segment of a stream that overlaps span, oldest
// first. It reads nothing but an index: about 2 µs a segment.
func (c *Catalog) Coverage(ctx context.Context, stream nvr.StreamID, span nvr.Span, f func(Piece)) error {
	rows, err := c.db.Reader().QueryContext(ctx, coverageQuery,
		stream.Camera, stream.Quality, span.From.Add(-maxSegment), span.To)
	if err != nil {
		return fmt.Errorf("coverage: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p Piece
		var duration, state int64
		if err := rows.Scan(&p.Span.From, &duration, &state, &p.Score, &p.Directory); err != nil {
			return fmt.Errorf("coverage: %w", err)
		}
		p.Span.To = p.Span.From + nvr.Time(duration)
		p.Open = state == 0
		if state < 2 && (p.Open || p.Span.To > span.From) {
			f(p)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("coverage: %w", err)
	}
	return nil
}

// Stream is what the catalog knows of a stream as a whole.
type Stream struct {
	ID       nvr.StreamID
	Enabled  nvr.Time
	Disabled nvr.Time // zero while it is recorded
	// Covered is up to when segments and gaps account for the stream: the end
	// of the newest sealed segment or ended gap, or the start of an open gap.
	Covered nvr.Time
}

const streamsQuery = `SELECT camera_id, quality, enabled_us, coalesce(disabled_us, 0),
		max(enabled_us,
			coalesce((SELECT start_us + duration_us FROM segment WHERE stream_id = stream.id AND state <> 0 ORDER BY start_us DESC LIMIT 1), 0),
			coalesce((SELECT coalesce(end_us, start_us) FROM gap WHERE stream_id = stream.id ORDER BY start_us DESC LIMIT 1), 0))
	FROM stream ORDER BY camera_id, quality`

// Streams returns every stream that is or was recorded.
func (c *Catalog) Streams(ctx context.Context) ([]Stream, error) {
	streams, err := sqlite.All(ctx, c.db.Reader(), func(row sqlite.Row) (s Stream, err error) {
		err = row.Scan(&s.ID.Camera, &s.ID.Quality, &s.Enabled, &s.Disabled, &s.Covered)
		return s, err
	}, streamsQuery)
	if err != nil {
		return nil, fmt.Errorf("streams: %w", err)
	}
	return streams, nil
}

// InitData returns an init segment, or nvr.ErrNotFound.
func (c *Catalog) InitData(ctx context.Context, id nvr.InitID) ([]byte, error) {
	var data []byte
	err := c.db.Reader().QueryRowContext(ctx, `SELECT data FROM init WHERE id = ?`, id).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("init segment %d: %w", id, nvr.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("init segment %d: %w", id, err)
	}
	return data, nil
}

// InitWithSum returns the init segment with that SHA-256, or nvr.ErrNotFound.
func (c *Catalog) InitWithSum(ctx context.Context, sum [sha256.Size]byte) ([]byte, error) {
	var data []byte
	err := c.db.Reader().QueryRowContext(ctx, `SELECT data FROM init WHERE sha256 = ?`, sum[:]).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		err = nvr.ErrNotFound
	}
	if err == nil && sha256.Sum256(data) != sum {
		err = nvr.ErrDamaged
	}
	if err != nil {
		return nil, fmt.Errorf("init segment %x: %w", sum, err)
	}
	return data, nil
}

// LastAlive returns when the recorder was last known to be running, or zero.
func (c *Catalog) LastAlive(ctx context.Context) (at nvr.Time, err error) {
	err = c.db.Reader().QueryRowContext(ctx, `SELECT coalesce(max(at_us), 0) FROM alive`).Scan(&at)
	if err != nil {
		return 0, fmt.Errorf("last sign of life: %w", err)
	}
	return at, nil
}

// Directory is what the catalog knows of a footage directory.
type Directory struct {
	ID   nvr.DirectoryID
	UUID [16]byte
	Path string // where it was last seen
}

// Directories returns every footage directory that footage was recorded to.
func (c *Catalog) Directories(ctx context.Context) ([]Directory, error) {
	all, err := sqlite.All(ctx, c.db.Reader(), func(row sqlite.Row) (d Directory, err error) {
		var uuid []byte
		if err := row.Scan(&d.ID, &uuid, &d.Path); err != nil {
			return d, err
		}
		copy(d.UUID[:], uuid)
		if !filepath.IsAbs(d.Path) {
			d.Path = filepath.Join(c.folder, d.Path)
		}
		return d, nil
	}, `SELECT id, uuid, path FROM directory ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("directories: %w", err)
	}
	return all, nil
}
