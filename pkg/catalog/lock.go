package catalog

import (
	"context"
	"fmt"
	"slices"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

const lockColumns = `id, camera_id, start_us, end_us, who, why, made_us`

func scanLock(row sqlite.Row) (l nvr.Lock, err error) {
	err = row.Scan(&l.ID, &l.Camera, &l.Span.From, &l.Span.To, &l.Who, &l.Why, &l.Made)
	return l, err
}

// Locks returns all locks, by camera and time, without when they end.
//
// The household has the locks; here is a copy of those that hold, so that
// footage gets its class in the transaction in which it comes or is condemned.
func (c *Catalog) Locks(ctx context.Context) ([]nvr.Lock, error) { return locksOf(ctx, c.db.Reader()) }

func locksOf(ctx context.Context, from sqlite.Querier) ([]nvr.Lock, error) {
	locks, err := sqlite.All(ctx, from, scanLock, `SELECT `+lockColumns+` FROM lock ORDER BY camera_id, start_us, id`)
	if err != nil {
		return nil, fmt.Errorf("locks: %w", err)
	}
	return locks, nil
}

// SetLocks is [Catalog.FollowLocks] to locks that are known.
func (c *Catalog) SetLocks(ctx context.Context, locks []nvr.Lock) error {
	return c.FollowLocks(ctx, func(context.Context) ([]nvr.Lock, error) { return locks, nil })
}

// FollowLocks makes the locks those that read returns, with their numbers, at
// once. Footage of their spans that is recorded or found later is locked, too, and
// what no lock keeps any more can go as its class says.
//
// What changes anything is read while nothing else, in whatever process, writes to
// the catalog. So of several that follow at once none takes back what another one
// knew: a lock that the household had before FollowLocks was called is here when it
// returns, and stays.
func (c *Catalog) FollowLocks(ctx context.Context, read func(context.Context) ([]nvr.Lock, error)) error {
	locks, err := read(ctx)
	if err != nil {
		return err
	}
	have, err := c.Locks(ctx)
	if err != nil {
		return err
	}
	if slices.Equal(have, endless(locks)) { // as a rule; by camera and time both
		return nil
	}
	return c.Update(ctx, func(t Tx) error { return t.FollowLocks(read) })
}

// FollowLocks is [Catalog.FollowLocks] within a transaction.
func (t Tx) FollowLocks(read func(context.Context) ([]nvr.Lock, error)) error {
	locks, err := read(t.ctx)
	if err != nil {
		return err
	}
	have, err := locksOf(t.ctx, t.tx)
	if err != nil {
		return err
	}
	return t.setLocks(have, endless(locks))
}

// endless returns locks as the catalog has them.
func endless(locks []nvr.Lock) []nvr.Lock {
	locks = slices.Clone(locks)
	for i := range locks {
		locks[i].Until = 0
	}
	return locks
}

func (t Tx) setLocks(have, locks []nvr.Lock) error {
	for _, l := range have {
		if slices.Contains(locks, l) {
			continue
		}
		if err := t.exec(`DELETE FROM lock WHERE id = ?`, l.ID); err != nil {
			return fmt.Errorf("set locks: %w", err)
		}
	}
	for _, l := range locks {
		if slices.Contains(have, l) {
			continue
		}
		err := t.exec(`INSERT INTO lock (id, camera_id, start_us, end_us, who, why, made_us) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO NOTHING`, l.ID, l.Camera, l.Span.From, l.Span.To, l.Who, l.Why, l.Made)
		if err != nil {
			return fmt.Errorf("set locks: %w", err)
		}
	}
	return nil
}
