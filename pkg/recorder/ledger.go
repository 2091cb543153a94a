package recorder

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/nvr"
)

const (
	// commitEvery is how long entries gather before they are committed
	// together: one barrier for all cameras.
	commitEvery = time.Second
	// aliveEvery is how often a sign of life is committed when nothing else is.
	aliveEvery = time.Minute
	// maxBatch bounds how many entries one transaction makes. Others wait for
	// it; these take half a second.
	maxBatch = 500
)

// entry is one change to the catalog, made in the transaction it is given.
type entry func(catalog.Tx) error

// ledger writes entries to the catalog in the order in which they were posted.
// It never blocks who posts.
type ledger struct {
	catalog *catalog.Catalog
	log     *slog.Logger
	now     func() nvr.Time

	commits int64 // each is a barrier of the catalog's disk
	failing bool

	mu      sync.Mutex
	entries []entry
	stop    chan struct{}
	done    chan struct{}
}

func newLedger(c *catalog.Catalog, log *slog.Logger, now func() nvr.Time) *ledger {
	l := &ledger{catalog: c, log: log, now: now, stop: make(chan struct{}), done: make(chan struct{})}
	go l.run()
	return l
}

func (l *ledger) post(e entry) {
	l.mu.Lock()
	l.entries = append(l.entries, e)
	l.mu.Unlock()
}

// close commits what was posted and returns how many entries could not be.
func (l *ledger) close() int {
	close(l.stop)
	<-l.done
	return len(l.entries)
}

func (l *ledger) run() {
	defer close(l.done)
	tick := time.NewTicker(commitEvery)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-tick.C:
			l.mu.Lock()
			idle := len(l.entries) == 0
			l.mu.Unlock()
			if idle && time.Since(last) < aliveEvery {
				continue
			}
			last = time.Now()
			l.commit()
		case <-l.stop:
			l.commit()
			return
		}
	}
}

// commit writes all entries, many in one transaction. What fails for want of
// space or a lock stays for the next time. While it does, a sign of life alone
// is tried each time: what gathers in a day would be tried for minutes.
func (l *ledger) commit() {
	l.mu.Lock()
	batch := l.entries
	l.entries = nil
	l.mu.Unlock()
	var err error
	if l.failing || len(batch) == 0 {
		err = l.update(nil)
	}
	for len(batch) > 0 && err == nil {
		var done int
		done, err = l.commitSome(batch[:min(len(batch), maxBatch)])
		batch = batch[done:]
	}
	if err != nil && !l.failing {
		l.log.Error("catalog cannot be written, footage goes on", "entries", len(batch), "err", err)
	}
	l.failing = err != nil
	if len(batch) > 0 {
		l.mu.Lock()
		l.entries = append(batch[:len(batch):len(batch)], l.entries...)
		l.mu.Unlock()
	}
}

// commitSome writes entries in one transaction. If that fails they are tried
// one by one, so that a single impossible entry costs itself alone. It returns
// how many are done.
func (l *ledger) commitSome(batch []entry) (done int, err error) {
	if err := l.update(batch); err == nil {
		return len(batch), nil
	}
	for i := range batch {
		err := l.update(batch[i : i+1])
		if catalog.IsRefusal(err) {
			l.log.Error("catalog refused an entry; `nvrd rebuild` restores it from the footage", "err", err)
			continue
		}
		if err != nil {
			return i, err
		}
	}
	return len(batch), nil
}

func (l *ledger) update(batch []entry) error {
	l.commits++
	return l.catalog.Update(context.Background(), func(tx catalog.Tx) error {
		for _, e := range batch {
			if err := e(tx); err != nil {
				return err
			}
		}
		return tx.Alive(l.now())
	})
}
