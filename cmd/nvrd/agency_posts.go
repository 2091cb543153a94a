package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"nvrd/federation/agency"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// agencyPosts lists what neighbors opened to the agency.
func agencyPosts(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	if err := c.parse(f); err != nil {
		return err
	}
	return withAgency(ctx, *dir, func(a *agency.Agency) error {
		all, visits, err := a.Posts(ctx)
		if err != nil {
			return err
		}
		for _, p := range all {
			// What a neighbor wrote is shown on lines of its own, and can't look like another post.
			fmt.Fprintf(c.out, "%s  %s\n    %s\n", p.ID, p.Minute.UTC().Format("2006-01-02 15:04 UTC"), strings.Join(strings.Fields(p.Happened+" "+p.Person+" "+p.Place), " "))
		}
		return visited(c, visits, "")
	})
}

func agencyReply(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	post := f.String("post", "", "id of the post, as `nvrd agency posts` lists it")
	text := f.String("text", "", "what all are to read")
	if err := c.parse(f, "post", "text"); err != nil {
		return err
	}
	id, err := hex.DecodeString(*post)
	if err != nil || len(id) != len(wire.Hash{}) {
		return fmt.Errorf("--post: %q is no id; `nvrd agency posts` lists them: %w", *post, nvr.ErrInvalid)
	}
	return withAgency(ctx, *dir, func(a *agency.Agency) error {
		s, err := a.Reply(ctx, wire.Hash(id), *text)
		return published(ctx, c, a, s, err)
	})
}
