package wiretap

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/multiformats/go-multiaddr"

	"nvrd/federation/blob"
	"nvrd/federation/identity"
	"nvrd/federation/membership"
	"nvrd/federation/node"
	"nvrd/federation/store"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Neighbor is a home that is a member as others are, and writes down what it is
// told. It listens over TCP at one address, for links and for knocks. It holds
// doors for others, and lets in whom they vouch for if it has a seat.
type Neighbor struct {
	tape *Tape
	ip   net.IP
	dir  string
	db   *store.DB
	all  *membership.All
	m    *membership.Membership
	anew *membership.Membership // what it founded in the place of that; nil for nothing
	door host.Host

	mu   sync.Mutex
	node *node.Node
	at   uint16              // its port, once it had one
	book map[wire.Key][]byte // addresses, as nodes signed them
	held map[wire.Hash]wire.Key
	kept map[wire.Hash][]byte // pieces, by their hashes
}

// Move has a neighbor move in, who keeps what it has in dir and belongs to no
// neighborhood yet.
func (t *Tape) Move(ctx context.Context, dir string, ip net.IP, clock func() time.Time) (*Neighbor, error) {
	db, err := store.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	n := &Neighbor{tape: t, ip: ip, dir: dir, db: db, book: map[wire.Key][]byte{}, held: map[wire.Hash]wire.Key{}}
	seed := identity.New()
	t.opens(seed.Keys(identity.Place{}).Seal)
	if n.all, err = membership.Open(ctx, db, seed, clock); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if n.door, err = n.listen(0); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	n.door.SetStreamHandler("/stoop/join/1", n.knocked)
	return n, nil
}

// In returns the neighborhood that it is in.
func (n *Neighbor) In() *membership.Membership { return n.m }

// Found begins a neighborhood.
func (n *Neighbor) Found(title, name string, p wire.Policy) (err error) {
	if n.m, err = n.all.Found(title, name, p); err != nil {
		return err
	}
	return n.Back()
}

// Join knocks at the doors of an invite, the last first, until it is let in.
func (n *Neighbor) Join(ctx context.Context, invite, name string) error {
	j, err := n.all.Join(invite, name)
	if err != nil {
		return err
	}
	n.tape.knows(j.Invite.Secret)
	ticket, knock, err := j.Knock()
	if err != nil {
		return err
	}
	var welcome []byte
	for i := len(j.Invite.Doors) - 1; i >= 0 && welcome == nil; i-- {
		var at peer.AddrInfo
		if at, err = placeOf(j.Invite.Doors[i]); err == nil {
			if err = n.door.Connect(ctx, at); err == nil {
				welcome, err = ask(ctx, func() (io.ReadWriteCloser, error) { return n.door.NewStream(ctx, at.ID, "/stoop/join/1") }, append(ticket[:], knock...))
			}
		}
	}
	if err != nil {
		return err
	}
	if n.m, err = j.Hear(welcome); err != nil || n.m == nil {
		return fmt.Errorf("not let in: %d, %w", j.Answered(), err)
	}
	return n.Back()
}

// Invite returns an invite to its door.
func (n *Neighbor) Invite() (string, error) {
	v, err := n.m.Invite(func(wire.Hash, wire.Minute) ([]wire.Door, error) { d, err := n.doorway(); return []wire.Door{d}, err }, 7, wire.Key{})
	if err != nil {
		return "", err
	}
	n.tape.knows(v.Secret)
	return v.Text()
}

// Anew founds the neighborhood anew, and calls all who are in to its door.
func (n *Neighbor) Anew() (err error) {
	if n.anew, err = n.all.FoundAnew(n.m); err != nil {
		return err
	}
	return n.all.Call(n.anew, func(wire.Hash, wire.Minute) ([]wire.Door, error) { d, err := n.doorway(); return []wire.Door{d}, err })
}

// Founded returns what it founded anew.
func (n *Neighbor) Founded() *membership.Membership { return n.anew }

func (n *Neighbor) doorway() (wire.Door, error) {
	key, err := n.door.ID().ExtractPublicKey()
	if err != nil {
		return wire.Door{}, err
	}
	raw, err := key.Raw()
	if err != nil {
		return wire.Door{}, err
	}
	return wire.Door{Node: wire.Key(raw), Addresses: []string{n.door.Addrs()[0].String()}}, nil
}

// Away takes it off the network.
func (n *Neighbor) Away() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.m.Connect(nil)
	at := n.node
	n.node = nil
	if at == nil {
		return nil
	}
	return at.Close()
}

