// Package online has a home take part in its neighborhoods as long as the
// program runs: each membership gets its node, and who was invited knocks until
// it is let in.
//
// As long as the owner has not turned it on there is nothing: no file, no
// socket, no goroutine.
package online

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/multiformats/go-multiaddr"

	"nvrd/federation/blob"
	"nvrd/federation/domain"
	"nvrd/federation/identity"
	"nvrd/federation/mail"
	"nvrd/federation/membership"
	"nvrd/federation/node"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Config is what the installation says of it.
type Config struct {
	Dir       string       // the data directory
	Port      uint16       // of the first neighborhood's node, UDP and TCP; its door has the next, another neighborhood the two after; 0 lets the system choose
	Local     bool         // neighbors are on this machine
	Forwarded netip.Addr   // where the router forwards the ports of all neighborhoods from, if its owner said so
	RelayOnly bool         // neighbors are not told where this home is
	Guard     domain.Guard // by which the logs of agencies are read on the web, and domains are asked
	Log       *slog.Logger
	Now       func() time.Time // what time neighbors are told; nil for the machine's

	// Listen makes the node of a membership; nil for [node.Listen].
	Listen func(node.Config, node.Home, node.Porter, node.Pages) (*node.Node, error)
}

// Online is a home's part in its neighborhoods. It is safe for concurrent use.
type Online struct {
	config Config
	ctx    context.Context
	stop   context.CancelFunc
	work   sync.WaitGroup

	client *http.Client // for the logs of agencies on the web

	mu        sync.Mutex
	store     *store.DB // nil while it is off, as are disk, mail and all
	mail      *mail.DB
	gateway   *gateway // nil while no agency reaches this home
	disk      *blob.Disk
	all       *membership.All
	galleries map[*membership.Membership]*gallery // of those that run, each with its node
	begun     chan struct{}                       // is closed when there is another one
	asks      map[*membership.Joining]context.CancelFunc
	leaving   map[*membership.Membership]bool // see parts
	absent    map[wire.Hash]time.Time         // texts of logs on the web that were not there, and when
}

