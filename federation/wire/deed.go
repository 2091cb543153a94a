package wire

import (
	"crypto/ed25519"
	"fmt"
	"slices"
)

// DeedHead places a deed in its steward's own log.
type DeedHead struct {
	_            struct{} `cbor:",toarray"`
	Neighborhood Hash
	Minute       Minute
	Seat         Key    // whose deed it is; signs
	Prev         []Hash // the steward's newest deeds that it knew of: none for its first, several after a fork
}

// Deed is what one steward does alone.
type Deed interface {
	Body
	Deed() DeedHead
}

// Admit lets a home in.
type Admit struct {
	_         struct{} `cbor:",toarray"`
	Head      DeedHead
	Card      Card      // who is let in
	Signature Signature // of that card, by who is let in: nobody is admitted against their will
	Succeeds  Key       // whom the steward knows to be the same person, with keys that are lost; zero for none
}

// Revoke puts a home out, for good: of what it posted later than Cut nothing stays.
type Revoke struct {
	_    struct{} `cbor:",toarray"`
	Head DeedHead
	Who  Key // author key
	Cut  Minute
}

// Card is what a home says of itself. The newest one counts.
type Card struct {
	_            struct{} `cbor:",toarray"`
	Neighborhood Hash
	Author       Key       // what the home posts with; signs
	Node         Key       // what the home's node connects with
	Proof        Signature // by the node key, of the author key: see ProveNode
	Seal         Key       // X25519: what others seal to the home with
	Name         string    // what neighbors call it
	Minute       Minute    // of two cards the later counts
	Cosigner     Key       // with which the home cosigns logs of agencies, and nothing else
	Sponsors     []Key     // agencies that it is a sponsor of, ascending
}

// Equal tells whether two cards say the same.
func (c Card) Equal(o Card) bool {
	return c.Neighborhood == o.Neighborhood && c.Author == o.Author && c.Node == o.Node && c.Proof == o.Proof && c.Seal == o.Seal &&
		c.Name == o.Name && c.Minute == o.Minute && c.Cosigner == o.Cosigner && slices.Equal(c.Sponsors, o.Sponsors)
}

// Leave ends the author's membership: a home leaves by itself.
type Leave struct {
	_            struct{} `cbor:",toarray"`
	Neighborhood Hash
	Author       Key // signs
	Minute       Minute
}

// Deed returns the head.
func (d Admit) Deed() DeedHead { return d.Head }

// Deed returns the head.
func (d Revoke) Deed() DeedHead { return d.Head }

// Kind returns the kind. So do those below.
func (Admit) Kind() Kind  { return KindAdmit }
func (Revoke) Kind() Kind { return KindRevoke }
func (Card) Kind() Kind   { return KindCard }
func (Leave) Kind() Kind  { return KindLeave }

func (d Admit) signer() Key  { return d.Head.Seat }
func (d Revoke) signer() Key { return d.Head.Seat }
func (c Card) signer() Key   { return c.Author }
func (l Leave) signer() Key  { return l.Author }

func (h DeedHead) check() error { return ascending("deeds before", h.Prev, MaxHeads) }

func (d Admit) check() error {
	err := first(
		d.Head.check(),
		within("neighborhood of the card", d.Card.Neighborhood == d.Head.Neighborhood),
		within("succeeds", d.Succeeds != d.Card.Author),
		d.Card.check(),
	)
	if err == nil && !Verify(d.Card.Author, message(KindCard, encode(d.Card)), d.Signature) {
		return fmt.Errorf("%w: of the card", ErrSignature)
	}
	return err
}

func (d Revoke) check() error { return d.Head.check() }

func (c Card) check() error {
	err := first(
		CheckName(c.Name),
		within("agencies that it sponsors", len(c.Sponsors) <= MaxSponsored && rising(c.Sponsors, func(a, b Key) bool { return Compare(Hash(a), Hash(b)) < 0 })),
	)
	if err == nil && !Verify(c.Node, proof(c.Neighborhood, c.Author), c.Proof) {
		return fmt.Errorf("%w: proof of the node key", ErrSignature)
	}
	return err
}

// CheckName tells whether a home may be called so: ErrRange, and what is wrong.
func CheckName(name string) error { return text("name", name, 1, MaxName, false) }

func (Leave) check() error { return nil }

// ProveNode signs, with a node's key, that it belongs to the author: so nobody
// can put another's node on their card.
func ProveNode(node ed25519.PrivateKey, neighborhood Hash, author Key) Signature {
	return Signature(ed25519.Sign(node, proof(neighborhood, author)))
}

func proof(neighborhood Hash, author Key) []byte {
	return append(append(fmt.Appendf(nil, "stoop/%d node\n", Version), neighborhood[:]...), author[:]...)
}
