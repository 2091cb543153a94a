// Package recorder turns samples into footage: it gathers them into movie
// fragments, hands those to a footage directory, cuts segments, and keeps the
// ledger by which segments and gaps tile time. It decides what is written and
// what a stretch without footage is called; pkg/footage does the writing.
//
// A [Stream] has three parts, in the order in which a sample passes them: the
// filter (what is kept), the cutter (segments and movie fragments) and the account
// (when there is footage, and why there is none elsewhere). They have no locks:
// they belong to whoever calls the sink, and what others tell a stream it looks
// up at its next sample.
//
// Locks are taken in this order, and none twice: Recorder.mu (which streams there
// are; held while one ends), scene.telling (motion is published in its order),
// what [Recorder.Publish] leads to, scene.mu (what happens before a camera), then
// one of the innermost, in which nothing else is called: share.mu (eye.mu comes before), scenes.mu, ledger.mu,
// rows.mu, and those of pkg/footage. The ledger's and the disks' goroutines call back without a lock.
package recorder

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
)

// Recorder records the streams of a home. It is safe for concurrent use.
type Recorder struct {
	catalog *catalog.Catalog
	places  *footage.Places
	log     *slog.Logger
	ledger  *ledger
	now     func() nvr.Time
	bounds  bounds

	// Up to when streams were accounted for when an earlier life ended, when
	// it was last alive, and from when on segments may be of this one.
	known  map[nvr.StreamID]nvr.Time
	last   nvr.Time
	opened atomic.Int64

	sealing sync.WaitGroup
	rows    rows
	scenes  scenes
	publish func(nvr.Event) // motion that streams see
	tool    shrinker        // nil if nothing is decoded
	share   share
	eyes    sync.WaitGroup

	mu       sync.Mutex
	streams  map[nvr.StreamID]*Stream
	accounts map[nvr.StreamID]*account
}

// Open makes whole what an earlier life left open, accounts for the time since,
// and returns a recorder that writes to the places. The cost is that of the
// open segments, not of all. What lies in a directory that is not there is
// made whole when it is, which does not keep anything from being recorded to
// another one.
//
// The catalog and the places stay the caller's to close, after the recorder.
func Open(ctx context.Context, c *catalog.Catalog, places *footage.Places, log *slog.Logger) (*Recorder, error) {
	return openAt(ctx, c, places, log, nvr.Now)
}

// openAt is Open with a clock.
func openAt(ctx context.Context, c *catalog.Catalog, places *footage.Places, log *slog.Logger, now func() nvr.Time) (*Recorder, error) {
	r := &Recorder{
		catalog: c, places: places, log: log, now: now, bounds: usual,
		rows:    rows{of: map[*footage.Directory]nvr.DirectoryID{}},
		streams: map[nvr.StreamID]*Stream{}, scenes: scenes{of: map[nvr.CameraID]*scene{}}, accounts: map[nvr.StreamID]*account{}, known: map[nvr.StreamID]nvr.Time{},
	}
	r.opened.Store(int64(now()))
	if err := r.recover(ctx); err != nil {
		return nil, fmt.Errorf("recorder: %w", err)
	}
	r.ledger = newLedger(c, log, now)
	r.publish = r.Take
	return r, nil
}

// Stream returns the sink that records a stream, and counts the stream as
// enabled from now on. A stream has one sink at a time.
func (r *Recorder) Stream(id nvr.StreamID) (*Stream, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.streams[id] != nil {
		return nil, fmt.Errorf("stream %s is being recorded already: %w", id, nvr.ErrExists)
	}
	if r.accounts[id] == nil {
		r.accounts[id] = r.newAccount(id, 0)
	}
	s := newStream(r, r.accounts[id], r.scenes.open(id.Camera, r.publish))
	s.account.enable()
	s.scene.show(id.Quality, s)
	r.streams[id] = s
	return s, nil
}

// Keep counts every stream that is not one of ids as disabled from when it is
// not accounted for any more: its camera was removed while nothing ran.
func (r *Recorder) Keep(ctx context.Context, ids []nvr.StreamID) error {
	streams, err := r.catalog.Streams(ctx)
	if err != nil {
		return fmt.Errorf("recorder: %w", err)
	}
	return r.catalog.Update(ctx, func(tx catalog.Tx) error {
		for _, s := range streams {
			if s.Disabled != 0 || slices.Contains(ids, s.ID) {
				continue
			}
			if err := tx.DisableStream(s.ID, s.Covered); err != nil {
				return err
			}
		}
		return nil
	})
}

// Remove ends the recording of a stream and counts it as disabled from now on.
// Its source must have stopped.
func (r *Recorder) Remove(id nvr.StreamID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.streams[id]
	if s == nil {
		return
	}
	delete(r.streams, id)
	s.scene.show(id.Quality, nil)
	s.End(nvr.PausedByUser, nil)
	s.account.disable()
}

// Health returns why footage of some stream cannot be written at the moment,
// or the empty reason. Of a stream that keeps events it tells how the last went.
func (r *Recorder) Health() nvr.Reason {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.streams {
		if reason := s.cutter.failing.Load(); reason != nil {
			return *reason
		}
	}
	return ""
}

// Close seals every segment and commits the ledger. Sources must have stopped.
func (r *Recorder) Close() error {
	for _, c := range r.scenes.all() {
		c.keepReports()
	}
	r.mu.Lock()
	for _, s := range r.streams {
		s.End(nvr.NotRunning, nil)
	}
	clear(r.streams)
	r.mu.Unlock()
	r.eyes.Wait()
	if !r.sealed() {
		r.log.Error("a footage disk does not answer; what it did not take is looked at at the next start")
	}
	left := r.ledger.close()
	stats := r.places.Stats()
	r.log.Info("recording stopped", "bytes", stats.Bytes, "writes", stats.Writes, "barriers", stats.Barriers+r.ledger.commits)
	if left > 0 {
		return fmt.Errorf("catalog lacks %d entries; they are restored from the footage at the next start", left)
	}
	return nil
}

// patience is how long the end of the program waits for a disk.
const patience = 10 * time.Second

// sealed waits until every segment is, and tells whether it did not take too long.
func (r *Recorder) sealed() bool {
	done := make(chan struct{})
	go func() {
		r.sealing.Wait()
		close(done)
	}()
	enough := time.NewTimer(patience)
	defer enough.Stop()
	select {
	case <-done:
		return true
	case <-enough.C:
		return false
	}
}
