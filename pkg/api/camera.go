package api

import (
	"context"
	"net/http"

	"nvrd/pkg/auth"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

type camerasView struct {
	Cameras []nvr.Camera `json:"cameras"`
}

func (a *api) cameras(w http.ResponseWriter, r *http.Request) error {
	all, err := a.list(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, camerasView{all})
}

// list returns the cameras that who asks may watch, as JSON shows them: arrays,
// never null.
func (a *api) list(ctx context.Context) ([]nvr.Camera, error) {
	all, err := a.Cameras.List(ctx)
	if err != nil {
		return nil, err
	}
	shown := make([]nvr.Camera, 0, len(all))
	for _, c := range all {
		if auth.May(ctx, auth.Watch, auth.Camera(c.ID)) {
			shown = append(shown, complete(c))
		}
	}
	return shown, nil
}

// complete returns c with an array of streams, which may be empty.
func complete(c nvr.Camera) nvr.Camera {
	c.Streams = append([]nvr.Stream{}, c.Streams...)
	return c
}

func (a *api) camera(w http.ResponseWriter, r *http.Request) error {
	id, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return err
	}
	c, err := a.Cameras.Get(r.Context(), id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, complete(c))
}

func (a *api) addCamera(w http.ResponseWriter, r *http.Request) error {
	var in household.CameraInput
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	c, err := a.Cameras.Add(r.Context(), in)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/cameras/"+c.ID.String())
	return writeJSON(w, http.StatusCreated, complete(c))
}

// cameraChange is what to change; what is nil stays.
type cameraChange struct {
	Name     *string           `json:"name"`
	URL      *string           `json:"url"`
	SubURL   *string           `json:"sub_url"`
	User     *string           `json:"user"`
	Password *household.Secret `json:"password"`
}

func (a *api) changeCamera(w http.ResponseWriter, r *http.Request) error {
	id, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return err
	}
	var change cameraChange
	if err := readJSON(w, r, &change); err != nil {
		return err
	}
	_, err = a.Household.ChangeCamera(r.Context(), id, func(in *household.CameraInput) {
		set(&in.Name, change.Name)
		set(&in.URL, change.URL)
		set(&in.SubURL, change.SubURL)
		set(&in.User, change.User)
		set(&in.Password, change.Password)
	})
	if err != nil {
		return err
	}
	c, err := a.Cameras.Get(r.Context(), id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, complete(c))
}

func (a *api) removeCamera(w http.ResponseWriter, r *http.Request) error {
	id, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return err
	}
	if err := a.Cameras.Remove(r.Context(), id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) probe(w http.ResponseWriter, r *http.Request) error {
	var in household.CameraInput
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	p, err := a.Cameras.Probe(r.Context(), 0, in)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, p)
}

type healthView struct {
	Status  string       `json:"status"`
	Reason  nvr.Reason   `json:"reason,omitempty"`
	Notices []noticeView `json:"notices,omitempty"`
}

type noticeView struct {
	Kind    nvr.NoticeKind `json:"kind"`
	Reason  nvr.Reason     `json:"reason,omitempty"`
	Camera  nvr.CameraID   `json:"camera,omitempty"`
	Path    string         `json:"path,omitempty"`
	Instead string         `json:"instead,omitempty"`
	Message string         `json:"message"`
}

func (a *api) health(w http.ResponseWriter, _ *http.Request) error {
	v, code := healthView{Status: "ok"}, http.StatusOK
	for _, n := range a.Notices() {
		v.Status = "warning"
		v.Notices = append(v.Notices, noticeView{n.Kind, n.Reason, n.Camera, n.Path, n.Instead, n.Sentence()})
	}
	if v.Reason = a.Health(); v.Reason != "" {
		v.Status, code = "failing", http.StatusServiceUnavailable
	}
	return writeJSON(w, code, v)
}
