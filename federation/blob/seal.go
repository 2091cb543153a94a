// Package blob keeps the photos, clips and thumbnails of neighborhoods, sealed.
// It seals and opens them, lays them on disk, gives chunks of them to neighbors
// and takes chunks in; which it asks for, and of whom, is decided by
// federation/blob/exchange, and sockets are federation/node's.
//
// On disk and on the wire there is only what is sealed. The key stands in the
// payload of a post; once federation/store has shredded that, what may be left of
// a file anywhere is noise.
//
// The format is told byte by byte in docs/ref/wire.md, and why it is so in
// docs/adr/0017-media-sealed-in-chunks.md.
package blob

import (
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Seal seals a file with a new key. It returns [nvr.ErrInvalid] for an empty
// file, and [nvr.ErrTooLarge] for one beyond [wire.MaxClip].
func Seal(plain []byte) (sealed []byte, b wire.Blob, err error) {
	switch {
	case len(plain) == 0:
		return nil, wire.Blob{}, fmt.Errorf("seal a file: it is empty: %w", nvr.ErrInvalid)
	case len(plain) > wire.MaxClip:
		return nil, wire.Blob{}, fmt.Errorf("seal a file of %d bytes: more than %d: %w", len(plain), wire.MaxClip, nvr.ErrTooLarge)
	}
	rand.Read(b.Key[:])
	sealed, b = seal(b.Key, plain)
	return sealed, b, nil
}

// seal is Seal with a key that must not have been used before.
func seal(key wire.Hash, plain []byte) (sealed []byte, b wire.Blob) {
	b = wire.Blob{Key: key, Length: wire.Sealed(uint32(len(plain)))}
	s := newStream(b)
	sealed = make([]byte, 0, b.Length)
	for i := range s.chunks {
		chunk := plain[i*wire.ChunkLen : min((i+1)*wire.ChunkLen, len(plain))]
		sealed = s.aead.Seal(sealed, s.nonce(i), chunk, nil)
	}
	b.Address = wire.Address(b.Length, hashesOf(sealed))
	return sealed, b
}

// Open opens a sealed file that is all there. It returns [nvr.ErrDamaged] unless
// these are the bytes that b names and its key opens them.
func Open(b wire.Blob, sealed []byte) ([]byte, error) {
	if int64(len(sealed)) != int64(b.Length) || wire.ChunksOf(b.Length) == 0 || wire.Address(b.Length, hashesOf(sealed)) != b.Address {
		return nil, fmt.Errorf("open a file: not what its address says: %w", nvr.ErrDamaged)
	}
	s := newStream(b)
	plain := make([]byte, 0, len(sealed))
	for i := range s.chunks {
		from, n := extent(b.Length, i)
		var err error
		if plain, err = s.open(plain, i, sealed[from:from+n]); err != nil {
			return nil, err
		}
	}
	return plain, nil
}

// stream is the sealing of one file, chunk by chunk: STREAM with ChaCha20-Poly1305.
type stream struct {
	aead   cipher.AEAD
	chunks int
	last   [chacha20poly1305.NonceSize]byte // the nonce that was made last, so that it is no allocation
}

func newStream(b wire.Blob) *stream {
	aead, err := chacha20poly1305.New(b.Key[:])
	if err != nil {
		panic(err) // a key of another length than its type has
	}
	return &stream{aead: aead, chunks: wire.ChunksOf(b.Length)}
}

// nonce returns that of a chunk, until it is called again.
func (s *stream) nonce(i int) []byte {
	binary.BigEndian.PutUint64(s.last[3:], uint64(i))
	s.last[11] = 0
	if i == s.chunks-1 {
		s.last[11] = 1 // so that a file which ends early is none
	}
	return s.last[:]
}

// open appends what is in a chunk to plain.
func (s *stream) open(plain []byte, i int, chunk []byte) ([]byte, error) {
	plain, err := s.aead.Open(plain, s.nonce(i), chunk, nil)
	if err != nil {
		return nil, fmt.Errorf("open chunk %d: its key is another: %w", i, nvr.ErrDamaged)
	}
	return plain, nil
}

// extent tells where a chunk of a sealed file lies, and how long it is.
func extent(length uint32, i int) (from, n int) {
	from = i * wire.SealedChunk
	return from, min(wire.SealedChunk, int(length)-from)
}

// hashesOf returns the hash of each chunk.
func hashesOf(sealed []byte) []wire.Hash {
	hashes := make([]wire.Hash, wire.ChunksOf(uint32(len(sealed))))
	for i := range hashes {
		from, n := extent(uint32(len(sealed)), i)
		hashes[i] = sha256.Sum256(sealed[from : from+n])
	}
	return hashes
}
