package membership

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	"nvrd/federation/feed"
	"nvrd/federation/roster"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Bounds of reports, each with its reason.
const (
	reportTried = 14 * wire.Day   // for a steward's home that is away: longer than most holidays
	reportKept  = 30 * wire.Day   // as long as most of what is reported
	reportSweep = wire.Minute(60) // between two looks for what is too old: it writes
	reportsADay = 20              // of a member: as many as a bad day has
)

// Report tells stewards of a post or a comment of another home, which nobody
// else hears of: all stewards but its author. It is written down when it
// returns, sealed for each of them, and [Membership.Letters] brings it. Reason is
// the label that it should have, or 0 for something else.
//
// Errors are nvr.ErrInvalid for what can't be said (the message says what), or
// if there is no steward to tell, nvr.ErrNotFound for an entry that is gone,
// nvr.ErrExists for one that this home reported before, unless no home
// took that in time, nvr.ErrForbidden for
// whoever is no member, nvr.ErrTooMany for more than a day's share, and those of
// writing to disk; then nothing is said.
func (m *Membership) Report(on wire.Hash, reason wire.LabelIs, words string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.behind != nil {
		return m.behind
	}
	if m.home.State().Member(m.Author()) == nil {
		return refused(feed.NotMember)
	}
	about, err := m.reportable(on, m.Author())
	if err != nil {
		return err
	}
	sent, err := m.store.SentReports(m.ctx, m.entry.Name)
	if err != nil {
		return err
	}
	now := m.now()
	today := map[wire.Hash]struct{}{}
	for _, r := range sent {
		if r.Minute+wire.Day > now {
			today[r.On] = struct{}{}
		}
	}
	if len(today) >= reportsADay {
		return fmt.Errorf("%w: %d were reported within a day", nvr.ErrTooMany, len(today))
	}
	report := wire.Report{Neighborhood: m.entry.Name, Reporter: m.Author(), On: on, Reason: reason, Words: words, Minute: now}
	letters, err := m.sealReport(report, m.Judges(about))
	if err != nil {
		return err
	}
	if err := m.anew(on, sent, now); err != nil {
		return err
	}
	if err := m.store.SendReport(m.ctx, m.entry.Name, letters...); err != nil {
		return err
	}
	m.tell()
	return nil
}

// anew forgets reports of an entry that no steward's home took in time, so that it
// may be reported once more. m.mu is held.
func (m *Membership) anew(on wire.Hash, sent []store.SentReport, now wire.Minute) error {
	if slices.ContainsFunc(sent, func(r store.SentReport) bool { return r.On == on && (r.Sealed == nil || now < r.Minute+reportTried) }) {
		return nil
	}
	for _, r := range sent {
		if r.On != on {
			continue
		}
		if err := kept(m.store.Unsend(m.ctx, m.entry.Name, on, r.Steward)); err != nil {
			return err
		}
	}
	return nil
}

// reportable returns who wrote an entry, as whom they are known now, if somebody
// may report it. m.mu is held.
func (m *Membership) reportable(on wire.Hash, by wire.Key) (author wire.Key, err error) {
	item, dead, ok := m.home.Feed().Get(on)
	if !ok || dead != feed.Alive {
		return author, fmt.Errorf("%w: it is no longer there", nvr.ErrNotFound)
	}
	says, author := item.Entry.Says, knownAs(m.home.State(), item.Entry.Author)
	if says != wire.SaysPost && says != wire.SaysComment || author == by {
		return author, fmt.Errorf("%w: reported are posts and comments of other homes", nvr.ErrInvalid)
	}
	return author, nil
}

// knownAs returns the author key of whoever has one, or lost it.
func knownAs(s *roster.State, author wire.Key) wire.Key {
	if heir, ok := s.Heirs()[author]; ok {
		return heir
	}
	return author
}

