package household

import (
	"context"
	"time"
)

// poll is how often watchers look for changes made by another process: one
// read of one row.
const poll = time.Second

// Watch returns a channel that gives a value at once and after every change of
// the cameras, of what is recorded of them, of what holds for all of them, and
// of the places for footage: a change made through h at once, one made by another process within a second
// or so. Changes that follow quickly may share a value. The
// channel is closed when ctx ends.
func (h *DB) Watch(ctx context.Context) <-chan struct{} {
	changed, wake := make(chan struct{}, 1), make(chan struct{}, 1)
	h.mu.Lock()
	h.watchers[wake] = struct{}{}
	h.mu.Unlock()
	go func() {
		defer close(changed)
		defer func() {
			h.mu.Lock()
			delete(h.watchers, wake)
			h.mu.Unlock()
		}()
		tick := time.NewTicker(poll)
		defer tick.Stop()
		seen := int64(-1)
		for {
			var revision int64
			// An error here is busy or a failing disk: the next look may succeed,
			// and whoever reads the cameras meets the error itself.
			err := h.db.Reader().QueryRowContext(ctx, `SELECT cameras_revision + places_revision FROM home`).Scan(&revision)
			if err == nil && revision != seen {
				seen = revision
				signal(changed)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			case <-wake:
			}
		}
	}()
	return changed
}

// wake makes every watcher look now.
func (h *DB) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watchers {
		signal(w)
	}
}

// signal sets c, which holds one value, unless it is set already.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
