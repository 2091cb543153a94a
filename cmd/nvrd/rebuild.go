package main

import (
	"context"
	"fmt"
	"time"

	"nvrd/pkg/datadir"
	"nvrd/pkg/nvr"
)

func rebuild(ctx context.Context, c *call) (err error) {
	f := c.flags()
	data := dataFlag(f)
	if err := c.parse(f); err != nil {
		return err
	}
	start := time.Now()
	made, old, err := datadir.Rebuild(ctx, *data, newProgress(c.err, "rebuilding").tell, c.logger())
	if err != nil {
		return err
	}
	for _, u := range made.Unreadable {
		if _, err := fmt.Fprintf(c.out, "%s  %s: %s\n", u.Kind, u.Path, u.Found); err != nil {
			return err
		}
	}
	took := time.Since(start)
	_, err = fmt.Fprintf(c.out, "%d segments (%d bytes) from %d files in %s\n", made.Segments, made.Bytes, made.Files, took.Round(time.Millisecond))
	if err == nil && old != "" {
		_, err = fmt.Fprintf(c.out, "the old catalog is %s\n", old)
	}
	if n := len(made.Unreadable); err == nil && n > 0 {
		err = fmt.Errorf("%d files could not be read; `nvrd check --repair` moves them to quarantine: %w", n, nvr.ErrDamaged)
	}
	return err
}
