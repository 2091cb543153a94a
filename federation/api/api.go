// Package api is the neighborhood over HTTP, as JSON: what the command line and
// other programs of the household ask of the program that runs.
//
// It decides nothing about who may ask: cmd/nvrd puts its routes behind the same
// guards as all others.
package api

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"nvrd/federation/identity"
	"nvrd/federation/membership"
	"nvrd/federation/online"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Route is one address of the API.
type Route struct {
	Pattern string // of [http.ServeMux]
	Changes bool   // it changes something, or tells a secret; the others only read
	Handle  func(http.ResponseWriter, *http.Request) error
}

// Routes returns all routes. Their errors are kinds of pkg/nvr.
func Routes(o *online.Online) []Route {
	a := &api{o}
	return []Route{
		{"GET /api/v1/neighborhoods", false, a.status},
		{"PUT /api/v1/neighborhoods/seed", true, a.turnOn},
		{"PUT /api/v1/neighborhoods/seed/paper", true, a.onPaper},
		{"POST /api/v1/neighborhoods", true, a.found},
		{"POST /api/v1/neighborhoods/{name}/anew", true, a.foundAnew},
		{"PUT /api/v1/neighborhoods/{name}/anew/{author}", true, a.follow},
		{"DELETE /api/v1/neighborhoods/{name}/anew/{author}", true, a.decline},
		{"POST /api/v1/neighborhoods/joining", true, a.join},
		{"DELETE /api/v1/neighborhoods/joining/{name}", true, a.giveUp},
		{"GET /api/v1/neighborhoods/{name}/members", false, a.members},
		{"POST /api/v1/neighborhoods/{name}/invites", true, a.invite},
		{"GET /api/v1/neighborhoods/{name}/agencies", false, a.agencies},
		{"POST /api/v1/neighborhoods/{name}/agencies", true, a.admit},
		{"POST /api/v1/neighborhoods/{name}/agencies/look", true, a.look},
		{"POST /api/v1/neighborhoods/{name}/agencies/{agency}/suspend", true, a.suspend},
		{"GET /api/v1/neighborhoods/{name}/agencies/{agency}/record", false, a.record},
		{"GET /api/v1/neighborhoods/{name}/proposals", false, a.proposals},
		{"PUT /api/v1/neighborhoods/{name}/proposals/{act}/vote", true, a.vote},
		{"GET /api/v1/neighborhoods/{name}/seat", true, a.seat},
		{"POST /api/v1/neighborhoods/{name}/stewards", true, a.addSteward},
		{"GET /api/v1/neighborhoods/{name}/sponsored", false, a.sponsored},
		{"PUT /api/v1/neighborhoods/{name}/sponsored/{agency}", true, a.sponsor},
		{"DELETE /api/v1/neighborhoods/{name}/sponsored/{agency}", true, a.unsponsor},
		{"GET /api/v1/neighborhoods/{name}/requests", false, a.requests},
		{"GET /api/v1/neighborhoods/gateway", false, a.gateway},
		{"PUT /api/v1/neighborhoods/gateway", true, a.setGateway},
		{"DELETE /api/v1/neighborhoods/{name}", true, a.leave},
	}
}

type api struct{ online *online.Online }

// Status is how it stands with the neighborhood.
type Status struct {
	On      bool           `json:"on"`
	In      []Neighborhood `json:"in"`
	Joining []Joining      `json:"joining"`
}

// Neighborhood is one that the home is in.
type Neighborhood struct {
	Name    string `json:"name"` // 64 hexadecimal digits
	Title   string `json:"title"`
	Home    string `json:"home"` // what neighbors call this home; empty while the roster is on its way
	Steward bool   `json:"steward"`
	Homes   int    `json:"homes"`   // that are in
	Direct  int    `json:"direct"`  // homes linked now
	Relayed int    `json:"relayed"` // through another home
	Shut    bool   `json:"shut"`    // no home can be reached from outside, as far as this one knows
	Port    uint16 `json:"port"`    // the first of two, UDP and TCP, that its router would have to forward then; 0 for none
	Problem string `json:"problem,omitempty"`

	Anew string  `json:"anew,omitempty"` // name of the neighborhood in which the home goes on
	Ask  []Offer `json:"ask,omitempty"`  // where neighbors go on, and the owner may
}

// Joining is one that the home asks to be let into.
type Joining struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	From   string `json:"from"` // the home that invited
	Home   string `json:"home"`
	Answer string `json:"answer"` // waiting, used, later, refused
}

func (a *api) all() (*membership.All, error) {
	all := a.online.All()
	if all == nil {
		return nil, fmt.Errorf("the neighborhood is off; turn it on first: %w", nvr.ErrNotFound)
	}
	return all, nil
}

func (a *api) of(r *http.Request) (*membership.Membership, error) {
	all, err := a.all()
	if err != nil {
		return nil, err
	}
	in := all.In()
	if name := r.PathValue("name"); name != "" {
		in = slices.DeleteFunc(in, func(m *membership.Membership) bool { return hexed(m.Name()) != name })
	}
	if len(in) == 0 {
		return nil, fmt.Errorf("this home is in no such neighborhood: %w", nvr.ErrNotFound)
	}
	return in[0], nil
}

