package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// IsCorrupt tells whether err says that a file is no database, or one whose
// pages contradict each other.
func IsCorrupt(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_CORRUPT || e.Code()&0xff == sqlite3.SQLITE_NOTADB)
}

// full says of what fails for want of room that it does: the driver calls it an error
// of the disk where it is the index of the log that finds none.
func full(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_FULL || e.Code() == sqlite3.SQLITE_IOERR_SHMSIZE) {
		return fmt.Errorf("the disk is full; make room and try again: %w", err)
	}
	return err
}

// QuickCheck reads the whole database, and returns the first thing that is
// wrong with its structure, or the empty string. It takes about a second for
// 100 MB; ctx can end it sooner.
func (db *DB) QuickCheck(ctx context.Context) (string, error) {
	var found string
	if err := db.read.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&found); err != nil {
		return "", fmt.Errorf("quick check: %w", err)
	}
	if found == "ok" {
		return "", nil
	}
	return found, nil
}

// OpenReader opens a database that nobody writes, whatever its schema, and
// does not change it; Update fails.
func OpenReader(path string) (*DB, error) {
	read, err := sql.Open("sqlite", dsn(path, "mode=ro&_pragma=query_only(1)"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	read.SetMaxOpenConns(readers)
	return &DB{write: read, read: read}, nil
}
