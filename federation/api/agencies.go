package api

import (
	"fmt"
	"net/http"
	"slices"

	"nvrd/federation/membership"
	"nvrd/federation/request/area"
	"nvrd/federation/roster"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Card is what an agency says of itself.
type Card struct {
	Key     string       `json:"key"` // 64 hexadecimal digits
	Title   string       `json:"title"`
	Class   string       `json:"class"`            // police, fire, town
	Domain  string       `json:"domain,omitempty"` // that it says is its own
	Contact string       `json:"contact"`
	Policy  string       `json:"policy"`
	Said    string       `json:"said"`         // when, RFC 3339
	SqKm    float64      `json:"square_km"`    // of its jurisdiction
	Corners [][2]float64 `json:"jurisdiction"` // latitude and longitude in degrees
}

// Agency is an agency in the directory.
type Agency struct {
	Card
	Since     string     `json:"since"` // RFC 3339
	Cells     []string   `json:"cells"` // ROW:COL, where the neighborhood lies for it
	Suspended bool       `json:"suspended"`
	Reason    string     `json:"reason,omitempty"` // why it is
	Heir      string     `json:"heir,omitempty"`   // the key that it goes on with
	History   []Decision `json:"history"`
}

// Decision is what stewards decided, or may yet.
type Decision struct {
	ID    string   `json:"id"`
	Kind  string   `json:"kind"`            // of docs/ref/wire.md, such as admit-agency
	About string   `json:"about,omitempty"` // an agency's title, or a home's name
	At    string   `json:"at"`              // RFC 3339
	By    string   `json:"by"`              // name of the home that proposed it
	For   []string `json:"for"`             // names of the homes that voted for it
	Need  int      `json:"need,omitempty"`  // how many have to; 0 for what counts
	Voted bool     `json:"voted"`           // this home did

	Reason string `json:"reason,omitempty"`
}

func (a *api) agencies(w http.ResponseWriter, r *http.Request) error {
	m, err := a.of(r)
	if err != nil {
		return err
	}
	all := []Agency{}
	for _, is := range m.Agencies() {
		one := Agency{Card: cardOf(is.Agency.Agency), Since: at(is.Since), Cells: []string{}, Suspended: is.Suspended, Reason: is.Reason}
		for _, c := range is.Cells {
			one.Cells = append(one.Cells, area.CellText(c))
		}
		if is.Heir != (wire.Key{}) {
			one.Heir = hexed(is.Heir)
		}
		for _, act := range is.Acts {
			one.History = append(one.History, decisionOf(m, act))
		}
		all = append(all, one)
	}
	return write(w, http.StatusOK, all)
}

func cardOf(says wire.Agency) Card {
	c := Card{
		Key: hexed(says.Key), Title: says.Title, Class: says.Class.String(), Domain: says.Domain, Contact: says.Contact,
		Policy: says.Policy, Said: at(says.Minute),
	}
	if j, err := area.NewJurisdiction(says.Jurisdiction); err == nil {
		c.SqKm = j.SquareMetres() / 1e6
	}
	for _, p := range says.Jurisdiction {
		c.Corners = append(c.Corners, [2]float64{float64(p.Lat) / 1e6, float64(p.Lon) / 1e6})
	}
	return c
}

func decisionOf(m *membership.Membership, act membership.Act) Decision {
	s := m.State()
	d := Decision{ID: hexed(act.ID), Kind: act.Says.Kind().String(), At: at(act.Minute()), By: nameOf(s, act.By), For: []string{}, Need: act.Need, Voted: slices.Contains(act.For, m.Author())}
	for _, who := range act.For {
		d.For = append(d.For, nameOf(s, who))
	}
	switch is := act.Says.(type) {
	case wire.AdmitAgency:
		d.About = is.Agency.Title
	case wire.SuspendAgency:
		d.About, d.Reason = s.Agencies[is.Agency].Title, is.Reason
	case wire.AddSteward:
		d.About = nameOf(s, is.Who)
	case wire.DropSteward:
		who, _ := s.Holder(is.Seat)
		d.About = nameOf(s, who)
	}
	return d
}

func nameOf(s *roster.State, author wire.Key) string {
	if m := s.Members[author]; m != nil && m.Card != nil {
		return m.Card.Name
	}
	return "somebody"
}

func at(m wire.Minute) string { return m.Time().UTC().Format("2006-01-02T15:04Z") }

// look reads a card, and asks its domain, for a steward who is to decide.
func (a *api) look(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Card string `json:"card"`
	}
	m, err := a.stewards(r)
	if err != nil {
		return err
	}
	if err := read(r, &in); err != nil {
		return err
	}
	card, err := readCard(in.Card)
	if err != nil {
		return err
	}
	out := struct {
		Card
		Proved   bool   `json:"proved"`             // its domain shows that it is its own
		Unproved string `json:"unproved,omitempty"` // why it does not
	}{Card: cardOf(card.Body.(wire.Agency))}
	if out.Domain != "" {
		if err := a.online.ProveDomain(r.Context(), m, card.Body.(wire.Agency)); err != nil {
			out.Unproved = err.Error()
		} else {
			out.Proved = true
		}
	}
	return write(w, http.StatusOK, out)
}

