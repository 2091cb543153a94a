package agency

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"nvrd/federation/response"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// limits are of the inbox, in pieces: anybody in a neighborhood can send some.
type limits struct {
	useless int // of what is not whole, or can't be used
	all     int
}

// roomy is 256 MiB and 16 GiB.
var roomy = limits{useless: 1 << 10, all: 1 << 16}

// Arrival is a response in the inbox. Request and what follows are of one that is
// whole and can be used.
type Arrival struct {
	ID      wire.Hash
	Have    int // of its pieces
	Count   int
	Came    wire.Minute
	Trouble string // why one that is whole can't be used; empty if it can
	Request wire.Hash
	Case    string
	Sent    wire.Minute
	Until   wire.Minute // when it may no longer be kept
	Words   string
	Files   []string // what they are called; see response.Response
}

// Usable tells whether it is whole and can be used.
func (a Arrival) Usable() bool { return a.Until > 0 }

// Take takes a piece that came, or a whole sealed response. When it returns nil it is
// on disk, or was there before, or the response is forgotten; the piece is no longer
// needed elsewhere. Arrival is how it stands with its response now: only an ID if
// that is forgotten. Errors are nvr.ErrInvalid for what is neither, was changed on
// the way or cut short, of which the message says what; nvr.ErrTooLarge if the inbox
// is full; and those of writing to disk. Then nothing has changed.
func (a *Agency) Take(ctx context.Context, b []byte) (Arrival, error) {
	pieces := [][]byte{b}
	if len(b) != response.PieceLen {
		if _, err := a.open(ctx, a.db.Reader(), b); err != nil { // before anything is kept of it
			return Arrival{}, fmt.Errorf("%w: %w", nvr.ErrInvalid, err)
		}
		pieces = response.Cut(b)
	}
	var id wire.Hash
	err := a.db.Update(ctx, func(tx *sqlite.Tx) error {
		for _, b := range pieces {
			p, err := response.ParsePiece(b)
			if err != nil {
				return fmt.Errorf("%w: %w", nvr.ErrInvalid, err)
			}
			id = p.Response
			if err := a.keep(ctx, tx, p, b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Arrival{}, fmt.Errorf("take it in: %w", err)
	}
	all, err := a.arrivals(ctx, a.db.Reader(), `WHERE id = ?`, id[:])
	if err != nil || len(all) == 0 {
		return Arrival{ID: id}, err
	}
	return all[0], nil
}

// keep writes down a piece, if there is room for it, and opens its response when that
// is whole by it.
func (a *Agency) keep(ctx context.Context, tx *sqlite.Tx, p response.Piece, raw []byte) error {
	var gone, have bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM forgotten WHERE id = ?1), EXISTS (SELECT 1 FROM piece WHERE response = ?1 AND number = ?2)`, p.Response[:], p.Number).Scan(&gone, &have)
	if err != nil || gone || have {
		return err
	}
	if _, err = tx.ExecContext(ctx, `INSERT INTO response (id, count, came) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, p.Response[:], p.Count, wire.MinuteOf(a.now())); err != nil {
		return err
	}
	if _, err = tx.ExecContext(ctx, `INSERT INTO piece (response, number, raw) VALUES (?, ?, ?)`, p.Response[:], p.Number, raw); err != nil {
		return err
	}
	if err := a.complete(ctx, tx, p.Response); err != nil {
		return err
	}
	var all, useless int
	err = tx.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE sent IS NULL) FROM piece JOIN response ON id = response`).Scan(&all, &useless)
	switch {
	case err != nil:
		return err
	case all > a.inbox.all:
		return fmt.Errorf("the inbox is full: forget what is no longer needed: %w", nvr.ErrTooLarge)
	case useless > a.inbox.useless:
		return fmt.Errorf("the inbox is full of what is not whole or can't be used: forget some of it: %w", nvr.ErrTooLarge)
	}
	return nil
}

// complete opens a response that is whole.
func (a *Agency) complete(ctx context.Context, tx *sqlite.Tx, id wire.Hash) error {
	sealed, err := join(ctx, tx, id)
	if err != nil || sealed == nil {
		return err
	}
	r, bad := a.open(ctx, tx, sealed)
	if bad != nil {
		_, err = tx.ExecContext(ctx, `UPDATE response SET trouble = ? WHERE id = ?`, bad.Error(), id[:])
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE response SET request = ?, number = ?, sent = ?, until = ?, words = ?, files = ? WHERE id = ?`,
		r.Request[:], r.Case, r.Minute, r.Until, r.Words, strings.Join(r.Names(), " "), id[:])
	return err
}

