package api

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"

	"nvrd/pkg/auth"
	"nvrd/pkg/household"
	"nvrd/pkg/media/pcm"
	"nvrd/pkg/nvr"
)

// replyView is a quick reply as it is told.
type replyView struct {
	ID     household.ReplyID `json:"id"`
	Name   string            `json:"name"`
	Length int64             `json:"length_ms"`
	Made   nvr.Time          `json:"made"`
}

type repliesView struct {
	Replies []replyView `json:"replies"`
}

func viewOfReply(r household.Reply) replyView {
	return replyView{r.ID, r.Name, r.Length.Milliseconds(), r.Made}
}

func (a *api) replies(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Household.Replies(r.Context())
	if err != nil {
		return err
	}
	view := repliesView{Replies: []replyView{}}
	for _, reply := range all {
		view.Replies = append(view.Replies, viewOfReply(reply))
	}
	return writeJSON(w, http.StatusOK, view)
}

// addReply takes a WAV file as the body, since JSON would make it a third longer.
func (a *api) addReply(w http.ResponseWriter, r *http.Request) error {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	name, err := q.one("name")
	if err != nil {
		return err
	}
	wav, err := readWAV(w, r)
	if err != nil {
		return err
	}
	reply, err := a.Household.AddReply(r.Context(), name, wav)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/replies/"+strconv.FormatInt(int64(reply.ID), 10)+".wav")
	return writeJSON(w, http.StatusCreated, viewOfReply(reply))
}

// readWAV reads a body that is a WAV file, or says that it is one.
func readWAV(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	// Other sites' pages can send the types of forms without asking.
	if got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || got != "audio/wav" {
		return nil, fmt.Errorf("send Content-Type: audio/wav: %w", nvr.ErrInvalid)
	}
	wav, err := io.ReadAll(http.MaxBytesReader(w, r.Body, household.MaxReplyBytes))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, fmt.Errorf("a quick reply has at most %d bytes: %w", household.MaxReplyBytes, nvr.ErrTooLarge)
	}
	if err != nil {
		return nil, fmt.Errorf("the recording did not arrive whole: %w", nvr.ErrInvalid)
	}
	return wav, nil
}

func (a *api) replySound(w http.ResponseWriter, r *http.Request) error {
	id, err := number[household.ReplyID](r, "reply", ".wav")
	if err != nil {
		return err
	}
	wav, err := a.Household.ReplySound(r.Context(), id)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "audio/wav")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(wav)))
	_, _ = w.Write(wav) // the caller left
	return nil
}

func (a *api) removeReply(w http.ResponseWriter, r *http.Request) error {
	id, err := number[household.ReplyID](r, "reply", "")
	if err != nil {
		return err
	}
	if err := a.Household.RemoveReply(r.Context(), id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) playReply(w http.ResponseWriter, r *http.Request) error {
	camera, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return err
	}
	id, err := number[household.ReplyID](r, "reply", "")
	if err != nil {
		return err
	}
	wav, err := a.Household.ReplySound(r.Context(), id)
	if err != nil {
		return err
	}
	sound, err := pcm.ParseWAV(wav)
	if err != nil {
		return fmt.Errorf("quick reply %d: %w", id, err)
	}
	if err := a.Talks.Play(r.Context(), camera, auth.Asks(r.Context()).Name, sound); err != nil {
		return err
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}

func (a *api) testSpeaker(w http.ResponseWriter, r *http.Request) error {
	camera, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return err
	}
	if err := a.Talks.TestSpeaker(r.Context(), camera, auth.Asks(r.Context()).Name); err != nil {
		return err
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}
