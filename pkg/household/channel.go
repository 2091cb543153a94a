package household

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// Channel is a way to tell somebody what happens. What its settings mean is known
// to pkg/notify.
type Channel struct {
	ID       int64
	Kind     string
	Name     string
	Settings map[string]Secret // all of them, since an address can be a secret, too
	Events   []string          // the kinds of messages it takes, words without spaces
	Paused   bool
	Created  nvr.Time
	Sent     nvr.Time // when something was last handed over; zero if never
	Failed   nvr.Time // when that last failed; zero if never
	Trouble  string   // why, as a word; empty once it went well again
	Detail   string
}

const (
	useChannel     = "channel"
	usePush        = "push key"
	maxChannels    = 32 // as many phones and programs as a large family has
	channelColumns = `id, kind, name, settings_sealed, events, paused, created_us, sent_us, failed_us, trouble, detail`
)

// Channels returns every channel in the order they were added.
func (h *DB) Channels(ctx context.Context) ([]Channel, error) {
	all, err := sqlite.All(ctx, h.db.Reader(), h.scanChannel, `SELECT `+channelColumns+` FROM channel ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("list channels: %w", err)
	}
	return all, nil
}

// AddChannel stores a channel and returns it with its number. It fails with
// [nvr.ErrTooLarge] if there are 32 already.
func (h *DB) AddChannel(ctx context.Context, c Channel) (Channel, error) {
	c.Created = nvr.Now()
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		var count int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM channel`).Scan(&count); err != nil {
			return err
		}
		if count >= maxChannels {
			return fmt.Errorf("there are %d channels already, remove one first: %w", count, nvr.ErrTooLarge)
		}
		return tx.QueryRowContext(ctx, `INSERT INTO channel (kind, name, settings_sealed, events, paused, created_us) VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
			c.Kind, c.Name, h.sealedSettings(c.Settings), strings.Join(c.Events, " "), c.Paused, c.Created).Scan(&c.ID)
	})
	if err != nil {
		return Channel{}, fmt.Errorf("add channel: %w", err)
	}
	return c, nil
}

// ChangeChannel lets f change a channel as it stands now, and stores the result:
// name, settings, events and whether it is paused. What f fails with is returned;
// [nvr.ErrNotFound] if there is no channel of that number.
func (h *DB) ChangeChannel(ctx context.Context, id int64, f func(*Channel) error) (c Channel, err error) {
	err = h.db.Update(ctx, func(tx *sqlite.Tx) error {
		if c, err = h.scanChannel(tx.QueryRowContext(ctx, `SELECT `+channelColumns+` FROM channel WHERE id = ?`, id)); err != nil {
			return err
		}
		if err := f(&c); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE channel SET (name, settings_sealed, events, paused) = (?, ?, ?, ?) WHERE id = ?`,
			c.Name, h.sealedSettings(c.Settings), strings.Join(c.Events, " "), c.Paused, id)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Channel{}, noChannel(id)
	}
	if err != nil {
		return Channel{}, fmt.Errorf("change channel %d: %w", id, err)
	}
	return c, nil
}

// RemoveChannel forgets a channel and what it has not taken yet. It fails with
// [nvr.ErrNotFound] if there is none of that number.
func (h *DB) RemoveChannel(ctx context.Context, id int64) error {
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRowContext(ctx, `DELETE FROM channel WHERE id = ? RETURNING id`, id).Scan(&id)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return noChannel(id)
	}
	if err != nil {
		return fmt.Errorf("remove channel %d: %w", id, err)
	}
	return nil
}

func noChannel(id int64) error { return fmt.Errorf("there is no channel %d: %w", id, nvr.ErrNotFound) }

// PushKey returns the key by which push services know this home; the one that
// create returns if there was none.
func (h *DB) PushKey(ctx context.Context, create func() (Secret, error)) (key Secret, err error) {
	err = h.db.Update(ctx, func(tx *sqlite.Tx) error {
		var sealed []byte
		if err := tx.QueryRowContext(ctx, `SELECT push_key_sealed FROM home`).Scan(&sealed); err != nil {
			return err
		}
		if len(sealed) > 0 {
			key, err = h.seal.open(sealed, usePush)
			return err
		}
		if key, err = create(); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE home SET push_key_sealed = ?`, h.seal.seal(key, usePush))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("push key: %w", err)
	}
	return key, nil
}

func (h *DB) sealedSettings(settings map[string]Secret) []byte {
	plain := make(map[string]string, len(settings))
	for name, value := range settings {
		plain[name] = value.Reveal()
	}
	text, _ := json.Marshal(plain) // texts by texts
	return h.seal.seal(Secret(text), useChannel)
}

func (h *DB) scanChannel(row sqlite.Row) (c Channel, err error) {
	var sealed []byte
	var events string
	if err := row.Scan(&c.ID, &c.Kind, &c.Name, &sealed, &events, &c.Paused, &c.Created, &c.Sent, &c.Failed, &c.Trouble, &c.Detail); err != nil {
		return Channel{}, err
	}
	c.Events = strings.Fields(events)
	text, err := h.seal.open(sealed, useChannel)
	if err != nil {
		return Channel{}, err
	}
	if err := json.Unmarshal([]byte(text), &c.Settings); err != nil {
		return Channel{}, fmt.Errorf("settings of channel %d: %w", c.ID, nvr.ErrDamaged)
	}
	return c, nil
}
