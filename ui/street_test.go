package ui_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"nvrd/federation/blob"
	"nvrd/federation/blob/exchange"
	"nvrd/federation/identity"
	"nvrd/federation/membership"
	"nvrd/federation/response"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui"
	"nvrd/ui/page/street"
)

// street is a neighborhood of real memberships without sockets: what one home
// says waits until it is carried to the others.
type neighbors struct {
	t     *testing.T
	now   time.Time
	homes []*neighbor
}

// neighbor is one home; what pages want of it is a [street.Service].
type neighbor struct {
	*neighbors
	dir    string
	db     *store.DB
	all    *membership.All // nil while it is off
	in     *membership.Membership
	up     map[wire.Key]bool
	out    []letter
	direct int
	relays []wire.Key
	caps   exchange.Caps
	port   uint16   // that the router would have to forward
	err    error    // of turning on, of inviting, and of what a domain shows
	asked  []string // domains
	served *ui.Pages
	media  *blob.Shelf
	studio studio
	desk   desk
	sealed []sealedFile // what it shared

	sponsored map[wire.Key]string // agencies, with where their logs are
	gateway   store.Gateway
}

type letter struct {
	to   wire.Key
	said wire.Message
}

var _ street.Service = (*neighbor)(nil)

func (n *neighbor) All() *membership.All { return n.all }

func (n *neighbor) TurnOn() error {
	if n.all != nil {
		return nvr.ErrExists
	}
	seed := identity.New()
	err := errors.Join(n.err, store.KeepSeed(n.dir, seed))
	if err == nil {
		n.all, err = membership.Open(context.Background(), n.db, seed, func() time.Time { return n.now })
	}
	return err
}

func (n *neighbor) Restore(seed identity.Seed) error {
	if n.all != nil {
		return nvr.ErrExists
	}
	err := errors.Join(n.err, store.KeepSeed(n.dir, seed), n.db.OnPaper(context.Background(), 1))
	if err == nil {
		n.all, err = membership.Open(context.Background(), n.db, seed, func() time.Time { return n.now })
	}
	return err
}

func (n *neighbor) Invite(m *membership.Membership, days int, lost wire.Key) (wire.Invite, error) {
	if n.err != nil {
		return wire.Invite{}, n.err
	}
	return m.Invite(func(wire.Hash, wire.Minute) ([]wire.Door, error) {
		return []wire.Door{{Node: wire.PublicKey(m.Node()), Addresses: []string{"/ip4/192.0.2.1/udp/4001/quic-v1"}}}, nil
	}, days, lost)
}

func (n *neighbor) FoundAnew(old *membership.Membership) (*membership.Membership, error) {
	m, err := n.all.FoundAnew(old)
	if err == nil {
		err = errors.Join(n.err, n.all.Call(m, func(wire.Hash, wire.Minute) ([]wire.Door, error) {
			return []wire.Door{{Node: wire.PublicKey(m.Node()), Addresses: []string{"/ip4/192.0.2.1/udp/4001/quic-v1"}}}, nil
		}))
	}
	return m, err
}

func (n *neighbor) Shut(*membership.Membership) (uint16, bool)         { return n.port, n.port > 0 }
func (n *neighbor) Links(*membership.Membership) (direct, relayed int) { return n.direct, n.direct / 2 }

func (n *neighbor) Traffic(*membership.Membership) (today, month exchange.Meter, err error) {
	return exchange.Meter{Down: 1_500_000, Up: 1}, exchange.Meter{Down: 31_500_000, Up: 1}, n.err
}

func (n *neighbor) Through(*membership.Membership) []wire.Key { return n.relays }

func (n *neighbor) Caps(*membership.Membership) (exchange.Caps, error) { return n.caps, n.err }

func (n *neighbor) Limit(_ *membership.Membership, c exchange.Caps) error {
	if n.err == nil {
		n.caps = c
	}
	return n.err
}

