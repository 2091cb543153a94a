package catalog

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

const (
	// leaseTime is how long a reader that died holds footage.
	leaseTime = time.Minute
	// renewEvery leaves two more tries when one fails.
	renewEvery = leaseTime / 3
)

// Lease keeps footage from being removed while somebody reads it.
type Lease struct {
	hold Leased
	id   int64
	end  sync.Once
	stop chan struct{}
	done chan struct{}
}

// Lease takes a lease on the footage of a stream in span, and renews it until
// Release. Readers in other processes count as well: a lease is a row, which
// expires a minute after the last renewal. What was removed before stays so:
// look for segments after taking the lease.
func (c *Catalog) Lease(ctx context.Context, stream nvr.StreamID, span nvr.Span) (*Lease, error) {
	l := &Lease{hold: Leased{stream, span}, id: leaseID(), stop: make(chan struct{}), done: make(chan struct{})}
	if err := c.put(ctx, l); err != nil {
		return nil, fmt.Errorf("lease on %s: %w", stream, err)
	}
	go c.renew(context.WithoutCancel(ctx), l)
	return l, nil
}

// leaseID returns a number that no other process takes, so that a lease which
// expired while this one was suspended can be put back.
func leaseID() int64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return int64(binary.BigEndian.Uint64(b[:]) >> 1)
}

// put writes the lease, to expire a lease time from now.
func (c *Catalog) put(ctx context.Context, l *Lease) error {
	return c.Update(ctx, func(t Tx) error {
		return t.exec(`INSERT INTO lease (id, camera_id, quality, start_us, end_us, expires_us) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET expires_us = excluded.expires_us`,
			l.id, l.hold.Stream.Camera, l.hold.Stream.Quality, l.hold.Span.From, l.hold.Span.To, nvr.Now().Add(leaseTime))
	})
}

// Release ends the lease. It may be called more than once.
func (l *Lease) Release() {
	l.end.Do(func() { close(l.stop) })
	<-l.done
}

func (c *Catalog) renew(ctx context.Context, l *Lease) {
	defer close(l.done)
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		// An error is a busy or full disk: the next renewal may succeed, and a
		// row that could not be dropped expires.
		select {
		case <-tick.C:
			_ = c.put(ctx, l)
		case <-l.stop:
			_ = c.Update(ctx, func(t Tx) error { return t.exec(`DELETE FROM lease WHERE id = ?`, l.id) })
			return
		}
	}
}

// Leased is footage that somebody reads.
type Leased struct {
	Stream nvr.StreamID
	Span   nvr.Span
}

// Leased returns what is leased and has not expired at a time.
func (c *Catalog) Leased(ctx context.Context, at nvr.Time) ([]Leased, error) {
	holds, err := sqlite.All(ctx, c.db.Reader(), func(row sqlite.Row) (h Leased, err error) {
		err = row.Scan(&h.Stream.Camera, &h.Stream.Quality, &h.Span.From, &h.Span.To)
		return h, err
	}, `SELECT camera_id, quality, start_us, end_us FROM lease WHERE expires_us > ?`, at)
	if err != nil {
		return nil, fmt.Errorf("leases: %w", err)
	}
	return holds, nil
}

// DropLeases drops the leases that had expired at a time.
func (t Tx) DropLeases(at nvr.Time) error {
	if err := t.exec(`DELETE FROM lease WHERE expires_us <= ?`, at); err != nil {
		return fmt.Errorf("drop leases: %w", err)
	}
	return nil
}
