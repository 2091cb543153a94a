package sqlite

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

var (
	//go:embed testdata/0001_note.sql
	one embed.FS
	//go:embed testdata/0001_note.sql testdata/0002_color.sql
	two embed.FS
	//go:embed testdata/0001_note.sql testdata/0002_color.sql testdata/0003_broken.sql
	broken embed.FS
	//go:embed testdata/0001_note.sql testdata/0003_broken.sql
	misnumbered embed.FS
)

func openDB(t *testing.T, path string, migrations embed.FS) *DB {
	t.Helper()
	db, err := Open(t.Context(), path, migrations)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func exec(t *testing.T, db *DB, query string, args ...any) error {
	t.Helper()
	return db.Update(t.Context(), func(tx *Tx) error {
		_, err := tx.ExecContext(t.Context(), query, args...)
		return err
	})
}

func query[T any](t *testing.T, db *DB, q string) (v T) {
	t.Helper()
	if err := db.Reader().QueryRowContext(t.Context(), q).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPragmas(t *testing.T) {
	db := openDB(t, filepath.Join(t.TempDir(), "a b%20?#ü.db"), one)
	want := map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000", "cache_size": "-1024", "trusted_schema": "0",
	}
	check := func(tx *Tx, readOnly string) error {
		want["query_only"] = readOnly
		for name, value := range want {
			var got string
			if err := tx.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&got); err != nil {
				return err
			}
			if got != value {
				t.Errorf("%s is %s, want %s", name, got, value)
			}
		}
		return nil
	}
	if err := db.Update(t.Context(), func(tx *Tx) error { return check(tx, "0") }); err != nil {
		t.Fatal(err)
	}
	// Every reading connection at once, one inside of the other.
	var nest func(n int) error
	nest = func(n int) error {
		return db.View(t.Context(), func(tx *Tx) error {
			if err := check(tx, "1"); err != nil || n == 1 {
				return err
			}
			return nest(n - 1)
		})
	}
	if err := nest(readers); err != nil {
		t.Fatal(err)
	}
	err := db.View(t.Context(), func(tx *Tx) error {
		_, err := tx.ExecContext(t.Context(), `INSERT INTO author (name) VALUES ('x')`)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "readonly") {
		t.Errorf("writing in a View is %v", err)
	}
}

func TestConstraints(t *testing.T) {
	db := openDB(t, filepath.Join(t.TempDir(), "x.db"), one)
	if err := exec(t, db, `INSERT INTO author (id, name) VALUES (1, 'a')`); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		query              string
		unique, constraint bool
	}{
		{`INSERT INTO author (name) VALUES ('a')`, true, true},
		{`INSERT INTO author (id, name) VALUES (1, 'b')`, true, true},
		{`INSERT INTO note (author_id, text) VALUES (9, 'x')`, false, true},
		{`INSERT INTO note (author_id, text) VALUES (1, '')`, false, true},
		{`INSERT INTO note (author_id, text) VALUES (1, NULL)`, false, true},
		{`INSERT INTO note (author_id, text) VALUES ('x', 'y')`, false, true}, // STRICT
		{`INSERT INTO nowhere VALUES (1)`, false, false},
	} {
		err := exec(t, db, c.query)
		if err == nil || IsUnique(err) != c.unique || IsConstraint(err) != c.constraint {
			t.Errorf("%s: %v, unique %v, constraint %v", c.query, err, IsUnique(err), IsConstraint(err))
		}
		if wrapped := fmt.Errorf("note: %w", err); IsUnique(wrapped) != c.unique || IsConstraint(wrapped) != c.constraint {
			t.Errorf("%s: wrapping hides its kind", c.query)
		}
	}
	if IsUnique(nil) || IsConstraint(nil) || IsConstraint(context.Canceled) {
		t.Error("what is not of the database is a violation of it")
	}
}

func TestAll(t *testing.T) {
	db := openDB(t, filepath.Join(t.TempDir(), "x.db"), one)
	if err := exec(t, db, `INSERT INTO author (name) VALUES ('a'), ('b'), ('c')`); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	names := func(q, refuse string) ([]string, error) {
		return All(t.Context(), db.Reader(), func(row Row) (name string, err error) {
			if err = row.Scan(&name); name == refuse {
				err = refused
			}
			return name, err
		}, q)
	}
	const ordered = `SELECT name FROM author ORDER BY name`
	for _, c := range []struct {
		query, refuse string
		want          []string
		fails         bool
	}{
		{ordered, "", []string{"a", "b", "c"}, false},
		{ordered, "b", []string{"a"}, true},
		{`SELECT name FROM author WHERE name = 'd'`, "", nil, false},
		{`SELECT name FROM nowhere`, "", nil, true},
		{`SELECT CASE name WHEN 'c' THEN json(name) ELSE name END FROM author ORDER BY name`, "", []string{"a", "b"}, true}, // half-way
	} {
		got, err := names(c.query, c.refuse)
		if !slices.Equal(got, c.want) || (err != nil) != c.fails || c.refuse != "" && !errors.Is(err, refused) {
			t.Errorf("%s: %q, %v, want %q", c.query, got, err, c.want)
		}
	}
}

