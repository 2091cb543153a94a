package retention

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

// rateOver is the stretch over which cameras' rates are taken.
const rateOver = 5 * time.Minute

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
	if s.Rates, err = k.rates(ctx, now); err != nil {
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

// rates returns how many bytes a second each camera wrote lately, on all its
// streams together.
func (k *Keeper) rates(ctx context.Context, now nvr.Time) (map[nvr.CameraID]int64, error) {
	since := now.Add(-rateOver)
	lately, err := k.Catalog.WrittenSince(ctx, since)
	if err != nil {
		return nil, fmt.Errorf("retention: %w", err)
	}
	rates := map[nvr.CameraID]int64{}
	for _, w := range lately {
		if took := now.Sub(w.First); took >= time.Second {
			rates[w.Stream.Camera] += int64(float64(w.Bytes) / took.Seconds())
		}
	}
	return rates, nil
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

// want tells how much free space the directories want: 0 for none, 1 below the
// floor, 2 below what makes young footage go. What cannot be read is for the
// next round to tell.
func (k *Keeper) want(ctx context.Context) map[nvr.DirectoryID]int {
	policy, err := k.Policy(ctx)
	if err != nil {
		return nil
	}
	places, _ := k.places()
	wants := map[nvr.DirectoryID]int{}
	for _, p := range places {
		switch floor := Floor(policy, p.Total); {
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
