package wire

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"slices"
)

// Kind says what an object is. Numbers are never used anew.
type Kind uint8

// The kinds of signed objects.
const (
	KindGenesis       Kind = 1
	KindAddSteward    Kind = 2
	KindDropSteward   Kind = 3
	KindSetPolicy     Kind = 4
	KindAdmitAgency   Kind = 5
	KindSuspendAgency Kind = 6
	KindAnnul         Kind = 7
	KindVote          Kind = 8
	KindAdmit         Kind = 9
	KindRevoke        Kind = 10
	KindCard          Kind = 11
	KindLeave         Kind = 12
	KindEntry         Kind = 13
	KindReport        Kind = 14
	KindAnew          Kind = 15
	KindFollow        Kind = 16
	KindRequest       Kind = 17
	KindClosing       Kind = 18
	KindBulletin      Kind = 19
	KindAgency        Kind = 20
	KindRecipient     Kind = 21
	KindReply         Kind = 22
)

// kinds says of each kind how its body is read, and how large the whole object
// may be: what its fields can take, rounded up.
var kinds = map[Kind]struct {
	name  string
	limit int
	read  func([]byte, int) (Body, error)
}{
	KindGenesis:       {"genesis", 4 << 10, body[Genesis]},
	KindAddSteward:    {"add-steward", 512, body[AddSteward]},
	KindDropSteward:   {"drop-steward", 1 << 10, body[DropSteward]},
	KindSetPolicy:     {"set-policy", 4 << 10, body[SetPolicy]},
	KindAdmitAgency:   {"admit-agency", 4 << 10, body[AdmitAgency]},
	KindSuspendAgency: {"suspend-agency", 1 << 10, body[SuspendAgency]},
	KindAnnul:         {"annul", 512, body[Annul]},
	KindVote:          {"vote", 512, body[Vote]},
	KindAdmit:         {"admit", 1 << 10, body[Admit]},
	KindRevoke:        {"revoke", 1 << 10, body[Revoke]},
	KindCard:          {"card", 640, body[Card]},
	KindLeave:         {"leave", 512, body[Leave]},
	KindEntry:         {"entry", MaxEntry, body[Entry]},
	KindReport:        {"report", maxReport, body[Report]},
	KindAnew:          {"anew", 2 << 10, body[Anew]},
	KindFollow:        {"follow", 512, body[Follow]},
	KindRequest:       {"request", 4 << 10, body[Request]},
	KindClosing:       {"closing", 512, body[Closing]},
	KindBulletin:      {"bulletin", 4 << 10, body[Bulletin]},
	KindAgency:        {"agency", 3 << 10, body[Agency]},
	KindRecipient:     {"recipient", 3 << 10, body[Recipient]},
	KindReply:         {"reply", 3 << 10, body[Reply]},
}

// MaxObject is the size of the largest object, in bytes.
const MaxObject = 4 << 10

func (k Kind) String() string {
	if known, ok := kinds[k]; ok {
		return known.name
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Body is what an object says: one of the types here that have a Kind.
type Body interface {
	Kind() Kind
	// signer is whose signature the object carries.
	signer() Key
	// check tells what is out of bounds: ErrRange, or another kind for what the
	// body carries inside.
	check() error
}

// Signed is an object that holds: it is of a known kind, written in the one
// way, within its bounds and signed by whom it names. Nothing is said of what
// its signer may do. Its parts must not be changed, since homes share them.
type Signed struct {
	ID   Hash   // of the kind and the body, not of the signature: the name of the object
	Raw  []byte // the whole object as it came, to be kept and passed on
	Body Body
}

// Signature returns the signature that the object carries: its last 64 bytes.
func (s Signed) Signature() Signature { return Signature(s.Raw[len(s.Raw)-len(Signature{}):]) }

// envelope is how an object is written: [version, kind, body, signature].
type envelope struct {
	_         struct{} `cbor:",toarray"`
	Version   uint8
	Kind      Kind
	Body      []byte
	Signature Signature
}

// message is what is signed and hashed: no object can be taken for one of
// another kind, nor for anything that another program signs.
func message(kind Kind, body []byte) []byte {
	return append(fmt.Appendf(nil, "stoop/%d %s\n", Version, kind), body...)
}

// Sign makes an object. The key must be that of the body's signer, and the body
// within its bounds: else it returns what [Open] would refuse it for.
func Sign(b Body, key ed25519.PrivateKey) (Signed, error) {
	raw := encode(b)
	return Open(encode(envelope{Version: Version, Kind: b.Kind(), Body: raw, Signature: Signature(ed25519.Sign(key, message(b.Kind(), raw)))}))
}

// Open reads an object from a stranger and checks all that can be checked
// without knowing anything else. It keeps raw. Errors are the kinds of this
// package. It costs about one check of a signature, 60 to 150 µs.
func Open(raw []byte) (Signed, error) {
	e, err := decode[envelope](raw, MaxObject)
	if err != nil {
		return Signed{}, err
	}
	kind, ok := kinds[e.Kind]
	switch {
	case !ok || e.Version != Version:
		return Signed{}, fmt.Errorf("%w: version %d, %v", ErrUnknown, e.Version, e.Kind)
	case len(raw) > kind.limit:
		return Signed{}, fmt.Errorf("%w: %v of %d bytes, of at most %d", ErrTooLarge, e.Kind, len(raw), kind.limit)
	}
	b, err := kind.read(e.Body, kind.limit)
	if err != nil {
		return Signed{}, err
	}
	if err := b.check(); err != nil {
		return Signed{}, fmt.Errorf("%v: %w", e.Kind, err)
	}
	m := message(e.Kind, e.Body)
	if !Verify(b.signer(), m, e.Signature) {
		return Signed{}, fmt.Errorf("%w: %v", ErrSignature, e.Kind)
	}
	return Signed{ID: sha256.Sum256(m), Raw: slices.Clip(raw), Body: b}, nil
}

// Name returns the id that [Open] would give to an object, without checking
// anything else: for whoever looks whether it was checked before. It costs a
// fiftieth of that.
func Name(raw []byte) (Hash, error) {
	e, err := decode[envelope](raw, MaxObject)
	if err != nil {
		return Hash{}, err
	}
	return sha256.Sum256(message(e.Kind, e.Body)), nil
}

// body reads a body of type T as a Body.
func body[T Body](b []byte, limit int) (Body, error) {
	v, err := decode[T](b, limit)
	if err != nil {
		return nil, err
	}
	return v, nil
}
