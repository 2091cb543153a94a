package online

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"time"

	"nvrd/federation/mail"
	"nvrd/federation/membership"
	"nvrd/federation/node"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Bounds of parcels.
const (
	passedADay = 600 // that one member's home has passed on here, or kept: 150 MiB, twice what the busiest day of an honest one has
	byways     = 3   // homes that are asked to pass a parcel on, before it waits
)

// carrier has a membership's parcels go out and come in. Four times a day some go
// that carry nothing, or a response in their place: who passes them on can't tell.
type carrier struct {
	ctx  context.Context
	m    *membership.Membership
	node *node.Node
	mail *mail.DB
	now  func() time.Time
	own  wire.Key

	mu     sync.Mutex
	day    uint32
	passed map[wire.Key]int // parcels of a node, on that day

	pause map[wire.Salt]pause // of responses that were brought in vain
}

func newCarrier(ctx context.Context, m *membership.Membership, n *node.Node, db *mail.DB, now func() time.Time) *carrier {
	c := &carrier{ctx: ctx, m: m, node: n, mail: db, now: now, own: wire.PublicKey(m.Node()), passed: map[wire.Key]int{}, pause: map[wire.Salt]pause{}}
	n.TakeParcels(c.may, c.keep)
	return c
}

// take takes one of a node's share of the day.
func (c *carrier) take(from wire.Key) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if day := wire.MinuteOf(c.now()).Day(); day != c.day {
		c.day, c.passed = day, map[wire.Key]int{}
	}
	if c.passed[from] >= passedADay {
		return fmt.Errorf("parcels: %w", nvr.ErrTooMany)
	}
	c.passed[from]++
	return nil
}

// may tells whether a member's parcel is passed on to another member.
func (c *carrier) may(from, to wire.Key) error {
	if to == from || to == c.own || !c.m.Member(to) {
		return fmt.Errorf("parcel: %w", nvr.ErrForbidden)
	}
	return c.take(from)
}

// keep takes a parcel for this home.
func (c *carrier) keep(from wire.Key, sealed []byte) error {
	if err := c.take(from); err != nil {
		return err
	}
	asker, piece, err := c.m.OpenParcel(sealed)
	if err != nil || asker == (wire.Key{}) {
		return err
	}
	err = c.mail.Keep(c.ctx, asker, piece, wire.MinuteOf(c.now()))
	if err == nil && asker == c.m.Author() {
		c.m.Touch() // a neighbor answered
	}
	return err
}

// run sends until its context ends.
func (c *carrier) run() {
	for from := c.now(); ; {
		news := c.m.News()
		slot := c.next(from)
		later := c.urgent()
		select {
		case <-c.ctx.Done():
			return
		case <-news:
		case <-time.After(min(later, slot.At.Sub(c.now()))):
			if now := c.now(); !now.Before(slot.At) {
				from = slot.At
				c.slot(slot.Count)
			}
		}
		_ = c.mail.Expire(c.ctx, wire.MinuteOf(c.now())) // what can't be forgotten now is later
	}
}

// next returns the first slot after a time. What was missed is not made up for: that
// would tell when the home is on again.
func (c *carrier) next(after time.Time) mail.Slot {
	for day := wire.MinuteOf(after).Day(); ; day++ {
		for _, s := range c.mail.Slots(c.m.Name(), day) {
			if s.At.After(after) && s.At.After(c.now().Add(-time.Minute)) {
				return s
			}
		}
	}
}

// slot sends so many parcels, with a response in them if one waits that fits.
func (c *carrier) slot(count int) {
	sponsors := slices.DeleteFunc(c.m.AllSponsors(), func(n wire.Key) bool { return n == c.own })
	if len(sponsors) == 0 {
		return
	}
	to := sponsors[mathrand.IntN(len(sponsors))]
	var pieces [][]byte
	all, err := c.mail.Waiting(c.ctx, c.m.Name())
	r, keeper, found := mail.Choose(all, count, c.others)
	if err == nil && found {
		pieces, err = c.mail.Pieces(c.ctx, r.ID)
		to = keeper
	}
	if err != nil {
		pieces, found = nil, false
	}
	if c.send(to, r.Asker, pieces, count) == nil && found {
		c.brought(r, to)
	}
}

