package catalog

import (
	"embed"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// dumps hold a database of each schema that was released, as it was then.
//
//go:embed testdata/*_dump.sql
var dumps embed.FS

// schema returns the text of everything in a database's schema.
func schema(t *testing.T, c *Catalog) map[string]string {
	t.Helper()
	rows, err := c.db.Reader().QueryContext(t.Context(), `SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			t.Fatal(err)
		}
		all[name] = text
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	old, err := sqlite.Open(t.Context(), path, dumps)
	if err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if diff := cmp.Diff(schema(t, newCatalog(t)), schema(t, c)); diff != "" {
		t.Errorf("the upgraded schema is not that of a new catalog, -new +upgraded:\n%s", diff)
	}
	var broken string
	if err := c.db.Reader().QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&broken); err != nil || broken != "ok" {
		t.Errorf("integrity: %s, %v", broken, err)
	}

	from := nvr.Time(1763800000000000)
	segments, err := c.Segments(t.Context(), porch, nvr.Span{From: from, To: from.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if len(segments) != 2 || segments[0].ID != 2 || segments[0].Bytes != 200_700 || len(segments[0].Fragments) != 1 || segments[1].Sealed {
		t.Errorf("segments %+v", segments)
	}
	got, err := c.StocksWithOldest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []nvr.Stock{
		{Stream: porch, Directory: 1, Segments: 1, Bytes: 200_700, Duration: time.Minute, Oldest: from.Add(time.Minute)},
		{Stream: nvr.StreamID{Camera: 1, Quality: nvr.Sub}, Directory: 1, Segments: 1, Bytes: 50_650, Duration: time.Minute, Oldest: from.Add(time.Second / 2)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stock, -want +got:\n%s", diff)
	}
	garbage, err := c.Garbage(t.Context(), 10)
	if err != nil || len(garbage) != 1 || garbage[0].ID != 1 {
		t.Errorf("garbage %+v, %v", garbage, err)
	}
}
