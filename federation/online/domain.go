package online

import (
	"context"
	"fmt"

	"nvrd/federation/domain"
	"nvrd/federation/membership"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// ProveDomain asks the domain that an agency's card names whether it is that agency's
// own, see [domain.Prove]. Only the homes of stewards ask: others get
// nvr.ErrForbidden.
func (o *Online) ProveDomain(ctx context.Context, m *membership.Membership, card wire.Agency) error {
	if !m.Steward() {
		return fmt.Errorf("ask a domain: only stewards may do this: %w", nvr.ErrForbidden)
	}
	return domain.Prove(ctx, card)
}
