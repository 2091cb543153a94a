package bell

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"nvrd/pkg/device"
	"nvrd/pkg/household"
	"nvrd/pkg/maker/report"
	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif"
)

// listening is a bell that is listened to.
type listening struct {
	bell household.Bell
	stop context.CancelFunc
	done chan struct{}
	log  *report.Log

	mu    sync.Mutex
	state State
}

func (b *Bells) start(ctx context.Context, bell household.Bell) *listening {
	ctx, stop := context.WithCancel(ctx)
	l := &listening{bell: bell, stop: stop, done: make(chan struct{}), log: logOf(bell), state: State{Camera: bell.Camera, Kind: bell.Kind, Since: nvr.Now()}}
	if bell.Kind == household.WebhookBell {
		close(l.done) // it calls the home's pages
		return l
	}
	go func() {
		defer close(l.done)
		b.keep(ctx, l)
	}()
	return l
}

// How long to wait before a device is asked again: twice as long each time, and less
// than people wait for a bell to be repaired. One that refuses the password is left
// alone for longer than devices lock somebody out for.
const (
	firstWait  = time.Second
	maxWait    = time.Minute
	refused    = 6 * time.Minute
	maxRefused = 6 * time.Hour
	// steady is how long a connection has to last for its end to count as a first one.
	steady = 30 * time.Second
)

// keep listens again and again until ctx ends.
func (b *Bells) keep(ctx context.Context, l *listening) {
	log := b.Log.With("camera", l.bell.Camera, "bell", l.bell.Kind)
	wait, locked := firstWait, refused
	for {
		began := time.Now()
		err := b.listen(ctx, l)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("the device ended the connection")
		}
		if time.Since(began) >= steady {
			wait, locked = firstWait, refused
		}
		pause := time.Duration(float64(wait) * (0.8 + 0.4*rand.Float64()))
		wait = min(2*wait, maxWait)
		if fault, ok := errors.AsType[*onvif.Fault](err); ok {
			pause = max(pause, fault.Wait)
		}
		if isRefused(err) {
			pause = max(pause, locked)
			locked = min(2*locked, maxRefused)
		}
		l.log.Add("ended", string(cmp.Or(device.KindOf(err), faultOf(err))), nil)
		if l.set(err.Error()) {
			log.Warn("a bell is not heard", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

func isRefused(err error) bool {
	return onvif.IsWrongPassword(err) || device.KindOf(err) == device.WrongLogIn
}

// take takes what a bell tells.
func (b *Bells) take(l *listening, s nvr.Signal) {
	l.set("")
	l.mu.Lock()
	l.state.Heard = max(l.state.Heard, s.At)
	l.mu.Unlock()
	publish := b.Publish
	if watches(l.bell.Kind) {
		publish = b.Report
	}
	b.meanings.hear(l.bell.Camera, s, publish)
}

// set notes how it stands, and tells whether that is news.
func (l *listening) set(trouble string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.Known = true
	if l.state.Trouble == trouble {
		return false
	}
	l.state.Trouble, l.state.Since = trouble, nvr.Now()
	return true
}
