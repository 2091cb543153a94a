package retention

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

// state gathers what removals are chosen from. What goes wrong while that reads
// on is in broken then.
func (k *Keeper) state(ctx context.Context, now, leasedAt nvr.Time) (s State, broken *error, err error) {
	s = State{Now: now, Limit: maxRound}
	broken = new(error)
	if s.Policy, err = k.Policy(ctx); err != nil {
		return s, nil, fmt.Errorf("retention: %w", err)
	}
	if s.Stocks, err = k.Catalog.Stocks(ctx); err != nil {
		return s, nil, fmt.Errorf("retention: %w", err)
	}
	if s.Leased, err = k.Catalog.Leased(ctx, leasedAt); err != nil {
		return s, nil, fmt.Errorf("retention: %w", err)
	}
	if s.Cameras, err = k.Cameras(ctx); err != nil {
		return s, nil, fmt.Errorf("retention: %w", err)
	}
	if s.Floods, err = k.blame(ctx, now); err != nil {
		return s, nil, err
	}
	s.Oldest = func(id nvr.DirectoryID, class nvr.Class, of ...nvr.CameraID) iter.Seq[catalog.Kept] {
		return func(yield func(catalog.Kept) bool) {
			if err := k.Catalog.Oldest(ctx, id, class, of, yield); err != nil {
				*broken = fmt.Errorf("retention: %w", err)
			}
		}
	}
	return s, broken, nil
}

// places measures the directories. One whose disk is about to be missed is left
// out, which err says: the others need room all the same.
func (k *Keeper) places() (places []Place, err error) {
	for id, d := range k.Directories() {
		free, total, unknown := d.Space()
		if unknown != nil {
			err = errors.Join(err, fmt.Errorf("retention: %w", unknown))
			continue
		}
		places = append(places, Place{ID: id, Free: free, Total: total})
	}
	slices.SortFunc(places, func(a, b Place) int { return cmp.Compare(a.ID, b.ID) })
	return places, err
}

// glance has room kept free from floods, and tells how much free space the
// directories want: 0 for none, 1 below the floor, 2 below what makes young
// footage go. What cannot be read is for the next round to tell.
func (k *Keeper) glance(ctx context.Context) map[nvr.DirectoryID]int {
	policy, err := k.Policy(ctx)
	if err != nil {
		return nil
	}
	places, _ := k.places()
	directories := k.Directories()
	wants := map[nvr.DirectoryID]int{}
	for _, p := range places {
		floor := Floor(policy, p.Total)
		if d := directories[p.ID]; d != nil {
			d.KeepFree(floor / calm)
		}
		switch {
		case p.Free < floor/lastResort:
			wants[p.ID] = 2
		case p.Free < floor:
			wants[p.ID] = 1
		}
	}
	return wants
}

func worse(before, now map[nvr.DirectoryID]int) bool {
	for id, want := range now {
		if want > before[id] {
			return true
		}
	}
	return false
}
