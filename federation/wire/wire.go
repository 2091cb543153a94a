// Package wire is the language in which the homes of a neighborhood write to
// each other: what an object is, which bytes it has, who signed it, and how
// large it may be. It does no I/O and holds no state; what objects mean for one
// another is the business of federation/roster and federation/feed.
//
// Every object is deterministic CBOR (RFC 8949, section 4.2) and travels as the
// bytes that were signed: they are kept and passed on verbatim, never written
// anew. There is one encoding of each value, and [Open] refuses every other.
// docs/ref/wire.md tells each object byte by byte; testdata/vectors.json holds
// objects that another implementation must read, and such that it must refuse.
//
// Everything here is safe for concurrent use.
package wire

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"time"
)

// Kinds of refusal. Each error of this package is one of them; a peer that
// sends what is refused by any of them is at fault, whatever the time is and
// whatever it knows.
var (
	ErrTooLarge  = errors.New("wire: too large")                 // before anything was decoded
	ErrMalformed = errors.New("wire: not the one encoding")      // not CBOR, not this object, or not the shortest form of it
	ErrUnknown   = errors.New("wire: unknown version or kind")   // perhaps of a newer program
	ErrRange     = errors.New("wire: a value beyond its bounds") // the message says which
	ErrSignature = errors.New("wire: wrong signature")           // somebody else's, or of other bytes
)

// Version is the version of every object here. It is part of what is signed.
const Version = 1

// Hash is a SHA-256, mostly that of an object: its name (see [Signed]).
type Hash [32]byte

// Key is an Ed25519 public key (RFC 8032), or for sealing an X25519 one.
type Key [32]byte

// Signature is an Ed25519 signature.
type Signature [64]byte

// Salt is random: what carries it can't be guessed from its hash.
type Salt [16]byte

// Minute counts minutes since 1970-01-01T00:00Z, without leap seconds. Homes
// tell each other no finer time.
type Minute uint32

// Day is a day in minutes.
const Day Minute = 24 * 60

// MinuteOf returns the minute in which t lies; what lies before 1970 is 0.
func MinuteOf(t time.Time) Minute { return Minute(max(t.Unix(), 0) / 60) }

// Day returns in which day (UTC) the minute lies, counted from 1970-01-01.
func (m Minute) Day() uint32 { return uint32(m / Day) }

// Time returns the beginning of the minute, in UTC.
func (m Minute) Time() time.Time { return time.Unix(int64(m)*60, 0).UTC() }

// String is the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// String is the key in hexadecimal.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// PublicKey returns the key that belongs to a private one.
func PublicKey(private ed25519.PrivateKey) Key { return Key(private.Public().(ed25519.PublicKey)) }
