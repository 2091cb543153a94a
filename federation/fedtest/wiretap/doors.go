package wiretap

import (
	"encoding/binary"
	"errors"
	"slices"

	"nvrd/federation/wire"
)

func (r *reader) knock(b []byte) error {
	if len(b) < 32 {
		return wire.ErrMalformed
	}
	at := Knock{wire.Hash(b[:32]), b[32:]}
	r.tell(b, at)
	for _, s := range r.secrets {
		if k, err := wire.OpenKnock(at.Sealed, s); err == nil {
			r.tell(k.Card, k)
			if err := r.object(k.Card); err != nil || len(k.Follow) == 0 {
				return err
			}
			return r.object(k.Follow)
		}
	}
	return errSealed
}

func (r *reader) hold(b []byte) error {
	if len(b) != 32+4 {
		return wire.ErrMalformed
	}
	r.tell(b, Hold{wire.Hash(b[:32]), wire.Minute(binary.BigEndian.Uint32(b[32:]))})
	return nil
}

func (r *reader) door(b []byte) error {
	d, err := wire.ReadDoor(b)
	if err == nil {
		r.tell(b, d)
	}
	return err
}

func (r *reader) welcome(b []byte) error {
	for _, s := range r.secrets {
		w, err := wire.OpenWelcome(b, s)
		if err != nil {
			continue
		}
		r.tell(slices.Concat(w.Genesis, w.Admit), w)
		if w.Answer != wire.AnswerYes {
			return nil
		}
		return errors.Join(r.object(w.Genesis), r.object(w.Admit))
	}
	return errSealed
}

func (r *reader) report(b []byte) error {
	for _, key := range r.seals {
		if is, err := wire.OpenReport(b, key); err == nil {
			r.tell(b, is)
			return nil
		}
	}
	return errSealed
}
