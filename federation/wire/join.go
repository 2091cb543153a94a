package wire

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
)

// Knock is what a home that was invited sends to the home that invited it:
// whoever carries it there can't read it.
type Knock struct {
	_       struct{} `cbor:",toarray"`
	Card    []byte   // an object of kind card: who wants to be let in
	Returns bool     // only if it is a member: its machine was lost, and the card names its new node
	Follow  []byte   // an object of kind follow: that it was in the neighborhood in whose place this one is; empty for who has an invite
}

// Welcome is the answer.
type Welcome struct {
	_       struct{} `cbor:",toarray"`
	Answer  Answer
	Genesis []byte // the object; of a home that is let in, as all that follows
	Admit   []byte // the object that lets it in
	Doors   []Door // nodes of members that it may link to, who know of it soon
}

// Answer is whether a home is let in.
type Answer uint8

// The answers.
const (
	AnswerYes   Answer = 1
	AnswerUsed  Answer = 2 // the invite is used, or too old
	AnswerLater Answer = 3 // no steward's home can be reached: ask again
	AnswerNo    Answer = 4 // the card can't be let in, such as one that was put out
)

// Bounds of what is said at a door.
const (
	MaxKnock    = 1280
	MaxWelcome  = 16 << 10
	MaxWelcomes = 8 // doors: the home needs one of them
)

// Ticket names an invite to whoever passes a knock on: it does not tell the
// secret.
func (s Salt) Ticket() Hash {
	return sha256.Sum256(append(fmt.Appendf(nil, "stoop/%d ticket\n", Version), s[:]...))
}

// SealKnock writes a knock so that only who knows the invite's secret reads it.
// It returns the kinds of error of what [OpenKnock] would refuse.
func SealKnock(k Knock, secret Salt) ([]byte, error) { return seal(k, "knock", MaxKnock, secret) }

// OpenKnock reads a knock. Errors are the kinds of this package: ErrSignature is
// one of another invite.
func OpenKnock(b []byte, secret Salt) (Knock, error) {
	return unseal[Knock](b, "knock", MaxKnock, secret)
}

// SealWelcome is [SealKnock] for the answer.
func SealWelcome(w Welcome, secret Salt) ([]byte, error) {
	return seal(w, "welcome", MaxWelcome, secret)
}

// OpenWelcome is [OpenKnock] for the answer.
func OpenWelcome(b []byte, secret Salt) (Welcome, error) {
	return unseal[Welcome](b, "welcome", MaxWelcome, secret)
}

// bounded is what is sealed.
type bounded interface{ check() error }

// seal is AES-256-GCM with a random nonce before it, and a key by HKDF-SHA256
// (RFC 5869) of the secret, with what is sealed as its info.
func seal(v bounded, what string, limit int, secret Salt) ([]byte, error) {
	if err := v.check(); err != nil {
		return nil, err
	}
	plain := encode(v)
	if len(plain) > limit {
		return nil, fmt.Errorf("%w: %s of %d bytes, of at most %d", ErrTooLarge, what, len(plain), limit)
	}
	box := boxOf(what, secret)
	nonce := make([]byte, box.NonceSize(), box.NonceSize()+len(plain)+box.Overhead())
	rand.Read(nonce)
	return box.Seal(nonce, nonce, plain, nil), nil
}

func unseal[T bounded](b []byte, what string, limit int, secret Salt) (T, error) {
	var none T
	box := boxOf(what, secret)
	if len(b) > limit+box.NonceSize()+box.Overhead() {
		return none, fmt.Errorf("%w: %s of %d bytes", ErrTooLarge, what, len(b))
	}
	if len(b) < box.NonceSize() {
		return none, fmt.Errorf("%w: %s of %d bytes", ErrMalformed, what, len(b))
	}
	plain, err := box.Open(nil, b[:box.NonceSize()], b[box.NonceSize():], nil)
	if err != nil {
		return none, fmt.Errorf("%w: %s of another invite", ErrSignature, what)
	}
	v, err := decode[T](plain, limit)
	if err != nil {
		return none, err
	}
	if err := v.check(); err != nil {
		return none, err
	}
	return v, nil
}

func boxOf(what string, secret Salt) cipher.AEAD {
	key, err := hkdf.Key(sha256.New, secret[:], nil, fmt.Sprintf("stoop/%d %s", Version, what), 32)
	if err != nil {
		panic(err) // only for more than 8,160 bytes
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // only for keys of another length
	}
	box, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only for other block sizes
	}
	return box
}

// WriteDoor writes a door for another home to read.
func WriteDoor(d Door) ([]byte, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	return encode(d), nil
}

// ReadDoor reads what [WriteDoor] wrote. Errors are the kinds of this package.
func ReadDoor(b []byte) (Door, error) {
	d, err := decode[Door](b, MaxInvite)
	if err == nil {
		err = d.check()
	}
	return d, err
}

func (k Knock) check() error {
	return first(
		within("card", len(k.Card) > 0 && len(k.Card) <= kinds[KindCard].limit),
		within("follow", len(k.Follow) <= kinds[KindFollow].limit),
	)
}

func (w Welcome) check() error {
	yes := w.Answer == AnswerYes
	err := first(
		known("answer", w.Answer >= AnswerYes && w.Answer <= AnswerNo),
		within("genesis", yes == (len(w.Genesis) > 0) && len(w.Genesis) <= kinds[KindGenesis].limit),
		within("admit", yes == (len(w.Admit) > 0) && len(w.Admit) <= kinds[KindAdmit].limit),
		within("doors", len(w.Doors) <= MaxWelcomes && (yes || len(w.Doors) == 0)),
	)
	for _, d := range w.Doors {
		err = first(err, d.check())
	}
	return err
}

func (d Door) check() error {
	err := within("addresses", len(d.Addresses) <= MaxAddresses)
	for _, a := range d.Addresses {
		err = first(err, text("address", a, 1, MaxAddress, false))
	}
	return err
}
