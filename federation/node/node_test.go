package node_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/multiformats/go-multiaddr"

	"nvrd/federation/node"
	"nvrd/federation/wire"
)

func key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func public(name string) wire.Key { return wire.PublicKey(key(name)) }

// neighbors is who belongs; all homes of a test share it.
type neighbors struct {
	mu  sync.Mutex
	are map[wire.Key]bool
}

func street(names ...string) *neighbors {
	n := &neighbors{are: map[wire.Key]bool{}}
	for _, name := range names {
		n.are[public(name)] = true
	}
	return n
}

func (n *neighbors) Member(k wire.Key) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.are[k]
}

func (n *neighbors) Nodes() (all []wire.Key) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for k := range n.are {
		all = append(all, k)
	}
	return all
}

func (n *neighbors) drop(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.are, public(name))
}

// home writes down what its node tells it.
type home struct {
	*neighbors
	t     *testing.T
	name  string
	node  *node.Node
	pages pages

	mu    sync.Mutex
	heard []string
	news  chan struct{} // is closed when something new happened
}

func (h *home) told(what string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heard = append(h.heard, what)
	close(h.news)
	h.news = make(chan struct{})
	return nil
}

func name(k wire.Key) string {
	for _, n := range []string{"anna", "ben", "cleo", "stranger"} {
		if public(n) == k {
			return n
		}
	}
	return "?"
}

func (h *home) Up(k wire.Key) { h.told(name(k) + " up") }
func (h *home) Down(k wire.Key) {
	if _, linked := h.node.Linked()[k]; linked {
		h.t.Errorf("%s is told that the link to %s ended, and it is shown", h.name, name(k))
	}
	h.told(name(k) + " down")
}
func (h *home) Minute() { h.told("minute") }
func (h *home) Hear(k wire.Key, m wire.Message) error {
	r := m.(wire.Root)
	if r.First == bad {
		h.told(name(k) + " is bad")
		return wire.ErrMalformed
	}
	return h.told(fmt.Sprint(name(k), " says ", r.First))
}

const bad = 666

func root(n uint32) wire.Message { return wire.Root{First: n} }

// until waits until all of it was told, in this order, whatever else was.
func (h *home) until(wanted ...string) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 30*time.Second)
	defer cancel()
	for {
		h.mu.Lock()
		heard, news := slices.Clone(h.heard), h.news
		h.mu.Unlock()
		at := 0
		for _, what := range heard {
			if at < len(wanted) && what == wanted[at] {
				at++
			}
		}
		if at == len(wanted) {
			return
		}
		select {
		case <-news:
		case <-ctx.Done():
			h.t.Fatalf("%s was told %q, not %q", h.name, heard, wanted)
		}
	}
}

// pages keeps addresses.
type pages struct {
	mu   sync.Mutex
	kept map[wire.Key][]byte
}

func (p *pages) Records() ([][]byte, error) { return nil, nil }

func (p *pages) Keep(k wire.Key, record []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil {
		p.kept = map[wire.Key][]byte{}
	}
	p.kept[k] = record
	return nil
}

// page returns what a home has kept of where another one is.
func (h *home) page(k wire.Key) []byte {
	h.pages.mu.Lock()
	defer h.pages.mu.Unlock()
	return h.pages.kept[k]
}

