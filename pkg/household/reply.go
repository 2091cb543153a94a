package household

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// ReplyID is the number of a quick reply; it is never used again.
type ReplyID int64

// Limits of quick replies. They are for a visitor who waits at the door.
const (
	MaxReplies     = 8 // as many as one finds with a thumb
	MaxReplyLength = 15 * time.Second
	MaxReplyBytes  = 640 << 10 // of WAV: 15 s at 16 kHz are 480 kB
)

// Reply is a sentence that somebody recorded to be played at a camera.
type Reply struct {
	ID     ReplyID
	Name   string
	Length time.Duration
	Made   nvr.Time
}

const replyColumns = `id, name, length_us, made_us`

func scanReply(row sqlite.Row) (r Reply, err error) {
	var length int64
	err = row.Scan(&r.ID, &r.Name, &length, &r.Made)
	r.Length = time.Duration(length) * time.Microsecond
	return r, err
}

// Replies returns the quick replies in the order in which they were made.
func (h *DB) Replies(ctx context.Context) ([]Reply, error) {
	all, err := sqlite.All(ctx, h.db.Reader(), scanReply, `SELECT `+replyColumns+` FROM reply ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("list quick replies: %w", err)
	}
	return all, nil
}

// ReplySound returns the file that a quick reply was made of;
// [nvr.ErrNotFound] if there is none of that number.
func (h *DB) ReplySound(ctx context.Context, id ReplyID) (wav []byte, err error) {
	err = h.db.Reader().QueryRowContext(ctx, `SELECT sound FROM reply WHERE id = ?`, int64(id)).Scan(&wav)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, noReply(id)
	}
	if err != nil {
		return nil, fmt.Errorf("quick reply %d: %w", id, err)
	}
	return wav, nil
}

// AddReply stores a WAV file as [pcm.ParseWAV] reads it under a name. It fails
// with [nvr.ErrInvalid] for another file or a name that is none, with
// [nvr.ErrTooLarge] if it is too long or there are too many, and with
// [nvr.ErrExists] when the name is taken.
func (h *DB) AddReply(ctx context.Context, name string, wav []byte) (Reply, error) {
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n == 0 || n > maxName || !printable(name) {
		return Reply{}, invalid("a quick reply's name has 1 to %d characters, such as Leave it at the door", maxName)
	}
	if len(wav) > MaxReplyBytes {
		return Reply{}, fmt.Errorf("a quick reply has at most %d bytes: %w", MaxReplyBytes, nvr.ErrTooLarge)
	}
	sound, err := pcm.ParseWAV(wav)
	if err != nil {
		return Reply{}, fmt.Errorf("%w: %w", err, nvr.ErrInvalid)
	}
	r := Reply{Name: name, Length: sound.Duration(), Made: nvr.Now()}
	if r.Length > MaxReplyLength {
		return Reply{}, fmt.Errorf("a quick reply lasts at most %v: %w", MaxReplyLength, nvr.ErrTooLarge)
	}
	err = h.db.Update(ctx, func(tx *sqlite.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM reply`).Scan(&n); err != nil {
			return err
		}
		if n >= MaxReplies {
			return fmt.Errorf("there are %d quick replies already, which is all that there may be: %w", n, nvr.ErrTooLarge)
		}
		return tx.QueryRowContext(ctx, `INSERT INTO reply (name, name_folded, sound, length_us, made_us) VALUES (?, ?, ?, ?, ?) RETURNING id`,
			r.Name, fold(r.Name), wav, max(1, r.Length.Microseconds()), r.Made).Scan(&r.ID)
	})
	switch {
	case sqlite.IsUnique(err):
		return Reply{}, fmt.Errorf("there is a quick reply named %q: %w", name, nvr.ErrExists)
	case errors.Is(err, nvr.ErrTooLarge):
		return Reply{}, err
	case err != nil:
		return Reply{}, fmt.Errorf("add quick reply: %w", err)
	}
	return r, nil
}

// RemoveReply fails with [nvr.ErrNotFound] if there is none of that number.
func (h *DB) RemoveReply(ctx context.Context, id ReplyID) error {
	err := h.db.Update(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRowContext(ctx, `DELETE FROM reply WHERE id = ? RETURNING id`, int64(id)).Scan(&id)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return noReply(id)
	}
	if err != nil {
		return fmt.Errorf("remove quick reply %d: %w", id, err)
	}
	return nil
}

func noReply(id ReplyID) error {
	return fmt.Errorf("there is no quick reply %d: %w", id, nvr.ErrNotFound)
}
