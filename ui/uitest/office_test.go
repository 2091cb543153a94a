package uitest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"nvrd/pkg/sqlite"
)

// kept serves every row of every table of a database, as JSON by the tables' names.
func kept(t *testing.T, path string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all, err := tables(r.Context(), path)
		if err == nil {
			err = json.NewEncoder(w).Encode(all)
		}
		if err != nil {
			t.Errorf("read %s: %v", path, err)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func tables(ctx context.Context, path string) (map[string][]json.RawMessage, error) {
	db, err := sqlite.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	text := func(row sqlite.Row) (s string, err error) { return s, row.Scan(&s) }
	names, err := sqlite.All(ctx, db.Reader(), text, `SELECT name FROM sqlite_schema WHERE type = 'table'`)
	if err != nil {
		return nil, err
	}
	all := map[string][]json.RawMessage{}
	for _, name := range names {
		columns, err := sqlite.All(ctx, db.Reader(), text, `SELECT name FROM pragma_table_info(?)`, name)
		if err != nil {
			return nil, err
		}
		list := ""
		for _, c := range columns {
			list += `, quote("` + c + `")`
		}
		rows, err := sqlite.All(ctx, db.Reader(), text, `SELECT json_array('row'`+list+`) FROM "`+name+`"`)
		if err != nil {
			return nil, err
		}
		all[name] = []json.RawMessage{}
		for _, row := range rows {
			all[name] = append(all[name], json.RawMessage(row))
		}
	}
	return all, nil
}
