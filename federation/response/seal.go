package response

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"filippo.io/age"

	"nvrd/federation/wire"
)

// ErrSealed is of what a key does not open.
var ErrSealed = errors.New("it is sealed for another key, or was changed on the way")

// Identity is the private key of a recipient. It prints as ***.
type Identity struct{ key *age.HybridIdentity }

// NewIdentity makes one.
func NewIdentity() Identity {
	key, err := age.GenerateHybridIdentity()
	if err != nil {
		panic(err) // never: the system gives random bytes
	}
	return Identity{key}
}

// ParseIdentity reads what [Identity.Secret] returned: wire.ErrMalformed if it did not.
func ParseIdentity(secret string) (Identity, error) {
	key, err := age.ParseHybridIdentity(secret)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: a key of age", wire.ErrMalformed) // its error may hold some of it
	}
	return Identity{key}, nil
}

// Secret returns it as age writes it, AGE-SECRET-KEY-PQ-1…
func (i Identity) Secret() string { return i.key.String() }

// Recipient returns what others seal for it with: the text of a wire.Recipient.
func (i Identity) Recipient() string { return i.key.Recipient().String() }

// String hides it.
func (i Identity) String() string { return "***" }

// GoString hides it, too.
func (i Identity) GoString() string { return "***" }

// sizes are how many pieces a sealed response takes: what is said of one by its size
// is which of these it is.
var sizes = [...]int{1, 4, 16, MaxPieces}

// What age adds (C2SP age): a header for one recipient of our kind, and to each
// chunk of the payload a tag.
const (
	ageHeader = 1627 + 16 // and the nonce
	ageChunk  = 64 << 10
	ageTag    = 16
)

// plainLen is how many bytes take a size when they are sealed.
func plainLen(pieces int) int {
	payload := pieces*pieceBody - ageHeader
	return payload - (payload+ageChunk+ageTag-1)/(ageChunk+ageTag)*ageTag
}

// Seal seals a response so that only who has the identity of a recipient opens it,
// filled up to one of four sizes. Errors are kinds of federation/wire: for a response
// that is out of bounds, and wire.ErrRange for a recipient that is no key.
func Seal(recipient wire.Recipient, r Response) ([]byte, error) {
	to, err := age.ParseHybridRecipient(recipient.Recipient)
	if err != nil {
		return nil, fmt.Errorf("%w: the agency's key: %w", wire.ErrRange, err)
	}
	plain, err := write(r)
	if err != nil {
		return nil, err
	}
	return seal(to, plain)
}

func seal(to age.Recipient, plain []byte) ([]byte, error) {
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: the agency's key: %w", wire.ErrRange, err)
	}
	if err := w.Close(); err != nil {
		panic(err) // never: it is written to memory
	}
	return sealed.Bytes(), nil
}

// Open opens a sealed response. Errors are ErrSealed where the identity does not open
// it, and the kinds of federation/wire for what no home wrote.
func Open(identity Identity, sealed []byte) (Response, error) {
	if !slices.ContainsFunc(sizes[:], func(pieces int) bool { return pieces*pieceBody == len(sealed) }) {
		return Response{}, fmt.Errorf("%w: %d bytes are no sealed response: it is not whole", wire.ErrMalformed, len(sealed))
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), identity.key)
	if err != nil {
		return Response{}, ErrSealed
	}
	plain := bytes.NewBuffer(make([]byte, 0, len(sealed)))
	if _, err := plain.ReadFrom(r); err != nil {
		return Response{}, ErrSealed
	}
	return read(plain.Bytes())
}
