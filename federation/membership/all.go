package membership

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"nvrd/federation/identity"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// All is this home in all its neighborhoods. It is safe for concurrent use.
type All struct {
	ctx   context.Context
	store *store.DB
	seed  identity.Seed
	clock func() time.Time

	mu      sync.Mutex
	in      []*Membership
	joining []*Joining
	places  uint32 // the next place of the seed that was never used
	onPaper bool
	news    chan struct{}
}

// Open takes up what the home is in, and what it asked to join. All that is
// written is written until ctx ends.
func Open(ctx context.Context, db *store.DB, seed identity.Seed, clock func() time.Time) (*All, error) {
	a := &All{ctx: ctx, store: db, seed: seed, clock: clock, news: make(chan struct{})}
	kept, err := db.Neighborhoods(ctx)
	if err != nil {
		return nil, err
	}
	if a.places, a.onPaper, err = db.Paper(ctx); err != nil {
		return nil, err
	}
	asked, err := db.Joinings(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range kept {
		a.places = max(a.places, n.Place+1)
		if n.Left > 0 {
			continue
		}
		m, err := take(ctx, db, seed, n, clock)
		if err != nil {
			return nil, err
		}
		a.in = append(a.in, m)
	}
	for _, j := range asked {
		a.places = max(a.places, j.Place+1)
		if err := a.resume(j); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Words returns the seed as words for paper until [All.OnPaper] was called, and
// then nil: also after a restart, since nobody may have written them down before.
func (a *All) Words() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.onPaper {
		return nil
	}
	return a.seed.Words()
}

// OnPaper says that the words stand on paper. They are never told again once
// that is on disk, which it is when OnPaper returns nil.
func (a *All) OnPaper() error {
	if err := a.store.OnPaper(a.ctx, 0); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.onPaper = true
	return nil
}

// In returns the neighborhoods that the home is in, in the order in which it came.
func (a *All) In() []*Membership {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.in)
}

// Of returns the membership in a neighborhood. It returns nvr.ErrNotFound for one
// that the home is not in.
func (a *All) Of(name wire.Hash) (*Membership, error) {
	for _, m := range a.In() {
		if m.Name() == name {
			return m, nil
		}
	}
	return nil, fmt.Errorf("neighborhood: %w", nvr.ErrNotFound)
}

// News returns a channel that is closed when the home is in another
// neighborhood, asks to join one, or has left one.
func (a *All) News() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.news
}

// tell wakes whoever waits for news. a.mu is held.
func (a *All) tell() {
	close(a.news)
	a.news = make(chan struct{})
}

// Found begins a neighborhood, whose first member and steward this home is.
// Errors are nvr.ErrInvalid for titles, names and policies that can't be, and
// those of writing to disk.
func (a *All) Found(title, name string, policy wire.Policy) (*Membership, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.begin(wire.Genesis{Title: title, Policy: policy}, name, nil)
}

// begin founds a neighborhood whose genesis says so, and to which those are called
// by their author keys in the one in whose place it is. a.mu is held.
func (a *All) begin(g wire.Genesis, name string, called []wire.Key) (*Membership, error) {
	keys := a.seed.Keys(identity.Place{Neighborhood: a.places})
	now := wire.MinuteOf(a.clock())
	g.Minute, g.Founder, g.Seat, g.Salt = now, wire.PublicKey(keys.Author), wire.PublicKey(keys.Seat), salt()
	genesis, err := wire.Sign(g, keys.Seat)
	if err != nil {
		return nil, invalid(err)
	}
	card, err := wire.Sign(cardOf(genesis.ID, keys, a.seed.Node(identity.Place{Neighborhood: a.places}, 0), name, now), keys.Author)
	if err != nil {
		return nil, invalid(err)
	}
	admit, err := wire.Sign(wire.Admit{
		Head: wire.DeedHead{Neighborhood: genesis.ID, Minute: now, Seat: g.Seat}, Card: card.Body.(wire.Card), Signature: card.Signature(),
	}, keys.Seat)
	if err != nil {
		return nil, invalid(err)
	}
	n := store.Neighborhood{Name: genesis.ID, Place: a.places, Settled: genesis.ID}
	if err := a.store.Found(a.ctx, n, called, store.Object{ID: genesis.ID, Raw: genesis.Raw}, store.Object{ID: admit.ID, Raw: admit.Raw}); err != nil {
		return nil, err
	}
	a.places++
	m, err := take(a.ctx, a.store, a.seed, n, a.clock)
	if err != nil {
		return nil, err
	}
	a.in = append(a.in, m)
	a.tell()
	return m, nil
}

// Leave tells the neighborhood that this home is out, with all that it said,
// and forgets all that neighbors said. It returns once that is on disk; the
// keys are never used again. Whoever connected the membership hangs up then.
func (a *All) Leave(m *Membership) error {
	m.mu.Lock()
	now := m.now()
	err := m.declare(wire.Leave{Neighborhood: m.entry.Name, Author: m.Author(), Minute: now}, m.keys.Author)
	m.mu.Unlock()
	if err != nil && !errors.Is(err, nvr.ErrInvalid) { // it was put out before, or never got in
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.in = slices.DeleteFunc(a.in, func(o *Membership) bool { return o == m })
	a.tell()
	return nil
}

// Forget wipes what a neighborhood left that the home has told of it. What
// neighbors say to the membership from then on is not heard.
func (a *All) Forget(m *Membership) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := a.store.Forget(a.ctx, m.Name(), m.now())
	if err == nil || errors.Is(err, store.ErrNotShredded) {
		m.behind = fmt.Errorf("this home has left: %w", nvr.ErrNotFound)
	}
	return err
}
