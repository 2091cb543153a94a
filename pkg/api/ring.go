package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/pkg/ring"
)

// Rings are the rings of the home; [ring.Rings] are. Their methods are safe for
// concurrent use and fail with the kinds of pkg/nvr.
type Rings interface {
	Press(camera nvr.CameraID, source string, at nvr.Time) nvr.Press
	Answer(camera nvr.CameraID, at nvr.Time, who string) (nvr.Press, error)
	See(ctx context.Context, camera nvr.CameraID, until nvr.Time) error
	// Latest and Missed know of a press before it is on disk.
	Latest(ctx context.Context, limit int) ([]nvr.Press, error)
	Missed(ctx context.Context, limit int) ([]nvr.Press, error)
	Listen() *ring.Listener
}

// pressView is a press as it is told.
type pressView struct {
	Camera  nvr.CameraID `json:"camera"`
	Name    string       `json:"name,omitempty"` // of the camera, to pages that are open
	At      nvr.Time     `json:"at"`
	Rings   bool         `json:"rings"`
	End     nvr.Time     `json:"end,omitzero"`
	Outcome nvr.Outcome  `json:"outcome,omitempty"`
	Who     string       `json:"who,omitempty"`
	Source  string       `json:"source"`
	Seen    bool         `json:"seen"`
}

func viewOfPress(p nvr.Press) pressView {
	return pressView{Camera: p.Camera, At: p.At, Rings: p.Rings(), End: p.End, Outcome: p.Outcome, Who: p.Who, Source: p.Source, Seen: p.Seen}
}

type ringsView struct {
	Rings []pressView `json:"rings"`
}

// pressedBy is the source of a press that somebody tells through the API.
const pressedBy = "api"

func (a *api) press(w http.ResponseWriter, r *http.Request) error {
	id, err := a.known(r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, viewOfPress(a.Rings.Press(id, pressedBy, nvr.Now())))
}

func (a *api) answer(w http.ResponseWriter, r *http.Request) error {
	id, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return err
	}
	var body struct {
		At  nvr.Time `json:"at"`
		Who string   `json:"who"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	p, err := a.Rings.Answer(id, body.At, body.Who)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, viewOfPress(p))
}

func (a *api) seen(w http.ResponseWriter, r *http.Request) error {
	id, err := number[nvr.CameraID](r, "camera", "")
	if err != nil {
		return err
	}
	var body struct {
		Until nvr.Time `json:"until"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	if err := a.Rings.See(r.Context(), id, body.Until); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) rings(w http.ResponseWriter, r *http.Request) error {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	limit, err := q.count()
	if err != nil {
		return err
	}
	which, err := q.one("which")
	if err != nil {
		return err
	}
	list := a.Rings.Latest
	switch which {
	case "", "all":
	case "missed":
		list = a.Rings.Missed
	default:
		return fmt.Errorf("which is all or missed: %w", nvr.ErrInvalid)
	}
	all, err := list(r.Context(), limit)
	if err != nil {
		return err
	}
	view := ringsView{Rings: []pressView{}}
	for _, p := range all {
		if auth.May(r.Context(), auth.Review, auth.Camera(p.Camera)) {
			view.Rings = append(view.Rings, viewOfPress(p))
		}
	}
	return writeJSON(w, http.StatusOK, view)
}

// onlyRings tells whether who listens wants to hear of rings alone.
func onlyRings(r *http.Request) (bool, error) {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return false, err
	}
	only, err := q.one("only")
	if err == nil && only != "" && only != "rings" {
		err = fmt.Errorf("only is rings, or absent: %w", nvr.ErrInvalid)
	}
	return only != "", err
}

// sendRings tells a page that is not looked at of rings alone, until ctx ends.
func (a *api) sendRings(ctx context.Context, to push) error {
	rings := a.Rings.Listen()
	defer rings.Close()
	cameras, err := a.list(ctx)
	if err != nil {
		return err
	}
	if sendRinging(ctx, to, rings.Ringing, cameras) != nil {
		return nil // the page is gone
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case p, ok := <-rings.Changes():
			if !ok {
				return nil
			}
			if cameras, err = a.list(ctx); err != nil { // they may be called something else by now
				return a.broken(true, err)
			}
			if sendPress(ctx, to, p, cameras) != nil {
				return nil
			}
		case <-beat.C:
			if to.beat() != nil {
				return nil
			}
		}
	}
}

// sendRinging tells a page of all that rings and that who asks may know of. What the
// page shows besides rings no more.
func sendRinging(ctx context.Context, to push, ringing []nvr.Press, cameras []nvr.Camera) error {
	views := []pressView{}
	for _, p := range ringing {
		if view, ok := told(ctx, p, cameras); ok {
			views = append(views, view)
		}
	}
	data, err := json.Marshal(views)
	if err != nil {
		return err
	}
	return to.send("rings", "", data)
}

// sendPress tells a page of a press, if who asks may know of it.
func sendPress(ctx context.Context, to push, p nvr.Press, cameras []nvr.Camera) error {
	view, ok := told(ctx, p, cameras)
	if !ok {
		return nil
	}
	data, err := json.Marshal(view)
	if err != nil {
		return err
	}
	return to.send("ring", "", data)
}

// told is what who asks is told of a press, with the name of its camera; false if
// nothing.
func told(ctx context.Context, p nvr.Press, cameras []nvr.Camera) (view pressView, ok bool) {
	i := slices.IndexFunc(cameras, func(c nvr.Camera) bool { return c.ID == p.Camera })
	if i < 0 || !auth.May(ctx, auth.Review, auth.Camera(p.Camera)) {
		return view, false
	}
	view = viewOfPress(p)
	view.Name = cameras[i].Name
	return view, true
}
