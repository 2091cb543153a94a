// Package catalog keeps catalog.db: what was recorded, what is missing and
// why. It holds nothing that could not be rebuilt from the footage files, but for
// why there is none, and knows nothing of where the bytes are beyond the number of a directory.
package catalog

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"path/filepath"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Catalog is an open catalog. It is safe for concurrent use, also by several
// processes.
type Catalog struct {
	db     *sqlite.DB
	folder string // it lies in, absolute
}

// Open opens the catalog at path, and creates it if there is none.
func Open(ctx context.Context, path string) (*Catalog, error) {
	db, err := sqlite.Open(ctx, path, migrations)
	if err != nil {
		return nil, err
	}
	return openedAt(db, path)
}

// openedAt returns the catalog at path.
func openedAt(db *sqlite.DB, path string) (*Catalog, error) {
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("catalog: %w", err), db.Close())
	}
	return &Catalog{db: db, folder: folder}, nil
}

// Behind tells whether Open would bring the catalog at path to a newer form, as
// far as that can be read. It changes nothing.
func Behind(ctx context.Context, path string) bool { return sqlite.Behind(ctx, path, migrations) }

// Close closes the catalog.
func (c *Catalog) Close() error { return c.db.Close() }

// Tx is a write transaction. Either everything done in it is durable when
// Update returns, or nothing of it ever happened.
type Tx struct {
	ctx      context.Context
	tx       *sqlite.Tx
	folder   string               // that the catalog lies in
	prepared map[string]*sql.Stmt // closed with the transaction
}

// Update runs f in a write transaction; see sqlite.DB.Update.
func (c *Catalog) Update(ctx context.Context, f func(Tx) error) error {
	return c.db.Update(ctx, func(tx *sqlite.Tx) error {
		return f(Tx{ctx: ctx, tx: tx, folder: c.folder, prepared: map[string]*sql.Stmt{}})
	})
}

// exec prepares a statement once in a transaction: compiling the insertion of a
// segment, with its triggers, takes six times as long as running it.
func (t Tx) exec(query string, args ...any) error {
	s := t.prepared[query]
	if s == nil {
		var err error
		if s, err = t.tx.PrepareContext(t.ctx, query); err != nil {
			return err
		}
		t.prepared[query] = s
	}
	_, err := s.ExecContext(t.ctx, args...)
	return err
}

// EnableStream says that a stream is to be recorded from at on. It does
// nothing if the stream is enabled already. A stream that was disabled before
// gets a gap over the time in between, with reason recording_off.
func (t Tx) EnableStream(s nvr.StreamID, at nvr.Time) error {
	var disabled sql.NullInt64
	err := t.tx.QueryRowContext(t.ctx, `SELECT disabled_us FROM stream WHERE camera_id = ? AND quality = ?`,
		s.Camera, s.Quality).Scan(&disabled)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		err = t.exec(`INSERT INTO stream (camera_id, quality, enabled_us) VALUES (?, ?, ?)`, s.Camera, s.Quality, at)
	case err == nil && disabled.Valid:
		err = t.exec(`UPDATE stream SET disabled_us = NULL WHERE camera_id = ? AND quality = ?`, s.Camera, s.Quality)
		if from := nvr.Time(disabled.Int64); err == nil && from < at {
			err = t.AddGap(nvr.Gap{Stream: s, Span: nvr.Span{From: from, To: at}, Reason: nvr.RecordingOff})
		}
	}
	if err != nil {
		return fmt.Errorf("enable stream %s: %w", s, err)
	}
	return nil
}

// DisableStream says that a stream is not recorded from at on; its open gap,
// if any, ends there.
func (t Tx) DisableStream(s nvr.StreamID, at nvr.Time) error {
	if err := t.EndGap(s, at); err != nil {
		return err
	}
	err := t.exec(`UPDATE stream SET disabled_us = max(?, enabled_us) WHERE camera_id = ? AND quality = ? AND disabled_us IS NULL`,
		at, s.Camera, s.Quality)
	if err != nil {
		return fmt.Errorf("disable stream %s: %w", s, err)
	}
	return nil
}

// Directory returns the row id of a footage directory, adding it if it is new
// and noting where it is now: beside the catalog, so that it stays there when
// both are moved or copied, or else at an absolute path.
func (t Tx) Directory(uuid [16]byte, path string) (id nvr.DirectoryID, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return 0, fmt.Errorf("directory: %w", err)
	}
	if beside, err := filepath.Rel(t.folder, path); err == nil && filepath.IsLocal(beside) {
		path = beside
	}
	err = t.tx.QueryRowContext(t.ctx, `INSERT INTO directory (uuid, path) VALUES (?, ?)
		ON CONFLICT (uuid) DO UPDATE SET path = excluded.path RETURNING id`, uuid[:], path).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("directory %s: %w", path, err)
	}
	return id, nil
}

// Init returns the row id of an init segment, adding it if it is new.
func (t Tx) Init(data []byte, timescale uint32) (id nvr.InitID, err error) {
	sum := sha256.Sum256(data)
	err = t.tx.QueryRowContext(t.ctx, `SELECT id FROM init WHERE sha256 = ?`, sum[:]).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = t.tx.QueryRowContext(t.ctx, `INSERT INTO init (sha256, timescale, data) VALUES (?, ?, ?) RETURNING id`,
			sum[:], timescale, data).Scan(&id)
	}
	if err != nil {
		return 0, fmt.Errorf("init segment: %w", err)
	}
	return id, nil
}

