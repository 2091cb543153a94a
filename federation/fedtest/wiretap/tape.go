// Package wiretap is a neighbor that writes down all that it is told: every byte
// on every stream of every protocol, below the host that would answer it, and
// what that means. A home that has no other neighbors tells nobody else anything.
//
// What is written down is read as strictly as a home reads: [Tape.Told] fails
// for a protocol that it does not know, and for bytes that are not the one
// encoding of something.
//
// It is support of tests and no part of the program.
package wiretap

import (
	"context"
	"crypto/ecdh"
	"net"
	"slices"
	"sync"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"

	"nvrd/federation/wire"
)

// Tape is what neighbors were told; several may write on one. It is safe for
// concurrent use.
type Tape struct {
	mu      sync.Mutex
	streams []*stream
	secrets []wire.Salt        // of invites: what is sealed with them is read, too
	seals   []*ecdh.PrivateKey // of neighbors: so is what is sealed for them
}

// Streams returns the bytes of each stream.
func (t *Tape) Streams() (all [][]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.streams {
		all = append(all, slices.Clone(s.heard))
	}
	return all
}

// knows takes the secret of an invite.
func (t *Tape) knows(secret wire.Salt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.secrets = append(t.secrets, secret)
}

// opens takes the key of a neighbor.
func (t *Tape) opens(seal *ecdh.PrivateKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seals = append(t.seals, seal)
}

// NewConn is that of [network.Multiplexer]: on each connection the tape listens
// between the encryption and all that is above it.
func (t *Tape) NewConn(c net.Conn, server bool, scope network.PeerScope) (network.MuxedConn, error) {
	m, err := yamux.DefaultTransport.NewConn(c, server, scope)
	return conn{m, t}, err
}

// conn is a connection whose streams are written down.
type conn struct {
	network.MuxedConn
	tape *Tape
}

func (c conn) OpenStream(ctx context.Context) (network.MuxedStream, error) {
	s, err := c.MuxedConn.OpenStream(ctx)
	return c.tape.stream(s, false, err)
}

func (c conn) AcceptStream() (network.MuxedStream, error) {
	s, err := c.MuxedConn.AcceptStream()
	return c.tape.stream(s, true, err)
}

// stream is one that is written down.
type stream struct {
	network.MuxedStream
	tape  *Tape
	asked bool   // it was opened by the other side
	heard []byte // guarded by the tape
}

func (t *Tape) stream(s network.MuxedStream, asked bool, err error) (network.MuxedStream, error) {
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	written := &stream{MuxedStream: s, tape: t, asked: asked}
	t.streams = append(t.streams, written)
	return written, nil
}

func (s *stream) Read(b []byte) (int, error) {
	n, err := s.MuxedStream.Read(b)
	s.tape.mu.Lock()
	defer s.tape.mu.Unlock()
	s.heard = append(s.heard, b[:n]...)
	return n, err
}
