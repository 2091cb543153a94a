package household

import (
	"context"
	"fmt"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Delivery is a message that a channel has not taken yet.
type Delivery struct {
	ID        int64 // never given to another one
	Channel   int64
	MessageID string
	Message   []byte // JSON
	Attempts  int
	Next      nvr.Time // when to try
	Expires   nvr.Time // when it is not worth telling any more
}

// AddDeliveries stores deliveries and returns their numbers. One of the same
// channel and message replaces what was there. Those of channels that are gone
// are left out, and have the number zero.
func (h *DB) AddDeliveries(ctx context.Context, all []Delivery) (ids []int64, err error) {
	ids = make([]int64, len(all))
	err = h.db.Update(ctx, func(tx *sqlite.Tx) error {
		for i, d := range all {
			found, err := sqlite.All(ctx, tx, func(row sqlite.Row) (id int64, err error) { return id, row.Scan(&id) },
				`INSERT OR REPLACE INTO delivery (channel_id, message_id, message, attempts, next_us, expires_us)
				SELECT id, ?, ?, ?, ?, ? FROM channel WHERE id = ? RETURNING id`,
				d.MessageID, string(d.Message), d.Attempts, d.Next, d.Expires, d.Channel)
			if err != nil {
				return err
			}
			if len(found) > 0 {
				ids[i] = found[0]
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("add deliveries: %w", err)
	}
	return ids, nil
}

// Deliveries returns all that was not delivered, in the order it was added.
func (h *DB) Deliveries(ctx context.Context) ([]Delivery, error) {
	all, err := sqlite.All(ctx, h.db.Reader(), func(row sqlite.Row) (d Delivery, err error) {
		var message string
		err = row.Scan(&d.ID, &d.Channel, &d.MessageID, &message, &d.Attempts, &d.Next, &d.Expires)
		d.Message = []byte(message)
		return d, err
	}, `SELECT id, channel_id, message_id, message, attempts, next_us, expires_us FROM delivery ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("deliveries: %w", err)
	}
	return all, nil
}

// RetryDelivery stores when a delivery is tried again, if it is still there.
func (h *DB) RetryDelivery(ctx context.Context, id int64, attempts int, next nvr.Time) error {
	return h.exec(ctx, "put off a delivery", `UPDATE delivery SET (attempts, next_us) = (?, ?) WHERE id = ?`, attempts, next, id)
}

// RemoveDelivery forgets a delivery, if it is still there.
func (h *DB) RemoveDelivery(ctx context.Context, id int64) error {
	return h.exec(ctx, "end a delivery", `DELETE FROM delivery WHERE id = ?`, id)
}

// ClearDeliveries forgets what a channel has not taken.
func (h *DB) ClearDeliveries(ctx context.Context, channel int64) error {
	return h.exec(ctx, "clear deliveries", `DELETE FROM delivery WHERE channel_id = ?`, channel)
}

// NoteSent stores that a channel took something, and forgets the delivery.
func (h *DB) NoteSent(ctx context.Context, channel, delivery int64, at nvr.Time) error {
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM delivery WHERE id = ?`, delivery); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE channel SET (sent_us, trouble, detail) = (?, '', '') WHERE id = ?`, at, channel)
		return err
	})
	if err != nil {
		return fmt.Errorf("note what was sent: %w", err)
	}
	return nil
}

// NoteFailed stores that a channel did not take something, and why.
func (h *DB) NoteFailed(ctx context.Context, channel int64, at nvr.Time, trouble, detail string) error {
	return h.exec(ctx, "note what failed", `UPDATE channel SET (failed_us, trouble, detail) = (?, ?, ?) WHERE id = ?`, at, trouble, detail, channel)
}

func (h *DB) exec(ctx context.Context, what, statement string, args ...any) error {
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(ctx, statement, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
