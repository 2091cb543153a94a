package membership

import (
	"fmt"
	"slices"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Keepers returns the nodes of the homes that keep what is answered to whoever asked:
// the sponsors of an agency, or the home of the neighbor with that author key. This
// home's may be among them.
func (m *Membership) Keepers(asker wire.Key) []wire.Key {
	s := m.State()
	if a, ok := s.Agencies[asker]; ok && !a.Suspended && !m.convicted(asker) {
		return m.Sponsors(asker)
	}
	if member := s.Member(asker); member != nil {
		return []wire.Key{member.Card.Node}
	}
	return nil
}

// AllKeepers returns the nodes of all homes that keep what is answered to anybody, in the
// order of their keys: where parcels go that carry nothing. All homes know the same.
func (m *Membership) AllKeepers() []wire.Key {
	nodes := m.AllSponsors()
	for _, a := range m.NeighborRequests() {
		nodes = append(nodes, m.Keepers(a.Neighbor)...)
	}
	slices.SortFunc(nodes, compareKeys)
	return slices.Compact(nodes)
}

// AllSponsors returns the nodes of all homes that are a sponsor of any agency that may
// ask here, in the order of their keys.
func (m *Membership) AllSponsors() (nodes []wire.Key) {
	for key, a := range m.State().Agencies {
		if !a.Suspended && !m.convicted(key) {
			nodes = append(nodes, m.Sponsors(key)...)
		}
	}
	slices.SortFunc(nodes, compareKeys)
	return slices.Compact(nodes)
}

// convicted tells whether an agency showed two logs.
func (m *Membership) convicted(agency wire.Key) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.home.Logs().Log(agency)
	if l == nil {
		return false
	}
	_, is := l.Fraud()
	return is
}

// SealParcel seals a piece for the home that keeps it; to is who asked, or zero for a
// parcel that carries nothing. The home's answer is to be the receipt. Errors are
// nvr.ErrNotFound for a node that is no member's, and those of [wire.SealParcel].
func (m *Membership) SealParcel(node, to wire.Key, piece []byte) (sealed []byte, receipt wire.Hash, err error) {
	s := m.State()
	author, _ := s.AuthorOf(node)
	member := s.Member(author)
	if member == nil {
		return nil, receipt, fmt.Errorf("home that keeps: %w", nvr.ErrNotFound)
	}
	if sealed, err = wire.SealParcel(to, piece, member.Card.Seal); err != nil {
		return nil, receipt, err
	}
	return sealed, wire.Receipt(sealed, to, piece), nil
}

// OpenParcel opens what was sealed for this home: for whom the piece is kept here, zero
// for a parcel that carries nothing. Errors are nvr.ErrForbidden for whom nothing is
// kept here, and those of [wire.OpenParcel].
func (m *Membership) OpenParcel(sealed []byte) (asker wire.Key, piece []byte, receipt wire.Hash, err error) {
	asker, piece, err = wire.OpenParcel(sealed, m.keys.Seal)
	if err == nil && asker != (wire.Key{}) && !slices.Contains(m.Keepers(asker), wire.PublicKey(m.node)) {
		err = fmt.Errorf("parcel: %w", nvr.ErrForbidden)
	}
	return asker, piece, wire.Receipt(sealed, asker, piece), err
}

// Sponsoring returns the agencies that this home is a sponsor of, as neighbors know it.
func (m *Membership) Sponsoring() []wire.Key {
	if self := m.State().Member(m.Author()); self != nil {
		return self.Card.Sponsors
	}
	return nil
}
