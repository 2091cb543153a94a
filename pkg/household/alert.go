package household

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// AlertRules say what of all that happens is told to the household, and when not.
// Rings are told whatever they say, but for QuietRings.
type AlertRules struct {
	// QuietFrom and QuietTo are the hours in which nothing is told but rings, by the
	// home's clock; over midnight if QuietTo is earlier, and none if they are equal.
	QuietFrom, QuietTo nvr.Clock
	QuietRings         bool // rings are quiet then, too
	// PerHour is how much is told of one camera in any hour.
	PerHour int
	// Cooldown is how long nothing more of one kind is told of one camera.
	Cooldown time.Duration
	// Digest is when what was not told is told in one message; [NoDigest] for never.
	Digest nvr.Clock
	// Asked are the modes of the house in which something is told; never if it is
	// not in there.
	Asked map[Alerted][]nvr.HouseMode
}

// Alerted is a kind of events at a camera.
type Alerted struct {
	Camera nvr.CameraID
	Kind   string
}

// NoDigest is a time at which no digest is told.
const NoDigest nvr.Clock = -1

// What rules can be, at most.
const (
	MaxPerHour  = 60 // one a minute: more is no alert
	MaxCooldown = 24 * time.Hour
)

const (
	minutesOfDay = 24 * 60
	maxAlerted   = 32 // kinds of one camera; this program knows 10
)

// DefaultAlerts holds until somebody asks for more: rings are told, and nothing else.
func DefaultAlerts() AlertRules {
	return AlertRules{PerHour: 4, Cooldown: 5 * time.Minute, Digest: NoDigest, Asked: map[Alerted][]nvr.HouseMode{}}
}

// check fails with [nvr.ErrInvalid], saying what is wrong.
func (a AlertRules) check() error {
	minute := func(c nvr.Clock) bool { return c >= 0 && c < minutesOfDay }
	switch {
	case !minute(a.QuietFrom) || !minute(a.QuietTo):
		return invalid("quiet hours lie between 00:00 and 23:59")
	case a.PerHour < 1 || a.PerHour > MaxPerHour:
		return invalid("1 to %d alerts of a camera can be told in an hour", MaxPerHour)
	case a.Cooldown < 0 || a.Cooldown > MaxCooldown || a.Cooldown%time.Second != 0:
		return invalid("the time between two alerts of a kind is at most a day, in whole seconds")
	case a.Digest != NoDigest && !minute(a.Digest):
		return invalid("the digest is told between 00:00 and 23:59")
	}
	kinds := map[nvr.CameraID]int{}
	for of, modes := range a.Asked {
		kinds[of.Camera]++
		switch {
		case !isKind(of.Kind):
			return invalid("the kind of an event is a word of a to z, 0 to 9 and _, of at most %d letters", maxKind)
		case of.Kind == nvr.RingEvent:
			return invalid("rings are told in every mode of the house")
		case kinds[of.Camera] > maxAlerted:
			return invalid("at most %d kinds of events of a camera are told", maxAlerted)
		case len(modes) == 0 || len(slices.Compact(slices.Sorted(slices.Values(modes)))) != len(modes):
			return invalid("what is told names each mode of the house once")
		}
		for _, m := range modes {
			if err := m.Check(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Alerts returns what is told; [DefaultAlerts] until somebody changed it.
func (h *DB) Alerts(ctx context.Context) (a AlertRules, err error) {
	err = h.db.View(ctx, func(tx *sqlite.Tx) error {
		a, err = readAlerts(ctx, tx)
		return err
	})
	return a, err
}

// ChangeAlerts lets f change what is told, as it stands now, and stores the result.
// It fails with [nvr.ErrNotFound] if that names a camera that is not there, with
// [nvr.ErrInvalid] if it makes no sense, and with what f returns. [DB.Watch] tells of it.
func (h *DB) ChangeAlerts(ctx context.Context, f func(*AlertRules) error) (a AlertRules, err error) {
	err = h.db.Update(ctx, func(tx *sqlite.Tx) error {
		if a, err = readAlerts(ctx, tx); err != nil {
			return err
		}
		if err := f(&a); err != nil {
			return err
		}
		if err := a.check(); err != nil {
			return err
		}
		return writeAlerts(ctx, tx, a)
	})
	if err != nil {
		return AlertRules{}, err
	}
	h.wake()
	return a, nil
}

func readAlerts(ctx context.Context, tx *sqlite.Tx) (AlertRules, error) {
	a := DefaultAlerts()
	var from, to, digest sql.NullInt64
	var cooldown int64
	err := tx.QueryRowContext(ctx, `SELECT quiet_from, quiet_to, quiet_rings, per_hour, cooldown_s, digest FROM alert_rules`).
		Scan(&from, &to, &a.QuietRings, &a.PerHour, &cooldown, &digest)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return a, fmt.Errorf("what is told: %w", err)
	default:
		a.QuietFrom, a.QuietTo, a.Cooldown = nvr.Clock(from.Int64), nvr.Clock(to.Int64), time.Duration(cooldown)*time.Second
		if digest.Valid {
			a.Digest = nvr.Clock(digest.Int64)
		}
	}
	rows, err := tx.QueryContext(ctx, `SELECT camera_id, kind, modes FROM alert`)
	if err != nil {
		return a, fmt.Errorf("what is told: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var of Alerted
		var modes string
		if err := rows.Scan(&of.Camera, &of.Kind, &modes); err != nil {
			return a, fmt.Errorf("what is told: %w", err)
		}
		for m := range strings.SplitSeq(modes, ",") {
			a.Asked[of] = append(a.Asked[of], nvr.HouseMode(m))
		}
	}
	if err := rows.Err(); err != nil {
		return a, fmt.Errorf("what is told: %w", err)
	}
	return a, nil
}

func writeAlerts(ctx context.Context, tx *sqlite.Tx, a AlertRules) error {
	var from, to, digest any
	if a.QuietFrom != a.QuietTo {
		from, to = int64(a.QuietFrom), int64(a.QuietTo)
	}
	if a.Digest != NoDigest {
		digest = int64(a.Digest)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO alert_rules (id, quiet_from, quiet_to, quiet_rings, per_hour, cooldown_s, digest) VALUES (1, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET (quiet_from, quiet_to, quiet_rings, per_hour, cooldown_s, digest) =
			(excluded.quiet_from, excluded.quiet_to, excluded.quiet_rings, excluded.per_hour, excluded.cooldown_s, excluded.digest)`,
		from, to, a.QuietRings, a.PerHour, int64(a.Cooldown/time.Second), digest)
	if err == nil {
		_, err = tx.ExecContext(ctx, `DELETE FROM alert`)
	}
	for of, modes := range a.Asked {
		if err != nil {
			break
		}
		names := make([]string, len(modes))
		for i, m := range modes {
			names[i] = string(m)
		}
		var known int
		if err = tx.QueryRowContext(ctx, `SELECT count(*) FROM camera WHERE id = ?`, int64(of.Camera)).Scan(&known); err == nil && known == 0 {
			return noCamera(of.Camera)
		}
		if err == nil {
			_, err = tx.ExecContext(ctx, `INSERT INTO alert (camera_id, kind, modes) VALUES (?, ?, ?)`, int64(of.Camera), of.Kind, strings.Join(names, ","))
		}
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, `UPDATE home SET cameras_revision = cameras_revision + 1`)
	}
	if err != nil {
		return fmt.Errorf("set what is told: %w", err)
	}
	return nil
}
