// Package membership is this home in its neighborhoods, at work: the cores of
// [home.Home] with a clock, a disk and the home's keys. What a neighbor says is
// written down before it is passed on, and what the owner says before it is
// said.
//
// It has no sockets: federation/node brings it those, and a membership works
// without, as a home does whose line is down.
package membership

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"nvrd/federation/feed"
	"nvrd/federation/home"
	"nvrd/federation/identity"
	"nvrd/federation/roster"
	"nvrd/federation/store"
	"nvrd/federation/wire"
)

// Network carries what a membership says. Its methods do not wait.
type Network interface {
	Send(to wire.Key, m wire.Message)
	Hang(to wire.Key) // once what was sent to it is on its way
	Reset()           // ends all links, to begin anew
	Stir()            // the roster changed
}

// nowhere is the network of a home that is not connected.
type nowhere struct{}

func (nowhere) Send(wire.Key, wire.Message) {}
func (nowhere) Hang(wire.Key)               {}
func (nowhere) Reset()                      {}
func (nowhere) Stir()                       {}

// Membership is this home in one neighborhood. It is safe for concurrent use.
type Membership struct {
	ctx   context.Context // of the program: nothing is written once it has ended
	store *store.DB
	clock func() time.Time
	entry store.Neighborhood
	keys  identity.Keys
	node  ed25519.PrivateKey

	genesis wire.Signed
	state   atomic.Pointer[roster.State] // what the home amounts to, for whoever may not wait
	met     atomic.Bool                  // somebody, since the program began
	doors   map[wire.Key]wire.Door       // of members, by whom a home that was just let in learns who is one

	mu       sync.Mutex // guards what follows, and orders what is written and sent
	home     *home.Home
	network  Network
	vouched  shares        // homes let in, by the node that vouched for them
	reported shares        // reports taken, by the node that brought them
	tried    shares        // reports looked at
	swept    wire.Minute   // when reports that are too old were forgotten last
	last     wire.Minute   // when a minute passed last
	early    wire.Minute   // of what is on disk and dated too far ahead to count, the first; 0 for nothing
	arrived  bool          // nothing is kept of how it came
	behind   error         // why the last change could not be written down; until then nothing is heard
	news     chan struct{} // is closed when something changed that pages show
}

// take makes a membership of what is kept.
func take(ctx context.Context, db *store.DB, seed identity.Seed, n store.Neighborhood, clock func() time.Time) (*Membership, error) {
	place := identity.Place{Neighborhood: n.Place, Generation: n.Generation}
	m := &Membership{
		ctx: ctx, store: db, clock: clock, entry: n, keys: seed.Keys(place), node: seed.Node(place, n.Machine),
		network: nowhere{}, news: make(chan struct{}), doors: map[wire.Key]wire.Door{}, arrived: true,
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m, m.load()
}

// load takes up what is on disk. m.mu is held.
func (m *Membership) load() error {
	a, err := m.read()
	if err != nil {
		return err
	}
	m.behind = nil
	return m.do(a)
}

// read makes the home of what is on disk. m.mu is held.
func (m *Membership) read() (home.Actions, error) {
	kept, err := m.store.Load(m.ctx, m.entry.Name)
	if err != nil {
		return home.Actions{}, err
	}
	objects := make([]wire.Signed, 0, len(kept.Objects))
	for _, o := range kept.Objects {
		signed, err := wire.Open(o.Raw)
		if err != nil {
			return home.Actions{}, fmt.Errorf("object %v of the neighborhood: %w", o.ID, err)
		}
		objects = append(objects, signed)
	}
	if len(objects) == 0 || objects[0].ID != m.entry.Name {
		return home.Actions{}, fmt.Errorf("the neighborhood %v has no genesis", m.entry.Name)
	}
	items := make([]*feed.Item, 0, len(kept.Entries))
	for _, e := range kept.Entries {
		item, err := feed.Open(e.Raw, e.Payload)
		if err != nil {
			return home.Actions{}, fmt.Errorf("entry %v of the neighborhood: %w", e.ID, err)
		}
		items = append(items, item)
	}
	m.last, m.early = m.now(), 0
	for _, i := range items {
		if at := i.Entry.Minute; at > m.last+feed.Ahead && (m.early == 0 || at < m.early) {
			m.early = at
		}
	}
	m.genesis = objects[0]
	m.home = home.New(m.genesis, home.Opening, m.keys.Cosigner)
	a := m.home.Load(objects[1:], kept.Settled, kept.Passed, items, m.now())
	return a, m.home.LoadLogs(kept.Logs)
}

// do carries out what the home wants done. m.mu is held. What can't be written
// down is not sent either, and the home is made anew from what is on disk: so
// nobody was ever told what a restart would take back. Until a minute finds that
// there is room again, nothing is heard, said or answered.
func (m *Membership) do(a home.Actions) error {
	if !a.Save.Empty() {
		if err := m.store.Save(m.ctx, m.entry.Name, a.Save); err != nil && !errors.Is(err, store.ErrNotShredded) {
			m.behind = err
			_, _ = m.read() // what came to an end meanwhile is written down when there is room
			m.tell()
			return err
		}
	}
	m.state.Store(m.home.State())
	m.arrive()
	for _, s := range a.Send {
		m.network.Send(s.To, s.Message)
	}
	for _, node := range a.Close {
		m.network.Hang(node)
	}
	if a.Roster {
		m.network.Stir()
	}
	if a.Roster || a.Held || len(a.Feed)+len(a.Logs) > 0 {
		m.tell()
	}
	return nil
}

// arrive forgets the invite once the roster says that this home is in. m.mu is held.
func (m *Membership) arrive() {
	if m.arrived || m.State().Member(m.Author()) == nil {
		return
	}
	if err := m.store.Joined(m.ctx, m.entry.Place); err == nil || errors.Is(err, store.ErrNotShredded) {
		m.arrived = true
	}
}

// tell wakes whoever waits for news. m.mu is held.
func (m *Membership) tell() {
	close(m.news)
	m.news = make(chan struct{})
}

// News returns a channel that is closed when something changes that pages show.
func (m *Membership) News() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.news
}

