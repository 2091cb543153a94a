package camera

import (
	"context"
	"sync"
	"time"
)

const (
	// shutEvery is how often a port is knocked at that does not answer: one
	// packet a second, so that a camera is recorded within 3 s of its return.
	shutEvery = time.Second
	// openEvery is how often one is knocked at that answers while its streams
	// fail: who restarts a camera that hangs closes it for longer.
	openEvery = 10 * time.Second
	// knockTimeout is two packets, as the kernel sends them.
	knockTimeout = 2 * time.Second
)

// door is the port at which the streams of a camera are to be had; as a rule
// they share one. It is knocked at while a stream waits for its next attempt,
// so that the wait ends when the camera comes back.
type door struct {
	knock func(context.Context) error
	turn  chan struct{} // holds a value while somebody knocks
	last  time.Time     // when that was done; belongs to who has the turn

	mu     sync.Mutex
	shut   bool
	opened chan struct{} // closed, and made anew, when the door opens after it was shut
}

func newDoor(knock func(context.Context) error) *door {
	return &door{knock: knock, turn: make(chan struct{}, 1), opened: make(chan struct{})}
}

// opening returns a channel that is closed when the door opens after it was shut.
func (d *door) opening() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.opened
}

// opens waits for an opening. It returns false if ctx ends first. Of many that
// wait, one knocks.
func (d *door) opens(ctx context.Context, opened <-chan struct{}) bool {
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-opened:
		return true
	case <-ctx.Done():
		return false
	}
	next := d.last.Add(shutEvery)
	for {
		select {
		case <-opened:
			return true
		case <-time.After(time.Until(next)):
		case <-ctx.Done():
			return false
		}
		d.last = time.Now()
		within, cancel := context.WithTimeout(ctx, knockTimeout)
		err := d.knock(within)
		cancel()
		if ctx.Err() != nil {
			return false // the knock was cut short and says nothing
		}
		d.answered(err)
		next = d.last.Add(shutEvery)
		if err == nil {
			next = d.last.Add(openEvery)
		}
	}
}

// answered takes down whether the door was answered, for which err is nil.
func (d *door) answered(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut && err == nil {
		close(d.opened)
		d.opened = make(chan struct{})
	}
	d.shut = err != nil
}
