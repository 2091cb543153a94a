package choice

import (
	"context"
	"fmt"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// MaxCells is how many cells a camera may see: half a mile around, more than any does.
const MaxCells = 64

// Coverage is which cells each camera sees, from the south west.
type Coverage map[nvr.CameraID][]wire.Cell

// Coverage returns what the owner drew. Cameras that were removed are in it as well.
func (c *Choices) Coverage(ctx context.Context) (Coverage, error) {
	seen := Coverage{}
	_, err := read(ctx, c, func(row sqlite.Row) (cell wire.Cell, err error) {
		var camera nvr.CameraID
		err = row.Scan(&camera, &cell.Row, &cell.Col)
		seen[camera] = append(seen[camera], cell)
		return cell, err
	}, `SELECT camera, row, col FROM coverage ORDER BY camera, row, col`)
	if err != nil {
		return nil, fmt.Errorf("what cameras see: %w", err)
	}
	return seen, nil
}

// Cover writes down all that a camera sees, in the place of what was drawn before.
// Errors are [nvr.ErrInvalid] for what is no cell of the grid, and for more than
// [MaxCells].
func (c *Choices) Cover(ctx context.Context, camera nvr.CameraID, cells []wire.Cell) error {
	const what = "what a camera sees"
	if len(cells) > MaxCells {
		return fmt.Errorf("%s: at most %d squares: %w", what, MaxCells, nvr.ErrInvalid)
	}
	if len(cells) > 0 { // it may be the first that is decided
		if _, err := c.made(ctx); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return c.remove(ctx, what, func(tx *sqlite.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM coverage WHERE camera = ?`, camera); err != nil {
			return err
		}
		for _, cell := range cells {
			if _, err := tx.ExecContext(ctx, `INSERT INTO coverage (camera, row, col) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, camera, cell.Row, cell.Col); err != nil {
				return err
			}
		}
		return nil
	})
}
