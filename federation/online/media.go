package online

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"nvrd/federation/blob"
	"nvrd/federation/blob/exchange"
	"nvrd/federation/membership"
	"nvrd/federation/node"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Bounds of media, each with its reason.
const (
	mediaHere  = 8 << 30 // bytes of one neighborhood: 30 days of a quarter of what a policy may allow
	mediaTotal = 16 << 30
	mediaFloor = 2 << 30       // stays free, for recording
	mediaDown  = 1_100_000_000 // a day: what all homes together may post
	mediaUp    = mediaDown

	pace = 5 * time.Second // between two looks at what is wanting
)

// gallery is what one membership has of media, and fetches. Its loop is the only
// one that asks; neighbors ask it from many goroutines.
type gallery struct {
	m       *membership.Membership
	node    *node.Node
	store   *store.DB
	shelf   *blob.Shelf
	slot    uint16   // which two ports it has
	carrier *carrier // of what is answered to agencies
	log     *slog.Logger
	ctx     context.Context
	stop    context.CancelFunc
	ended   chan struct{} // is closed when nothing of it goes on
	heard   chan event    // what happened, for the loop

	mu       sync.Mutex
	exchange *exchange.Exchange
}

// event is something that the exchange has to know.
type event func(*exchange.Exchange, time.Time) exchange.Actions

// exhibit opens the gallery of a membership, once its node listens.
func (o *Online) exhibit(m *membership.Membership, n *node.Node) (*gallery, error) {
	shelf, err := o.disk.Shelf(m.Name())
	if err != nil {
		return nil, err
	}
	today := wire.MinuteOf(time.Now()).Day()
	went, err := o.store.Traffic(o.ctx, m.Name(), today, today)
	if err != nil {
		return nil, err
	}
	caps, err := capsOf(o.ctx, o.store, m)
	if err != nil {
		return nil, err
	}
	g := &gallery{
		m: m, node: n, store: o.store, shelf: shelf, log: o.config.Log, ended: make(chan struct{}), heard: make(chan event),
		exchange: exchange.New(caps, exchange.Meter(went)),
	}
	named := addressesOf(g.wanted())
	if _, err := shelf.Sweep(func(a wire.Hash) bool { _, ok := named[a]; return ok }); err != nil {
		return nil, err
	}
	g.ctx, g.stop = context.WithCancel(o.ctx)
	n.Handle(blob.Protocol, g.give)
	go g.run(exchange.Meter(went))
	return g, nil
}

// close ends it and its node.
func (g *gallery) close() error {
	g.stop()
	<-g.ended
	g.m.Connect(nil)
	return g.node.Close()
}

// give answers a neighbor that asks for chunks.
func (g *gallery) give(from wire.Key, s io.ReadWriter) error {
	err := g.shelf.Answer(s, func(bytes int64) bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.exchange.Give(from, bytes, time.Now())
	})
	if spoilt, ok := errors.AsType[*blob.Spoilt](err); ok {
		g.log.Error("the disk spoilt a photo or a clip; it is fetched again", "err", err)
		g.tell(func(x *exchange.Exchange, now time.Time) exchange.Actions { return x.Lost(spoilt.Ref, now) })
	}
	return err
}

// tell has the loop do what follows from an event.
func (g *gallery) tell(e event) {
	select {
	case g.heard <- e:
	case <-g.ctx.Done():
	}
}

// wanted returns all media that living entries name, as all homes fetch them.
func (g *gallery) wanted() []exchange.Wanted {
	state := g.m.State()
	var all []exchange.Wanted
	for _, w := range g.m.Media() {
		one := exchange.Wanted{Ref: exchange.Ref{Address: w.Blob.Address, Length: w.Blob.Length}, Thumbnail: w.Thumbnail}
		if author := state.Member(w.Item.Entry.Author); author != nil {
			one.From = author.Card.Node
		}
		all = append(all, one)
	}
	return all
}

func addressesOf(wanted []exchange.Wanted) map[wire.Hash]struct{} {
	all := make(map[wire.Hash]struct{}, len(wanted))
	for _, w := range wanted {
		all[w.Address] = struct{}{}
	}
	return all
}

// run fetches what is wanted, removes what no entry names any longer, and writes
// down what went beyond what had gone before.
func (g *gallery) run(went exchange.Meter) {
	defer close(g.ended)
	defer func() { g.count(went) }()
	var asking sync.WaitGroup
	defer asking.Wait()
	do := func(e event) {
		a := g.step(e)
		g.remove(a.Remove)
		for _, ask := range a.Ask {
			asking.Go(func() { g.ask(ask) })
		}
	}
	tick := time.NewTicker(pace)
	defer tick.Stop()
	var named map[wire.Hash]struct{}
	var up map[wire.Key]node.Way
	look := func() {
		up = g.meet(up, do)
		do((*exchange.Exchange).Tick)
	}
	for {
		news := g.m.News()
		named = g.want(named, do)
		look()
		for again := false; !again; {
			select {
			case <-g.ctx.Done():
				return
			case e := <-g.heard:
				do(e)
			case <-tick.C:
				look()
				went = g.count(went)
			case <-news:
				again = true
			}
		}
	}
}