func readCard(text string) (wire.Signed, error) {
	card, err := wire.ParseAgency(text)
	if err != nil {
		return card, fmt.Errorf("%w: %w", nvr.ErrInvalid, err)
	}
	if _, err := area.NewJurisdiction(card.Body.(wire.Agency).Jurisdiction); err != nil {
		return card, fmt.Errorf("%w: where it may ask is %w; the agency has to say that anew", nvr.ErrInvalid, err)
	}
	return card, nil
}

func (a *api) admit(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Card     string   `json:"card"`
		Cells    []string `json:"cells"`    // ROW:COL; those of an agency that is in, without
		Succeeds string   `json:"succeeds"` // title or key of an agency whose key this one replaces
		Unproved bool     `json:"unproved"` // its domain need not show that it is its own
	}
	m, err := a.stewards(r)
	if err != nil {
		return err
	}
	if err := read(r, &in); err != nil {
		return err
	}
	card, err := readCard(in.Card)
	if err != nil {
		return err
	}
	cells, err := cellsOf(m, in.Cells)
	if err != nil {
		return err
	}
	var succeeds wire.Key
	if in.Succeeds != "" {
		old, err := agencyOf(m, in.Succeeds)
		if err != nil {
			return err
		}
		succeeds = old.Key
	}
	says := card.Body.(wire.Agency)
	if says.Domain != "" && !in.Unproved {
		if err := a.online.ProveDomain(r.Context(), m, says); err != nil {
			return fmt.Errorf("%w: %w; ask the agency to put its card there, or let it in as it is if you know it (unproved)", nvr.ErrInvalid, err)
		}
	}
	if err := m.AdmitAgency(card, cells, succeeds); err != nil {
		return err
	}
	return decided(w, m, says.Key)
}

// decided answers with the act that this home just proposed about an agency, whether
// it counts already or waits for votes.
func decided(w http.ResponseWriter, m *membership.Membership, agency wire.Key) error {
	acts := m.Proposals()
	for _, is := range m.Agencies() {
		acts = append(acts, is.Acts...)
	}
	acts = slices.DeleteFunc(acts, func(act membership.Act) bool {
		return act.By != m.Author() || !slices.Contains(membership.About(act.Says), agency)
	})
	if len(acts) == 0 {
		return fmt.Errorf("what was proposed is gone: %w", nvr.ErrNotFound)
	}
	newest := slices.MaxFunc(acts, func(a, b membership.Act) int { return int(int64(a.Says.Act().Height) - int64(b.Says.Act().Height)) })
	return write(w, http.StatusCreated, decisionOf(m, newest))
}

// cellsOf reads where the neighborhood lies; nothing is where it lies for the agency
// that was let in last.
func cellsOf(m *membership.Membership, told []string) (cells []wire.Cell, err error) {
	for _, text := range told {
		c, err := area.ParseCell(text)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", nvr.ErrInvalid, err)
		}
		cells = append(cells, c)
	}
	if len(told) == 0 {
		cells = m.Cells()
	}
	if len(cells) == 0 {
		return nil, fmt.Errorf("%w: say where the neighborhood lies, by its squares of the grid", nvr.ErrInvalid)
	}
	return cells, nil
}

// agencyOf returns the agency of this key, or the only one of this title.
func agencyOf(m *membership.Membership, called string) (membership.Agency, error) {
	all := slices.DeleteFunc(m.Agencies(), func(is membership.Agency) bool { return hexed(is.Key) != called && is.Title != called })
	if len(all) > 1 && all[0].May() { // the others are what it was, or was mistaken for
		all = slices.DeleteFunc(all, func(is membership.Agency) bool { return !is.May() })
	}
	switch len(all) {
	case 1:
		return all[0], nil
	case 0:
		return membership.Agency{}, fmt.Errorf("no agency here is called %q; `nvrd neighborhood agencies` lists them: %w", called, nvr.ErrNotFound)
	}
	return membership.Agency{}, fmt.Errorf("%w: %d agencies are called %q; give the key of one", nvr.ErrInvalid, len(all), called)
}

func (a *api) suspend(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Reason string `json:"reason"`
	}
	m, err := a.of(r)
	if err != nil {
		return err
	}
	if err := read(r, &in); err != nil {
		return err
	}
	is, err := agencyOf(m, r.PathValue("agency"))
	if err != nil {
		return err
	}
	if err := m.SuspendAgency(is.Key, wire.Tidy(in.Reason, true)); err != nil {
		return err
	}
	return decided(w, m, is.Key)
}
