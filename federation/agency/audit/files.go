package audit

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"nvrd/pkg/nvr"
)

// Dir is a log in a directory. Nothing outside of it is read.
type Dir struct{ root *os.Root }

// OpenDir opens one.
func OpenDir(path string) (Dir, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return Dir{}, fmt.Errorf("%w: %w", nvr.ErrNotFound, err)
	}
	return Dir{root}, nil
}

// Close closes it.
func (d Dir) Close() error { return d.root.Close() }

// Read reads a file; see [Files].
func (d Dir) Read(path string, most int64) ([]byte, error) {
	f, err := d.root.Open(filepath.FromSlash(path))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return upTo(f, most)
}

func upTo(r io.Reader, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("%w: more than %d bytes", nvr.ErrTooLarge, most)
	}
	return b, err
}

// Web is a log on the web.
type Web struct {
	ctx    context.Context
	client *http.Client
	base   string
}

// NewWeb returns the log at an address, which begins with https:// or http://.
func NewWeb(ctx context.Context, base string) Web {
	return Web{ctx, &http.Client{Timeout: time.Minute, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: atOnce}}, strings.TrimSuffix(base, "/")}
}

// Read fetches a file; see [Files].
func (w Web) Read(path string, most int64) ([]byte, error) {
	q, err := http.NewRequestWithContext(w.ctx, http.MethodGet, w.base+"/"+path, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", nvr.ErrInvalid, err)
	}
	r, err := w.client.Do(q)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	switch r.StatusCode {
	case http.StatusOK:
		return upTo(r.Body, most)
	case http.StatusNotFound, http.StatusGone:
		return nil, fs.ErrNotExist
	}
	return nil, fmt.Errorf("the server answers %s", http.StatusText(r.StatusCode))
}

// MaxArchive is how long an archive may be: 50,000 entries of the longest texts.
const MaxArchive = 256 << 20

// Archive is a log in one file.
type Archive struct {
	paths []string
	files map[string][]byte

	mu   sync.Mutex
	read map[string]bool
}

// OpenArchive reads one, which is written as [Write] does, to the byte:
// nvr.ErrDamaged if it is not.
func OpenArchive(b []byte) (*Archive, error) {
	a := &Archive{files: map[string][]byte{}, read: map[string]bool{}}
	for r := tar.NewReader(bytes.NewReader(b)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && h.Format != tar.FormatUSTAR {
			err = errors.New("packed by another program") // which may say that a small file is large
		}
		var file []byte
		if err == nil {
			file, err = upTo(r, int64(len(b)))
		}
		if err != nil {
			return nil, fmt.Errorf("%w: it is no archive of a log, or not whole: %w", nvr.ErrDamaged, err)
		}
		if _, twice := a.files[h.Name]; twice {
			return nil, damaged(h.Name, errors.New("it is there twice"))
		}
		a.files[h.Name] = file
		a.paths = append(a.paths, h.Name)
	}
	again := &comparer{rest: b}
	err := Write(again, func(yield func(string, []byte) bool) {
		for _, path := range a.paths {
			if !yield(path, a.files[path]) {
				return
			}
		}
	})
	if err == nil && len(again.rest) > 0 {
		err = errDiffers
	}
	if err != nil {
		return nil, fmt.Errorf("%w: byte %d of the archive was changed, or it was cut short or packed by another program", nvr.ErrDamaged, len(b)-len(again.rest))
	}
	return a, nil
}

// Read returns a file; see [Files].
func (a *Archive) Read(path string, most int64) ([]byte, error) {
	b, ok := a.files[path]
	if !ok {
		return nil, fs.ErrNotExist
	}
	a.mu.Lock()
	a.read[path] = true
	a.mu.Unlock()
	return upTo(bytes.NewReader(b), most)
}

// unread returns the first file that nobody asked for, if there is one.
func (a *Archive) unread() string {
	for _, path := range a.paths {
		if !a.read[path] {
			return path
		}
	}
	return ""
}

// Write writes files into one: a tar (POSIX 1003.1-1988, ustar), without owner or time.
func Write(w io.Writer, files iter.Seq2[string, []byte]) error {
	to := tar.NewWriter(w)
	for path, b := range files {
		if err := to.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: path, Mode: 0o644, Size: int64(len(b)), ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}); err != nil {
			return err
		}
		if _, err := to.Write(b); err != nil {
			return err
		}
	}
	return to.Close()
}

// comparer takes what is written if it is what is there.
type comparer struct{ rest []byte }

var errDiffers = errors.New("it differs")

func (c *comparer) Write(b []byte) (int, error) {
	same := 0
	for same < len(b) && same < len(c.rest) && b[same] == c.rest[same] {
		same++
	}
	c.rest = c.rest[same:]
	if same < len(b) {
		return same, errDiffers
	}
	return same, nil
}
