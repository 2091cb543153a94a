package agency

import (
	"context"
	"fmt"

	"nvrd/federation/response"
	"nvrd/federation/wire"
	"nvrd/pkg/sqlite"
)

// Rotate makes a new key to which homes seal what they hand over, and publishes it.
// Older ones stay for what is under way. Errors are those of [Agency.Ask].
func (a *Agency) Rotate(ctx context.Context) (signed wire.Signed, err error) {
	err = a.db.Update(ctx, func(tx *sqlite.Tx) error {
		signed, err = a.rotate(ctx, tx)
		return err
	})
	if err != nil {
		return wire.Signed{}, fmt.Errorf("publish: %w", err)
	}
	return signed, nil
}

func (a *Agency) rotate(ctx context.Context, tx *sqlite.Tx) (wire.Signed, error) {
	identity := response.NewIdentity()
	signed, err := a.add(ctx, tx, nil, func(h wire.AgencyHead) wire.Body {
		return wire.Recipient{Head: h, Recipient: identity.Recipient()}
	})
	if err == nil {
		_, err = tx.ExecContext(ctx, `INSERT INTO identity (position, secret) SELECT position, ? FROM publication WHERE id = ?`, identity.Secret(), signed.ID[:])
	}
	return signed, err
}

// Identities returns the keys that open what homes handed over, the newest first.
func (a *Agency) Identities(ctx context.Context) ([]response.Identity, error) {
	all, err := identities(ctx, a.db.Reader())
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	return all, nil
}

func identities(ctx context.Context, from sqlite.Querier) ([]response.Identity, error) {
	return sqlite.All(ctx, from, func(row sqlite.Row) (response.Identity, error) {
		var secret string
		if err := row.Scan(&secret); err != nil {
			return response.Identity{}, err
		}
		return response.ParseIdentity(secret)
	}, `SELECT secret FROM identity ORDER BY position DESC`)
}
