package share

import (
	"fmt"
	"net/http"

	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
)

// Blur shows what is chosen of a camera's footage for this home's own use, to be
// trimmed and painted on; or what was made of it, if the address names a draft.
func (p Page) Blur(w http.ResponseWriter, r *http.Request) error {
	if name := r.URL.Query().Get("draft"); name != "" {
		return p.made(w, r, name)
	}
	in, err := p.asked(r)
	if err != nil {
		return err
	}
	in.own = true
	return p.show(w, r, http.StatusOK, in, street.Faults{})
}

// Make makes what was chosen for this home's own use, and shows it.
func (p Page) Make(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fmt.Errorf("form: %w", nvr.ErrInvalid)
	}
	in := readInput(r.PostForm)
	in.own = true
	return p.make(w, r, in, func() (func(draft string) string, error) {
		return func(draft string) string { return r.URL.Path + "?draft=" + draft }, nil
	})
}

// made shows what was made, to be downloaded; if it was forgotten, what may be
// chosen anew.
func (p Page) made(w http.ResponseWriter, r *http.Request, name string) error {
	t := p.Texts.For(r)
	in, err := p.asked(r)
	if err != nil {
		return err
	}
	in.own = true
	d, err := p.draft(r, name)
	if err != nil {
		return p.show(w, r, http.StatusNotFound, in, street.Faults{"": t.Street.Share.Expired})
	}
	c, now, err := p.camera(r, in)
	if err != nil {
		return err
	}
	f, err := p.Frames.Frame(r.Context(), t, in.title(t.Street.Share), in.tab(), "")
	if err != nil {
		return err
	}
	camera, ending := component.CameraName(c, t), ".mp4"
	if d.Cut.Photo {
		ending = ".jpg"
	}
	m := madeModel{
		frame: f, title: in.title(t.Street.Share), camera: camera, back: "/cameras/" + c.ID.String(),
		preview: d.Preview(r.URL.Path+"/"+d.Name, "/blur", t), file: nvr.FileName(camera, d.Cut.Span.From.Std().In(now.Location())) + ending,
	}
	return layout.Render(w, r, http.StatusOK, madeView(m))
}

type madeModel struct {
	frame                     layout.Frame
	title, camera, back, file string
	preview                   Preview
}

// draft returns a draft of the browser that asks, and of the camera of the
// address, if it has one.
func (p Page) draft(r *http.Request, name string) (Draft, error) {
	d, err := p.Drafts.Find(r, name)
	if id := r.PathValue("id"); err == nil && id != "" && id != d.Cut.Camera.String() {
		return Draft{}, fmt.Errorf("draft: %w", nvr.ErrNotFound)
	}
	return d, err
}
