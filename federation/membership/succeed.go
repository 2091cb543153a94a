package membership

import (
	"errors"
	"fmt"

	"nvrd/federation/roster"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// succeedable returns why nobody can take the place of an author key that is
// lost: nvr.ErrNotFound for one that was never let in, or that left by itself;
// nvr.ErrExists if somebody has; nvr.ErrInvalid while it holds a seat (R10).
func succeedable(s *roster.State, lost wire.Key) error {
	was := s.Members[lost]
	if was == nil || was.Left {
		return fmt.Errorf("whose machine and paper are lost: %w", nvr.ErrNotFound)
	}
	if heir, ok := s.Heirs()[lost]; ok {
		return fmt.Errorf("%s was let in anew already: %w", s.Members[heir].Card.Name, nvr.ErrExists)
	}
	if _, sits := s.SeatOf(lost); sits {
		return fmt.Errorf("%w: %s holds a seat, and who holds one can't be put out; the other stewards have to take it away by a vote first", nvr.ErrInvalid, was.Card.Name)
	}
	return nil
}

// succeed lets in whom a card names in the place of an author key that is lost,
// which is put out unless it is: both are on disk, or neither. m.mu is held.
//
// AnswerUsed is what no later knock changes: the place is taken, or this home
// holds no seat any more, and no other knows whose place it is.
func (m *Membership) succeed(card wire.Signed, lost wire.Key) (wire.Answer, []byte, error) {
	s := m.home.State()
	if _, sits := m.sits(); !sits {
		return wire.AnswerUsed, nil, nil
	}
	head, err := m.deed()
	if err != nil {
		return 0, nil, err
	}
	sat := s.Sat(lost, head.Minute) // it was given a seat meanwhile, or lost it in this minute
	taken := succeedable(s, lost)
	switch {
	case sat:
		return wire.AnswerLater, nil, nil
	case errors.Is(taken, nvr.ErrExists), errors.Is(taken, nvr.ErrNotFound):
		return wire.AnswerUsed, nil, nil
	case taken != nil:
		return 0, nil, taken
	}
	var deeds []wire.Signed
	if !s.Members[lost].Out {
		revoke, err := wire.Sign(wire.Revoke{Head: head, Who: lost, Cut: head.Minute}, m.keys.Seat)
		if err != nil {
			return 0, nil, invalid(err)
		}
		deeds = append(deeds, revoke)
		head.Prev = []wire.Hash{revoke.ID} // so nobody holds the admission without it
	}
	admit, err := m.signAdmit(head, card, lost)
	if err != nil {
		return 0, nil, err
	}
	return wire.AnswerYes, admit.Raw, m.hold(append(deeds, admit)...)
}
