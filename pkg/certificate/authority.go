package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"nvrd/pkg/durable"
	"nvrd/pkg/nvr"
)

const (
	// file holds the authority in a folder of the data directory: its certificate,
	// then its key (PKCS #8), both PEM. One file, so that they always fit.
	file   = "authority.pem"
	folder = "tls"
	// authorityYears is as long as a recorder may hang on a wall: a new authority
	// has to be trusted on each device by hand.
	authorityYears = 10
	maxFile        = 64 << 10 // bytes; ours has 1 KiB
)

// Authority signs certificates for this machine, and for nothing else. It is
// safe for use from several goroutines.
type Authority struct {
	cert      *x509.Certificate
	key       *ecdsa.PrivateKey
	names     []string     // that each leaf is for
	addresses []netip.Addr // likewise
	unfit     []string

	mu     sync.Mutex
	leaves map[netip.Addr]*leaf // by the address of this machine that a connection came to
}

// Open returns the authority that is kept in a data directory, and makes it
// there if there is none. hosts are the names that this machine answers to, of
// which some may be addresses. It fails with [nvr.ErrDamaged] if what is kept is
// no authority; then nothing is changed.
//
// An authority that is made may speak for private addresses, names that are
// never public, and hosts (see [Authority.Unfit]); that is part of its
// certificate for good (RFC 5280, 4.2.1.10), so that whoever steals it can't
// pretend to be a bank.
func Open(data string, hosts []string) (*Authority, error) {
	a, err := Load(data)
	if errors.Is(err, nvr.ErrNotFound) {
		if err = found(data, hosts); err == nil {
			a, err = Load(data)
		}
	}
	if err != nil {
		return nil, err
	}
	a.names, a.addresses, a.unfit = divide(a.cert, hosts)
	return a, nil
}

// Load is Open for those who only look. It fails with [nvr.ErrNotFound] if there
// is none.
func Load(data string) (*Authority, error) {
	path := filepath.Join(data, folder, file)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("this home has no authority yet: %w", nvr.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("the home's authority: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, fmt.Errorf("the home's authority: %w", err)
	}
	a, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: put it back from a backup, or remove it and trust the new one on each device: %w", path, err, nvr.ErrDamaged)
	}
	return a, nil
}

func parse(text []byte) (*Authority, error) {
	certificate, rest := pem.Decode(text)
	if certificate == nil || certificate.Type != "CERTIFICATE" {
		return nil, errors.New("it does not begin with a certificate")
	}
	secret, _ := pem.Decode(rest)
	if secret == nil || secret.Type != "PRIVATE KEY" {
		return nil, errors.New("its key is missing")
	}
	cert, err := x509.ParseCertificate(certificate.Bytes)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(secret.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || !cert.IsCA || !key.PublicKey.Equal(cert.PublicKey) {
		return nil, errors.New("its key is that of another certificate")
	}
	return &Authority{cert: cert, key: key, leaves: make(map[netip.Addr]*leaf)}, nil
}

// found makes the authority of a home. When it returns nil a power cut does not
// take it any more.
func found(data string, hosts []string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make the home's authority: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return fmt.Errorf("make the home's authority: %w", err)
	}
	// The key's own fingerprint tells two homes apart in a phone's list.
	sum := sha256.Sum256(public)
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: fmt.Sprintf("Stoop home %X-%X", sum[:2], sum[2:4])},
		NotBefore: written, NotAfter: clock().AddDate(authorityYears, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}
	constrain(template, hosts)
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return fmt.Errorf("make the home's authority: %w", err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("make the home's authority: %w", err)
	}
	if err := os.Mkdir(filepath.Join(data, folder), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the home's authority: %w", err)
	}
	if err := durable.Sync(data); err != nil {
		return err
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...)
	err = durable.Create(filepath.Join(data, folder, file), 0o600, durable.Bytes(text))
	if errors.Is(err, nvr.ErrExists) {
		return nil // another one made it meanwhile
	}
	return err
}

// Name is what devices call the authority.
func (a *Authority) Name() string { return a.cert.Subject.CommonName }

// Until is when the authority ends, and has to be replaced by a new one.
func (a *Authority) Until() time.Time { return a.cert.NotAfter }

// DER returns the certificate of the authority, which is no secret.
func (a *Authority) DER() []byte { return a.cert.Raw }

// PEM returns DER as text.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// Fingerprint returns the SHA-256 of DER as devices show it: 32 bytes in capital
// hex digits with colons between.
func (a *Authority) Fingerprint() string {
	sum := sha256.Sum256(a.cert.Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

// Unfit returns those of the hosts that the authority may not speak for, since
// they were not known when it was made. Browsers warn of them.
func (a *Authority) Unfit() []string { return a.unfit }
