package catalog

import (
	"context"
	"fmt"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Touched is a segment that reaches into a span.
type Touched struct {
	Kept      // the end of an open one is not known
	Open bool // it is being written
}

// Touching returns the segments of a camera, of all its streams, that reach into a
// span: by stream, oldest first.
func (c *Catalog) Touching(ctx context.Context, camera nvr.CameraID, span nvr.Span) ([]Touched, error) {
	all, err := sqlite.All(ctx, c.db.Reader(), func(row sqlite.Row) (t Touched, err error) {
		var state int
		err = row.Scan(&t.ID, &t.Stream.Camera, &t.Stream.Quality, &t.Span.From, &t.Span.To, &t.Directory, &t.Class, &t.Bytes, &state)
		t.Span.To += t.Span.From
		t.Open = state == 0
		return t, err
	}, `SELECT g.id, s.camera_id, s.quality, g.start_us, g.duration_us, g.directory_id, g.class, g.bytes, g.state
		FROM stream s JOIN segment g ON g.stream_id = s.id WHERE s.camera_id = ? AND g.start_us >= ? AND g.start_us < ? AND g.state < 2
		 AND (g.state = 0 OR g.start_us + g.duration_us > ?) ORDER BY s.quality, g.start_us`,
		camera, span.From.Add(-maxSegment), span.To, span.From)
	if err != nil {
		return nil, fmt.Errorf("footage of camera %s in %s: %w", camera, span, err)
	}
	return all, nil
}
