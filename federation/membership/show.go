package membership

import (
	"slices"

	"nvrd/federation/store"
	"nvrd/federation/wire"
)

// Objects returns what the home holds of the roster, the genesis first and the
// others in no order that means anything: for pages that tell who did what. It is
// not to be changed.
func (m *Membership) Objects() []wire.Signed {
	m.mu.Lock()
	defer m.mu.Unlock()
	others := slices.DeleteFunc(m.home.Roster().Objects(), func(o wire.Signed) bool { return o.ID == m.genesis.ID })
	return append([]wire.Signed{m.genesis}, others...)
}

// Quiet returns what this home does not want to see of the neighborhood. It
// changes nothing of what the home fetches, keeps or passes on, so that nobody
// can tell. Who lost a key is silenced with all that they had.
func (m *Membership) Quiet() (store.Quiet, error) {
	q, err := m.store.Quiet(m.ctx, m.entry.Name)
	heirs := m.State().Heirs()
	for lost, heir := range heirs {
		if how := max(q[lost], q[heir]); how > 0 {
			q[heir] = how
		}
	}
	for lost, heir := range heirs {
		if how := q[heir]; how > 0 {
			q[lost] = how
		}
	}
	return q, err
}

// Hush writes down that the home does not want to see an entry, or what an
// author says; how is 0 for what it wants to see again.
func (m *Membership) Hush(what [32]byte, how store.Quieted) error {
	keys := [][32]byte{what}
	for lost, heir := range m.State().Heirs() {
		if heir == what {
			keys = append(keys, lost)
		}
	}
	for _, key := range keys {
		if err := m.store.Hush(m.ctx, m.entry.Name, key, how); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tell()
	return nil
}
