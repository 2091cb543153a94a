package datadir

import (
	"context"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

const (
	// eventPage bounds what is read and written at once.
	eventPage = 1000
	// growing is how long after its beginning an event can change: it is a day
	// long at most, and known a while later.
	growing = 25 * time.Hour
)

// SaveEvents copies to the household what the catalog has of events and the
// household does not: those that can still change, at first all. What it saved
// is there when the catalog is lost. One goroutine at a time may call it.
func (d *Dir) SaveEvents(ctx context.Context) error {
	var last nvr.Event
	if d.saved != nil {
		last.Span.From = nvr.Now().Add(-growing)
	}
	saved := map[nvr.Event]bool{}
	for {
		found, err := d.Catalog.EventsAfter(ctx, last, eventPage)
		if err != nil {
			return err
		}
		var news []nvr.Event
		for _, e := range found {
			if saved[e] = true; !d.saved[e] {
				news = append(news, e)
			}
		}
		if len(news) > 0 {
			if err := d.Home.KeepEvents(ctx, news); err != nil {
				return err
			}
		}
		if len(found) < eventPage {
			d.saved = saved
			return nil
		}
		last = found[len(found)-1]
	}
}

// restoreEvents adds the events of a household to a catalog that was made again.
func restoreEvents(ctx context.Context, home *household.DB, c *catalog.Catalog) error {
	var last nvr.Event
	for {
		kept, err := home.KeptEvents(ctx, last, eventPage)
		if err != nil {
			return err
		}
		if err := c.RestoreEvents(ctx, kept); err != nil {
			return err
		}
		if len(kept) < eventPage {
			return nil
		}
		last = kept[len(kept)-1]
	}
}
