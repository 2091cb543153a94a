package tlog

import (
	"encoding/binary"
	"fmt"

	"nvrd/federation/wire"
)

// Fraud proves that an agency showed two logs: it signed a head of Older.Size
// entries, and a head of a log that had another root at that size. Anybody can
// verify it who has nothing but the agency's key.
//
// That two checkpoints fail a proof proves nothing, since anybody can make up a
// proof that fails. Here the proof has to pass, from Root to Newer: so Root is
// what the log of Newer had at that size, and an honest agency signed no other.
// Two heads of one size are the same with an empty proof.
type Fraud struct {
	Agency       wire.Key
	Older, Newer SignedHead
	Root         wire.Hash   // of the log of Newer when it had Older.Size entries
	Proof        []wire.Hash // that it is, as of CheckConsistency
}

// SignedHead is a checkpoint without what its agency and it have in common.
type SignedHead struct {
	Head
	Signature wire.Signature
}

// Verify returns nil if f convicts its agency.
func (f Fraud) Verify() error {
	older, newer := f.Older.Head, f.Newer.Head
	switch {
	case older.Size < 1:
		return fmt.Errorf("%w: every log begins with no entries", wire.ErrRange)
	case f.Root == older.Root:
		return fmt.Errorf("%w: one log has both heads", wire.ErrRange)
	case older.Size == newer.Size && wire.Compare(older.Root, newer.Root) > 0:
		return fmt.Errorf("%w: of heads of one size that of the lower root is the older", wire.ErrMalformed)
	}
	if err := CheckConsistency(Head{Size: older.Size, Root: f.Root}, newer, f.Proof); err != nil {
		return err
	}
	for _, h := range []SignedHead{f.Older, f.Newer} {
		if !wire.Verify(f.Agency, []byte(Checkpoint{Agency: f.Agency, Head: h.Head}.text()), h.Signature) {
			return fmt.Errorf("%w: head of %d entries", wire.ErrSignature, h.Size)
		}
	}
	return nil
}

// Split looks whether two checkpoints of an agency are of two logs, and proves
// it. The tree is that of the checkpoint with more entries, or has more; of two
// of one size none is needed. False means that these do not prove it: they are
// of one log, or the tree is another's.
func Split(a, b []byte, agency wire.Key, tree Tree) (Fraud, bool) {
	older, ok := signedHead(a, agency)
	newer, found := signedHead(b, agency)
	if !ok || !found {
		return Fraud{}, false
	}
	if older.Size > newer.Size || older.Size == newer.Size && wire.Compare(older.Root, newer.Root) > 0 {
		older, newer = newer, older
	}
	f := Fraud{Agency: agency, Older: older, Newer: newer, Root: newer.Root}
	if older.Size < newer.Size {
		if tree.Size() < newer.Size {
			return Fraud{}, false
		}
		f.Root = tree.At(older.Size).Root()
		f.Proof, _ = tree.At(newer.Size).ProveConsistency(older.Size) // the sizes are in order
	}
	if f.Verify() != nil {
		return Fraud{}, false
	}
	return f, true
}

func signedHead(b []byte, agency wire.Key) (SignedHead, bool) {
	c, s, _, err := open(b, agency)
	return SignedHead{Head: c.Head, Signature: s}, err == nil
}

// Notes returns the two checkpoints as signed notes, for whoever wants to verify
// them with other tools.
func (f Fraud) Notes() (older, newer []byte) {
	write := func(h SignedHead) []byte {
		return bare(Checkpoint{Agency: f.Agency, Head: h.Head}, h.Signature).bytes()
	}
	return write(f.Older), write(f.Newer)
}

// What an encoded Fraud has, besides 32 bytes for each hash of its proof.
const (
	fraudPrefix = "stoop/1 fraud\n"
	headLen     = 8 + 32 + 64
	fraudLen    = len(fraudPrefix) + 32 + 2*headLen + 32
)

// MaxFraud is the size of the largest encoded Fraud, in bytes.
const MaxFraud = fraudLen + 32*maxProof

// Bytes returns the one encoding of f: "stoop/1 fraud" and a line feed, the
// agency, both heads (size in eight bytes, highest first; root; signature), the
// root, and the hashes of the proof up to the end.
func (f Fraud) Bytes() []byte {
	b := append([]byte(fraudPrefix), f.Agency[:]...)
	for _, h := range []SignedHead{f.Older, f.Newer} {
		b = binary.BigEndian.AppendUint64(b, uint64(h.Size))
		b = append(append(b, h.Root[:]...), h.Signature[:]...)
	}
	b = append(b, f.Root[:]...)
	for _, h := range f.Proof {
		b = append(b, h[:]...)
	}
	return b
}

// OpenFraud reads a Fraud from a stranger. It returns only one that convicts its
// agency, whoever that is.
func OpenFraud(b []byte) (Fraud, error) {
	switch {
	case len(b) > MaxFraud:
		return Fraud{}, fmt.Errorf("%w: a proof of fraud of %d bytes, of at most %d", wire.ErrTooLarge, len(b), MaxFraud)
	case len(b) < fraudLen || (len(b)-fraudLen)%32 != 0 || string(b[:len(fraudPrefix)]) != fraudPrefix:
		return Fraud{}, fmt.Errorf("%w: no proof of fraud", wire.ErrMalformed)
	}
	b = b[len(fraudPrefix):]
	var f Fraud
	b = b[copy(f.Agency[:], b):]
	for _, h := range []*SignedHead{&f.Older, &f.Newer} {
		h.Size = int64(binary.BigEndian.Uint64(b)) // what is beyond is negative, and refused
		b = b[8:]
		b = b[copy(h.Root[:], b):]
		b = b[copy(h.Signature[:], b):]
	}
	b = b[copy(f.Root[:], b):]
	for ; len(b) > 0; b = b[32:] {
		f.Proof = append(f.Proof, wire.Hash(b))
	}
	if err := f.Verify(); err != nil {
		return Fraud{}, err
	}
	return f, nil
}
