package tlog

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"nvrd/federation/wire"
)

// Bounds of a signed note, looked at before anything else.
const (
	// MaxNote is how many bytes a note may have: 16 signatures that withstand
	// quantum computers, of 5 kB each, which C2SP asks of every reader.
	MaxNote = 128 << 10
	// MaxLines is how many signatures a note may have. Each that is known costs a
	// check, so these cost 6 ms; and three cosigners are already enough.
	MaxLines = 64
	// MaxCosigners is how many cosignatures are passed on: three are enough, and a
	// street of a thousand homes would spend its evening on the others.
	MaxCosigners = 8
)

// The types of signatures (C2SP signed-note).
const (
	typeEd25519     = 0x01
	typeCosignature = 0x04
)

// note is a signed note as it was read. Nothing is said of its signatures.
type note struct {
	text  string // ends in a newline
	lines []line
}

// line is a line of signature.
type line struct {
	name      string
	id        [4]byte
	signature []byte
}

const dash = "— " // begins a line of signature

var encoding = base64.StdEncoding.Strict()

// keyID names a key among those of one name. It is short: two keys may share it.
func keyID(name string, kind byte, key wire.Key) [4]byte {
	h := sha256.Sum256(append(append([]byte(name+"\n"), kind), key[:]...))
	return [4]byte(h[:4])
}

// bytes writes a note. What [parse] read is written as it was.
func (n note) bytes() []byte {
	b := []byte(n.text + "\n")
	for _, l := range n.lines {
		b = fmt.Appendf(b, dash+"%s %s\n", l.name, encoding.EncodeToString(append(l.id[:], l.signature...)))
	}
	return b
}

// parse reads a note. There is one way to write each, and it refuses any other:
// also a single line that is none of signature.
func parse(b []byte) (note, error) {
	if len(b) > MaxNote {
		return note{}, fmt.Errorf("%w: a note of %d bytes, of at most %d", wire.ErrTooLarge, len(b), MaxNote)
	}
	control := func(r rune) bool { return r < ' ' && r != '\n' }
	if !utf8.Valid(b) || bytes.ContainsFunc(b, control) {
		return note{}, fmt.Errorf("%w: a note is UTF-8 without control characters", wire.ErrMalformed)
	}
	end := bytes.LastIndex(b, []byte("\n\n"))
	if end < 0 || !bytes.HasSuffix(b[end+2:], []byte("\n")) {
		return note{}, fmt.Errorf("%w: a note ends in an empty line and whole lines of signatures", wire.ErrMalformed)
	}
	n := note{text: string(b[:end+1])}
	signatures := string(b[end+2:])
	if count := strings.Count(signatures, "\n"); count > MaxLines {
		return note{}, fmt.Errorf("%w: %d signatures, of at most %d", wire.ErrTooLarge, count, MaxLines)
	}
	for text := range strings.Lines(signatures) {
		l, ok := parseLine(text)
		if !ok {
			return note{}, fmt.Errorf("%w: a line that is none of signature", wire.ErrMalformed)
		}
		n.lines = append(n.lines, l)
	}
	return n, nil
}

func parseLine(text string) (line, bool) {
	text, ok := strings.CutPrefix(strings.TrimSuffix(text, "\n"), dash)
	name, encoded, found := strings.Cut(text, " ")
	raw, err := encoding.DecodeString(encoded)
	if !ok || !found || !isName(name) || err != nil || len(raw) <= len(line{}.id) {
		return line{}, false
	}
	return line{name: name, id: [4]byte(raw[:4]), signature: raw[4:]}, true
}

// isName tells whether a key may have such a name.
func isName(name string) bool {
	bad := func(r rune) bool { return r == '+' || unicode.IsSpace(r) }
	return name != "" && !strings.ContainsFunc(name, bad)
}
