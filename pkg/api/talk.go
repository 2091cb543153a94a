package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

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

// talker is one browser that talks: its microphone, and its turn at the camera.
type talker struct {
	mic  *rtc.Microphone
	turn *talk.Session
}

// end ends both, and returns when what was said is out and the speaker closed.
func (t talker) end() {
	t.mic.End()
	t.turn.End()
}

func (a *api) talkState(w http.ResponseWriter, r *http.Request) error {
	id, err := a.known(r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, viewOfTalk(id, a.Talks.State(id)))
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
	turn, err := a.Talks.Begin(ctx, id, auth.Asks(ctx).Name, rtc.MicrophoneRate)
	if err != nil {
		return err
	}
	mic, err := a.WebRTC.Listen(ctx, offer, turn.Say)
	if err != nil {
		turn.End()
		return err
	}
	t := talker{mic, turn}
	remove := a.talkers.add(mic.ID(), id, t)
	go func() {
		defer remove()
		a.attend(context.WithoutCancel(r.Context()), id, mic.Done(), turn.Done())
		t.end()
	}()
	answerOffer(w, r, mic.ID(), mic.Answer())
	return nil
}

func (a *api) endTalk(w http.ResponseWriter, r *http.Request) error {
	t, err := a.talkers.of(r, "talk")
	if err != nil {
		return err
	}
	t.end()
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
