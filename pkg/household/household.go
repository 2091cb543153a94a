// Package household keeps home.db: which cameras the home has, how to reach
// them, and who is signed in. It is small and precious: footage can be indexed
// again from its files, this cannot. Passwords in it are sealed under a key
// that lives in a file beside it.
//
// It does not talk to cameras (pkg/camera does) nor decide who may do what
// (pkg/auth does).
package household

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"nvrd/pkg/durable"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// DB is the home's database. It is safe for use from several goroutines and
// from several processes, such as the command line beside a running recorder.
// What a method wrote is on disk when it returns.
type DB struct {
	db   *sqlite.DB
	seal sealer
	uuid [16]byte
	copy [16]byte

	mu       sync.Mutex
	watchers map[chan struct{}]struct{}
}

// Open opens home.db and secret.key in dir, and makes what is not there: the
// directory, the database, a random key. A key that is not the one of the
// database gives [nvr.ErrDamaged].
func Open(ctx context.Context, dir string) (*DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the household: %w", err)
	}
	seal, err := openKey(dir)
	if err != nil {
		return nil, err
	}
	db, err := sqlite.Open(ctx, filepath.Join(dir, "home.db"), migrations)
	if err != nil {
		return nil, err
	}
	h := &DB{db: db, seal: seal, watchers: make(map[chan struct{}]struct{})}
	if err := h.openHome(ctx, dir); err != nil {
		db.Close()
		return nil, err
	}
	return h, nil
}

// Behind tells whether Open would bring the home.db in dir to a newer form, as
// far as that can be read. It changes nothing.
func Behind(ctx context.Context, dir string) bool {
	return sqlite.Behind(ctx, filepath.Join(dir, "home.db"), migrations)
}

// Close closes the database. Watchers should be canceled first.
func (h *DB) Close() error { return h.db.Close() }

// UUID returns the random number of this home, which never changes (RFC 9562,
// version 4). Footage directories carry it.
func (h *DB) UUID() [16]byte { return h.uuid }

// Copy returns the random number of this copy of the home (RFC 9562, version 4).
// It stays when the directory of home.db is renamed, and is another one when
// that was copied, or moved to another file system, which looks the same. Footage
// directories that are written to carry it.
func (h *DB) Copy() [16]byte { return h.copy }

const useKeyCheck = "key check"

// openHome reads the row of this home, or makes it in a new database.
func (h *DB) openHome(ctx context.Context, dir string) error {
	return h.db.Update(ctx, func(tx *sqlite.Tx) error {
		var uuid, check []byte
		err := tx.QueryRowContext(ctx, `SELECT uuid, key_check_sealed FROM home`).Scan(&uuid, &check)
		if errors.Is(err, sql.ErrNoRows) {
			h.uuid = NewUUID()
			_, err = tx.ExecContext(ctx, `INSERT INTO home (id, uuid, created_us, key_check_sealed) VALUES (1, ?, ?, ?)`,
				h.uuid[:], int64(nvr.Now()), h.seal.seal("", useKeyCheck))
		} else if err == nil {
			copy(h.uuid[:], uuid)
			if _, err := h.seal.open(check, useKeyCheck); err != nil {
				return fmt.Errorf("%s is not the key that home.db was sealed with; put back the one from the same backup: %w",
					filepath.Join(dir, keyFile), nvr.ErrDamaged)
			}
		}
		if err != nil {
			return fmt.Errorf("open the household: %w", err)
		}
		return h.openCopy(ctx, tx, dir)
	})
}

// openCopy finds out which copy of the home this is.
func (h *DB) openCopy(ctx context.Context, tx *sqlite.Tx, dir string) error {
	birth, err := durable.Birth(dir)
	if err != nil {
		return fmt.Errorf("open the household: %w", err)
	}
	var made string
	var number []byte
	err = tx.QueryRowContext(ctx, `SELECT birth, copy FROM home`).Scan(&made, &number)
	if err == nil && made == birth && len(number) == len(h.copy) {
		h.copy = [16]byte(number)
		return nil
	}
	if err == nil {
		h.copy = NewUUID()
		_, err = tx.ExecContext(ctx, `UPDATE home SET (copy, birth) = (?, ?)`, h.copy[:], birth)
	}
	if err != nil {
		return fmt.Errorf("open the household: %w", err)
	}
	return nil
}

// NewUUID returns a random number (RFC 9562, version 4).
func NewUUID() (u [16]byte) {
	rand.Read(u[:]) // never fails
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return u
}
