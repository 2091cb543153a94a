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

// counting is the time between two times that traffic is written down.
const counting = time.Minute

// count writes down what went today, if more did since the last time: caps are of
// a day, also if the program starts anew on it. A crash forgets a minute of it.
func (g *gallery) count() {
	g.mu.Lock()
	now := g.exchange.Meter(time.Now())
	g.mu.Unlock()
	if now == g.counted || g.m.Left() {
		return
	}
	if err := g.store.Count(context.WithoutCancel(g.ctx), g.m.Name(), store.Traffic(now)); err != nil {
		g.log.Warn("what went today is not written down", "err", err)
		return
	}
	g.counted = now
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
	month = today
	if now.Day() > 1 {
		before, err := g.store.Traffic(o.ctx, m.Name(), today.Day-uint32(now.Day()-1), today.Day-1)
		if err != nil {
			return today, month, err
		}
		month.Down += before.Down
		month.Up += before.Up
	}
	return today, month, nil
}
