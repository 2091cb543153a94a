// Package asked is what agencies and neighbors ask of a home, on pages: the facts of
// it, whether the home has something, and what the owner decides and hands over.
//
// What is decided here is written down at home. Nothing is sent before the owner
// has seen what it is, and said so.
package asked

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	"nvrd/federation/choice"
	"nvrd/federation/membership"
	"nvrd/federation/response"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/page/street"
	"nvrd/ui/page/street/share"
	"nvrd/ui/text"
)

// Page serves /street/{street}/requests/…, /street/{street}/coverage and
// /street/{street}/ledger….
type Page struct {
	street.Base
	Desk
	Cameras appliance.Cameras
	Drafts  *share.Drafts
}

// Desk is what these pages need beside a neighborhood. All of it is safe for
// concurrent use.
type Desk struct {
	Asked   Source
	Choices *choice.Choices
	// Footage returns when a camera recorded within a span, oldest first.
	Footage func(ctx context.Context, camera nvr.CameraID, span nvr.Span) ([]nvr.Span, error)
	// Send takes what the owner hands over, to be brought to who asked. When it
	// returns nil it is on disk. Nil means that nothing can be sent.
	Send func(ctx context.Context, m *membership.Membership, to Asked, r Response) error
	// Answers returns what neighbors answered to this home's questions, as far as it is
	// here whole, the newest first.
	Answers func(ctx context.Context, m *membership.Membership) ([]Answer, error)
	// Forget deletes one of these. nvr.ErrNotFound is as for all.
	Forget func(ctx context.Context, m *membership.Membership, id wire.Hash) error
	// Note writes into the ledger which homes have what was handed over by now.
	Note func(ctx context.Context) error
}

// Source tells what is asked and told in a neighborhood.
type Source interface {
	// Requests returns what keeps the rules, the newest first.
	Requests(m *membership.Membership) []Asked
	// Bulletins returns what was told and has not expired, the newest first.
	Bulletins(m *membership.Membership) []Bulletin
	// Agencies returns those that the charter names, by title.
	Agencies(m *membership.Membership) []wire.Agency
	// Cells returns where the neighborhood lies.
	Cells(m *membership.Membership) []wire.Cell
}

// Asked is what somebody asks. A neighbor asks about Cells, and has no agency.
type Asked struct {
	membership.Asked
	From string // name of the neighbor; empty for an agency
}

// Title is what who asks is called.
func (a Asked) Title() string { return cmp.Or(a.From, a.Agency.Title) }

// match finds out what this home has.
func (a Asked) match(c choice.Coverage, f choice.Footage) ([]choice.Found, error) {
	if a.From != "" {
		return choice.MatchCells(a.Cells, choice.Window(a.Request), c, f)
	}
	return choice.Match(a.Request, c, f)
}

// wanted tells whether the owner wants to see it.
func (a Asked) wanted(out choice.OptOuts, quiet store.Quiet) bool {
	if a.From != "" {
		return !out.Neighbors(a.Request.Incident) && quiet[a.ID] == 0 && quiet[a.Neighbor] == 0
	}
	return !out.Request(a.Agency.Key, a.Request.Incident)
}

// Bulletin is what an agency tells.
type Bulletin struct {
	Agency wire.Agency
	wire.Bulletin
}

// Response is what the owner hands over.
type Response struct {
	ID    wire.Salt // at random; the ledger has it by this
	Until wire.Minute
	Words string
	Media []Media
	Now   bool // at once, though the homes that bring it can then tell that this one answered something
}

// Answer is what a neighbor answered to a question of this home. Who it was is not
// known unless the words say so.
type Answer struct {
	ID wire.Hash
	response.Response
}

// Media is a photo or a clip of a response: the very bytes that were looked at.
type Media struct {
	Name, Type string // video/mp4 or image/jpeg
	Bytes      []byte
}

// Logs is the source that reads the logs of agencies, as this home follows them.
type Logs struct{}

// Requests is that of [Source].
func (Logs) Requests(m *membership.Membership) (all []Asked) {
	for _, a := range append(m.Requests(), m.NeighborRequests()...) {
		if a.Neighbor == m.Author() {
			continue
		}
		one := Asked{Asked: a}
		if author := m.State().Member(a.Neighbor); author != nil {
			one.From = author.Card.Name
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b Asked) int { return cmp.Compare(b.Request.Head.Minute, a.Request.Head.Minute) })
	return all
}

// Bulletins is that of [Source].
func (Logs) Bulletins(m *membership.Membership) (all []Bulletin) {
	for _, l := range m.Logs() {
		for _, b := range l.Bulletins(m.Now()) {
			all = append(all, Bulletin{l.Agency.Agency, b})
		}
	}
	slices.SortStableFunc(all, func(a, b Bulletin) int { return cmp.Compare(b.Head.Minute, a.Head.Minute) })
	return all
}

// Agencies is that of [Source].
func (Logs) Agencies(m *membership.Membership) (all []wire.Agency) {
	for _, l := range m.Logs() {
		all = append(all, l.Agency.Agency)
	}
	return all
}

// Cells is that of [Source]: all in which the neighborhood lies for some agency.
func (Logs) Cells(m *membership.Membership) (all []wire.Cell) {
	for _, l := range m.Logs() {
		all = append(all, l.Cells...)
	}
	return wire.SortCells(all)
}

// one returns what a request's address names, or nvr.ErrNotFound.
func (p Page) one(r *http.Request, m *membership.Membership) (Asked, error) {
	id, err := street.ParseID(r.PathValue("request"))
	if err != nil {
		return Asked{}, err
	}
	for _, a := range p.Asked.Requests(m) {
		if a.ID == id && !a.Elsewhere {
			return a, nil
		}
	}
	return Asked{}, fmt.Errorf("request: %w", nvr.ErrNotFound)
}

// href is the address of a page of a request.
func href(m *membership.Membership, a Asked, page string) string {
	return street.Href(m, "/requests/"+a.ID.String()+page)
}

// who says as what somebody asks.
func who(a Asked, t text.Street) string {
	if a.From != "" {
		return t.Asked.Neighbor
	}
	return t.Agencies.Classes[a.Agency.Class.String()]
}

// what says what happened.
func what(i wire.Incident, t text.StreetAsked) string {
	return cmp.Or(t.Incidents[i.String()], t.Other)
}

// names returns what cameras are called, also those that were removed.
func (p Page) names(r *http.Request) (map[nvr.CameraID]nvr.Camera, error) {
	all := map[nvr.CameraID]nvr.Camera{}
	for _, list := range []func(context.Context) ([]nvr.Camera, error){p.Cameras.Removed, p.Cameras.List} {
		cameras, err := list(r.Context())
		if err != nil {
			return nil, err
		}
		for _, c := range cameras {
			all[c.ID] = c
		}
	}
	return all, nil
}

// owner tells whether who asks may know and make the home's decisions.
func owner(r *http.Request) bool { return street.May(r, auth.Manage) }