func TestUpdateRollsBack(t *testing.T) {
	db := openDB(t, filepath.Join(t.TempDir(), "x.db"), one)
	stop := errors.New("stop")
	err := db.Update(t.Context(), func(tx *Tx) error {
		if _, err := tx.ExecContext(t.Context(), `INSERT INTO author (name) VALUES ('a')`); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) || query[int](t, db, `SELECT count(*) FROM author`) != 0 {
		t.Errorf("%v; %d rows were kept", err, query[int](t, db, `SELECT count(*) FROM author`))
	}
}

// A View is of one moment while another handle writes on.
func TestViewIsOneMoment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db, other := openDB(t, path, one), openDB(t, path, one)
	err := db.View(t.Context(), func(tx *Tx) error {
		for i := range 5 {
			var n int
			if err := tx.QueryRowContext(t.Context(), `SELECT count(*) FROM author`).Scan(&n); err != nil {
				return err
			}
			if n != 0 {
				t.Errorf("the view sees %d rows that were written after it began", n)
			}
			if err := exec(t, other, `INSERT INTO author (name) VALUES (?)`, i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := query[int](t, db, `SELECT count(*) FROM author`); n != 5 {
		t.Errorf("%d rows, want 5", n)
	}
}

// Two handles write in turn; none of them fails or loses anything.
func TestTwoWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	handles := [2]*DB{openDB(t, path, one), openDB(t, path, one)}
	var group sync.WaitGroup
	for h, db := range handles {
		group.Go(func() {
			for i := range 50 {
				err := db.Update(t.Context(), func(tx *Tx) error {
					var n int
					if err := tx.QueryRowContext(t.Context(), `SELECT count(*) FROM author`).Scan(&n); err != nil {
						return err
					}
					_, err := tx.ExecContext(t.Context(), `INSERT INTO author (id, name) VALUES (?, ?)`, n+1, fmt.Sprint(h, i))
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n := query[int](t, handles[0], `SELECT max(id) FROM author`); n != 100 {
		t.Errorf("the last of 100 rows is %d", n)
	}
}

func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db := openDB(t, path, one)
	if err := exec(t, db, `INSERT INTO author (id, name) VALUES (1, 'a'); INSERT INTO note (author_id, text) VALUES (1, 'hello')`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if !Behind(t.Context(), path, two) || Behind(t.Context(), path, one) || Behind(t.Context(), path+"x", two) {
		t.Error("which programs would migrate it is not known")
	}
	if _, err := os.Stat(path + "x"); err == nil {
		t.Error("looking made a database")
	}
	db = openDB(t, path, two)
	if text, color := query[string](t, db, `SELECT text FROM note`), query[string](t, db, `SELECT color FROM note`); text != "hello!" || color != "white" {
		t.Errorf("the note is %q, %q", text, color)
	}
	before := openDB(t, path+".before-0002", one)
	if got := query[string](t, before, `SELECT text FROM note`); got != "hello" {
		t.Errorf("the backup says %q", got)
	}
	if i, err := os.Stat(path + ".before-0002"); err != nil || i.Mode().Perm()&0o007 != 0 {
		t.Errorf("everybody may read the backup: %v, %v", i.Mode(), err)
	}
	db.Close()
	if _, err := Open(t.Context(), path, one); err == nil || !strings.Contains(err.Error(), "use a newer program") {
		t.Errorf("opening it with an older program is %v", err)
	}
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "y.db"), misnumbered); err == nil || !strings.Contains(err.Error(), "should have number 0002") {
		t.Errorf("a missing migration is %v", err)
	}
	// A migration that fails leaves the database as it was, twice.
	for range 2 {
		if _, err := Open(t.Context(), path, broken); !IsConstraint(err) {
			t.Errorf("a failing migration is %v", err)
		}
		if _, err := os.Stat(path + ".before-0003"); err != nil {
			t.Error(err)
		}
	}
	db = openDB(t, path, two)
	if n := query[int](t, db, `SELECT count(*) FROM pragma_table_info('note')`); n != 4 || query[string](t, db, `SELECT text FROM note`) != "hello!" {
		t.Errorf("a failed migration left %d columns", n)
	}
}
