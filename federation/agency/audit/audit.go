// Package audit is how anybody checks what an agency published, without being in a
// neighborhood, and without trusting whoever they have it from: the files of its log
// (docs/ref/agency-log.md), from a directory, an archive or the web.
package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"nvrd/federation/domain"
	"nvrd/federation/request"
	"nvrd/federation/request/area"
	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Files are those of a log. Read returns one, of at most so many bytes: fs.ErrNotExist
// if there is none at that path. It is called from several goroutines at once.
type Files interface {
	Read(path string, most int64) ([]byte, error)
}

// FraudPath is where a proof of fraud lies beside a log, if somebody found one.
const FraudPath = "fraud"

// Report is what is true of a log, by what the agency signed.
type Report struct {
	Says      wire.Agency // of itself; the rules go by this jurisdiction
	Entries   int
	Withheld  int       // of which the text is not here
	Broken    []Refused // that break a rule: no home passes them on
	Cosigners int       // how many keys say that they are homes' which saw this log
	Fraud     bool      // the agency showed two logs, and this proves it
}

// Refused is an entry that breaks a rule.
type Refused struct {
	Number  int // from 0
	ID      wire.Hash
	Verdict request.Verdict
	Why     error // of an area, what is wrong with it
}

// OK tells whether nothing is wrong.
func (r Report) OK() bool { return len(r.Broken) == 0 && !r.Fraud }

// Check reads a whole log and checks all of it: that the agency signed the checkpoint,
// that the entries and tiles are those of it, that each text is that of its entry, and
// each rule in the order of the log. An error is nvr.ErrDamaged and says where, if the
// files are not what the agency published; nvr.ErrNotFound if there is no log.
func Check(files Files) (Report, error) {
	var r Report
	card, err := cardOf(files)
	if err != nil {
		return r, err
	}
	r.Says = card
	note, err := files.Read(tlog.CheckpointPath, tlog.MaxNote)
	if err != nil {
		return r, missing(tlog.CheckpointPath, err)
	}
	c, err := tlog.Open(note, card.Key)
	if err != nil {
		return r, damaged(tlog.CheckpointPath, err)
	}
	if c.Size > request.MaxEntries {
		return r, damaged(tlog.CheckpointPath, fmt.Errorf("a log of %d entries, of at most %d", c.Size, request.MaxEntries))
	}
	cosigners, err := tlog.Cosigners(note, card.Key, func(wire.Key) bool { return true })
	if err != nil {
		return r, damaged(tlog.CheckpointPath, err)
	}
	r.Entries, r.Cosigners = int(c.Size), len(cosigners)
	ids, err := entries(files, c)
	if err != nil {
		return r, err
	}
	if err := r.judge(files, ids); err != nil {
		return r, err
	}
	if r.Fraud, err = fraud(files, card.Key); err != nil {
		return r, err
	}
	if a, ok := files.(*Archive); ok && a.unread() != "" {
		return r, damaged(a.unread(), errors.New("it is no part of this log"))
	}
	return r, nil
}

func cardOf(files Files) (wire.Agency, error) {
	path := strings.TrimPrefix(domain.Path, "/")
	b, err := files.Read(path, 16*wire.MaxObject)
	if errors.Is(err, fs.ErrNotExist) {
		return wire.Agency{}, fmt.Errorf("there is no log of an agency: %s is missing: %w", path, nvr.ErrNotFound)
	}
	if err != nil {
		return wire.Agency{}, missing(path, err)
	}
	card, err := wire.ParseAgency(string(b))
	if err == nil && string(b) != wire.AgencyText(card)+"\n" {
		err = errors.New("it is not written in the one way")
	}
	if err != nil {
		return wire.Agency{}, damaged(path, err)
	}
	return card.Body.(wire.Agency), nil
}

