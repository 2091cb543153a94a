package node

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/record"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"nvrd/federation/wire"
)

const (
	maxRecord    = 4 << 10 // bytes of one home's addresses, signed
	maxAddresses = 16      // of one home: its own, mapped, and through a few relays
	maxAsked     = 32      // homes whose addresses are asked for at a time
	askedEvery   = 10 * time.Second
)

// Pages is where the addresses of nodes are kept, so that a home that was away
// for a month finds its neighbors. A nil Pages keeps nothing.
type Pages interface {
	Records() ([][]byte, error)
	Keep(node wire.Key, record []byte) error
}

// book is what a node knows of where others are: what each of them signed, the
// newest (libp2p's peer record, RFC 0003), and never what somebody says of
// somebody else.
type book struct {
	home  Roster
	pages Pages

	mu      sync.Mutex
	records map[wire.Key]address
	near    map[wire.Key][]multiaddr.Multiaddr // in the home's own network
	asked   map[wire.Key]time.Time             // when nodes asked last
}

type address struct {
	at  []multiaddr.Multiaddr
	seq uint64
	raw []byte // nil for what was not signed, but read from an invite
}

func openBook(home Roster, pages Pages) (*book, error) {
	b := &book{home: home, pages: pages, records: map[wire.Key]address{}, near: map[wire.Key][]multiaddr.Multiaddr{}, asked: map[wire.Key]time.Time{}}
	if pages == nil {
		return b, nil
	}
	kept, err := pages.Records()
	if err != nil {
		return nil, err
	}
	for _, raw := range kept {
		_, _ = b.learn(raw, home.Member) // what an older program kept, and this one refuses, is learnt anew
	}
	return b, nil
}

// listen learns from each member that connects what it says of itself.
func (b *book) listen(ctx context.Context, h host.Host) {
	met, err := h.EventBus().Subscribe(new(event.EvtPeerIdentificationCompleted))
	if err != nil {
		return // only of a bus that is closed
	}
	defer met.Close()
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-met.Out():
			if !ok {
				return
			}
			if signed := e.(event.EvtPeerIdentificationCompleted).SignedPeerRecord; signed != nil {
				if raw, err := signed.Marshal(); err == nil {
					_, _ = b.learn(raw, b.home.Member) // it stays as it was
				}
			}
		}
	}
}

var errStale = errors.New("not newer than what is known")

// learn takes the addresses that a node signed, if they are wanted, and returns
// whose they are. Names are none: whoever is asked for one learns that somebody
// looks for a neighbor.
func (b *book) learn(raw []byte, wanted func(wire.Key) bool) (wire.Key, error) {
	if len(raw) > maxRecord {
		return wire.Key{}, wire.ErrTooLarge
	}
	envelope, content, err := record.ConsumeEnvelope(raw, peer.PeerRecordEnvelopeDomain)
	if err != nil {
		return wire.Key{}, err
	}
	said, ok := content.(*peer.PeerRecord)
	if !ok || !said.PeerID.MatchesPublicKey(envelope.PublicKey) || len(said.Addrs) > maxAddresses {
		return wire.Key{}, wire.ErrMalformed
	}
	node, err := keyOf(said.PeerID)
	if err != nil {
		return wire.Key{}, err
	}
	if !wanted(node) {
		return wire.Key{}, fmt.Errorf("an address that was not asked for: %w", wire.ErrMalformed)
	}
	at := slices.DeleteFunc(said.Addrs, func(a multiaddr.Multiaddr) bool { return !manet.IsThinWaist(a) })
	b.mu.Lock()
	defer b.mu.Unlock()
	if was, ok := b.records[node]; ok && was.raw != nil && was.seq >= said.Seq {
		return node, errStale
	}
	b.records[node] = address{at, said.Seq, raw}
	if b.pages != nil {
		_ = b.pages.Keep(node, raw) // what can't be written down is learnt anew after a restart
	}
	return node, nil
}

// know takes addresses that nobody signed: of an invite.
func (b *book) know(node wire.Key, at []multiaddr.Multiaddr) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.records[node]; !ok {
		b.records[node] = address{at: at}
	}
}

// meet takes addresses in the home's own network, which are tried beside those
// that the node signed if it is a member. It tells whether there is room for
// them: anything in the network may call itself a node.
func (b *book) meet(node wire.Key, at []multiaddr.Multiaddr) bool {
	member := b.home.Member(node)
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.near[node]; len(at) > maxAddresses || !member && !known && len(b.near) >= street {
		return false
	}
	b.near[node] = at
	return true
}

// of returns where to look for a node.
func (b *book) of(node wire.Key) []multiaddr.Multiaddr {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Concat(b.near[node], b.records[node].at)
}

// told returns where a node says that it is reached: what others may be told.
func (b *book) told(node wire.Key) []multiaddr.Multiaddr {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.records[node].at
}

// Know tells where a node may be found, until it says so itself.
func (n *Node) Know(node wire.Key, at []multiaddr.Multiaddr) {
	n.book.know(node, at)
	n.Stir()
}

// whereabouts is the exchange about addresses: the question is node keys, the
// answer the records of those that are known, each with its length before it.
var whereabouts = exchange{"/stoop/address/1", maxAsked * len(wire.Key{}), maxAsked * (maxRecord + 3)}

// answer tells a node where others are. What it is not told it asks somebody else.
func (b *book) answer(from wire.Key, question []byte) ([]byte, error) {
	if len(question)%len(wire.Key{}) != 0 {
		return nil, wire.ErrMalformed
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if now.Sub(b.asked[from]) < askedEvery {
		return nil, nil
	}
	var answer []byte
	for node := range slices.Chunk(question, len(wire.Key{})) {
		if raw := b.records[wire.Key(node)].raw; raw != nil && b.home.Member(wire.Key(node)) {
			answer = frame(answer, raw)
		}
	}
	if len(answer) > 0 { // who is told nothing may ask again once it is known
		b.asked[from] = now
	}
	return answer, nil
}

// ask asks one node where others are.
func (n *Node) ask(ctx context.Context, of wire.Key, wanted []wire.Key) error {
	id, err := peerOf(of)
	if err != nil {
		return err
	}
	var question []byte
	wanted = wanted[:min(len(wanted), maxAsked)]
	for _, node := range wanted {
		question = append(question, node[:]...)
	}
	answer, err := whereabouts.ask(ctx, n.host, id, question)
	if err != nil {
		return err
	}
	for in := bufio.NewReader(bytes.NewReader(answer)); ; {
		raw, err := readFrame(in, maxRecord)
		if err != nil {
			return err
		}
		node, err := n.book.learn(raw, func(node wire.Key) bool { return slices.Contains(wanted, node) })
		if errors.Is(err, errStale) {
			continue
		}
		if err != nil {
			return err
		}
		n.again(node)
	}
}
