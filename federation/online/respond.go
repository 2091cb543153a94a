package online

import (
	"fmt"

	"nvrd/federation/mail"
	"nvrd/federation/membership"
	"nvrd/federation/response"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Respond hands something to the agency that asked, which its owner chose and
// confirmed: it is sealed, cut, and on disk when Respond returns, and from then on it
// is brought to two of the agency's sponsors. Request, Words, Media and Until are the
// caller's; the rest is filled in. A hidden one takes the place of parcels that carry
// nothing, which takes hours; another one goes at once, and the homes that pass it on
// can tell that this one answered something.
//
// It returns the response's name. Errors are nvr.ErrNotFound for a request that is not
// here, nvr.ErrInvalid for one that is closed, whose agency published no key to seal
// for, that no home keeps anything for, or for what can't be handed over (the message
// says what), and those of writing to disk.
func (o *Online) Respond(m *membership.Membership, r response.Response, hidden bool) (id wire.Hash, err error) {
	asked, log, err := m.Request(r.Request)
	if err != nil {
		return id, err
	}
	now := m.Now()
	switch {
	case !asked.Open(now):
		return id, fmt.Errorf("%w: this request is closed", nvr.ErrInvalid)
	case log.Recipient.Recipient == "":
		return id, fmt.Errorf("%w: the agency has not said to which key it is to be sealed", nvr.ErrInvalid)
	case len(m.Keepers(log.Key)) == 0:
		return id, fmt.Errorf("%w: no home takes in answers for this agency now", nvr.ErrInvalid)
	}
	r.Agency, r.Case, r.Minute = log.Key, asked.Request.Case, now
	sealed, err := response.Seal(log.Recipient, r)
	if err != nil {
		return id, fmt.Errorf("%w: %w", nvr.ErrInvalid, err)
	}
	pieces := response.Cut(sealed)
	first, err := response.ParsePiece(pieces[0])
	if err != nil {
		return id, err
	}
	err = o.mail.Give(o.ctx, mail.Response{ID: first.Response, Neighborhood: m.Name(), Asker: log.Key, Minute: now, Hidden: hidden}, pieces)
	if err != nil {
		return id, err
	}
	m.Touch()
	return first.Response, nil
}

// Responses returns what this home answered, for a month, and what became of it.
func (o *Online) Responses(m *membership.Membership) ([]mail.Response, error) {
	return o.mail.Waiting(o.ctx, m.Name())
}

// Hurry has a hidden response go at once. It returns nvr.ErrNotFound for one that is
// not on its way.
func (o *Online) Hurry(m *membership.Membership, id wire.Hash) error {
	if err := o.mail.Hurry(o.ctx, id); err != nil {
		return err
	}
	m.Touch()
	return nil
}

// Withdraw takes back what no home has yet; what one has it may have handed on. It
// returns nvr.ErrNotFound for a response that is not on its way.
func (o *Online) Withdraw(m *membership.Membership, id wire.Hash) error {
	if err := o.mail.Withdraw(o.ctx, id); err != nil {
		return err
	}
	m.Touch()
	return nil
}
