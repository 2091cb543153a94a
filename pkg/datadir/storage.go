package datadir

import (
	"context"
	"slices"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
	"nvrd/pkg/retention"
)

// lately is from when on what was written stands for the days to come.
const lately = 24 * time.Hour

// Storage tells what is kept, where, and how that will go on. It costs a few rows a
// stream, however much footage there is, and a look at each disk.
func (d *Dir) Storage(ctx context.Context) (s nvr.Storage, err error) {
	now := retention.Course{Now: nvr.Now()}
	now.Since = now.Now.Add(-lately)
	if now.Policy, err = d.Home.Retention(ctx); err != nil {
		return s, err
	}
	if now.Stocks, err = d.Catalog.StocksWithOldest(ctx); err != nil {
		return s, err
	}
	if now.Lately, err = d.Catalog.WrittenSince(ctx, now.Since); err != nil {
		return s, err
	}
	known, err := d.Catalog.Directories(ctx)
	if err != nil {
		return s, err
	}
	s.Policy = now.Policy
	for _, state := range d.Places.States() {
		p := nvr.StoragePlace{Path: state.Path, State: placeState(state)}
		if state.Err != nil {
			p.Detail = state.Err.Error()
		}
		row := slices.IndexFunc(known, func(k catalog.Directory) bool {
			if state.Directory != nil {
				return footage.UUID(k.UUID) == state.Directory.ID()
			}
			return k.Path == state.Path
		})
		now.Place = retention.Place{}
		if row >= 0 {
			now.Place.ID = known[row].ID
			stock(&p, now.Stocks, now.Place.ID)
			known = slices.Delete(known, row, row+1)
		}
		if p.State == nvr.PlaceReady {
			if p.Free, p.Total, err = state.Directory.Space(); err != nil {
				return s, err
			}
			now.Place.Free, now.Place.Total = p.Free, p.Total
			p.Floor = retention.Floor(now.Policy, p.Total)
			p.Outlooks = retention.Forecast(now, nvr.EnoughKept)
		}
		if state.Written || p.Bytes > 0 {
			s.Places = append(s.Places, p)
		}
	}
	for _, row := range known { // in a place of the home that this one is a copy of
		p := nvr.StoragePlace{Path: row.Path, State: nvr.PlaceForeign}
		if stock(&p, now.Stocks, row.ID); p.Bytes > 0 {
			s.Places = append(s.Places, p)
		}
	}
	return s, nil
}

// stock adds to a place what lies in its directory.
func stock(p *nvr.StoragePlace, all []nvr.Stock, id nvr.DirectoryID) {
	for _, k := range all {
		if k.Directory == id {
			p.Bytes += k.Bytes
			p.Stocks = append(p.Stocks, k)
		}
	}
}

// placeState says how it stands with a place, as far as this process can tell.
func placeState(s footage.State) nvr.PlaceState {
	switch {
	case !s.Written:
		return nvr.PlaceRemoved
	case s.Ill == nvr.DiskMissing:
		return nvr.PlaceMissing
	case s.Ill == nvr.DiskForeign:
		return nvr.PlaceForeign
	case s.Err != nil:
		return nvr.PlaceFailing
	}
	return nvr.PlaceReady
}

// Covered tells for each of the spans, which follow each other, how much of it there is
// footage of a stream.
// A stream that was never recorded has none, and none that is missing.
func (d *Dir) Covered(ctx context.Context, stream nvr.StreamID, spans []nvr.Span) ([]nvr.Covered, error) {
	all := make([]nvr.Covered, len(spans))
	for i, span := range spans {
		all[i].Span = span
	}
	account, err := d.account(ctx, stream)
	if err != nil || account.Empty() || len(spans) == 0 {
		return all, err
	}
	gaps, err := d.Catalog.Gaps(ctx, stream, nvr.Span{From: spans[0].From, To: spans[len(spans)-1].To})
	if err != nil {
		return nil, err
	}
	for i, span := range spans {
		all[i] = nvr.Cover(span, account, gaps)
	}
	return all, nil
}

// Connected tells how steadily a camera was connected in a span, by its main stream or,
// if that is not recorded, its sub stream.
func (d *Dir) Connected(ctx context.Context, camera nvr.CameraID, span nvr.Span) (nvr.Connected, error) {
	for _, quality := range []nvr.Quality{nvr.Main, nvr.Sub} {
		stream := nvr.StreamID{Camera: camera, Quality: quality}
		account, err := d.account(ctx, stream)
		if err != nil {
			return nvr.Connected{}, err
		}
		if span.Intersect(account).Empty() {
			continue
		}
		gaps, err := d.Catalog.Gaps(ctx, stream, span)
		if err != nil {
			return nvr.Connected{}, err
		}
		return nvr.Connect(span, account, gaps), nil
	}
	return nvr.Connected{}, nil
}

// account is when a stream was enabled; empty if it never was.
func (d *Dir) account(ctx context.Context, stream nvr.StreamID) (account nvr.Span, err error) {
	streams, err := d.Catalog.Streams(ctx)
	if err != nil {
		return account, err
	}
	for _, s := range streams {
		if s.ID == stream {
			account = nvr.Span{From: s.Enabled, To: s.Disabled}
			if account.To == 0 {
				account.To = nvr.Now()
			}
		}
	}
	return account, nil
}

// RemovedSince tells what footage went since a time, by the hour, the newest first. It
// is known for a hundred days, and not of what went before the catalog was last made
// again.
func (d *Dir) RemovedSince(ctx context.Context, since nvr.Time) ([]nvr.Removal, error) {
	return d.Catalog.RemovedSince(ctx, since)
}
