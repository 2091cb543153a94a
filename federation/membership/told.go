package membership

import (
	"fmt"
	"slices"

	"nvrd/federation/feed"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// reportTries is how often a day a member may bring a report: more is no honest
// home, and each costs a steward's home 0.2 ms.
const reportTries = 500

// TakeReport takes a report that a member's node brings to this home, whose owner
// is a steward. It is written down when it returns nil, also if it was before.
//
// Errors are nvr.ErrForbidden for whoever may not report here, or somebody
// else's report, nvr.ErrNotFound for one of an entry that is not here, which may
// come, nvr.ErrInvalid for what can't be reported, nvr.ErrTooMany for more than a
// day's share, the kinds of federation/wire, and those of writing to disk.
func (m *Membership) TakeReport(node wire.Key, sealed []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.behind != nil {
		return m.behind
	}
	reporter, member := m.home.State().AuthorOf(node)
	if _, sits := m.sits(); !member || !sits {
		return fmt.Errorf("report: %w", nvr.ErrForbidden)
	}
	now := m.now()
	if !m.tried.take(node, now, reportTries) {
		return fmt.Errorf("report: %w", nvr.ErrTooMany)
	}
	r, err := m.openReport(reporter, sealed)
	if err != nil {
		return err
	}
	held, err := m.store.HeldReports(m.ctx, m.entry.Name)
	if err != nil {
		return err
	}
	if slices.Contains(held, r) {
		return nil // the answer was lost
	}
	if m.reported.of(node, now) >= reportsADay {
		return fmt.Errorf("report: %w", nvr.ErrTooMany)
	}
	if err := m.store.HoldReport(m.ctx, m.entry.Name, r); err != nil {
		return err
	}
	m.reported.take(node, now, reportsADay)
	m.tell()
	return nil
}

// openReport reads what a member reports, if it may; what is the same of all is
// left out, as of those that are held. m.mu is held.
func (m *Membership) openReport(reporter wire.Key, sealed []byte) (wire.Report, error) {
	r, err := wire.OpenReport(sealed, m.keys.Seal)
	if err != nil {
		return r, err
	}
	if r.Neighborhood != m.entry.Name || r.Reporter != reporter || r.Steward != m.Author() {
		return r, fmt.Errorf("report: %w", nvr.ErrForbidden)
	}
	if now := m.now(); r.Minute > now+feed.Ahead || r.Minute+reportKept <= now {
		return r, fmt.Errorf("%w: a report of another time", nvr.ErrInvalid)
	}
	author, err := m.reportable(r.On, reporter)
	if err == nil && author == m.Author() {
		err = fmt.Errorf("report: %w", nvr.ErrForbidden)
	}
	r.Neighborhood, r.Steward = wire.Hash{}, wire.Key{}
	return r, err
}

// Reports returns what was reported to this home and not closed, the oldest
// first; of each the neighborhood and the steward are left out. There is nothing
// where the owner is no steward.
func (m *Membership) Reports() ([]wire.Report, error) {
	if !m.Steward() {
		return nil, nil
	}
	return m.store.HeldReports(m.ctx, m.entry.Name)
}

// CloseReports forgets all that was reported of an entry.
func (m *Membership) CloseReports(on wire.Hash) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := kept(m.store.CloseReports(m.ctx, m.entry.Name, on)); err != nil {
		return err
	}
	m.tell()
	return nil
}

// shares counts what nodes had on a day.
type shares struct {
	day uint32
	by  map[wire.Key]int
}

// of returns how much a node had on the day of now.
func (s *shares) of(node wire.Key, now wire.Minute) int {
	if s.day != now.Day() || s.by == nil {
		s.day, s.by = now.Day(), map[wire.Key]int{}
	}
	return s.by[node]
}

// take takes one of a node's share of a day, if there is one left.
func (s *shares) take(node wire.Key, now wire.Minute, most int) bool {
	if s.of(node, now) >= most {
		return false
	}
	s.by[node]++
	return true
}