func (n *neighbor) ProveDomain(_ context.Context, m *membership.Membership, card wire.Agency) error {
	if !m.Steward() {
		return nvr.ErrForbidden
	}
	n.asked = append(n.asked, card.Domain)
	return n.err
}

func (n *neighbor) Sponsor(m *membership.Membership, agency wire.Key, poll string) error {
	keys := []wire.Key{agency}
	for key := range n.sponsored {
		keys = append(keys, key)
	}
	err := m.Sponsor(keys)
	if err == nil {
		n.sponsored[agency] = poll
	}
	return err
}

func (n *neighbor) Unsponsor(m *membership.Membership, agency wire.Key) error {
	delete(n.sponsored, agency)
	return m.Sponsor(slices.Collect(maps.Keys(n.sponsored)))
}

func (n *neighbor) Sponsored(*membership.Membership) (all []store.Sponsored, err error) {
	for key, poll := range n.sponsored {
		all = append(all, store.Sponsored{Agency: key, Poll: poll})
	}
	return all, nil
}

func (n *neighbor) SetGateway(where store.Gateway) error {
	if n.err == nil {
		n.gateway = where
	}
	return n.err
}

func (n *neighbor) Gateway() (store.Gateway, bool) { return n.gateway, n.gateway != store.Gateway{} }

func (n *neighbor) GatewayText(agency wire.Key) (string, error) {
	if n.gateway == (store.Gateway{}) {
		return "", nvr.ErrNotFound
	}
	return wire.Sponsor{URL: n.gateway.URL, SPKI: wire.Hash{1}, Agency: agency}.Text()
}

func (n *neighbor) Ask(m *membership.Membership, p wire.Post, days int) (wire.Hash, error) {
	p.Recipient, p.Cells = response.NewIdentity().Recipient(), wire.SortCells(p.Cells)
	return m.Post(p, days)
}

func (n *neighbor) Leave(m *membership.Membership) error {
	if err := n.all.Leave(m); err != nil {
		return err
	}
	n.carry()
	n.in = nil
	return n.all.Forget(m)
}

// Send, Hang, Reset and Stir make it the network of its membership.
func (n *neighbor) Send(to wire.Key, m wire.Message) { n.out = append(n.out, letter{to, m}) }
func (n *neighbor) Hang(to wire.Key)                 { delete(n.up, to) }
func (n *neighbor) Reset()                           { clear(n.up) }
func (n *neighbor) Stir()                            {}

// off returns a home whose neighborhood is off.
func (s *neighbors) off() *neighbor {
	s.t.Helper()
	n := &neighbor{neighbors: s, dir: s.t.TempDir(), up: map[wire.Key]bool{}, sponsored: map[wire.Key]string{}}
	var err error
	if n.db, err = store.Open(s.t.Context(), n.dir); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { n.db.Close() })
	s.homes = append(s.homes, n)
	return n
}

// on returns a home that is in no neighborhood.
func (s *neighbors) on() *neighbor {
	s.t.Helper()
	n := s.off()
	if err := errors.Join(n.TurnOn(), n.all.OnPaper()); err != nil {
		s.t.Fatal(err)
	}
	return n
}

var rules = wire.Policy{Invites: wire.InvitesByMembers, ExpireDays: 30, MediaMiB: 1024, Places: []string{"North end", "Playground"}, Contact: "stoop@maple-row.example"}

func (s *neighbors) found(title, name string) *neighbor {
	s.t.Helper()
	n := s.on()
	m, err := n.all.Found(title, name, rules)
	if err != nil {
		s.t.Fatal(err)
	}
	n.enter(m)
	return n
}

// join has a new home use an invite of another.
func (s *neighbors) join(by *neighbor, name string) *neighbor {
	s.t.Helper()
	n := s.on()
	v, err := by.Invite(by.in, 7, wire.Key{})
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := v.Text()
	if err != nil {
		s.t.Fatal(err)
	}
	j, err := n.all.Join(text, name)
	if err != nil {
		s.t.Fatal(err)
	}
	n.knock(j, by)
	return n
}

