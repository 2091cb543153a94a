package share

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// Page serves /cameras/{id}/share, /cameras/{id}/blur, and the bytes of drafts.
type Page struct {
	street.Base
	Cameras appliance.Cameras
	Studio  Studio
	Drafts  *Drafts
}

// makeTime bounds how long a person waits for what they chose.
const makeTime = 3 * time.Minute

// Get shows what is chosen, to be trimmed and painted on.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	in, err := p.asked(r)
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, in, street.Faults{})
}

// Post makes what would leave, and shows it beside the form of its post.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fmt.Errorf("form: %w", nvr.ErrInvalid)
	}
	in := readInput(r.PostForm)
	r.SetPathValue("street", in.street)
	return p.make(w, r, in, func() (func(draft string) string, error) {
		m, err := p.Of(r)
		return func(draft string) string { return street.Href(m, in.next()+"?draft="+draft) }, err
	})
}

// make makes a draft of what was chosen, and leads to where it is looked at.
func (p Page) make(w http.ResponseWriter, r *http.Request, in input, where func() (func(draft string) string, error)) error {
	c, now, err := p.camera(r, in)
	if err != nil {
		return err
	}
	t := p.Texts.For(r).Street.Share
	cut, wrong := in.cut(c.ID, now.Location(), p.Studio.Lacks() != "", t)
	if len(wrong) > 0 {
		return p.show(w, r, http.StatusUnprocessableEntity, in, wrong)
	}
	page, err := where()
	if err != nil {
		return err
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(makeTime + time.Minute)) // without one it waits anyhow
	ctx, cancel := context.WithTimeout(r.Context(), makeTime)
	defer cancel()
	made, err := p.Studio.Make(ctx, cut)
	if err != nil {
		if r.Context().Err() != nil {
			return r.Context().Err()
		}
		return p.show(w, r, street.Status(err), in, street.Faults{"": why(err, t)})
	}
	http.Redirect(w, r, page(p.Drafts.Keep(w, r, cut, made)), http.StatusSeeOther)
	return nil
}

// why says what to do about what could not be made.
func why(err error, t text.StreetShare) string {
	switch {
	case errors.Is(err, nvr.ErrNotFound):
		return t.Nothing
	case errors.Is(err, nvr.ErrTooLarge):
		return t.Large
	case errors.Is(err, context.DeadlineExceeded):
		return t.Slow
	}
	return t.Failed
}

// camera returns the camera that a request is about, for who may share of it, or,
// if that is what they want, take its footage for themselves.
func (p Page) camera(r *http.Request, in input) (c nvr.Camera, now time.Time, err error) {
	if !in.own {
		if err := auth.Check(r.Context(), auth.Tell, auth.Neighborhood); err != nil {
			return c, now, err
		}
	}
	id, err := nvr.ParseCameraID(r.PathValue("id"))
	if err != nil {
		return c, now, err
	}
	if now, err = p.Now(r); err != nil {
		return c, now, err
	}
	c, err = p.Cameras.Get(r.Context(), id)
	return c, now, err
}

func (p Page) show(w http.ResponseWriter, r *http.Request, status int, in input, wrong street.Faults) error {
	c, now, err := p.camera(r, in)
	if err != nil {
		return err
	}
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, in.title(t.Street.Share), in.tab(), "share")
	if err != nil {
		return err
	}
	return layout.Render(w, r, status, view(newModel(f, p.Service.All(), p.Studio.Lacks(), c, now, in, wrong)))
}

// Draft serves what would leave, or parts of it.
func (p Page) Draft(w http.ResponseWriter, r *http.Request) error { return p.serve(w, r, false) }

// DraftThumbnail serves the small picture of it.
func (p Page) DraftThumbnail(w http.ResponseWriter, r *http.Request) error {
	return p.serve(w, r, true)
}

func (p Page) serve(w http.ResponseWriter, r *http.Request, thumbnail bool) error {
	d, err := p.draft(r, r.PathValue("draft"))
	if err != nil {
		return err
	}
	street.Serve(w, r, d.reader(thumbnail), thumbnail || d.Cut.Photo)
	return nil
}
