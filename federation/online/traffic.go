package online

import (
	"context"
	"time"

	"nvrd/federation/blob/exchange"
	"nvrd/federation/membership"
	"nvrd/federation/store"
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
	g, err := o.running(m)
	if err != nil {
		return today, month, err
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

// capsOf returns how much the owner of a home lets go.
func capsOf(ctx context.Context, db *store.DB, m *membership.Membership) (exchange.Caps, error) {
	c, ok, err := db.Caps(ctx, m.Name())
	if !ok {
		return exchange.Caps{Down: mediaDown, Up: mediaUp}, err
	}
	return exchange.Caps(c), err
}

// Caps returns how much of photos and clips may go on a day (UTC).
func (o *Online) Caps(m *membership.Membership) (exchange.Caps, error) {
	g, err := o.running(m)
	if err != nil {
		return exchange.Caps{}, err
	}
	return capsOf(o.ctx, g.store, m)
}

// Limit says how much may go from now on, also after a restart. Errors are
// nvr.ErrNotFound while the home's part of the neighborhood does not run, and
// those of writing to disk; then nothing has changed.
func (o *Online) Limit(m *membership.Membership, c exchange.Caps) error {
	g, err := o.running(m)
	if err != nil {
		return err
	}
	if err := g.store.KeepCaps(o.ctx, m.Name(), store.Caps(c)); err != nil {
		return err
	}
	g.tell(func(x *exchange.Exchange, now time.Time) exchange.Actions { return x.Limit(c, now) })
	return nil
}
