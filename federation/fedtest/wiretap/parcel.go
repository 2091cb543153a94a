package wiretap

import (
	"crypto/sha256"
	"io"

	"nvrd/federation/wire"
)

// Parcel is one for the home that keeps it, or for one that passes it on to that.
type Parcel struct {
	To     wire.Key // node key of the home that keeps it; zero if that is this one
	Sealed []byte
}

// Piece is what a parcel carries that was sealed for a neighbor here.
type Piece struct {
	Asker wire.Key // zero if it carries nothing
	Bytes []byte
}

// Receipt answers one.
type Receipt struct{ Receipt wire.Hash }

func (r *reader) parcel(b []byte, asked bool) error {
	if !asked {
		if len(b) != len(wire.Hash{}) {
			return wire.ErrMalformed
		}
		r.tell(b, Receipt{wire.Hash(b)})
		return nil
	}
	p := Parcel{Sealed: b}
	if len(b) == wire.Forward {
		p = Parcel{wire.Key(b[:len(wire.Key{})]), b[len(wire.Key{}):]}
	}
	r.tell(b, p)
	for _, key := range r.seals {
		if asker, piece, err := wire.OpenParcel(p.Sealed, key); err == nil {
			r.tell(piece, Piece{asker, piece})
			return nil
		}
	}
	return errSealed
}

// keep takes a parcel as a sponsor's home does.
func (n *Neighbor) keep(s io.ReadWriter) error {
	return answer(s, func(sealed []byte) ([]byte, error) {
		_, piece, receipt, err := n.m.OpenParcel(sealed)
		if err != nil {
			return nil, err
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.kept == nil {
			n.kept = map[wire.Hash][]byte{}
		}
		n.kept[sha256.Sum256(piece)] = piece
		return receipt[:], nil
	})
}

// Kept returns the pieces that it keeps.
func (n *Neighbor) Kept() (all [][]byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, b := range n.kept {
		all = append(all, b)
	}
	return all
}
