package identity

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/tyler-smith/go-bip39"

	"nvrd/federation/wire"
)

// Fingerprint returns two words that belong to an author key, to be shown beside
// a name: who takes a neighbor's name has other words. There are four million
// pairs, so they tell mistakes and clumsy pretenders, not somebody who tries keys
// for an hour.
func Fingerprint(author wire.Key) string {
	sum := sha256.Sum256(append([]byte("stoop/1 fingerprint\n"), author[:]...))
	list := bip39.GetWordList()
	word := func(b []byte) string { return list[int(binary.BigEndian.Uint16(b))%len(list)] }
	return word(sum[:2]) + " " + word(sum[2:4])
}
