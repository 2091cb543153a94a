package api

import (
	"fmt"
	"net/http"

	"nvrd/federation/membership"
	"nvrd/federation/store"
	"nvrd/pkg/nvr"
)

// Sponsored is an agency that this home is a sponsor of.
type Sponsored struct {
	Agency string `json:"agency"`         // 64 hexadecimal digits
	Title  string `json:"title"`          // what it calls itself
	Poll   string `json:"poll,omitempty"` // where its log is on the web
	Text   string `json:"text,omitempty"` // what the agency is told, if it reaches this home
}

// Gateway is where agencies reach this home by HTTPS.
type Gateway struct {
	Listen string `json:"listen"` // address and port
	URL    string `json:"url"`    // under which they reach that
}

// Request is what an agency asked.
type Request struct {
	ID       string `json:"id"`
	Agency   string `json:"agency"` // its title
	Class    string `json:"class"`
	Case     string `json:"case"`
	Incident string `json:"incident"`
	From     string `json:"from"` // RFC 3339, as all times
	To       string `json:"to"`
	Text     string `json:"text"`
	Contact  string `json:"contact"`
	Expires  string `json:"expires"`
	State    string `json:"state"` // open, resolved, withdrawn, expired, suspended
	Here     bool   `json:"here"`  // its area meets the neighborhood
	SeenBy   int    `json:"seen_by"`
}

func (a *api) sponsored(w http.ResponseWriter, r *http.Request) error {
	m, err := a.of(r)
	if err != nil {
		return err
	}
	kept, err := a.online.Sponsored(m)
	if err != nil {
		return err
	}
	all := []Sponsored{}
	for _, s := range kept {
		one := Sponsored{Agency: hexed(s.Agency), Title: m.State().Agencies[s.Agency].Title, Poll: s.Poll}
		one.Text, _ = a.online.GatewayText(s.Agency) // none without a gateway
		all = append(all, one)
	}
	return write(w, http.StatusOK, all)
}

func (a *api) sponsor(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Poll string `json:"poll"` // where its log is on the web; without, the agency submits
	}
	m, err := a.of(r)
	if err != nil {
		return err
	}
	agency, err := agencyOf(m, r.PathValue("agency"))
	if err != nil {
		return err
	}
	if err := read(r, &in); err != nil {
		return err
	}
	if err := a.online.Sponsor(m, agency.Key, in.Poll); err != nil {
		return err
	}
	s := Sponsored{Agency: hexed(agency.Key), Title: agency.Title, Poll: in.Poll}
	s.Text, _ = a.online.GatewayText(agency.Key) // none without a gateway
	return write(w, http.StatusOK, s)
}

func (a *api) unsponsor(w http.ResponseWriter, r *http.Request) error {
	m, err := a.of(r)
	if err != nil {
		return err
	}
	agency, err := agencyOf(m, r.PathValue("agency"))
	if err != nil {
		return err
	}
	if err := a.online.Unsponsor(m, agency.Key); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) gateway(w http.ResponseWriter, _ *http.Request) error {
	where, ok := a.online.Gateway()
	if !ok {
		return fmt.Errorf("agencies do not reach this home: %w", nvr.ErrNotFound)
	}
	return write(w, http.StatusOK, Gateway(where))
}

func (a *api) setGateway(w http.ResponseWriter, r *http.Request) error {
	var in Gateway
	if _, err := a.all(); err != nil {
		return err
	}
	if err := read(r, &in); err != nil {
		return err
	}
	if err := a.online.SetGateway(store.Gateway(in)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) requests(w http.ResponseWriter, r *http.Request) error {
	m, err := a.of(r)
	if err != nil {
		return err
	}
	all := []Request{}
	for _, is := range m.Requests() {
		all = append(all, requestOf(m, is))
	}
	return write(w, http.StatusOK, all)
}

func requestOf(m *membership.Membership, is membership.Asked) Request {
	return Request{
		ID: hexed(is.ID), Agency: is.Agency.Title, Class: is.Agency.Class.String(), Case: is.Request.Case, Incident: is.Request.Incident.String(),
		From: at(is.Request.From), To: at(is.Request.To), Text: is.Request.Text, Contact: is.Request.Contact, Expires: at(is.Request.Expires),
		State: is.State(m.Now()).String(), Here: !is.Elsewhere, SeenBy: is.Cosigners,
	}
}
