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
	if a, ok := s.Agencies[asker]; ok && !a.Suspended {
		return m.Sponsors(asker)
	}
	if member := s.Member(asker); member != nil {
		return []wire.Key{member.Card.Node}
	}
	return nil
}

// AllSponsors returns the nodes of all homes that are a sponsor of any agency that may
// ask here, in the order of their keys: where parcels go that carry nothing.
func (m *Membership) AllSponsors() (nodes []wire.Key) {
	for key, a := range m.State().Agencies {
		if !a.Suspended {
			nodes = append(nodes, m.Sponsors(key)...)
		}
	}
	slices.SortFunc(nodes, compareKeys)
	return slices.Compact(nodes)
}

// SealParcel seals a piece for the home that keeps it; to is who asked, or zero for a
// parcel that carries nothing. Errors are nvr.ErrNotFound for a node that is no
// member's, and those of [wire.SealParcel].
func (m *Membership) SealParcel(node, to wire.Key, piece []byte) ([]byte, error) {
	s := m.State()
	author, _ := s.AuthorOf(node)
	member := s.Member(author)
	if member == nil {
		return nil, fmt.Errorf("home that keeps: %w", nvr.ErrNotFound)
	}
	return wire.SealParcel(to, piece, member.Card.Seal)
}

// OpenParcel opens what was sealed for this home: for whom the piece is kept here, zero
// for a parcel that carries nothing. Errors are nvr.ErrForbidden for whom nothing is
// kept here, and those of [wire.OpenParcel].
func (m *Membership) OpenParcel(sealed []byte) (asker wire.Key, piece []byte, err error) {
	asker, piece, err = wire.OpenParcel(sealed, m.keys.Seal)
	if err == nil && asker != (wire.Key{}) && !slices.Contains(m.Keepers(asker), wire.PublicKey(m.node)) {
		err = fmt.Errorf("parcel: %w", nvr.ErrForbidden)
	}
	return asker, piece, err
}
