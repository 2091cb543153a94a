package membership

import "nvrd/federation/wire"

// Objects returns what the roster holds.
func (m *Membership) Objects() []wire.Signed {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]wire.Signed{m.genesis}, m.home.Roster().Objects()...)
}
