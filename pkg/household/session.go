package household

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// maxSessions bounds the signed-in browsers of a home; the ones that expire
// first go first.
const maxSessions = 1000

// AddSession stores the hash of a session's token until expires, and drops
// what has expired.
func (h *DB) AddSession(ctx context.Context, hash [32]byte, expires nvr.Time) error {
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO session (hash, expires_us) VALUES (?, ?)`, hash[:], int64(expires)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM session WHERE expires_us <= ?
			OR hash IN (SELECT hash FROM session ORDER BY expires_us DESC LIMIT -1 OFFSET ?)`, int64(nvr.Now()), maxSessions)
		return err
	})
	if err != nil {
		return fmt.Errorf("add session: %w", err)
	}
	return nil
}

// Session returns when the session with that hash expires, which may have been
// already; [nvr.ErrNotFound] if there is none.
func (h *DB) Session(ctx context.Context, hash [32]byte) (expires nvr.Time, err error) {
	err = h.db.Reader().QueryRowContext(ctx, `SELECT expires_us FROM session WHERE hash = ?`, hash[:]).Scan(&expires)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("session: %w", nvr.ErrNotFound)
	}
	if err != nil {
		return 0, fmt.Errorf("session: %w", err)
	}
	return expires, nil
}

// RemoveSession ends the session with that hash, if there is one.
func (h *DB) RemoveSession(ctx context.Context, hash [32]byte) error {
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM session WHERE hash = ?`, hash[:])
		return err
	})
	if err != nil {
		return fmt.Errorf("remove session: %w", err)
	}
	return nil
}
