package catalog

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

const ofStream = ` stream_id = (SELECT id FROM stream WHERE camera_id = ? AND quality = ?) `

// Has tells whether a segment has a row, garbage included.
func (t Tx) Has(s nvr.StreamID, start nvr.Time) (has bool, err error) {
	err = t.tx.QueryRowContext(t.ctx, `SELECT EXISTS (SELECT 1 FROM segment WHERE`+ofStream+`AND start_us = ?)`,
		s.Camera, s.Quality, start).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("segment %s of %s: %w", start, s, err)
	}
	return has, nil
}

// EndSegment sets where a segment ends.
func (t Tx) EndSegment(s nvr.StreamID, start, end nvr.Time) error {
	err := t.exec(`UPDATE segment SET duration_us = ? WHERE`+ofStream+`AND start_us = ?`, int64(end-start), s.Camera, s.Quality, start)
	if err != nil {
		return fmt.Errorf("end segment %s of %s: %w", start, s, err)
	}
	return nil
}

// DropGap removes the gap that begins at a time.
func (t Tx) DropGap(s nvr.StreamID, start nvr.Time) error {
	if err := t.exec(`DELETE FROM gap WHERE`+ofStream+`AND start_us = ?`, s.Camera, s.Quality, start); err != nil {
		return fmt.Errorf("drop gap %s of %s: %w", start, s, err)
	}
	return nil
}

// EnableStreamOnce adds a stream that was enabled at a time, unless there is
// a row of it.
func (t Tx) EnableStreamOnce(s nvr.StreamID, at nvr.Time) error {
	err := t.exec(`INSERT INTO stream (camera_id, quality, enabled_us) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, s.Camera, s.Quality, at)
	if err != nil {
		return fmt.Errorf("stream %s: %w", s, err)
	}
	return nil
}

// SetStream adds a stream that was enabled over a span, which has no end (zero)
// while it is recorded, or replaces when it was.
func (t Tx) SetStream(s nvr.StreamID, span nvr.Span) error {
	var end any
	if span.To != 0 {
		end = span.To
	}
	err := t.exec(`INSERT INTO stream (camera_id, quality, enabled_us, disabled_us) VALUES (?, ?, ?, ?)
		ON CONFLICT (camera_id, quality) DO UPDATE SET (enabled_us, disabled_us) = (excluded.enabled_us, excluded.disabled_us)`,
		s.Camera, s.Quality, span.From, end)
	if err != nil {
		return fmt.Errorf("stream %s: %w", s, err)
	}
	return nil
}

// MendInit replaces the content of an init segment's row. If another row has
// that content already, the segments are given that one.
func (t Tx) MendInit(id nvr.InitID, data []byte, timescale uint32) error {
	sum := sha256.Sum256(data)
	var other nvr.InitID
	err := t.tx.QueryRowContext(t.ctx, `SELECT id FROM init WHERE sha256 = ? AND id <> ?`, sum[:], id).Scan(&other)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		err = t.exec(`UPDATE init SET (sha256, timescale, data) = (?, ?, ?) WHERE id = ?`, sum[:], timescale, data, id)
	case err == nil:
		if err = t.exec(`UPDATE segment SET init_id = ? WHERE init_id = ?`, other, id); err == nil {
			err = t.DropInit(id)
		}
	}
	if err != nil {
		return fmt.Errorf("mend init segment %d: %w", id, err)
	}
	return nil
}

// DropInit removes an init segment that no segment uses.
func (t Tx) DropInit(id nvr.InitID) error {
	if err := t.exec(`DELETE FROM init WHERE id = ?`, id); err != nil {
		return fmt.Errorf("drop init segment %d: %w", id, err)
	}
	return nil
}

// unique are the tables with what no footage file could tell again.
var unique = []string{"event", "lock"}

// CopyUnique copies what no footage file could tell again, such as what
// somebody wants to keep, from another catalog, row by row, as far as it can
// be read. What is there already is not copied again, so it can be called twice;
// a row whose number something else has by now gets another. Its error says
// where the copy ended; what was copied stays. It costs time with the segments
// that are there already.
func (c *Catalog) CopyUnique(ctx context.Context, from *Catalog) (copied int, err error) {
	for _, table := range unique {
		n, e := c.copyTable(ctx, from, table)
		copied += n
		err = errors.Join(err, e)
	}
	// What is there by now gets the class that it should have.
	reclass := c.Update(ctx, func(tx Tx) error { return tx.exec(`UPDATE segment SET duration_us = duration_us WHERE state = 1`) })
	return copied, errors.Join(err, reclass)
}

func (c *Catalog) copyTable(ctx context.Context, from *Catalog, table string) (copied int, err error) {
	if has, err := hasTable(ctx, from.db, table); err != nil || !has {
		return 0, err
	}
	rows, err := from.db.Reader().QueryContext(ctx, `SELECT * FROM `+table)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", table, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", table, err)
	}
	// The first column is the number; those behind it say what it is.
	there := `SELECT 1 FROM ` + table + ` WHERE `
	number := `CASE WHEN EXISTS (` + there + `id = ?1) THEN NULL ELSE ?1 END`
	var same, rest []string
	for i, column := range columns[1:] {
		rest = append(rest, fmt.Sprint("?", i+2))
		same = append(same, fmt.Sprintf(`"%s" = ?%d`, column, i+2))
	}
	insert := `INSERT INTO ` + table + ` ("` + strings.Join(columns, `","`) + `") SELECT ` + number + `,` + strings.Join(rest, `,`) +
		` WHERE NOT EXISTS (` + there + strings.Join(same, ` AND `) + `)`
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	var unread error // what was copied before stays
	err = c.Update(ctx, func(tx Tx) error {
		for unread == nil && rows.Next() {
			if unread = rows.Scan(into...); unread == nil {
				if err := tx.exec(insert, values...); err != nil {
					return fmt.Errorf("copy %s: %w", table, err)
				}
				copied++
			}
		}
		return nil
	})
	if unread = errors.Join(unread, rows.Err()); err == nil && unread != nil {
		err = fmt.Errorf("read %s: %w", table, unread)
	}
	return copied, err
}

func hasTable(ctx context.Context, db *sqlite.DB, table string) (has bool, err error) {
	err = db.Reader().QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?`, table).Scan(&has)
	if err != nil {
		err = fmt.Errorf("look for %s: %w", table, err)
	}
	return has, err
}