// entries reads the ids, and compares every tile with what they make of it.
func entries(files Files, c tlog.Checkpoint) (ids []wire.Hash, err error) {
	for t := range tlog.Bundles(0, c.Size) {
		b, err := files.Read(t.Path(), 1<<20)
		if err != nil {
			return nil, missing(t.Path(), err)
		}
		some, err := tlog.ParseBundle(b, t)
		if err != nil {
			return nil, damaged(t.Path(), err)
		}
		ids = append(ids, some...)
	}
	tree := tlog.Tree{}.Append(ids...)
	for t := range tlog.Published(0, c.Size) {
		if t.Level == tlog.Entries {
			continue
		}
		b, err := files.Read(t.Path(), 1<<20)
		if err != nil {
			return nil, missing(t.Path(), err)
		}
		if want, err := tree.Tile(t); err != nil || !bytes.Equal(b, want) {
			return nil, damaged(t.Path(), errors.New("it is not what the ids in tile/entries make of it: one of the two was changed"))
		}
	}
	if tree.Root() != c.Root {
		return nil, damaged(tlog.CheckpointPath, errors.New("it is of other entries than those in tile/entries"))
	}
	return ids, nil
}

// judge reads the texts, and has each judged in its turn.
func (r *Report) judge(files Files, ids []wire.Hash) error {
	town, err := area.NewJurisdiction(r.Says.Jurisdiction)
	if err != nil {
		return damaged(strings.TrimPrefix(domain.Path, "/"), err)
	}
	judge := request.NewJudge(request.Terms{Agency: r.Says.Key, Jurisdiction: town})
	number := 0
	for some := range slices.Chunk(ids, tlog.TileWidth) {
		for i, t := range texts(files, some) {
			switch {
			case errors.Is(t.err, fs.ErrNotExist):
				r.Withheld++
			case t.err != nil:
				return t.err
			default:
				if v, why := judge.Judge(t.Signed); !v.OK() {
					r.Broken = append(r.Broken, Refused{number + i, t.ID, v, why})
				}
			}
		}
		number += len(some)
	}
	return nil
}

// text is that of one entry, or why it can't be had.
type text struct {
	wire.Signed
	err error
}

// texts reads some, several at a time: each is a question to a server.
func texts(files Files, ids []wire.Hash) []text {
	all := make([]text, len(ids))
	var readers sync.WaitGroup
	for first := range atOnce {
		readers.Go(func() {
			for i := first; i < len(ids); i += atOnce {
				all[i].Signed, all[i].err = textOf(files, ids[i])
			}
		})
	}
	readers.Wait()
	return all
}

// atOnce is how many files are read at a time.
const atOnce = 8

func textOf(files Files, id wire.Hash) (wire.Signed, error) {
	path := "text/" + id.String()
	b, err := files.Read(path, wire.MaxObject)
	if errors.Is(err, fs.ErrNotExist) {
		return wire.Signed{}, err // it is withheld
	}
	if err != nil {
		return wire.Signed{}, missing(path, err)
	}
	s, err := wire.Open(b)
	if err == nil && s.ID != id {
		err = fmt.Errorf("it is the text of %s", s.ID)
	}
	if err != nil {
		return wire.Signed{}, damaged(path, err)
	}
	return s, nil
}

func fraud(files Files, agency wire.Key) (bool, error) {
	b, err := files.Read(FraudPath, int64(tlog.MaxFraud))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, missing(FraudPath, err)
	}
	f, err := tlog.OpenFraud(b)
	if err == nil {
		err = f.Verify()
	}
	if err == nil && f.Agency != agency {
		err = errors.New("it is about another agency")
	}
	if err != nil {
		return false, damaged(FraudPath, err)
	}
	return true, nil
}

// damaged says in which file something is wrong, and what.
func damaged(path string, err error) error {
	return fmt.Errorf("%s: %w: %w", path, nvr.ErrDamaged, err)
}

// missing is damaged for what should be there; a server or a disk that fails is
// nobody's lie.
func missing(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, nvr.ErrTooLarge) {
		return damaged(path, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}
