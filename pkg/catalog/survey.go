package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// State says what a segment's row stands for.
type State int

// The states of a segment.
const (
	StateOpen    State = iota // it is being written, or a crash ended that
	StateSealed               // it is whole and durable
	StateGarbage              // its file is about to go, or gone
)

// Listed is one segment's row without what only its file could confirm.
type Listed struct {
	Span  nvr.Span // its end is not known while it is open
	State State
}

// Account is everything that the catalog says of a stream's time, of one
// moment.
type Account struct {
	Stream   Stream
	Segments []Listed  // oldest first, garbage included
	Gaps     []nvr.Gap // oldest first
}

// Account returns how the catalog accounts for a stream: about 32 bytes and
// 2 µs a segment. It is nvr.ErrNotFound if the stream was never recorded. If
// the catalog is damaged, the account holds what was read by then.
func (c *Catalog) Account(ctx context.Context, stream nvr.StreamID) (Account, error) {
	a := Account{Stream: Stream{ID: stream}}
	err := c.db.View(ctx, func(tx *sqlite.Tx) error { return a.read(ctx, tx) })
	return a, err
}

// Account is [Catalog.Account] as the transaction sees it.
func (t Tx) Account(stream nvr.StreamID) (Account, error) {
	a := Account{Stream: Stream{ID: stream}}
	return a, a.read(t.ctx, t.tx)
}

func (a *Account) read(ctx context.Context, tx *sqlite.Tx) error {
	var id int64
	err := tx.QueryRowContext(ctx, `SELECT id, enabled_us, coalesce(disabled_us, 0) FROM stream WHERE camera_id = ? AND quality = ?`,
		a.Stream.ID.Camera, a.Stream.ID.Quality).Scan(&id, &a.Stream.Enabled, &a.Stream.Disabled)
	if errors.Is(err, sql.ErrNoRows) {
		err = nvr.ErrNotFound
	}
	if err == nil {
		err = a.readGaps(ctx, tx, id)
	}
	if err == nil {
		err = a.readSegments(ctx, tx, id)
	}
	if err != nil {
		return fmt.Errorf("account of %s: %w", a.Stream.ID, err)
	}
	return nil
}

func (a *Account) readSegments(ctx context.Context, tx *sqlite.Tx, stream int64) error {
	var err error
	a.Segments, err = sqlite.All(ctx, tx, func(row sqlite.Row) (h Listed, err error) {
		err = row.Scan(&h.Span.From, &h.Span.To, &h.State)
		h.Span.To += h.Span.From
		return h, err
	}, `SELECT start_us, duration_us, state FROM segment WHERE stream_id = ? ORDER BY start_us`, stream)
	return err
}

func (a *Account) readGaps(ctx context.Context, tx *sqlite.Tx, stream int64) error {
	var err error
	a.Gaps, err = sqlite.All(ctx, tx, gapOf(a.Stream.ID), `SELECT start_us, coalesce(end_us, 0), reason, detail FROM gap WHERE stream_id = ? ORDER BY start_us`, stream)
	return err
}

// Row returns a segment's row, garbage included; nvr.ErrNotFound if there is
// none, and nvr.ErrDamaged, with everything but the fragments, if those do not
// decode.
func (c *Catalog) Row(ctx context.Context, stream nvr.StreamID, start nvr.Time) (nvr.Segment, State, error) {
	s := nvr.Segment{Stream: stream}
	var state State
	var duration int64
	var fragments []byte
	err := c.db.Reader().QueryRowContext(ctx, `SELECT g.id, g.start_us, g.duration_us, g.state, g.run_us, g.directory_id, g.init_id,
			g.media_start, g.media_duration, g.header_bytes, g.bytes, g.fragments, i.timescale
		FROM segment g JOIN init i ON i.id = g.init_id
		WHERE g.stream_id = (SELECT id FROM stream WHERE camera_id = ? AND quality = ?) AND g.start_us = ?`,
		stream.Camera, stream.Quality, start).Scan(&s.ID, &s.Span.From, &duration, &state, &s.Run, &s.Directory, &s.Init,
		&s.MediaStart, &s.MediaDuration, &s.HeaderBytes, &s.Bytes, &fragments, &s.Timescale)
	if errors.Is(err, sql.ErrNoRows) {
		err = nvr.ErrNotFound
	}
	if err != nil {
		return s, state, fmt.Errorf("row of %s at %s: %w", stream, start, err)
	}
	s.Span.To = s.Span.From + nvr.Time(duration)
	s.Sealed = state == StateSealed
	return s, state, s.ParseFragments(fragments)
}

// Init is an init segment's row.
type Init struct {
	ID        nvr.InitID
	SHA256    []byte
	Timescale uint32
	Data      []byte
}

// Inits returns all init segments: a handful.
func (c *Catalog) Inits(ctx context.Context) ([]Init, error) {
	inits, err := sqlite.All(ctx, c.db.Reader(), func(row sqlite.Row) (i Init, err error) {
		err = row.Scan(&i.ID, &i.SHA256, &i.Timescale, &i.Data)
		return i, err
	}, `SELECT id, sha256, timescale, data FROM init ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("init segments: %w", err)
	}
	return inits, nil
}

// InitUser returns the stream and the start of a segment that uses an init
// segment, or nvr.ErrNotFound.
func (c *Catalog) InitUser(ctx context.Context, id nvr.InitID) (stream nvr.StreamID, start nvr.Time, err error) {
	err = c.db.Reader().QueryRowContext(ctx, `SELECT s.camera_id, s.quality, g.start_us FROM segment g JOIN stream s ON s.id = g.stream_id
		WHERE g.init_id = ? AND g.state < 2 ORDER BY g.start_us DESC LIMIT 1`, id).Scan(&stream.Camera, &stream.Quality, &start)
	if errors.Is(err, sql.ErrNoRows) {
		err = nvr.ErrNotFound
	}
	if err != nil {
		return stream, start, fmt.Errorf("segment with init %d: %w", id, err)
	}
	return stream, start, nil
}

// Check reads the whole file and returns nvr.ErrDamaged if its structure is
// broken; see sqlite.DB.QuickCheck.
func (c *Catalog) Check(ctx context.Context) error {
	found, err := c.db.QuickCheck(ctx)
	if IsCorrupt(err) {
		return fmt.Errorf("catalog: %w: %w", nvr.ErrDamaged, err)
	}
	if err == nil && found != "" {
		err = fmt.Errorf("catalog: %s: %w", found, nvr.ErrDamaged)
	}
	return err
}

// IsCorrupt tells whether err says that the catalog's file is broken, so that
// it has to be made again from the footage.
func IsCorrupt(err error) bool { return sqlite.IsCorrupt(err) }

// OpenReader opens a catalog that was set aside, without changing it. Queries
// give what can still be read.
func OpenReader(path string) (*Catalog, error) {
	db, err := sqlite.OpenReader(path)
	if err != nil {
		return nil, err
	}
	return openedAt(db, path)
}
