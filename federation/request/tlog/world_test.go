package tlog

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"nvrd/federation/wire"
)

// private is the key of somebody of that name.
func private(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func public(name string) wire.Key { return wire.PublicKey(private(name)) }

// entries returns the first n entries of a log.
func entries(n int) []wire.Hash {
	ids := make([]wire.Hash, n)
	for i := range ids {
		ids[i] = sha256.Sum256(fmt.Appendf(nil, "entry %d", i))
	}
	return ids
}

// grow returns the tree of n entries.
func grow(n int) Tree { return Tree{}.Append(entries(n)...) }

var (
	agencyKey = private("agency")
	agency    = public("agency")
)

func everybody(wire.Key) bool { return true }

// read reads a file of testdata.
func read[T any](t testing.TB, name string) T {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// cosign returns a checkpoint with the cosignatures of homes of these names, all
// of one minute.
func cosign(t testing.TB, checkpoint []byte, names ...string) []byte {
	t.Helper()
	all := checkpoint
	for _, name := range names {
		one, err := Cosign(checkpoint, agency, private(name), 1000)
		if err != nil {
			t.Fatal(err)
		}
		if all, err = Merge(all, one, agency, everybody); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