// Open takes up what the home was in. All of it runs until Close.
func Open(c Config) (*Online, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Listen == nil {
		c.Listen = node.Listen
	}
	ctx, stop := context.WithCancel(context.Background())
	o := &Online{
		config: c, ctx: ctx, stop: stop, client: c.Guard.Client(), begun: make(chan struct{}),
		galleries: map[*membership.Membership]*gallery{}, asks: map[*membership.Joining]context.CancelFunc{}, leaving: map[*membership.Membership]bool{},
		absent: map[wire.Hash]time.Time{},
	}
	seed, on, err := store.Seed(c.Dir)
	if err == nil && on {
		err = o.run(seed)
	}
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

// TurnOn makes the home's seed, whose words are to be written on paper, see
// [membership.All.Words]. It returns nvr.ErrExists if there is one already.
func (o *Online) TurnOn() error { return o.take(identity.New(), false) }

// Restore takes up the seed of a machine that was lost, from its words. Which
// neighborhoods the home was in the words do not say: an invite of any neighbor
// says one, see [membership.All.Return]. It returns nvr.ErrExists if this home has a seed.
func (o *Online) Restore(seed identity.Seed) error {
	return o.take(seed, true)
}

// take writes a seed down, which was restored from paper or is new, and begins.
func (o *Online) take(seed identity.Seed, restored bool) error {
	if o.All() != nil {
		return fmt.Errorf("the neighborhood is on: %w", nvr.ErrExists)
	}
	db, err := store.Open(o.ctx, o.config.Dir)
	if err != nil {
		return err
	}
	if restored { // what is founded or joined from now on has keys that no machine had before
		err = db.OnPaper(o.ctx, uint32(wire.MinuteOf(time.Now())))
	}
	if err == nil {
		err = store.KeepSeed(o.config.Dir, seed)
	}
	if err != nil {
		return errors.Join(err, db.Close())
	}
	return o.begin(db, seed)
}

// run opens what is kept and begins.
func (o *Online) run(seed identity.Seed) error {
	db, err := store.Open(o.ctx, o.config.Dir)
	if err != nil {
		return err
	}
	return o.begin(db, seed)
}

// begin keeps nodes and knocks going. It takes the database over.
func (o *Online) begin(db *store.DB, seed identity.Seed) error {
	all, err := membership.Open(o.ctx, db, seed, o.config.Now)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	disk, err := blob.OpenDisk(mediaDir(o.config.Dir), blob.Limits{Neighborhood: mediaHere, Total: mediaTotal, Floor: mediaFloor})
	if err != nil {
		return errors.Join(err, db.Close())
	}
	mail, err := mail.Open(o.ctx, o.config.Dir)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.store, o.disk, o.mail, o.all = db, disk, mail, all
	if where, err := db.Gateway(o.ctx); err == nil {
		if err := o.openGateway(where); err != nil {
			o.config.Log.Error("agencies can't reach this home", "err", err)
		}
	}
	o.work.Go(func() { o.follow(all) })
	return nil
}

// Close hangs up, and waits for all that it started.
func (o *Online) Close() error {
	o.stop()
	o.closeGateway()
	o.work.Wait()
	o.client.CloseIdleConnections()
	o.mu.Lock()
	defer o.mu.Unlock()
	var errs []error
	for _, g := range o.galleries {
		errs = append(errs, g.close())
	}
	if o.mail != nil {
		errs = append(errs, o.mail.Close())
	}
	if o.store != nil {
		errs = append(errs, o.store.Close())
	}
	return errors.Join(errs...)
}

// All returns the home's memberships; nil while the neighborhood is off.
func (o *Online) All() *membership.All {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all
}

// follow gives each membership a node, and has each invite knocked with.
func (o *Online) follow(all *membership.All) {
	again := time.NewTicker(time.Minute)
	defer again.Stop()
	for {
		news := all.News()
		o.connect(all.In())
		o.knock(all.Joining())
		o.leaveSpent(all)
		select {
		case <-o.ctx.Done():
			return
		case <-news:
		case <-again.C: // what failed is tried again
		}
	}
}

// connect starts nodes that are wanting, and ends those of neighborhoods that
// the home has left.
func (o *Online) connect(in []*membership.Membership) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range in {
		if o.galleries[m] != nil {
			continue
		}
		slot := o.slot()
		n, err := o.listen(m, slot)
		if err != nil {
			o.config.Log.Error("the neighborhood can't be reached", "neighborhood", m.Genesis().Title, "err", err)
			continue
		}
		g, err := o.exhibit(m, n)
		if err != nil {
			o.config.Log.Error("photos and clips can't be kept", "neighborhood", m.Genesis().Title, "err", err)
			m.Connect(nil)
			_ = n.Close() // it is tried again
			continue
		}
		g.slot = slot
		o.galleries[m] = g
		n.TakeReports(m.TakeReport)
		o.work.Go(func() { (&courier{m: m, node: n, log: o.config.Log}).run(g.ctx) })
		g.carrier = newCarrier(g.ctx, m, n, o.mail, o.config.Now)
		o.work.Go(g.carrier.run)
		o.work.Go(func() { o.polling(g.ctx, m) })
		close(o.begun)
		o.begun = make(chan struct{})
		if m.Left() { // the program ended before all was told and forgotten
			o.work.Go(func() { o.complain(m, o.Leave(m)) })
		}
	}
}

// slot returns which two ports are free for another neighborhood. o.mu is held.
func (o *Online) slot() (free uint16) {
	taken := map[uint16]bool{}
	for _, g := range o.galleries {
		taken[g.slot] = true
	}
	for taken[free] {
		free++
	}
	return free
}

