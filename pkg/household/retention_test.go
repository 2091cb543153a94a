package household

import (
	"embed"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

func TestRetention(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	check := func(want nvr.Retention) {
		t.Helper()
		got, err := h.Retention(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("retention, -want +got:\n%s", diff)
		}
	}
	want := nvr.DefaultRetention()
	check(want)
	if err := want.Check(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	for range 2 { // a first row, and a changed one
		want.FreeBytes++
		want.MaxBytes, want.SpareYoung = 5<<30, !want.SpareYoung
		want.Rules[nvr.Motion] = nvr.Rule{MinAge: time.Hour + time.Duration(want.FreeBytes)*time.Microsecond, MaxAge: 48 * time.Hour, Share: 7}
		got, err := h.ChangeRetention(t.Context(), func(r *nvr.Retention) { *r = want })
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("changed, -want +got:\n%s", diff)
		}
		check(want)
	}
	for name, change := range map[string]func(*nvr.Retention){
		"inside out": func(r *nvr.Retention) { r.Rules[nvr.Ring] = nvr.Rule{MinAge: 2 * time.Hour, MaxAge: time.Hour} },
		"negative":   func(r *nvr.Retention) { r.MaxBytes = -1 },
		"forever":    func(r *nvr.Retention) { r.Rules[0].MinAge = 1 << 62 },
		"percent":    func(r *nvr.Retention) { r.FreePercent = 91 },
		"share":      func(r *nvr.Retention) { r.Rules[nvr.Motion].Share = 101 },
	} {
		if _, err := h.ChangeRetention(t.Context(), change); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	check(want)
	h.Close()
	h = open(t, dir)
	check(want)
}

// dumps hold a database of each schema that was released, as it was then.
//
//go:embed testdata/*_dump.sql
var dumps embed.FS

func schema(t *testing.T, db *sqlite.DB) map[string]string {
	t.Helper()
	rows, err := db.Reader().QueryContext(t.Context(), `SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema`)
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
	path := filepath.Join(t.TempDir(), "home.db")
	old, err := sqlite.Open(t.Context(), path, dumps)
	if err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), path, migrations)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if diff := cmp.Diff(schema(t, open(t, t.TempDir()).db), schema(t, db)); diff != "" {
		t.Errorf("the upgraded schema is not that of a new home, -new +upgraded:\n%s", diff)
	}
	var broken string
	if err := db.Reader().QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&broken); err != nil || broken != "ok" {
		t.Errorf("integrity: %s, %v", broken, err)
	}
	h := &DB{db: db}
	cameras, err := h.Cameras(t.Context())
	if err != nil || len(cameras) != 2 || cameras[0].ID != 3 || cameras[1].ID != 4 {
		t.Errorf("cameras %+v, %v", cameras, err)
	}
	if policy, err := h.Retention(t.Context()); err != nil || policy.FreePercent != 3 || !policy.SpareYoung {
		t.Errorf("retention %+v, %v", policy, err)
	}
	if r, err := h.Recording(t.Context(), 3); err != nil || !cmp.Equal(r, nvr.DefaultRecording()) {
		t.Errorf("of a camera that was there before there were modes, %+v is recorded: %v", r, err)
	}
}
