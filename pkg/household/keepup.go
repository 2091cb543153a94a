package household

import (
	"context"
	"time"

	"nvrd/pkg/nvr"
)

// adjustAgain is when to try once more after a failure.
const adjustAgain = 2 * time.Second

// KeepUp calls adjust at once, after every change that [DB.Watch] tells of, and
// at the time until which it said that its work holds (zero: until a change),
// until ctx ends; one call at a time. When it fails it is called again soon;
// failed is told of the first of several times.
func (h *DB) KeepUp(ctx context.Context, adjust func(context.Context) (until nvr.Time, err error), failed func(error)) {
	changes := h.Watch(ctx)
	var next <-chan time.Time
	failing := false
	for {
		select {
		case _, ok := <-changes:
			if !ok {
				return
			}
		case <-next:
		}
		until, err := adjust(ctx)
		switch {
		case err != nil:
			next = time.After(adjustAgain)
			if !failing && ctx.Err() == nil {
				failed(err)
			}
		case until == 0:
			next = nil
		default:
			next = time.After(time.Until(until.Std()))
		}
		failing = err != nil
	}
}
