package main

import (
	"context"
	"fmt"

	"nvrd/pkg/datadir"
)

func storageAdd(ctx context.Context, c *call) error {
	f := c.flags()
	data := dataFlag(f)
	path := f.String("path", "", "absolute path of the directory")
	first := f.Bool("first", false, "footage goes there before all others")
	if err := c.parse(f, "path"); err != nil {
		return err
	}
	preferred, at, err := datadir.AddPlace(ctx, *data, *path, *first)
	if err != nil {
		return err
	}
	if preferred == at {
		_, err = fmt.Fprintf(c.out, "footage goes to %s from its next segment on, within a minute or so\n", at)
	} else {
		_, err = fmt.Fprintf(c.out, "footage goes to %s when %s does not take it\n", at, preferred)
	}
	return err
}

func storageRemove(ctx context.Context, c *call) error {
	f := c.flags()
	data := dataFlag(f)
	path := f.String("path", "", "absolute path of the directory")
	if err := c.parse(f, "path"); err != nil {
		return err
	}
	at, err := datadir.RemovePlace(ctx, *data, *path)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "nothing more is written to %s; what is there can be watched as long as it is there, and goes when its time comes\n", at)
	return err
}
