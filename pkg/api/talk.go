package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/live/rtc"
	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
	"nvrd/pkg/talk"
)

// Talks let people speak at cameras; [talk.Talks] do. Their methods are safe for
// concurrent use, return when the speaker is open, and fail with the kinds of
// pkg/nvr: ErrNotFound if the camera has no speaker, ErrBusy if somebody talks
// there or it can't be reached.
type Talks interface {
	// Begin opens the speaker for who, who says sound of so many samples a second.
	Begin(ctx context.Context, camera nvr.CameraID, who string, rate int) (*talk.Session, error)
	// Play plays a sound at a camera in the name of who.
	Play(ctx context.Context, camera nvr.CameraID, who string, sound pcm.Sound) error
	// TestSpeaker plays a chime there.
	TestSpeaker(ctx context.Context, camera nvr.CameraID, who string) error
	// State returns who talks at a camera.
	State(camera nvr.CameraID) talk.State
	// Subscribe returns a channel that gives a value after every change of what
	// State returns, and a function that ends the subscription.
	Subscribe() (changed <-chan struct{}, end func())
}

// talkView is who talks at a camera, as it is told.
type talkView struct {
	Camera nvr.CameraID `json:"camera"`
	Who    string       `json:"who,omitempty"`
	Since  nvr.Time     `json:"since,omitzero"`
	Silent string       `json:"silent,omitempty"`
}

func viewOfTalk(camera nvr.CameraID, s talk.State) talkView {
	return talkView{camera, s.Who, s.Since, s.Silent}
}

// talker is one browser that talks.
type talker struct {
	camera  nvr.CameraID
	mic     *rtc.Microphone
	session *talk.Session
}

// talkers are those of WebRTC by name.
type talkers struct {
	mu  sync.Mutex
	all map[string]talker
}

func (t *talkers) add(s talker) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil {
		t.all = map[string]talker{}
	}
	t.all[s.mic.ID()] = s
}

func (t *talkers) remove(s talker) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.all, s.mic.ID())
}

func (a *api) talkState(w http.ResponseWriter, r *http.Request) error {
	id, err := a.known(r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, viewOfTalk(id, a.Talks.State(id)))
}

// known returns the camera that r names, if there is one.
func (a *api) known(r *http.Request) (nvr.CameraID, error) {
	id, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return 0, err
	}
	_, err = a.Cameras.Get(r.Context(), id)
	return id, err
}

// talk answers a browser's offer to be heard.
func (a *api) talk(w http.ResponseWriter, r *http.Request) error {
	id, err := a.known(r)
	if err != nil {
		return err
	}
	offer, err := readOffer(w, r)
	if err != nil {
		return err
	}
	if a.WebRTC == nil {
		return fmt.Errorf("microphones come by WebRTC, which is off: %w", nvr.ErrNotFound)
	}
	ctx, cancel := untilShutdown(r)
	defer cancel()
	session, err := a.Talks.Begin(ctx, id, auth.Asks(ctx).Name, rtc.MicrophoneRate)
	if err != nil {
		return err
	}
	mic, err := a.WebRTC.Listen(ctx, offer, session.Say)
	if err != nil {
		session.End()
		return err
	}
	s := talker{id, mic, session}
	a.talkers.add(s)
	go func() {
		defer a.talkers.remove(s)
		a.listen(context.WithoutCancel(r.Context()), s)
	}()
	h := w.Header()
	h.Set("Content-Type", sdpType)
	h.Set("Cache-Control", "no-store")
	h.Set("Location", r.URL.Path+"/"+mic.ID())
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, mic.Answer()) // the caller left: the talk ends by itself
	return nil
}

// listen waits until a talk has ended, at whichever end, and ends the other. It
// ends both when who talks may not any more or the camera is off.
func (a *api) listen(ctx context.Context, s talker) {
	defer s.session.End()
	defer s.mic.End()
	tick := time.NewTicker(stillThere)
	defer tick.Stop()
	for {
		select {
		case <-s.mic.Done():
			return
		case <-s.session.Done():
			return
		case <-tick.C:
			if err := a.mayWatch(ctx, s.camera); err != nil {
				a.Log.Debug("talk ended", "camera", s.camera, "err", err)
				return
			}
		}
	}
}

func (a *api) endTalk(w http.ResponseWriter, r *http.Request) error {
	id, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return err
	}
	a.talkers.mu.Lock()
	s, ok := a.talkers.all[r.PathValue("talk")]
	a.talkers.mu.Unlock()
	if !ok || s.camera != id {
		return fmt.Errorf("there is no talk of this name: %w", nvr.ErrNotFound)
	}
	s.mic.End()
	s.session.End()
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// sendTalks tells a page who talks at which of its cameras, if that is not what it
// heard last, and returns what it has heard then.
func (a *api) sendTalks(to push, cameras []nvr.Camera, heard []byte) ([]byte, error) {
	views := []talkView{}
	for _, c := range cameras {
		if s := a.Talks.State(c.ID); s != (talk.State{}) {
			views = append(views, viewOfTalk(c.ID, s))
		}
	}
	now, err := json.Marshal(views)
	if err != nil || bytes.Equal(now, heard) {
		return heard, err
	}
	return now, to.send("talk", "", now)
}
