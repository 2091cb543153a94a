package talk

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
)

// Session is somebody who talks at a camera. Its methods are safe for concurrent
// use, but Say is called by one goroutine at a time.
type Session struct {
	talks   *Talks
	camera  nvr.CameraID
	speaker Speaker
	frame   int // samples in a frame of the speaker's
	turn    *pcm.Resampler
	limit   pcm.Limiter
	half    []int16 // less than a frame
	patient bool    // what is said was recorded before, and waits for its turn

	taken int // frames since the last look at the queue; of run alone
	least int // that waited since

	mu    sync.Mutex
	queue [][]int16
	heard time.Time // when something was said last
	left  int       // frames that were left out, for the log
	ended bool
	why   error

	more chan struct{} // holds a value when the queue or ended changed
	room chan struct{} // likewise, when a frame was taken
	done chan struct{} // closed when the speaker is
}

// Begin opens the speaker of a camera for who, who says sound of so many samples
// a second (see [pcm.Resamples]). It fails with [nvr.ErrBusy] if somebody talks
// there, which the message names, and with what opening fails with. The Session
// lasts until End; or until nothing was said for 5 s, ten minutes have passed, or
// the camera ended it. ctx is for opening alone.
func (t *Talks) Begin(ctx context.Context, camera nvr.CameraID, who string, rate int) (*Session, error) {
	return t.begin(ctx, camera, who, rate, false)
}

func (t *Talks) begin(ctx context.Context, camera nvr.CameraID, who string, rate int, patient bool) (*Session, error) {
	s := &Session{
		talks: t, camera: camera, patient: patient, heard: time.Now(),
		more: make(chan struct{}, 1), room: make(chan struct{}, 1), done: make(chan struct{}),
	}
	opening, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := t.take(camera, who, func(why error) { cancel(); s.end(why) }); err != nil {
		return nil, err
	}
	err := s.open(opening, rate)
	if err != nil {
		t.free(camera, err)
		return nil, err
	}
	t.log.Info("somebody talks at a camera", "camera", camera, "who", who)
	go s.run()
	return s, nil
}

func (s *Session) open(ctx context.Context, rate int) error {
	speaker, err := s.talks.open(ctx, s.camera)
	if err != nil {
		return err
	}
	if s.turn, err = pcm.NewResampler(rate, speaker.Rate()); err != nil {
		speaker.Close()
		return fmt.Errorf("%w: %w", err, nvr.ErrInvalid)
	}
	s.speaker, s.frame = speaker, speaker.Rate()/int(time.Second/frameTime)
	return nil
}

// Say plays samples, of which there may be any number. It does not wait: if
// frames come faster than they sound, the oldest are left out. What is said
// after the end is dropped.
func (s *Session) Say(samples []int16) {
	s.half = s.turn.Append(s.half, samples)
	for len(s.half) >= s.frame {
		frame := slices.Clone(s.half[:s.frame])
		s.half = append(s.half[:0], s.half[s.frame:]...)
		s.limit.Apply(frame)
		for !s.put(frame) {
			<-s.room
		}
	}
}

// put adds a frame to the queue. It returns false if that is full and what is
// said can wait.
func (s *Session) put(frame []int16) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = time.Now()
	switch {
	case s.ended:
		return true
	case len(s.queue) == queued && s.patient:
		return false
	case len(s.queue) == queued:
		s.drop(1)
	}
	s.queue = append(s.queue, frame)
	wake(s.more)
	return true
}

// drop leaves out the n oldest frames. s.mu must be held.
func (s *Session) drop(n int) {
	s.queue = slices.Delete(s.queue, 0, n)
	s.left += n
}

func wake(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// End ends the talk when what was said is out, within 200 ms, and returns when the
// speaker is closed. It may be called more than once.
func (s *Session) End() {
	s.end(nil)
	<-s.done
}

// Done returns a channel that is closed when the talk is over.
func (s *Session) Done() <-chan struct{} { return s.done }

// end has the talk end; of several reasons the first counts.
func (s *Session) end(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.ended, s.why = true, why
	if why != nil {
		s.queue = nil
	}
	wake(s.more)
	wake(s.room)
}

var (
	errVanished = fmt.Errorf("nothing came from the microphone for %v: %w", vanished, nvr.ErrBusy)
	errLong     = fmt.Errorf("one talk lasts at most %v: %w", Longest, nvr.ErrTooLarge)
)

// run plays what is said until the end, and closes the speaker.
func (s *Session) run() {
	defer close(s.done)
	began := time.Now()
	limit := time.AfterFunc(Longest, func() { s.end(errLong) })
	defer limit.Stop()
	watch := time.AfterFunc(vanished, s.watch)
	defer watch.Stop()
	var err error
	for err == nil {
		frame, more := s.next()
		if !more {
			break
		}
		err = s.speaker.Write(frame)
	}
	s.end(err)
	s.speaker.Close()
	s.mu.Lock()
	why, left := s.why, s.left
	s.mu.Unlock()
	s.talks.log.Info("the talk is over", "camera", s.camera, "took", time.Since(began).Round(time.Millisecond), "left_out", left, "why", why)
	s.talks.free(s.camera, nil)
}

// watch ends the talk of who vanished.
func (s *Session) watch() {
	s.mu.Lock()
	quiet, ended := time.Since(s.heard), s.ended
	s.mu.Unlock()
	switch {
	case ended:
	case quiet >= vanished:
		s.end(errVanished)
	default:
		time.AfterFunc(vanished-quiet, s.watch)
	}
}

// steady is over how many frames the queue is looked at: what waits for all of
// half a second is latency and nothing else.
const steady = 25

// next waits for the next frame; false means the end.
func (s *Session) next() ([]int16, bool) {
	for {
		frame, ended := s.first()
		if frame != nil {
			wake(s.room)
			return frame, true
		}
		if ended {
			return nil, false
		}
		<-s.more
	}
}

// first takes the oldest frame, if there is one, and now and then leaves out
// those that only make all others late.
func (s *Session) first() (frame []int16, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return nil, s.ended
	}
	frame, s.queue = s.queue[0], s.queue[1:]
	s.least = min(s.least, len(s.queue))
	if s.taken++; s.taken >= steady {
		if !s.patient && !s.ended {
			s.drop(s.least)
		}
		s.taken, s.least = 0, queued
	}
	return frame, false
}

// recite says a sound that is there as a whole.
func (s *Session) recite(sound pcm.Sound) {
	for part := range slices.Chunk(sound.Samples, sound.Rate/int(time.Second/frameTime)) {
		s.Say(part)
	}
	s.Say(make([]int16, sound.Rate/10)) // drives out what is held back, and ends a word softly
	s.end(nil)
}

// Chime is two soft tones, the second lower, by which a speaker is tested.
func Chime() pcm.Sound {
	const rate = 16000
	s := pcm.Sound{Rate: rate, Samples: make([]int16, rate*12/10)}
	for _, tone := range []struct{ hertz, begin float64 }{{659.26, 0}, {523.25, 0.45}} {
		for i := int(tone.begin * rate); i < len(s.Samples); i++ {
			t := float64(i)/rate - tone.begin
			loud := 9000 * math.Exp(-4*t) * min(1, t*200) // begins within 5 ms, so that nothing clicks
			s.Samples[i] += int16(loud * math.Sin(2*math.Pi*tone.hertz*t))
		}
	}
	return s
}
