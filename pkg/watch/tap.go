package watch

import (
	"sync"

	"nvrd/pkg/media"
	"nvrd/pkg/nvr"
)

// recording is where a tap leads; a [recorder.Stream] is one.
type recording interface {
	media.Sink
	SetPlan(nvr.Plan)
}

// tap leads a stream to its recording while it is open, so that a stream
// begins and ceases to be recorded without a new connection. The zero tap is
// closed. It is a [media.Sink], and safe for use from several goroutines.
type tap struct {
	mu      sync.Mutex
	to      recording    // nil while the tap is closed
	format  media.Format // of what flows
	flowing bool
}

// open begins to lead what flows to a recording.
func (t *tap) open(to recording) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.to = to
	if t.flowing {
		to.Begin(t.format, true)
	}
}

// close ends that. When it returns the recording is given nothing more.
func (t *tap) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.to = nil
}

func (t *tap) closed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.to == nil
}

// replan hands a plan on.
func (t *tap) replan(p nvr.Plan) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.to != nil {
		t.to.SetPlan(p)
	}
}

// Begin implements [media.Sink].
func (t *tap) Begin(f media.Format, fresh bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.format, t.flowing = f, true
	if t.to != nil {
		t.to.Begin(f, fresh)
	}
}

// Sample implements [media.Sink].
func (t *tap) Sample(s media.Sample) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.to != nil {
		t.to.Sample(s)
	}
}

// End implements [media.Sink].
func (t *tap) End(r nvr.Reason, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flowing = false
	if t.to != nil {
		t.to.End(r, err)
	}
}
