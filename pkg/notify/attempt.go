package notify

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// attempt tries once to tell a job, and decides how it goes on.
func (l *line) attempt(ctx context.Context, j *job) {
	if !time.Now().Before(j.expires) {
		l.expire(j)
		return
	}
	var jpeg []byte
	if j.picture != nil && (j.told || l.await(ctx, j)) {
		jpeg = j.picture.get()
	}
	try, cancel := context.WithTimeout(ctx, attemptTime)
	err := l.sender.send(try, j.m, jpeg)
	cancel()
	switch {
	case ctx.Err() != nil && err != nil: // stopped, and still written down
	case err == nil:
		l.succeeded(ctx, j)
	default:
		l.failed(j, judge(err))
	}
}

// await waits for a picture without which nothing is told yet.
func (l *line) await(ctx context.Context, j *job) bool {
	if l.sender.patience() == 0 {
		return false
	}
	timer := time.NewTimer(l.sender.patience())
	defer timer.Stop()
	select {
	case <-j.picture.ready:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

func (l *line) succeeded(ctx context.Context, j *job) {
	l.mu.Lock()
	first, follows := !j.told, j.picture != nil && !j.told && l.sender.patience() == 0
	j.told, j.busy, j.attempts = true, false, 0
	row := j.row
	if follows && !j.ended {
		j.next, j.expires = time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
	} else {
		l.remove(j)
	}
	l.mu.Unlock()
	if first {
		l.o.noteSent(l, row)
	}
	if follows {
		l.o.running.Go(func() { l.follow(ctx, j) })
	}
}

// follow has the picture told once it is there.
func (l *line) follow(ctx context.Context, j *job) {
	select {
	case <-j.picture.ready:
	case <-ctx.Done():
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if j.ended {
		return
	}
	if j.picture.get() == nil {
		l.remove(j)
		return
	}
	j.next, j.expires = time.Now(), time.Now().Add(ringLife)
	l.wake(j)
}

// remove takes a job out of the line. The caller holds mu.
func (l *line) remove(j *job) {
	j.ended = true
	l.jobs = slices.DeleteFunc(l.jobs, func(other *job) bool { return other == j })
}

func (l *line) failed(j *job, f *failure) {
	l.mu.Lock()
	j.attempts++
	j.busy = false
	j.next = time.Now().Add(pause(j.attempts))
	row, attempts, next := j.row, j.attempts, j.next
	if f.final || j.ended {
		l.remove(j)
	}
	l.mu.Unlock()
	l.o.noteFailed(l, f)
	switch {
	case f.gone: // by another goroutine: who changes the channel waits for this one
		l.o.running.Go(func() { l.o.lost(l) })
	case f.final:
		l.o.forget(row)
	default:
		l.o.retry(row, attempts, next)
	}
}

// pause is how long to wait after so many failures: twice as long each time, and by
// up to half more or less, so that channels of one server do not ask it together.
func pause(failures int) time.Duration {
	d := min(firstPause<<min(failures-1, 20), longestPause)
	return d/2 + rand.N(d)
}

// expire ends a job that is not worth telling any more. A ring becomes a missed one.
func (l *line) expire(j *job) {
	l.mu.Lock()
	l.remove(j)
	row, told := j.row, j.told
	l.mu.Unlock()
	late := Message{}
	if !told {
		late = l.o.words(l.o.ctx).late(j.m)
	}
	if late.ID == "" {
		l.o.forget(row)
		return
	}
	// Its row takes the place of that of the ring.
	if err := l.o.send(l.o.ctx, late.fitting(), []*line{l}, nil); err != nil {
		l.o.forget(row)
	}
}
