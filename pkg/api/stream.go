package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/live"
	"nvrd/pkg/nvr"
)

const (
	// firstPicture is how long a viewer waits for a camera that is connecting
	// or sends key frames rarely, before it is told to come back.
	firstPicture = 10 * time.Second
	// stalled is how long a reader may take none of what is written to it.
	stalled = 30 * time.Second
)

func (a *api) live(w http.ResponseWriter, r *http.Request) error {
	id, _, err := streamOf(r)
	if err != nil {
		return err
	}
	stream, ok := a.Live.Stream(id)
	if !ok {
		return fmt.Errorf("there is no stream %s: %w", id, nvr.ErrNotFound)
	}
	release, err := a.watching.take()
	if err != nil {
		return err
	}
	defer release()
	viewer := stream.Subscribe()
	defer viewer.Close()
	ctx, cancel := untilShutdown(r)
	defer cancel()
	brief, done := context.WithTimeout(ctx, firstPicture)
	defer done()
	format, err := viewer.Format(brief)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the camera sends no picture at the moment: %w", nvr.ErrBusy)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", live.MIME(format))
	w.Header().Set("Stoop-Time", nvr.Now().String())
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return nil
	}
	// The answer has begun: its end says that the page should ask again.
	if err := live.WriteFMP4(ctx, viewer, format, patient{w}, http.NewResponseController(w).Flush); err != nil {
		a.Log.Debug("live view ended", "stream", id, "err", err)
	}
	return nil
}

func (a *api) states(w http.ResponseWriter, r *http.Request) error {
	only, err := onlyRings(r)
	if err != nil {
		return err
	}
	release, err := a.listening.take()
	if err != nil {
		return err
	}
	defer release()
	to, more := newPush(w, r)
	if !more {
		return nil
	}
	ctx, cancel := untilShutdown(r)
	defer cancel()
	if only {
		return a.sendRings(ctx, to)
	}
	return a.sendStates(ctx, to)
}

// sendStates tells a page that is looked at whatever changes, until ctx ends.
func (a *api) sendStates(ctx context.Context, to push) error {
	changed, end := a.Subscribe()
	defer end()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	street := a.street(ctx)
	rings := a.Rings.Listen()
	defer rings.Close()
	spoken, silence := a.Talks.Subscribe()
	defer silence()
	var shown []byte
	heard := []byte("[]") // who talks, as the page knows it
	for {
		cameras, err := a.list(ctx)
		if err != nil {
			return a.broken(shown != nil, err)
		}
		data, err := json.Marshal(cameras)
		if err != nil {
			return a.broken(shown != nil, err)
		}
		say := to.beat
		if !bytes.Equal(data, shown) {
			shown = data
			say = func() error { return to.send("cameras", "", data) }
		}
		if say() != nil {
			return nil // the page is gone
		}
		if rings.Ringing != nil { // after the cameras that it tells of
			if sendRinging(ctx, to, rings.Ringing, cameras) != nil {
				return nil
			}
			rings.Ringing = nil
		}
		if heard, err = a.sendTalks(to, cameras, heard); err != nil {
			return nil // the page is gone
		}
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-changed:
			if !ok {
				return nil // we are stopping
			}
		case <-spoken:
		case p, ok := <-rings.Changes():
			if !ok || sendPress(ctx, to, p, cameras) != nil {
				return nil
			}
		case <-street:
			street = a.street(ctx) // before the page looks, so that it misses nothing
			if to.send("street", "", []byte("{}")) != nil {
				return nil // the page is gone
			}
		case <-beat.C:
		}
	}
}

// street returns what is closed by the next change in the neighborhood; nil for
// who may not look there.
func (a *api) street(ctx context.Context) <-chan struct{} {
	if a.Street == nil || !auth.May(ctx, auth.Review, auth.Neighborhood) {
		return nil
	}
	return a.Street(ctx)
}

// broken returns err, or only writes it to the log if the answer has begun.
func (a *api) broken(begun bool, err error) error {
	if !begun {
		return err
	}
	if !errors.Is(err, context.Canceled) {
		a.Log.Error("event stream failed", "err", err)
	}
	return nil
}

// patient gives every write its own time, so that a long answer may take as
// long as it needs and a reader who takes nothing is let go.
type patient struct{ http.ResponseWriter }

func (p patient) Write(b []byte) (int, error) {
	// Not every writer has a deadline; those of tests do not.
	_ = http.NewResponseController(p.ResponseWriter).SetWriteDeadline(time.Now().Add(stalled))
	return p.ResponseWriter.Write(b)
}
