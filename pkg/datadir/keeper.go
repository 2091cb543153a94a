package datadir

import (
	"context"
	"log/slog"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
	"nvrd/pkg/retention"
)

// Keeper returns what removes footage as the household says, after having
// completed what an earlier one began: to be called before a recorder looks at
// the files.
func (d *Dir) Keeper(ctx context.Context, clock func() (catalog.Clock, error), log *slog.Logger) (*retention.Keeper, error) {
	err := d.Catalog.Update(ctx, func(tx catalog.Tx) error { // so that each that is there has its row
		for _, at := range d.Places.There() {
			if _, err := tx.Directory(at.ID(), at.Path()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return retention.Open(ctx, retention.Config{
		Catalog: d.Catalog,
		Directories: func() map[nvr.DirectoryID]*footage.Directory {
			there, _, err := d.directories(context.Background())
			if err != nil {
				log.Warn("footage directories cannot be read", "err", err)
			}
			return there
		},
		Policy:  d.Home.Retention,
		Cameras: d.Home.CameraIDs,
		Locks:   d.Home.Locks,
		Clock:   clock,
		Log:     log,
	})
}
