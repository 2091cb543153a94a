// Package sqlite opens a database the way this program wants every database:
// one writer, many readers, write-ahead log, full durability of a commit,
// enforced foreign keys. It is the only importer of the driver.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"nvrd/pkg/durable"
)

// DB is a database file with one writing connection and a few reading ones.
// It is safe for use from several goroutines and from several processes.
type DB struct {
	write *sql.DB
	read  *sql.DB
}

// Tx is a transaction; see [DB.Update] and [DB.View].
type Tx = sql.Tx

// readers bounds the reading connections: each costs about 300 kB when used.
const readers = 4

// Open opens the database at path, creating it if need be, and brings its
// schema up to date with migrations, which holds files named NNNN_name.sql.
//
// A migration is applied in a transaction of its own, in the order of its
// number; the number of the last one is kept in PRAGMA user_version. Before an
// existing database is migrated it is copied to path.before-NNNN. A database
// made by a newer program is refused.
//
// Update is durable when it returns: a power cut afterwards loses nothing of
// it (WAL with synchronous=FULL). A crash in the middle leaves the state before.
func Open(ctx context.Context, path string, migrations embed.FS) (*DB, error) {
	return open(ctx, path, migrations, "")
}

// OpenShredding is [Open] for a database from which what is deleted has to be
// gone: its place in the file is overwritten at once, and that in the log by
// [DB.Shred].
func OpenShredding(ctx context.Context, path string, migrations embed.FS) (*DB, error) {
	return open(ctx, path, migrations, "&_pragma=secure_delete(1)")
}

// OpenShrinking is [Open] for a database of large things that come and go: what is
// deleted from it is in none of its files after [DB.Shrink], and what it took is the
// disk's again. Nothing is written over it, so that there is room to delete on a disk
// that is full.
func OpenShrinking(ctx context.Context, path string, migrations embed.FS) (*DB, error) {
	return open(ctx, path, migrations, "&_pragma=secure_delete(FAST)", "&_pragma=auto_vacuum(INCREMENTAL)") // before anything is written
}

func open(ctx context.Context, path string, migrations embed.FS, writing string, first ...string) (*DB, error) {
	if err := create(path); err != nil {
		return nil, err
	}
	write, err := sql.Open("sqlite", dsn(path, "_txlock=immediate"+strings.Join(first, "")+"&_pragma=journal_mode(WAL)"+writing))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	write.SetMaxOpenConns(1)
	write.SetConnMaxLifetime(0)
	if err := migrate(ctx, write, path, migrations); err != nil {
		write.Close()
		return nil, full(err)
	}
	read, err := sql.Open("sqlite", dsn(path, "_pragma=query_only(1)"))
	if err != nil {
		write.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return &DB{write: write, read: read}, nil
}

// create makes sure that there is a file, which not everybody may read; the
// driver would make it readable to all, and its companions take after it.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	return f.Close()
}

// dsn carries the pragmas, so that every connection of the pool has them.
func dsn(path, extra string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	// cache_size in KiB when negative: 1 MiB a connection is enough for the
	// pages of a day view and keeps the whole process small.
	return u.String() + "?_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
		"&_pragma=busy_timeout(10000)&_pragma=cache_size(-1024)&_pragma=trusted_schema(0)&" + extra
}

// Close closes every connection.
func (db *DB) Close() error { return errors.Join(db.read.Close(), db.write.Close()) }

// Update runs f in a write transaction, commits if f returns nil and rolls
// back otherwise. There is one writer at a time.
func (db *DB) Update(ctx context.Context, f func(*Tx) error) error {
	return transact(ctx, db.write, f)
}

// View runs f in a read transaction: everything f reads is of one moment, and
// a writer is not held up by it.
func (db *DB) View(ctx context.Context, f func(*Tx) error) error {
	return transact(ctx, db.read, f)
}

// Shred empties the log into the database: afterwards what was deleted from a
// database of [OpenShredding] is in none of its files. It waits for readers, up
// to the time that every statement waits, and fails if one of them is longer.
func (db *DB) Shred(ctx context.Context) error {
	var busy, frames, moved int
	err := db.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
	if err == nil && busy != 0 {
		err = errors.New("somebody reads")
	}
	if err != nil {
		return fmt.Errorf("empty the log: %w", err)
	}
	return nil
}

