package retention

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
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
	// rateOver is the stretch over which cameras' rates are taken.
	rateOver = 5 * time.Minute
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

	mu      sync.Mutex
	doubted bool // the clock, so that something does not go
	floods  []nvr.CameraID

	failed string // what was logged last, so that it is said once; of Run
}

// Open returns a keeper, after having completed what an earlier one left half
// done. It has to be called before the recorder looks at the files.
func Open(ctx context.Context, c Config) (*Keeper, error) {
	k := &Keeper{Config: c}
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
		if time.Since(last) >= Every || worse(left, k.want(ctx)) {
			if _, err := k.Round(ctx); ctx.Err() == nil {
				k.report(err)
			}
			last, left = time.Now(), k.want(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// want tells how much free space the directories want: 0 for none, 1 below the
// floor, 2 below what makes young footage go. What cannot be read is for the
// next round to tell.
func (k *Keeper) want(ctx context.Context) map[nvr.DirectoryID]int {
	policy, err := k.Policy(ctx)
	if err != nil {
		return nil
	}
	places, _ := k.places()
	wants := map[nvr.DirectoryID]int{}
	for _, p := range places {
		switch floor := Floor(policy, p.Total); {
		case p.Free < floor/lastResort:
			wants[p.ID] = 2
		case p.Free < floor:
			wants[p.ID] = 1
		}
	}
	return wants
}

func worse(before, now map[nvr.DirectoryID]int) bool {
	for id, want := range now {
		if want > before[id] {
			return true
		}
	}
	return false
}

// report logs what went wrong when that changes.
func (k *Keeper) report(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != "" && text != k.failed {
		k.Log.Error("no room can be made", "err", err)
	}
	k.failed = text
}

// Notices returns what the owner should know. It is safe for concurrent use.
func (k *Keeper) Notices() []nvr.Notice {
	k.mu.Lock()
	defer k.mu.Unlock()
	var notices []nvr.Notice
	if k.doubted {
		notices = append(notices, nvr.Notice{Kind: nvr.ClockDoubted})
	}
	for _, c := range k.floods {
		notices = append(notices, nvr.Notice{Kind: nvr.CameraFloods, Camera: c})
	}
	return notices
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
	k.blame(s.Rates)
	removals := Removals(s)
	if err := *broken; err != nil {
		return nil, err
	}
	gone, err := k.carryOut(ctx, removals, leasedAt)
	return gone, errors.Join(unswept, unmeasured, err)
}

// lock has the catalog keep what the household wants to keep. Nothing goes while
// nobody knows what that is.
func (k *Keeper) lock(ctx context.Context, at nvr.Time) error {
	if k.Locks == nil {
		return nil
	}
	locks, err := k.Locks(ctx, at)
	if err == nil {
		err = k.Catalog.SetLocks(ctx, locks)
	}
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

// warn says when footage does not go by age because of the clock, and when it
// does again.
func (k *Keeper) warn(refused bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case refused && !k.doubted:
		k.Log.Warn("the clock jumped, no footage goes because of its age until it is right again or has run steadily for a day",
			"trusted", k.guard.trusted.Wall.String())
	case !refused && k.doubted:
		k.Log.Info("the clock is believed again")
	}
	k.doubted = refused
}

// blame says which cameras send too much.
func (k *Keeper) blame(rates map[nvr.CameraID]int64) {
	var floods []nvr.CameraID
	for c, rate := range rates {
		if rate > nvr.MaxRate {
			floods = append(floods, c)
		}
	}
	slices.Sort(floods)
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range floods {
		if !slices.Contains(k.floods, c) {
			k.Log.Warn("a camera sends too much, its footage goes first", "camera", c.String(), "bytes_per_second", rates[c], "most", nvr.MaxRate)
		}
	}
	k.floods = floods
}

// state gathers what removals are chosen from. What goes wrong while that reads
// on is in broken then.
func (k *Keeper) state(ctx context.Context, now, leasedAt nvr.Time) (s State, broken *error, err error) {
	s = State{Now: now, Limit: maxRound}
	broken = new(error)
	if s.Policy, err = k.Policy(ctx); err != nil {
		return s, nil, fmt.Errorf("retention: %w", err)
	}
	if s.Stocks, err = k.Catalog.Stocks(ctx); err != nil {
		return s, nil, fmt.Errorf("retention: %w", err)
	}
	if s.Leased, err = k.Catalog.Leased(ctx, leasedAt); err != nil {
		return s, nil, fmt.Errorf("retention: %w", err)
	}
	if s.Cameras, err = k.Cameras(ctx); err != nil {
		return s, nil, fmt.Errorf("retention: %w", err)
	}
	if s.Rates, err = k.rates(ctx, now); err != nil {
		return s, nil, err
	}
	s.Oldest = func(id nvr.DirectoryID, class nvr.Class, of ...nvr.CameraID) iter.Seq[catalog.Kept] {
		return func(yield func(catalog.Kept) bool) {
			if err := k.Catalog.Oldest(ctx, id, class, of, yield); err != nil {
				*broken = fmt.Errorf("retention: %w", err)
			}
		}
	}
	return s, broken, nil
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

// places measures the directories. One whose disk is about to be missed is left
// out, which err says: the others need room all the same.
func (k *Keeper) places() (places []Place, err error) {
	for id, d := range k.Directories() {
		free, total, unknown := d.Space()
		if unknown != nil {
			err = errors.Join(err, fmt.Errorf("retention: %w", unknown))
			continue
		}
		places = append(places, Place{ID: id, Free: free, Total: total})
	}
	slices.SortFunc(places, func(a, b Place) int { return cmp.Compare(a.ID, b.ID) })
	return places, err
}

// carryOut removes what has to go and returns what went.
func (k *Keeper) carryOut(ctx context.Context, removals []Removal, leasedAt nvr.Time) (gone []Removal, err error) {
	defer func() { k.tell(gone) }()
	for part := range slices.Chunk(removals, batch) {
		if ctx.Err() != nil {
			break
		}
		condemned, err := k.condemn(ctx, part, leasedAt)
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

// tell logs what went, a line for each cause and stream.
func (k *Keeper) tell(gone []Removal) {
	type group struct {
		cause  Cause
		stream nvr.StreamID
		class  nvr.Class
	}
	type sum struct {
		segments int
		bytes    int64
		span     nvr.Span
	}
	sums := map[group]*sum{}
	var order []group
	for _, r := range gone {
		g := group{r.Cause, r.Stream, r.Class}
		s := sums[g]
		if s == nil {
			s = &sum{span: r.Span}
			sums[g] = s
			order = append(order, g)
		}
		s.segments++
		s.bytes += r.Bytes
		s.span = nvr.Span{From: min(s.span.From, r.Span.From), To: max(s.span.To, r.Span.To)}
	}
	for _, g := range order {
		s := sums[g]
		k.Log.Info("removed footage", "cause", string(g.cause), "stream", g.stream.String(), "class", g.class.String(),
			"segments", s.segments, "bytes", s.bytes, "from", s.span.From.String(), "to", s.span.To.String())
	}
}