// Arrived returns once the roster says that this home is in.
func (m *Membership) Arrived(ctx context.Context) error {
	for {
		news := m.News()
		if m.State().Member(m.Author()) != nil {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Name returns the neighborhood's name: the id of its genesis.
func (m *Membership) Name() wire.Hash { return m.entry.Name }

// Genesis returns what the neighborhood began with.
func (m *Membership) Genesis() wire.Genesis { return m.genesis.Body.(wire.Genesis) }

// Author returns the key that this home signs its entries with.
func (m *Membership) Author() wire.Key { return wire.PublicKey(m.keys.Author) }

// Node returns the key that its node connects with.
func (m *Membership) Node() ed25519.PrivateKey { return m.node }

// State returns what the roster amounts to. It is not to be changed.
func (m *Membership) State() *roster.State { return m.state.Load() }

func (m *Membership) now() wire.Minute { return wire.MinuteOf(m.clock()) }

// Connect has a network carry what is said from now on; nil is none. What the
// network hears it gives to Up, Hear, Down and Minute. Links that stand already
// begin anew: what was said on them went nowhere.
func (m *Membership) Connect(n Network) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n == nil {
		n = nowhere{}
	}
	m.network = n
	n.Reset()
}

// Member tells whether a home with this node key is in. A home that was just let
// in knows nobody yet but those whom its welcome named.
func (m *Membership) Member(node wire.Key) bool {
	s := m.State()
	if _, ok := s.AuthorOf(node); ok {
		return true
	}
	_, door := m.doors[node]
	return door && m.fresh(s)
}

// fresh tells whether the roster does not know yet that this home is in.
func (m *Membership) fresh(s *roster.State) bool { return s.Members[m.Author()] == nil }

// Left tells whether this home has said that it leaves. One that was turned off
// before neighbors heard of it is still among [All.In] when it starts again: it
// is to leave once more.
func (m *Membership) Left() bool {
	self := m.State().Members[m.Author()]
	return self != nil && self.Left
}

// Nodes returns the node keys of all members, this home's among them.
func (m *Membership) Nodes() []wire.Key {
	s := m.State()
	var nodes []wire.Key
	for author := range s.Members {
		if member := s.Member(author); member != nil {
			nodes = append(nodes, member.Card.Node)
		}
	}
	if m.fresh(s) {
		for node := range m.doors {
			nodes = append(nodes, node)
		}
	}
	return nodes
}

// Met tells whether a link to any neighbor has stood since the program began.
func (m *Membership) Met() bool { return m.met.Load() }

// Up tells that a link to a node stands.
func (m *Membership) Up(node wire.Key) {
	m.met.Store(true)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.behind == nil { // else the link is reset when there is room
		_ = m.do(m.home.Up(node, m.now())) // it is kept in behind, and tried again
	}
	m.tell()
}

// Down tells that it does no longer.
func (m *Membership) Down(node wire.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.home.Down(node)
	m.tell()
}

// Hear takes what a node said. An error is the node's fault.
func (m *Membership) Hear(node wire.Key, said wire.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.behind != nil {
		return nil
	}
	a, err := m.home.Hear(node, said, m.now())
	_ = m.do(a) // as in Up
	return err
}

// Minute tells that time passed; to be called every minute.
func (m *Membership) Minute() {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	switch {
	case m.behind != nil:
		if m.behind = m.store.Probe(m.ctx, m.entry.Name); m.behind == nil {
			m.again()
		}
	case now+feed.Ahead < m.last, m.early > 0 && now+feed.Ahead >= m.early: // the clock was set back, or right
		m.again()
	default:
		m.last = now
		_ = m.do(m.home.Minute(now)) // as in Up
	}
}

// again begins anew with what is on disk. m.mu is held.
func (m *Membership) again() {
	if m.behind = m.load(); m.behind == nil {
		m.network.Reset()
		m.tell()
	}
}

// Behind returns why nothing can be written down, such as a full disk, as long
// as that is so. Nothing that neighbors say is taken in meanwhile, and nothing
// is lost: it is asked for again.
func (m *Membership) Behind() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.behind
}

// Place says which keys of the seed are this home's here: neighborhoods are
// counted in the order in which the home came, from 0.
func (m *Membership) Place() uint32 { return m.entry.Place }

// Touch tells who waits for news that something came which posts name, or went
// with them: a photo, a clip.
func (m *Membership) Touch() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tell()
}
