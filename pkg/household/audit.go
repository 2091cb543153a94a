package household

import (
	"context"
	"fmt"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// OpenDoor is what the audit log says of whoever opened a door, or tried to.
const OpenDoor = "open_door"

// maxAudit is how many entries of the audit log are kept: ten doors a day for
// nearly three years.
const maxAudit = 10_000

// Audit is an entry of the audit log: what somebody did that the others of the
// home should be able to look up.
type Audit struct {
	ID      int64 // rises with time
	At      nvr.Time
	Who     string
	What    string // such as [OpenDoor]
	Camera  nvr.CameraID
	Outcome string // empty if it was done, else why it was not
}

// Note adds an entry to the audit log, whose ID is not used. It is on disk when
// Note returns. Of more than 10,000 the oldest go.
func (h *DB) Note(ctx context.Context, a Audit) error {
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO audit (at_us, who, what, camera_id, outcome) VALUES (?, ?, ?, ?, ?)`,
			a.At, a.Who, a.What, a.Camera, a.Outcome)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?`, maxAudit)
		return err
	})
	if err != nil {
		return fmt.Errorf("write the audit log: %w", err)
	}
	return nil
}

// AuditLog returns at most limit entries, the latest first; those with a smaller
// ID than before if that is not zero.
func (h *DB) AuditLog(ctx context.Context, before int64, limit int) ([]Audit, error) {
	all, err := sqlite.All(ctx, h.db.Reader(), func(row sqlite.Row) (a Audit, err error) {
		err = row.Scan(&a.ID, &a.At, &a.Who, &a.What, &a.Camera, &a.Outcome)
		return a, err
	}, `SELECT id, at_us, who, what, camera_id, outcome FROM audit WHERE ? = 0 OR id < ? ORDER BY id DESC LIMIT ?`, before, before, limit)
	if err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	return all, nil
}
