package choice

import (
	"context"
	"fmt"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Handed is one entry of the ledger: what the owner handed over, to whom, and until
// when it may be kept.
type Handed struct {
	ID           wire.Salt // of the response
	Request      wire.Hash
	Neighborhood wire.Hash
	Agency       wire.Key // zero for a neighbor who asked
	Title        string   // what the agency, or the neighbor, was called then
	Case         string
	Incident     wire.Incident
	Words        string
	At           wire.Minute // when it was handed over
	Until        wire.Minute // until when it may be kept
	Files        []File
	Sponsors     []Sponsor // to which it was brought, in the order of their keys
}

// File is one picture or clip of a response.
type File struct {
	Name       string
	Type       string // as in Content-Type
	SHA256     wire.Hash
	Bytes      int64
	Camera     nvr.CameraID
	CameraName string   // what it was called then
	Span       nvr.Span // of the footage; a photo begins and ends at once
}

// Sponsor is a home to which a response was brought for the agency.
type Sponsor struct {
	Key  wire.Key // author key
	Name string
	Had  wire.Minute // when it had all of it; 0: not yet
}

// HandOver writes an entry into the ledger, without sponsors. It returns
// [nvr.ErrExists] if the response is in it: one is handed over once; and
// [nvr.ErrInvalid] for what is too long, or is kept no longer than it takes.
func (c *Choices) HandOver(ctx context.Context, h Handed) error {
	return c.add(ctx, "write into the ledger", func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO handed (id, request, neighborhood, agency, title, case_number, incident, words, at_minute, until_minute) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			h.ID[:], h.Request[:], h.Neighborhood[:], h.Agency[:], h.Title, h.Case, h.Incident, h.Words, h.At, h.Until)
		for place, f := range h.Files {
			if err != nil {
				break
			}
			_, err = tx.ExecContext(ctx, `INSERT INTO handed_file (handed, place, name, type, sha256, bytes, camera, camera_name, start_us, end_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				h.ID[:], place, f.Name, f.Type, f.SHA256[:], f.Bytes, f.Camera, f.CameraName, f.Span.From, f.Span.To)
		}
		return err
	})
}

// Brought writes down that a response was brought to a sponsor, and, if s.Had is
// set, since when that has all of it; the earliest minute counts. It returns
// [nvr.ErrNotFound] for a response that is not in the ledger, or no longer.
func (c *Choices) Brought(ctx context.Context, response wire.Salt, s Sponsor) error {
	const what = "write into the ledger who has it"
	if db, err := c.there(ctx); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	} else if db == nil {
		return fmt.Errorf("%s: %w", what, nvr.ErrNotFound)
	}
	return c.add(ctx, what, func(tx *sqlite.Tx) error {
		var there bool
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM handed WHERE id = ?)`, response[:]).Scan(&there); err != nil {
			return err
		}
		if !there {
			return fmt.Errorf("response %x: %w", response, nvr.ErrNotFound)
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO brought (handed, sponsor, name, had_minute) VALUES (?, ?, ?, nullif(?, 0))
			ON CONFLICT DO UPDATE SET had_minute = min(ifnull(had_minute, excluded.had_minute), ifnull(excluded.had_minute, had_minute))`,
			response[:], s.Key[:], s.Name, s.Had)
		return err
	})
}

// Strike deletes an entry of the ledger, as the owner wants it: it is in no file
// when it returns. What was handed over stays where it is.
func (c *Choices) Strike(ctx context.Context, response wire.Salt) error {
	return c.remove(ctx, "delete from the ledger", func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM handed WHERE id = ?`, response[:])
		return err
	})
}

// Ledger returns all that was handed over, the newest first.
func (c *Choices) Ledger(ctx context.Context) (all []Handed, err error) {
	db, err := c.there(ctx)
	if db == nil {
		return nil, err
	}
	err = db.View(ctx, func(tx *sqlite.Tx) error { // all of one moment
		all, err = ledger(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return all, nil
}

func ledger(ctx context.Context, tx *sqlite.Tx) ([]Handed, error) {
	all, err := sqlite.All(ctx, tx, func(row sqlite.Row) (h Handed, err error) {
		err = row.Scan(into{h.ID[:]}, into{h.Request[:]}, into{h.Neighborhood[:]}, into{h.Agency[:]}, &h.Title, &h.Case, &h.Incident, &h.Words, &h.At, &h.Until)
		return h, err
	}, `SELECT id, request, neighborhood, agency, title, case_number, incident, words, at_minute, until_minute FROM handed ORDER BY at_minute DESC, id`)
	if err != nil {
		return nil, err
	}
	of := map[wire.Salt]*Handed{}
	for i := range all {
		of[all[i].ID] = &all[i]
	}
	if _, err := sqlite.All(ctx, tx, func(row sqlite.Row) (f File, err error) {
		var id wire.Salt
		err = row.Scan(into{id[:]}, &f.Name, &f.Type, into{f.SHA256[:]}, &f.Bytes, &f.Camera, &f.CameraName, &f.Span.From, &f.Span.To)
		if h := of[id]; h != nil { // foreign keys see to that, and a scan that failed has no id
			h.Files = append(h.Files, f)
		}
		return f, err
	}, `SELECT handed, name, type, sha256, bytes, camera, camera_name, start_us, end_us FROM handed_file ORDER BY handed, place`); err != nil {
		return nil, err
	}
	_, err = sqlite.All(ctx, tx, func(row sqlite.Row) (s Sponsor, err error) {
		var id wire.Salt
		err = row.Scan(into{id[:]}, into{s.Key[:]}, &s.Name, &s.Had)
		if h := of[id]; h != nil {
			h.Sponsors = append(h.Sponsors, s)
		}
		return s, err
	}, `SELECT handed, sponsor, name, ifnull(had_minute, 0) FROM brought ORDER BY handed, sponsor`)
	return all, err
}
