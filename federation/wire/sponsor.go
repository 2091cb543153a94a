package wire

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Sponsor is where a home takes in what an agency publishes and keeps for it what
// homes hand over. It is no secret, and not signed: the agency got it from the
// home's owner.
type Sponsor struct {
	_      struct{} `cbor:",toarray"`
	URL    string   // https, without a path
	SPKI   Hash     // SHA-256 of the public key of its certificate (RFC 7469, section 2.4)
	Agency Key      // whom it is for
}

// MaxSponsorURL is the length of the address in bytes: the longest domain, and a port.
const MaxSponsorURL = 8 + MaxDomain + 6

// maxSponsor is the size of what says who is a sponsor, in bytes.
const maxSponsor = 512

// sponsorPrefix begins it as text.
const sponsorPrefix = "STOOP-SPONSOR:"

// Text returns it as text for the agency: STOOP-SPONSOR:, and in base32 (RFC 4648) the
// structure and the first 4 bytes of its SHA-256. It returns ErrRange for what
// [ParseSponsor] would refuse.
func (s Sponsor) Text() (string, error) {
	if err := s.check(); err != nil {
		return "", err
	}
	b := encode(s)
	sum := sha256.Sum256(b)
	return sponsorPrefix + inviteText.EncodeToString(append(b, sum[:checksumLen]...)), nil
}

// ParseSponsor finds a sponsor in what a person pasted: with words around it, in small
// letters, broken into lines. Errors are the kinds of this package.
func ParseSponsor(text string) (Sponsor, error) {
	if len(text) > 16*MaxInvite {
		return Sponsor{}, fmt.Errorf("%w: text of %d bytes", ErrTooLarge, len(text))
	}
	_, letters, found := strings.Cut(strings.ToUpper(text), sponsorPrefix)
	if !found {
		return Sponsor{}, fmt.Errorf("%w: what a sponsor gives you begins with %s", ErrMalformed, sponsorPrefix)
	}
	b, ok := checked(letters)
	if !ok {
		return Sponsor{}, fmt.Errorf("%w: it is not whole; copy it again from its first to its last letter", ErrMalformed)
	}
	s, err := decode[Sponsor](b, maxSponsor)
	if err != nil {
		return Sponsor{}, err
	}
	return s, s.check()
}

// Host returns by what people know it: name and port.
func (s Sponsor) Host() string { return strings.TrimPrefix(s.URL, "https://") }

// authority is a name or an address, and a port that may be left out.
var authority = regexp.MustCompile(`^https://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$`)

func (s Sponsor) check() error {
	u, err := url.Parse(s.URL)
	return within("address of a sponsor, such as https://home.example:8443", len(s.URL) <= MaxSponsorURL && err == nil && authority.MatchString(s.URL) && u.Hostname() != "" && u.String() == s.URL)
}
