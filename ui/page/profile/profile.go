// Package profile is the public page of an agency: who asks, what it asked, and how
// anybody checks that. It is one file that loads nothing, runs nothing and sends
// nothing, so that any web server can serve it beside the log.
package profile

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	"nvrd/federation/request/area"
	"nvrd/federation/wire"
	"nvrd/ui/static"
	"nvrd/ui/text"
)

const squareMile = 2_589_988.110336 // m²

// Write writes the page of an agency that says so of itself, and of its log, as it is
// in a minute.
func Write(ctx context.Context, w io.Writer, c *text.Catalogue, says wire.Agency, log []wire.Signed, now wire.Minute) error {
	style, err := static.Inline("profile")
	if err != nil {
		return err
	}
	return view(modelOf(c, says, log, now), "<style>"+style+"</style>").Render(ctx, w)
}

// model is the page.
type model struct {
	t                                                      text.Profile
	lang, title, class, contact, policy, domain, size, key string
	corners                                                []string
	entries                                                string
	requests                                               []request
	bulletins, replies                                     []bulletin
}

type request struct {
	title, incident, state, window, size, text, contact, published, id string
	open                                                               bool
	corners                                                            []string
}

type bulletin struct {
	title, text, published, until, id string
}

func modelOf(c *text.Catalogue, says wire.Agency, log []wire.Signed, now wire.Minute) model {
	t := c.Profile
	at := func(m wire.Minute) string { return t.Moment(m.Time(), c.Calendar) }
	town, _ := area.NewJurisdiction(says.Jurisdiction) // of none the size is 0
	m := model{
		t: t, lang: c.Lang, title: says.Title, class: t.Classes[says.Class.String()], contact: says.Contact, policy: says.Policy, domain: says.Domain,
		size: sized(t, town.SquareMetres()), key: says.Key.String(), corners: corners(t, says.Jurisdiction), entries: t.Entries.N(len(log)),
	}
	ended := map[wire.Hash]string{}
	for _, s := range slices.Backward(log) { // a closing stands after what it closes
		switch b := s.Body.(type) {
		case wire.Closing:
			form := map[wire.ClosingIs]string{wire.ClosingResolved: t.Resolved, wire.ClosingWithdrawn: t.Withdrawn}[b.Is]
			ended[b.On] = text.Fill(form, "time", at(b.Head.Minute))
		case wire.Bulletin:
			m.bulletins = append(m.bulletins, bulletin{title: b.Title, text: b.Text, published: text.Fill(t.Published, "time", at(b.Head.Minute)), until: text.Fill(t.Until, "time", at(b.Expires)), id: s.ID.String()})
		case wire.Reply:
			m.replies = append(m.replies, bulletin{title: t.Reply, text: b.Text, published: text.Fill(t.Published, "time", at(b.Head.Minute)), id: s.ID.String()})
		case wire.Request:
			r := request{
				title: text.Fill(t.Case, "case", b.Case), incident: t.Incidents[b.Incident.String()], state: ended[s.ID], window: text.Fill(t.Window, "from", at(b.From), "to", at(b.To)),
				text: b.Text, contact: b.Contact, published: text.Fill(t.Published, "time", at(b.Head.Minute)), id: s.ID.String(), corners: corners(t, b.Area),
			}
			if asked, err := area.Check(b.Area); err == nil {
				r.size = sized(t, asked.SquareMetres())
			}
			if r.state == "" {
				r.open = now < b.Expires
				form := map[bool]string{true: t.Open, false: t.WasOpen}[r.open]
				r.state = text.Fill(form, "time", at(b.Expires))
			}
			m.requests = append(m.requests, r)
		}
	}
	return m
}

// sized says how large an area is, to two digits.
func sized(t text.Profile, squareMetres float64) string {
	miles := squareMetres / squareMile
	digits := 2
	if miles >= 10 {
		digits = 0
	}
	return text.Fill(t.Size, "miles", strconv.FormatFloat(miles, 'f', digits, 64))
}

func corners(t text.Profile, all []wire.Point) []string {
	told := make([]string, len(all))
	for i, p := range all {
		told[i] = text.Fill(t.Corner, "lat", side(p.Lat, t.North, t.South), "lon", side(p.Lon, t.East, t.West))
	}
	return told
}

// side writes millionths of a degree on one side of the globe or the other.
func side(millionths int32, positive, negative string) string {
	form, n := positive, int64(millionths)
	if n < 0 {
		form, n = negative, -n
	}
	degrees := strconv.FormatInt(n/1_000_000, 10)
	if rest := n % 1_000_000; rest > 0 {
		degrees += "." + strings.TrimRight(strconv.FormatInt(1_000_000+rest, 10)[1:], "0")
	}
	return text.Fill(form, "degrees", degrees)
}
