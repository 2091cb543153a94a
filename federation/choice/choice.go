// Package choice keeps what the owner of a home decided about requests: what the
// cameras see, what is not wanted, what was put aside, what was handed over. It
// also finds out at home whether a camera has what is asked for.
//
// Nobody else learns any of it. So nothing that a neighbor could tell the effect of
// may know it: of all of federation only federation/api imports this package, for
// the owner, and it reaches no network (both are tests in cmd/nvrd).
//
// What was decided lies in choices.db, which is made when the owner first decides
// something. What a method wrote is on disk when it returns; a crash or a full disk
// leaves what was before. What is deleted is overwritten in the database's files.
package choice

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Choices are the decisions of one home. They are safe for use from several
// goroutines and processes.
type Choices struct {
	path string
	mu   sync.Mutex
	db   *sqlite.DB // nil as long as nothing was decided
}

// New returns the decisions in a data directory. What is wrong with their file is
// told by who asks for them: a home records without.
func New(dir string) *Choices { return &Choices{path: filepath.Join(dir, "choices.db")} }

// Close closes them. They are opened again by who asks.
func (c *Choices) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.db == nil {
		return nil
	}
	db := c.db
	c.db = nil
	return db.Close()
}

// there returns the database, or nil if nothing was decided yet.
func (c *Choices) there(ctx context.Context) (*sqlite.DB, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.db != nil {
		return c.db, nil
	}
	if _, err := os.Stat(c.path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return c.open(ctx)
}

func (c *Choices) made(ctx context.Context) (*sqlite.DB, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.db != nil {
		return c.db, nil
	}
	return c.open(ctx)
}

func (c *Choices) open(ctx context.Context) (db *sqlite.DB, err error) {
	if db, err = sqlite.OpenShredding(ctx, c.path, migrations); err == nil {
		c.db = db
	}
	return db, err
}

// add writes down what was decided.
func (c *Choices) add(ctx context.Context, what string, f func(tx *sqlite.Tx) error) error {
	db, err := c.made(ctx)
	if err == nil {
		err = db.Update(ctx, f)
	}
	switch {
	case err == nil:
		return nil
	case sqlite.IsUnique(err):
		err = nvr.ErrExists
	case sqlite.IsConstraint(err):
		err = fmt.Errorf("%w: %w", nvr.ErrInvalid, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// remove is add for what also deletes something, which is gone when it returns.
// Where nothing was ever decided there is nothing to delete.
func (c *Choices) remove(ctx context.Context, what string, f func(tx *sqlite.Tx) error) error {
	db, err := c.there(ctx)
	if db == nil {
		return err
	}
	if err := c.add(ctx, what, f); err != nil {
		return err
	}
	if err := db.Shred(ctx); err != nil {
		return fmt.Errorf("%s: it is deleted, but not yet overwritten: %w", what, err)
	}
	return nil
}

// read returns what scan makes of each row; nothing where nothing was decided.
func read[T any](ctx context.Context, c *Choices, scan func(sqlite.Row) (T, error), query string, args ...any) ([]T, error) {
	db, err := c.there(ctx)
	if db == nil {
		return nil, err
	}
	return sqlite.All(ctx, db.Reader(), scan, query, args...)
}

// into scans bytes of a fixed length.
type into struct{ b []byte }

// Scan takes a blob of just that length.
func (i into) Scan(v any) error {
	b, ok := v.([]byte)
	if !ok || len(b) != len(i.b) {
		return fmt.Errorf("%T of another length than %d bytes", v, len(i.b))
	}
	copy(i.b, b)
	return nil
}
