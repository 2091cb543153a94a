package ring

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"nvrd/pkg/nvr"
)

// Latest returns the latest presses at all cameras, the newest first, at most limit of
// them. The newest of each camera is there, as it stands now, before it is on disk.
func (r *Rings) Latest(ctx context.Context, limit int) ([]nvr.Press, error) {
	return r.list(ctx, r.store.Presses, limit, func(nvr.Press) bool { return true })
}

// Missed returns those that nobody answered and nobody has seen, likewise.
func (r *Rings) Missed(ctx context.Context, limit int) ([]nvr.Press, error) {
	return r.list(ctx, r.store.MissedPresses, limit, nvr.Press.Missed)
}

// list returns what is written down, with the newest press of each camera in the place
// of what is written of it: pages are told of that one before it is on disk.
func (r *Rings) list(ctx context.Context, written func(context.Context, int) ([]nvr.Press, error), limit int, wanted func(nvr.Press) bool) ([]nvr.Press, error) {
	all, err := written(ctx, limit)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	newest := slices.Collect(maps.Values(r.last))
	r.mu.Unlock()
	all = slices.DeleteFunc(all, func(p nvr.Press) bool {
		return slices.ContainsFunc(newest, func(n nvr.Press) bool { return n.Camera == p.Camera && n.At == p.At })
	})
	for _, p := range newest {
		if wanted(p) {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b nvr.Press) int {
		return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(a.Camera, b.Camera))
	})
	return all[:min(limit, len(all))], nil
}