// knock carries a knock to the home that invited, and the answer back.
func (n *neighbor) knock(j *membership.Joining, by *neighbor) {
	n.t.Helper()
	ticket, said, err := j.Knock()
	if err != nil {
		n.t.Fatal(err)
	}
	welcome, err := by.in.Answer(ticket, said, nil, func([]byte) ([]byte, error) { return nil, errors.New("nobody is there") })
	if err != nil {
		n.t.Fatal(err)
	}
	m, err := j.Hear(welcome)
	if err != nil {
		n.t.Fatal(err)
	}
	if m != nil {
		n.enter(m)
	}
}

func (n *neighbor) enter(m *membership.Membership) {
	n.in = m
	m.Connect(n)
}

// carry links all homes that let each other in, and carries what they say until
// nobody says any more. Then a minute has passed.
func (s *neighbors) carry() {
	for _, a := range s.homes {
		for _, b := range s.homes {
			if a == b || a.in == nil || b.in == nil {
				continue
			}
			if node := wire.PublicKey(b.in.Node()); !a.up[node] && (a.in.Member(node) || b.in.Member(wire.PublicKey(a.in.Node()))) {
				a.up[node] = true
				a.in.Up(node)
			}
		}
	}
	for said := true; said; {
		said = false
		for _, a := range s.homes {
			for len(a.out) > 0 {
				l := a.out[0]
				a.out, said = a.out[1:], true
				for _, b := range s.homes {
					if b.in != nil && wire.PublicKey(b.in.Node()) == l.to {
						if err := b.in.Hear(wire.PublicKey(a.in.Node()), l.said); err != nil {
							s.t.Errorf("a home is at fault: %v", err)
						}
					}
				}
			}
		}
	}
}

// pass lets time pass.
func (s *neighbors) pass(d time.Duration) {
	s.now = s.now.Add(d)
	for _, n := range s.homes {
		if n.in != nil {
			n.in.Minute()
		}
	}
	s.carry()
}

func newNeighbors(t *testing.T) *neighbors {
	return &neighbors{t: t, now: time.Now().Add(-72 * time.Hour)}
}

// pages returns the pages of a home for who asks.
func (n *neighbor) pages(who auth.Subject) http.Handler {
	n.t.Helper()
	if n.served == nil { // what pages load is packed each time
		h := &household{cameras: []nvr.Camera{camera(1, "Drive")}}
		var err error
		if n.served, err = ui.New(ui.Config{Cameras: h, Setup: h, Household: h, Rings: h, Timelines: h, History: h, Street: n, Studio: &n.studio, Requests: n.requests(), Log: slog.New(slog.DiscardHandler)}); err != nil {
			n.t.Fatal(err)
		}
	}
	return auth.As(who, n.served)
}

// at is the address of a page of a home's neighborhood.
func (n *neighbor) at(page string) string { return street.Href(n.in, page) }

// says has a home say something.
func (n *neighbor) says(p wire.Post) wire.Hash {
	n.t.Helper()
	id, err := n.in.Post(p, 0)
	if err != nil {
		n.t.Fatal(err)
	}
	n.carry()
	return id
}

// goes posts a form and returns where it leads to.
func goes(t *testing.T, h http.Handler, address string, pairs ...string) string {
	t.Helper()
	w := post(h, address, values(pairs...))
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%s: %d\n%s", address, w.Code, w.Body)
	}
	return w.Header().Get("Location")
}

func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// wordOf returns the n-th word that a page shows on paper.
func wordOf(t *testing.T, page string, n int) string {
	t.Helper()
	_, list, ok := strings.Cut(page, `<ol class="paper"`)
	words := strings.Split(list, "<li>")
	if !ok || len(words) < n+1 {
		t.Fatalf("no word %d on the page", n)
	}
	word, _, _ := strings.Cut(words[n], "</li>")
	return word
}
