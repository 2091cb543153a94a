package main

import (
	"context"
	"log/slog"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
	"nvrd/pkg/retention"
)

// place returns the row id of the footage directory.
func (s *store) place(ctx context.Context) (id nvr.DirectoryID, err error) {
	err = s.catalog.Update(ctx, func(tx catalog.Tx) (err error) {
		id, err = tx.Directory(s.directory.ID(), s.directory.Path())
		return err
	})
	return id, err
}

// keeper returns what removes footage as the household says, after having
// completed what an earlier one began.
func (s *store) keeper(ctx context.Context, log *slog.Logger) (*retention.Keeper, error) {
	id, err := s.place(ctx)
	if err != nil {
		return nil, err
	}
	directories := map[nvr.DirectoryID]*footage.Directory{id: s.directory}
	return retention.Open(ctx, retention.Config{
		Catalog:     s.catalog,
		Directories: func() map[nvr.DirectoryID]*footage.Directory { return directories },
		Policy:      s.home.Retention,
		Clock:       retention.MachineClock,
		Log:         log,
	})
}
