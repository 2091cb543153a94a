// Package push makes messages for browsers as a push service takes them: sealed for
// one browser (RFC 8291 in the coding of RFC 8188), and signed so that the service
// knows who sends them (RFC 8292). It makes bytes only; pkg/notify sends them.
//
// It is written out here since it is short on top of the standard library, and
// because all messages must have one length, whatever they say.
package push

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"

	"nvrd/pkg/nvr"
)

const (
	// MaxText is how many bytes a message may have, in UTF-8. Every one is padded to
	// this, so that its length says nothing; with all that is around it, it
	// stays below the 4,096 bytes that every push service takes.
	MaxText = 3000
	// Length is that of every sealed message: header, text, one byte that ends
	// it, padding, tag.
	Length = headerBytes + MaxText + 1 + tagBytes

	saltBytes   = 16
	keyBytes    = 65 // a point of P-256, uncompressed
	tagBytes    = 16
	headerBytes = saltBytes + 4 + 1 + keyBytes
	authBytes   = 16
	recordSize  = 4096
)

// Subscription is what a browser gives to whoever may send it messages.
type Subscription struct {
	Key  *ecdh.PublicKey // p256dh
	Auth []byte          // 16 bytes
}

// ParseSubscription reads the two keys as browsers give them: base64url, with
// padding or without. It fails with [nvr.ErrInvalid].
func ParseSubscription(p256dh, auth string) (s Subscription, err error) {
	point, err := decode(p256dh)
	if err != nil {
		return s, err
	}
	if s.Key, err = ecdh.P256().NewPublicKey(point); err != nil {
		return s, fmt.Errorf("p256dh is no point of P-256: %w", nvr.ErrInvalid)
	}
	if s.Auth, err = decode(auth); err != nil {
		return s, err
	}
	if len(s.Auth) != authBytes {
		return s, fmt.Errorf("auth has %d bytes and should have 16: %w", len(s.Auth), nvr.ErrInvalid)
	}
	return s, nil
}

func decode(s string) ([]byte, error) {
	for len(s) > 0 && s[len(s)-1] == '=' {
		s = s[:len(s)-1]
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("a key of a subscription is not base64url: %w", nvr.ErrInvalid)
	}
	return b, nil
}

// Seal returns text sealed for a browser, always [Length] bytes long. It fails with
// [nvr.ErrTooLarge] if text has more than [MaxText].
func Seal(s Subscription, text []byte) ([]byte, error) {
	if len(text) > MaxText {
		return nil, fmt.Errorf("a message for a browser has at most %d bytes: %w", MaxText, nvr.ErrTooLarge)
	}
	own, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails
	return seal(s, text, MaxText, own, salt)
}

// seal is Seal with a key and a salt, which must be used once only. The text is
// padded to length.
func seal(s Subscription, text []byte, length int, own *ecdh.PrivateKey, salt []byte) ([]byte, error) {
	shared, err := own.ECDH(s.Key)
	if err != nil {
		return nil, fmt.Errorf("seal a message: %w", err)
	}
	// RFC 8291, 3.4, and RFC 8188, 2.2 and 2.3.
	info := slices.Concat([]byte("WebPush: info\x00"), s.Key.Bytes(), own.PublicKey().Bytes())
	secret, err := hkdf.Key(sha256.New, shared, s.Auth, string(info), 32)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, secret, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, secret, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	record := make([]byte, length+1)
	copy(record, text)
	record[len(text)] = 2 // ends the text of the last record; zeros follow
	header := append(binary.BigEndian.AppendUint32(slices.Clone(salt), recordSize), keyBytes)
	header = append(header, own.PublicKey().Bytes()...)
	return aead.Seal(header, nonce, record, nil), nil
}
