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

// Page serves /cameras/{id}/share and the bytes of drafts.
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
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	span, err := asked(r.URL.Query(), now)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	in := input{answer: answerOf(q.Get("answer")), street: q.Get("street"), from: span.From.Std().In(now.Location()).Format(local), to: span.To.Std().In(now.Location()).Format(local)}
	return p.show(w, r, http.StatusOK, in, street.Faults{})
}

// Post makes what would leave, and shows it beside the form of its post.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	c, now, err := p.camera(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return fmt.Errorf("form: %w", nvr.ErrInvalid)
	}
	t := p.Texts.For(r).Street.Share
	in := readInput(r.PostForm)
	cut, wrong := in.cut(c.ID, now.Location(), p.Studio.Lacks() != "", t)
	if len(wrong) > 0 {
		return p.show(w, r, http.StatusUnprocessableEntity, in, wrong)
	}
	r.SetPathValue("street", in.street)
	m, err := p.Of(r)
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
	http.Redirect(w, r, street.Href(m, in.next()+"?draft="+p.Drafts.Keep(w, r, cut, made)), http.StatusSeeOther)
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

// camera returns the camera that a request is about, for who may share of it.
func (p Page) camera(r *http.Request) (c nvr.Camera, now time.Time, err error) {
	if err := auth.Check(r.Context(), auth.Tell, auth.Neighborhood); err != nil {
		return c, now, err
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
	c, now, err := p.camera(r)
	if err != nil {
		return err
	}
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, in.title(t.Street.Share), "street", "share")
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
	d, err := p.Drafts.Find(r, r.PathValue("draft"))
	if err != nil {
		return err
	}
	street.Serve(w, r, d.reader(thumbnail), thumbnail || d.Cut.Photo)
	return nil
}
