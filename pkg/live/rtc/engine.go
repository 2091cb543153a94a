// Package rtc carries live pictures and sound to browsers by WebRTC, and is
// where their microphones come in: the least delay there is, for what a browser
// decodes without the help of a page.
//
// One UDP socket serves all of them. There are host candidates only: no STUN
// and no TURN server is asked, no name is looked up, nothing is said by
// multicast. This side is an ICE-lite agent (RFC 8445, 2.5): it answers
// connectivity checks and makes none, and it never learns the candidates of an
// offer, so an offer cannot make it send anything anywhere. Offer and answer are
// one round trip, without trickle ICE.
//
// It is the only importer of pion.
package rtc

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/stun/v3"
	"github.com/pion/webrtc/v4"

	"nvrd/pkg/nvr"
)

// Config is what an engine needs.
type Config struct {
	// Conn is the UDP socket of all connections. The engine closes it.
	Conn net.PacketConn
	Log  *slog.Logger
}

// Engine answers browsers' offers and owns what comes of them. It is safe for
// use from several goroutines.
type Engine struct {
	log      *slog.Logger
	mux      *mux
	media    *webrtc.MediaEngine
	settings webrtc.SettingEngine
	between  *interceptor.Registry

	mu      sync.Mutex
	closed  bool
	peers   map[string]*peer // by id
	running sync.WaitGroup   // of peers' goroutines
}

// New returns an engine on the socket of c. The caller must close it.
func New(c Config) (*Engine, error) {
	logs := logs{c.Log}
	m := newMux(c.Conn, logs)
	media, err := codecs()
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	between := &interceptor.Registry{}
	if err := addInterceptors(between, logs); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return &Engine{log: c.Log, mux: m, media: media, settings: settings(m, logs), between: between, peers: map[string]*peer{}}, nil
}

// Close ends all connections and closes the socket.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closed = true
	for _, p := range e.peers {
		p.end(errStopped)
	}
	e.mu.Unlock()
	e.running.Wait()
	if err := e.mux.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("WebRTC: %w", err)
	}
	return nil
}

// settings are those of every connection.
func settings(m ice.UDPMux, logs logs) webrtc.SettingEngine {
	var s webrtc.SettingEngine
	s.LoggerFactory = logs
	s.SetICEUDPMux(m)
	s.SetLite(true)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	s.SetIncludeLoopbackCandidate(true) // mux says which addresses there are
	s.SetICETimeouts(silentAfter, goneAfter, keepalive)
	// The browser speaks first: it knows before us that the way is open.
	_ = s.SetAnsweringDTLSRole(webrtc.DTLSRoleServer) // fails for no role
	// Its address was proven by ICE; a cookie would cost another round trip.
	s.SetDTLSInsecureSkipHelloVerify(true)
	return s
}

// open returns a connection that nothing was agreed on yet.
func (e *Engine) open() (*webrtc.PeerConnection, error) {
	s := e.settings
	// Browsers begin DTLS with the answer to their first check, but say which pair
	// they settle on only with one that follows, 50 ms and more later (RFC 8445, 8.1.1).
	// Until then what they checked first will do: a check shows the answer's password.
	var checked atomic.Bool
	s.SetICEBindingRequestHandler(func(*stun.Message, ice.Candidate, ice.Candidate, *ice.CandidatePair) bool {
		return !checked.Swap(true)
	})
	api := webrtc.NewAPI(webrtc.WithMediaEngine(e.media), webrtc.WithSettingEngine(s), webrtc.WithInterceptorRegistry(e.between))
	pc, err := api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		return nil, fmt.Errorf("WebRTC: %w", err)
	}
	return pc, nil
}

// register makes p one of the engine's. It fails once the engine is closed.
func (e *Engine) register(p *peer) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return fmt.Errorf("WebRTC: %w: %w", errStopped, nvr.ErrBusy)
	}
	e.peers[p.id] = p
	e.running.Add(1)
	return nil
}

// forget is the last thing that p does.
func (e *Engine) forget(p *peer) {
	e.mu.Lock()
	delete(e.peers, p.id)
	e.mu.Unlock()
	e.running.Done()
}

// connect answers an offer. Prepare adds the tracks to be sent, before the
// offer is looked at; serve runs once the browser is connected, and the
// connection ends when it returns or its context ends.
func (e *Engine) connect(ctx context.Context, offer Offer, prepare func(*webrtc.PeerConnection) error, serve func(context.Context) error) (*peer, error) {
	clean, err := offer.clean()
	if err != nil {
		return nil, err
	}
	pc, err := e.open()
	if err != nil {
		return nil, err
	}
	p := &peer{id: rand.Text(), pc: pc, log: e.log, connected: make(chan struct{}), done: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancelCause(context.Background())
	p.follow()
	if err := p.negotiate(ctx, clean, offer, prepare); err != nil {
		p.cancel(err)
		return nil, errors.Join(err, pc.Close())
	}
	if err := e.register(p); err != nil {
		p.cancel(err)
		return nil, errors.Join(err, pc.Close())
	}
	go func() {
		defer e.forget(p)
		p.run(serve)
	}()
	return p, nil
}
