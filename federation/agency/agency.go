// Package agency is the side of those who ask: a fire brigade's or a town's key,
// what it published, and the log of that, in a directory of its own. It has no
// cameras, is in no neighborhood and needs no home. What homes hand over lies there,
// too, sealed as it came.
//
// What is published is on disk when a method returns, and is in the log for good.
// All rules that homes have (federation/request) are checked before anything is
// signed.
package agency

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"nvrd/federation/request/area"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// file lies in the agency's directory. Whoever has it can ask in the agency's name.
const file = "agency.db"

// Agency is one agency. It is safe for use from several goroutines and processes.
type Agency struct {
	wire.Agency // what it says of itself; its Minute is that of its making

	dir   string
	db    *sqlite.DB
	key   ed25519.PrivateKey
	now   func() time.Time
	inbox limits
}

// Init makes an agency in a directory that says so of itself, with a new key, which
// it fills in, and publishes to which key homes seal what they hand over. Errors are nvr.ErrExists where there is one, nvr.ErrInvalid for what
// can't be said (the message says what), and those of writing to disk.
func Init(ctx context.Context, dir string, says wire.Agency) (*Agency, error) {
	return initAt(ctx, dir, says, time.Now)
}

func initAt(ctx context.Context, dir string, says wire.Agency, now func() time.Time) (*Agency, error) {
	seed := make([]byte, ed25519.SeedSize)
	_, _ = rand.Read(seed) // it never fails
	a := &Agency{Agency: says, dir: dir, key: ed25519.NewKeyFromSeed(seed), now: now, inbox: roomy}
	a.Key, a.Minute = wire.PublicKey(a.key), wire.MinuteOf(a.now())
	if _, err := a.Card(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("agency: %w", err)
	}
	db, err := sqlite.OpenShredding(ctx, filepath.Join(dir, file), migrations)
	if err != nil {
		return nil, fmt.Errorf("agency: %w", err)
	}
	if err := os.Chmod(filepath.Join(dir, file), 0o600); err != nil { // before the key is in it
		return nil, errors.Join(err, db.Close())
	}
	err = db.Update(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO agency (only, seed, minute, title, class, domain, contact, policy, jurisdiction) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)`,
			seed, a.Minute, a.Title, a.Class, a.Domain, a.Contact, a.Policy, pack(a.Jurisdiction))
		if sqlite.IsUnique(err) {
			return fmt.Errorf("there is an agency in %s: %w", dir, nvr.ErrExists)
		}
		if err == nil {
			_, err = a.rotate(ctx, tx)
		}
		return err
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	a.db = db
	return a, nil
}

// Open opens the agency in a directory: nvr.ErrNotFound if there is none.
func Open(ctx context.Context, dir string) (*Agency, error) {
	if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
		return nil, fmt.Errorf("there is no agency in %s; make one with `nvrd agency init`: %w", dir, nvr.ErrNotFound)
	}
	db, err := sqlite.OpenShredding(ctx, filepath.Join(dir, file), migrations)
	if err != nil {
		return nil, fmt.Errorf("agency: %w", err)
	}
	a := &Agency{dir: dir, db: db, now: time.Now, inbox: roomy}
	all, err := sqlite.All(ctx, db.Reader(), func(row sqlite.Row) (seed []byte, err error) {
		var jurisdiction []byte
		err = row.Scan(&seed, &a.Minute, &a.Title, &a.Class, &a.Domain, &a.Contact, &a.Policy, &jurisdiction)
		a.Jurisdiction = unpack(jurisdiction)
		return seed, err
	}, `SELECT seed, minute, title, class, domain, contact, policy, jurisdiction FROM agency`)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("there is no agency in %s; make one with `nvrd agency init`: %w", dir, nvr.ErrNotFound)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	a.key = ed25519.NewKeyFromSeed(all[0])
	a.Key = wire.PublicKey(a.key)
	return a, nil
}

// Close closes it.
func (a *Agency) Close() error { return a.db.Close() }

// Card returns what the agency says of itself, signed: stewards who let it in pass
// on that, and nothing else.
func (a *Agency) Card() (wire.Signed, error) {
	card, err := wire.Sign(a.Agency, a.key)
	if err != nil {
		return card, fmt.Errorf("%w: %w", nvr.ErrInvalid, err)
	}
	if _, err := area.NewJurisdiction(a.Jurisdiction); err != nil {
		return card, fmt.Errorf("jurisdiction: %w: %w", nvr.ErrInvalid, err)
	}
	return card, nil
}

func pack(corners []wire.Point) (b []byte) {
	for _, c := range corners {
		b = binary.BigEndian.AppendUint32(b, uint32(c.Lat))
		b = binary.BigEndian.AppendUint32(b, uint32(c.Lon))
	}
	return b
}

func unpack(b []byte) (corners []wire.Point) {
	for ; len(b) >= 8; b = b[8:] {
		corners = append(corners, wire.Point{Lat: int32(binary.BigEndian.Uint32(b)), Lon: int32(binary.BigEndian.Uint32(b[4:]))})
	}
	return corners
}
