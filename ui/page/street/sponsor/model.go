package sponsor

import (
	"strconv"

	"nvrd/federation/membership"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

type model struct {
	frame   layout.Frame
	lead    string
	tabs    []street.Tab
	back    string
	action  string
	problem string
	saved   bool
	all     []agency
	gate    gate
}

// agency is one that this home is a sponsor of, or may be.
type agency struct {
	ID, Title, Class string
	On               bool
	Poll             component.Field
	Text             *component.Area // what it is told; nil while it can't reach this home
}

// gate is the form of where agencies reach this home.
type gate struct {
	action      string
	on          bool
	problem     string
	listen, url component.Field
}

// model returns the page with what was typed.
func (p Page) model(f layout.Frame, look street.Look, in typed) (model, error) {
	t := f.T.Street.Sponsor
	m := model{
		frame: f, lead: text.Fill(t.Lead, "title", look.Genesis().Title), tabs: street.TabsOf(look.Membership, "/stewards", f.T.Street.Pages),
		back: street.Href(look.Membership, "/agencies"), action: street.Href(look.Membership, "/sponsor"), problem: in.wrong[""], gate: p.gate(look, in),
	}
	sponsored, err := p.Service.Sponsored(look.Membership)
	if err != nil {
		return m, err
	}
	polls := map[wire.Key]string{}
	on := map[wire.Key]bool{}
	for _, s := range sponsored {
		polls[s.Agency], on[s.Agency] = s.Poll, true
	}
	for _, is := range look.Agencies() {
		if is.May() || on[is.Key] {
			m.all = append(m.all, p.agency(look, is, on[is.Key], polls[is.Key], in))
		}
	}
	return m, nil
}

func (p Page) agency(look street.Look, is membership.Agency, on bool, poll string, in typed) agency {
	t, id := look.T.Street.Sponsor, is.Key.String()
	a := agency{ID: id, Title: is.Title, Class: look.T.Street.Agencies.Classes[is.Class.String()], On: on}
	a.Poll = component.Field{ID: "poll-" + id[:16], Name: "poll", Label: t.Poll, Hint: t.PollTip, Value: poll, Type: "url", Autocomplete: "off", MaxLength: strconv.Itoa(mostAddress)}
	if in.agency == is.Key {
		a.Poll.Value, a.Poll.Error = in.poll, in.wrong["poll"]
	}
	if on {
		if words, err := p.Service.GatewayText(is.Key); err == nil { // else there is no gateway
			a.Text = &component.Area{ID: "text-" + id[:16], Name: "text", Label: t.Text, Hint: t.TextTip, Value: words, Rows: "5", ReadOnly: true}
		}
	}
	return a
}

func (p Page) gate(look street.Look, in typed) gate {
	t := look.T.Street.Sponsor.Gate
	where, on := p.Service.Gateway()
	shown := where
	switch {
	case in.gate != nil:
		shown = *in.gate
	case !on:
		shown = store.Gateway{Listen: ":8443"}
	}
	field := func(name, label, hint, value, kind string) component.Field {
		return component.Field{ID: name, Name: name, Label: label, Hint: hint, Value: value, Error: in.wrong[name], Type: kind, Autocomplete: "off", MaxLength: strconv.Itoa(wire.MaxSponsorURL)}
	}
	return gate{
		action: street.Href(look.Membership, "/gateway"), on: on, problem: in.wrong["gate"],
		listen: field("listen", t.Listen, t.ListenTip, shown.Listen, "text"), url: field("url", t.URL, t.URLTip, shown.URL, "url"),
	}
}
