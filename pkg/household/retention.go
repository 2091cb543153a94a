package household

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Retention returns what the household wants to be kept for how long.
func (h *DB) Retention(ctx context.Context) (nvr.Retention, error) {
	policy := nvr.DefaultRetention()
	err := h.db.View(ctx, func(tx *sqlite.Tx) error { return readRetention(ctx, tx, &policy) })
	if err != nil {
		return nvr.Retention{}, fmt.Errorf("retention: %w", err)
	}
	return policy, nil
}

// ChangeRetention lets f change what is kept, as it stands now, and stores the
// result. It fails with [nvr.ErrInvalid] if that makes no sense.
func (h *DB) ChangeRetention(ctx context.Context, f func(*nvr.Retention)) (nvr.Retention, error) {
	policy := nvr.DefaultRetention()
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		if err := readRetention(ctx, tx, &policy); err != nil {
			return err
		}
		f(&policy)
		if err := policy.Check(); err != nil {
			return err
		}
		return writeRetention(ctx, tx, policy)
	})
	if err != nil {
		return nvr.Retention{}, fmt.Errorf("set retention: %w", err)
	}
	return policy, nil
}

// readRetention reads over policy what is stored.
func readRetention(ctx context.Context, tx *sqlite.Tx, policy *nvr.Retention) error {
	err := tx.QueryRowContext(ctx, `SELECT free_bytes, free_percent, max_bytes, spare_young FROM retention`).Scan(
		&policy.FreeBytes, &policy.FreePercent, &policy.MaxBytes, &policy.SpareYoung)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	rows, err := tx.QueryContext(ctx, `SELECT class, min_age_us, max_age_us, share FROM retention_rule`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var class nvr.Class
		var least, most int64
		var share int
		if err := rows.Scan(&class, &least, &most, &share); err != nil {
			return err
		}
		policy.Rules[class] = nvr.Rule{
			MinAge: time.Duration(least) * time.Microsecond, MaxAge: time.Duration(most) * time.Microsecond, Share: share,
		}
	}
	return rows.Err()
}

func writeRetention(ctx context.Context, tx *sqlite.Tx, policy nvr.Retention) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO retention (id, free_bytes, free_percent, max_bytes, spare_young) VALUES (1, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET (free_bytes, free_percent, max_bytes, spare_young) =
			(excluded.free_bytes, excluded.free_percent, excluded.max_bytes, excluded.spare_young)`,
		policy.FreeBytes, policy.FreePercent, policy.MaxBytes, policy.SpareYoung)
	if err != nil {
		return err
	}
	for class, rule := range policy.Rules {
		_, err := tx.ExecContext(ctx, `INSERT INTO retention_rule (class, min_age_us, max_age_us, share) VALUES (?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET (min_age_us, max_age_us, share) = (excluded.min_age_us, excluded.max_age_us, excluded.share)`,
			class, rule.MinAge.Microseconds(), rule.MaxAge.Microseconds(), rule.Share)
		if err != nil {
			return err
		}
	}
	return nil
}
