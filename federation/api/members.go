package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"nvrd/federation/roster"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Member is a home that is in.
type Member struct {
	Author  string `json:"author"` // 64 hexadecimal digits
	Name    string `json:"name"`
	Steward bool   `json:"steward"`
	Since   string `json:"since"`         // RFC 3339
	By      string `json:"by"`            // name of the steward's home that let it in
	Was     string `json:"was,omitempty"` // name under which it was known until its machine and paper were lost
}

func (a *api) members(w http.ResponseWriter, r *http.Request) error {
	m, err := a.of(r)
	if err != nil {
		return err
	}
	s := m.State()
	members, heirs := []Member{}, s.Heirs()
	for author := range s.Members {
		is := s.Member(author)
		if is == nil {
			continue
		}
		_, steward := s.SeatOf(author)
		one := Member{Author: hexed(author), Name: is.Card.Name, Steward: steward, Since: is.Since.Time().Format("2006-01-02T15:04Z")}
		if seat, ok := s.Seats[is.By]; ok {
			if by := s.Members[seat.Who]; by != nil {
				one.By = by.Card.Name
			}
		}
		if was := s.Members[is.Succeeds]; was != nil && heirs[is.Succeeds] == author {
			one.Was = was.Card.Name
		}
		members = append(members, one)
	}
	slices.SortFunc(members, func(a, b Member) int { return strings.Compare(a.Since+a.Author, b.Since+b.Author) })
	return write(w, http.StatusOK, members)
}

func (a *api) invite(w http.ResponseWriter, r *http.Request) error {
	in := struct {
		Days     int    `json:"days"`
		Succeeds string `json:"succeeds"` // name or author key of a neighbor who lost machine and paper
	}{Days: 7}
	m, err := a.of(r)
	if err != nil {
		return err
	}
	if err := read(r, &in); err != nil {
		return err
	}
	if in.Days < 1 || in.Days > 30 {
		return fmt.Errorf("%w: an invite lasts for 1 to 30 days", nvr.ErrInvalid)
	}
	lost, err := lostOf(m.State(), in.Succeeds)
	if err != nil {
		return err
	}
	v, err := a.online.Invite(m, in.Days, lost)
	if err != nil {
		return err
	}
	text, err := v.Text()
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, map[string]string{"invite": text, "until": v.Expires.Time().Format("2006-01-02T15:04Z")})
}

// memberOf returns the author key of the home that is in and has this name, or this key.
func memberOf(s *roster.State, called string) (who wire.Key, err error) {
	found := 0
	for author := range s.Members {
		if m := s.Member(author); m != nil && (m.Card.Name == called || hexed(author) == called) {
			who, found = author, found+1
		}
	}
	switch found {
	case 0:
		return who, fmt.Errorf("no neighbor is called %s: %w", called, nvr.ErrNotFound)
	case 1:
		return who, nil
	}
	return who, fmt.Errorf("%w: %d neighbors are called %s; give the author key of one, which `nvrd neighborhood members --json` shows", nvr.ErrInvalid, found, called)
}

// lostOf returns the author key that a neighbor is called by, whose place
// somebody is to take: by name the one who has it, or had it until they were put
// out. Nothing is the zero key.
func lostOf(s *roster.State, called string) (lost wire.Key, err error) {
	if called == "" {
		return lost, nil
	}
	var found []wire.Key
	heirs := s.Heirs()
	for author, m := range s.Members {
		_, replaced := heirs[author]
		if hexed(author) == called || m.Card.Name == called && !m.Left && !replaced {
			found = append(found, author)
		}
	}
	switch len(found) {
	case 0:
		return lost, fmt.Errorf("no neighbor is called %s: %w", called, nvr.ErrNotFound)
	case 1:
		return found[0], nil
	}
	return lost, fmt.Errorf("%w: %d neighbors are called %s; give the author key of one, which `nvrd neighborhood members --json` shows", nvr.ErrInvalid, len(found), called)
}
