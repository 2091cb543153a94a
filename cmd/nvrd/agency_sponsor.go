package main

import (
	"context"
	"errors"
	"fmt"

	"nvrd/federation/agency"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

func agencySponsorAdd(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	text := f.String("sponsor", "", "what the sponsor's owner gave you, STOOP-SPONSOR:…")
	if err := c.parse(f, "sponsor"); err != nil {
		return err
	}
	s, err := wire.ParseSponsor(*text)
	if err != nil {
		return fmt.Errorf("--sponsor: %w: %w", nvr.ErrInvalid, err)
	}
	return withAgency(ctx, *dir, func(a *agency.Agency) error {
		if err := a.AddSponsor(ctx, s); err != nil {
			return err
		}
		fmt.Fprintf(c.out, "%s is a sponsor\n", s.Host())
		return submit(ctx, c, a)
	})
}

func agencySponsorList(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	if err := c.parse(f); err != nil {
		return err
	}
	return withAgency(ctx, *dir, func(a *agency.Agency) error {
		all, err := a.Sponsors(ctx)
		for _, s := range all {
			fmt.Fprintln(c.out, s.Host())
		}
		return err
	})
}

func agencySponsorRemove(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	host := f.String("sponsor", "", "host of the sponsor, as it is listed")
	if err := c.parse(f, "sponsor"); err != nil {
		return err
	}
	return withAgency(ctx, *dir, func(a *agency.Agency) error { return a.RemoveSponsor(ctx, *host) })
}

func agencySubmit(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	if err := c.parse(f); err != nil {
		return err
	}
	return withAgency(ctx, *dir, func(a *agency.Agency) error {
		all, err := a.Sponsors(ctx)
		if err == nil && len(all) == 0 {
			err = fmt.Errorf("there is no sponsor; add what one gave you with `nvrd agency sponsor add`: %w", nvr.ErrNotFound)
		}
		if err != nil {
			return err
		}
		return submit(ctx, c, a)
	})
}

// submit gives the log to the sponsors, if there are any.
func submit(ctx context.Context, c *call, a *agency.Agency) error {
	visits, err := a.Submit(ctx)
	return errors.Join(err, visited(c, visits, "has the log"))
}

// errAlone is of sponsors of which none could be asked; what is wrong was said.
var errAlone = errors.New("no sponsor could be reached; try again with `nvrd agency submit`, or `inbox`")

// visited says how it went with each sponsor. It fails if there are some, and it went
// well with none.
func visited(c *call, visits []agency.Visit, well string) error {
	good := len(visits) == 0
	for _, v := range visits {
		if v.Err == nil {
			good = true
			if well != "" {
				fmt.Fprintf(c.err, "%s %s\n", v.Sponsor.Host(), well)
			}
			continue
		}
		fmt.Fprintf(c.err, "%s: %v\n", v.Sponsor.Host(), v.Err)
	}
	if !good {
		return errAlone
	}
	return nil
}
