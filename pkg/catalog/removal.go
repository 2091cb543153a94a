package catalog

import (
	"context"
	"fmt"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// removalsKept is how long it is told what went by itself. With four cameras that is
// up to a few rows an hour, a megabyte in all. What somebody deleted is told for as
// long as the catalog lasts: people make few rows.
const removalsKept = 100 * 24 * time.Hour

// NoteRemoval notes that a segment went by itself, and forgets what is too long ago.
func (t Tx) NoteRemoval(k Kept, cause nvr.Cause, at nvr.Time) error {
	return t.noteRemoval(k, nvr.Removal{Cause: cause, At: at})
}

// NoteDeletion notes that somebody had a segment removed, of a stretch that begins at
// part.
func (t Tx) NoteDeletion(k Kept, who string, part, at nvr.Time) error {
	return t.noteRemoval(k, nvr.Removal{Cause: nvr.ByHand, Who: who, Part: part, At: at})
}

func (t Tx) noteRemoval(k Kept, r nvr.Removal) error {
	hour := func(at nvr.Time) int64 { return int64(at) / time.Hour.Microseconds() }
	err := t.exec(`INSERT INTO removal (hour, camera_id, class, cause, who, part_us, at_us, start_us, end_us, segments, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)
		ON CONFLICT DO UPDATE SET at_us = max(at_us, excluded.at_us), start_us = min(start_us, excluded.start_us),
			end_us = max(end_us, excluded.end_us), segments = segments + 1, bytes = bytes + excluded.bytes`,
		hour(r.At), k.Stream.Camera, k.Class, string(r.Cause), r.Who, r.Part, r.At, k.Span.From, k.Span.To, k.Bytes)
	if err == nil {
		err = t.exec(`DELETE FROM removal WHERE hour < ? AND cause <> ?`, hour(r.At.Add(-removalsKept)), string(nvr.ByHand))
	}
	if err != nil {
		return fmt.Errorf("note that segment %d went: %w", k.ID, err)
	}
	return nil
}

// RemovedSince returns what was removed since a time, by the hour, the newest first.
// Nothing is known of what went by itself more than 100 days ago, and of what went
// before this was noted, or before the catalog was made again from the files.
func (c *Catalog) RemovedSince(ctx context.Context, since nvr.Time) ([]nvr.Removal, error) {
	return c.removals(ctx, `at_us >= ?`, since)
}

// RemovedFrom is as RemovedSince, but returns what footage of span was removed of a
// camera.
func (c *Catalog) RemovedFrom(ctx context.Context, camera nvr.CameraID, span nvr.Span) ([]nvr.Removal, error) {
	return c.removals(ctx, `camera_id = ? AND start_us < ? AND end_us > ?`, camera, span.To, span.From)
}

func (c *Catalog) removals(ctx context.Context, where string, args ...any) ([]nvr.Removal, error) {
	all, err := sqlite.All(ctx, c.db.Reader(), func(row sqlite.Row) (r nvr.Removal, err error) {
		err = row.Scan(&r.Camera, &r.Class, &r.Cause, &r.Who, &r.Part, &r.At, &r.Span.From, &r.Span.To, &r.Segments, &r.Bytes)
		return r, err
	}, `SELECT camera_id, class, cause, who, part_us, at_us, start_us, end_us, segments, bytes FROM removal WHERE `+where+`
		ORDER BY hour DESC, camera_id, class, cause, who, part_us`, args...)
	if err != nil {
		return nil, fmt.Errorf("removals: %w", err)
	}
	return all, nil
}
