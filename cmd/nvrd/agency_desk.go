package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"nvrd/federation/agency"
	"nvrd/pkg/api"
	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/page/desk"
)

// agencyDesk serves an agency's own pages to this computer alone.
func agencyDesk(ctx context.Context, c *call) error {
	f := c.flags()
	dir := agencyFlag(f)
	listen := f.String("listen", "127.0.0.1:8091", "address on this computer to serve the agency's own pages at")
	if err := c.parse(f); err != nil {
		return err
	}
	return withAgency(ctx, *dir, func(a *agency.Agency) error {
		handler, err := deskHandler(c, a)
		if err != nil {
			return err
		}
		l, err := listenHere(ctx, *listen)
		if err != nil {
			return err
		}
		s := api.Server(handler, c.logger())
		defer context.AfterFunc(ctx, func() { _ = s.Close() })() // what was published is on disk
		fmt.Fprintf(c.out, "The pages of %s are at http://%s/\n", a.Title, l.Addr())
		if err := s.Serve(api.Limit(l)); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
}

// deskHandler is the pages behind the guards. They answer to addresses and localhost
// only: no name that leads here is theirs.
func deskHandler(c *call, a *agency.Agency) (http.Handler, error) {
	pages, err := desk.New(desk.Config{Agency: a, Now: time.Now, Log: c.logger(), Version: version, Source: sourceURL})
	if err != nil {
		return nil, err
	}
	return api.Secure(pages, api.Guards{Names: auth.Names("", nil), Page: pages.Deny, Log: c.logger()}), nil
}

// listenHere listens where only this computer reaches it.
func listenHere(ctx context.Context, listen string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("--listen: %w", err)
	}
	if at, ok := l.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		return nil, errors.Join(fmt.Errorf("--listen: others would reach %s, and ask in the agency's name and read its inbox; listen on 127.0.0.1: %w", l.Addr(), nvr.ErrInvalid), l.Close())
	}
	return l, nil
}