// join returns the sealed response; nil if a piece of it is missing.
func join(ctx context.Context, from sqlite.Querier, id wire.Hash) ([]byte, error) {
	pieces, err := sqlite.All(ctx, from, func(row sqlite.Row) (response.Piece, error) {
		var raw []byte
		if err := row.Scan(&raw); err != nil {
			return response.Piece{}, err
		}
		return response.ParsePiece(raw)
	}, `SELECT raw FROM piece WHERE response = ? AND (SELECT count FROM response WHERE id = ?1) = (SELECT count(*) FROM piece WHERE response = ?1)`, id[:])
	if err != nil || len(pieces) == 0 {
		return nil, err
	}
	sealed, _, err := response.Join(pieces)
	return sealed, err
}

// open opens what was sealed for this agency, in answer to a request that it made.
func (a *Agency) open(ctx context.Context, from sqlite.Querier, sealed []byte) (response.Response, error) {
	keys, err := identities(ctx, from)
	if err != nil {
		return response.Response{}, err
	}
	var r response.Response
	err = response.ErrSealed
	for _, key := range keys {
		if r, err = response.Open(key, sealed); !errors.Is(err, response.ErrSealed) {
			break
		}
	}
	if err != nil {
		return response.Response{}, err
	}
	asked, err := published(ctx, from, `WHERE id = ?`, r.Request[:])
	if err != nil {
		return response.Response{}, err
	}
	for _, s := range asked {
		if q, ok := s.Body.(wire.Request); ok && q.Case == r.Case && r.Agency == a.Key {
			return r, nil
		}
	}
	return response.Response{}, fmt.Errorf("it answers no request of this agency: it names %s, case %q", r.Request, r.Case)
}

// Inbox lists what came, the newest first.
func (a *Agency) Inbox(ctx context.Context) ([]Arrival, error) {
	return a.arrivals(ctx, a.db.Reader(), `ORDER BY came DESC, id`)
}

func (a *Agency) arrivals(ctx context.Context, from sqlite.Querier, which string, args ...any) ([]Arrival, error) {
	all, err := sqlite.All(ctx, from, func(row sqlite.Row) (Arrival, error) {
		var v Arrival
		var id, request []byte
		var files string
		err := row.Scan(&id, &v.Have, &v.Count, &v.Came, &v.Trouble, &request, &v.Case, &v.Sent, &v.Until, &v.Words, &files)
		copy(v.ID[:], id)
		copy(v.Request[:], request)
		v.Files = strings.Fields(files)
		return v, err
	}, `SELECT id, (SELECT count(*) FROM piece WHERE response = id), count, came, ifnull(trouble, ''), ifnull(request, x''), ifnull(number, ''), ifnull(sent, 0), ifnull(until, 0), ifnull(words, ''), ifnull(files, '') FROM response `+which, args...)
	if err != nil {
		return nil, fmt.Errorf("read the inbox: %w", err)
	}
	return all, nil
}

// Response opens one that came: nvr.ErrNotFound if there is none of that id, and
// nvr.ErrInvalid if it is not whole or can't be used.
func (a *Agency) Response(ctx context.Context, id wire.Hash) (r response.Response, err error) {
	err = a.db.View(ctx, func(tx *sqlite.Tx) error {
		all, err := a.arrivals(ctx, tx, `WHERE id = ?`, id[:])
		switch {
		case err != nil:
			return err
		case len(all) == 0:
			return fmt.Errorf("there is no response %s in the inbox: %w", id, nvr.ErrNotFound)
		case all[0].Have < all[0].Count:
			return fmt.Errorf("%d of %d pieces came so far: %w", all[0].Have, all[0].Count, nvr.ErrInvalid)
		}
		sealed, err := join(ctx, tx, id)
		if err != nil {
			return err
		}
		if r, err = a.open(ctx, tx, sealed); err != nil {
			return fmt.Errorf("%w: %w", nvr.ErrInvalid, err)
		}
		return nil
	})
	return r, err
}

// Forget deletes a response for good, also one of which pieces are still to come:
// nvr.ErrNotFound if there is none of that id. When it returns nil nothing of it is
// left in the agency's files.
func (a *Agency) Forget(ctx context.Context, id wire.Hash) error {
	err := a.db.Update(ctx, func(tx *sqlite.Tx) error {
		done, err := tx.ExecContext(ctx, `DELETE FROM response WHERE id = ?`, id[:])
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("there is no response %s in the inbox: %w", id, nvr.ErrNotFound))
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO forgotten (id) VALUES (?)`, id[:])
		return err
	})
	if err == nil {
		err = errors.Join(a.db.Shred(ctx), a.removeCopies())
	}
	if err != nil {
		return fmt.Errorf("forget it: %w", err)
	}
	return nil
}

// removeCopies removes those of the database that were made before it was migrated:
// what is forgotten is in them, too.
func (a *Agency) removeCopies() error {
	copies, err := filepath.Glob(filepath.Join(a.dir, file+".before-*"))
	for _, name := range copies {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}
