package request

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"nvrd/federation/request/area"
	"nvrd/federation/wire"
)

// The rules of what an agency may ask, each with its reason. Most are those that
// the largest vendor of doorbells published for its own tool.
const (
	MinWindow = wire.Minute(15)      // less is a moment that nobody's clock knows
	MaxWindow = wire.Minute(12 * 60) // more is watching
	MaxOpen   = 14 * wire.Day        // recordings are gone by then
	PerCase   = 2                    // once, and once more when something is learned
	Open      = 3                    // at a time in one neighborhood: each is read by people
	Month     = 30 * wire.Day        // within which there are no more than
	PerMonth  = 10                   // in one neighborhood
	PerDay    = 2                    // bulletins
	PerKey    = 2                    // recipients within a Month: a new one, and one more when that was a mistake
	Replies   = 20                   // a day, to posts that were opened to it
	Ahead     = wire.Minute(10)      // how far clocks may be off, as in federation/feed
)

// Verdict is what becomes of a publication. All but Accepted and Elsewhere say which
// rule it breaks: then no home passes it on or shows it.
type Verdict uint8

// The verdicts.
const (
	Accepted        Verdict = iota + 1
	Elsewhere               // it keeps the rules, and asks nobody here
	Foreign                 // of another agency
	Twice                   // it stands in the log before
	Backdated               // earlier than what stands before it in the log
	Linked                  // its text leads elsewhere
	ShortWindow             // asks for less than MinWindow
	LongWindow              // asks for more than MaxWindow
	FutureWindow            // asks for what has not happened yet
	LongOpen                // would be open for more than MaxOpen
	BadArea                 // no area, too small or too large: see area.Check
	OutOfBounds             // its area is not within the jurisdiction
	CaseSpent               // PerCase were made of its case
	OpenSpent               // Open are open here
	MonthSpent              // PerMonth were made here within a Month
	BulletinsSpent          // PerDay were published that day
	NothingToClose          // there is no such request, or it is closed
	RecipientsSpent         // PerKey were published within a Month
	RepliesSpent            // Replies were published that day
)

func (v Verdict) String() string {
	return [...]string{
		"none", "accepted", "accepted elsewhere", "of another agency", "said before", "earlier than what is before it", "leads elsewhere",
		"window too short", "window too long", "window in the future", "open for too long", "no area that can be asked for", "out of the jurisdiction",
		"too many of one case", "too many open", "too many in a month", "too many bulletins in a day", "nothing to close", "too many recipients in a month", "too many replies in a day",
	}[v]
}

// OK tells whether what has this verdict keeps the rules.
func (v Verdict) OK() bool { return v == Accepted || v == Elsewhere }

// Terms are what an agency is admitted under in one neighborhood.
type Terms struct {
	Agency       wire.Key
	Jurisdiction area.Jurisdiction
	Cells        []wire.Cell // of the neighborhood
}

// Judge judges what one agency published in the order of its log: homes that hold
// the same log under the same terms come to the same verdicts. It is not safe for
// concurrent use.
type Judge struct {
	terms     Terms
	last      wire.Minute
	kept      map[wire.Hash]struct{} // of those that keep the rules
	requests  map[wire.Hash]*made
	cases     map[string]int
	here      []*made        // of the last month, whose area meets the neighborhood
	bulletins map[uint32]int // by day
	replies   map[uint32]int
	sealedFor []wire.Minute // of the recipients of the last month
}

// made is a request that keeps the rules.
type made struct {
	at    wire.Minute
	until wire.Minute // when it expires, or was resolved or withdrawn: from then on it is closed
}

// NewJudge returns a judge of a log from its beginning.
func NewJudge(t Terms) *Judge {
	return &Judge{terms: t, kept: map[wire.Hash]struct{}{}, requests: map[wire.Hash]*made{}, cases: map[string]int{}, bulletins: map[uint32]int{}, replies: map[uint32]int{}}
}