// Judges returns the author keys of the stewards who are told when this home
// reports what an author said: all but that author, and but this home.
func (m *Membership) Judges(author wire.Key) []wire.Key {
	s := m.State()
	author = knownAs(s, author)
	told := map[wire.Key]struct{}{}
	for _, seat := range s.Seats {
		if seat.Who != author && seat.Who != m.Author() && s.Member(seat.Who) != nil {
			told[seat.Who] = struct{}{}
		}
	}
	return slices.SortedFunc(maps.Keys(told), func(a, b wire.Key) int { return bytes.Compare(a[:], b[:]) })
}

// sealReport seals a report for each of some stewards. One whose card holds a key
// that nothing can be sealed with is left out.
func (m *Membership) sealReport(r wire.Report, stewards []wire.Key) (all []store.SentReport, err error) {
	for _, steward := range stewards {
		r.Steward = steward
		signed, err := wire.Sign(r, m.keys.Author)
		if err != nil {
			return nil, invalid(err)
		}
		if sealed, err := wire.SealReport(signed, m.State().Member(steward).Card.Seal); err == nil {
			all = append(all, store.SentReport{On: r.On, Steward: steward, Minute: r.Minute, Sealed: sealed})
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: there is no other steward to tell", nvr.ErrInvalid)
	}
	return all, nil
}

// Reported is how it stands with a report of this home.
type Reported struct {
	Stewards int         // whom it is for
	Taken    int         // whose homes have it
	Until    wire.Minute // from when on no other home is tried
	Over     bool        // it is then
}

// Reported returns what this home reported in the last weeks, by entry.
func (m *Membership) Reported() (map[wire.Hash]Reported, error) {
	sent, err := m.store.SentReports(m.ctx, m.entry.Name)
	all, now := map[wire.Hash]Reported{}, m.now()
	for _, r := range sent {
		is := all[r.On]
		is.Stewards++
		if r.Sealed == nil {
			is.Taken++
		}
		is.Until = r.Minute + reportTried
		is.Over = now >= is.Until
		all[r.On] = is
	}
	return all, err
}

// Letter is a report on its way to the home of one steward.
type Letter struct {
	On      wire.Hash
	Steward wire.Key // author key
	Node    wire.Key // where it goes
	Sealed  []byte
}

// Letters returns the reports that are to be brought now. What is about an entry
// that died is forgotten before, and within an hour what is 30 days old: to be
// called every now and then, also by a home that reports nothing.
func (m *Membership) Letters() ([]Letter, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if now < m.swept || now-m.swept >= reportSweep {
		if err := kept(m.store.ExpireReports(m.ctx, m.entry.Name, max(now, reportKept)-reportKept)); err != nil {
			return nil, err
		}
		m.swept = now
	}
	sent, err := m.store.SentReports(m.ctx, m.entry.Name)
	if err != nil {
		return nil, err
	}
	var letters []Letter
	s := m.home.State()
	for _, r := range sent {
		// While a clock is behind entries are not held, and members do not count yet:
		// what waits goes on to wait.
		_, dead, _ := m.home.Feed().Get(r.On)
		_, sits := s.SeatOf(r.Steward)
		steward := s.Member(r.Steward)
		switch {
		case r.Sealed == nil:
		case dead != feed.Alive:
			if err := kept(m.store.Unsend(m.ctx, m.entry.Name, r.On, r.Steward)); err != nil {
				return nil, err
			}
			m.tell()
		case sits && steward != nil && now < r.Minute+reportTried:
			letters = append(letters, Letter{r.On, r.Steward, steward.Card.Node, r.Sealed})
		}
	}
	return letters, nil
}

// Delivered writes down that a steward's home has a report: it is not brought
// again.
func (m *Membership) Delivered(l Letter) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := kept(m.store.ReportTaken(m.ctx, m.entry.Name, l.On, l.Steward)); err != nil {
		return err
	}
	m.tell()
	return nil
}

// kept takes for done what is done, and not yet overwritten.
func kept(err error) error {
	if errors.Is(err, store.ErrNotShredded) {
		return nil
	}
	return err
}
