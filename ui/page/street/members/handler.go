// Package members is who is in a neighborhood, and how another home gets in.
package members

import (
	"net/http"

	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// Page serves /street/{street}/members and /street/{street}/invite.
type Page struct{ street.Base }

type model struct {
	frame   layout.Frame
	title   string
	tabs    []street.Tab
	invite  string // address; empty for who may not invite
	only    string // why this home may not; empty if it may
	in, out []member
	contact string
	quiet   string // where one is muted and blocked; empty for who may not
}

type member struct {
	street.Person
	since       street.Stamp
	left        string // how they went; empty if they are in
	how         string // what this home does with what they say; empty for nothing
	mute, block act
}

// act is a button that changes what this home wants to see of somebody.
type act struct{ do, label string }

// Get shows the neighbors.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	v, err := p.View(r)
	if err != nil {
		return err
	}
	t := v.T.Street
	f, err := p.Frame(r, t.Members.Title)
	if err != nil {
		return err
	}
	m := model{frame: f, title: v.Genesis().Title, tabs: street.TabsOf(v.Membership, "/members", t.Pages), contact: v.State().Policy.Contact}
	if street.May(r, auth.Manage) {
		m.quiet, m.invite = street.Href(v.Membership, "/quiet"), street.Href(v.Membership, "/invite")
		if v.State().Policy.Invites == wire.InvitesByStewards && !v.Steward() {
			m.invite, m.only = "", t.Members.Stewards
		}
	}
	for _, who := range v.In() {
		m.in = append(m.in, memberOf(v, who))
	}
	for _, who := range v.Gone() {
		m.out = append(m.out, memberOf(v, who))
	}
	return layout.Render(w, r, http.StatusOK, view(m))
}

func memberOf(v street.View, who street.Person) member {
	t := v.T.Street
	m := member{Person: who, since: street.StampOf(who.Since, v.Now, v.T.Calendar)}
	m.mute, m.block = act{"mute", text.Fill(t.Feed.Mute, "name", who.Name)}, act{"block", text.Fill(t.Feed.Block, "name", who.Name)}
	switch v.Quiet[who.Author] {
	case store.Muted:
		m.how, m.mute = t.Members.Muted, act{"show", text.Fill(t.Feed.Unmute, "name", who.Name)}
	case store.Blocked:
		m.how, m.block = t.Members.Blocked, act{"show", text.Fill(t.Feed.Unblock, "name", who.Name)}
	}
	switch {
	case who.Left:
		m.left = t.Members.Left
	case who.Out:
		m.left = t.Members.Revoked
	}
	return m
}
