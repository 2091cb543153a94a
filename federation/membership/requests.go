package membership

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"nvrd/federation/feed"
	"nvrd/federation/request"
	"nvrd/federation/request/area"
	"nvrd/federation/roster"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Publish takes what an agency published, from the agency or from its log; see
// [request.Logs.Offer]. What is taken is written down, and neighbors are told, when
// it returns. The answer is the same for every home that holds the same log, whatever
// its owner thinks of it. Errors are the kinds of federation/wire for what the agency
// said wrong, and those of writing to disk.
func (m *Membership) Publish(agency wire.Key, checkpoint []byte, from int, more []request.Entry) (is request.Outcome, size int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.behind != nil {
		return 0, 0, m.behind
	}
	is, a, err := m.home.Publish(agency, checkpoint, from, more, m.now())
	if failed := m.do(a); failed != nil {
		return 0, 0, failed
	}
	if l := m.home.Logs().Log(agency); l != nil {
		size = l.Size()
	}
	return is, size, err
}

// Lacking returns ids of an agency's entries whose text is not here and would be taken,
// the newest first.
func (m *Membership) Lacking(agency wire.Key, most int) []wire.Hash {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l := m.home.Logs().Log(agency); l != nil {
		return l.Lacking(most)
	}
	return nil
}

// Tell takes texts of an agency's entries that were here without. Neighbors ask for
// them. Errors are the kinds of federation/wire for what is said wrong, and those of
// writing to disk.
func (m *Membership) Tell(agency wire.Key, texts [][]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.behind != nil {
		return m.behind
	}
	a, err := m.home.Tell(agency, texts, m.now())
	return errors.Join(m.do(a), err)
}

// Sponsor says which agencies this home is a sponsor of, in place of those before:
// neighbors bring to it what they answer them. Errors are nvr.ErrNotFound for an
// agency that may not ask here, nvr.ErrInvalid for more than [wire.MaxSponsored], and
// those of writing to disk.
func (m *Membership) Sponsor(agencies []wire.Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.home.State()
	for _, key := range agencies {
		if a, ok := s.Agencies[key]; !ok || a.Suspended {
			return fmt.Errorf("no such agency may ask here: %w", nvr.ErrNotFound)
		}
	}
	agencies = slices.SortedFunc(slices.Values(agencies), compareKeys)
	return m.declareCard(func(c *wire.Card) { c.Sponsors = slices.Compact(agencies) })
}

// Sponsors returns the nodes of the homes that are sponsors of an agency, this one's
// among them, in the order of their keys.
func (m *Membership) Sponsors(agency wire.Key) (nodes []wire.Key) {
	s := m.State()
	for author := range s.Members {
		if member := s.Member(author); member != nil && slices.Contains(member.Card.Sponsors, agency) {
			nodes = append(nodes, member.Card.Node)
		}
	}
	slices.SortFunc(nodes, compareKeys)
	return nodes
}

func compareKeys(a, b wire.Key) int { return bytes.Compare(a[:], b[:]) }

// Log is the log of an agency as this home has it.
type Log struct {
	roster.Agency
	Entries   []request.Entry // all, in their order
	Cosigners int             // homes that have seen the newest checkpoint, as far as that is known here
	Fraud     bool            // it showed two logs: nothing more of it is taken
	Proof     []byte          // of that
	Note      []byte          // the newest checkpoint, with its cosignatures; nil if there is none
	Recipient wire.Recipient  // for which key homes seal what they answer; nothing if it published none
}

// Logs returns those of all agencies that the charter names, by title.
func (m *Membership) Logs() []Log {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.home.State()
	all := make([]Log, 0, len(s.Agencies))
	for key, a := range s.Agencies {
		is := Log{Agency: a}
		if l := m.home.Logs().Log(key); l != nil {
			if f, fraud := l.Fraud(); fraud {
				is.Fraud, is.Proof = true, f.Bytes()
			}
			is.Note = l.Note()
			is.Recipient, _ = l.Recipient()
			is.Entries, is.Cosigners = slices.Clone(l.Entries(0)), len(l.Cosigners())
		}
		all = append(all, is)
	}
	slices.SortFunc(all, func(a, b Log) int { return cmp.Or(cmp.Compare(a.Title, b.Title), compareKeys(a.Key, b.Key)) })
	return all
}

// Asked is a request that keeps the rules, as this home knows it: of an agency, or of
// a neighbor, whose post it is then.
type Asked struct {
	ID        wire.Hash
	Agency    wire.Agency    // zero for that of a neighbor
	Neighbor  wire.Key       // author key; zero for that of an agency
	Request   wire.Request   // that of a neighbor has no case, incident, area and contact
	Cells     []wire.Cell    // that a neighbor asks for
	Recipient wire.Recipient // for which key it is sealed what homes answer; nothing if that is not known
	Elsewhere bool           // its area meets no cell of the neighborhood
	Closed    wire.ClosingIs // 0: it is not, but may have expired
	Cosigners int            // homes that have seen it, as far as that is known here
	Suspended bool           // its agency is, by the charter or since it showed two logs
}

// State is how it stands with a request.
type State uint8

// The states.
const (
	StateOpen State = iota
	StateResolved
	StateWithdrawn
	StateExpired
	StateSuspended // its agency is
)

func (s State) String() string {
	return [...]string{"open", "resolved", "withdrawn", "expired", "suspended"}[s]
}

// State returns how it stands with it at a minute.
func (a Asked) State(now wire.Minute) State {
	switch {
	case a.Closed == wire.ClosingResolved:
		return StateResolved
	case a.Closed == wire.ClosingWithdrawn:
		return StateWithdrawn
	case now >= a.Request.Expires:
		return StateExpired
	case a.Suspended:
		return StateSuspended
	}
	return StateOpen
}

