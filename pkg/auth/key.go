package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"nvrd/pkg/nvr"
)

const (
	minKey     = 16   // characters; at 96 bits and more nobody guesses a random one
	maxKeyFile = 4096 // bytes
)

// AccessKey is the shared secret of the home. Only its hash is kept, so it
// cannot be printed.
type AccessKey struct{ hash [sha256.Size]byte }

// ReadAccessKey reads the key in a file, without the white space around it. It
// fails with [nvr.ErrInvalid] if that has less than 16 characters or is not one line of text.
func ReadAccessKey(path string) (AccessKey, error) {
	f, err := os.Open(path)
	if err != nil {
		return AccessKey{}, fmt.Errorf("read the access key: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return AccessKey{}, fmt.Errorf("read the access key: %w", err)
	}
	key := strings.TrimSpace(string(b))
	switch {
	case len(b) > maxKeyFile:
		err = fmt.Errorf("it has more than %d bytes", maxKeyFile)
	case utf8.RuneCountInString(key) < minKey:
		err = fmt.Errorf("it has fewer than %d characters; make one with: openssl rand -base64 24", minKey)
	case !utf8.ValidString(key) || strings.ContainsFunc(key, unicode.IsControl):
		err = fmt.Errorf("it is not one line of text")
	default:
		return NewAccessKey(key), nil
	}
	return AccessKey{}, fmt.Errorf("the access key in %s cannot be used: %w: %w", path, err, nvr.ErrInvalid)
}

// NewAccessKey returns the key with the given text.
func NewAccessKey(text string) AccessKey { return AccessKey{sha256.Sum256([]byte(text))} }

// Is tells whether text is the key, in a time that tells nothing about it.
func (k AccessKey) Is(text string) bool {
	hash := sha256.Sum256([]byte(text))
	return subtle.ConstantTimeCompare(hash[:], k.hash[:]) == 1
}

// bind returns what is stored of a session's token. It depends on the key, so
// a new key ends every session.
func (k AccessKey) bind(token string) (hash [32]byte) {
	mac := hmac.New(sha256.New, k.hash[:])
	mac.Write([]byte(token))
	return [32]byte(mac.Sum(nil))
}
