package api

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode"

	"nvrd/pkg/nvr"
)

// eventInput is something that happened in front of a camera, as a button or a
// home automation tells it.
type eventInput struct {
	Kind   string   `json:"kind"`
	At     nvr.Time `json:"at"`
	Detail string   `json:"detail"`
}

const (
	maxDetail = 200         // bytes
	oldEvent  = time.Hour   // later nobody tells what happened
	soon      = time.Minute // how far the teller's clock may be ahead
)

// kindOfEvent is what is stored and appears in the API, so it is a plain word.
var kindOfEvent = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// check fails with [nvr.ErrInvalid], saying what is wrong.
func (e eventInput) check(now nvr.Time) error {
	switch {
	case !kindOfEvent.MatchString(e.Kind):
		return fmt.Errorf("kind is a word of small letters, such as ring or motion: %w", nvr.ErrInvalid)
	case len(e.Detail) > maxDetail:
		return fmt.Errorf("detail has at most %d bytes: %w", maxDetail, nvr.ErrInvalid)
	case strings.ContainsFunc(e.Detail, unicode.IsControl):
		return fmt.Errorf("detail holds control characters: %w", nvr.ErrInvalid)
	case e.At < now.Add(-oldEvent) || e.At > now.Add(soon):
		return fmt.Errorf("at lies more than an hour back, or ahead; leave it out for now: %w", nvr.ErrInvalid)
	}
	return nil
}

func (a *api) addEvent(w http.ResponseWriter, r *http.Request) error {
	id, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return err
	}
	var e eventInput
	if err := readJSON(w, r, &e); err != nil {
		return err
	}
	now := nvr.Now()
	if e.At == 0 {
		e.At = now
	}
	if err := e.check(now); err != nil {
		return err
	}
	if _, err := a.Cameras.Get(r.Context(), id); err != nil {
		return err
	}
	at := min(e.At, now)
	if e.Kind == nvr.RingEvent {
		a.Rings.Press(id, cmp.Or(e.Detail, pressedBy), at)
	} else {
		a.Events.Publish(nvr.Event{Stream: nvr.StreamID{Camera: id}, Span: nvr.Span{From: at, To: at}, Kind: e.Kind, Detail: e.Detail})
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}
