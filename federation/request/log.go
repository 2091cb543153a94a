package request

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"

	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
)

// MaxEntries is how long a log may become: twenty a day for seven years. One that
// is longer is not followed any further.
const MaxEntries = 50_000

// Entry is one place in an agency's log.
type Entry struct {
	ID      wire.Hash
	Text    wire.Signed // without a Body where the text is not here: it was withheld, or breaks a rule
	Verdict Verdict     // 0 without a text
	Why     error       // what area.Check says of a BadArea
}

// Log is what a home holds of one agency: all ids, the texts of what keeps the
// rules, and the newest checkpoint with the cosignatures of homes that saw it. It
// never goes back: what a home has seen in a log stays in it, or the agency is
// convicted. It is not safe for concurrent use.
type Log struct {
	terms   Terms
	known   func(wire.Key) bool // the cosigning keys of members
	judge   *Judge
	tree    tlog.Tree
	entries []Entry
	note    []byte // the checkpoint of all entries; nil before the first
	fraud   *tlog.Fraud
	refused map[wire.Hash]struct{} // texts that were told and broke a rule, since one last kept them
}

// NewLog returns the log of an agency, of which nothing is known yet. Known tells
// whose cosignatures count.
func NewLog(t Terms, known func(wire.Key) bool) *Log {
	return &Log{terms: t, known: known, judge: NewJudge(t), refused: map[wire.Hash]struct{}{}}
}

// Outcome is what became of a checkpoint that was offered.
type Outcome uint8

// The outcomes.
const (
	Known     Outcome = iota + 1 // nothing in it is new
	Cosigned                     // more homes have seen it
	Extended                     // entries are new
	Wanting                      // entries are missing before it: to be asked for from Size on
	Diverged                     // its entries are not those that follow here: the whole log is to be asked for, see Compare
	Waiting                      // an entry is of a minute to come: to be offered again
	Convicted                    // the agency showed two logs: Fraud proves it
	Suspended                    // it did before, and nothing of it is taken
)

func (o Outcome) String() string {
	return [...]string{"none", "known", "cosigned", "extended", "wanting", "diverged", "waiting", "convicted", "suspended"}[o]
}

// Offer takes a checkpoint, and of the entries that it has more than this home
// those that follow, each with its text where the other side has it. Errors are
// the kinds of federation/wire, and the fault of whoever offers.
func (l *Log) Offer(note []byte, more []Entry, now wire.Minute) (Outcome, error) {
	c, err := l.open(note)
	switch {
	case err != nil:
		return 0, err
	case l.fraud != nil:
		return Suspended, nil
	case c.Size <= l.tree.Size():
		return l.earlier(c, note)
	case int64(len(more)) != c.Size-l.tree.Size():
		return Wanting, nil
	}
	tree := l.tree.Append(ids(more)...)
	if tree.Root() != c.Root {
		return Diverged, nil
	}
	if err := l.read(more); err != nil {
		return 0, err
	}
	if slices.ContainsFunc(more, func(e Entry) bool { return e.early(now) }) {
		return Waiting, nil
	}
	note, err = tlog.Merge(note, note, l.terms.Agency, l.known) // what strangers wrote on it goes no further
	if err != nil {
		return 0, err
	}
	for i := range more {
		more[i].judge(l.judge)
		if v := more[i].Verdict; v != 0 && !v.OK() {
			l.refused[more[i].ID] = struct{}{}
		}
	}
	l.tree, l.note = tree, note
	l.entries = append(l.entries, more...)
	return Extended, nil
}

// open reads a checkpoint of the agency, of a log that is not too long.
func (l *Log) open(note []byte) (tlog.Checkpoint, error) {
	c, err := tlog.Open(note, l.terms.Agency)
	if err == nil && c.Size > MaxEntries {
		err = fmt.Errorf("%w: a log of %d entries, of at most %d", wire.ErrTooLarge, c.Size, MaxEntries)
	}
	return c, err
}

// earlier takes a checkpoint of no more entries than are here.
func (l *Log) earlier(c tlog.Checkpoint, note []byte) (Outcome, error) {
	if l.tree.At(c.Size).Root() != c.Root {
		return l.convict(note, l.tree), nil
	}
	if c.Size < l.tree.Size() || l.note == nil {
		return Known, nil
	}
	merged, err := tlog.Merge(l.note, note, l.terms.Agency, l.known)
	if err != nil || bytes.Equal(merged, l.note) {
		return Known, err
	}
	l.note = merged
	return Cosigned, nil
}

// Compare takes a checkpoint with all of its entries' ids, after Diverged. Either
// they prove that the agency showed two logs, or whoever offers them said what is
// not so, which is an error.
func (l *Log) Compare(note []byte, all []wire.Hash) (Outcome, error) {
	c, err := l.open(note)
	switch {
	case err != nil:
		return 0, err
	case l.fraud != nil:
		return Suspended, nil
	case int64(len(all)) != c.Size: // before anything is hashed
		return 0, fmt.Errorf("%w: %d ids of %d", wire.ErrRange, len(all), c.Size)
	}
	tree := (tlog.Tree{}).Append(all...)
	if tree.Root() != c.Root {
		return 0, fmt.Errorf("%w: these entries are not those of the checkpoint", wire.ErrSignature)
	}
	if c.Size <= l.tree.Size() {
		return l.Offer(note, nil, 0)
	}
	if tree.At(l.tree.Size()).Root() == l.tree.Root() {
		return Wanting, nil
	}
	return l.convict(note, tree), nil
}

func (l *Log) convict(note []byte, tree tlog.Tree) Outcome {
	f, ok := tlog.Split(l.note, note, l.terms.Agency, tree)
	if !ok {
		return Known // not of two checkpoints that the agency signed
	}
	l.fraud = &f
	return Convicted
}

