package api

import (
	"context"
	"io"
	"net/http"

	"nvrd/pkg/bell"
	"nvrd/pkg/household"
	"nvrd/pkg/maker/mqtt"
	"nvrd/pkg/nvr"
)

// Bells knows how it stands with the bells of a home; [bell.Bells] does.
type Bells interface {
	Of(ctx context.Context, camera nvr.CameraID) (bell.OfCamera, error)
	// Told fails with [nvr.ErrNotFound].
	Told(camera nvr.CameraID, kind household.BellKind) (string, error)
	// Hooks serves the addresses that devices call.
	Hooks() http.Handler
}

// bellView is how the press of a camera's button is heard.
type bellView struct {
	Kind     household.BellKind `json:"kind"`
	Address  string             `json:"address,omitempty"`
	AsCamera bool               `json:"as_camera"`
	User     string             `json:"user,omitempty"`
	Password bool               `json:"has_password"`
	Topics   []topicView        `json:"topics,omitempty"`
	Known    bool               `json:"known"`
	Trouble  string             `json:"trouble,omitempty"`
	Since    nvr.Time           `json:"since"`
	Heard    nvr.Time           `json:"heard,omitempty"`
}

// bindingView is what a signal means.
type bindingView struct {
	Source string   `json:"source"`
	Kind   string   `json:"kind,omitempty"` // empty: nothing yet
	At     nvr.Time `json:"at,omitempty"`   // when it was heard, of one that means nothing yet
}

type bellsView struct {
	Bells    []bellView    `json:"bells"`
	Bindings []bindingView `json:"bindings"`
	Unbound  []bindingView `json:"unbound"`
}

func (a *api) bells(w http.ResponseWriter, r *http.Request) error {
	id, err := a.known(r)
	if err != nil {
		return err
	}
	of, err := a.Bells.Of(r.Context(), id)
	if err != nil {
		return err
	}
	view := bellsView{[]bellView{}, []bindingView{}, []bindingView{}}
	for _, b := range of.Bells {
		view.Bells = append(view.Bells, viewOfBell(b))
	}
	for _, b := range of.Bindings {
		view.Bindings = append(view.Bindings, bindingView{Source: b.Source, Kind: b.Kind})
	}
	for _, h := range of.Unbound {
		view.Unbound = append(view.Unbound, bindingView{Source: h.Source, At: h.At})
	}
	return writeJSON(w, http.StatusOK, view)
}

func viewOfBell(b bell.Bell) bellView {
	v := bellView{
		Kind: b.Kind, Address: b.Address, AsCamera: b.AsCamera, User: b.User, Password: b.Password != "",
		Known: b.State.Known, Trouble: b.State.Trouble, Since: b.State.Since, Heard: b.State.Heard,
	}
	for _, t := range b.Topics {
		v.Topics = append(v.Topics, topicView{t.Name, t.Kind, t.Field, t.On, t.Off})
	}
	return v
}

// bellInput is a bell as it is chosen.
type bellInput struct {
	Address  string      `json:"address"`
	AsCamera bool        `json:"as_camera"`
	User     string      `json:"user"`
	Password string      `json:"password"`
	Topics   []topicView `json:"topics"`
	Means    string      `json:"means"`
}

// topicView is a topic of a broker, and what in its messages means that something
// begins or is over.
type topicView struct {
	Topic string `json:"topic"`
	Kind  string `json:"kind"`
	Field string `json:"field,omitempty"`
	On    string `json:"on,omitempty"`
	Off   string `json:"off,omitempty"`
}

// secretView is what is told once of a bell that calls.
type secretView struct {
	Call     string `json:"call,omitempty"`
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"`
}

// setBell stores how a press is heard. Of a bell that calls it answers with what is
// told once.
func (a *api) setBell(w http.ResponseWriter, r *http.Request) error {
	id, err := a.known(r)
	if err != nil {
		return err
	}
	var in bellInput
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	c := bell.Choice{
		Camera: id, Kind: household.BellKind(r.PathValue("kind")), Address: in.Address, AsCamera: in.AsCamera,
		User: in.User, Password: household.Secret(in.Password), Means: in.Means,
	}
	for _, t := range in.Topics {
		c.Topics = append(c.Topics, mqtt.Topic{Name: t.Topic, Kind: t.Kind, Field: t.Field, On: t.On, Off: t.Off})
	}
	once, err := bell.Choose(r.Context(), a.Household, c)
	if err != nil {
		return err
	}
	if once == (bell.Secret{}) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return writeJSON(w, http.StatusCreated, secretView(once))
}

func (a *api) removeBell(w http.ResponseWriter, r *http.Request) error {
	id, err := a.known(r)
	if err != nil {
		return err
	}
	if err := a.Household.RemoveBell(r.Context(), id, household.BellKind(r.PathValue("kind"))); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// bellLog is what a bell told of late, to be pasted where others read it.
func (a *api) bellLog(w http.ResponseWriter, r *http.Request) error {
	id, err := a.known(r)
	if err != nil {
		return err
	}
	log, err := a.Bells.Told(id, household.BellKind(r.PathValue("kind")))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, err = io.WriteString(w, log)
	return err
}

// bind stores what a signal means, or with an empty kind that it means nothing.
func (a *api) bind(w http.ResponseWriter, r *http.Request) error {
	id, err := a.known(r)
	if err != nil {
		return err
	}
	var in struct {
		Source string `json:"source"`
		Kind   string `json:"kind"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if in.Kind == "" {
		err = a.Household.Unbind(r.Context(), id, in.Source)
	} else {
		err = a.Household.Bind(r.Context(), household.Binding{Camera: id, Source: in.Source, Kind: in.Kind})
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// call takes what a device tells at an address of its own, which is all that it has
// to know.
func (a *api) call(w http.ResponseWriter, r *http.Request) error {
	a.Bells.Hooks().ServeHTTP(w, r)
	return nil
}
