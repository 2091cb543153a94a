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

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
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
		if err := makeKey(dir, path, os.Link); err != nil {
			return sealer{}, err
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

// makeKey puts a whole key at path or nothing at all, also after a power cut,
// and leaves the one alone that another process put there meanwhile. A file
// system without links (exFAT, SMB) makes no such promise for a power cut: a
// short key is found there, and with it no home.db yet.
func makeKey(dir, path string, link func(from, to string) error) error {
	f, err := os.CreateTemp(dir, keyFile+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("make a key for this home: %w", err)
	}
	defer os.Remove(f.Name())
	key := make([]byte, keyBytes)
	rand.Read(key) // never fails
	err = writeKey(f, key)
	if err == nil {
		if err = link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
			if f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
				err = writeKey(f, key)
			}
		}
		if errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	if err == nil {
		err = sqlite.SyncFolder(dir)
	}
	if err != nil {
		return fmt.Errorf("make a key for this home: %w", err)
	}
	return nil
}

func writeKey(f *os.File, key []byte) error {
	_, err := f.Write(key)
	return errors.Join(err, f.Sync(), f.Close())
}
