package recorder

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"nvrd/pkg/ffmpeg"
	"nvrd/pkg/media"
)

const (
	// mostWaiting is how many pictures may be on their way through the decoder: a
	// second of them, or some key frames. A decoder of reordered pictures holds as
	// many as it says (two, mostly; up to six are meant here) until others push them
	// out, so those key frames go in twice.
	mostWaiting          = 30
	mostWaitingKeys      = 4
	mostWaitingReordered = 8
	// mostPicture is how large one may be: a key frame of 8K at 100 Mb/s.
	mostPicture = 4 << 20
	// stuckAfter is how long the decoder may take for a picture behind which
	// another went in.
	stuckAfter = 10 * time.Second
	// A decoder that died is started again after a second, and after twice as long
	// each time, unless it ran for a minute.
	firstPause, lastPause = time.Second, 10 * time.Minute
	ranWell               = time.Minute
	// between is how far the small pictures are apart that are of use.
	between = 480 * time.Millisecond
)

// eye decodes pictures of one stream, small, in a process of its own. The stream
// gives it pictures and takes the small ones, and waits for neither.
type eye struct {
	track media.Track
	tool  shrinker
	share *share
	log   *slog.Logger
	stop  context.CancelFunc // ends it

	in  chan given
	out chan small

	mu      sync.Mutex
	again   context.CancelFunc // ends the decoder; nil while there is none
	waiting []asked
	lost    bool          // nothing goes in before a key frame
	told    time.Time     // when the last one came out
	last    time.Duration // the last one that was of use
	any     bool          // there was one
}

// shrinker is what [ffmpeg.Tool] can.
type shrinker interface {
	Shrink(ctx context.Context, codec media.Codec, in io.Reader, tell func(small []byte)) error
}

// given is a picture for the decoder.
type given struct {
	data  []byte
	alone bool
	times int
}

// asked is one that went in.
type asked struct {
	at        time.Duration
	when      time.Time
	reordered bool // it may be held until others push it out
}

// small is one that came out.
type small struct {
	at   time.Duration
	gray []byte
}

// openEye returns one that counts with done.
func openEye(tool shrinker, track media.Track, share *share, log *slog.Logger, done *sync.WaitGroup) *eye {
	ctx, stop := context.WithCancel(context.Background())
	e := &eye{track: track, tool: tool, share: share, log: log, stop: stop, in: make(chan given, mostWaiting+1), out: make(chan small, 4), lost: true}
	done.Go(func() { e.run(ctx) })
	return e
}

// offer gives it a picture, unless there is no room or no share left. If key frames
// are offered only, they are alone.
func (e *eye) offer(picture media.Sample, at time.Duration, alone bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	if e.again == nil || e.lost && !picture.Key {
		return
	}
	if e.stuck(now) {
		e.log.Warn("the decoder does not answer and begins anew")
		e.again()
		e.again = nil
		return
	}
	most, times := mostWaiting, 1
	switch {
	case alone && picture.Composition != 0: // reordered
		most, times = mostWaitingReordered, 2
	case alone:
		most = mostWaitingKeys
	}
	e.lost = len(e.waiting) >= most-1 || len(picture.Data) > mostPicture || picture.Key && !e.share.left(now)
	if e.lost {
		return
	}
	for range times {
		e.waiting = append(e.waiting, asked{at, now, picture.Composition != 0})
	}
	e.in <- given{picture.Data, alone, times} // there is room: what is in it is waiting
}

// stuck tells whether the decoder gives nothing any more. It may hold a picture
// back until the next, which comes late where the share is used up. mu is held.
func (e *eye) stuck(now time.Time) bool {
	for _, a := range e.waiting {
		if a.when != e.waiting[0].when {
			return now.Sub(a.when) > stuckAfter
		}
	}
	return false
}

// run has a decoder run until ctx ends.
func (e *eye) run(ctx context.Context) {
	for pause := firstPause; ctx.Err() == nil; pause = min(2*pause, lastPause) {
		began := time.Now()
		child, stop := context.WithCancel(ctx)
		err := e.tool.Shrink(child, e.track.Codec, e.begin(child, stop), e.tell)
		stop()
		e.end()
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > ranWell {
			pause = firstPause
		}
		e.log.Info("the decoder for motion ended and will be started again", "err", err, "in", pause)
		wait := time.NewTimer(pause)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
		}
	}
}

// begin returns what a decoder reads that ends with ctx.
func (e *eye) begin(ctx context.Context, stop context.CancelFunc) io.Reader {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.in) > 0 {
		<-e.in
	}
	e.again, e.waiting, e.lost, e.any = stop, nil, true, false
	return &feed{ctx: ctx, eye: e, b: ffmpeg.AppendStart(nil, e.track)}
}

func (e *eye) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.again = nil
}

// tell takes what came out: of the picture that went in first, since decoders
// keep the order of pictures that are decoded without delay.
func (e *eye) tell(gray []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waiting) == 0 {
		return
	}
	first, now := e.waiting[0], time.Now()
	began := first.when
	if first.reordered {
		began = e.waiting[len(e.waiting)-1].when // by which it was pushed out
	}
	e.waiting = e.waiting[1:]
	if e.told.After(began) {
		began = e.told
	}
	e.told = now
	e.share.spend(now.Sub(began))
	if e.any && first.at-e.last < between {
		return
	}
	select {
	case e.out <- small{first.at, append([]byte(nil), gray...)}:
		e.any, e.last = true, first.at
	default: // the stream stands still
	}
}

// feed is what the decoder reads.
type feed struct {
	ctx context.Context
	eye *eye
	b   []byte
	buf []byte
}

func (f *feed) Read(p []byte) (int, error) {
	for len(f.b) == 0 {
		select {
		case <-f.ctx.Done():
			return 0, io.EOF
		case picture := <-f.eye.in:
			put := ffmpeg.AppendPicture
			if picture.alone {
				put = ffmpeg.AppendKey
			}
			f.buf = f.buf[:0]
			for range picture.times {
				var err error
				if f.buf, err = put(f.buf, f.eye.track.Codec, picture.data); err != nil {
					return 0, errors.Join(io.ErrUnexpectedEOF, err)
				}
			}
			f.b = f.buf
		}
	}
	n := copy(p, f.b)
	f.b = f.b[n:]
	return n, nil
}
