package store

import (
	"context"

	"nvrd/federation/wire"
	"nvrd/pkg/sqlite"
)

func (l Log) write(ctx context.Context, tx *sqlite.Tx, id int64) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO log (neighborhood_id, agency, checkpoint, fraud) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET checkpoint = excluded.checkpoint, fraud = excluded.fraud`, id, l.Agency[:], l.Checkpoint, l.Fraud)
	if err != nil {
		return err
	}
	for i, e := range l.Entries {
		_, err := tx.ExecContext(ctx, `INSERT INTO log_entry (neighborhood_id, agency, position, id, raw) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET id = excluded.id, raw = excluded.raw`, id, l.Agency[:], l.From+i, e.ID[:], e.Raw)
		if err != nil {
			return err
		}
	}
	return nil
}

// logs returns the logs of a neighborhood whole, by agency.
func logs(ctx context.Context, tx *sqlite.Tx, id int64) ([]Log, error) {
	all, err := sqlite.All(ctx, tx, func(row sqlite.Row) (l Log, err error) {
		err = row.Scan(into{l.Agency[:]}, &l.Checkpoint, &l.Fraud)
		return l, err
	}, `SELECT agency, checkpoint, fraud FROM log WHERE neighborhood_id = ? ORDER BY agency`, id)
	if err != nil {
		return nil, err
	}
	at := map[wire.Key]int{}
	for i, l := range all {
		at[l.Agency] = i
	}
	_, err = sqlite.All(ctx, tx, func(row sqlite.Row) (_ struct{}, err error) {
		var agency wire.Key
		var e Object
		err = row.Scan(into{agency[:]}, into{e.ID[:]}, &e.Raw)
		all[at[agency]].Entries = append(all[at[agency]].Entries, e)
		return struct{}{}, err
	}, `SELECT agency, id, raw FROM log_entry WHERE neighborhood_id = ? ORDER BY agency, position`, id)
	return all, err
}
