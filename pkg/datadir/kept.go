package datadir

import (
	"cmp"
	"context"
	"slices"

	"nvrd/pkg/catalog"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// Lock keeps footage, and returns the number of the lock. What is there when it
// returns stays, and so does what of the span is recorded or found later. It
// fails as [household.DB.Lock] does.
func (d *Dir) Lock(ctx context.Context, l nvr.Lock) (int64, error) {
	id, err := d.Home.Lock(ctx, l)
	if err != nil {
		return 0, err
	}
	return id, applyLocks(ctx, d.Home, d.Catalog, nvr.Now())
}

// Unlock removes a lock and returns it. Footage that no other lock keeps can go
// from now on as its class says. It fails as [household.DB.Unlock] does.
func (d *Dir) Unlock(ctx context.Context, id int64) (nvr.Lock, error) {
	l, err := d.Home.Unlock(ctx, id)
	if err != nil {
		return nvr.Lock{}, err
	}
	return l, applyLocks(ctx, d.Home, d.Catalog, nvr.Now())
}

// applyLocks makes the locks of a catalog those of the household.
func applyLocks(ctx context.Context, home *household.DB, c *catalog.Catalog, at nvr.Time) error {
	return c.FollowLocks(ctx, func(ctx context.Context) ([]nvr.Lock, error) { return home.Locks(ctx, at) })
}

// moveLocks takes over the locks of a catalog from before the household had
// them. all says that there is no other one.
func moveLocks(ctx context.Context, home *household.DB, c *catalog.Catalog, all bool) error {
	if moved, err := home.LocksMoved(ctx); err != nil || moved {
		return err
	}
	old, err := c.Locks(ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(old, func(a, b nvr.Lock) int { return cmp.Compare(a.Made, b.Made) })
	return home.MoveLocks(ctx, old, all)
}
