package agency

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"nvrd/federation/agency/audit"
	"nvrd/federation/domain"
	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
	"nvrd/pkg/sqlite"
)

// Published is the log at one moment, as anybody may read it. It must not be
// changed.
type Published struct {
	All   []wire.Signed     // in their order; each has a wire.Publication for a body
	page  []byte            // for people; see Handler
	texts map[string][]byte // by path
	tree  tlog.Tree
	note  []byte
	card  []byte
}

// cardPath is where the agency's domain shows whose it is.
var cardPath = strings.TrimPrefix(domain.Path, "/")

// What changes with the log, beside that.
const (
	checkpoint = tlog.CheckpointPath
	index      = "index.html"
)

// changes tells whether what is at a path is not the same for good.
func changes(path string) bool { return path == checkpoint || path == index || path == cardPath }

// Published returns the log as it is.
func (a *Agency) Published(ctx context.Context) (*Published, error) {
	p := &Published{texts: map[string][]byte{}}
	err := a.db.View(ctx, func(tx *sqlite.Tx) (err error) {
		p.All, err = read(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	for _, s := range p.All {
		p.texts[textPath(s.ID)] = s.Raw
		p.tree = p.tree.Append(s.ID)
	}
	p.note = tlog.Sign(p.tree, a.key)
	card, err := a.Card()
	p.card = []byte(wire.AgencyText(card) + "\n")
	return p, err
}

// Page writes the page for people of an agency that says so of itself, and of its log.
type Page func(w io.Writer, says wire.Agency, log []wire.Signed, now wire.Minute) error

// WithPage returns the same with a page for people, index.html.
func (a *Agency) WithPage(p *Published, page Page) (*Published, error) {
	var b bytes.Buffer
	if err := page(&b, a.Agency, p.All, wire.MinuteOf(a.now())); err != nil {
		return nil, fmt.Errorf("the page: %w", err)
	}
	with := *p
	with.page = b.Bytes()
	return &with, nil
}

// Files returns the paths of all files in which outsiders read the log
// (docs/ref/agency-log.md), and the card, the checkpoint last but for the page: whoever
// writes them in this order never shows a checkpoint of what is not there.
func (p *Published) Files() iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield(cardPath) {
			return
		}
		for _, s := range p.All {
			if !yield(textPath(s.ID)) {
				return
			}
		}
		for t := range tlog.Published(0, p.tree.Size()) {
			if !yield(t.Path()) {
				return
			}
		}
		if yield(checkpoint) && p.page != nil {
			yield(index)
		}
	}
}

// File returns one of them; false if there is none at that path. An old tile that
// was not full is one, too.
func (p *Published) File(path string) ([]byte, bool) {
	switch path {
	case checkpoint:
		return p.note, true
	case index:
		return p.page, p.page != nil
	case cardPath:
		return p.card, true
	}
	if text, ok := p.texts[path]; ok {
		return text, true
	}
	t, err := tlog.ParseTile(path)
	if err != nil {
		return nil, false
	}
	if t.Level != tlog.Entries {
		b, err := p.tree.Tile(t)
		return b, err == nil
	}
	first := t.First()
	if first+int64(t.Width) > p.tree.Size() {
		return nil, false
	}
	ids := make([]wire.Hash, t.Width)
	for i := range ids {
		ids[i] = p.All[first+int64(i)].ID
	}
	return tlog.Bundle(ids), true
}

func textPath(id wire.Hash) string { return "text/" + hex.EncodeToString(id[:]) }

// Export writes all files into a directory that any web server can serve. Those
// that are there are left, but for what changes; what is not yet whole has
// another name.
func (p *Published) Export(dir string) error {
	for path := range p.Files() {
		at := filepath.Join(dir, filepath.FromSlash(path))
		if _, err := os.Stat(at); err == nil && !changes(path) {
			continue
		}
		b, _ := p.File(path)
		if err := put(at, b); err != nil {
			return fmt.Errorf("export the log: %w", err)
		}
	}
	return nil
}

// Archive writes all files but the page into one, which audit.OpenArchive reads.
func (p *Published) Archive(w io.Writer) error {
	err := audit.Write(w, func(yield func(string, []byte) bool) {
		for path := range p.Files() {
			if b, _ := p.File(path); path != index && !yield(path, b) {
				return
			}
		}
	})
	if err != nil {
		return fmt.Errorf("export the log: %w", err)
	}
	return nil
}

// put writes a file whole; what a power cut leaves of one has another name.
func put(at string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil { //nolint:gosec // anybody may read it
		return err
	}
	f, err := os.Create(at + ".new")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(at+".new", at)
}

// Handler serves these files, and the page also at the root, always of the log as it
// is.
func (a *Agency) Handler(page Page) http.Handler {
	current := a.current(page)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{path...}", func(w http.ResponseWriter, r *http.Request) {
		p, err := current(r.Context())
		if err != nil {
			http.Error(w, "The log can't be read now.", http.StatusServiceUnavailable)
			return
		}
		path := r.PathValue("path")
		if path == "" {
			path = index
		}
		b, ok := p.File(path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		header(w.Header(), path)
		_, _ = w.Write(b) // who left does not read it
	})
	return mux
}

// current returns what is served: read anew when the log has grown, with a page that
// is of this minute.
func (a *Agency) current(page Page) func(context.Context) (*Published, error) {
	var mu sync.Mutex
	var last *Published
	var at wire.Minute
	return func(ctx context.Context) (*Published, error) {
		mu.Lock()
		defer mu.Unlock()
		n, err := sqlite.All(ctx, a.db.Reader(), func(row sqlite.Row) (n int, err error) { return n, row.Scan(&n) }, `SELECT count(*) FROM publication`)
		now := wire.MinuteOf(a.now())
		if err != nil || last != nil && len(last.All) == n[0] && at == now {
			return last, err
		}
		p := last
		if p == nil || len(p.All) != n[0] {
			if p, err = a.Published(ctx); err != nil {
				return nil, err
			}
		}
		if p, err = a.WithPage(p, page); err != nil {
			return nil, err
		}
		last, at = p, now
		return p, nil
	}
}

func header(h http.Header, path string) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	if changes(path) {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Cache-Control", "no-store")
	}
	if path == index {
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	}
}
