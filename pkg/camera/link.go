package camera

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
	"nvrd/pkg/rtsp"
)

// link keeps one stream connected. It is the sink of the connection and
// passes everything on.
type link struct {
	*board
	index   int
	stream  Stream
	connect func(context.Context, rtsp.Config, media.Sink) error
	door    *door
	logIns  *LogIns
	party   string // in the budget of log-ins
	log     *slog.Logger

	liveSince time.Time  // zero unless the present attempt is live
	failures  int        // attempts in a row that were not healthy
	back      time.Time  // when the camera came back; zero if it was healthy since
	woken     time.Time  // when that was tried at once last; likewise
	said      nvr.Reason // why the last attempt failed, which was logged unless the one before failed likewise
	unsaid    int        // failures since said was logged
}

const (
	firstDelay = time.Second
	maxDelay   = time.Minute
	// healthy is how long a stream has to last for its failure to count as a
	// first one.
	healthy = 30 * time.Second
	// bootEvery bounds how often a camera that is not healthy counts as
	// booting, or one whose port opens and closes would never get any rest.
	bootEvery = 5 * time.Minute
)

// run connects again and again until ctx ends.
func (l *link) run(ctx context.Context) {
	defer l.set(l.index, func(s *StreamState) {
		s.State = nvr.State{Phase: nvr.Off, Since: s.Since}
	})
	if l.index > 0 {
		select {
		case <-l.first:
		case <-ctx.Done():
		}
	}
	for ctx.Err() == nil {
		if !l.await(ctx) {
			break
		}
		l.set(l.index, func(s *StreamState) { s.Phase, s.RetryAt = nvr.Connecting, 0 })
		l.liveSince = time.Time{}
		opened := l.door.opening()
		err := l.connect(ctx, l.stream.RTSP, l)
		if err == nil {
			return // stopped, and the sink was told why
		}
		if !l.liveSince.IsZero() { // that it opened for this stream is not news
			opened = l.door.opening()
		}
		l.pause(ctx, l.failed(err), opened)
	}
	l.stream.Sink.End(rtsp.StopReason(ctx), nil)
}

// await returns when this stream may log in; false means that ctx ended.
func (l *link) await(ctx context.Context) bool {
	for said := false; ; said = true {
		ok, in, changed := l.logIns.May(l.party)
		if ok {
			return true
		}
		if !said {
			retry := nvr.TimeOf(time.Now().Add(in))
			l.set(l.index, func(s *StreamState) {
				s.State = waiting(s.Since, retry, nvr.WrongPassword, "the camera refused a password a short time ago, and is left alone until it has forgotten that")
			})
			continue // changed is over
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(in):
		case <-changed:
		}
	}
}

// failed notes a failure and returns how long to wait.
func (l *link) failed(err error) time.Duration {
	fault := &rtsp.Fault{Reason: nvr.RecorderFailed, Text: err.Error()}
	errors.As(err, &fault)
	if !l.liveSince.IsZero() && time.Since(l.liveSince) >= healthy {
		l.failures, l.said, l.back, l.woken = 0, "", time.Time{}, time.Time{}
	}
	if l.said == nvr.Unreachable && fault.Reason != nvr.Unreachable {
		l.cameBack()
	}
	wait := delay(l.failures, fault.Reason, rand.Float64())
	if !l.back.IsZero() && fault.Reason != nvr.WrongPassword {
		wait = min(wait, max(firstDelay, time.Since(l.back)/4))
	}
	l.failures++
	if l.unsaid++; fault.Reason != l.said {
		l.log.Warn("stream failed", "reason", fault.Reason, "err", fault.Text, "failures", l.unsaid)
		l.said, l.unsaid = fault.Reason, 0
	}
	if fault.Reason == nvr.WrongPassword { // before others are told, and try theirs
		l.logIns.Refused(l.party)
	} else {
		l.logIns.Undecided(l.party)
	}
	retry := nvr.TimeOf(time.Now().Add(wait))
	l.set(l.index, func(s *StreamState) {
		s.State = waiting(s.Since, retry, fault.Reason, fault.Text)
	})
	return wait
}

func waiting(since, retry nvr.Time, reason nvr.Reason, detail string) nvr.State {
	return nvr.State{Phase: nvr.Waiting, Reason: reason, Message: reason.Sentence(), Detail: detail, Since: since, RetryAt: retry}
}

// delay is how long to wait after a number of failures. It differs by a fifth
// up or down, as random in [0,1) says, so that the cameras of a household that
// lost its power do not all come at once.
func delay(failures int, reason nvr.Reason, random float64) time.Duration {
	if reason == nvr.WrongPassword {
		return lockout + time.Duration(random*float64(lockout)/5)
	}
	d := maxDelay
	if failures < 6 {
		d = firstDelay << failures
	}
	return min(maxDelay, time.Duration(float64(d)*(0.8+0.4*random)))
}

// pause waits for the next attempt: until the camera comes back, or has since the
// last one began, but no longer than d. A camera that refused the password is left
// alone.
func (l *link) pause(ctx context.Context, d time.Duration, opened <-chan struct{}) {
	within, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	for l.said != nvr.WrongPassword && l.door.opens(within, opened) {
		if l.cameBack() {
			return
		}
		opened = l.door.opening()
	}
	<-within.Done()
}

// cameBack notes that the camera is there again, from when on it may be
// booting, and tells whether to try at once: not if that was tried just now.
func (l *link) cameBack() bool {
	now := time.Now()
	if now.Sub(l.back) >= bootEvery {
		l.back = now
	}
	if now.Sub(l.woken) < healthy {
		return false
	}
	l.woken = now
	return true
}

// Begin implements [media.Sink].
func (l *link) Begin(f media.Format, fresh bool) {
	if l.liveSince.IsZero() {
		l.liveSince = time.Now()
		if l.unsaid == 0 {
			l.log.Info("stream is live")
		} else {
			l.log.Info("stream is live", "failures", l.unsaid)
		}
		l.unsaid = 0
		l.door.answered(nil)
		l.logIns.Accepted(l.party)
	}
	l.set(l.index, func(s *StreamState) {
		s.State, s.Format = nvr.State{Phase: nvr.Live, Since: s.Since}, f
	})
	l.stream.Sink.Begin(f, fresh)
}

// Sample implements [media.Sink].
func (l *link) Sample(s media.Sample) { l.stream.Sink.Sample(s) }

// End implements [media.Sink].
func (l *link) End(r nvr.Reason, err error) { l.stream.Sink.End(r, err) }
