package store

import (
	"context"
	"fmt"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// SentReport is a report of this home to one steward. What it says is sealed:
// this home can't read it any more.
type SentReport struct {
	On      wire.Hash
	Steward wire.Key // author key
	Minute  wire.Minute
	Sealed  []byte // nil once the steward's home has it
}

// SendReport writes down that an entry is reported, to each of some stewards. It
// returns [nvr.ErrExists] if it was before, and [nvr.ErrNotFound] for an entry
// that is not held.
func (d *DB) SendReport(ctx context.Context, name wire.Hash, all ...SentReport) error {
	return wrap("report", d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			for _, r := range all {
				if err := holds(ctx, tx, id, r.On); err != nil {
					return err
				}
				_, err := tx.ExecContext(ctx, `INSERT INTO report_sent (neighborhood_id, entry, steward, minute, sealed) VALUES (?, ?, ?, ?, ?)`,
					id, r.On[:], r.Steward[:], r.Minute, r.Sealed)
				if sqlite.IsUnique(err) {
					return fmt.Errorf("a report of it: %w", nvr.ErrExists)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}))
}

// SentReports returns what this home reported, in no order that means anything.
func (d *DB) SentReports(ctx context.Context, name wire.Hash) (all []SentReport, err error) {
	err = d.db.View(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			all, err = sqlite.All(ctx, tx, func(row sqlite.Row) (r SentReport, err error) {
				err = row.Scan(into{r.On[:]}, into{r.Steward[:]}, &r.Minute, &r.Sealed)
				return r, err
			}, `SELECT entry, steward, minute, sealed FROM report_sent WHERE neighborhood_id = ?`, id)
			return err
		})
	})
	return all, wrap("reports", err)
}

// ReportTaken writes down that a steward's home has a report: what was sealed is
// in no file when it returns, but for [ErrNotShredded].
func (d *DB) ReportTaken(ctx context.Context, name, on wire.Hash, steward wire.Key) error {
	return d.unreport(ctx, name, `UPDATE report_sent SET sealed = NULL WHERE neighborhood_id = ? AND entry = ? AND steward = ?`, on[:], steward[:])
}

// Unsend forgets that this home reported an entry to a steward.
func (d *DB) Unsend(ctx context.Context, name, on wire.Hash, steward wire.Key) error {
	return d.unreport(ctx, name, `DELETE FROM report_sent WHERE neighborhood_id = ? AND entry = ? AND steward = ?`, on[:], steward[:])
}

// HoldReport writes down what another home reported to this one, whose owner is a
// steward. Of several that it makes of one entry the last is held. It returns
// [nvr.ErrNotFound] for an entry that is not held.
func (d *DB) HoldReport(ctx context.Context, name wire.Hash, r wire.Report) error {
	return wrap("take a report", d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			if err := holds(ctx, tx, id, r.On); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `INSERT INTO report_held (neighborhood_id, entry, reporter, reason, words, minute) VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET reason = excluded.reason, words = excluded.words, minute = excluded.minute`,
				id, r.On[:], r.Reporter[:], r.Reason, r.Words, r.Minute)
			return err
		})
	}))
}

// HeldReports returns what was reported and not closed, the oldest first; of each
// the neighborhood and the steward are left out.
func (d *DB) HeldReports(ctx context.Context, name wire.Hash) (all []wire.Report, err error) {
	err = d.db.View(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			all, err = sqlite.All(ctx, tx, func(row sqlite.Row) (r wire.Report, err error) {
				err = row.Scan(into{r.On[:]}, into{r.Reporter[:]}, &r.Reason, &r.Words, &r.Minute)
				return r, err
			}, `SELECT entry, reporter, reason, words, minute FROM report_held WHERE neighborhood_id = ? ORDER BY minute, entry, reporter`, id)
			return err
		})
	})
	return all, wrap("reports", err)
}

// CloseReports forgets all that was reported of an entry: it is in no file when
// it returns, but for [ErrNotShredded].
func (d *DB) CloseReports(ctx context.Context, name, on wire.Hash) error {
	return d.unreport(ctx, name, `DELETE FROM report_held WHERE neighborhood_id = ? AND entry = ?`, on[:])
}

// ExpireReports forgets what was reported, by this home or to it, until a minute.
func (d *DB) ExpireReports(ctx context.Context, name wire.Hash, until wire.Minute) error {
	if err := d.unreport(ctx, name, `DELETE FROM report_sent WHERE neighborhood_id = ? AND minute <= ?`, until); err != nil {
		return err
	}
	return d.unreport(ctx, name, `DELETE FROM report_held WHERE neighborhood_id = ? AND minute <= ?`, until)
}

// unreport changes reports, and overwrites what they were; arguments follow the
// neighborhood.
func (d *DB) unreport(ctx context.Context, name wire.Hash, text string, args ...any) error {
	var changed int64
	err := d.db.Update(ctx, func(tx *sqlite.Tx) error {
		return with(ctx, tx, name, func(id int64) error {
			done, err := tx.ExecContext(ctx, text, append([]any{id}, args...)...)
			if err == nil {
				changed, err = done.RowsAffected()
			}
			return err
		})
	})
	if err != nil || changed == 0 {
		return wrap("forget a report", err)
	}
	return d.shred(ctx)
}

// holds returns [nvr.ErrNotFound] for an entry that is not held.
func holds(ctx context.Context, tx *sqlite.Tx, id int64, entry wire.Hash) error {
	var held bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM entry WHERE neighborhood_id = ? AND id = ?)`, id, entry[:]).Scan(&held)
	if err == nil && !held {
		err = fmt.Errorf("entry %v: %w", entry, nvr.ErrNotFound)
	}
	return err
}
