// Package sponsor is where the owner makes this home a sponsor of agencies, and says
// where they reach it. What that means stands above the switch.
package sponsor

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// Page serves /street/{street}/sponsor and /street/{street}/gateway.
type Page struct{ street.Base }

// typed is what was typed, and what is wrong with it.
type typed struct {
	agency wire.Key // of which poll is
	poll   string
	gate   *store.Gateway // nil if it is not this form
	wrong  street.Faults
}

// Get shows what a sponsor does, and of whom this home is one.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, http.StatusOK, typed{})
}

// Post makes this home a sponsor of an agency, or ends that, as the form says.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	id, err := street.ParseID(r.PostFormValue("agency"))
	if err != nil {
		return err
	}
	t := look.T.Street
	in := typed{agency: wire.Key(id), poll: strings.TrimSpace(r.PostFormValue("poll")), wrong: street.Faults{}}
	switch r.PostFormValue("do") {
	case "stop":
		err = p.Service.Unsponsor(look.Membership, in.agency)
	case "be":
		if !onWeb(in.poll) {
			in.wrong["poll"] = t.Sponsor.BadPoll
			return p.show(w, r, http.StatusUnprocessableEntity, in)
		}
		err = p.Service.Sponsor(look.Membership, in.agency, in.poll)
	default:
		return nvr.ErrInvalid
	}
	if err != nil {
		in.wrong[""] = street.Why(err, t.Refused)
		if errors.Is(err, nvr.ErrInvalid) {
			in.wrong[""] = text.Fill(t.Sponsor.Many, "n", strconv.Itoa(wire.MaxSponsored))
		}
		return p.show(w, r, street.Status(err), in)
	}
	http.Redirect(w, r, street.Href(look.Membership, "/sponsor?saved=1#a-"+id.String()), http.StatusSeeOther)
	return nil
}

// onWeb tells whether an address may be that of a log; an empty one is none.
func onWeb(s string) bool {
	u, err := url.Parse(s)
	return s == "" || len(s) <= mostAddress && err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// mostAddress bounds the address of a log in bytes.
const mostAddress = 500

// Gate has agencies reach this home, or nobody, as the form says.
func (p Page) Gate(w http.ResponseWriter, r *http.Request) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	t := look.T.Street.Sponsor.Gate
	get := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	in := typed{gate: &store.Gateway{Listen: get("listen"), URL: strings.TrimSuffix(strings.ToLower(get("url")), "/")}, wrong: street.Faults{}}
	switch r.PostFormValue("do") {
	case "shut":
		in.gate = &store.Gateway{}
	case "open":
		if _, port, err := net.SplitHostPort(in.gate.Listen); err != nil || !isPort(port) {
			in.wrong["listen"] = t.BadListen
		}
		if _, err := (wire.Sponsor{URL: in.gate.URL}).Text(); err != nil {
			in.wrong["url"] = t.BadURL
		}
	default:
		return nvr.ErrInvalid
	}
	if len(in.wrong) > 0 {
		return p.show(w, r, http.StatusUnprocessableEntity, in)
	}
	if err := p.Service.SetGateway(*in.gate); err != nil {
		in.wrong["gate"] = text.Fill(t.Failed, "detail", err.Error())
		return p.show(w, r, street.Status(err), in)
	}
	http.Redirect(w, r, street.Href(look.Membership, "/sponsor?saved=1#gateway"), http.StatusSeeOther)
	return nil
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

func (p Page) show(w http.ResponseWriter, r *http.Request, status int, in typed) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	f, err := p.Frame(r, look.T.Street.Sponsor.Title)
	if err != nil {
		return err
	}
	m, err := p.model(f, look, in)
	if err != nil {
		return err
	}
	m.saved = r.Method == http.MethodGet && r.URL.Query().Has("saved")
	return layout.Render(w, r, status, view(m))
}
