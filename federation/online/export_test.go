package online

import (
	"nvrd/federation/membership"
	"nvrd/federation/node"
	"nvrd/federation/wire"
)

// Linked returns the nodes that are linked, and how.
func (o *Online) Linked(m *membership.Membership) map[wire.Key]node.Way {
	if g := o.galleryOf(m); g != nil {
		return g.node.Linked()
	}
	return nil
}
