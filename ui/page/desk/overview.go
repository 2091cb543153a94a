package desk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"nvrd/federation/agency"
	"nvrd/federation/wire"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// soon is how long before its end it is said that something may not be kept for long.
const soon = 7 * wire.Day

type overviewModel struct {
	frame    layout.Frame
	t        text.Desk
	title    string
	done     string // what was done just now; empty for nothing
	open     []open
	inbox    []arrival
	sponsors []sponsor
	at       *street.Stamp // when sponsors were asked last
}

// open is a request that is open.
type open struct {
	Title, Incident, Words, End string
	Window                      street.Period
	Until                       street.Stamp
}

// arrival is a response in the inbox as pages show it.
type arrival struct {
	Href, Forget, Title, Words, Files, Trouble, Part string
	Came                                             street.Stamp
	Until                                            *street.Stamp // nil if it can't be used
	Soon, Over                                       bool
}

// sponsor is one, and how it went with it.
type sponsor struct {
	Host, Why   string
	Asked, Well bool
}

func (p *Pages) overview(w http.ResponseWriter, r *http.Request) error {
	f, err := p.frame(r, func(t text.Desk) string { return t.Title }, "/")
	if err != nil {
		return err
	}
	t, now := f.T.Desk, p.Now()
	m := overviewModel{
		frame: f, t: t, title: p.Agency.Title,
		done: map[string]string{"published": t.Published, "ended": t.Ended, "forgotten": t.Forgotten}[r.URL.Query().Get("done")],
	}
	requests, err := p.open(r)
	if err != nil {
		return err
	}
	for _, s := range requests {
		b := s.Body.(wire.Request)
		m.open = append(m.open, open{
			Title: text.Fill(f.T.Profile.Case, "case", b.Case), Incident: f.T.Profile.Incidents[b.Incident.String()], Words: b.Text, End: "/requests/" + s.ID.String() + "/end",
			Window: street.Look{T: f.T, Now: now}.Period(street.Minutes(b.From, b.To)), Until: street.StampOf(b.Expires, now, f.T.Calendar),
		})
	}
	all, err := p.Agency.Inbox(r.Context())
	if err != nil {
		return err
	}
	for _, a := range all {
		m.inbox = append(m.inbox, arrivalOf(a, f.T, now))
	}
	if m.sponsors, m.at, err = p.sponsors(r, f.T, now); err != nil {
		return err
	}
	return layout.Render(w, r, http.StatusOK, overviewView(m))
}

// open returns the requests that are open, the newest first.
func (p *Pages) open(r *http.Request) (requests []wire.Signed, err error) {
	log, err := p.Agency.Published(r.Context())
	if err != nil {
		return nil, err
	}
	ended := map[wire.Hash]bool{}
	for _, s := range slices.Backward(log.All) { // a closing stands after what it closes
		switch b := s.Body.(type) {
		case wire.Closing:
			ended[b.On] = true
		case wire.Request:
			if !ended[s.ID] && wire.MinuteOf(p.Now()) < b.Expires {
				requests = append(requests, s)
			}
		}
	}
	return requests, nil
}

func arrivalOf(a agency.Arrival, c *text.Catalogue, now time.Time) arrival {
	t := c.Desk
	v := arrival{Href: "/inbox/" + a.ID.String(), Title: t.Unnamed, Came: street.StampOf(a.Came, now, c.Calendar), Words: a.Words, Files: strings.Join(a.Files, ", "), Trouble: a.Trouble}
	v.Forget = v.Href + "/forget"
	switch {
	case a.Usable():
		until := street.StampOf(a.Until, now, c.Calendar)
		v.Title, v.Until = text.Fill(c.Profile.Case, "case", a.Case), &until
		v.Over = a.Until <= wire.MinuteOf(now)
		v.Soon = !v.Over && a.Until <= wire.MinuteOf(now)+soon
	case a.Trouble == "":
		v.Part = text.Fill(t.Part, "have", strconv.Itoa(a.Have), "count", strconv.Itoa(a.Count))
	}
	return v
}

// sponsors lists them with how it went when they were asked last, and when that was;
// nil if they were not.
func (p *Pages) sponsors(r *http.Request, c *text.Catalogue, now time.Time) (list []sponsor, at *street.Stamp, err error) {
	all, err := p.Agency.Sponsors(r.Context())
	if err != nil {
		return nil, nil, err
	}
	p.asked.mu.Lock()
	defer p.asked.mu.Unlock()
	for _, s := range all {
		one := sponsor{Host: s.Host()}
		err, asked := p.asked.came[one.Host]
		if one.Asked, one.Well = asked, asked && err == nil; err != nil {
			one.Why = err.Error()
		}
		list = append(list, one)
	}
	if !p.asked.at.IsZero() {
		stamp := street.StampOf(wire.MinuteOf(p.asked.at), now, c.Calendar)
		at = &stamp
	}
	return list, at, nil
}