// Open tells whether it can be answered from here at a minute.
func (a Asked) Open(now wire.Minute) bool { return a.State(now) == StateOpen && !a.Elsewhere }

// Requests returns what agencies asked that keeps the rules, the newest first.
func (m *Membership) Requests() (all []Asked) {
	for _, l := range m.Logs() {
		all = append(all, l.Requests()...)
	}
	slices.SortStableFunc(all, func(a, b Asked) int { return cmp.Compare(b.Request.Head.Minute, a.Request.Head.Minute) })
	return all
}

// Requests returns what the agency asked that keeps the rules, in its order.
func (l Log) Requests() []Asked {
	closed := map[wire.Hash]wire.ClosingIs{}
	for _, e := range l.Entries {
		if c, ok := e.Text.Body.(wire.Closing); ok && e.Verdict.OK() {
			closed[c.On] = c.Is
		}
	}
	var all []Asked
	for _, e := range l.Entries {
		if r, ok := e.Text.Body.(wire.Request); ok && e.Verdict.OK() {
			all = append(all, Asked{
				ID: e.ID, Agency: l.Agency.Agency, Request: r, Elsewhere: e.Verdict == request.Elsewhere, Closed: closed[e.ID],
				Recipient: l.Recipient, Cosigners: l.Cosigners, Suspended: l.Suspended || l.Fraud,
			})
		}
	}
	return all
}

// Bulletins returns what the agency told that has not expired, in its order.
func (l Log) Bulletins(now wire.Minute) (all []wire.Bulletin) {
	for _, e := range l.Entries {
		if b, ok := e.Text.Body.(wire.Bulletin); ok && e.Verdict.OK() && now < b.Expires && !l.Suspended && !l.Fraud {
			all = append(all, b)
		}
	}
	return all
}

// Figures are of what an agency published.
type Figures struct {
	Requests  int         // that keep the rules
	Open      int         // of these
	Window    wire.Minute // that they ask for: as many ask for more as for less
	Area      float64     // in square metres, likewise
	Bulletins int
	Replies   int
	Lacking   int // entries without a text here: what breaks a rule, or was withheld
}

func (l Log) figures(now wire.Minute) (f Figures) {
	var windows []wire.Minute
	var areas []float64
	for _, a := range l.Requests() {
		f.Requests++
		if a.State(now) == StateOpen {
			f.Open++
		}
		windows = append(windows, a.Request.To-a.Request.From)
		if asked, err := area.Check(a.Request.Area); err == nil {
			areas = append(areas, asked.SquareMetres())
		}
	}
	for _, e := range l.Entries {
		switch e.Text.Body.(type) {
		case nil:
			f.Lacking++
		case wire.Bulletin:
			f.Bulletins++
		case wire.Reply:
			f.Replies++
		}
	}
	f.Window, f.Area = median(windows), median(areas)
	return f
}

func median[T cmp.Ordered](all []T) (m T) {
	if len(all) > 0 {
		slices.Sort(all)
		m = all[len(all)/2]
	}
	return m
}

// Replies returns what the agency answered to posts that were opened to it, by post.
func (l Log) Replies() map[wire.Hash][]wire.Reply {
	all := map[wire.Hash][]wire.Reply{}
	for _, e := range l.Entries {
		if r, ok := e.Text.Body.(wire.Reply); ok && e.Verdict.OK() && !l.Suspended && !l.Fraud {
			all[r.On] = append(all[r.On], r)
		}
	}
	return all
}

// Asker returns whose request it is: an agency's key, or a neighbor's author key.
func (a Asked) Asker() wire.Key {
	if a.Neighbor != (wire.Key{}) {
		return a.Neighbor
	}
	return a.Agency.Key
}

// NeighborRequests returns what neighbors ask, this home among them, the newest first.
func (m *Membership) NeighborRequests() (all []Asked) {
	s := m.State()
	for _, day := range m.Days() {
		for _, p := range day.Posts {
			post, ok := p.Item.Says.(wire.Post)
			author := s.Member(p.Item.Entry.Author)
			if !ok || !post.Asks() || author == nil {
				continue
			}
			all = append(all, Asked{
				ID: p.Item.ID, Neighbor: p.Item.Entry.Author, Cells: post.Cells, Recipient: wire.Recipient{Recipient: post.Recipient},
				Request: wire.Request{Head: wire.AgencyHead{Minute: p.Item.Entry.Minute}, From: post.From, To: post.To, Text: post.Happened, Expires: p.Item.Entry.Expires},
			})
		}
	}
	return all
}

// Request returns one of [Membership.Requests] or [Membership.NeighborRequests]:
// nvr.ErrNotFound if there is none.
func (m *Membership) Request(id wire.Hash) (Asked, error) {
	for _, a := range append(m.Requests(), m.NeighborRequests()...) {
		if a.ID == id {
			return a, nil
		}
	}
	return Asked{}, fmt.Errorf("request: %w", nvr.ErrNotFound)
}

// Opened returns the posts that neighbors opened to an agency, the newest first: what
// they say, not who wrote them.
func (m *Membership) Opened(agency wire.Key) (all []feed.Post) {
	for _, day := range m.Days() {
		for _, p := range day.Posts {
			if post, ok := p.Item.Says.(wire.Post); ok && slices.Contains(post.Opened, agency) {
				all = append(all, p)
			}
		}
	}
	return all
}

// Now returns the minute that this home tells neighbors.
func (m *Membership) Now() wire.Minute { return m.now() }