func live(t *testing.T, name string, n *neighbors) *home {
	t.Helper()
	h := &home{neighbors: n, t: t, name: name, news: make(chan struct{})}
	made, err := node.Listen(node.Config{Key: key(name), Local: true}, h, h, &h.pages)
	if err != nil {
		t.Fatal(err)
	}
	h.node = made
	t.Cleanup(func() {
		if err := made.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *home) all() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return fmt.Sprint(h.heard)
}

func peerOf(t *testing.T, name string) peer.ID {
	public, err := crypto.UnmarshalEd25519PublicKey(key(name).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	id, err := peer.IDFromPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (h *home) Answer(ticket wire.Hash, knock []byte) ([]byte, error) {
	if ticket != (wire.Hash{7}) {
		return nil, errors.New("unknown")
	}
	return append([]byte(h.name+" heard "), knock...), nil
}

func (h *home) Vouch(by wire.Key, card []byte) ([]byte, error) {
	return append([]byte(h.name+" admits for "+name(by)+" "), card...), nil
}

// knows tells a home where another one is.
func (h *home) knows(o *home) { h.node.Know(public(o.name), o.node.Addresses()) }

func TestNeighborsTalk(t *testing.T) {
	n := street("anna", "ben")
	anna, ben := live(t, "anna", n), live(t, "ben", n)
	anna.knows(ben)
	anna.until("ben up")
	ben.until("anna up")
	for i := range uint32(100) {
		anna.node.Send(public("ben"), root(i))
	}
	var all []string
	for i := range 100 {
		all = append(all, fmt.Sprint("anna says ", i))
	}
	ben.until(all...)
	ben.node.Send(public("anna"), root(7))
	anna.until("ben says 7")
	if way := anna.node.Linked()[public("ben")]; way != node.Direct {
		t.Errorf("the link goes %v", way)
	}
}

// A stranger gets no word out of a home, by no protocol: neither at once, nor
// where one may connect because a neighbor comes from the same address.
func TestStrangersAreRefused(t *testing.T) {
	n := street("anna", "ben")
	anna := live(t, "anna", n)
	anna.node.TakeReports(func(from wire.Key, sealed []byte) error { return anna.told(name(from) + " reports") })
	stranger, err := libp2p.New(libp2p.NoListenAddrs, libp2p.Ping(false))
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	at, err := peer.AddrInfoFromString(anna.node.Addresses()[0].String() + "/p2p/" + peerOf(t, "anna").String())
	if err != nil {
		t.Fatal(err)
	}
	refused := func() {
		t.Helper()
		for _, p := range []protocol.ID{"/stoop/link/1", "/stoop/address/1", "/stoop/report/1"} {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if err := stranger.Connect(ctx, *at); err != nil {
				continue
			}
			s, err := stranger.NewStream(ctx, at.ID, p)
			if err != nil {
				continue
			}
			_, _ = s.Write([]byte{1}) // as far as it comes
			if got, err := io.ReadAll(s); err == nil && ctx.Err() == nil || len(got) > 0 {
				t.Errorf("%s answered %x, %v", p, got, err)
			}
		}
	}
	refused()
	ben := live(t, "ben", n)
	anna.knows(ben)
	anna.until("ben up")
	refused()
	if got := anna.all(); strings.Contains(got, "stranger") || strings.Contains(got, "?") {
		t.Errorf("anna was told %s", got)
	}
}

// A home that lost its power comes back before its neighbor knows that it was gone:
// the link stands anew at once, whoever of the two has to open it.
func TestForgotten(t *testing.T) {
	for _, names := range [][2]string{{"anna", "ben"}, {"ben", "anna"}} {
		t.Run(names[1]+" comes back", func(t *testing.T) {
			t.Parallel()
			n := street("anna", "ben")
			stays, gone := live(t, names[0], n), live(t, names[1], n)
			stays.knows(gone)
			stays.until(names[1] + " up")
			gone.until(names[0] + " up")
			<-time.After(node.Crossed) // else the two could have dialed each other
			back := live(t, names[1], n)
			back.knows(stays)
			back.until(names[0] + " up")
			stays.until(names[1]+" up", names[1]+" down", names[1]+" up")
			stays.node.Send(public(names[1]), root(7))
			back.until(names[0] + " says 7")
		})
	}
}

func TestWhoSpeaksBadlyIsCutOff(t *testing.T) {
	n := street("anna", "ben")
	anna, ben := live(t, "anna", n), live(t, "ben", n)
	anna.knows(ben)
	anna.until("ben up")
	ben.until("anna up")
	ben.node.Send(public("anna"), root(bad))
	anna.until("ben is bad", "ben down")
	ben.until("anna down")
}

func TestWhoIsOutHearsItFirst(t *testing.T) {
	n := street("anna", "ben")
	anna, ben := live(t, "anna", n), live(t, "ben", n)
	anna.knows(ben)
	anna.until("ben up")
	ben.until("anna up")
	n.drop("ben")
	anna.node.Send(public("ben"), root(1))
	anna.node.Hang(public("ben"))
	ben.until("anna says 1", "anna down")
	anna.until("ben down")
}

func TestAddressesGoRound(t *testing.T) {
	n := street("anna", "ben", "cleo")
	anna, ben, cleo := live(t, "anna", n), live(t, "ben", n), live(t, "cleo", n)
	anna.knows(ben)
	cleo.knows(ben)
	cleo.until("anna up")
	anna.until("cleo up")
}

// Who knocks at Anna's door, or at Ben's who holds one for her, is answered by Anna.
func TestDoors(t *testing.T) {
	n := street("anna", "ben")
	anna, ben := live(t, "anna", n), live(t, "ben", n)
	anna.knows(ben)
	anna.until("ben up")
	ben.until("anna up")
	doors, err := anna.node.Doors(t.Context(), wire.Hash{7}, wire.MinuteOf(time.Now())+60)
	if err != nil || len(doors) != 2 {
		t.Fatalf("doors %v, %v", doors, err)
	}
	for i, d := range doors {
		if d.Node == public("anna") || d.Node == public("ben") {
			t.Errorf("door %d tells who the home is", i)
		}
		got, err := node.Knock(t.Context(), doors[i:i+1], wire.Hash{7}, []byte("it is me"))
		if err != nil || string(got) != "anna heard it is me" {
			t.Errorf("door %d answers %q, %v", i, got, err)
		}
		if got, err := node.Knock(t.Context(), doors[i:i+1], wire.Hash{8}, []byte("x")); err == nil {
			t.Errorf("door %d answers %q to who has no invite", i, got)
		}
	}
	admit, err := anna.node.Vouch(t.Context(), []wire.Key{public("ben")}, []byte("a card"))
	if err != nil || string(admit) != "ben admits for anna a card" {
		t.Errorf("%q, %v", admit, err)
	}
}

// Who is let in hears where members say that they are reached, and not where
// this home found them in its own network.
func TestOwnNetworkIsNotTold(t *testing.T) {
	n := street("anna", "ben")
	anna, ben := live(t, "anna", n), live(t, "ben", n)
	anna.knows(ben)
	anna.until("ben up")
	if !anna.node.Meet(public("ben"), multiaddr.StringCast("/ip4/192.168.1.7/tcp/7667")) {
		t.Fatal("ben is not met")
	}
	doors := anna.node.Members(wire.MaxWelcomes)
	if len(doors) != 2 || doors[1].Node != public("ben") || len(doors[1].Addresses) == 0 {
		t.Fatalf("members are %v", doors)
	}
	for _, a := range doors[1].Addresses {
		if strings.Contains(a, "192.168.") {
			t.Errorf("a stranger is told that ben is at %s", a)
		}
	}
}
