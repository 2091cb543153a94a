package online

import (
	"errors"
	"fmt"
	"time"

	"nvrd/federation/membership"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// farewell is how long a home that leaves looks for somebody to tell: neighbors
// who catch up with others first take two minutes until they ask.
const farewell = 5 * time.Minute

// Leave tells the neighborhood that this home is out, and forgets all of it. When
// it returns nil the home is out, also after a restart. If nobody is linked who can
// be told, it is looked for somebody, and all is forgotten once that one has
// heard, or after five minutes.
func (o *Online) Leave(m *membership.Membership) error {
	all := o.All()
	if all == nil {
		return fmt.Errorf("leave: %w", nvr.ErrNotFound)
	}
	if o.parts(m, true) {
		return nil
	}
	return o.leave(all, m)
}

// leaveSpent leaves where the home goes on elsewhere and nothing stands any more
// of before, once somebody is linked.
func (o *Online) leaveSpent(all *membership.All) {
	for _, m := range all.Spent() {
		if !o.parts(m, true) {
			o.work.Go(func() { o.leaveLinked(all, m) })
		}
	}
}

func (o *Online) leaveLinked(all *membership.All, m *membership.Membership) {
	if o.await(func() bool { return o.linked(m) }) {
		o.complain(m, o.leave(all, m))
	}
}

// leave says that the home leaves, and forgets all once somebody has heard.
func (o *Online) leave(all *membership.All, m *membership.Membership) error {
	told := o.linked(m) && !m.Left() // what was said before is not sent again
	if err := all.Leave(m); err != nil {
		o.parts(m, false) // it may be tried again
		return err
	}
	if told || len(m.Nodes()) == 0 {
		return o.forget(all, m)
	}
	before := m.Met()
	o.work.Go(func() {
		met := false
		heard := func() bool { // who has hangs up
			linked := o.linked(m)
			met = met || linked || m.Met() && !before
			return met && !linked
		}
		if o.await(heard) {
			o.complain(m, o.forget(all, m))
		}
	})
	return nil
}

// forget hangs up once all was sent, and wipes what the neighborhood left here.
func (o *Online) forget(all *membership.All, m *membership.Membership) error {
	o.mu.Lock()
	g := o.galleries[m]
	delete(o.galleries, m)
	delete(o.leaving, m)
	o.mu.Unlock()
	if g != nil {
		g.node.Finish()
		if err := g.close(); err != nil {
			o.config.Log.Warn("hang up", "err", err)
		}
	}
	return errors.Join(o.forgetMail(all, m), all.Forget(m), o.disk.Forget(m.Name())) // what is known no longer is not forgotten after a crash
}

// forgetMail forgets what is answered there, and what was kept for agencies that this
// home is a sponsor of nowhere else.
func (o *Online) forgetMail(all *membership.All, left *membership.Membership) error {
	var elsewhere []wire.Key
	for _, m := range all.In() {
		if m != left {
			elsewhere = append(append(elsewhere, m.Sponsoring()...), m.Author())
		}
	}
	return o.mail.Forget(o.ctx, left.Name(), elsewhere)
}

// parts notes whether the home is about to leave a neighborhood, and returns
// whether it was.
func (o *Online) parts(m *membership.Membership, now bool) (before bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before = o.leaving[m]
	o.leaving[m] = now
	return before
}

func (o *Online) linked(m *membership.Membership) bool {
	direct, relayed := o.Links(m)
	return direct+relayed > 0
}

// await waits until something is so, or farewell is over; it returns false if the
// program ends before.
func (o *Online) await(is func() bool) bool {
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for until := time.Now().Add(farewell); time.Now().Before(until) && !is(); {
		select {
		case <-look.C:
		case <-o.ctx.Done():
			return false
		}
	}
	return true
}

func (o *Online) complain(m *membership.Membership, err error) {
	if err != nil {
		o.config.Log.Error("leave", "neighborhood", m.Genesis().Title, "err", err)
	}
}
