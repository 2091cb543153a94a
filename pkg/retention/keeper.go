package retention

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
)

const (
	// Every is the time between two rounds: what 64 cameras at 4 Mb/s write in
	// it is a third of the smallest free space that is kept by default.
	Every = 10 * time.Second
	// Glance is the time between two looks at the free space. A round follows at
	// once where there is too little, however fast that went.
	Glance = time.Second
	// maxRound bounds what one round removes.
	maxRound = 4096
	// batch is how many segments go in one transaction: it holds up the
	// recorder's entries for some 20 ms.
	batch = 64
	// exhausted is how little room keeps the catalog from being written.
	exhausted = 1 << 20
	// clockEvery is how often the catalog is told the clock.
	clockEvery = time.Hour
)

// Config is what a Keeper needs.
type Config struct {
	Catalog     *catalog.Catalog
	Directories func() map[nvr.DirectoryID]*footage.Directory // those that are there
	Policy      func(context.Context) (nvr.Retention, error)
	Cameras     func(context.Context) ([]nvr.CameraID, error) // of the household
	// Locks returns what somebody wants to keep and has not ended at a time; zero
	// is before all ends. nil leaves those that the catalog has.
	Locks func(context.Context, nvr.Time) ([]nvr.Lock, error)
	Clock func() (catalog.Clock, error) // MachineClock, but for tests
	Log   *slog.Logger
}

// Keeper removes footage as a policy says. A home has one.
type Keeper struct {
	Config
	guard guard
	kept  catalog.Clock // as it stands in the catalog

	believed atomic.Bool // the clock, by the last round

	mu      sync.Mutex
	doubted bool                       // the clock, so that something does not go
	floods  map[nvr.CameraID]time.Time // cameras that send too much, and when that was seen last

	failed string // what was logged last, so that it is said once; of Run
}

// Open returns a keeper, after having completed what an earlier one left half
// done. It has to be called before the recorder looks at the files.
func Open(ctx context.Context, c Config) (*Keeper, error) {
	k := &Keeper{Config: c, floods: map[nvr.CameraID]time.Time{}}
	at, err := c.Catalog.Clock(ctx)
	if err != nil && !errors.Is(err, nvr.ErrNotFound) {
		return nil, fmt.Errorf("retention: %w", err)
	}
	k.guard.trusted, k.kept = at, at
	if _, err := k.sweep(ctx); err != nil {
		c.Log.Warn("footage that was to go is still there", "err", err)
	}
	return k, nil
}

// Run makes a round now and then until ctx ends, and at once when a disk has
// filled up further than the last round left it.
func (k *Keeper) Run(ctx context.Context) {
	tick := time.NewTicker(Glance)
	defer tick.Stop()
	var last time.Time
	var left map[nvr.DirectoryID]int
	for {
		want := k.glance(ctx)
		if time.Since(last) >= Every || worse(left, want) {
			if _, err := k.Round(ctx); ctx.Err() == nil {
				k.report(err)
			}
			last, left = time.Now(), k.glance(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Round looks once at what there is and removes what has to go, up to a bound.
// It returns what went.
//
// The catalog lies on the same disk as a rule, and without any room it cannot
// note that footage goes. So some room is set aside, and spent in that case.
func (k *Keeper) Round(ctx context.Context) ([]Removal, error) {
	gone, err := k.makeRoom(ctx)
	if err == nil {
		for _, d := range k.Directories() {
			err = errors.Join(err, d.Reserve())
		}
		return gone, err
	}
	spent := false
	for _, d := range k.Directories() {
		if free, _, unknown := d.Space(); unknown != nil || free > exhausted {
			continue
		}
		had, failed := d.Spend()
		spent, err = spent || had, errors.Join(err, failed)
	}
	if !spent {
		return gone, err
	}
	k.Log.Warn("the disk is full, room that was set aside is used to remove footage", "err", err)
	return k.makeRoom(ctx)
}

// makeRoom is a round, come what may.
func (k *Keeper) makeRoom(ctx context.Context) ([]Removal, error) {
	stuck, unswept := k.sweep(ctx)
	if stuck == nil && unswept != nil {
		return nil, unswept
	}
	now, err := k.Clock()
	if err != nil {
		return nil, fmt.Errorf("retention: %w", err)
	}
	believed := k.guard.believe(now)
	k.believed.Store(believed)
	if err := k.keepClock(ctx, now, believed); err != nil {
		return nil, err
	}
	// A lease must not end because the clock jumped: then each counts.
	leasedAt := now.Wall
	if !believed {
		leasedAt = 0
	}
	if err := k.lock(ctx, leasedAt); err != nil { // likewise a lock
		return nil, err
	}
	s, broken, err := k.state(ctx, now.Wall, leasedAt)
	if err != nil {
		return nil, err
	}
	places, unmeasured := k.places()
	s.Places = slices.DeleteFunc(places, func(p Place) bool { return stuck[p.ID] })
	s.NotByAge = !believed && Excessive(s)
	k.warn(s.NotByAge)
	removals := Removals(s)
	if err := *broken; err != nil {
		return nil, err
	}
	gone, err := k.carryOut(ctx, removals, now.Wall, leasedAt)
	return gone, errors.Join(unswept, unmeasured, err)
}

// lock has the catalog keep what the household wants to keep. Nothing goes while
// nobody knows what that is.
func (k *Keeper) lock(ctx context.Context, at nvr.Time) error {
	if k.Locks == nil {
		return nil
	}
	err := k.Catalog.FollowLocks(ctx, func(ctx context.Context) ([]nvr.Lock, error) { return k.Locks(ctx, at) })
	if err != nil {
		return fmt.Errorf("retention: %w", err)
	}
	return nil
}

// keepClock keeps the moment at which the clock was last believed for the next
// start, and drops leases whose holders died.
func (k *Keeper) keepClock(ctx context.Context, now catalog.Clock, believed bool) error {
	if !believed || k.kept.Boot == now.Boot && step(k.kept, now).Abs() <= tolerance && now.Uptime-k.kept.Uptime < clockEvery {
		return nil
	}
	err := k.Catalog.Update(ctx, func(tx catalog.Tx) error {
		return errors.Join(tx.SetClock(now), tx.DropLeases(now.Wall))
	})
	if err != nil {
		return fmt.Errorf("retention: %w", err)
	}
	k.kept = now
	return nil
}

// carryOut removes what has to go at a time, and returns what went.
func (k *Keeper) carryOut(ctx context.Context, removals []Removal, at, leasedAt nvr.Time) (gone []Removal, err error) {
	defer func() { k.tell(gone) }()
	for part := range slices.Chunk(removals, batch) {
		if ctx.Err() != nil {
			break
		}
		condemned, err := k.condemn(ctx, part, at, leasedAt)
		if err != nil {
			return gone, err
		}
		if err := k.clear(ctx, condemned); err != nil {
			return gone, err
		}
		for _, r := range part {
			if slices.ContainsFunc(condemned, func(c catalog.Kept) bool { return c.ID == r.ID }) {
				gone = append(gone, r)
			}
		}
	}
	return gone, nil
}
