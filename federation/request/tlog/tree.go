package tlog

import (
	"fmt"
	"sync/atomic"

	"golang.org/x/mod/sumdb/tlog"

	"nvrd/federation/wire"
)

// Tree is the Merkle tree over the ids of a log's entries. It is a value: what
// was copied, or cut by [Tree.At], is not changed by what is appended elsewhere.
// The zero value is the empty tree. It takes 64 bytes an entry, and twice that
// where it grows.
type Tree struct {
	size   int64
	hashes []tlog.Hash   // every complete subtree, in the order of tlog.StoredHashIndex
	taken  *atomic.Int64 // how much of the array behind hashes some tree uses
}

// Append returns the tree with further entries. It hashes about two nodes for
// each and, unless two trees grow out of one, copies nothing but when the array
// doubles.
func (t Tree) Append(ids ...wire.Hash) Tree {
	size := t.size + int64(len(ids))
	t = t.room(int(tlog.StoredHashCount(size)))
	for ; t.size < size; t.size++ {
		h := tlog.RecordHash(ids[int64(len(ids))-(size-t.size)][:])
		t.hashes = append(t.hashes, h)
		// Each trailing 1 of the index is a subtree that this entry completes.
		for level := 0; t.size>>level&1 == 1; level++ {
			h = tlog.NodeHash(t.hashes[tlog.StoredHashIndex(level, t.size>>level-1)], h)
			t.hashes = append(t.hashes, h)
		}
	}
	return t
}

// room returns the same tree with an array of its own for n hashes. Trees share
// an array as long as they agree: the first that grows takes what is free.
func (t Tree) room(n int) Tree {
	if t.taken != nil && n <= cap(t.hashes) && t.taken.CompareAndSwap(int64(len(t.hashes)), int64(n)) {
		return t
	}
	t.hashes = append(make([]tlog.Hash, 0, max(n, 2*len(t.hashes))), t.hashes...)
	t.taken = new(atomic.Int64)
	t.taken.Store(int64(n))
	return t
}

// At returns the tree as it was when it had size entries. It panics if there
// were never so many, as a slice does.
func (t Tree) At(size int64) Tree {
	if size < 0 || size > t.size {
		panic(fmt.Sprintf("tlog: a tree of %d entries never had %d", t.size, size))
	}
	t.size, t.hashes = size, t.hashes[:tlog.StoredHashCount(size)]
	return t
}

// Size returns the number of entries.
func (t Tree) Size() int64 { return t.size }

// Root returns the root. It hashes one node for each level.
func (t Tree) Root() wire.Hash {
	return wire.Hash(known(tlog.TreeHash(t.size, tlog.HashReaderFunc(t.read))))
}

// Head returns size and root.
func (t Tree) Head() Head { return Head{Size: t.size, Root: t.Root()} }

// ProveConsistency returns the proof that the tree begins with its first from
// entries, for [CheckConsistency]. It has no more than 33 hashes.
func (t Tree) ProveConsistency(from int64) ([]wire.Hash, error) {
	switch {
	case from < 0 || from > t.size:
		return nil, fmt.Errorf("%w: a tree of %d entries never had %d", wire.ErrRange, t.size, from)
	case from == 0:
		return nil, nil
	}
	return as[wire.Hash](known(tlog.ProveTree(t.size, from, tlog.HashReaderFunc(t.read)))), nil
}

// ProveInclusion returns the proof that the tree has its entry index, counted
// from 0, for [CheckInclusion].
func (t Tree) ProveInclusion(index int64) ([]wire.Hash, error) {
	if index < 0 || index >= t.size {
		return nil, fmt.Errorf("%w: a tree of %d entries has no entry %d", wire.ErrRange, t.size, index)
	}
	return as[wire.Hash](known(tlog.ProveRecord(t.size, index, tlog.HashReaderFunc(t.read)))), nil
}

// read is a tlog.HashReaderFunc. The indexes are those that tlog asks for in a
// tree of this size.
func (t Tree) read(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = t.hashes[index]
	}
	return hashes, nil
}

// known returns what tlog computed of a tree that is wholly in memory, within
// its bounds.
func known[T any](v T, err error) T {
	if err != nil {
		panic(err) // read never fails, and callers look at the bounds
	}
	return v
}
