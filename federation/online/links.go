package online

import (
	"nvrd/federation/membership"
	"nvrd/federation/node"
	"nvrd/federation/wire"
)

// Through returns the nodes of the members through whom links go that are not
// direct, each once.
func (o *Online) Through(m *membership.Membership) []wire.Key {
	if g := o.galleryOf(m); g != nil {
		return g.node.Through()
	}
	return nil
}

// Links returns how many homes are linked now, directly and through other members.
func (o *Online) Links(m *membership.Membership) (direct, relayed int) {
	g := o.galleryOf(m)
	if g == nil {
		return 0, 0
	}
	for _, way := range g.node.Linked() {
		if way == node.Relayed {
			relayed++
		} else {
			direct++
		}
	}
	return direct, relayed
}

// Shut returns whether no home of a neighborhood can be reached from outside, as
// far as this one knows, and the first of the two ports, UDP and TCP, that its
// router would have to forward; 0 if the system chose them.
func (o *Online) Shut(m *membership.Membership) (port uint16, shut bool) {
	g := o.galleryOf(m)
	if g == nil || !g.node.Shut() {
		return 0, false
	}
	if o.config.Port == 0 || o.config.RelayOnly {
		return 0, true
	}
	return o.config.Port + 2*g.slot, true
}