func (a *api) status(w http.ResponseWriter, _ *http.Request) error {
	s := Status{In: []Neighborhood{}, Joining: []Joining{}}
	all := a.online.All()
	if s.On = all != nil; !s.On {
		return write(w, http.StatusOK, s)
	}
	for _, m := range all.In() {
		state := m.State()
		n := Neighborhood{Name: hexed(m.Name()), Title: m.Genesis().Title, Steward: m.Steward(), Homes: len(m.Nodes())}
		if self := state.Member(m.Author()); self != nil {
			n.Home = self.Card.Name
		}
		n.Direct, n.Relayed = a.online.Links(m)
		n.Port, n.Shut = a.online.Shut(m)
		var err error
		if err := m.Behind(); err != nil {
			n.Problem = err.Error()
		}
		if n.Ask, err = offersOf(all, m); err != nil {
			return err
		}
		if anew := all.Successor(m); anew != nil {
			n.Anew = hexed(anew.Name())
		}
		s.In = append(s.In, n)
	}
	for _, j := range all.Joining() {
		answer := map[wire.Answer]string{wire.AnswerUsed: "used", wire.AnswerLater: "later", wire.AnswerNo: "refused"}[j.Answered()]
		if answer == "" {
			answer = "waiting"
		}
		s.Joining = append(s.Joining, Joining{Name: hexed(j.Invite.Neighborhood), Title: j.Invite.Title, From: j.Invite.From, Home: j.Name, Answer: answer})
	}
	return write(w, http.StatusOK, s)
}

func (a *api) turnOn(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Words string `json:"words"` // of a machine that was lost; a new seed is made without
	}
	if err := read(r, &in); err != nil {
		return err
	}
	if in.Words != "" {
		seed, err := identity.ParseWords(in.Words)
		if err != nil {
			return fmt.Errorf("%w: %w", nvr.ErrInvalid, err)
		}
		if err := a.online.Restore(seed); err != nil {
			return err
		}
		return write(w, http.StatusCreated, map[string][]string{})
	}
	status, err := http.StatusCreated, a.online.TurnOn()
	all := a.online.All()
	if errors.Is(err, nvr.ErrExists) && all.Words() != nil { // who asked first may not have read the answer
		status, err = http.StatusOK, nil
	}
	if err != nil {
		return err
	}
	return write(w, status, map[string][]string{"words": all.Words()})
}

// onPaper has the words not told again: who asked for them has written them down.
func (a *api) onPaper(w http.ResponseWriter, _ *http.Request) error {
	all, err := a.all()
	if err != nil {
		return err
	}
	if err := all.OnPaper(); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) found(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Title    string   `json:"title"`
		Home     string   `json:"home"`
		Contact  string   `json:"contact"`
		Places   []string `json:"places"`
		Invites  string   `json:"invites"` // members, which is what it is without, or stewards
		Days     uint8    `json:"days"`    // 30 without
		MediaMiB *uint16  `json:"media_mib"`
	}
	all, err := a.all()
	if err != nil {
		return err
	}
	if err := read(r, &in); err != nil {
		return err
	}
	p := wire.Policy{Invites: wire.InvitesByMembers, Contact: in.Contact, Places: in.Places, ExpireDays: in.Days, MediaMiB: wire.MaxMediaMiB}
	switch in.Invites {
	case "", "members":
	case "stewards":
		p.Invites = wire.InvitesByStewards
	default:
		return fmt.Errorf("%w: invites is members or stewards", nvr.ErrInvalid)
	}
	if in.Days == 0 {
		p.ExpireDays = 30
	}
	if in.MediaMiB != nil {
		p.MediaMiB = *in.MediaMiB
	}
	m, err := all.Found(in.Title, in.Home, p)
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, map[string]string{"name": hexed(m.Name())})
}

func (a *api) join(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Invite  string `json:"invite"`
		Home    string `json:"home"`
		Returns bool   `json:"returns"` // this home was a member, and its machine was lost
	}
	all, err := a.all()
	if err != nil {
		return err
	}
	if err := read(r, &in); err != nil {
		return err
	}
	ask := all.Join
	if in.Returns {
		ask = all.Return
	}
	j, err := ask(in.Invite, in.Home)
	if err != nil {
		return err
	}
	return write(w, http.StatusAccepted, Joining{Name: hexed(j.Invite.Neighborhood), Title: j.Invite.Title, From: j.Invite.From, Home: j.Name, Answer: "waiting"})
}

func (a *api) giveUp(w http.ResponseWriter, r *http.Request) error {
	all, err := a.all()
	if err != nil {
		return err
	}
	for _, j := range all.Joining() {
		if hexed(j.Invite.Neighborhood) == r.PathValue("name") {
			if err := all.GiveUp(j); err != nil {
				return err
			}
			w.WriteHeader(http.StatusNoContent)
			return nil
		}
	}
	return fmt.Errorf("this home asks for no such neighborhood: %w", nvr.ErrNotFound)
}

func (a *api) leave(w http.ResponseWriter, r *http.Request) error {
	m, err := a.of(r)
	if err != nil {
		return err
	}
	if err := a.online.Leave(m); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func hexed[T ~[32]byte](b T) string { return hex.EncodeToString(b[:]) }

// maxBody is the length of what is asked, in bytes: an invite and a name.
const maxBody = 16 << 10

// read reads what is asked, strictly; nothing is the value as it is.
func read(r *http.Request, into any) error {
	b, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return fmt.Errorf("%w: %w", nvr.ErrInvalid, err)
	}
	if len(b) > maxBody {
		return fmt.Errorf("%w: more than %d bytes", nvr.ErrTooLarge, maxBody)
	}
	if len(b) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%w: %w", nvr.ErrInvalid, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: more than one value", nvr.ErrInvalid)
	}
	return nil
}

func write(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // the caller left
	return nil
}