// PutSegment adds a segment, or replaces the row of the same stream and start.
// A stream that was never enabled is refused; s.ID is not used.
func (t Tx) PutSegment(s nvr.Segment) error {
	var score uint8
	for i := range s.Fragments {
		score = max(score, s.Fragments[i].Score)
	}
	state, fragments := 0, []byte{}
	if s.Sealed {
		state, fragments = 1, s.AppendFragments(make([]byte, 0, 6*len(s.Fragments)))
	}
	// Players hold addresses with the id: it stays with the row, and that of a row
	// that is gone is not given to another, which the time takes care of.
	err := t.exec(`INSERT INTO segment (id, stream_id, start_us, duration_us, state, run_us, directory_id, init_id,
			media_start, media_duration, header_bytes, bytes, score, fragments)
		VALUES (
			coalesce((SELECT g.id FROM segment g JOIN stream s ON s.id = g.stream_id WHERE s.camera_id = ?1 AND s.quality = ?2 AND g.start_us = ?3),
				max(?3 / 1000, coalesce((SELECT max(id) + 1 FROM segment), 0))),
			(SELECT id FROM stream WHERE camera_id = ?1 AND quality = ?2),
			?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
		ON CONFLICT (id) DO UPDATE SET
			(duration_us, state, run_us, directory_id, init_id, media_start, media_duration, header_bytes, bytes, score, fragments) =
			(excluded.duration_us, excluded.state, excluded.run_us, excluded.directory_id, excluded.init_id, excluded.media_start,
			 excluded.media_duration, excluded.header_bytes, excluded.bytes, excluded.score, excluded.fragments)`,
		s.Stream.Camera, s.Stream.Quality, s.Span.From, int64(s.Span.To-s.Span.From), state, s.Run, s.Directory, s.Init,
		s.MediaStart, s.MediaDuration, s.HeaderBytes, s.Bytes, score, fragments)
	if err != nil {
		return fmt.Errorf("segment %s of %s: %w", s.Span.From, s.Stream, err)
	}
	return nil
}

// DropSegment removes a segment's row. There must be no file for it.
func (t Tx) DropSegment(s nvr.StreamID, start nvr.Time) error {
	err := t.exec(`DELETE FROM segment WHERE start_us = ? AND stream_id = (SELECT id FROM stream WHERE camera_id = ? AND quality = ?)`,
		start, s.Camera, s.Quality)
	if err != nil {
		return fmt.Errorf("drop segment %s of %s: %w", start, s, err)
	}
	return nil
}

// AddGap adds a gap; an empty one is ignored. A gap without end becomes the
// stream's open gap. It becomes one with gaps of the same reason and detail that
// it touches, and takes the place of one that begins when it does. A stream that
// was never enabled is refused.
func (t Tx) AddGap(g nvr.Gap) error {
	if g.Span.To != 0 && g.Span.Empty() {
		return nil
	}
	err := t.DropGap(g.Stream, g.Span.From)
	if err == nil {
		err = t.join(&g)
	}
	var end any
	if g.Span.To != 0 {
		end = g.Span.To
	}
	if err == nil {
		err = t.exec(`INSERT INTO gap (stream_id, start_us, end_us, reason, detail)
			VALUES ((SELECT id FROM stream WHERE camera_id = ? AND quality = ?), ?, ?, ?, ?)`,
			g.Stream.Camera, g.Stream.Quality, g.Span.From, end, string(g.Reason), g.Detail)
	}
	if err != nil {
		return fmt.Errorf("gap %s of %s: %w", g.Span, g.Stream, err)
	}
	return nil
}

// join removes the gaps that go on as g does, before and after it, and makes g
// as long as all of them: a disk that stays full is tried again every 2 s.
func (t Tx) join(g *nvr.Gap) error {
	const same = ofStream + `AND reason = ? AND detail = ? AND `
	before := t.tx.QueryRowContext(t.ctx, `DELETE FROM gap WHERE`+same+`end_us = ? AND start_us =
		(SELECT max(start_us) FROM gap WHERE`+ofStream+`AND start_us < ?) RETURNING start_us`,
		g.Stream.Camera, g.Stream.Quality, string(g.Reason), g.Detail, g.Span.From, g.Stream.Camera, g.Stream.Quality, g.Span.From)
	if err := before.Scan(&g.Span.From); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if g.Span.To == 0 {
		return nil
	}
	after := t.tx.QueryRowContext(t.ctx, `DELETE FROM gap WHERE`+same+`start_us = ? RETURNING coalesce(end_us, 0)`,
		g.Stream.Camera, g.Stream.Quality, string(g.Reason), g.Detail, g.Span.To)
	if err := after.Scan(&g.Span.To); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return nil
}

// EndGap ends the stream's open gap at a time; a gap that would be empty then
// is removed. It does nothing without an open gap.
func (t Tx) EndGap(s nvr.StreamID, at nvr.Time) error {
	const open = `stream_id = (SELECT id FROM stream WHERE camera_id = ? AND quality = ?) AND end_us IS NULL`
	err := t.exec(`DELETE FROM gap WHERE `+open+` AND start_us >= ?`, s.Camera, s.Quality, at)
	if err == nil {
		err = t.exec(`UPDATE gap SET end_us = ?3 WHERE stream_id = (SELECT id FROM stream WHERE camera_id = ?1 AND quality = ?2) AND end_us IS NULL`,
			s.Camera, s.Quality, at)
	}
	if err != nil {
		return fmt.Errorf("end gap of %s: %w", s, err)
	}
	return nil
}

// Alive notes that the recorder is running at a time.
func (t Tx) Alive(at nvr.Time) error {
	err := t.exec(`INSERT INTO alive (id, at_us) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at_us = excluded.at_us`, at)
	if err != nil {
		return fmt.Errorf("note that the recorder is alive: %w", err)
	}
	return nil
}

// IsRefusal tells whether err of an Update says that what was to be written
// contradicts the schema, so that trying again is no use.
func IsRefusal(err error) bool { return sqlite.IsConstraint(err) }
