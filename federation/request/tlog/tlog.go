// Package tlog is an agency's transparency log: the Merkle tree over the ids of
// what it published, the checkpoints that it signs, the cosignatures of homes
// that saw them, the files in which outsiders read it, and the proof that an
// agency showed two logs. What an agency may publish is the business of
// federation/request.
//
// The formats are those of C2SP (signed-note, tlog-checkpoint, tlog-cosignature,
// tlog-tiles) over the tree of RFC 6962, so that anybody's tools read them; only
// a [Fraud] has a form of its own. docs/ref/agency-log.md tells them byte by
// byte. A home keeps the whole log and computes the root itself.
//
// It does no I/O. Errors are the kinds of federation/wire. Everything here is
// safe for concurrent use.
package tlog

import (
	"crypto/sha256"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"nvrd/federation/wire"
)

// MaxSize is the most entries that a log may have. No agency writes that many;
// it bounds proofs, tiles and what a stranger's checkpoint can make a home do.
const MaxSize = 1 << 32

// maxProof is the most hashes that a proof in a tree of MaxSize entries has: one
// for each level, and one for the subtree that old and new tree share.
const maxProof = 33

// Head tells a whole tree in 40 bytes.
type Head struct {
	Size int64     // how many entries
	Root wire.Hash // RFC 6962, section 2.1
}

// emptyRoot is the root of the tree without entries.
var emptyRoot = wire.Hash(sha256.Sum256(nil))

// check tells of heads that no tree has.
func (h Head) check() error {
	switch {
	case h.Size < 0 || h.Size > MaxSize:
		return fmt.Errorf("%w: a log of %d entries, of at most %d", wire.ErrRange, h.Size, int64(MaxSize))
	case h.Size == 0 && h.Root != emptyRoot:
		return fmt.Errorf("%w: a log without entries has another root", wire.ErrRange)
	}
	return nil
}

// CheckConsistency returns nil if proof shows that the tree of newer begins with
// that of older (RFC 6962, section 2.1.2). Every tree begins with the empty one,
// which takes no proof. That a proof fails shows nothing of who made the trees.
func CheckConsistency(older, newer Head, proof []wire.Hash) error {
	for _, h := range []Head{older, newer} {
		if err := h.check(); err != nil {
			return err
		}
	}
	if len(proof) > maxProof {
		return fmt.Errorf("%w: a proof of %d hashes, of at most %d", wire.ErrTooLarge, len(proof), maxProof)
	}
	if older.Size == 0 {
		if len(proof) > 0 {
			return fmt.Errorf("%w: a proof that begins with no entries", wire.ErrRange)
		}
		return nil
	}
	err := tlog.CheckTree(as[tlog.Hash](proof), newer.Size, tlog.Hash(newer.Root), older.Size, tlog.Hash(older.Root))
	if err != nil {
		return fmt.Errorf("%w: %d entries do not begin with those %d: %w", wire.ErrRange, newer.Size, older.Size, err)
	}
	return nil
}

// CheckInclusion returns nil if proof shows that the tree of h has id as its
// entry index, counted from 0 (RFC 6962, section 2.1.1).
func CheckInclusion(h Head, index int64, id wire.Hash, proof []wire.Hash) error {
	if err := h.check(); err != nil {
		return err
	}
	if len(proof) > maxProof {
		return fmt.Errorf("%w: a proof of %d hashes, of at most %d", wire.ErrTooLarge, len(proof), maxProof)
	}
	err := tlog.CheckRecord(as[tlog.Hash](proof), h.Size, tlog.Hash(h.Root), index, tlog.RecordHash(id[:]))
	if err != nil {
		return fmt.Errorf("%w: entry %d: %w", wire.ErrRange, index, err)
	}
	return nil
}

// as returns the same hashes in the type of another package.
func as[To, From ~[32]byte](from []From) []To {
	to := make([]To, len(from))
	for i, h := range from {
		to[i] = To(h)
	}
	return to
}
