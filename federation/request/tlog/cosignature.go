package tlog

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"

	"nvrd/federation/wire"
)

// Cosigner is a home that saw a checkpoint and, when it did, no other log of
// this agency. Its key is used for nothing else, so that it does not tell which
// home it is.
type Cosigner struct {
	Key    wire.Key
	Minute wire.Minute // when it cosigned
}

const cosignerPrefix = "stoop.invalid/home/"

// cosignerName is the name of a cosigner's key. It is made of the key alone.
func cosignerName(key wire.Key) string { return cosignerPrefix + key.String() }

// cosigned is what a cosigner signs (C2SP tlog-cosignature), at a time in
// seconds since 1970.
func cosigned(text string, at int64) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, text)
}

// Cosign returns the checkpoint with the cosignature of a home as its only one;
// [Merge] joins it to others. The caller has verified that the log begins with
// all that this home cosigned before. It refuses what [Open] would.
func Cosign(b []byte, agency wire.Key, home ed25519.PrivateKey, at wire.Minute) ([]byte, error) {
	c, s, _, err := open(b, agency)
	if err != nil {
		return nil, err
	}
	n, key, seconds := bare(c, s), wire.PublicKey(home), at.Time().Unix()
	signature := binary.BigEndian.AppendUint64(nil, uint64(seconds))
	signature = append(signature, ed25519.Sign(home, cosigned(n.text, seconds))...)
	name := cosignerName(key)
	n.lines = append(n.lines, line{name: name, id: keyID(name, typeCosignature, key), signature: signature})
	return n.bytes(), nil
}

// Cosigners returns those of the checkpoint's cosigners that known knows, in the
// order of their keys. Each counts once, by the earliest minute that it signed.
// Lines that do not hold are ignored as if their key was unknown: anybody can
// add one, and must not be able to take away the others. It refuses what [Open]
// would.
func Cosigners(b []byte, agency wire.Key, known func(wire.Key) bool) ([]Cosigner, error) {
	_, _, n, err := open(b, agency)
	if err != nil {
		return nil, err
	}
	var who []Cosigner
	for _, c := range n.cosignatures(known) {
		who = append(who, c.Cosigner)
	}
	return who, nil
}

// Merge returns the checkpoint with the cosignatures of two copies of it, of
// the cosigners that known knows. It does not matter in which order copies are
// merged, nor how often. If there are more than [MaxCosigners], those of the
// lowest keys are kept. It refuses what [Open] would, and two checkpoints
// that differ.
func Merge(a, b []byte, agency wire.Key, known func(wire.Key) bool) ([]byte, error) {
	ours, s, n, err := open(a, agency)
	if err != nil {
		return nil, err
	}
	theirs, second, other := ours, s, n
	if !bytes.Equal(a, b) {
		if theirs, second, other, err = open(b, agency); err != nil {
			return nil, err
		}
	}
	if ours != theirs {
		return nil, fmt.Errorf("%w: checkpoints of %d and %d entries are not one", wire.ErrRange, ours.Size, theirs.Size)
	}
	if bytes.Compare(second[:], s[:]) < 0 { // an agency that signs twice makes two that hold
		s = second
	}
	for _, l := range other.lines {
		if !slices.ContainsFunc(n.lines, l.is) { // most are, and checking a signature twice is in vain
			n.lines = append(n.lines, l)
		}
	}
	merged := bare(ours, s)
	for _, c := range n.cosignatures(known) {
		if len(merged.lines) <= MaxCosigners {
			merged.lines = append(merged.lines, c.line)
		}
	}
	return merged.bytes(), nil
}

// cosignature is a line that holds.
type cosignature struct {
	Cosigner
	line line
}

// cosignatures returns those that hold of keys that are known, one for each key,
// in the order of keys.
func (n note) cosignatures(known func(wire.Key) bool) []cosignature {
	var all []cosignature
	for _, l := range n.lines {
		if c, ok := l.cosigner(); ok && known(c.Key) && l.cosigns(n.text, c) {
			all = append(all, cosignature{Cosigner: c, line: l})
		}
	}
	slices.SortFunc(all, func(a, b cosignature) int {
		return cmp.Or(wire.Compare(wire.Hash(a.Key), wire.Hash(b.Key)), cmp.Compare(a.Minute, b.Minute), bytes.Compare(a.line.signature, b.line.signature))
	})
	return slices.CompactFunc(all, func(a, b cosignature) bool { return a.Key == b.Key })
}

// is tells whether two lines say the same.
func (l line) is(o line) bool {
	return l.name == o.name && l.id == o.id && bytes.Equal(l.signature, o.signature)
}

// cosigner reads who a line says it is of. Its key is in its name; and homes
// tell no time that is finer than a minute.
func (l line) cosigner() (Cosigner, bool) {
	name, _ := strings.CutPrefix(l.name, cosignerPrefix)
	key, err := hex.DecodeString(name)
	if err != nil || len(key) != len(wire.Key{}) || len(l.signature) != 8+len(wire.Signature{}) {
		return Cosigner{}, false
	}
	seconds := binary.BigEndian.Uint64(l.signature)
	c := Cosigner{Key: wire.Key(key), Minute: wire.Minute(seconds / 60)}
	return c, seconds%60 == 0 && seconds/60 <= math.MaxUint32 && l.name == cosignerName(c.Key) && l.id == keyID(l.name, typeCosignature, c.Key)
}

// cosigns tells whether the signature of such a line holds.
func (l line) cosigns(text string, c Cosigner) bool {
	return wire.Verify(c.Key, cosigned(text, c.Minute.Time().Unix()), wire.Signature(l.signature[8:]))
}
