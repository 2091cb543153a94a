package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
	"unicode"
)

// Invite is what a home that is let in has to know. It is a secret: who has it
// may ask to be let in. It is not signed, since whoever holds it trusts who gave
// it to them.
type Invite struct {
	_            struct{} `cbor:",toarray"`
	Version      uint8
	Neighborhood Hash
	Title        string // of the neighborhood, to be shown before anything is asked
	From         string // name of the home that invites
	Head         Hash   // the newest act, which the joining home takes as settled; the neighborhood itself if there is none
	Secret       Salt   // known to the home that invites, and used once there
	Expires      Minute
	Doors        []Door
}

// Door is where the joining home may knock.
type Door struct {
	_         struct{} `cbor:",toarray"`
	Node      Key
	Addresses []string // multiaddresses, in the order in which to try them; none for a door that only its own network reaches
}

const (
	// MaxInvite is the size of an invite in bytes: as text it is a QR code that a
	// phone reads from a screen.
	MaxInvite = 1 << 10
	// MaxDoors is how many doors it names: one may be away, two seldom are.
	MaxDoors = 3
	// MaxAddresses is how many of each: by IPv4, IPv6, at home, and through a relay.
	MaxAddresses = 4
	// MaxAddress is the length of one in characters.
	MaxAddress = 160
)

// invitePrefix begins an invite as text. It is in capitals as all of it, since
// QR codes hold those in less space.
const invitePrefix = "STOOP:"

// inviteLetters are those of base32.
const inviteLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

var inviteText = base32.NewEncoding(inviteLetters).WithPadding(base32.NoPadding)

// checksumLen is how many bytes of the SHA-256 of an invite follow it as text.
const checksumLen = 4

// Text returns the invite as text to be sent or drawn: STOOP:, and in base32
// (RFC 4648) the invite and the first 4 bytes of its SHA-256. It returns ErrRange
// or ErrTooLarge for what [ParseInvite] would refuse.
func (v Invite) Text() (string, error) {
	b, err := v.Bytes()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return invitePrefix + inviteText.EncodeToString(append(b, sum[:checksumLen]...)), nil
}

// Bytes returns the invite as an [Anew] carries it. Errors are those of [Invite.Text].
func (v Invite) Bytes() ([]byte, error) {
	v.Version = Version
	if err := v.check(); err != nil {
		return nil, err
	}
	b := encode(v)
	if len(b) > MaxInvite {
		return nil, fmt.Errorf("%w: invite of %d bytes, of at most %d", ErrTooLarge, len(b), MaxInvite)
	}
	return b, nil
}

// maxLetters is how many letters of base32 the longest invite takes.
var maxLetters = inviteText.EncodedLen(MaxInvite + checksumLen)

// ParseInvite finds an invite in what a person pasted or a camera read: in a
// message with words around it, in small letters, broken into lines. It returns
// the first that is whole. ErrMalformed means that there is none, or only a part
// of one.
func ParseInvite(text string) (Invite, error) {
	if len(text) > 16*MaxInvite {
		return Invite{}, fmt.Errorf("%w: text of %d bytes", ErrTooLarge, len(text))
	}
	parts := strings.Split(strings.ToUpper(text), invitePrefix)[1:] // an app may put its name before it
	if len(parts) == 0 {
		return Invite{}, fmt.Errorf("%w: an invite begins with %s", ErrMalformed, invitePrefix)
	}
	for _, part := range parts {
		if b, ok := checked(part); ok {
			return openInvite(b)
		}
	}
	return Invite{}, fmt.Errorf("%w: the invite is not whole; copy it again from its first to its last letter", ErrMalformed)
}

// checked returns the bytes that text begins with, if their checksum follows
// them. Words may follow too, so each white space may be the end.
func checked(text string) ([]byte, bool) {
	if end := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsSpace(r) && !strings.ContainsRune(inviteLetters, r) }); end >= 0 {
		text = text[:end]
	}
	var letters, b []byte
	for word := range strings.FieldsSeq(text) {
		letters = append(letters, word...)
		if len(letters) > maxLetters {
			break
		}
		var err error
		if b, err = inviteText.AppendDecode(b[:0], letters); err != nil || len(b) < checksumLen {
			continue
		}
		body, sum := b[:len(b)-checksumLen], b[len(b)-checksumLen:]
		if right := sha256.Sum256(body); bytes.Equal(sum, right[:checksumLen]) {
			return body, true
		}
	}
	return nil, false
}

func openInvite(b []byte) (Invite, error) {
	v, err := decode[Invite](b, MaxInvite)
	if err != nil {
		return Invite{}, err
	}
	if v.Version != Version {
		return Invite{}, fmt.Errorf("%w: an invite of version %d", ErrUnknown, v.Version)
	}
	if err := v.check(); err != nil {
		return Invite{}, err
	}
	return v, nil
}

func (v Invite) check() error {
	err := first(
		text("title", v.Title, 1, MaxTitle, false),
		text("name of who invites", v.From, 1, MaxName, false),
		within("doors", 1 <= len(v.Doors) && len(v.Doors) <= MaxDoors),
	)
	for _, d := range v.Doors {
		err = first(err, d.check())
	}
	return err
}
