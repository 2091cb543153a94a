package retention

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
)

// Footage goes in steps, each durable before the next, so that what a crash
// leaves tells how to go on:
//
//	condemn   the row becomes garbage, its time a gap with reason removed
//	remove    the file is unlinked and its folder synced
//	drop      the row goes
//
// A row that is garbage is taken up again by the next sweep. From the first
// step on nobody is shown the segment; who has the file open can read on.

// condemn makes garbage of those removals that are still allowed to go, and notes that
// they went at a time.
func (k *Keeper) condemn(ctx context.Context, removals []Removal, at, leasedAt nvr.Time) (condemned []catalog.Kept, err error) {
	segments := make([]catalog.Kept, len(removals))
	for i, r := range removals {
		segments[i] = r.Kept
	}
	return k.condemnWith(ctx, segments, leasedAt, func(catalog.Tx) error { return nil }, func(tx catalog.Tx, s catalog.Kept) error {
		i := slices.IndexFunc(removals, func(r Removal) bool { return r.ID == s.ID })
		return tx.NoteRemoval(s, removals[i].Cause, at)
	})
}

// condemnWith makes garbage of those segments that are allowed to go after first, and
// has each noted, in one transaction.
func (k *Keeper) condemnWith(ctx context.Context, segments []catalog.Kept, leasedAt nvr.Time,
	first func(catalog.Tx) error, note func(catalog.Tx, catalog.Kept) error,
) (condemned []catalog.Kept, err error) {
	err = k.Catalog.Update(ctx, func(tx catalog.Tx) (err error) {
		if err = first(tx); err != nil {
			return err
		}
		if condemned, err = tx.Condemn(segments, leasedAt); err != nil {
			return err
		}
		for _, s := range condemned {
			err = errors.Join(err, note(tx, s))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("retention: %w", err)
	}
	return condemned, nil
}

// clear removes the files of garbage and drops its rows. What lies in a
// directory that is not there has to wait.
func (k *Keeper) clear(ctx context.Context, garbage []catalog.Kept) error {
	gone, err := k.remove(garbage)
	return errors.Join(err, k.drop(ctx, gone))
}

func (k *Keeper) remove(garbage []catalog.Kept) (gone []catalog.Kept, err error) {
	open := k.Directories()
	byPlace := map[nvr.DirectoryID][]catalog.Kept{}
	for _, g := range garbage {
		if open[g.Directory] != nil {
			byPlace[g.Directory] = append(byPlace[g.Directory], g)
		}
	}
	var errs []error
	for id, segments := range byPlace {
		entries := make([]footage.Entry, len(segments))
		for i, g := range segments {
			entries[i] = footage.Entry{Stream: g.Stream, Start: g.Span.From}
		}
		left, err := open[id].Remove(entries)
		if err != nil {
			errs = append(errs, fmt.Errorf("retention: %w", err))
		}
		for i, g := range segments {
			if !slices.Contains(left, entries[i]) {
				gone = append(gone, g)
			}
		}
	}
	return gone, errors.Join(errs...)
}

func (k *Keeper) drop(ctx context.Context, gone []catalog.Kept) error {
	if len(gone) == 0 {
		return nil
	}
	if err := k.Catalog.Update(ctx, func(tx catalog.Tx) error { return tx.DropGarbage(gone) }); err != nil {
		return fmt.Errorf("retention: %w", err)
	}
	return nil
}

// sweep completes the removal of what is garbage already. It returns the
// directories that do not let go of a batch or more: nothing further must
// become garbage there, or a disk that is read-only would soon look empty.
func (k *Keeper) sweep(ctx context.Context) (stuck map[nvr.DirectoryID]bool, err error) {
	garbage, err := k.Catalog.Garbage(ctx, maxRound)
	if err != nil {
		return nil, fmt.Errorf("retention: %w", err)
	}
	if len(garbage) == 0 {
		return nil, nil
	}
	gone, failed := k.remove(garbage)
	if err := k.drop(ctx, gone); err != nil {
		return nil, errors.Join(failed, err)
	}
	left := map[nvr.DirectoryID]int{}
	for _, g := range garbage {
		left[g.Directory]++
	}
	for _, g := range gone {
		left[g.Directory]--
	}
	stuck = map[nvr.DirectoryID]bool{}
	for id, n := range left {
		stuck[id] = n >= batch
	}
	return stuck, failed
}
