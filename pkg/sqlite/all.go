package sqlite

import (
	"context"
	"database/sql"
)

// Querier is a pool of connections or a transaction.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Row is a row of a query's answer.
type Row interface{ Scan(into ...any) error }

// All returns what scan makes of each row of a query, in their order. With an
// error, of the query, of scan or half-way, it returns what came before that.
func All[T any](ctx context.Context, from Querier, scan func(Row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}
