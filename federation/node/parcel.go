package node

import (
	"bytes"
	"context"
	"fmt"

	"nvrd/federation/wire"
)

// A parcel goes to the home that keeps it by way of another home, so that neither
// knows both where it came from and for whom it is. Each is a stream of its own, and
// all are of one length.
var (
	forward = exchange{"/stoop/forward/1", wire.Forward, len(taken)}
	parcel  = exchange{"/stoop/parcel/1", wire.Parcel, len(taken)}
)

// TakeParcels has may judge whether a member's parcel is passed on from here, and keep
// take what is for this home, and write it down: what either returns no error for is
// not brought again. They are called from many goroutines at once.
func (n *Node) TakeParcels(may func(from, to wire.Key) error, keep func(from wire.Key, sealed []byte) error) {
	n.serve(forward, func(from wire.Key, question []byte) ([]byte, error) {
		if len(question) != wire.Forward {
			return nil, wire.ErrMalformed
		}
		to := wire.Key(question[:len(wire.Key{})])
		if err := may(from, to); err != nil {
			return nil, err
		}
		return n.consult(n.ctx, parcel, to, question[len(to):])
	})
	n.serve(parcel, func(from wire.Key, sealed []byte) ([]byte, error) {
		if err := keep(from, sealed); err != nil {
			return nil, err
		}
		return taken, nil
	})
}

// Bring brings a parcel to a home that keeps it, by way of another one; without one, by
// a zero key, it goes there itself. It returns nil once that home has it for good;
// after any error it may have it.
func (n *Node) Bring(ctx context.Context, by, to wire.Key, sealed []byte) error {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	question, e := append(to[:], sealed...), forward
	if by == (wire.Key{}) {
		by, question, e = to, sealed, parcel
	}
	answer, err := n.consult(ctx, e, by, question)
	if err == nil && !bytes.Equal(answer, taken) {
		err = wire.ErrUnknown
	}
	if err != nil {
		return fmt.Errorf("bring a parcel: %w", err)
	}
	return nil
}
