// Package talk lets people of the home speak at a camera: one at a time for each
// camera, by a microphone (see [Talks.Begin]) or with something that was recorded
// before (see [Talks.Play]). A camera's speaker is open for as long as somebody
// talks and closed within a second of the last word, since several doorbells
// do not ring while it is open.
//
// It keeps nothing: what is said is gone. How a speaker is reached, and with
// which log-in, is the business of who opens it (pkg/watch and pkg/rtsp).
package talk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
)

// Speaker is where a camera plays what is said; an [rtsp.BackChannel] is one.
type Speaker interface {
	// Rate is how many samples a second Write takes.
	Rate() int
	// Write plays a frame of 20 ms, and waits until it is due.
	Write(frame []int16) error
	// Close ends it, and a Write that waits.
	Close()
}

// Open opens the speaker of a camera. It fails with a kind of pkg/nvr whose
// message is meant for people; with [ErrNoSpeaker] if there is none.
type Open func(ctx context.Context, camera nvr.CameraID) (Speaker, error)

// ErrNoSpeaker says that nobody can talk at a camera. It is an [nvr.ErrNotFound].
var ErrNoSpeaker = fmt.Errorf("no speaker: %w", nvr.ErrNotFound)

// Limits of talking.
const (
	frameTime = 20 * time.Millisecond // as Speaker has it
	// queued is how many frames may wait: 200 ms. Of more the oldest are left out,
	// so that what is heard is never later than that.
	queued = 10
	// vanished is how long a talker may send nothing before the talk ends: a
	// microphone sends silence, too.
	vanished = 5 * time.Second
	// Longest is how long somebody may talk: a doorbell whose speaker is left open
	// may not ring.
	Longest = 10 * time.Minute
)

// State is who talks at a camera, if anybody does.
type State struct {
	Who   string   // empty if nobody does
	Since nvr.Time // when it began
	// Silent says why nobody can talk there, as it was found last; empty if
	// somebody could, or nobody tried.
	Silent string
}

// Talks are those of all cameras. It is safe for concurrent use.
type Talks struct {
	open Open
	log  *slog.Logger

	mu      sync.Mutex
	states  map[nvr.CameraID]State
	ends    map[nvr.CameraID]func(error) // of who talks
	waiting map[chan struct{}]struct{}
	closed  bool
	running sync.WaitGroup
}

// New returns the talks of cameras whose speakers are opened with open.
func New(open Open, log *slog.Logger) *Talks {
	return &Talks{
		open: open, log: log,
		states: map[nvr.CameraID]State{}, ends: map[nvr.CameraID]func(error){}, waiting: map[chan struct{}]struct{}{},
	}
}

// Close ends all talks, and returns when every speaker is closed.
func (t *Talks) Close() {
	t.mu.Lock()
	t.closed = true
	for _, end := range t.ends {
		end(errStopping)
	}
	t.mu.Unlock()
	t.running.Wait()
}

// State returns who talks at a camera.
func (t *Talks) State(camera nvr.CameraID) State {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.states[camera]
}

// Subscribe returns a channel that gives a value after every change of what State
// returns (changes that follow quickly may share one), and a function that ends
// the subscription.
func (t *Talks) Subscribe() (changed <-chan struct{}, end func()) {
	ch := make(chan struct{}, 1)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting[ch] = struct{}{}
	return ch, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.waiting, ch)
	}
}

// change makes a change and wakes who waits for one. t.mu must be held.
func (t *Talks) change(camera nvr.CameraID, s State) {
	if s == (State{}) {
		delete(t.states, camera)
	} else {
		t.states[camera] = s
	}
	for ch := range t.waiting {
		select {
		case ch <- struct{}{}:
		default: // it has not looked since the last time
		}
	}
}

var errStopping = fmt.Errorf("the recorder is stopping: %w", nvr.ErrBusy)

// take has who talk at a camera, or fails with [nvr.ErrBusy] and says who does.
// end is called to end the talk early.
func (t *Talks) take(camera nvr.CameraID, who string, end func(error)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.states[camera]
	switch {
	case t.closed:
		return errStopping
	case s.Who != "":
		return fmt.Errorf("somebody talks there already (%s, since %s): %w", s.Who, s.Since, nvr.ErrBusy)
	}
	t.change(camera, State{Who: who, Since: nvr.Now()})
	t.ends[camera] = end
	t.running.Add(1)
	return nil
}

// free ends what take began. why is what the talk ended with.
func (t *Talks) free(camera nvr.CameraID, why error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var s State
	if errors.Is(why, ErrNoSpeaker) {
		s.Silent = message(why)
	}
	delete(t.ends, camera)
	t.change(camera, s)
	t.running.Done()
}

// message is what an error says without the name of its kind.
func message(err error) string {
	var s silent
	if errors.As(err, &s) {
		return s.why
	}
	return err.Error()
}

// silent is an [ErrNoSpeaker] that says why.
type silent struct{ why string }

func (s silent) Error() string { return s.why + ": " + nvr.ErrNotFound.Error() }
func (s silent) Unwrap() error { return ErrNoSpeaker }

// NoSpeaker returns an [ErrNoSpeaker] that says why nobody can talk there.
func NoSpeaker(why string) error { return silent{why} }

// Play plays a sound at a camera in the name of who. It returns when the speaker
// is open, and plays on until the sound is over or the talks are closed. It fails
// as Begin does, and with [nvr.ErrInvalid] for a sound that is longer than
// [Longest] or of a rate that is not known.
func (t *Talks) Play(ctx context.Context, camera nvr.CameraID, who string, sound pcm.Sound) error {
	if !pcm.Resamples(sound.Rate) || sound.Duration() > Longest {
		return fmt.Errorf("a sound of %v at %d Hz: %w", sound.Duration(), sound.Rate, nvr.ErrInvalid)
	}
	s, err := t.begin(ctx, camera, who, sound.Rate, true)
	if err != nil {
		return err
	}
	go s.recite(sound)
	return nil
}

// TestSpeaker plays a chime. It fails as Play does.
func (t *Talks) TestSpeaker(ctx context.Context, camera nvr.CameraID, who string) error {
	return t.Play(ctx, camera, who, Chime())
}
