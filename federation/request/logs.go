package request

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"

	"nvrd/federation/request/area"
	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
)

// Enough is how many homes have to have seen a checkpoint for it to be verified:
// more than two that know each other. Once so many have, others cosign no more.
const Enough = 3

// Admitted is an agency as the charter names it.
type Admitted struct {
	wire.Agency
	Cells     []wire.Cell // of the neighborhood, as far as this agency is concerned
	Suspended bool        // nothing more of it is taken or passed on
}

func (a Admitted) same(o Admitted) bool {
	return a.Suspended == o.Suspended && slices.Equal(a.Jurisdiction, o.Jurisdiction) && slices.Equal(a.Cells, o.Cells)
}

// terms are those of an agency. One whose jurisdiction is no area may ask nowhere.
func (a Admitted) terms() Terms {
	town, _ := area.NewJurisdiction(a.Jurisdiction) // then nothing lies within
	return Terms{Agency: a.Key, Jurisdiction: town, Cells: a.Cells}
}

// Logs are the logs of all agencies of a neighborhood, as one home follows them.
// They are not safe for concurrent use.
type Logs struct {
	home      ed25519.PrivateKey // cosigns; nil for a home that does not
	cosigners map[wire.Key]struct{}
	admitted  map[wire.Key]Admitted
	logs      map[wire.Key]*Log
	gathered  int // bytes of texts that wait at links for the rest of a log

	hour   wire.Minute
	judged int // how often in that hour all was judged since neighbors told a text
}

// NewLogs returns those of a home that cosigns with a key, or does not without.
func NewLogs(home ed25519.PrivateKey) *Logs {
	return &Logs{home: home, admitted: map[wire.Key]Admitted{}, logs: map[wire.Key]*Log{}}
}

// Change is what has to be written down of a log, beside its checkpoint and the
// proof of fraud: entries from a place on, some of which may be as before.
type Change struct {
	Agency wire.Key
	From   int
	News   bool // neighbors are to hear of it at once
}

// Rule takes in what the charter says, and the cosigning keys of members. It tells
// what is judged anew by that, and whether an agency is new.
func (s *Logs) Rule(agencies []Admitted, cosigners []wire.Key) (changes []Change, more bool) {
	s.cosigners = make(map[wire.Key]struct{}, len(cosigners))
	for _, k := range cosigners {
		s.cosigners[k] = struct{}{}
	}
	for _, a := range agencies {
		was, ok := s.admitted[a.Key]
		s.admitted[a.Key] = a
		switch l := s.logs[a.Key]; {
		case l == nil:
			s.logs[a.Key] = NewLog(a.terms(), s.cosigns)
			more = true
		case !ok || !was.same(a):
			l.Rule(a.terms())
			changes = append(changes, Change{Agency: a.Key})
			more = more || was.Suspended && !a.Suspended
		}
	}
	return changes, more
}

func (s *Logs) cosigns(key wire.Key) bool {
	_, ok := s.cosigners[key]
	return ok
}

// Load takes up a log that was written down, of an agency that need not be admitted
// any longer. An error says that it is damaged. Now is not asked, since what is on disk
// is not early.
func (s *Logs) Load(agency wire.Key, note, fraud []byte, entries []Entry) error {
	a, ok := s.admitted[agency]
	if !ok {
		a = Admitted{Agency: wire.Agency{Key: agency}, Suspended: true}
	}
	l := NewLog(a.terms(), s.cosigns)
	if len(fraud) > 0 {
		f, err := tlog.OpenFraud(fraud)
		if err != nil {
			return fmt.Errorf("proof of fraud: %w", err)
		}
		defer func() { _, _ = l.Convict(f) }() // it convicts
	}
	s.logs[agency] = l
	if len(note) == 0 {
		return nil
	}
	got, err := l.Offer(note, entries, ^wire.Minute(0)-Ahead)
	if err == nil && got != Extended {
		err = fmt.Errorf("%w: what was written down is %v", wire.ErrMalformed, got)
	}
	if err != nil {
		return fmt.Errorf("log of an agency: %w", err)
	}
	return nil
}

// Log returns the log of an agency that the charter names, or nil.
func (s *Logs) Log(agency wire.Key) *Log { return s.logs[agency] }

