package household

import (
	"context"
	"fmt"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Home is what holds for all cameras.
type Home struct {
	// Privacy is on while cameras are off and nothing is recorded, whatever is
	// set for them.
	Privacy bool
	// TimeZone is whose clock schedules go by, such as "Europe/Vienna"; empty
	// means that of this machine.
	TimeZone string
}

// Zone returns the time zone. It fails with [nvr.ErrInvalid] if there is none
// of that name.
func (h Home) Zone() (*time.Location, error) {
	if h.TimeZone == "" {
		return time.Local, nil
	}
	zone, err := time.LoadLocation(h.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("there is no time zone %q; they are named like Europe/Vienna or UTC: %w", h.TimeZone, nvr.ErrInvalid)
	}
	return zone, nil
}

// Home returns what holds for all cameras.
func (h *DB) Home(ctx context.Context) (home Home, err error) {
	err = h.db.View(ctx, func(tx *sqlite.Tx) error { return readHome(ctx, tx, &home) })
	return home, err
}

// ChangeHome lets f change what holds for all cameras, as it stands now, and
// stores the result. It fails with [nvr.ErrInvalid] if that makes no sense.
func (h *DB) ChangeHome(ctx context.Context, f func(*Home)) (home Home, err error) {
	err = h.db.Update(ctx, func(tx *sqlite.Tx) error {
		if err := readHome(ctx, tx, &home); err != nil {
			return err
		}
		f(&home)
		if _, err := home.Zone(); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE home SET (privacy, time_zone) = (?, ?)`, home.Privacy, home.TimeZone); err != nil {
			return fmt.Errorf("set the home: %w", err)
		}
		return nil
	})
	if err != nil {
		return Home{}, err
	}
	h.wake()
	return home, nil
}

func readHome(ctx context.Context, tx *sqlite.Tx, home *Home) error {
	if err := tx.QueryRowContext(ctx, `SELECT privacy, time_zone FROM home`).Scan(&home.Privacy, &home.TimeZone); err != nil {
		return fmt.Errorf("the home: %w", err)
	}
	return nil
}
