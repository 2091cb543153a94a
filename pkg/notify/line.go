package notify

import (
	"context"
	"slices"
	"sync"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// sender hands messages to one channel. Its methods may be called from several goroutines:
// for rings, for the rest, and for tests.
type sender interface {
	// send hands over a message; jpeg is nil for the text alone. It returns a
	// *failure, or what [judge] makes one of.
	send(ctx context.Context, m Message, jpeg []byte) error
	// patience is how long the text waits for the picture, because only one message
	// is sent; zero if the picture comes after it.
	patience() time.Duration
	// close ends it; forget tells that the channel was removed, and with it what it
	// said of the home.
	close(forget bool)
}

// job is one message on its way to one channel.
type job struct {
	m        Message
	picture  *picture // nil for none
	row      int64    // zero until it is written down
	attempts int
	next     time.Time
	expires  time.Time
	busy     bool
	told     bool // the text is; the picture is to follow
	ended    bool // it is no longer in the line
}

// urgent tells in which lane it goes. What is said of a ring stays in one lane, so that
// it comes in its order.
func (j *job) urgent() bool { return j.m.Urgent || j.m.Kind == nvr.RingEvent }

const (
	// maxWaiting bounds what waits for one channel: an hour of what calm alerts
	// let through, several times over.
	maxWaiting = 100
	// attemptTime bounds one try; a picture of 2 MB needs 2 Mb/s.
	attemptTime = 10 * time.Second
	// firstPause and longestPause bound the time until the next try.
	firstPause   = time.Second
	longestPause = 5 * time.Minute
)

// line is what waits for one channel. Rings have a lane of their own and do not wait
// behind a picture. A line waits for no other line.
type line struct {
	id     int64
	o      *Outbox
	sender sender
	stop   context.CancelFunc
	closed chan struct{}    // once it has ended
	wakes  [2]chan struct{} // of the lanes: rest, urgent

	mu      sync.Mutex
	removed bool
	channel household.Channel
	jobs    []*job
}

// run works until ctx ends.
func (l *line) run(ctx context.Context) {
	var lanes sync.WaitGroup
	lanes.Go(func() { l.work(ctx, false) })
	lanes.Go(func() { l.work(ctx, true) })
	lanes.Wait()
	l.mu.Lock()
	removed := l.removed
	l.mu.Unlock()
	l.sender.close(removed)
	close(l.closed)
}

func lane(urgent bool) int {
	if urgent {
		return 1
	}
	return 0
}

// put adds a job in the place of those with the same ID.
func (l *line) put(j *job) {
	l.mu.Lock()
	var dropped []int64 // their rows
	keep := l.jobs[:0]
	for _, old := range l.jobs {
		if old.m.ID == j.m.ID {
			old.ended = true // its row is replaced, too
			continue
		}
		keep = append(keep, old)
	}
	l.jobs = append(keep, j)
	for len(l.jobs) > maxWaiting {
		i := max(slices.IndexFunc(l.jobs, func(j *job) bool { return !j.urgent() }), 0)
		l.jobs[i].ended = true
		dropped = append(dropped, l.jobs[i].row)
		l.jobs = slices.Delete(l.jobs, i, i+1)
	}
	l.mu.Unlock()
	l.wake(j)
	for _, row := range dropped {
		l.o.forget(row)
		l.o.noteFailed(l, &failure{trouble: Overfull, err: errFull})
	}
}

func (l *line) wake(j *job) {
	select {
	case l.wakes[lane(j.urgent())] <- struct{}{}:
	default:
	}
}

// written notes the row of a job. If it has been told meanwhile, the row goes.
func (l *line) written(j *job, row int64) {
	l.mu.Lock()
	j.row = row
	over := j.ended || j.told
	l.mu.Unlock()
	if over {
		l.o.forget(row)
	}
}

// pick returns the next job of a lane, or how long until there may be one.
func (l *line) pick(urgent bool) (*job, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, wait := time.Now(), time.Hour
	for _, j := range l.jobs {
		if j.urgent() != urgent || j.busy {
			continue
		}
		until := j.next.Sub(now)
		if left := j.expires.Sub(now); left < until {
			until = left
		}
		if until <= 0 {
			j.busy = true
			return j, 0
		}
		wait = min(wait, until)
	}
	return nil, wait
}

func (l *line) work(ctx context.Context, urgent bool) {
	for ctx.Err() == nil {
		j, wait := l.pick(urgent)
		if j != nil {
			l.attempt(ctx, j)
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-l.wakes[lane(urgent)]:
		}
		timer.Stop()
	}
}