// listen starts the node of a membership. o.mu is held.
func (o *Online) listen(m *membership.Membership, slot uint16) (*node.Node, error) {
	c := node.Config{Key: m.Node(), Local: o.config.Local, Forwarded: o.config.Forwarded, RelayOnly: o.config.RelayOnly}
	if o.config.Port != 0 {
		c.Port = o.config.Port + 2*slot
	}
	porter := &porter{m: m, ctx: o.ctx}
	n, err := o.config.Listen(c, m, porter, pages{o.store, m.Name()})
	if err != nil {
		return nil, err
	}
	porter.node.Store(n)
	m.Connect(n)
	for _, d := range m.Doors() {
		n.Know(d.Node, addresses(d))
	}
	if tickets, err := m.Tickets(); err == nil {
		for _, t := range tickets {
			o.work.Go(func() { _, _ = n.Doors(o.ctx, t, wire.MinuteOf(time.Now())+30*wire.Day) }) // doors that can't be had now, the invite has others
		}
	}
	return n, nil
}

func addresses(d wire.Door) (at []multiaddr.Multiaddr) {
	for _, text := range d.Addresses {
		if a, err := multiaddr.NewMultiaddr(text); err == nil {
			at = append(at, a)
		}
	}
	return at
}

// pages keeps addresses in the store.
type pages struct {
	store *store.DB
	name  wire.Hash
}

func (p pages) Records() ([][]byte, error) { return p.store.Records(context.Background(), p.name) }

func (p pages) Keep(node wire.Key, record []byte) error {
	return p.store.Keep(context.Background(), p.name, node, record)
}

// galleryOf returns the gallery of a membership; nil while it does not run.
func (o *Online) galleryOf(m *membership.Membership) *gallery {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.galleries[m]
}

// running is galleryOf, and nvr.ErrNotFound while it does not run.
func (o *Online) running(m *membership.Membership) (*gallery, error) {
	if g := o.galleryOf(m); g != nil {
		return g, nil
	}
	return nil, fmt.Errorf("this home's part of the neighborhood does not run: %w", nvr.ErrNotFound)
}

// Invite makes an invite whose doors are open; it waits for the node to listen.
// Errors are those of [membership.Membership.Invite], and that it does not after 30 s.
func (o *Online) Invite(m *membership.Membership, days int, lost wire.Key) (v wire.Invite, err error) {
	err = o.withDoors(m, func(doors doors) error {
		v, err = m.Invite(doors, days, lost)
		return err
	})
	return v, err
}

// doors opens doors for an invite, see [node.Node.Doors].
type doors = func(ticket wire.Hash, until wire.Minute) ([]wire.Door, error)

// withDoors has something done that needs doors; it waits for the node to listen.
func (o *Online) withDoors(m *membership.Membership, do func(doors) error) error {
	ctx, cancel := context.WithTimeout(o.ctx, 30*time.Second)
	defer cancel()
	n, err := o.listening(ctx, m)
	if err != nil {
		return fmt.Errorf("this home's part of the neighborhood does not run: %w", err)
	}
	return do(func(ticket wire.Hash, until wire.Minute) ([]wire.Door, error) { return n.Doors(ctx, ticket, until) })
}

// FoundAnew founds a neighborhood in the place of one that the home is in, and
// asks all who are in that to go on there; done again it asks again, with the
// doors that are open now. Errors are those of [membership.All.FoundAnew] and
// [membership.All.Call], and that its part of it does not run after 30 s.
func (o *Online) FoundAnew(old *membership.Membership) (*membership.Membership, error) {
	all := o.All()
	if all == nil {
		return nil, fmt.Errorf("found anew: %w", nvr.ErrNotFound)
	}
	m, err := all.FoundAnew(old)
	if err != nil {
		return nil, err
	}
	err = o.withDoors(m, func(doors doors) error { return all.Call(m, doors) })
	if err != nil {
		return nil, err
	}
	return m, nil
}

// listening returns the node of a membership, once there is one.
func (o *Online) listening(ctx context.Context, m *membership.Membership) (*node.Node, error) {
	for {
		o.mu.Lock()
		g, begun := o.galleries[m], o.begun
		o.mu.Unlock()
		if g != nil {
			return g.node, nil
		}
		select {
		case <-begun:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
