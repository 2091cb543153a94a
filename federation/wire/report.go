package wire

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/binary"
	"fmt"
)

// Report tells one steward of a post or a comment. It is no part of the roster
// or the feed: it goes to the steward's home alone, sealed.
type Report struct {
	_            struct{} `cbor:",toarray"`
	Neighborhood Hash
	Reporter     Key     // author key; signs
	Steward      Key     // author key of who is told: nobody can hand it on as if told themselves
	On           Hash    // id of the entry
	Reason       LabelIs // which label it should have; 0 for something else
	Words        string  // not empty where the reason is something else
	Minute       Minute
}

const (
	// MaxReportWords is the length of the words in characters: what is wrong, in a
	// sentence or two, since the steward reads the entry.
	MaxReportWords = 300
	// SealedReport is the length of every sealed report in bytes: of the shortest
	// as of the longest, so that it tells whoever sees it pass nothing.
	SealedReport = encapsulated + paddedReport + tagLen

	maxReport    = 1536
	encapsulated = 32      // an X25519 key
	paddedReport = 2 << 10 // the length in 2 bytes, the object, zeros
)

// Kind returns the kind.
func (Report) Kind() Kind { return KindReport }

func (r Report) signer() Key { return r.Reporter }

func (r Report) check() error {
	return first(
		known("reason", r.Reason <= LabelUnlawful),
		text("words", r.Words, 0, MaxReportWords, true),
		within("words of something else", r.Reason != 0 || r.Words != ""),
		within("who is told", r.Steward != r.Reporter),
	)
}

// SealReport signs a report and seals it so that only who has the private key of
// seal reads it, which is that of the steward's card. It returns what
// [OpenReport] would refuse it for, and ErrRange for a key that nothing can be
// sealed with.
func SealReport(signed Signed, seal Key) ([]byte, error) {
	if _, ok := signed.Body.(Report); !ok {
		return nil, fmt.Errorf("%w: a %v is no report", ErrUnknown, signed.Body.Kind())
	}
	plain := make([]byte, paddedReport)
	binary.BigEndian.PutUint16(plain, uint16(len(signed.Raw)))
	copy(plain[2:], signed.Raw)
	return sealTo(plain, seal, "report")
}

// sealTo seals bytes for the holder of a seal key, by HPKE (RFC 9180).
func sealTo(plain []byte, seal Key, what string) ([]byte, error) {
	key, err := ecdh.X25519().NewPublicKey(seal[:])
	if err != nil {
		return nil, fmt.Errorf("%w: key to seal with: %w", ErrRange, err)
	}
	to, err := hpke.NewDHKEMPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("%w: key to seal with: %w", ErrRange, err)
	}
	sealed, err := hpke.Seal(to, hpke.HKDFSHA256(), hpke.AES256GCM(), info(what), plain)
	if err != nil {
		return nil, fmt.Errorf("%w: key to seal with: %w", ErrRange, err) // a point of small order
	}
	return sealed, nil
}

// OpenReport reads what was sealed for the holder of a key. Errors are the kinds
// of this package: ErrSignature is one for somebody else, or that was changed.
// Whether its reporter is a member, and its steward one, is not asked.
func OpenReport(b []byte, seal *ecdh.PrivateKey) (Report, error) {
	switch {
	case len(b) > SealedReport:
		return Report{}, fmt.Errorf("%w: report of %d bytes", ErrTooLarge, len(b))
	case len(b) < SealedReport:
		return Report{}, fmt.Errorf("%w: report of %d bytes", ErrMalformed, len(b))
	}
	plain, err := openWith(b, seal, "report")
	if err != nil {
		return Report{}, err
	}
	n := int(binary.BigEndian.Uint16(plain))
	if n > maxReport || len(bytes.Trim(plain[2+n:], "\x00")) > 0 {
		return Report{}, fmt.Errorf("%w: padding of a report", ErrMalformed)
	}
	signed, err := Open(plain[2 : 2+n])
	if err != nil {
		return Report{}, err
	}
	r, ok := signed.Body.(Report)
	if !ok {
		return Report{}, fmt.Errorf("%w: a %v is no report", ErrUnknown, signed.Body.Kind())
	}
	return r, nil
}

// openWith opens what sealTo sealed.
func openWith(b []byte, seal *ecdh.PrivateKey, what string) ([]byte, error) {
	key, err := hpke.NewDHKEMPrivateKey(seal)
	if err != nil {
		panic(err) // only of another curve
	}
	plain, err := hpke.Open(key, hpke.HKDFSHA256(), hpke.AES256GCM(), info(what), b)
	if err != nil {
		return nil, fmt.Errorf("%w: %s for somebody else", ErrSignature, what)
	}
	return plain, nil
}

func info(what string) []byte { return fmt.Appendf(nil, "stoop/%d %s", Version, what) }
