package agency

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"

	"nvrd/federation/response"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Bounds of a mailbox.
const (
	maxKept = 4 << 10 // pieces that are looked at in one visit: 1 GiB
	maxList = 1 << 20 // bytes of the list of them
)

// Collect takes what sponsors keep for this agency into the inbox. A piece leaves the
// mailbox when it is on this disk. The same piece at two sponsors is taken once.
func (a *Agency) Collect(ctx context.Context) ([]Visit, error) {
	have := map[wire.Hash]bool{}
	return a.visit(ctx, func(ctx context.Context, g gateway) error { return a.empty(ctx, g, have) })
}

// empty takes what one sponsor keeps. What is wrong with a piece leaves the others.
func (a *Agency) empty(ctx context.Context, g gateway, have map[wire.Hash]bool) error {
	b, err := g.ask(ctx, http.MethodGet, "/v1/mailbox", nil, maxList)
	if err != nil {
		return err
	}
	var list struct {
		Pieces []string `json:"pieces"`
	}
	if err := parse(b, &list); err != nil {
		return err
	}
	var bad error
	for _, text := range list.Pieces[:min(len(list.Pieces), maxKept)] {
		b, err := hex.DecodeString(text)
		if err != nil || len(b) != len(wire.Hash{}) {
			return errors.Join(bad, errAnswer)
		}
		hash := wire.Hash(b)
		if !have[hash] {
			err = a.fetch(ctx, g, hash)
			have[hash] = err == nil
		}
		if err == nil {
			err = g.drop(ctx, hash)
		}
		if bad = errors.Join(bad, err); err != nil && !errors.Is(err, nvr.ErrInvalid) {
			return bad // the others would fail, too
		}
	}
	return bad
}

// fetch takes in one piece.
func (a *Agency) fetch(ctx context.Context, g gateway, hash wire.Hash) error {
	b, err := g.ask(ctx, http.MethodGet, "/v1/mailbox/"+hash.String(), nil, response.PieceLen)
	if err != nil {
		return err
	}
	if sha256.Sum256(b) != hash {
		return fmt.Errorf("piece %s was changed or cut short on the way: %w", hash, nvr.ErrInvalid)
	}
	_, err = a.Take(ctx, b)
	return err
}

// drop has a piece deleted that is on this disk; one that is gone may be.
func (g gateway) drop(ctx context.Context, hash wire.Hash) error {
	_, err := g.ask(ctx, http.MethodDelete, "/v1/mailbox/"+hash.String(), nil, 0)
	if errors.Is(err, errStranger) {
		return nil
	}
	return err
}
