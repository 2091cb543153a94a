package sponsor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"nvrd/pkg/durable"
)

// file holds the gateway's key.
const file = "gateway.pem"

// Certificate returns the certificate of this home's gateway, with a key that is made
// once and kept in the directory. No authority vouches for it: agencies are told the
// SHA-256 of its key (SPKI), by which they know it. It is made anew each time, says
// nothing of the home, and does not expire.
func Certificate(dir string) (c tls.Certificate, spki string, err error) {
	key, err := gatewayKey(filepath.Join(dir, file))
	if err != nil {
		return c, "", fmt.Errorf("key of the gateway: %w", err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return c, "", fmt.Errorf("certificate of the gateway: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return c, "", fmt.Errorf("certificate of the gateway: %w", err)
	}
	sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, hex.EncodeToString(sum[:]), nil
}

func gatewayKey(path string) (*ecdsa.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no key; remove it, and tell agencies of the new one", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if k, ok := key.(*ecdsa.PrivateKey); err == nil && ok {
		return k, nil
	}
	return nil, fmt.Errorf("%s holds no key; remove it, and tell agencies of the new one", path)
}

// makeKey makes a key and writes it down.
func makeKey(path string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return key, durable.Create(path, 0o600, durable.Bytes(text))
}
