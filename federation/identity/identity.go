// Package identity makes a home's keys from one seed, and writes the seed as 24
// words that people can keep on paper.
//
// Every key of every neighborhood comes from the seed, so a machine that burned
// is replaced by another one and the paper: nothing else has to be kept. Keys of
// different neighborhoods have nothing in common that others could see.
//
// It does no I/O; where a seed is kept is the business of federation/store. All
// of it is safe for concurrent use.
package identity

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"nvrd/federation/wire"
)

// Seed is what all keys of a home come from. It must not be shown, but as words
// to its owner: it prints as ***.
type Seed [32]byte

// New returns a random seed.
func New() (s Seed) {
	rand.Read(s[:])
	return s
}

func (Seed) String() string { return "***" }

// GoString is String, so that %#v tells no more.
func (Seed) GoString() string { return "***" }

// Place says which keys of a seed: those of its first neighborhood, or another.
type Place struct {
	Neighborhood uint32 // counts those that the home founded or joined, from 0
	Generation   uint32 // 0, and one more each time all keys there had to be given up
}

// Keys are what a home signs and opens with in one neighborhood.
type Keys struct {
	Author   ed25519.PrivateKey
	Seat     ed25519.PrivateKey
	Seal     *ecdh.PrivateKey   // X25519
	Cosigner ed25519.PrivateKey // of logs of agencies
}

// Keys returns the keys of a place; they are the same each time.
func (s Seed) Keys(p Place) Keys {
	seal, err := ecdh.X25519().NewPrivateKey(s.derive("seal", p, 0))
	if err != nil {
		panic(err) // of 32 bytes, which is all that it asks
	}
	return Keys{
		Author:   ed25519.NewKeyFromSeed(s.derive("author", p, 0)),
		Seat:     ed25519.NewKeyFromSeed(s.derive("seat", p, 0)),
		Seal:     seal,
		Cosigner: ed25519.NewKeyFromSeed(s.derive("cosigner", p, 0)),
	}
}

// Node returns the node key of a place. Each machine has its own: what is
// restored counts one further than the machine before, so that two which run at
// once are never taken for one another.
func (s Seed) Node(p Place, machine uint32) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(s.derive("node", p, machine))
}

// NextMachine returns which node key a restored home has to take, given the
// node key on its newest card: the one after it. ok is false if that key is none of
// the first thousand of this seed and place.
func (s Seed) NextMachine(p Place, node wire.Key) (machine uint32, ok bool) {
	for m := range uint32(1000) {
		if wire.PublicKey(s.Node(p, m)) == node {
			return m + 1, true
		}
	}
	return 0, false
}

// derive is HKDF-SHA256 (RFC 5869) with the purpose as its info.
func (s Seed) derive(what string, p Place, machine uint32) []byte {
	info := fmt.Sprintf("stoop/1 %s %d %d %d", what, p.Neighborhood, p.Generation, machine)
	key, err := hkdf.Key(sha256.New, s[:], nil, info, 32)
	if err != nil {
		panic(err) // only for more than 8,160 bytes
	}
	return key
}
