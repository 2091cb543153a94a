package node

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"

	"nvrd/federation/wire"
)

const (
	linkProtocol protocol.ID = "/stoop/link/1"

	// backlog is how many bytes may wait for a node that takes in little: as much as
	// it may be told in an hour by the limits of feed and roster is twice that, and
	// what it misses it asks for on the next link.
	backlog = 8 << 20
	// patience is how long a node may take to take in something.
	patience = 30 * time.Second
)

// link is the stream to one node. Each message travels with its length before
// it, as a varint.
type link struct {
	node   wire.Key
	stream network.Stream
	ended  chan struct{} // is closed when nothing of it goes on
	over   atomic.Bool   // nothing is said on it any more

	mu      sync.Mutex
	queue   []wire.Message
	queued  int // bytes, of what is being written too
	closing bool
	ready   chan struct{} // that something is queued
}

func newLink(node wire.Key, s network.Stream) *link {
	return &link{node: node, stream: s, ended: make(chan struct{}), ready: make(chan struct{}, 1)}
}

func (l *link) send(m wire.Message) {
	size := wire.Size(m)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing {
		return
	}
	if l.queued+size > backlog {
		l.closing = true
		l.end()
		return
	}
	l.queue = append(l.queue, m)
	l.queued += size
	l.wake()
}

// finish takes nothing more, and returns when what was queued is sent, or can't
// be in a while.
func (l *link) finish() {
	l.mu.Lock()
	l.closing = true
	l.wake()
	l.mu.Unlock()
	late := time.AfterFunc(2*patience, l.end)
	defer late.Stop()
	<-l.ended
}

// end breaks the link off.
func (l *link) end() { _ = l.stream.Reset() } // it ends in any case

func (l *link) wake() {
	select {
	case l.ready <- struct{}{}:
	default:
	}
}

// talk hears and sends until the link ends.
func (l *link) talk(hear func(wire.Message) error) {
	quit := make(chan struct{})
	var sending sync.WaitGroup
	sending.Go(func() {
		l.write(quit)
		l.end() // then there is nothing to be heard either
	})
	in := bufio.NewReader(l.stream)
	for {
		m, err := read(in)
		if err == nil {
			err = hear(m)
		}
		if err != nil {
			break
		}
	}
	close(quit)
	l.end()
	sending.Wait()
}

func (l *link) write(quit <-chan struct{}) {
	out := bufio.NewWriter(l.stream)
	for {
		l.mu.Lock()
		queue, closing := l.queue, l.closing
		l.queue = nil
		l.mu.Unlock()
		for _, m := range queue {
			l.patient()
			if err := write(out, m); err != nil {
				return
			}
			l.mu.Lock()
			l.queued -= wire.Size(m)
			l.mu.Unlock()
		}
		l.patient()
		if err := out.Flush(); err != nil {
			return
		}
		if closing {
			if l.stream.CloseWrite() == nil && l.stream.SetReadDeadline(time.Now().Add(patience)) == nil {
				<-quit // the other side has heard all
			}
			return
		}
		select {
		case <-l.ready:
		case <-quit:
			return
		}
	}
}

// patient gives the node its time to take in what is written next.
func (l *link) patient() {
	_ = l.stream.SetWriteDeadline(time.Now().Add(patience)) // where there are none the transport notices
}

func write(w *bufio.Writer, m wire.Message) error {
	b, err := wire.WriteMessage(m)
	if err != nil {
		return err
	}
	if _, err := w.Write(binary.AppendUvarint(w.AvailableBuffer(), uint64(len(b)))); err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

func read(r *bufio.Reader) (wire.Message, error) {
	b, err := readFrame(r, wire.MaxMessage)
	if err != nil {
		return nil, err
	}
	return wire.ReadMessage(b)
}

// frame appends bytes with their length before them, as a varint.
func frame(to, b []byte) []byte {
	return append(binary.AppendUvarint(to, uint64(len(b))), b...)
}

// readFrame reads what frame wrote.
func readFrame(r *bufio.Reader, most int) ([]byte, error) {
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return nil, err
	}
	if n > uint64(most) {
		return nil, fmt.Errorf("%d bytes of at most %d: %w", n, most, wire.ErrTooLarge)
	}
	b := make([]byte, n)
	_, err = io.ReadFull(r, b)
	return b, err
}
