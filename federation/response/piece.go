package response

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"nvrd/federation/wire"
)

const (
	// PieceLen is the length of every piece in bytes.
	PieceLen = wire.PieceLen
	// MaxPieces is how many pieces a response has at most: 16 MiB of media, and what
	// is around them.
	MaxPieces = 65

	pieceHead = 2 + MaxPieces*len(wire.Hash{})
	pieceBody = PieceLen - pieceHead
)

// Piece is a part of a sealed response that fits where its head says: nobody but who
// sealed the response can make one.
type Piece struct {
	Response wire.Hash // SHA-256 of the count and the hashes of all its pieces: its name
	Number   int       // from 0
	Count    int       // of all
	body     []byte
}

// Cut returns the pieces of what [Seal] returned, each of PieceLen bytes: number and
// count in a byte each, the SHA-256 of what each of the pieces carries, zeros up to
// 65 of these, and what it carries itself.
func Cut(sealed []byte) [][]byte {
	count := len(sealed) / pieceBody
	head := make([]byte, pieceHead)
	head[1] = byte(count)
	for i := range count {
		sum := sha256.Sum256(sealed[i*pieceBody : (i+1)*pieceBody])
		copy(head[2+i*len(sum):], sum[:])
	}
	pieces := make([][]byte, count)
	for i := range pieces {
		head[0] = byte(i)
		pieces[i] = append(bytes.Clone(head), sealed[i*pieceBody:(i+1)*pieceBody]...)
	}
	return pieces
}

// ParsePiece reads a piece from a stranger, and keeps b. Errors are kinds of
// federation/wire.
func ParsePiece(b []byte) (Piece, error) {
	if len(b) != PieceLen {
		return Piece{}, fmt.Errorf("%w: a piece of %d bytes, which has %d: it is not whole", wire.ErrMalformed, len(b), PieceLen)
	}
	p := Piece{Number: int(b[0]), Count: int(b[1]), body: b[pieceHead:]}
	known := false
	for _, n := range sizes {
		known = known || n == p.Count
	}
	if !known || p.Number >= p.Count {
		return Piece{}, fmt.Errorf("%w: piece %d of %d", wire.ErrRange, p.Number+1, p.Count)
	}
	const size = len(wire.Hash{})
	end := 2 + p.Count*size
	if len(bytes.Trim(b[end:pieceHead], "\x00")) > 0 {
		return Piece{}, fmt.Errorf("%w: head of a piece", wire.ErrMalformed)
	}
	if sum := sha256.Sum256(p.body); !bytes.Equal(sum[:], b[2+p.Number*size:2+(p.Number+1)*size]) {
		return Piece{}, fmt.Errorf("%w: piece %d of %d was changed on the way", wire.ErrSignature, p.Number+1, p.Count)
	}
	p.Response = sha256.Sum256(b[1:end])
	return p, nil
}

// Join returns the sealed response of which it has all pieces, in whatever order,
// and some perhaps twice; nil, and the numbers of those that are missing, if it has
// not. All must be of one response: wire.ErrRange if they are not, or there is none.
func Join(pieces []Piece) (sealed []byte, missing []int, err error) {
	if len(pieces) == 0 {
		return nil, nil, fmt.Errorf("%w: no piece of a response", wire.ErrRange)
	}
	all := make([][]byte, pieces[0].Count)
	for _, p := range pieces {
		if p.Response != pieces[0].Response {
			return nil, nil, fmt.Errorf("%w: pieces of two responses", wire.ErrRange)
		}
		all[p.Number] = p.body
	}
	for i, body := range all {
		if body == nil {
			missing = append(missing, i)
		}
	}
	if missing != nil {
		return nil, missing, nil
	}
	return bytes.Join(all, nil), nil, nil
}
