package certificate

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/nvr"
)

// issue writes a certificate with a number, and its key.
func issue(t *testing.T, dir string, number int64, until time.Time) (certificate, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(number), NotBefore: until.Add(-time.Hour), NotAfter: until, DNSNames: []string{"stoop.example.org"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	write(t, key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	return certificate, key
}

// write changes a file at the time of the test's clock, which the disk does not know.
func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, text, 0o600), os.Chtimes(path, time.Now(), time.Now())); err != nil {
		t.Fatal(err)
	}
}

// TestFilesChange: a new certificate is in use a second later, and one that does
// not fit its key never is.
func TestFilesChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told bytes.Buffer
		dir := t.TempDir()
		certificate, key := issue(t, dir, 1, time.Now().Add(time.Hour))
		f, err := OpenFiles(certificate, key, slog.New(slog.NewTextHandler(&told, nil)))
		if err != nil {
			t.Fatal(err)
		}
		used := func(want int64) {
			t.Helper()
			pair, err := f.TLS().GetCertificate(nil)
			if err != nil || pair.Leaf.SerialNumber.Int64() != want {
				t.Errorf("number %v is in use, want %d: %v", pair.Leaf.SerialNumber, want, err)
			}
		}
		used(1)
		time.Sleep(time.Minute)
		issue(t, dir, 2, time.Now().Add(time.Hour))
		used(2)
		time.Sleep(time.Millisecond)
		issue(t, dir, 3, time.Now().Add(time.Hour))
		used(2) // within the second
		time.Sleep(lookAgain)
		used(3)

		former, err := os.ReadFile(key)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		issue(t, dir, 4, time.Now().Add(time.Hour))
		write(t, key, former) // the new key is not there yet
		for range 3 {
			time.Sleep(lookAgain)
			used(3)
		}
		if n := strings.Count(told.String(), "the former one stays"); n != 1 || !strings.Contains(told.String(), "private key does not match public key") {
			t.Errorf("%d times: %s", n, &told)
		}
		if err := os.Remove(key); err != nil {
			t.Fatal(err)
		}
		time.Sleep(lookAgain)
		used(3)
		time.Sleep(time.Millisecond)
		issue(t, dir, 5, time.Now().Add(time.Hour))
		time.Sleep(lookAgain)
		used(5)
	})
}

func TestFilesThatDoNotFit(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	certificate, _ := issue(t, t.TempDir(), 1, time.Now().Add(time.Hour))
	_, key := issue(t, t.TempDir(), 2, time.Now().Add(time.Hour))
	if _, err := OpenFiles(certificate, key, log); !errors.Is(err, nvr.ErrInvalid) || !strings.Contains(err.Error(), certificate) || !strings.Contains(err.Error(), "does not match") {
		t.Errorf("another's key: %v", err)
	}
	if _, err := OpenFiles(certificate, key+".gone", log); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no key: %v", err)
	}
	if _, err := OpenFiles(key, key, log); !errors.Is(err, nvr.ErrInvalid) {
		t.Errorf("no certificate: %v", err)
	}
}

// TestFilesThatEnded: a recorder that starts with a certificate that has ended
// says so, and starts.
func TestFilesThatEnded(t *testing.T) {
	var told bytes.Buffer
	certificate, key := issue(t, t.TempDir(), 1, time.Now().Add(-time.Hour))
	if _, err := OpenFiles(certificate, key, slog.New(slog.NewTextHandler(&told, nil))); err != nil || !strings.Contains(told.String(), "the certificate has ended") {
		t.Errorf("%v, %s", err, &told)
	}
}
