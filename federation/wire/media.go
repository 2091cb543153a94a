package wire

import (
	"crypto/sha256"
	"encoding/binary"
)

// A sealed file (see [Blob]) travels in chunks, each of which is known to be
// right when it comes: its address is a hash over the hashes of its chunks, and
// those are said before them. One stream carries one [Fetch] and its answer:
// [Chunks], and behind it the chunks that were asked for as they are, with
// nothing between them.

const (
	// SealedChunk is the length of a chunk of a sealed file, of all but the last.
	SealedChunk = ChunkLen + tagLen
	// MaxChunks is how many chunks the longest file has.
	MaxChunks = MaxClip / ChunkLen
	// MaxRun is how many chunks are asked for at a time: with half a MiB a home
	// behind a slow line is done in a minute, and a photo takes one stream.
	MaxRun = 8
)

// Fetch asks for chunks of a sealed file.
type Fetch struct {
	_       struct{} `cbor:",toarray"`
	Address Hash
	Length  uint32 // of the sealed file
	First   uint8  // the first chunk, counted from 0
	Count   uint8  // of chunks
}

// Chunks answers. The chunks that were asked for follow it.
type Chunks struct {
	_      struct{} `cbor:",toarray"`
	Hashes []Hash   // SHA-256 of each chunk of the file, in order; none if the file is not here, and then nothing follows
}

// Address returns the address of a sealed file: SHA-256 of "stoop/1 media", a
// line feed, the length in 4 bytes, the highest first, and the hashes of its
// chunks. It covers the length so that who names a file with another length
// names none.
func Address(length uint32, chunks []Hash) Hash {
	h := sha256.New()
	h.Write([]byte("stoop/1 media\n"))
	h.Write(binary.BigEndian.AppendUint32(nil, length))
	for _, c := range chunks {
		h.Write(c[:])
	}
	return Hash(h.Sum(nil))
}

// ChunksOf returns how many chunks a sealed file of that length has; 0 if there
// is no such file.
func ChunksOf(length uint32) int {
	n := (int64(length) + SealedChunk - 1) / SealedChunk
	if n > MaxChunks || int64(length) <= (n-1)*SealedChunk+tagLen {
		return 0
	}
	return int(n)
}

// MessageKind returns the kind. So does that below.
func (Fetch) MessageKind() MessageKind  { return MessageFetch }
func (Chunks) MessageKind() MessageKind { return MessageChunks }

func (m Fetch) check() error {
	return within("chunks", m.Count > 0 && m.Count <= MaxRun && int(m.First)+int(m.Count) <= ChunksOf(m.Length))
}

func (m Chunks) check() error { return within("chunks", len(m.Hashes) <= MaxChunks) }
