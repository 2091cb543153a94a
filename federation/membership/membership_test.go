package membership_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/federation/feed"
	"nvrd/federation/identity"
	"nvrd/federation/membership"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// line joins homes of a test: what one says another hears, in order, a
// millisecond later.
type line struct {
	work  sync.WaitGroup
	mu    sync.Mutex
	homes map[wire.Key]*end
}

// end is where a home takes part.
type end struct {
	*membership.Membership
	line *line
	own  wire.Key
	up   map[wire.Key]chan wire.Message
}

// newLine returns a line that is cut when the test ends.
func newLine(t *testing.T) *line {
	l := &line{homes: map[wire.Key]*end{}}
	t.Cleanup(func() {
		for _, e := range l.homes {
			e.Reset()
		}
		l.work.Wait()
	})
	return l
}

func (l *line) connect(m *membership.Membership) *end {
	e := l.plug(m)
	m.Connect(e)
	return e
}

// plug is connect of a home that is not told of it.
func (l *line) plug(m *membership.Membership) *end {
	e := &end{Membership: m, line: l, own: wire.PublicKey(m.Node()), up: map[wire.Key]chan wire.Message{}}
	l.mu.Lock()
	old := l.homes[e.own]
	l.mu.Unlock()
	if old != nil { // its machine starts again
		old.Reset()
		settle()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.homes[e.own] = e
	return e
}

// meet opens a link if there is none.
func (l *line) meet(a, b *end) {
	settle() // one that was there has ended
	l.mu.Lock()
	linked := a.up[b.own] != nil && b.up[a.own] != nil
	l.mu.Unlock()
	if !linked && !l.link(a, b) {
		panic("they don't let each other in")
	}
}

// link opens a link, if both let each other in.
func (l *line) link(a, b *end) bool {
	if !a.Member(b.own) || !b.Member(a.own) {
		return false
	}
	l.way(a, b)
	l.way(b, a)
	a.Up(b.own)
	b.Up(a.own)
	return true
}

// way carries what one says to the other.
func (l *line) way(from, to *end) {
	way := make(chan wire.Message, 10_000)
	l.mu.Lock()
	if old := from.up[to.own]; old != nil {
		close(old)
	}
	from.up[to.own] = way
	l.mu.Unlock()
	l.work.Go(func() {
		for m := range way {
			time.Sleep(time.Millisecond)
			_ = to.Hear(from.own, m)
		}
		to.Down(from.own)
	})
}

func (e *end) Send(to wire.Key, m wire.Message) {
	e.line.mu.Lock()
	defer e.line.mu.Unlock()
	if way := e.up[to]; way != nil {
		way <- m
	}
}

func (e *end) Hang(to wire.Key) {
	e.line.mu.Lock()
	defer e.line.mu.Unlock()
	for _, pair := range [][2]*end{{e, e.line.homes[to]}, {e.line.homes[to], e}} {
		if way := pair[0].up[pair[1].own]; way != nil {
			close(way)
			delete(pair[0].up, pair[1].own)
		}
	}
}

func (e *end) Stir() {}
func (e *end) Reset() {
	e.line.mu.Lock()
	links := slices.Collect(maps.Keys(e.up))
	e.line.mu.Unlock()
	for _, to := range links {
		e.Hang(to)
	}
}

// household is a home's disk and its seed.
type household struct {
	t     *testing.T
	name  string
	dir   string
	seed  identity.Seed
	ahead atomic.Int64 // nanoseconds, of its clock
	all   *membership.All
	db    *store.DB
}

func (h *household) clock() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }

func live(t *testing.T, name string) *household {
	h := &household{t: t, name: name, dir: t.TempDir(), seed: identity.New()}
	h.start()
	t.Cleanup(h.stop)
	return h
}

func (h *household) start() {
	h.t.Helper()
	var err error
	if h.db, err = store.Open(h.t.Context(), h.dir); err != nil {
		h.t.Fatal(err)
	}
	if h.all, err = membership.Open(context.Background(), h.db, h.seed, h.clock); err != nil {
		h.t.Fatal(err)
	}
}

// crash has the home begin again with what is on disk at this moment: nothing
// was ended as it should.
func (h *household) crash() {
	h.t.Helper()
	dir := h.t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(h.dir)); err != nil {
		h.t.Fatal(err)
	}
	h.stop()
	h.dir = dir
	h.start()
}

func (h *household) stop() {
	if err := h.db.Close(); err != nil {
		h.t.Error(err)
	}
}

var policy = wire.Policy{Invites: wire.InvitesByMembers, ExpireDays: 30, MediaMiB: 1024}

