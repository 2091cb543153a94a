package online

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"nvrd/federation/membership"
	"nvrd/federation/node"
	"nvrd/federation/wire"
)

// laterReport is for how long a report waits at most between two tries to bring
// it: shorter than a steward's home is on that is on in the evening.
const laterReport = 20 * time.Minute

// courier brings a membership's reports to the homes of stewards, until they
// have them.
type courier struct {
	m     *membership.Membership
	node  *node.Node
	log   *slog.Logger
	pause map[errand]pause // of those that were brought in vain
}

// errand is which report it is.
type errand struct {
	on      wire.Hash
	steward wire.Key
}

type pause struct {
	wait  time.Duration
	until time.Time
}

// run brings what is there and what comes, until ctx ends.
func (c *courier) run(ctx context.Context) {
	for {
		news := c.m.News()
		next := c.round(ctx)
		select {
		case <-ctx.Done():
			return
		case <-news:
		case <-time.After(next):
		}
	}
}

// round brings all that is due, to each steward by themselves, and returns when
// it has to look again.
func (c *courier) round(ctx context.Context) (next time.Duration) {
	letters, err := c.m.Letters()
	if err != nil {
		if ctx.Err() == nil {
			c.log.Warn("reports to stewards wait", "err", err)
		}
		return laterReport
	}
	begun, waits := time.Now(), map[errand]pause{}
	due := map[wire.Key][]membership.Letter{}
	for _, l := range letters {
		if p, ok := c.pause[errand{l.On, l.Steward}]; ok && begun.Before(p.until) {
			waits[errand{l.On, l.Steward}] = p
		} else {
			due[l.Steward] = append(due[l.Steward], l)
		}
	}
	var mu sync.Mutex
	var bringing sync.WaitGroup
	for _, all := range due {
		bringing.Go(func() {
			for _, l := range all {
				if err := c.bring(ctx, l); err != nil {
					e := errand{l.On, l.Steward}
					wait := min(max(soon, 2*c.pause[e].wait), laterReport)
					mu.Lock()
					waits[e] = pause{wait, time.Now().Add(wait)}
					mu.Unlock()
				}
			}
		})
	}
	bringing.Wait()
	c.pause = waits
	next = laterReport
	for _, p := range waits {
		next = min(next, max(time.Until(p.until), time.Second))
	}
	return next
}

// bring brings one. Why it could not is not written down: a log would show who is
// told.
func (c *courier) bring(ctx context.Context, l membership.Letter) error {
	if err := c.node.Report(ctx, l.Node, l.Sealed); err != nil {
		return err
	}
	return c.m.Delivered(l)
}
