package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	neighborhood "nvrd/federation/api"
	"nvrd/pkg/durable"
	"nvrd/pkg/nvr"
)

// What a sponsor does: it tells neighbors what an agency publishes, and keeps for it
// what they answer.

func neighborhoodSponsor(ctx context.Context, c *call) error {
	r, f, name := inNeighborhood(c)
	agency := f.String("agency", "", "its title or key")
	poll := f.String("poll", "", "where its log is on the web, https://…, if it does not submit what it publishes")
	stop := f.Bool("stop", false, "be its sponsor no longer")
	if err := c.parse(f, "agency"); err != nil {
		return err
	}
	of, err := r.one(ctx, *name)
	if err != nil {
		return err
	}
	path := "/" + of.Name + "/sponsored/" + url.PathEscape(*agency)
	if *stop {
		return r.ask(ctx, http.MethodDelete, path, nil, nil)
	}
	var s neighborhood.Sponsored
	if err := r.ask(ctx, http.MethodPut, path, map[string]string{"poll": *poll}, &s); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "This home is a sponsor of %s.\n", s.Title)
	if s.Text == "" {
		fmt.Fprintln(c.out, "It can't be reached by agencies yet: `nvrd neighborhood gateway` opens it to them.")
		return nil
	}
	_, err = fmt.Fprintf(c.out, "Give this to the agency:\n%s\n", s.Text)
	return err
}

func neighborhoodGateway(ctx context.Context, c *call) error {
	r, f := runningFlags(c)
	var g neighborhood.Gateway
	f.StringVar(&g.Listen, "gateway", "", "address and port that agencies reach, such as :8443; a router has to forward it")
	f.StringVar(&g.URL, "url", "", "what they reach that by, such as https://home.example:8443")
	stop := f.Bool("stop", false, "let no agency reach this home")
	if err := c.parse(f); err != nil {
		return err
	}
	if !*stop && (g.Listen == "" || g.URL == "") {
		return fmt.Errorf("give --gateway and --url, or --stop: %w", nvr.ErrInvalid)
	}
	if *stop {
		g = neighborhood.Gateway{}
	}
	return r.ask(ctx, http.MethodPut, "/gateway", g, nil)
}

// neighborhoodRecord writes down what an agency published, as this home has it.
func neighborhoodRecord(ctx context.Context, c *call) error {
	r, f, name := inNeighborhood(c)
	agency := f.String("agency", "", "its title or key")
	out := f.String("out", "", "file to write, which `nvrd agency verify` reads")
	if err := c.parse(f, "agency", "out"); err != nil {
		return err
	}
	of, err := r.one(ctx, *name)
	if err != nil {
		return err
	}
	var b []byte
	if err := r.ask(ctx, http.MethodGet, "/"+of.Name+"/agencies/"+url.PathEscape(*agency)+"/record", nil, &b); err != nil {
		return err
	}
	return durable.Replace(*out, 0o644, durable.Bytes(b))
}

func neighborhoodRequests(ctx context.Context, c *call) error {
	all, printed, err := listOf[neighborhood.Request](ctx, c, "requests")
	if printed || err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(c.out, "Nobody asked for anything.")
	}
	for _, q := range all {
		where := ""
		if !q.Here {
			where = ", elsewhere"
		}
		fmt.Fprintf(c.out, "%s, case %s: %s, %s to %s (%s%s, seen by %d homes)\n  %s\n", q.Agency, q.Case, q.Incident, q.From, q.To, q.State, where, q.SeenBy, oneLine(q.Text))
	}
	return nil
}