// Back puts it back, at the address where it was.
func (n *Neighbor) Back() error {
	gate := &node.Gate{Roster: n.m}
	h, err := n.listen(n.at, libp2p.Identity(private(n.m)), libp2p.ConnectionGater(gate))
	if err != nil {
		return err
	}
	port, err := h.Addrs()[0].ValueForProtocol(multiaddr.P_TCP)
	if err != nil {
		return err
	}
	if _, err := fmt.Sscan(port, &n.at); err != nil {
		return err
	}
	at, err := node.New(h, gate, n.m, n)
	if err != nil {
		return errors.Join(err, h.Close())
	}
	n.m.Connect(at)
	n.mu.Lock()
	n.node = at
	n.mu.Unlock()
	for _, d := range n.m.Doors() {
		if found, err := placeOf(d); err == nil {
			at.Know(d.Node, found.Addrs)
		}
	}
	at.Handle("/stoop/hold/1", n.hold)
	at.Handle("/stoop/vouch/1", func(from wire.Key, s io.ReadWriter) error {
		return answer(s, func(card []byte) ([]byte, error) { return n.m.Vouch(from, card) })
	})
	at.Handle("/stoop/report/1", func(_ wire.Key, s io.ReadWriter) error {
		return answer(s, func([]byte) ([]byte, error) { return []byte{1}, nil })
	})
	at.Handle("/stoop/parcel/1", func(_ wire.Key, s io.ReadWriter) error { return n.keep(s) })
	shelf, err := n.shelf()
	if err != nil {
		return err
	}
	at.Handle(blob.Protocol, func(_ wire.Key, s io.ReadWriter) error { return shelf.Answer(s, func(int64) bool { return true }) })
	return nil
}

// shelf is where its own photos lie.
func (n *Neighbor) shelf() (*blob.Shelf, error) {
	d, err := blob.OpenDisk(filepath.Join(n.dir, "media"), blob.Limits{Neighborhood: 1 << 30, Total: 1 << 30})
	if err != nil {
		return nil, err
	}
	return d.Shelf(n.m.Name())
}

// Share posts something with a photo.
func (n *Neighbor) Share(p wire.Post, photo []byte) (wire.Hash, error) {
	shelf, err := n.shelf()
	if err != nil {
		return wire.Hash{}, err
	}
	sealed, b, err := blob.Seal(photo)
	if err != nil {
		return wire.Hash{}, err
	}
	if err := shelf.Add(b, sealed); err != nil {
		return wire.Hash{}, err
	}
	p.Media = []wire.Media{{Type: wire.MediaPhoto, Full: b, Thumbnail: b, Width: 640, Height: 480}}
	return n.m.Post(p, 0)
}

func private(m *membership.Membership) crypto.PrivKey {
	key, err := crypto.UnmarshalEd25519PrivateKey(m.Node())
	if err != nil {
		panic(err) // of another length
	}
	return key
}

// Linked tells whether a link to a node stands.
func (n *Neighbor) Linked(to wire.Key) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.node == nil {
		return false
	}
	_, ok := n.node.Linked()[to]
	return ok
}

// Close moves out.
func (n *Neighbor) Close() error {
	var err error
	if n.m != nil {
		err = n.Away()
	}
	return errors.Join(err, n.door.Close(), n.db.Close())
}

// listen makes a host on whose connections the tape listens.
func (n *Neighbor) listen(port uint16, more ...libp2p.Option) (host.Host, error) {
	at := fmt.Sprintf("/ip4/%v/tcp/%d", n.ip, port)
	return libp2p.New(append(more, libp2p.ListenAddrStrings(at), libp2p.Transport(tcp.NewTCPTransport), libp2p.Security(libp2ptls.ID, libp2ptls.New),
		libp2p.Muxer(yamux.ID, n.tape), libp2p.UserAgent("stoop"), libp2p.Ping(false), libp2p.EnableAutoNATv2(),
		libp2p.DisableMetrics(), libp2p.ResourceManager(&network.NullResourceManager{}))...)
}

// knocked answers whoever knocks, or passes that on to whose invite it is.
func (n *Neighbor) knocked(s network.Stream) {
	err := answer(s, func(question []byte) ([]byte, error) {
		if len(question) < 32 {
			return nil, wire.ErrMalformed
		}
		ticket := wire.Hash(question[:32])
		n.mu.Lock()
		by, held := n.held[ticket]
		at := n.node
		n.mu.Unlock()
		if !held {
			return n.welcome(ticket, question[32:])
		}
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		return ask(ctx, func() (io.ReadWriteCloser, error) { return at.Open(ctx, by, "/stoop/pass/1") }, question)
	})
	if err != nil {
		_ = s.Reset() // it is told nothing
		return
	}
	_ = s.Close() // what was written is on its way
}

