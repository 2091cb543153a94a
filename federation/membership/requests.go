package membership

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"nvrd/federation/request"
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
			_, is.Fraud = l.Fraud()
			is.Recipient, _ = l.Recipient()
			is.Entries, is.Cosigners = slices.Clone(l.Entries(0)), len(l.Cosigners())
		}
		all = append(all, is)
	}
	slices.SortFunc(all, func(a, b Log) int { return cmp.Or(cmp.Compare(a.Title, b.Title), compareKeys(a.Key, b.Key)) })
	return all
}

// Asked is a request that keeps the rules, as this home knows it.
type Asked struct {
	ID        wire.Hash
	Agency    wire.Agency
	Request   wire.Request
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
				Cosigners: l.Cosigners, Suspended: l.Suspended || l.Fraud,
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

// Request returns one of [Membership.Requests] with the log that it stands in:
// nvr.ErrNotFound if there is none.
func (m *Membership) Request(id wire.Hash) (Asked, Log, error) {
	for _, l := range m.Logs() {
		for _, a := range l.Requests() {
			if a.ID == id {
				return a, l, nil
			}
		}
	}
	return Asked{}, Log{}, fmt.Errorf("request: %w", nvr.ErrNotFound)
}

// Now returns the minute that this home tells neighbors.
func (m *Membership) Now() wire.Minute { return m.now() }