// Shrink gives back to the disk what a database of [OpenShrinking] has no use for. It
// waits for readers as [DB.Shred] does.
func (db *DB) Shrink(ctx context.Context) error {
	if _, err := db.write.ExecContext(ctx, "PRAGMA incremental_vacuum"); err != nil {
		return fmt.Errorf("shrink: %w", err)
	}
	return db.Shred(ctx)
}

// Reader returns the pool of reading connections, for single statements.
func (db *DB) Reader() *sql.DB { return db.read }

func transact(ctx context.Context, pool *sql.DB, f func(*Tx) error) error {
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // does nothing after Commit
	if err := f(tx); err != nil {
		return full(err)
	}
	if err := tx.Commit(); err != nil {
		return full(fmt.Errorf("commit: %w", err))
	}
	return nil
}

// IsUnique tells whether err is a violation of a UNIQUE or PRIMARY KEY constraint.
func IsUnique(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) &&
		(e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

func migrate(ctx context.Context, db *sql.DB, path string, migrations embed.FS) error {
	names, err := fs.Glob(migrations, "*/*.sql")
	if err != nil {
		return fmt.Errorf("migrations of %s: %w", path, err)
	}
	sort.Strings(names)
	var have int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	if have > len(names) {
		return fmt.Errorf("open %s: its schema is version %d and this program knows %d: use a newer program", path, have, len(names))
	}
	if 0 < have && have < len(names) {
		if err := backup(ctx, db, path+".before-"+fmt.Sprintf("%04d", have+1)); err != nil {
			return err
		}
	}
	for i, name := range names[have:] {
		number := have + i + 1
		if got, err := strconv.Atoi(filepath.Base(name)[:4]); err != nil || got != number {
			return fmt.Errorf("migration %s: should have number %04d", name, number)
		}
		text, err := migrations.ReadFile(name)
		if err != nil {
			return fmt.Errorf("migration %s: %w", name, err)
		}
		err = transact(ctx, db, func(tx *Tx) error {
			var now int
			if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&now); err != nil {
				return err
			}
			if now >= number { // another process was faster
				return nil
			}
			if _, err := tx.ExecContext(ctx, string(text)); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, "PRAGMA user_version = "+strconv.Itoa(number))
			return err
		})
		if err != nil {
			return fmt.Errorf("migrate %s to version %d: %w", path, number, err)
		}
	}
	return nil
}

// Behind tells whether [Open] would migrate the database at path, as far as
// that can be read. It changes nothing, and makes no database.
func Behind(ctx context.Context, path string, migrations embed.FS) bool {
	names, err := fs.Glob(migrations, "*/*.sql")
	if err != nil {
		return false
	}
	if _, err := os.Stat(path); err != nil {
		return false
	}
	db, err := sql.Open("sqlite", dsn(path, "_pragma=query_only(1)"))
	if err != nil {
		return false
	}
	defer db.Close()
	var have int
	err = db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have)
	return err == nil && 0 < have && have < len(names)
}

// backup copies the database as it is now, durably, for those who may read the
// database; an older copy of that name, which a failed migration may have left,
// is replaced.
func backup(ctx context.Context, db *sql.DB, to string) error {
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("replace backup: %w", err)
	}
	err := create(to) // the driver takes an empty file, and would make one for everybody
	if err == nil {
		_, err = db.ExecContext(ctx, "VACUUM INTO ?", to)
	}
	if err == nil {
		err = errors.Join(durable.Sync(to), durable.Sync(filepath.Dir(to)))
	}
	if err != nil {
		return fmt.Errorf("back up to %s before migrating: %w", to, err)
	}
	return nil
}

// IsConstraint tells whether err says that data does not fit the schema, as
// opposed to a disk or a lock that is in the way.
func IsConstraint(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_CONSTRAINT || e.Code()&0xff == sqlite3.SQLITE_MISMATCH)
}
