// Package node is the sockets of one neighborhood: one libp2p host that only
// members reach, and one stream to each of some neighbors, on which the homes
// talk. What is said there it neither makes nor judges: a [Home] does.
//
// A node opens nothing, listens nowhere and dials nobody before it is made, and
// leaves nothing behind once it is closed.
package node

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/multiformats/go-multiaddr"

	"nvrd/federation/wire"
)

// Roster says who may connect. It is asked from many goroutines at once.
type Roster interface {
	Member(node wire.Key) bool // whether a home with this node key is in
	Nodes() []wire.Key         // of all homes that are in
}

// Home is what talks on the links. Its methods are called from many goroutines,
// for one node never from two at once: Up, then Hear, then Down.
type Home interface {
	Roster
	Up(node wire.Key)
	Down(node wire.Key)
	Hear(node wire.Key, m wire.Message) error // an error is the node's fault, and ends the link
	Minute()                                  // is called once a minute
}

// Node is one home's node in one neighborhood. Make one with [New] or [Listen].
// It is safe for concurrent use.
type Node struct {
	host host.Host
	home Home
	own  wire.Key
	book *book
	door *door           // nil if nobody is let in here
	hush func()          // ends what the network of the home is told
	ctx  context.Context // of all that it does; ends when it is closed
	done context.CancelFunc
	work sync.WaitGroup
	news chan struct{} // that somebody may be reached who was not before

	mu      sync.Mutex
	off     bool
	links   map[wire.Key]*link
	tried   map[wire.Key]attempt // of those that are not linked
	dialed  time.Time            // when some were tried last
	opening map[wire.Key]struct{}
}

// New starts a node on a host, whose gater has to be a [Gate] over the same
// roster. The node closes the host when it is closed itself.
func New(h host.Host, gate *Gate, home Home, pages Pages) (*Node, error) {
	own, err := keyOf(h.ID())
	if err != nil {
		return nil, err
	}
	ctx, done := context.WithCancel(context.Background())
	n := &Node{host: h, home: home, own: own, ctx: ctx, done: done, hush: func() {}, news: make(chan struct{}, 1), links: map[wire.Key]*link{}, tried: map[wire.Key]attempt{}, opening: map[wire.Key]struct{}{}}
	if n.book, err = openBook(home, pages); err != nil {
		done()
		return nil, err
	}
	gate.bind(h.Network())
	h.SetStreamHandler(linkProtocol, n.members(func(from wire.Key, s network.Stream) { n.start(func() { n.run(newLink(from, s)) }) }))
	n.serve(whereabouts, n.book.answer)
	h.Network().Notify(&network.NotifyBundle{ConnectedF: n.connected})
	n.start(func() { n.minutes(ctx) })
	n.start(func() { n.mingle(ctx) })
	n.start(func() { n.book.listen(ctx, h) })
	return n, nil
}

// Close ends all links and the host, and waits for what it started.
func (n *Node) Close() error {
	n.mu.Lock()
	n.off = true
	n.mu.Unlock()
	n.done()
	n.hush()
	if n.door != nil {
		n.door.mu.Lock()
		n.door.shut()
		n.door.mu.Unlock()
	}
	err := n.host.Close()
	n.work.Wait()
	return err
}

// start does something beside, unless the node is closed.
func (n *Node) start(do func()) {
	if n.begin() {
		go func() {
			defer n.work.Done()
			do()
		}()
	}
}

// begin tells whether the node is not closed, and has its end wait for n.work.Done.
func (n *Node) begin() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.off {
		n.work.Add(1)
	}
	return !n.off
}

// Send gives messages to the link with a node, in their order. It does not wait;
// if there is no link, or the node takes in less than it is told, they are
// dropped with the link, and both homes compare what they hold on the next one.
func (n *Node) Send(to wire.Key, m wire.Message) {
	n.mu.Lock()
	l := n.links[to]
	n.mu.Unlock()
	if l != nil {
		l.send(m)
	}
}

// Hang ends the link and all connections with a node, once what it was sent is
// on its way.
func (n *Node) Hang(to wire.Key) {
	n.mu.Lock()
	l := n.links[to]
	n.mu.Unlock()
	n.start(func() {
		if l != nil {
			l.finish()
		}
		if id, err := peerOf(to); err == nil {
			_ = n.host.Network().ClosePeer(id) // it has been told; what is left is to forget it
		}
	})
}

// Finish returns when what was sent on all links is on its way, or can't be: then
// the links have ended.
func (n *Node) Finish() {
	var finishing sync.WaitGroup
	for _, l := range n.all() {
		finishing.Go(l.finish)
	}
	finishing.Wait()
}

// Reset ends all links, so that homes compare anew what they hold.
func (n *Node) Reset() {
	for _, l := range n.all() {
		l.end()
	}
}

// Linked returns the nodes to which a link stands, and how: over a relay, or directly.
func (n *Node) Linked() map[wire.Key]Way {
	ways := map[wire.Key]Way{}
	for _, l := range n.all() {
		ways[l.node] = wayOf(l.stream.Conn())
	}
	return ways
}

