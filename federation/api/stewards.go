package api

import (
	"encoding/hex"
	"fmt"
	"net/http"

	"nvrd/federation/membership"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// stewards is of, for what only stewards do.
func (a *api) stewards(r *http.Request) (*membership.Membership, error) {
	m, err := a.of(r)
	if err == nil && !m.Steward() {
		err = fmt.Errorf("%w: only stewards may do this", nvr.ErrForbidden)
	}
	return m, err
}

func (a *api) proposals(w http.ResponseWriter, r *http.Request) error {
	m, err := a.of(r)
	if err != nil {
		return err
	}
	all := []Decision{}
	for _, act := range m.Proposals() {
		all = append(all, decisionOf(m, act))
	}
	return write(w, http.StatusOK, all)
}

func (a *api) vote(w http.ResponseWriter, r *http.Request) error {
	m, err := a.of(r)
	if err != nil {
		return err
	}
	for _, act := range m.Proposals() {
		if hexed(act.ID) == r.PathValue("act") {
			if err := m.Vote(act.ID); err != nil {
				return err
			}
			w.WriteHeader(http.StatusNoContent)
			return nil
		}
	}
	return fmt.Errorf("no such proposal is open; it may have passed: %w", nvr.ErrNotFound)
}

// seat tells the key with which this home would hold a seat.
func (a *api) seat(w http.ResponseWriter, r *http.Request) error {
	m, err := a.of(r)
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, map[string]string{"seat": hexed(m.Seat())})
}

// addSteward proposes a seat for a home, or to renew the one that it has.
func (a *api) addSteward(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Home string `json:"home"` // name or author key
		Seat string `json:"seat"` // the key that the home tells; not needed to renew
	}
	m, err := a.of(r)
	if err != nil {
		return err
	}
	if err := read(r, &in); err != nil {
		return err
	}
	s := m.State()
	who, err := memberOf(s, in.Home)
	if err != nil {
		return err
	}
	seat, has := s.SeatOf(who)
	if !has {
		b, err := hex.DecodeString(in.Seat)
		if err != nil || len(b) != len(seat) {
			return fmt.Errorf("%w: a seat key is 64 hexadecimal digits, which `nvrd neighborhood seat` prints at that home", nvr.ErrInvalid)
		}
		seat = wire.Key(b)
	}
	if err := m.AddSteward(who, seat); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
