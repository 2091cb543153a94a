package virtual

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing/synctest"

	"github.com/libp2p/go-libp2p/config"
	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	blankhost "github.com/libp2p/go-libp2p/p2p/host/blank"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	"github.com/libp2p/go-libp2p/p2p/host/peerstore/pstoremem"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	"github.com/multiformats/go-multiaddr"
)

// Host is a libp2p host of a network: QUIC and identify, a gater, and nothing
// that looks for the world outside.
type Host struct {
	*blankhost.BlankHost
	identify identify.IDService
	quic     *quicreuse.ConnManager
	store    peerstore.Peerstore
	socket   *socket

	once   sync.Once
	closed error
}

// Host returns a host with a key; gater nil lets everybody in. It waits until all
// goroutines of the bubble do: a host some of whose own did not run yet misses
// what happens to it, and may never tell which protocols it speaks, or hear who
// dials it. So hosts are made one after the other.
func (n *Network) Host(key ed25519.PrivateKey, gater connmgr.ConnectionGater) (*Host, error) {
	private, err := crypto.UnmarshalEd25519PrivateKey(key)
	if err != nil {
		return nil, err
	}
	id, err := peer.IDFromPrivateKey(private)
	if err != nil {
		return nil, err
	}
	h := &Host{}
	if h.store, err = pstoremem.NewPeerstore(); err != nil {
		return nil, err
	}
	if err := errors.Join(h.store.AddPrivKey(id, private), h.store.AddPubKey(id, private.GetPublic())); err != nil {
		return nil, err
	}
	bus := eventbus.NewBus()
	options := []swarm.Option{
		swarm.WithResourceManager(&network.NullResourceManager{}),
		swarm.WithUDPBlackHoleSuccessCounter(nil), // as the node has it
	}
	if gater != nil {
		options = append(options, swarm.WithConnectionGater(gater))
	}
	s, err := swarm.NewSwarm(id, h.store, bus, options...)
	if err != nil {
		return nil, err
	}
	at := n.address()
	if err := h.transport(n, s, private, gater, at); err != nil {
		return nil, err
	}
	if err := s.Listen(multiaddr.StringCast(fmt.Sprintf("/ip4/%v/udp/%d/quic-v1", at, port))); err != nil {
		return nil, err
	}
	h.BlankHost = blankhost.NewBlankHost(s, blankhost.WithEventBus(bus))
	if h.identify, err = identify.NewIDService(h.BlankHost); err != nil {
		return nil, err
	}
	h.identify.Start()
	synctest.Wait()
	return h, nil
}

// transport gives a swarm QUIC over a socket of the network.
func (h *Host) transport(n *Network, s *swarm.Swarm, key crypto.PrivKey, gater connmgr.ConnectionGater, at netip.Addr) error {
	reset, err := config.PrivKeyToStatelessResetKey(key)
	if err != nil {
		return err
	}
	token, err := config.PrivKeyToTokenGeneratorKey(key)
	if err != nil {
		return err
	}
	listen := func(_ string, a *net.UDPAddr) (net.PacketConn, error) {
		s, err := n.listen(a)
		if err != nil {
			return nil, err
		}
		h.socket = s
		return s, nil
	}
	source := func() (quicreuse.SourceIPSelector, error) { return only(at), nil }
	if h.quic, err = quicreuse.NewConnManager(reset, token, quicreuse.OverrideListenUDP(listen), quicreuse.OverrideSourceIPSelector(source)); err != nil {
		return err
	}
	t, err := libp2pquic.NewTransport(key, h.quic, nil, gater, &network.NullResourceManager{})
	if err != nil {
		return err
	}
	return s.AddTransport(t)
}

// only is the one address of a host, from which it dials everybody.
type only netip.Addr

// PreferredSourceIPForDestination returns that address.
func (a only) PreferredSourceIPForDestination(*net.UDPAddr) (net.IP, error) {
	return netip.Addr(a).AsSlice(), nil
}

// Info is what others dial the host by.
func (h *Host) Info() peer.AddrInfo { return peer.AddrInfo{ID: h.ID(), Addrs: h.Addrs()} }

// At is the address that the host's packets come from.
func (h *Host) At() netip.Addr { return h.socket.at }

// Traffic returns what the host sent since it was made, whether it arrived or
// not, and what it received.
func (h *Host) Traffic() (sent, received Traffic) { return h.socket.traffic() }

// Off takes the host off the network: nothing comes in or gets out, and neither
// it nor anybody else is told.
func (h *Host) Off() { h.socket.off.Store(true) }

// On puts it back.
func (h *Host) On() { h.socket.off.Store(false) }

// Close ends the host and its connections, and waits for its goroutines. It may
// be called again, and returns the same.
func (h *Host) Close() error {
	h.once.Do(func() {
		h.closed = errors.Join(h.identify.Close(), h.BlankHost.Close(), h.quic.Close(), h.store.Close())
	})
	return h.closed
}
