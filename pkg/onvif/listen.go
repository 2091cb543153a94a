package onvif

import (
	"context"
	"errors"
	"slices"
	"time"

	"nvrd/pkg/nvr"
)

const (
	// quickEmpty is how soon an answer without news comes too soon to ask again at
	// once: some firmware does not wait.
	quickEmpty = time.Second
	// emptyPause and newsPause are how long nothing is asked then, and at least
	// from one answer with news to the next question.
	emptyPause, newsPause = 200 * time.Millisecond, 20 * time.Millisecond
	// firstPause and longestPause are how long to wait after a connection broke.
	firstPause, longestPause = 250 * time.Millisecond, 5 * time.Second
	// maxAnew is how many subscriptions in a row may end before anything was
	// pulled from them.
	maxAnew = 3
)

// Listen subscribes to what a device tells, and tells it on, in signals, until ctx
// ends or the device is gone. It pulls from one subscription through connections
// that break, renews it, and subscribes anew where the device has forgotten it.
//
// It returns nil if and only if ctx ended. Any other error is a [*Fault] or, for an
// address that is none, [nvr.ErrInvalid]. tell is called from the goroutine of
// Listen and must return soon. A state is told once, a ring that goes on at most
// once in 3 s. What the device says of how things stood before is no ring, and
// closes no input.
func Listen(ctx context.Context, c Config, tell func(nvr.Signal)) error {
	d, err := New(c)
	if err != nil {
		return err
	}
	defer d.Close()
	t := newTeller(d, tell)
	var silent *Fault
	if err = d.Time(ctx); errors.As(err, &silent) && silent.Reason != nvr.Unreachable {
		err = nil // it does not tell its clock, and may tell the rest
	}
	for lost := 0; err == nil && lost < maxAnew; {
		s, fault := d.subscribe(ctx)
		if fault != nil {
			err = fault
			break
		}
		if d.config.Heard != nil {
			d.config.Heard("subscribed", "", nil)
		}
		pulls, fault := d.listen(ctx, s, t)
		if ctx.Err() != nil || fault.Reason != nvr.Unreachable {
			d.leave(ctx, s)
		}
		switch {
		case fault.Reason != nvr.Refused && fault.Reason != nvr.Unsupported && fault.Reason != nvr.BadStream:
			err = fault
		case pulls > 0:
			lost = 0
		default:
			lost++
		}
		if lost == maxAnew {
			err = fault
		}
		if err == nil && !pause(ctx, firstPause) {
			break
		}
	}
	if ctx.Err() != nil {
		return nil //nolint:nilerr // that is the contract
	}
	return err
}

// leave unsubscribes, also when ctx ended.
func (d *Device) leave(ctx context.Context, s *subscription) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	d.unsubscribe(ctx, s)
}

// listen pulls from a subscription until it ends, and returns how often something
// came of that and why it ended.
func (d *Device) listen(ctx context.Context, s *subscription, t *teller) (pulls int, fault *Fault) {
	wait, heard := firstPause, time.Now()
	for {
		began := time.Now()
		if fault = d.renew(ctx, s); fault == nil {
			var news []notice
			if news, fault = d.pulled(ctx, s); fault == nil {
				t.since = heard // its clock may have been set since it was asked for
				pulls, wait, heard = pulls+1, firstPause, time.Now()
				for _, n := range news {
					d.say(n)
					t.take(n)
				}
				if !pause(ctx, rest(len(news), time.Since(began))) {
					return pulls, faulty(nvr.Unreachable, "told to stop")
				}
				continue
			}
		}
		// A connection that breaks says nothing of the subscription.
		if ctx.Err() != nil || fault.Reason != nvr.Unreachable || time.Since(heard) > s.lasts {
			return pulls, fault
		}
		if !pause(ctx, wait) {
			return pulls, fault
		}
		wait = min(2*wait, longestPause)
	}
}

// say tells Heard, if there is somebody.
func (d *Device) say(n notice) {
	if d.config.Heard == nil {
		return
	}
	values := make(map[string]string, len(n.source)+len(n.data))
	for _, i := range slices.Concat(n.source, n.data) {
		values[i.name] = i.value
	}
	d.config.Heard(n.topic, n.operation, values)
}

// rest returns how long to ask nothing after an answer with so much news that took
// so long.
func rest(news int, took time.Duration) time.Duration {
	switch {
	case news > 0:
		return newsPause
	case took < quickEmpty:
		return emptyPause
	}
	return 0
}

// pause waits; false means that ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return ctx.Err() == nil
	}
}

// IsWrongPassword tells whether an error of this package means that a device
// refuses user and password.
func IsWrongPassword(err error) bool {
	var f *Fault
	return errors.As(err, &f) && f.Reason == nvr.WrongPassword
}
