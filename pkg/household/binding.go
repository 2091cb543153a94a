package household

import (
	"context"
	"fmt"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Binding is what the owner taught of a signal: that it means this at this home.
type Binding struct {
	Camera nvr.CameraID
	Source string // of the signal, as [nvr.Signal] has it
	Kind   string // of the event that it is
}

const (
	maxSource   = 200 // bytes, as nvr.Signal bounds it
	maxKind     = 32  // bytes; the longest known has 7
	maxBindings = 64  // of one camera; an alarm panel has 32 contacts
)

// Bindings returns what was taught, by camera and source. [DB.Watch] tells of
// changes.
func (h *DB) Bindings(ctx context.Context) ([]Binding, error) {
	all, err := sqlite.All(ctx, h.db.Reader(), func(row sqlite.Row) (b Binding, err error) {
		err = row.Scan(&b.Camera, &b.Source, &b.Kind)
		return b, err
	}, `SELECT camera_id, source, kind FROM binding ORDER BY camera_id, source`)
	if err != nil {
		return nil, fmt.Errorf("list bindings: %w", err)
	}
	return all, nil
}

// Bind stores what a signal means, in the place of what it meant before. It fails
// with [nvr.ErrNotFound] if there is no such camera, and with [nvr.ErrInvalid].
func (h *DB) Bind(ctx context.Context, b Binding) error {
	switch {
	case b.Source == "" || len(b.Source) > maxSource || !printable(b.Source):
		return invalid("the source of a signal has 1 to %d bytes and no control characters", maxSource)
	case !isKind(b.Kind):
		return invalid("the kind of an event is a word of a to z, 0 to 9 and _, of at most %d letters", maxKind)
	}
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		var others int
		err := tx.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM binding WHERE camera_id = c.id AND source <> ?) FROM camera c WHERE id = ?`,
			b.Source, int64(b.Camera)).Scan(&others)
		if err != nil {
			return err
		}
		if others >= maxBindings {
			return invalid("a camera has at most %d bindings: remove one first", maxBindings)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO binding (camera_id, source, kind) VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET kind = excluded.kind`, int64(b.Camera), b.Source, b.Kind)
		return err
	})
	return h.told(err, b.Camera, "bind a signal")
}

// isKind tells whether a word can be the kind of an event.
func isKind(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= maxKind
}

// Unbind forgets what a signal means. It fails with [nvr.ErrNotFound] if nothing
// was known of it.
func (h *DB) Unbind(ctx context.Context, id nvr.CameraID, source string) error {
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRowContext(ctx, `DELETE FROM binding WHERE camera_id = ? AND source = ? RETURNING camera_id`, int64(id), source).Scan(&id)
	})
	return h.told(err, id, "unbind a signal")
}