// Judge judges the publication that comes next in the log. What breaks a rule
// changes nothing of what comes after it: homes that were never shown it come to the
// same verdicts. An error of area.Check comes with BadArea.
func (j *Judge) Judge(n wire.Signed) (Verdict, error) {
	publication, ok := n.Body.(wire.Publication)
	if !ok || publication.Agency().Agency != j.terms.Agency {
		return Foreign, nil
	}
	at := publication.Agency().Minute
	_, twice := j.kept[n.ID]
	switch {
	case twice:
		return Twice, nil
	case at < j.last:
		return Backdated, nil
	}
	v, err := j.verdict(n.ID, publication)
	if v.OK() {
		j.last = at
		j.kept[n.ID] = struct{}{}
	}
	return v, err
}

func (j *Judge) verdict(id wire.Hash, n wire.Publication) (Verdict, error) {
	switch n := n.(type) {
	case wire.Request:
		return j.request(id, n)
	case wire.Closing:
		r := j.requests[n.On]
		if r == nil || n.Head.Minute >= r.until {
			return NothingToClose, nil
		}
		r.until = n.Head.Minute
		return Accepted, nil
	case wire.Bulletin:
		switch day := n.Head.Minute.Day(); {
		case linked(n.Title, n.Text):
			return Linked, nil
		case n.Expires-n.Head.Minute > MaxOpen:
			return LongOpen, nil
		case j.bulletins[day] >= PerDay:
			return BulletinsSpent, nil
		default:
			j.bulletins[day]++
			return Accepted, nil
		}
	case wire.Reply:
		switch day := n.Head.Minute.Day(); {
		case linked(n.Text):
			return Linked, nil
		case j.replies[day] >= Replies:
			return RepliesSpent, nil
		default:
			j.replies[day]++
			return Accepted, nil
		}
	case wire.Recipient:
		j.sealedFor = slices.DeleteFunc(j.sealedFor, func(at wire.Minute) bool { return n.Head.Minute-at >= Month })
		if len(j.sealedFor) >= PerKey {
			return RecipientsSpent, nil
		}
		j.sealedFor = append(j.sealedFor, n.Head.Minute)
		return Accepted, nil
	}
	return Foreign, nil
}

func (j *Judge) request(id wire.Hash, r wire.Request) (Verdict, error) {
	a, err := area.Check(r.Area)
	at := r.Head.Minute
	switch window := r.To - r.From; {
	case linked(r.Text, r.Case, r.Contact):
		return Linked, nil
	case window < MinWindow:
		return ShortWindow, nil
	case window > MaxWindow:
		return LongWindow, nil
	case r.To > at:
		return FutureWindow, nil
	case r.Expires-at > MaxOpen:
		return LongOpen, nil
	case err != nil:
		return BadArea, err
	case !a.Within(j.terms.Jurisdiction):
		return OutOfBounds, nil
	case j.cases[caseOf(r.Case)] >= PerCase:
		return CaseSpent, nil
	}
	ask := &made{at: at, until: r.Expires}
	here := slices.ContainsFunc(j.terms.Cells, a.Meets)
	if here {
		j.here = slices.DeleteFunc(j.here, func(h *made) bool { return at-h.at >= Month }) // by then none is open
		open := 0
		for _, h := range j.here {
			if at < h.until {
				open++
			}
		}
		switch {
		case open >= Open:
			return OpenSpent, nil
		case len(j.here) >= PerMonth:
			return MonthSpent, nil
		}
		j.here = append(j.here, ask)
	}
	j.cases[caseOf(r.Case)]++
	j.requests[id] = ask
	if !here {
		return Elsewhere, nil
	}
	return Accepted, nil
}

// caseOf returns what two ways to write one number have in common: its letters and
// digits.
func caseOf(number string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, number)
}

// link finds what a person would type into a browser. Mail addresses are none.
var link = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://|\bwww\.|\b[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}/`)

func linked(texts ...string) bool { return link.MatchString(strings.Join(texts, "\n")) }
