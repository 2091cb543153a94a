package main

import (
	"context"
	"log/slog"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// adjustAgain is when to try once more after a failure.
const adjustAgain = 2 * time.Second

// keepUp calls adjust after every change of the household, and at the time until
// which it said that its work holds (zero: until a change), until ctx ends. That
// it fails is said once, and it is tried again soon.
func keepUp(ctx context.Context, home *household.DB, log *slog.Logger, failure string, adjust func(context.Context) (until nvr.Time, err error)) {
	changes := home.Watch(ctx)
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
				log.Error(failure, "err", err)
			}
		case until == 0:
			next = nil
		default:
			next = time.After(time.Until(until.Std()))
		}
		failing = err != nil
	}
}
