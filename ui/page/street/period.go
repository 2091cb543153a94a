package street

import (
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Period is from when to when, by the home's own clock wherever the page is read: so
// that the hour that is asked about is the one that cameras and people there had.
type Period struct {
	Day      string
	From, To Moment
	LastDay  string // on which it ends, if that is another one
}

// Moment is a time of a day.
type Moment struct{ Machine, Human string }

// Period returns a span as pages show it.
func (l Look) Period(s nvr.Span) Period {
	at := func(t nvr.Time) (string, Moment) {
		local := t.Std().In(l.Now.Location())
		return l.T.Calendar.Date(local), Moment{t.String(), l.T.Calendar.Clock(local)}
	}
	var p Period
	p.Day, p.From = at(s.From)
	if p.LastDay, p.To = at(s.To); p.LastDay == p.Day {
		p.LastDay = ""
	}
	return p
}

// Minutes returns the span between two minutes.
func Minutes(from, to wire.Minute) nvr.Span {
	return nvr.Span{From: nvr.TimeOf(from.Time()), To: nvr.TimeOf(to.Time())}
}