// Convict takes a proof that somebody else found.
func (l *Log) Convict(f tlog.Fraud) (Outcome, error) {
	switch {
	case f.Agency != l.terms.Agency:
		return 0, fmt.Errorf("%w: a proof about another agency", wire.ErrRange)
	case l.fraud != nil:
		return Suspended, nil
	}
	if err := f.Verify(); err != nil {
		return 0, err
	}
	l.fraud = &f
	return Convicted, nil
}

// Tell takes texts of entries that were here without. It returns how many are new:
// of a minute to come none is yet, nor what broke a rule when it was told before and
// nothing changed since, so that nobody can have all judged again and again.
func (l *Log) Tell(texts [][]byte, now wire.Minute) (told int, err error) {
	offered := map[wire.Hash]wire.Signed{}
	for _, text := range texts {
		n, bad := wire.Open(text)
		if bad != nil {
			err = errors.Join(err, bad)
			continue
		}
		if _, again := l.refused[n.ID]; !again && !(Entry{Text: n}).early(now) {
			offered[n.ID] = n
		}
	}
	var taken []int
	for i, e := range l.entries {
		if n, ok := offered[e.ID]; ok && e.Text.Body == nil {
			l.entries[i].Text = n
			taken = append(taken, i)
		}
	}
	if len(taken) == 0 {
		return 0, err
	}
	l.judgeAll()
	if slices.ContainsFunc(taken, func(i int) bool { return l.entries[i].Verdict.OK() }) {
		clear(l.refused) // what comes after may be judged otherwise now
		return len(taken), err
	}
	for _, i := range taken {
		l.refused[l.entries[i].ID] = struct{}{}
	}
	return len(taken), err
}

// Lacking returns ids of entries whose text is not here, the newest, and might be
// taken if it came.
func (l *Log) Lacking(most int) (ids []wire.Hash) {
	for i := len(l.entries) - 1; i >= 0 && len(ids) < most; i-- {
		e := l.entries[i]
		if _, refused := l.refused[e.ID]; e.Text.Body == nil && !refused {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// Rule judges all anew, under other terms. Of what broke a rule the text is not
// here: it keeps its verdict until it is told again.
func (l *Log) Rule(t Terms) {
	l.terms = t
	clear(l.refused)
	l.judgeAll()
}

func (l *Log) judgeAll() {
	l.judge = NewJudge(l.terms)
	for i := range l.entries {
		l.entries[i].judge(l.judge)
	}
}

// Cosign adds this home's cosignature to the newest checkpoint, all of which it
// has: at least so many entries as it ever cosigned. It returns false if there is
// nothing to cosign.
func (l *Log) Cosign(home ed25519.PrivateKey, now wire.Minute) (bool, error) {
	if l.note == nil || l.fraud != nil {
		return false, nil
	}
	note, err := tlog.Cosign(l.note, l.terms.Agency, home, now)
	if err == nil {
		note, err = tlog.Merge(l.note, note, l.terms.Agency, l.known)
	}
	if err != nil {
		return false, err
	}
	changed := !bytes.Equal(note, l.note)
	l.note = note
	return changed, nil
}

// Size returns how many entries are here.
func (l *Log) Size() int { return len(l.entries) }

// Entries returns what follows the first entries, for who has those. What is
// returned must not be changed.
func (l *Log) Entries(from int) []Entry { return l.entries[min(max(from, 0), len(l.entries)):] }

// Note returns the newest checkpoint with its cosignatures; nil if there is none.
func (l *Log) Note() []byte { return l.note }

// Cosigners returns the homes that have seen the newest checkpoint.
func (l *Log) Cosigners() []tlog.Cosigner {
	if l.note == nil {
		return nil
	}
	all, _ := tlog.Cosigners(l.note, l.terms.Agency, l.known) // it was read before
	return all
}

// Recipient returns to whom homes seal what they hand to the agency: the newest that
// is here and keeps the rules.
func (l *Log) Recipient() (wire.Recipient, bool) {
	for _, e := range slices.Backward(l.entries) {
		if r, ok := e.Text.Body.(wire.Recipient); ok {
			return r, true
		}
	}
	return wire.Recipient{}, false
}

// Fraud returns the proof that the agency showed two logs, if there is one.
func (l *Log) Fraud() (tlog.Fraud, bool) {
	if l.fraud == nil {
		return tlog.Fraud{}, false
	}
	return *l.fraud, true
}

// read reads the texts of entries that came from somebody else.
func (l *Log) read(more []Entry) error {
	for i, e := range more {
		more[i] = Entry{ID: e.ID} // what the other side thinks of it is its business
		if e.Text.Raw == nil {
			continue
		}
		n, err := wire.Open(e.Text.Raw)
		if err != nil {
			return err
		}
		if n.ID != e.ID {
			return fmt.Errorf("%w: a text of another entry", wire.ErrRange)
		}
		more[i].Text = n
	}
	return nil
}

// judge has an entry judged. The text of what breaks a rule is kept by nobody.
func (e *Entry) judge(j *Judge) {
	if e.Text.Body == nil {
		return
	}
	e.Verdict, e.Why = j.Judge(e.Text)
	if !e.Verdict.OK() {
		e.Text = wire.Signed{}
	}
}

// early tells of what says that it was written in a minute to come.
func (e Entry) early(now wire.Minute) bool {
	n, ok := e.Text.Body.(wire.Publication)
	return ok && int64(n.Agency().Minute) > int64(now)+int64(Ahead)
}

func ids(all []Entry) []wire.Hash {
	ids := make([]wire.Hash, len(all))
	for i, e := range all {
		ids[i] = e.ID
	}
	return ids
}
