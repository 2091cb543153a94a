package live

import (
	"context"
	"fmt"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

const (
	// maxQueueBytes bounds what waits for one viewer, besides the group it
	// began with.
	maxQueueBytes = 8 << 20
	// maxLag is how far a viewer may fall behind before it skips to a key
	// frame: past that it is no live view, and waiting does not mend it.
	maxLag = 5 * time.Second
)

// Viewer is one who watches a [Stream]. Its methods are for one goroutine at a
// time; [Viewer.Close] may be called from any.
type Viewer struct {
	stream *Stream
	ready  chan struct{} // holds a value when there is something new to look at

	// Guarded by stream.mu.
	format  media.Format
	queue   []media.Sample
	bytes   int
	since   time.Time // arrival of the oldest sample in the queue that is not of the first group
	fresh   bool
	skipped bool
	waiting bool // for a key frame

	given []media.Sample // the last batch: its slice is used again
}

// Batch is some samples of a stream, in order and without a hole.
type Batch struct {
	Format media.Format // of the samples
	// Fresh says that a run begins: the samples count time from another zero
	// than those of the batch before. The first batch is fresh.
	Fresh bool
	// Skipped says that the viewer was too slow and samples before these were
	// left out.
	Skipped bool
	// Samples begin with a key frame in the first batch, and whenever Fresh or
	// Skipped is set or Format differs from that of the batch before.
	Samples []media.Sample
}

// Format waits until the stream runs and has a key frame, and returns its
// format: most likely that of the next batch.
func (v *Viewer) Format(ctx context.Context) (format media.Format, err error) {
	err = v.wait(ctx, func() { format = v.format })
	return format, err
}

// Next waits for samples and returns all there are. The slice is valid until
// the next call. It waits on while the camera is away, until ctx ends; a
// stream that was closed gives [nvr.ErrNotFound].
func (v *Viewer) Next(ctx context.Context) (b Batch, err error) {
	clear(v.given) // lets go of the data
	err = v.wait(ctx, func() {
		b = Batch{Format: v.format, Fresh: v.fresh, Skipped: v.skipped, Samples: v.queue}
		v.fresh, v.skipped = false, false
		v.queue, v.given, v.bytes = v.given[:0], v.queue, 0
	})
	return b, err
}

// Close ends the viewer: the stream forgets it, and a waiting call returns.
func (v *Viewer) Close() {
	v.stream.mu.Lock()
	defer v.stream.mu.Unlock()
	delete(v.stream.viewers, v)
	signal(v.ready)
}

// wait calls take under the lock once the queue holds something.
func (v *Viewer) wait(ctx context.Context, take func()) error {
	for {
		if v.try(take) {
			return nil
		}
		if v.over() {
			return fmt.Errorf("the live view was closed: %w", nvr.ErrNotFound)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("live view: %w", ctx.Err())
		case <-v.ready:
		}
	}
}

func (v *Viewer) try(take func()) bool {
	v.stream.mu.Lock()
	defer v.stream.mu.Unlock()
	if len(v.queue) == 0 {
		return false
	}
	take()
	return true
}

func (v *Viewer) over() bool {
	v.stream.mu.Lock()
	defer v.stream.mu.Unlock()
	_, watching := v.stream.viewers[v]
	return !watching
}

func (v *Viewer) begin(format media.Format, fresh bool) {
	v.drop()
	v.format = format
	v.fresh = v.fresh || fresh
}

// push queues x. A queue that is too long or too old is emptied, and goes on
// with the next key frame, which may be x.
func (v *Viewer) push(x media.Sample) {
	late := len(v.queue) > 0 && x.Arrived.Sub(v.since) > maxLag
	if !v.waiting && (late || v.bytes+cost(x) > maxQueueBytes) {
		v.drop()
		v.skipped = true
	}
	if v.waiting && !isKey(x) {
		return
	}
	v.waiting = false
	if len(v.queue) == 0 {
		v.since = x.Arrived
	}
	v.queue = append(v.queue, x)
	v.bytes += cost(x)
	signal(v.ready)
}

// drop empties the queue until the next key frame.
func (v *Viewer) drop() {
	clear(v.queue)
	v.queue, v.bytes, v.waiting = v.queue[:0], 0, true
}