// Through returns the nodes through which links go that are not direct, each once.
func (n *Node) Through() (nodes []wire.Key) {
	for _, l := range n.all() {
		if relay, ok := relayOf(l.stream.Conn().RemoteMultiaddr()); ok && !slices.Contains(nodes, relay) {
			nodes = append(nodes, relay)
		}
	}
	return nodes
}

func (n *Node) all() []*link {
	n.mu.Lock()
	defer n.mu.Unlock()
	links := make([]*link, 0, len(n.links))
	for _, l := range n.links {
		if !l.over.Load() {
			links = append(links, l)
		}
	}
	return links
}

// run talks on a link until it ends. A link to the same node that stands already
// ends first: its other side has opened a better one, or has forgotten it.
func (n *Node) run(l *link) { n.talk(l, n.enter(l)) }

func (n *Node) talk(l *link, entered bool) {
	defer close(l.ended)
	if !entered {
		l.end()
		if wayOf(l.stream.Conn()) == Relayed {
			_ = l.stream.Conn().Close() // it is gone in any case
		}
		return
	}
	n.home.Up(l.node)
	if n.home.Member(l.node) { // from now on the home says when to end it
		l.talk(func(m wire.Message) error { return n.home.Hear(l.node, m) })
	} else {
		l.end()
		_ = l.stream.Conn().Close() // it is gone in any case
	}
	l.over.Store(true)
	n.home.Down(l.node)
	n.mu.Lock()
	delete(n.links, l.node)
	n.mu.Unlock()
}

func (n *Node) enter(l *link) bool {
	for {
		n.mu.Lock()
		old := n.links[l.node]
		if old == nil {
			defer n.mu.Unlock()
			if len(n.links) >= most || wayOf(l.stream.Conn()) == Relayed && n.relayed() >= passed {
				return false
			}
			n.links[l.node] = l
			delete(n.tried, l.node)
			n.Stir() // it may know where others are
			return true
		}
		n.mu.Unlock()
		old.end()
		<-old.ended
	}
}

// relayed counts the links over relays. n.mu is held.
func (n *Node) relayed() (count int) {
	for _, l := range n.links {
		if wayOf(l.stream.Conn()) == Relayed {
			count++
		}
	}
	return count
}

// serve answers what members ask.
func (n *Node) serve(e exchange, reply func(from wire.Key, question []byte) ([]byte, error)) {
	n.host.SetStreamHandler(e.protocol, n.members(func(from wire.Key, s network.Stream) {
		e.serve(s, func(question []byte) ([]byte, error) { return reply(from, question) })
	}))
}

// members returns a handler that serves members, and nobody else.
func (n *Node) members(serve func(from wire.Key, s network.Stream)) network.StreamHandler {
	return func(s network.Stream) {
		from, err := keyOf(s.Conn().RemotePeer())
		if err != nil || !n.home.Member(from) || !n.begin() {
			_ = s.Reset() // nobody is to be told
			return
		}
		defer n.work.Done()
		serve(from, s)
	}
}

func (n *Node) minutes(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			n.home.Minute()
		}
	}
}

// peerOf returns how libp2p names a node.
func peerOf(node wire.Key) (peer.ID, error) {
	key, err := crypto.UnmarshalEd25519PublicKey(node[:])
	if err != nil {
		return "", fmt.Errorf("node key: %w", err)
	}
	return peer.IDFromPublicKey(key)
}

// keyOf is the other way.
func keyOf(id peer.ID) (k wire.Key, err error) {
	public, err := id.ExtractPublicKey()
	if err != nil {
		return k, fmt.Errorf("node key: %w", err)
	}
	raw, err := public.Raw()
	if err != nil || public.Type() != crypto.Ed25519 {
		return k, fmt.Errorf("node key of type %v: %w", public.Type(), err)
	}
	return wire.Key(raw), nil
}

func private(key ed25519.PrivateKey) (crypto.PrivKey, error) {
	return crypto.UnmarshalEd25519PrivateKey(key)
}

// Addresses returns where this node is reached, as it tells neighbors.
func (n *Node) Addresses() []multiaddr.Multiaddr { return n.host.Addrs() }

// Handle has a member's streams of a protocol served. Each has at most
// [patience] to say or hear anything; an error breaks it off.
func (n *Node) Handle(p protocol.ID, serve func(from wire.Key, s io.ReadWriter) error) {
	n.host.SetStreamHandler(p, n.members(func(from wire.Key, s network.Stream) {
		_ = s.SetDeadline(time.Now().Add(patience)) // where there are none the transport notices
		if err := serve(from, s); err != nil {
			_ = s.Reset() // it is told nothing
			return
		}
		_ = s.Close() // what was written is on its way
	}))
}

// Open opens a stream to a node that is linked. It ends with ctx.
func (n *Node) Open(ctx context.Context, to wire.Key, p protocol.ID) (io.ReadWriteCloser, error) {
	id, err := peerOf(to)
	if err != nil {
		return nil, err
	}
	s, err := n.host.NewStream(network.WithNoDial(ctx, "linked"), id, p)
	if err != nil {
		return nil, fmt.Errorf("open a stream: %w", err)
	}
	if until, ok := ctx.Deadline(); ok {
		_ = s.SetDeadline(until) // as above
	}
	return s, nil
}
