package household

import (
	"context"
	"fmt"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// maxRefusals is how many refused log-ins are kept: what pkg/camera counts with.
const maxRefusals = 1024

// AddRefusal keeps that a machine refused a log-in. Of more than 1024 the oldest go.
func (h *DB) AddRefusal(ctx context.Context, r nvr.Refusal) error {
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO refusal (at_us, machine, name, camera_id, party) VALUES (?, ?, ?, (SELECT id FROM camera WHERE id = ?), ?)`,
			r.At, r.Machine, r.Name, r.Camera, r.Party)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM refusal WHERE id <= (SELECT max(id) FROM refusal) - ?`, maxRefusals)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep a refusal: %w", err)
	}
	return nil
}

// Refusals returns what was kept, the oldest first.
func (h *DB) Refusals(ctx context.Context) ([]nvr.Refusal, error) {
	all, err := sqlite.All(ctx, h.db.Reader(), func(row sqlite.Row) (r nvr.Refusal, err error) {
		err = row.Scan(&r.At, &r.Machine, &r.Name, &r.Camera, &r.Party)
		return r, err
	}, `SELECT at_us, machine, name, coalesce(camera_id, 0), party FROM refusal ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("refusals: %w", err)
	}
	return all, nil
}

// Refused returns when a password that is stored for a camera was refused last to a
// party, or to the camera's main stream; zero if it was not, or is another one by now.
func (h *DB) Refused(ctx context.Context, camera nvr.CameraID, party string) (at nvr.Time, err error) {
	err = h.db.Reader().QueryRowContext(ctx, `SELECT coalesce(max(at_us), 0) FROM refusal WHERE camera_id = ? AND party IN (?, 'main')`, camera, party).Scan(&at)
	if err != nil {
		return 0, fmt.Errorf("refusals of camera %d: %w", camera, err)
	}
	return at, nil
}

// Took notes that a party's password is right by now: what was refused counts for the
// machine still, but holds up nobody who has that password.
func (h *DB) Took(ctx context.Context, camera nvr.CameraID, party string) error {
	return h.change(ctx, "note that a password is right", `UPDATE refusal SET camera_id = NULL WHERE camera_id = ? AND party = ?`, camera, party)
}

// ForgetRefusals forgets the refusals of a machine.
func (h *DB) ForgetRefusals(ctx context.Context, machine string) error {
	return h.change(ctx, "forget refusals", `DELETE FROM refusal WHERE machine = ?`, machine)
}

func (h *DB) change(ctx context.Context, what, query string, args ...any) error {
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// renewed says that the owner stored something else to log in with: of a camera, or
// of its bells alone.
func renewed(ctx context.Context, tx *sqlite.Tx, camera nvr.CameraID, bells bool) error {
	_, err := tx.ExecContext(ctx, `UPDATE refusal SET camera_id = NULL WHERE camera_id = ? AND NOT (? AND party IN ('main', 'sub'))`, camera, bells)
	return err
}
