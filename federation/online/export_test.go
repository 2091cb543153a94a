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

// Kept returns for how many pieces an agency's mailbox here is.
func (o *Online) Kept(agency wire.Key) int {
	all, err := house{o}.Kept(o.ctx, agency)
	if err != nil {
		return -1
	}
	return len(all)
}

// Waiting returns what mail.db has of a neighborhood, also of one that was left.
func (o *Online) Waiting(neighborhood wire.Hash) int {
	all, err := o.mail.Waiting(o.ctx, neighborhood)
	if err != nil {
		return -1
	}
	return len(all)
}

// Mailboxes returns whose mailboxes are here.
func (o *Online) Mailboxes() []wire.Key {
	all, _ := house{o}.Mailboxes(o.ctx)
	return all
}
