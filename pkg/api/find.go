package api

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"nvrd/pkg/find"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// Finder finds cameras before they are added; a [find.Finder] does. Its methods are
// safe for concurrent use and fail with the kinds of pkg/nvr.
type Finder interface {
	// Around searches the home's own network, for 3 s.
	Around(ctx context.Context) ([]find.Device, error)
	// Ask finds out how a camera is reached, in at most 45 s.
	Ask(ctx context.Context, w find.Wanted) (find.Answer, error)
	// Found returns a camera by the name that an answer gave it.
	Found(name string) (find.Camera, error)
	// Add adds it, under a name.
	Add(ctx context.Context, name, as string) (nvr.Camera, error)
}

type devicesView struct {
	Devices []deviceView `json:"devices"`
}

type deviceView struct {
	Address  string `json:"address"`
	Name     string `json:"name"`
	Hardware string `json:"hardware"`
	// Camera is the one of the home that it is, if it is one.
	Camera nvr.CameraID `json:"camera,omitempty"`
	Moved  bool         `json:"moved,omitempty"`
}

func (a *api) search(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Finder.Around(r.Context())
	if err != nil {
		return err
	}
	v := devicesView{make([]deviceView, 0, len(all))}
	for _, d := range all {
		v.Devices = append(v.Devices, deviceView{d.Address, d.Name, d.Hardware, d.Camera, d.Moved})
	}
	return writeJSON(w, http.StatusOK, v)
}

type findingInput struct {
	Address  string           `json:"address"`
	User     string           `json:"user"`
	Password household.Secret `json:"password"`
	Anew     bool             `json:"anew"`
}

type findingView struct {
	OK           bool         `json:"ok"`
	Finding      string       `json:"finding,omitempty"`
	URL          string       `json:"url,omitempty"`
	SubURL       string       `json:"sub_url,omitempty"`
	Suggest      string       `json:"suggest,omitempty"`
	Streams      []nvr.Stream `json:"streams,omitempty"`
	Offers       []offerView  `json:"offers,omitempty"`
	Bell         bool         `json:"bell"`
	Moved        bool         `json:"moved"`
	NeedPassword bool         `json:"need_password"`
	Refused      bool         `json:"refused"`
	Again        int          `json:"again_s,omitempty"`
	Wait         int          `json:"wait_s,omitempty"`
	Reason       nvr.Reason   `json:"reason,omitempty"`
	Message      string       `json:"message,omitempty"`
	Detail       string       `json:"detail,omitempty"`
	Doubt        *nvr.Doubt   `json:"doubt,omitempty"`
}

type offerView struct {
	Codec  string `json:"codec"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

func (a *api) find(w http.ResponseWriter, r *http.Request) error {
	var in findingInput
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	got, err := a.Finder.Ask(r.Context(), find.Wanted{Address: in.Address, User: in.User, Password: in.Password, Anew: in.Anew})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, findingOf(got))
}

func findingOf(a find.Answer) findingView {
	if a.Camera == nil {
		seconds := func(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
		return findingView{
			NeedPassword: a.NeedPassword, Refused: a.Refused, Again: seconds(a.Again), Wait: seconds(a.Wait),
			Reason: a.Reason, Message: a.Reason.Sentence(), Detail: a.Detail, Doubt: a.Mistake.Doubt(),
		}
	}
	c := a.Camera
	v := findingView{
		OK: true, Finding: a.Name, URL: c.Input.URL, SubURL: c.Input.SubURL, Suggest: c.Suggest, Streams: c.Streams,
		Bell: c.Bell != nil, Moved: c.Moved,
	}
	for _, p := range c.Offers {
		v.Offers = append(v.Offers, offerView{p.Encoding, p.Width, p.Height})
	}
	return v
}

func (a *api) findingPicture(w http.ResponseWriter, r *http.Request) error {
	c, err := a.Finder.Found(r.PathValue("finding"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "video/mp4")
	w.Header().Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(c.Picture))
	return nil
}

// nameInput is what a camera that was found is to be called.
type nameInput struct {
	Name string `json:"name"`
}

func (a *api) addFound(w http.ResponseWriter, r *http.Request) error {
	var in nameInput
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	c, err := a.Finder.Add(r.Context(), r.PathValue("finding"), in.Name)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/cameras/"+c.ID.String())
	return writeJSON(w, http.StatusCreated, complete(c))
}
