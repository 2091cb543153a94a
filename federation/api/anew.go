package api

import (
	"errors"
	"fmt"
	"net/http"

	"nvrd/federation/membership"
	"nvrd/pkg/nvr"
)

// Offer is a neighborhood that was founded in the place of one.
type Offer struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	By     string `json:"by"`     // name of the neighbor who founded it
	Author string `json:"author"` // the neighbor's author key, 64 hexadecimal digits
}

func offersOf(all *membership.All, m *membership.Membership) (asked []Offer, err error) {
	offers, err := all.Offers(m)
	for _, o := range offers {
		one := Offer{Name: hexed(o.Invite.Neighborhood), Title: o.Invite.Title, Author: hexed(o.By)}
		if by := m.State().Members[o.By]; by != nil {
			one.By = by.Card.Name
		}
		asked = append(asked, one)
	}
	return asked, err
}

func (a *api) foundAnew(w http.ResponseWriter, r *http.Request) error {
	m, err := a.of(r)
	if err != nil {
		return err
	}
	anew, err := a.online.FoundAnew(m)
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, map[string]string{"name": hexed(anew.Name())})
}

// asked returns what a request's address names, of what the owner is asked.
func (a *api) asked(r *http.Request) (*membership.All, *membership.Membership, membership.Offer, error) {
	var none membership.Offer
	all, err := a.all()
	if err != nil {
		return nil, nil, none, err
	}
	m, err := a.of(r)
	if err != nil {
		return nil, nil, none, err
	}
	offers, err := all.Offers(m)
	for _, o := range offers {
		if hexed(o.By) == r.PathValue("author") {
			return all, m, o, err
		}
	}
	return nil, nil, none, errors.Join(err, fmt.Errorf("no neighbor asks to go on there: %w", nvr.ErrNotFound))
}

func (a *api) follow(w http.ResponseWriter, r *http.Request) error {
	all, m, offer, err := a.asked(r)
	if err != nil {
		return err
	}
	j, err := all.Follow(m, offer.By, offer.Invite.Neighborhood)
	if err != nil {
		return err
	}
	return write(w, http.StatusAccepted, Joining{Name: hexed(j.Invite.Neighborhood), Title: j.Invite.Title, From: j.Invite.From, Home: j.Name, Answer: "waiting"})
}

func (a *api) decline(w http.ResponseWriter, r *http.Request) error {
	all, m, offer, err := a.asked(r)
	if err != nil {
		return err
	}
	if err := all.Decline(m, offer.By); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
