package online

import (
	"context"
	"fmt"
	"time"

	"nvrd/federation/blob/exchange"
	"nvrd/federation/membership"
	"nvrd/federation/store"
	"nvrd/pkg/nvr"
)

// count writes down what went today, if more did since the last look, and returns
// it: caps are of a day, also if the program starts anew on it. A crash forgets
// what went since then. What can't be written down is with what goes next.
func (g *gallery) count(last exchange.Meter) exchange.Meter {
	g.mu.Lock()
	now := g.exchange.Meter(time.Now())
	g.mu.Unlock()
	if now != last {
		if err := g.store.KeepTraffic(context.Background(), g.m.Name(), store.Traffic(now)); err != nil {
			g.log.Warn("what went today is not written down", "err", err)
		}
	}
	return now
}

// Traffic returns how many bytes of photos and clips went today, and since the
// first of the month (UTC).
func (o *Online) Traffic(m *membership.Membership) (today, month exchange.Meter, err error) {
	g := o.galleryOf(m)
	if g == nil {
		return today, month, fmt.Errorf("this home's part of the neighborhood does not run: %w", nvr.ErrNotFound)
	}
	now := time.Now().UTC()
	g.mu.Lock()
	today = g.exchange.Meter(now)
	g.mu.Unlock()
	first := today.Day - uint32(now.Day()-1)
	before, err := g.store.Traffic(o.ctx, m.Name(), first, today.Day-1) // of no day, on the first
	month = exchange.Meter{Day: today.Day, Down: before.Down + today.Down, Up: before.Up + today.Up}
	return today, month, err
}
