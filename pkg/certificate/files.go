package certificate

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"nvrd/pkg/nvr"
)

// lookAgain is how long files are believed to be as they were: looking at them
// costs two system calls.
const lookAgain = time.Second

// Files is a certificate that the owner has from elsewhere, in two PEM files: the
// certificate with those that lead up to its authority, and its key. When the
// files change they are read again, within a second of the next connection; what
// does not fit leaves the former in use and is said in the log, once. It is safe
// for use from several goroutines.
type Files struct {
	certificate, key string
	log              *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	seen   [2]stamp
	looked time.Time
}

// stamp tells whether a file changed.
type stamp struct {
	changed time.Time
	size    int64
}

// OpenFiles reads both files. It fails with [nvr.ErrInvalid] if they are not a
// certificate and its key. One that has ended is no failure, since a recorder
// that starts again one night has to record: browsers refuse it, and the log says why.
func OpenFiles(certificate, key string, log *slog.Logger) (*Files, error) {
	f := &Files{certificate: certificate, key: key, log: log}
	return f, f.read()
}

// TLS returns what a server needs.
func (f *Files) TLS() *tls.Config {
	return config(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.current(), nil })
}

func (f *Files) current() *tls.Certificate {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := time.Now(); now.Sub(f.looked).Abs() >= lookAgain {
		f.looked = now
		if seen, err := f.look(); err == nil && seen != f.seen {
			if err := f.read(); err != nil {
				f.log.Error("the new certificate can't be used; the former one stays", "err", err)
			}
		}
	}
	return f.pair
}

func (f *Files) look() (seen [2]stamp, err error) {
	for i, path := range []string{f.certificate, f.key} {
		info, err := os.Stat(path)
		if err != nil {
			return seen, err
		}
		seen[i] = stamp{info.ModTime(), info.Size()}
	}
	return seen, nil
}

// read takes the files as they are. They are looked at before they are read, so
// that a change meanwhile is seen the next time.
func (f *Files) read() error {
	seen, err := f.look()
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	f.seen = seen
	pair, err := tls.LoadX509KeyPair(f.certificate, f.key)
	var path *os.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("certificate: %w", err)
	}
	if err != nil {
		return fmt.Errorf("the certificate %s and the key %s: %w: %w", f.certificate, f.key, err, nvr.ErrInvalid)
	}
	if until := pair.Leaf.NotAfter; time.Now().After(until) {
		f.log.Error("the certificate has ended: browsers refuse it until there is a new one", "file", f.certificate, "until", until)
	}
	f.pair = &pair
	return nil
}
