package online

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
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
	passedADay = 600         // that one member's home has passed on here, or kept: 150 MiB, twice what the busiest day of an honest one has
	byways     = 3           // homes that are asked to pass a parcel on, before it waits
	streetful  = 100         // homes whose parcels one home has, 340 MiB a day: where there are more, each leaves out some of its slots
	lateSlot   = time.Minute // after which a slot is missed
	expiring   = time.Hour

	// answered is how long after a parcel came its receipt goes: longer than to write a
	// piece down takes, so that nobody can tell from it whether there was one.
	answered = 200 * time.Millisecond
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
	wake chan struct{} // there is a response to bring, or another way to bring it

	mu     sync.Mutex
	day    uint32
	passed map[wire.Key]int // parcels of a node, on that day

	tries map[bringing]*try // of responses that were brought in vain
}

// bringing is which response goes where.
type bringing struct {
	id wire.Salt
	to wire.Key
}

// try is what became of it so far.
type try struct {
	pause
	sent int // pieces that the home has
}

func newCarrier(ctx context.Context, m *membership.Membership, n *node.Node, db *mail.DB, now func() time.Time) *carrier {
	c := &carrier{
		ctx: ctx, m: m, node: n, mail: db, now: now, own: wire.PublicKey(m.Node()), wake: make(chan struct{}, 1),
		passed: map[wire.Key]int{}, tries: map[bringing]*try{},
	}
	n.TakeParcels(c.take, c.keep)
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

// keep takes a parcel for this home. What it answers, and when, tells nobody but who
// sealed it whether there was something in it, and whether that is kept.
func (c *carrier) keep(sealed []byte) (receipt wire.Hash) {
	rest := time.NewTimer(answered)
	defer rest.Stop()
	asker, piece, receipt, err := c.m.OpenParcel(sealed)
	if err == nil && asker != (wire.Key{}) {
		err = c.mail.Keep(c.ctx, asker, piece, wire.MinuteOf(c.now()))
	}
	if err == nil && asker == c.m.Author() {
		c.m.Touch() // a neighbor answered
	}
	if err != nil {
		_, _ = rand.Read(receipt[:]) // it never fails
	}
	select {
	case <-rest.C:
	case <-c.ctx.Done():
	}
	return receipt
}

// poke has the carrier look at what waits.
func (c *carrier) poke() {
	select {
	case c.wake <- struct{}{}:
	default: // it will
	}
}

// run sends until its context ends. What the street says wakes it only while there is
// something to bring, and then nothing is read from disk for it.
func (c *carrier) run() {
	from, expires := c.now(), time.Now()
	waiting := c.waiting()
	for c.ctx.Err() == nil {
		news := c.m.News()
		slot := c.next(from)
		later, brought := c.urgent(waiting)
		if brought {
			waiting = c.waiting()
		}
		if len(waiting) == 0 {
			news = nil
		}
		if !time.Now().Before(expires) {
			_ = c.mail.Expire(c.ctx, wire.MinuteOf(c.now())) // what can't be forgotten now is later
			expires = time.Now().Add(expiring)
		}
		select {
		case <-c.ctx.Done():
		case <-c.wake:
			waiting = c.waiting()
		case <-news:
		case <-time.After(min(later, slot.At.Sub(c.now()))):
			if now := c.now(); !now.Before(slot.At) {
				from = slot.At
				if now.Sub(slot.At) < lateSlot {
					c.slot(slot.Count)
				}
			}
			waiting = c.waiting()
		}
	}
}

// waiting returns the responses that are on their way; none if they can't be read now.
func (c *carrier) waiting() []mail.Response {
	all, err := c.mail.Waiting(c.ctx, c.m.Name())
	if err != nil {
		return nil
	}
	all = slices.DeleteFunc(all, func(r mail.Response) bool { return r.Pieces == 0 })
	maps.DeleteFunc(c.tries, func(at bringing, _ *try) bool {
		return !slices.ContainsFunc(all, func(r mail.Response) bool { return r.ID == at.id })
	})
	return all
}

// next returns the first slot after a time. What was missed is not made up for: that
// would tell when the home is on again.
func (c *carrier) next(after time.Time) mail.Slot {
	now := c.now()
	if after.After(now.Add(time.Hour)) { // the clock was set back
		after = now
	}
	if missed := now.Add(-lateSlot); after.Before(missed) {
		after = missed
	}
	for day := wire.MinuteOf(after).Day(); ; day++ {
		for _, s := range c.mail.Slots(c.m.Name(), day) {
			if s.At.After(after) {
				return s
			}
		}
	}
}

// slot sends so many parcels to a home that keeps what is answered, with a response in them if one
// waits that fits.
func (c *carrier) slot(count int) {
	keepers := slices.DeleteFunc(c.m.AllKeepers(), func(n wire.Key) bool { return n == c.own })
	if len(keepers) == 0 || mathrand.IntN(max(1, len(c.m.Nodes()))) >= streetful*len(keepers) {
		return
	}
	to := keepers[mathrand.IntN(len(keepers))]
	var carried [][]byte
	all, err := c.mail.Waiting(c.ctx, c.m.Name())
	r, found := mail.Choose(all, count, to, c.m.Keepers)
	if err == nil && found {
		carried, err = c.mail.Pieces(c.ctx, r.ID)
	}
	if err != nil {
		carried = nil
	}
	pieces, carries := hide(carried, count)
	if _, err := c.send(to, r.Asker, pieces, carries, false); err == nil && carries > 0 {
		_ = c.brought(&r, to) // then it is brought once more, which that home keeps once
	}
}

// hide returns so many pieces, of which the first, as many as it says, are those that
// are carried, if all of them fit; the others are noise.
func hide(carried [][]byte, count int) (pieces [][]byte, carries int) {
	if len(carried) <= count {
		carries = len(carried)
	}
	pieces = make([][]byte, count)
	for i := range pieces {
		pieces[i] = make([]byte, wire.PieceLen)
		_, _ = rand.Read(pieces[i]) // it never fails
	}
	copy(pieces, carried[:carries])
	return pieces, carries
}

// urgent brings responses that do not wait for a slot, and what this home keeps
// itself. It returns when to look again, and whether something came to a home.
func (c *carrier) urgent(all []mail.Response) (later time.Duration, some bool) {
	later = laterReport
	for _, r := range all {
		for _, to := range r.Next(c.m.Keepers(r.Asker)) {
			if to != c.own && r.Hidden || len(r.Brought) >= mail.Copies {
				continue
			}
			wait := c.bring(&r, to)
			some = some || wait == 0
			if wait > 0 {
				later = min(later, wait)
			}
		}
	}
	return later, some
}

// bring brings a response to a home. It returns for how long to wait until it is tried
// again; 0 if that home has it. Other homes are tried meanwhile.
func (c *carrier) bring(r *mail.Response, to wire.Key) (wait time.Duration) {
	at := bringing{r.ID, to}
	t := c.tries[at]
	if t == nil {
		t = &try{}
		c.tries[at] = t
	}
	if wait := time.Until(t.until); wait > 0 {
		return wait
	}
	pieces, err := c.mail.Pieces(c.ctx, r.ID)
	switch {
	case err != nil:
	case len(pieces) == 0: // it was withdrawn
		return laterReport
	case to == c.own:
		err = c.keepOwn(r.Asker, pieces)
	default:
		var sent int
		rest := pieces[min(t.sent, len(pieces)):]
		sent, err = c.send(to, r.Asker, rest, len(rest), t.wait >= laterReport)
		t.sent += sent
	}
	if err == nil && c.brought(r, to) == nil {
		delete(c.tries, at)
		return 0
	}
	t.wait = min(max(soon, 2*t.wait), laterReport)
	t.until = time.Now().Add(t.wait)
	return t.wait
}

// keepOwn keeps a response of this home as a sponsor.
func (c *carrier) keepOwn(asker wire.Key, pieces [][]byte) error {
	for _, p := range pieces {
		if err := c.mail.Keep(c.ctx, asker, p, wire.MinuteOf(c.now())); err != nil {
			return err
		}
	}
	return nil
}

// brought writes down that a home has a response.
func (c *carrier) brought(r *mail.Response, to wire.Key) error {
	b := mail.Brought{Node: to, Minute: wire.MinuteOf(c.now())}
	r.Brought = append(r.Brought, b)
	err := c.mail.Done(c.ctx, r.ID, b, r.Enough(c.m.Keepers(r.Asker)))
	if err == nil {
		c.m.Touch()
	}
	return err
}

// send sends pieces to a home by way of others, of which the first carry something. It
// is the same whatever they carry. Straight is whether that home itself is asked if
// nobody else is there. It returns how many that home has for sure. Why it failed is
// written nowhere.
func (c *carrier) send(to, asker wire.Key, pieces [][]byte, carried int, straight bool) (sent int, err error) {
	by := c.byway(to)
	if len(by) == 0 && (straight || len(c.m.Nodes()) <= 2) {
		by = []wire.Key{{}}
	}
	if len(by) == 0 {
		return 0, fmt.Errorf("nobody passes parcels on now: %w", nvr.ErrNotFound)
	}
	for i, piece := range pieces {
		if i >= carried {
			asker = wire.Key{}
		}
		sealed, receipt, err := c.m.SealParcel(to, asker, piece)
		if err != nil {
			return i, err
		}
		for err = c.node.Bring(c.ctx, by[0], to, sealed, receipt); err != nil; err = c.node.Bring(c.ctx, by[0], to, sealed, receipt) {
			if by = by[1:]; len(by) == 0 || c.ctx.Err() != nil {
				return i, err
			}
		}
	}
	return len(pieces), nil
}

// byway returns homes that are asked to pass parcels on, in that order: neighbors that
// are linked, and rather those that are no sponsors, which may get the other copy.
func (c *carrier) byway(to wire.Key) (by []wire.Key) {
	for n := range c.node.Linked() {
		if n != to {
			by = append(by, n)
		}
	}
	mathrand.Shuffle(len(by), func(i, j int) { by[i], by[j] = by[j], by[i] })
	sponsors := c.m.AllSponsors()
	last := slices.DeleteFunc(slices.Clone(by), func(n wire.Key) bool { return !slices.Contains(sponsors, n) })
	by = append(slices.DeleteFunc(by, func(n wire.Key) bool { return slices.Contains(sponsors, n) }), last...)
	return by[:min(len(by), byways)]
}
