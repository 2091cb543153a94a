package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// Household is what can be set; a [household.DB] is one. Its methods are safe
// for concurrent use and fail with the kinds of pkg/nvr. A running recorder
// follows within a moment.
type Household interface {
	ChangeCamera(ctx context.Context, id nvr.CameraID, f func(*household.CameraInput)) (household.Camera, error)
	Recording(ctx context.Context, id nvr.CameraID) (nvr.Recording, error)
	ChangeRecording(ctx context.Context, id nvr.CameraID, f func(*nvr.Recording) error) (nvr.Recording, error)
	Zones(ctx context.Context, id nvr.CameraID) (nvr.Zones, error)
	SetZones(ctx context.Context, id nvr.CameraID, z nvr.Zones) error
	AuditLog(ctx context.Context, before int64, limit int) ([]household.Audit, error)
	Replies(ctx context.Context) ([]household.Reply, error)
	ReplySound(ctx context.Context, id household.ReplyID) (wav []byte, err error)
	AddReply(ctx context.Context, name string, wav []byte) (household.Reply, error)
	RemoveReply(ctx context.Context, id household.ReplyID) error
	Bells(ctx context.Context) ([]household.Bell, error)
	SetBell(ctx context.Context, b household.Bell) error
	RemoveBell(ctx context.Context, id nvr.CameraID, kind household.BellKind) error
	Bind(ctx context.Context, b household.Binding) error
	Unbind(ctx context.Context, id nvr.CameraID, source string) error
	Alerts(ctx context.Context) (household.AlertRules, error)
	ChangeAlerts(ctx context.Context, f func(*household.AlertRules) error) (household.AlertRules, error)
	Home(ctx context.Context) (household.Home, error)
	ChangeHome(ctx context.Context, f func(*household.Home) error) (household.Home, error)
}

type recordingView struct {
	Mode     nvr.Mode               `json:"mode"`
	Before   int64                  `json:"before_s"`
	After    int64                  `json:"after_s"`
	Streams  nvr.Streams            `json:"streams"`
	Schedule nvr.Schedule[nvr.Mode] `json:"schedule"`
}

func viewOfRecording(r nvr.Recording) recordingView {
	return recordingView{r.Plan.Mode, int64(r.Plan.Before / time.Second), int64(r.Plan.After / time.Second), r.Streams, r.Schedule}
}

// recordingChange is what to change; what is nil stays.
type recordingChange struct {
	Mode     *nvr.Mode               `json:"mode"`
	Before   *uint16                 `json:"before_s"`
	After    *uint16                 `json:"after_s"`
	Streams  *nvr.Streams            `json:"streams"`
	Schedule *nvr.Schedule[nvr.Mode] `json:"schedule"`
}

func (c recordingChange) apply(r *nvr.Recording) error {
	set(&r.Plan.Mode, c.Mode)
	set(&r.Streams, c.Streams)
	set(&r.Schedule, c.Schedule)
	if c.Before != nil {
		r.Plan.Before = time.Duration(*c.Before) * time.Second
	}
	if c.After != nil {
		r.Plan.After = time.Duration(*c.After) * time.Second
	}
	return nil
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (a *api) recording(w http.ResponseWriter, r *http.Request) error {
	id, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return err
	}
	recording, err := a.Household.Recording(r.Context(), id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, viewOfRecording(recording))
}

func (a *api) changeRecording(w http.ResponseWriter, r *http.Request) error {
	id, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return err
	}
	var change recordingChange
	if err := readJSON(w, r, &change); err != nil {
		return err
	}
	recording, err := a.Household.ChangeRecording(r.Context(), id, change.apply)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, viewOfRecording(recording))
}

// homeView is what holds for all cameras: how things stand with the house now, by
// what was chosen or else by the schedule.
type homeView struct {
	Mode     nvr.HouseMode               `json:"mode"`
	Chosen   nvr.HouseMode               `json:"chosen"` // empty if the schedule says
	Until    nvr.Time                    `json:"until,omitzero"`
	Before   nvr.HouseMode               `json:"before,omitempty"` // chosen before privacy, and holds again after it
	Schedule nvr.Schedule[nvr.HouseMode] `json:"schedule"`
	TimeZone string                      `json:"time_zone"`
	Language string                      `json:"language"` // of messages; empty if nobody chose one
}

func viewOfHome(h household.Home) (homeView, error) {
	zone, err := h.Zone()
	now := nvr.Now()
	mode, _ := h.ModeAt(now, zone)
	chosen, until := h.Chosen(now)
	view := homeView{Mode: mode, Chosen: chosen, Until: until, Schedule: h.Modes, TimeZone: h.TimeZone, Language: h.Language}
	if chosen == nvr.HousePrivacy {
		view.Before = h.Before
	}
	return view, err
}

// homeChange is what to change; what is nil stays.
type homeChange struct {
	Mode      *nvr.HouseMode               `json:"mode"` // empty: as the schedule says
	Until     nvr.Time                     `json:"until"`
	CamerasOn bool                         `json:"cameras_on"` // privacy ends now
	Schedule  *nvr.Schedule[nvr.HouseMode] `json:"schedule"`
	TimeZone  *string                      `json:"time_zone"`
	Language  *string                      `json:"language"`
}

func (c homeChange) apply(h *household.Home) error {
	set(&h.TimeZone, c.TimeZone)
	set(&h.Language, c.Language)
	set(&h.Modes, c.Schedule)
	switch {
	case c.CamerasOn && c.Mode != nil:
		return fmt.Errorf("cameras_on does not go with a mode: it is as it was before: %w", nvr.ErrInvalid)
	case c.CamerasOn && c.Until == 0:
		return h.CamerasOn(nvr.Now())
	case c.Mode != nil:
		return h.Choose(*c.Mode, c.Until, nvr.Now())
	case c.Until != 0:
		return fmt.Errorf("until belongs to a mode: %w", nvr.ErrInvalid)
	}
	return nil
}

func (a *api) home(w http.ResponseWriter, r *http.Request) error {
	home, err := a.Household.Home(r.Context())
	if err != nil {
		return err
	}
	return writeHome(w, home)
}

func (a *api) changeHome(w http.ResponseWriter, r *http.Request) error {
	var change homeChange
	if err := readJSON(w, r, &change); err != nil {
		return err
	}
	home, err := a.Household.ChangeHome(r.Context(), change.apply)
	if err != nil {
		return err
	}
	return writeHome(w, home)
}

func writeHome(w http.ResponseWriter, home household.Home) error {
	view, err := viewOfHome(home)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, view)
}
