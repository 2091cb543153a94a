package node

import (
	"bufio"
	"context"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"nvrd/federation/wire"
)

// An exchange is one question and one answer on a stream of their own, each with
// its length before it. Whoever is not answered sees the stream end.
type exchange struct {
	protocol protocol.ID
	question int // bytes of the longest
	answer   int
}

// serve answers questions with what reply returns.
func (e exchange) serve(s network.Stream, reply func(question []byte) ([]byte, error)) {
	_ = s.SetDeadline(time.Now().Add(patience)) // where there are none the transport notices
	answer, err := e.reply(s, reply)
	if err == nil {
		_, err = s.Write(answer)
	}
	if err != nil {
		_ = s.Reset() // it is told nothing
		return
	}
	_ = s.Close() // what was written is on its way
}

func (e exchange) reply(s network.Stream, reply func([]byte) ([]byte, error)) ([]byte, error) {
	question, err := readFrame(bufio.NewReader(s), e.question)
	if err != nil {
		return nil, err
	}
	answer, err := reply(question)
	if err != nil {
		return nil, err
	}
	if len(answer) > e.answer {
		return nil, fmt.Errorf("answer of %d bytes: %w", len(answer), wire.ErrTooLarge)
	}
	return frame(nil, answer), nil
}

// ask asks a node that is connected, or can be.
func (e exchange) ask(ctx context.Context, h host.Host, id peer.ID, question []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := h.NewStream(ctx, id, e.protocol)
	if err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	defer func() { _ = s.Reset() }() // it ends in any case
	_ = s.SetDeadline(time.Now().Add(patience))
	if _, err := s.Write(frame(nil, question)); err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	answer, err := readFrame(bufio.NewReader(s), e.answer)
	if err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	return answer, nil
}

// consult asks another home, over whatever way leads there.
func (n *Node) consult(ctx context.Context, e exchange, node wire.Key, question []byte) ([]byte, error) {
	id, err := peerOf(node)
	if err != nil {
		return nil, err
	}
	if n.host.Network().Connectedness(id) != network.Connected {
		if err := n.host.Connect(ctx, peer.AddrInfo{ID: id, Addrs: n.book.of(node)}); err != nil {
			return nil, fmt.Errorf("ask: %w", err)
		}
	}
	return e.ask(ctx, n.host, id, question)
}