// follows returns the log of an agency of which more is taken.
func (s *Logs) follows(agency wire.Key) *Log {
	if a, ok := s.admitted[agency]; !ok || a.Suspended {
		return nil
	}
	return s.logs[agency]
}

// Agencies returns the keys of those that are followed, ascending.
func (s *Logs) Agencies() (keys []wire.Key) {
	for key, a := range s.admitted {
		if !a.Suspended {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b wire.Key) int { return bytes.Compare(a[:], b[:]) })
	return keys
}

// Offer takes a checkpoint of an agency with entries from a place on, from whoever
// brings them, and cosigns it if few homes have. Those that are here already have to
// be the same; all of a log that is another one convict the agency. Of an agency that
// is not followed it is Suspended. Errors are those of [Log.Offer].
func (s *Logs) Offer(agency wire.Key, note []byte, from int, more []Entry, now wire.Minute) (Outcome, []Change, error) {
	l := s.follows(agency)
	if l == nil {
		return Suspended, nil, nil
	}
	size, before := l.Size(), l.note
	if from > size {
		return Wanting, nil, nil
	}
	here := l.entries[from:min(size, from+len(more))]
	same := slices.EqualFunc(here, more[:len(here)], func(a, b Entry) bool { return a.ID == b.ID })
	is, err := Diverged, error(nil)
	switch {
	case same && len(more) == len(here) && bytes.Equal(note, before) && l.fraud == nil:
		return Known, nil, nil // as it mostly is, and checking signatures takes a while
	case same:
		is, err = l.Offer(note, more[len(here):], now)
	}
	if is == Diverged && from == 0 {
		if is, err = l.Compare(note, ids(more)); is == Wanting || err != nil { // not all of it
			is, err = Diverged, nil
		}
	}
	c := Change{Agency: agency, From: size, News: true}
	switch is {
	case Extended:
		s.cosign(l, now)
	case Cosigned:
		s.cosign(l, now)
		seen, _ := tlog.Cosigners(before, l.terms.Agency, l.known) // it was read before
		c.News = len(seen) < Enough                                // others are told when next they ask
	case Convicted:
	default:
		return is, nil, err
	}
	return is, []Change{c}, err
}

// Compare is that of [Log.Compare].
func (s *Logs) Compare(agency wire.Key, note []byte, all []wire.Hash) (Outcome, []Change, error) {
	l := s.follows(agency)
	if l == nil {
		return Suspended, nil, nil
	}
	is, err := l.Compare(note, all)
	if is == Convicted {
		return is, []Change{{Agency: agency, From: l.Size(), News: true}}, err
	}
	return is, nil, err
}

// Convict takes a proof that an agency showed two logs. One of an agency that is not
// followed is nothing to this home.
func (s *Logs) Convict(proof []byte) ([]Change, error) {
	f, err := tlog.OpenFraud(proof)
	if err != nil {
		return nil, err
	}
	l := s.follows(f.Agency)
	if l == nil {
		return nil, nil
	}
	if is, err := l.Convict(f); is != Convicted {
		return nil, err
	}
	return []Change{{Agency: f.Agency, From: l.Size(), News: true}}, nil
}

// Tell takes texts of entries; see [Log.Tell].
func (s *Logs) Tell(agency wire.Key, texts [][]byte, now wire.Minute) ([]Change, error) {
	l := s.follows(agency)
	if l == nil {
		return nil, nil
	}
	told, err := l.Tell(texts, now)
	if told == 0 {
		return nil, err
	}
	s.judged++
	return []Change{{Agency: agency}}, err
}

// judges tells whether all may be judged once more in this hour.
func (s *Logs) judges(now wire.Minute) bool {
	if hour := now / 60; hour != s.hour {
		s.hour, s.judged = hour, 0
	}
	return s.judged < MaxTold
}

// cosign adds this home's cosignature while few have.
func (s *Logs) cosign(l *Log, now wire.Minute) {
	if s.home != nil && len(l.Cosigners()) < Enough {
		_, _ = l.Cosign(s.home, now) // the checkpoint was read before
	}
}

// print tells how far a log is.
func (l *Log) print(agency wire.Key) wire.LogPrint {
	return wire.LogPrint{Agency: agency, Size: uint32(l.Size()), Print: wire.PrintOf(l.note), Fraud: l.fraud != nil}
}