// others returns the homes that keep for whoever asked, but for this one.
func (c *carrier) others(asker wire.Key) []wire.Key {
	return slices.DeleteFunc(c.m.Keepers(asker), func(n wire.Key) bool { return n == c.own })
}

// urgent brings responses that do not wait for a slot, and what this home keeps
// itself. It returns when to look again.
func (c *carrier) urgent() (later time.Duration) {
	later = laterReport
	all, err := c.mail.Waiting(c.ctx, c.m.Name())
	if err != nil {
		return later
	}
	for _, r := range all {
		if r.Pieces == 0 {
			continue
		}
		if slices.Contains(c.m.Keepers(r.Asker), c.own) && !slices.ContainsFunc(r.Brought, func(b mail.Brought) bool { return b.Node == c.own }) {
			c.keepOwn(r)
		}
		to, ok := r.Next(c.others(r.Asker))
		if r.Hidden || !ok {
			continue
		}
		if p := c.pause[r.ID]; time.Now().Before(p.until) {
			later = min(later, time.Until(p.until))
			continue
		}
		pieces, err := c.mail.Pieces(c.ctx, r.ID)
		if err == nil {
			err = c.send(to, r.Asker, pieces, len(pieces))
		}
		if err == nil {
			c.brought(r, to)
			delete(c.pause, r.ID)
			later = min(later, time.Second) // for the second home
			continue
		}
		wait := min(max(soon, 2*c.pause[r.ID].wait), laterReport)
		c.pause[r.ID] = pause{wait, time.Now().Add(wait)}
		later = min(later, wait)
	}
	return later
}

// keepOwn keeps a response of this home as a sponsor.
func (c *carrier) keepOwn(r mail.Response) {
	pieces, err := c.mail.Pieces(c.ctx, r.ID)
	for _, p := range pieces {
		if err == nil {
			err = c.mail.Keep(c.ctx, r.Asker, p, wire.MinuteOf(c.now()))
		}
	}
	if err == nil {
		c.brought(r, c.own)
	}
}

// brought writes down that a home has a response.
func (c *carrier) brought(r mail.Response, to wire.Key) {
	b := mail.Brought{Node: to, Minute: wire.MinuteOf(c.now())}
	r.Brought = append(r.Brought, b)
	if c.mail.Done(c.ctx, r.ID, b, r.Enough(c.m.Keepers(r.Asker))) == nil {
		c.m.Touch()
	}
}

// send sends count parcels to a home by way of others, of which the first carry pieces.
// It is the same whatever they carry. Why it failed is written nowhere.
func (c *carrier) send(to, asker wire.Key, pieces [][]byte, count int) error {
	by := c.byway(to)
	for i := range count {
		piece, asker := make([]byte, wire.PieceLen), asker
		if i < len(pieces) {
			piece = pieces[i]
		} else {
			asker = wire.Key{}
			_, _ = rand.Read(piece) // it never fails
		}
		sealed, err := c.m.SealParcel(to, asker, piece)
		if err != nil {
			return err
		}
		for err = c.node.Bring(c.ctx, by[0], to, sealed); err != nil; err = c.node.Bring(c.ctx, by[0], to, sealed) {
			if by = by[1:]; len(by) == 0 || c.ctx.Err() != nil {
				return err
			}
		}
	}
	return nil
}

// byway returns homes that are asked to pass parcels on, in that order: neighbors that
// are linked, and nobody (a zero key) where there are none but that home.
func (c *carrier) byway(to wire.Key) (by []wire.Key) {
	for n := range c.node.Linked() {
		if n != to {
			by = append(by, n)
		}
	}
	if len(by) == 0 {
		return []wire.Key{{}}
	}
	slices.SortFunc(by, func(a, b wire.Key) int { return wire.Compare(wire.Hash(a), wire.Hash(b)) })
	mathrand.Shuffle(len(by), func(i, j int) { by[i], by[j] = by[j], by[i] })
	return by[:min(len(by), byways)]
}