// want tells the exchange what is wanted, and removes what was named before and
// is not any longer; it returns what is named now.
func (g *gallery) want(named map[wire.Hash]struct{}, do func(event)) map[wire.Hash]struct{} {
	wanted := g.wanted()
	now := addressesOf(wanted)
	var gone []wire.Hash
	for address := range named {
		if _, ok := now[address]; !ok {
			gone = append(gone, address)
		}
	}
	g.remove(gone)
	do(func(x *exchange.Exchange, at time.Time) exchange.Actions { return x.Want(wanted, at) })
	return now
}

// meet tells the exchange who is linked that was not, and who is no longer; it
// returns who is now.
func (g *gallery) meet(up map[wire.Key]node.Way, do func(event)) map[wire.Key]node.Way {
	linked := g.node.Linked()
	for n := range up {
		if _, ok := linked[n]; !ok {
			do(func(x *exchange.Exchange, now time.Time) exchange.Actions { return x.Down(n, now) })
		}
	}
	for n := range linked {
		if _, ok := up[n]; !ok {
			do(func(x *exchange.Exchange, now time.Time) exchange.Actions { return x.Up(n, now) })
		}
	}
	return linked
}

func (g *gallery) step(e event) exchange.Actions {
	g.mu.Lock()
	defer g.mu.Unlock()
	return e(g.exchange, time.Now())
}

func (g *gallery) remove(addresses []wire.Hash) {
	if len(addresses) == 0 {
		return
	}
	if err := g.shelf.Remove(addresses...); err != nil {
		g.log.Error("media that no entry names stay", "err", err)
	}
	g.m.Touch()
}

// ask does what the exchange wants asked, and tells it what came of it.
func (g *gallery) ask(ask exchange.Ask) {
	ctx, cancel := context.WithDeadline(g.ctx, ask.Until)
	defer cancel()
	var stream io.ReadWriteCloser
	result, err := g.shelf.Fetch(ask, func() (io.ReadWriter, error) {
		var err error
		stream, err = g.node.Open(ctx, ask.Node, blob.Protocol)
		return stream, err
	})
	if stream != nil {
		_ = stream.Close() // it has said all
	}
	if err != nil && ctx.Err() == nil {
		g.log.Debug("media", "err", err)
	}
	if result.Outcome == exchange.Whole {
		g.m.Touch()
	}
	g.tell(func(x *exchange.Exchange, now time.Time) exchange.Actions { return x.Done(ask, result, now) })
}

// Share tells the neighborhood something with photos or clips. What is sealed is
// on disk before the post that names it is written; if that fails it is removed.
// Errors are those of [membership.Membership.Post], blob.ErrFull, and
// nvr.ErrTooLarge for media beyond their bounds.
func (o *Online) Share(m *membership.Membership, p wire.Post, media []blob.Plain, days int) (wire.Hash, error) {
	g, err := o.running(m)
	if err != nil {
		return wire.Hash{}, err
	}
	var laid []wire.Hash
	lay := func(plain []byte) (wire.Blob, error) {
		sealed, b, err := blob.Seal(plain)
		if err == nil {
			err = g.shelf.Add(b, sealed)
		}
		if err == nil {
			laid = append(laid, b.Address)
		}
		return b, err
	}
	id, err := func() (wire.Hash, error) {
		for _, one := range media {
			full, err := lay(one.Full)
			if err != nil {
				return wire.Hash{}, err
			}
			thumbnail, err := lay(one.Thumbnail)
			if err != nil {
				return wire.Hash{}, err
			}
			p.Media = append(p.Media, wire.Media{Type: one.Type, Full: full, Thumbnail: thumbnail, Width: one.Width, Height: one.Height, Seconds: one.Seconds})
		}
		return m.Post(p, days)
	}()
	if err != nil {
		g.remove(laid)
	}
	return id, err
}

// Media returns what a post shows at a place, to be read by its owner: the
// thumbnail, or all of it. nvr.ErrNotFound means that it is gone, or not here yet.
func (o *Online) Media(m *membership.Membership, post wire.Hash, place int, thumbnail bool) (*blob.Reader, wire.Media, error) {
	missing := fmt.Errorf("media: %w", nvr.ErrNotFound)
	g := o.galleryOf(m)
	said, ok := m.Said(post)
	if g == nil || !ok {
		return nil, wire.Media{}, missing
	}
	p, ok := said.(wire.Post)
	if !ok || place < 0 || place >= len(p.Media) {
		return nil, wire.Media{}, missing
	}
	is := p.Media[place]
	b := is.Full
	if thumbnail {
		b = is.Thumbnail
	}
	r, err := g.shelf.Open(b)
	return r, is, err
}

func mediaDir(data string) string { return filepath.Join(data, "neighborhood-media") }
