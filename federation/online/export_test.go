package online

import (
	"context"

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

// Runs waits until the home takes part.
func (o *Online) Runs(ctx context.Context, m *membership.Membership) error {
	_, err := o.listening(ctx, m)
	return err
}

// Slot has a home send parcels as in its slots.
func (o *Online) Slot(m *membership.Membership, count int) {
	o.galleryOf(m).carrier.slot(count)
}
