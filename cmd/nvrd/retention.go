package main

import (
	"context"
	"log/slog"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
	"nvrd/pkg/retention"
)

// keeper returns what removes footage as the household says, after having
// completed what an earlier one began.
func (s *store) keeper(ctx context.Context, log *slog.Logger) (*retention.Keeper, error) {
	err := s.catalog.Update(ctx, func(tx catalog.Tx) error { // so that each that is there has its row
		for _, d := range s.places.There() {
			if _, err := tx.Directory(d.ID(), d.Path()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return retention.Open(ctx, retention.Config{
		Catalog: s.catalog,
		Directories: func() map[nvr.DirectoryID]*footage.Directory {
			there, _, err := s.directories(context.Background())
			if err != nil {
				log.Warn("footage directories cannot be read", "err", err)
			}
			return there
		},
		Policy: s.home.Retention,
		Clock:  retention.MachineClock,
		Log:    log,
	})
}