func (h *household) found(title string) *membership.Membership {
	h.t.Helper()
	m, err := h.all.Found(title, h.name, policy)
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

func door(m *membership.Membership) wire.Door {
	return wire.Door{Node: wire.PublicKey(m.Node()), Addresses: []string{"/ip4/192.0.2.1/tcp/4001"}}
}

var nobody membership.Asker = func([]byte) ([]byte, error) { return nil, errors.New("nobody is there") }

// invite returns an invite as text.
func invite(t *testing.T, by *membership.Membership) string {
	t.Helper()
	v, err := by.Invite(invitesAt(by), 7, wire.Key{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := v.Text()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// ask has a home ask to be let in.
func (h *household) ask(invite string) *membership.Joining {
	h.t.Helper()
	j, err := h.all.Join("Come in! "+invite, h.name)
	if err != nil {
		h.t.Fatal(err)
	}
	return j
}

// join has a home use an invite of another; it returns its membership.
func (h *household) join(by *membership.Membership, ask membership.Asker) *membership.Membership {
	h.t.Helper()
	j := h.ask(invite(h.t, by))
	m, err := j.Hear(knock(h.t, j, by, ask))
	if err != nil || m == nil {
		h.t.Fatalf("%s was not let in: %v, answer %d", h.name, err, j.Answered())
	}
	return m
}

func knock(t *testing.T, j *membership.Joining, by *membership.Membership, ask membership.Asker) []byte {
	t.Helper()
	ticket, said, err := j.Knock()
	if err != nil {
		t.Fatal(err)
	}
	welcome, err := by.Answer(ticket, said, []wire.Door{door(by)}, ask)
	if err != nil {
		t.Fatal(err)
	}
	return welcome
}

// posts returns what a home shows.
func posts(m *membership.Membership) (all []string) {
	for _, day := range m.Days() {
		for _, p := range day.Posts {
			s := "gone"
			if p.Dead == feed.Alive {
				s = p.Item.Says.(wire.Post).Happened
			}
			for _, c := range p.Comments {
				if c.Dead == feed.Alive {
					s += " / " + c.Item.Says.(wire.Comment).Text
				}
			}
			all = append(all, s)
		}
	}
	return all
}

func shows(t *testing.T, m *membership.Membership, want ...string) {
	t.Helper()
	if got := posts(m); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("a home shows %q, not %q", got, want)
	}
}

// minutes has time pass for homes.
func minutes(n int, homes ...*end) {
	for range n {
		time.Sleep(time.Minute)
		for _, h := range homes {
			h.Minute()
		}
	}
	settle()
}

func settle() {
	time.Sleep(time.Second)
	synctest.Wait()
}

// A link may stand before the home is told of the network: what it said on it
// went nowhere, and it begins anew.
func TestConnectAfterALinkStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(26 * 365 * 24 * time.Hour)
		anna, ben := live(t, "Anna"), live(t, "Ben")
		street := newLine(t)
		a := anna.found("Elm Street")
		b := ben.join(a, nobody)
		atAnna, atBen := street.plug(a), street.plug(b)
		a.Connect(atAnna)
		if !street.link(atAnna, atBen) {
			t.Fatal("they don't let each other in")
		}
		settle()
		b.Connect(atBen)
		settle()
		street.meet(atAnna, atBen) // as nodes do when a link has ended
		settle()
		if got := b.State().Member(b.Author()); got == nil || got.Card.Name != "Ben" {
			t.Errorf("Ben knows of himself %+v", got)
		}
	})
}

// Pages show how many homes are linked.
func TestLinksAreNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(26 * 365 * 24 * time.Hour)
		m := live(t, "Anna").found("Elm Street")
		for what, tell := range map[string]func(wire.Key){"stands": m.Up, "does no longer": m.Down} {
			news := m.News()
			tell(wire.Key{1})
			select {
			case <-news:
			default:
				t.Errorf("a link %s, and nobody hears of it", what)
			}
		}
	})
}

// Anna founds a street, Ben joins by an invite, they talk, Ben's machine starts
// again, and he leaves.
func TestStreet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(26 * 365 * 24 * time.Hour)
		anna, ben := live(t, "Anna"), live(t, "Ben")
		street := newLine(t)
		a := anna.found("Elm Street")
		b := ben.join(a, nobody)
		atAnna, atBen := street.connect(a), street.connect(b)
		if !street.link(atAnna, atBen) {
			t.Fatal("they don't let each other in")
		}
		settle()
		if got := b.State().Member(b.Author()); got == nil || got.Card.Name != "Ben" {
			t.Fatalf("Ben knows of himself %+v", got)
		}
		ice, err := a.Post(wire.Post{Category: wire.CategoryHazard, Happened: "The steps of number 4 are icy."}, 0)
		if err != nil {
			t.Fatal(err)
		}
		settle()
		if _, err := b.Comment(ice, "I put salt on them."); err != nil {
			t.Fatal(err)
		}
		settle()
		shows(t, a, "The steps of number 4 are icy. / I put salt on them.")
		shows(t, b, "The steps of number 4 are icy. / I put salt on them.")
		if _, err := b.Retract(ice); !errors.Is(err, nvr.ErrForbidden) {
			t.Errorf("Ben takes back what Anna said: %v", err)
		}

		atBen.Reset()
		ben.stop()
		if _, err := a.Retract(ice); err != nil {
			t.Fatal(err)
		}
		ben.start()
		b = ben.all.In()[0]
		shows(t, b, "The steps of number 4 are icy. / I put salt on them.")
		atBen = street.connect(b)
		street.link(atAnna, atBen)
		settle()
		shows(t, b, "gone / I put salt on them.")

		if err := ben.all.Leave(b); err != nil {
			t.Fatal(err)
		}
		settle()
		if err := ben.all.Forget(b); err != nil {
			t.Fatal(err)
		}
		if got := a.State().Member(b.Author()); got != nil {
			t.Errorf("Ben is still in: %+v", got)
		}
		shows(t, a, "gone")
		if len(ben.all.In()) != 0 {
			t.Error("Ben's home is still in")
		}
	})
}

// invitesAt is where an invite of a home leads.
func invitesAt(m *membership.Membership) func(wire.Hash, wire.Minute) ([]wire.Door, error) {
	return func(wire.Hash, wire.Minute) ([]wire.Door, error) { return []wire.Door{door(m)}, nil }
}
