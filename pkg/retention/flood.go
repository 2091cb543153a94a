package retention

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"nvrd/pkg/nvr"
)

// rateOver is the stretch over which cameras' rates are taken, and for how long
// one that flooded counts as a flood.
const rateOver = 5 * time.Minute

// blame returns the cameras that flood: those that wrote too much lately, and
// those of which not all was taken. Footage that went tells nothing any more, and
// what is not taken is not written, so one counts as a flood for a while after.
func (k *Keeper) blame(ctx context.Context, now nvr.Time) ([]nvr.CameraID, error) {
	rates, err := k.rates(ctx, now)
	if err != nil {
		return nil, err
	}
	floods, err := k.stemmed(ctx, now)
	if err != nil {
		return nil, err
	}
	for c, rate := range rates {
		if rate > nvr.MaxRate {
			floods = append(floods, c)
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	maps.DeleteFunc(k.floods, func(_ nvr.CameraID, seen time.Time) bool { return time.Since(seen) > rateOver })
	for _, c := range floods {
		if _, known := k.floods[c]; !known {
			k.Log.Warn("a camera sends too much, its footage goes first", "camera", c.String(), "bytes_per_second", rates[c], "most", nvr.MaxRate)
		}
		k.floods[c] = time.Now()
	}
	return slices.Collect(maps.Keys(k.floods)), nil
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

// stemmed returns the cameras of which not all was taken lately, other than for
// want of a key frame, which the gap's detail says.
func (k *Keeper) stemmed(ctx context.Context, now nvr.Time) (cameras []nvr.CameraID, err error) {
	streams, err := k.Catalog.Streams(ctx)
	if err != nil {
		return nil, fmt.Errorf("retention: %w", err)
	}
	for _, s := range streams {
		gaps, err := k.Catalog.Gaps(ctx, s.ID, nvr.Span{From: now.Add(-rateOver), To: now})
		if err != nil {
			return nil, fmt.Errorf("retention: %w", err)
		}
		if slices.ContainsFunc(gaps, func(g nvr.Gap) bool { return g.Reason == nvr.TooMuch && g.Detail == "" }) {
			cameras = append(cameras, s.ID.Camera)
		}
	}
	return cameras, nil
}