// welcome answers a knock with an invite of its own.
func (n *Neighbor) welcome(ticket wire.Hash, knock []byte) ([]byte, error) {
	welcome, err := n.m.Answer(ticket, knock, []wire.Door{n.place()}, nil)
	if errors.Is(err, nvr.ErrNotFound) && n.anew != nil {
		n.tape.knows(n.m.State().Anew[n.m.Author()].To().Secret)
		return n.anew.Answer(ticket, knock, []wire.Door{n.place()}, nil)
	}
	return welcome, err
}

// place is where its node is reached.
func (n *Neighbor) place() wire.Door {
	return wire.Door{Node: wire.PublicKey(n.m.Node()), Addresses: []string{fmt.Sprintf("/ip4/%v/tcp/%d", n.ip, n.at)}}
}

// hold holds a door for a member.
func (n *Neighbor) hold(from wire.Key, s io.ReadWriter) error {
	return answer(s, func(question []byte) ([]byte, error) {
		if len(question) != 32+4 {
			return nil, wire.ErrMalformed
		}
		n.mu.Lock()
		n.held[wire.Hash(question[:32])] = from
		n.mu.Unlock()
		d, err := n.doorway()
		if err != nil {
			return nil, err
		}
		return wire.WriteDoor(d)
	})
}

// Fetch fetches a file of a node that is linked, and opens it.
func (n *Neighbor) Fetch(ctx context.Context, from wire.Key, b wire.Blob) ([]byte, error) {
	n.mu.Lock()
	at := n.node
	n.mu.Unlock()
	var sealed []byte
	for first := 0; first < wire.ChunksOf(b.Length); first += wire.MaxRun {
		count := min(wire.MaxRun, wire.ChunksOf(b.Length)-first)
		question, err := wire.WriteMessage(wire.Fetch{Address: b.Address, Length: b.Length, First: uint8(first), Count: uint8(count)})
		if err != nil {
			return nil, err
		}
		s, err := at.Open(ctx, from, protocol.ID(blob.Protocol))
		if err != nil {
			return nil, err
		}
		if _, err := s.Write(append(binary.AppendUvarint(nil, uint64(len(question))), question...)); err != nil {
			return nil, err
		}
		given, err := io.ReadAll(s)
		if err != nil {
			return nil, err
		}
		_, chunks, err := cut(given)
		if err != nil {
			return nil, err
		}
		sealed = append(sealed, chunks...)
	}
	return blob.Open(b, sealed)
}

// Records is that of [node.Pages]: it remembers addresses while it is away.
func (n *Neighbor) Records() (all [][]byte, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range n.book {
		all = append(all, r)
	}
	return all, nil
}

// Keep is that of [node.Pages].
func (n *Neighbor) Keep(node wire.Key, record []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.book[node] = record
	return nil
}

func placeOf(d wire.Door) (at peer.AddrInfo, err error) {
	key, err := crypto.UnmarshalEd25519PublicKey(d.Node[:])
	if err != nil {
		return at, err
	}
	if at.ID, err = peer.IDFromPublicKey(key); err != nil {
		return at, err
	}
	for _, text := range d.Addresses {
		a, err := multiaddr.NewMultiaddr(text)
		if err != nil {
			return at, err
		}
		at.Addrs = append(at.Addrs, a)
	}
	return at, nil
}

// ask says something on a new stream and returns the answer; each has its length
// before it.
func ask(ctx context.Context, open func() (io.ReadWriteCloser, error), question []byte) ([]byte, error) {
	s, err := open()
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if _, err := s.Write(append(binary.AppendUvarint(nil, uint64(len(question))), question...)); err != nil {
		return nil, err
	}
	return hear(s)
}

// answer is the other side of ask.
func answer(s io.ReadWriter, reply func([]byte) ([]byte, error)) error {
	question, err := hear(s)
	if err != nil {
		return err
	}
	said, err := reply(question)
	if err != nil {
		return err
	}
	_, err = s.Write(append(binary.AppendUvarint(nil, uint64(len(said))), said...))
	return err
}

func hear(s io.Reader) ([]byte, error) {
	in := bufio.NewReader(s)
	length, err := binary.ReadUvarint(in)
	if err != nil || length > uint64(wire.Forward) {
		return nil, errors.Join(err, wire.ErrTooLarge)
	}
	b := make([]byte, length)
	_, err = io.ReadFull(in, b)
	return b, err
}
