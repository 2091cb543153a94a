package node

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/core/record"
	"github.com/multiformats/go-multiaddr"

	"nvrd/federation/wire"
)

const (
	addressProtocol protocol.ID = "/stoop/address/1"

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
	pages Pages

	mu      sync.Mutex
	records map[wire.Key]address
	asked   map[wire.Key]time.Time // when nodes asked last
}

type address struct {
	at  []multiaddr.Multiaddr
	seq uint64
	raw []byte // nil for what was not signed, but read from an invite
}

func openBook(h host.Host, pages Pages) (*book, error) {
	b := &book{pages: pages, records: map[wire.Key]address{}, asked: map[wire.Key]time.Time{}}
	if pages == nil {
		return b, nil
	}
	kept, err := pages.Records()
	if err != nil {
		return nil, err
	}
	for _, raw := range kept {
		_, _ = b.learn(raw) // what an older program kept, and this one refuses, is learnt anew
	}
	return b, nil
}

// listen learns from each node that connects what it says of itself.
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
					_, _ = b.learn(raw) // it stays as it was
				}
			}
		}
	}
}

var errStale = errors.New("not newer than what is known")

// learn takes the addresses that a node signed, and returns whose they are.
func (b *book) learn(raw []byte) (wire.Key, error) {
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
	b.mu.Lock()
	defer b.mu.Unlock()
	if was, ok := b.records[node]; ok && was.raw != nil && was.seq >= said.Seq {
		return node, errStale
	}
	b.records[node] = address{said.Addrs, said.Seq, raw}
	if b.pages != nil {
		return node, b.pages.Keep(node, raw)
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

func (b *book) of(node wire.Key) []multiaddr.Multiaddr {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.records[node].at
}

// Know tells where a node may be found, until it says so itself.
func (n *Node) Know(node wire.Key, at []multiaddr.Multiaddr) {
	n.book.know(node, at)
	n.Stir()
}

// tell answers a node that asks where others are. What it is not told it asks
// somebody else.
func (n *Node) tell(from wire.Key, s network.Stream) {
	defer s.Close()
	_ = s.SetDeadline(time.Now().Add(patience)) // where there are none the transport notices
	if err := n.answer(from, s); err != nil {
		_ = s.Reset() // it is told nothing
	}
}

func (n *Node) answer(from wire.Key, s io.ReadWriter) error {
	var count [1]byte
	if _, err := io.ReadFull(s, count[:]); err != nil {
		return err
	}
	if count[0] > maxAsked {
		return wire.ErrTooLarge
	}
	wanted := make([]wire.Key, count[0])
	for i := range wanted {
		if _, err := io.ReadFull(s, wanted[i][:]); err != nil {
			return err
		}
	}
	var out []byte
	n.book.mu.Lock()
	now := time.Now()
	if now.Sub(n.book.asked[from]) < askedEvery {
		wanted = nil
	}
	n.book.asked[from] = now
	for _, node := range wanted {
		if raw := n.book.records[node].raw; raw != nil {
			out = append(binary.AppendUvarint(out, uint64(len(raw))), raw...)
		}
	}
	n.book.mu.Unlock()
	_, err := s.Write(out)
	return err
}

// ask asks one node where others are.
func (n *Node) ask(ctx context.Context, of wire.Key, wanted []wire.Key) error {
	id, err := peerOf(of)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := n.host.NewStream(ctx, id, addressProtocol)
	if err != nil {
		return fmt.Errorf("ask for addresses: %w", err)
	}
	defer s.Reset()
	_ = s.SetDeadline(time.Now().Add(patience))
	wanted = wanted[:min(len(wanted), maxAsked)]
	question := []byte{byte(len(wanted))}
	for _, node := range wanted {
		question = append(question, node[:]...)
	}
	if _, err := s.Write(question); err != nil {
		return err
	}
	if err := s.CloseWrite(); err != nil {
		return err
	}
	in := bufio.NewReader(s)
	for range wanted {
		raw, err := readFrame(in, maxRecord)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		node, err := n.book.learn(raw)
		if !slices.Contains(wanted, node) {
			return fmt.Errorf("an address that was not asked for: %w", wire.ErrMalformed)
		}
		if err == nil {
			n.again(node)
		}
	}
	return nil
}
