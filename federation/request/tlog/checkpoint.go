package tlog

import (
	"crypto/ed25519"
	"fmt"
	"strconv"
	"strings"

	"nvrd/federation/wire"
)

// Checkpoint is what an agency said of its log.
type Checkpoint struct {
	Agency wire.Key
	Head
}

// Origin returns the first line of the checkpoints of an agency, which is also
// the name of its key there. It is made of the key alone: an agency can lose its
// domain, and names below .invalid never belong to anybody (RFC 6761).
func Origin(agency wire.Key) string { return "stoop.invalid/agency/" + agency.String() }

// VerifierKey returns the key of an agency in the form in which other tools take
// it to verify its checkpoints (C2SP signed-note).
func VerifierKey(agency wire.Key) string {
	name := Origin(agency)
	return fmt.Sprintf("%s+%x+%s", name, keyID(name, typeEd25519, agency), encoding.EncodeToString(append([]byte{typeEd25519}, agency[:]...)))
}

// text is what is signed. A checkpoint has no extension lines: they would be
// no part of the tree, so nobody could prove a lie in them, and an agency could
// mark by them what it shows to whom.
func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", Origin(c.Agency), c.Size, encoding.EncodeToString(c.Root[:]))
}

func parseText(text string, agency wire.Key) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return Checkpoint{}, fmt.Errorf("%w: a checkpoint has three lines: origin, size and root", wire.ErrMalformed)
	}
	size, _ := strconv.ParseInt(lines[1], 10, 64)
	root, _ := encoding.DecodeString(lines[2])
	c := Checkpoint{Agency: agency, Head: Head{Size: size}}
	copy(c.Root[:], root)
	if c.text() != text { // there is one way to write each
		return Checkpoint{}, fmt.Errorf("%w: not a checkpoint of %s", wire.ErrMalformed, Origin(agency))
	}
	return c, c.check()
}

// Sign returns the checkpoint of a log as a signed note, the same for the same
// tree and key. An agency must never sign a tree that does not begin with every
// one it signed before: that would be [Fraud].
func Sign(t Tree, agency ed25519.PrivateKey) []byte {
	return sign(Checkpoint{Agency: wire.PublicKey(agency), Head: t.Head()}, agency)
}

func sign(c Checkpoint, agency ed25519.PrivateKey) []byte {
	return bare(c, wire.Signature(ed25519.Sign(agency, []byte(c.text())))).bytes()
}

// bare is a checkpoint that nobody but the agency signed.
func bare(c Checkpoint, s wire.Signature) note {
	name := Origin(c.Agency)
	return note{text: c.text(), lines: []line{{name: name, id: keyID(name, typeEd25519, c.Agency), signature: s[:]}}}
}

// Open reads a checkpoint and returns what the agency signed, once: a note that
// carries two lines of its key is refused, and any other line is ignored.
func Open(b []byte, agency wire.Key) (Checkpoint, error) {
	c, _, _, err := open(b, agency)
	return c, err
}

// open returns also the agency's signature and the whole note.
func open(b []byte, agency wire.Key) (Checkpoint, wire.Signature, note, error) {
	fail := func(err error) (Checkpoint, wire.Signature, note, error) {
		return Checkpoint{}, wire.Signature{}, note{}, err
	}
	n, err := parse(b)
	if err != nil {
		return fail(err)
	}
	c, err := parseText(n.text, agency)
	if err != nil {
		return fail(err)
	}
	s, err := n.signedBy(agency)
	if err != nil {
		return fail(err)
	}
	return c, s, n, nil
}

// signedBy returns the signature of an agency, which holds.
func (n note) signedBy(agency wire.Key) (wire.Signature, error) {
	var found []line
	id := keyID(Origin(agency), typeEd25519, agency)
	for _, l := range n.lines {
		if l.name == Origin(agency) && l.id == id {
			found = append(found, l)
		}
	}
	if len(found) != 1 || len(found[0].signature) != len(wire.Signature{}) {
		return wire.Signature{}, fmt.Errorf("%w: a checkpoint carries one of its agency, this has %d", wire.ErrSignature, len(found))
	}
	s := wire.Signature(found[0].signature)
	if !wire.Verify(agency, []byte(n.text), s) {
		return wire.Signature{}, fmt.Errorf("%w: checkpoint", wire.ErrSignature)
	}
	return s, nil
}
