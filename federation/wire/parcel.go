package wire

import (
	"crypto/ecdh"
	"crypto/sha256"
	"fmt"
)

// A parcel is a piece of a response on its way to the home that keeps it for whoever
// asked: a sponsor's, or that of the neighbor who asked. Another home passes it on,
// which sees where it goes and not for whom; the home that keeps it does not see where
// it came from. All are of one length, and some carry nothing: see docs/design/requests.md.
const (
	PieceLen = 256 << 10                                     // bytes of each piece
	Parcel   = encapsulated + len(Key{}) + PieceLen + tagLen // bytes of each parcel
	Forward  = len(Key{}) + Parcel                           // the same with the node key of the home that keeps it before it
)

// SealParcel seals a piece for the home that keeps it, whose seal key its card says. To
// is who asked: an agency's key, or a neighbor's author key; zero for a parcel that
// carries nothing. It refuses a piece of another length, and a key that nothing can be
// sealed with: ErrRange.
func SealParcel(to Key, piece []byte, seal Key) ([]byte, error) {
	if len(piece) != PieceLen {
		return nil, fmt.Errorf("%w: piece of %d bytes", ErrRange, len(piece))
	}
	return sealTo(append(to[:], piece...), seal, "parcel")
}

// OpenParcel opens what was sealed for the holder of a seal key. Errors are the kinds
// of this package: ErrSignature is one for somebody else, or that was changed.
func OpenParcel(b []byte, seal *ecdh.PrivateKey) (to Key, piece []byte, err error) {
	if len(b) != Parcel {
		return to, nil, fmt.Errorf("%w: parcel of %d bytes", ErrMalformed, len(b))
	}
	plain, err := openWith(b, seal, "parcel")
	if err != nil {
		return to, nil, err
	}
	return Key(plain[:len(to)]), plain[len(to):], nil
}

// Receipt is what the home that keeps a piece answers once it has it for good. Nobody
// knows it but who sealed the parcel and who opened it, so that whoever passes on can't
// say that it did; and it is another one for each parcel: SHA-256 of "stoop/1 receipt",
// the parcel's encapsulated key, to and piece.
func Receipt(sealed []byte, to Key, piece []byte) (r Hash) {
	h := sha256.New()
	h.Write(info("receipt"))
	h.Write(sealed[:min(encapsulated, len(sealed))])
	h.Write(to[:])
	h.Write(piece)
	return Hash(h.Sum(nil))
}
