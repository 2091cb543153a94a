package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/live/rtc"
	"nvrd/pkg/nvr"
)

// stillThere is how often it is looked whether who watches by WebRTC still may,
// and whether the camera is still on: it has to end within 5 s.
const stillThere = 2 * time.Second

const sdpType = "application/sdp"

// sessions are those of WebRTC by name, with the camera each is of. The engine
// owns them; here is which address leads to which.
type sessions[S any] struct {
	mu  sync.Mutex
	all map[string]placed[S]
}

// placed is a session at a camera.
type placed[S any] struct {
	camera  nvr.CameraID
	session S
}

// add makes a session known until the function that it returns is called.
func (s *sessions[S]) add(id string, camera nvr.CameraID, session S) (remove func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]placed[S]{}
	}
	s.all[id] = placed[S]{camera, session}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.all, id)
	}
}

// of returns the session that r names in a wildcard.
func (s *sessions[S]) of(r *http.Request, wildcard string) (session S, err error) {
	camera, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return session, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.all[r.PathValue(wildcard)]
	if !ok || v.camera != camera {
		return session, fmt.Errorf("there is no %s of this name: %w", wildcard, nvr.ErrNotFound)
	}
	return v.session, nil
}

// whep answers a browser's offer to watch (WHEP; statuses and header of RFC 9725).
func (a *api) whep(w http.ResponseWriter, r *http.Request) error {
	id, _, err := streamOf(r)
	if err != nil {
		return err
	}
	offer, err := readOffer(w, r)
	if err != nil {
		return err
	}
	stream, ok := a.Live.Stream(id)
	if !ok || a.WebRTC == nil {
		return fmt.Errorf("there is no stream %s by WebRTC: %w", id, nvr.ErrNotFound)
	}
	release, err := a.watching.take()
	if err != nil {
		return err
	}
	ctx, cancel := untilShutdown(r)
	defer cancel()
	brief, done := context.WithTimeout(ctx, firstPicture)
	defer done()
	session, err := a.WebRTC.Watch(brief, stream, offer)
	if err != nil {
		release()
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("the camera sends no picture at the moment: %w", nvr.ErrBusy)
		}
		return err
	}
	remove := a.viewers.add(session.ID(), id.Camera, session)
	go func() {
		defer release()
		defer remove()
		a.attend(context.WithoutCancel(r.Context()), id.Camera, session.Done(), nil)
		session.End()
		<-session.Done()
	}()
	taken, stamp := session.Since()
	h := w.Header()
	h.Set("ETag", strconv.Quote(session.ID())) // of the ICE session, of which there is one
	h.Set("Stoop-Now", nvr.Now().String())
	h.Set("Stoop-Time", taken.String())
	h.Set("Stoop-RTP", strconv.FormatUint(uint64(stamp), 10))
	answerOffer(w, r, session.ID(), session.Answer())
	return nil
}

// answerOffer answers with what was agreed on, and where the session is.
func answerOffer(w http.ResponseWriter, r *http.Request, id, answer string) {
	h := w.Header()
	h.Set("Content-Type", sdpType)
	h.Set("Cache-Control", "no-store")
	h.Set("Location", r.URL.Path+"/"+id)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, answer) // the caller left: the session ends by itself
}

// readOffer reads the body of r, and by which address it came.
func readOffer(w http.ResponseWriter, r *http.Request) (offer rtc.Offer, err error) {
	if got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || got != sdpType {
		return offer, fmt.Errorf("send Content-Type: %s: %w", sdpType, nvr.ErrInvalid)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, rtc.MaxOffer))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return offer, fmt.Errorf("an offer has at most %d bytes: %w", rtc.MaxOffer, nvr.ErrTooLarge)
	}
	if err != nil {
		return offer, fmt.Errorf("the offer broke off: %w", nvr.ErrInvalid)
	}
	offer.SDP = string(body)
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	offer.Reached, _ = netip.ParseAddr(host) // a name says nothing
	return offer, nil
}

// attend waits until a session has ended at one of its ends, of which the other may
// be nil; or has to end, because who has it may not any more or the camera was
// switched off.
func (a *api) attend(ctx context.Context, camera nvr.CameraID, one, other <-chan struct{}) {
	tick := time.NewTicker(stillThere)
	defer tick.Stop()
	for {
		select {
		case <-one:
			return
		case <-other:
			return
		case <-tick.C:
			if err := a.mayWatch(ctx, camera); err != nil {
				a.Log.Debug("live session ended", "camera", camera, "err", err)
				return
			}
		}
	}
}

var errPrivate = errors.New("the camera was switched off for privacy")

func (a *api) mayWatch(ctx context.Context, id nvr.CameraID) error {
	if err := auth.Still(ctx); err != nil {
		return err
	}
	brief, cancel := context.WithTimeout(ctx, stillThere)
	defer cancel()
	camera, err := a.Cameras.Get(brief, id)
	if err == nil && camera.Mode == nvr.Privacy {
		return errPrivate
	}
	return err
}

func (a *api) endSession(w http.ResponseWriter, r *http.Request) error {
	session, err := a.viewers.of(r, "session")
	if err != nil {
		return err
	}
	session.End()
	w.WriteHeader(http.StatusOK)
	return nil
}

// changeSession refuses: there is neither trickle ICE nor a restart of it.
func (a *api) changeSession(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.viewers.of(r, "session"); err != nil {
		return err
	}
	w.Header().Set("Allow", http.MethodDelete)
	return fmt.Errorf("a session is not changed: end it, and offer again: %w", nvr.ErrMethod)
}
