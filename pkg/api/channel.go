package api

import (
	"fmt"
	"net/http"
	"strconv"

	"nvrd/pkg/auth"
	"nvrd/pkg/household"
	"nvrd/pkg/notify"
	"nvrd/pkg/nvr"
)

type channelsView struct {
	Channels []notify.Channel `json:"channels"`
}

// channelInput is a new channel.
type channelInput struct {
	Kind     string                      `json:"kind"`
	Name     string                      `json:"name"`
	Settings map[string]household.Secret `json:"settings"`
	Events   []string                    `json:"events"`
}

// channelChange is what to change; what is absent stays.
type channelChange struct {
	Name     string                      `json:"name"`
	Settings map[string]household.Secret `json:"settings"`
	Events   []string                    `json:"events"`
	Paused   *bool                       `json:"paused"`
}

type pushView struct {
	Key string `json:"key"`
}

func (a *api) channels(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, channelsView{a.Notify.Channels()})
}

func (a *api) channel(w http.ResponseWriter, r *http.Request) error {
	id, err := number[int64](r, "channel", "")
	if err != nil {
		return err
	}
	c, err := a.Notify.Channel(id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, c)
}

func (a *api) addChannel(w http.ResponseWriter, r *http.Request) error {
	var in channelInput
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	c, err := a.Notify.Add(r.Context(), notify.Input(in))
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/channels/"+strconv.FormatInt(c.ID, 10))
	return writeJSON(w, http.StatusCreated, c)
}

func (a *api) changeChannel(w http.ResponseWriter, r *http.Request) error {
	id, err := number[int64](r, "channel", "")
	if err != nil {
		return err
	}
	var change channelChange
	if err := readJSON(w, r, &change); err != nil {
		return err
	}
	c, err := a.Notify.Channel(id)
	if err == nil && (change.Name != "" || change.Settings != nil || change.Events != nil) {
		c, err = a.Notify.Change(r.Context(), id, notify.Input{Name: change.Name, Settings: change.Settings, Events: change.Events})
	}
	if err == nil && change.Paused != nil {
		c, err = a.Notify.Pause(r.Context(), id, *change.Paused)
	}
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, c)
}

func (a *api) removeChannel(w http.ResponseWriter, r *http.Request) error {
	id, err := number[int64](r, "channel", "")
	if err != nil {
		return err
	}
	if err := a.Notify.Remove(r.Context(), id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) testChannel(w http.ResponseWriter, r *http.Request) error {
	id, err := number[int64](r, "channel", "")
	if err != nil {
		return err
	}
	c, err := a.Notify.Test(r.Context(), id, "Test", "Messages of this kind arrive here.")
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, c)
}

func (a *api) push(w http.ResponseWriter, r *http.Request) error {
	key, err := a.Notify.PushKey(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, pushView{key})
}

// messagePicture sends the picture of a message to who may see what its camera saw.
func (a *api) messagePicture(w http.ResponseWriter, r *http.Request) error {
	shown, err := a.Notify.Picture(r.PathValue("message"))
	if err == nil && !auth.May(r.Context(), auth.Review, auth.Camera(shown.Camera)) {
		err = fmt.Errorf("there is no picture of this message: %w", nvr.ErrNotFound)
	}
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(shown.JPEG)))
	_, _ = w.Write(shown.JPEG) // the caller left
	return nil
}
