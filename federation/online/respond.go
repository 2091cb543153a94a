package online

import (
	"cmp"
	"fmt"
	"slices"

	"nvrd/federation/mail"
	"nvrd/federation/membership"
	"nvrd/federation/response"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Respond hands something to the agency or the neighbor who asked, which its owner
// chose and confirmed: it is sealed, cut, and on disk when Respond returns, and from
// then on it is brought to two of the agency's sponsors, or the neighbor's home.
// Request, Words, Media and Until are the caller's; the rest is filled in. A hidden one
// takes the place of parcels that carry nothing, which takes hours; another one goes at
// once, and the homes that pass it on can tell that this one answered something.
//
// The id is the caller's, and the same response is handed over once. Errors are
// nvr.ErrExists for one that was, nvr.ErrNotFound for a request that is not here,
// nvr.ErrInvalid for one that is closed, whose agency published no key to seal for, that
// no home keeps anything for, or for what can't be handed over (the message says what),
// and those of writing to disk.
func (o *Online) Respond(m *membership.Membership, id wire.Salt, r response.Response, hidden bool) error {
	asked, err := m.Request(r.Request)
	if err != nil {
		return err
	}
	now := m.Now()
	switch {
	case !asked.Open(now):
		return fmt.Errorf("%w: this request is closed", nvr.ErrInvalid)
	case asked.Recipient.Recipient == "":
		return fmt.Errorf("%w: the agency has not said to which key it is to be sealed", nvr.ErrInvalid)
	case len(m.Keepers(asked.Asker())) == 0:
		return fmt.Errorf("%w: no home takes in answers for whoever asked now", nvr.ErrInvalid)
	case asked.Asker() == m.Author():
		return fmt.Errorf("%w: this home asked itself", nvr.ErrInvalid)
	}
	r.Agency, r.Case, r.Minute = asked.Asker(), cmp.Or(asked.Request.Case, noCase), now
	sealed, err := response.Seal(asked.Recipient, r)
	if err != nil {
		return fmt.Errorf("%w: %w", nvr.ErrInvalid, err)
	}
	pieces := response.Cut(sealed)
	if hidden && len(pieces) > mail.MaxHidden {
		return fmt.Errorf("%w: only what has at most 4 MiB can wait to be hidden", nvr.ErrInvalid)
	}
	err = o.mail.Give(o.ctx, mail.Response{ID: id, Neighborhood: m.Name(), Asker: asked.Asker(), Minute: now, Hidden: hidden}, pieces)
	if err != nil {
		return err
	}
	o.carry(m)
	return nil
}

// noCase stands for the case in what is answered to neighbors.
const noCase = "neighbor"

// Ask posts a question to neighbors, whose cameras may have seen something: of the
// post, From, To and Cells are the caller's. Errors are those of
// [membership.Membership.Post].
func (o *Online) Ask(m *membership.Membership, p wire.Post, days int) (wire.Hash, error) {
	secrets, err := o.mail.Identities(o.ctx, m.Name())
	if err != nil {
		return wire.Hash{}, err
	}
	if len(secrets) == 0 {
		secrets = []string{response.NewIdentity().Secret()}
		if err := o.mail.AddIdentity(o.ctx, m.Name(), secrets[0]); err != nil {
			return wire.Hash{}, err
		}
	}
	identity, err := response.ParseIdentity(secrets[0])
	if err != nil {
		return wire.Hash{}, err
	}
	p.Recipient, p.Cells = identity.Recipient(), wire.SortCells(p.Cells)
	return m.Post(p, days)
}

// Answer is what a neighbor answered to a question of this home. Who it was is not
// known unless the words say so.
type Answer struct {
	ID wire.Hash // of the response
	response.Response
	pieces []wire.Hash
}

// Answers returns what neighbors answered to this home, as far as it is here whole,
// the newest first. What does not open is left out.
func (o *Online) Answers(m *membership.Membership) (all []Answer, err error) {
	secrets, err := o.mail.Identities(o.ctx, m.Name())
	if err != nil || len(secrets) == 0 {
		return nil, err
	}
	kept, err := o.mail.Kept(o.ctx, m.Author())
	if err != nil {
		return nil, err
	}
	pieces, hashes := map[wire.Hash][]response.Piece{}, map[wire.Hash][]wire.Hash{}
	for _, hash := range kept {
		b, err := o.mail.Piece(o.ctx, m.Author(), hash)
		if err != nil {
			return nil, err
		}
		if p, err := response.ParsePiece(b); err == nil {
			pieces[p.Response], hashes[p.Response] = append(pieces[p.Response], p), append(hashes[p.Response], hash)
		}
	}
	for id, of := range pieces {
		sealed, missing, err := response.Join(of)
		if err != nil || len(missing) > 0 {
			continue
		}
		for _, secret := range secrets {
			identity, err := response.ParseIdentity(secret)
			if err != nil {
				continue
			}
			if r, err := response.Open(identity, sealed); err == nil && r.Agency == m.Author() {
				all = append(all, Answer{id, r, hashes[id]})
				break
			}
		}
	}
	slices.SortFunc(all, func(a, b Answer) int { return cmp.Or(cmp.Compare(b.Minute, a.Minute), wire.Compare(a.ID, b.ID)) })
	return all, nil
}

// Forget forgets what a neighbor answered.
func (o *Online) Forget(m *membership.Membership, a Answer) error {
	for _, hash := range a.pieces {
		if err := o.mail.Drop(o.ctx, m.Author(), hash); err != nil {
			return err
		}
	}
	m.Touch()
	return nil
}

// Responses returns what this home answered, for a month, and what became of it.
func (o *Online) Responses(m *membership.Membership) ([]mail.Response, error) {
	return o.mail.Waiting(o.ctx, m.Name())
}

// Hurry has a hidden response go at once. It returns nvr.ErrNotFound for one that is
// not on its way.
func (o *Online) Hurry(m *membership.Membership, id wire.Salt) error {
	if err := o.mail.Hurry(o.ctx, id); err != nil {
		return err
	}
	o.carry(m)
	return nil
}

// Withdraw takes back what no home has yet; what one has it may have handed on. It
// returns nvr.ErrNotFound for a response that is not on its way.
func (o *Online) Withdraw(m *membership.Membership, id wire.Salt) error {
	if err := o.mail.Withdraw(o.ctx, id); err != nil {
		return err
	}
	o.carry(m)
	return nil
}

// carry tells who has to know that responses are on their way, or are no longer.
func (o *Online) carry(m *membership.Membership) {
	if g := o.galleryOf(m); g != nil {
		g.carrier.poke()
	}
	m.Touch()
}
