package household

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"nvrd/pkg/durable"
	"nvrd/pkg/nvr"
)

const (
	keyFile  = "secret.key"
	keyBytes = 32
)

// sealer seals secrets with AES-256-GCM under the home's key. A sealed secret
// is a random 12-byte nonce, the ciphertext, and a 16-byte tag; with a handful
// of secrets in a home, random nonces never meet.
type sealer struct{ aead cipher.AEAD }

// seal returns s sealed for the given use; it opens for the same use only.
func (s sealer) seal(secret Secret, use string) []byte {
	return s.aead.Seal(nil, nil, []byte(secret), []byte(use))
}

func (s sealer) open(sealed []byte, use string) (Secret, error) {
	text, err := s.aead.Open(nil, nil, sealed, []byte(use))
	if err != nil {
		return "", fmt.Errorf("open the sealed %s: %w", use, nvr.ErrDamaged)
	}
	return Secret(text), nil
}

// openKey reads the key file in dir, or makes one with a random key.
func openKey(dir string) (sealer, error) {
	path := filepath.Join(dir, keyFile)
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key = make([]byte, keyBytes)
		rand.Read(key) // never fails
		// Another process may have been faster: then its key is the one.
		if err := durable.Create(path, 0o600, durable.Bytes(key)); err != nil && !errors.Is(err, nvr.ErrExists) {
			return sealer{}, fmt.Errorf("make a key for this home: %w", err)
		}
		key, err = os.ReadFile(path)
	}
	if err != nil {
		return sealer{}, fmt.Errorf("read the key of this home: %w", err)
	}
	if len(key) != keyBytes {
		return sealer{}, fmt.Errorf("%s has %d bytes and should have %d; put back the one from your backup: %w", path, len(key), keyBytes, nvr.ErrDamaged)
	}
	// A backup that was copied back may be readable by everybody.
	if err := os.Chmod(path, 0o600); err != nil {
		return sealer{}, fmt.Errorf("protect the key of this home: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{aead}, err
}
