// Package write is the form of a post. It asks what happened first, and asks to
// think once more where a person is described and not what the person did.
package write

import (
	"net/http"

	"nvrd/federation/blob"
	"nvrd/federation/wire"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/page/street/share"
)

// Page serves /street/{street}/new.
type Page struct {
	street.Base
	Drafts *share.Drafts
}

// Get shows an empty form, beside what is to be shared if the address names it.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	name := r.URL.Query().Get("draft")
	in := input{draft: name}
	if d, err := p.Drafts.Find(r, name); err == nil {
		m, err := p.minute(r, d)
		if err != nil {
			return err
		}
		in.when = m
	}
	return p.show(w, r, http.StatusOK, in, nil, "")
}

// minute is when a draft was recorded, as the form has it.
func (p Page) minute(r *http.Request, d share.Draft) (string, error) {
	now, err := p.Now(r)
	return component.LocalMinute(d.Cut.Span.From.Std().In(now.Location())), err
}

// Post sends what was typed to all neighbors, unless there is something to
// think over that was not said before. With a draft it sends its very bytes.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	in := readInput(r)
	if in.draft != "" && r.PostFormValue("do") == "drop" {
		return p.drop(w, r, in.draft)
	}
	t := look.T.Street.Write
	post, days, wrong := in.post(look)
	media, fault := p.media(r, look, in.draft)
	if fault != "" {
		wrong[""] = fault
	}
	if len(wrong) > 0 {
		return p.show(w, r, http.StatusUnprocessableEntity, in, wrong, "")
	}
	if think := Nudge(post.Happened, post.Person, t); think != "" && !in.nudged {
		in.nudged = true
		return p.show(w, r, http.StatusOK, in, nil, think)
	}
	if err := p.send(look, post, media, days); err != nil {
		return p.show(w, r, street.Status(err), in, street.Faults{"": street.Why(err, look.T.Street.Refused)}, "")
	}
	p.Drafts.Drop(r, in.draft)
	http.Redirect(w, r, street.Href(look.Membership, ""), http.StatusSeeOther)
	return nil
}

// send says words at once, also where media can't be shared now.
func (p Page) send(look street.Look, post wire.Post, media []blob.Plain, days int) (err error) {
	if len(media) == 0 {
		_, err = look.Post(post, days)
	} else {
		_, err = p.Service.Share(look.Membership, post, media, days)
	}
	return err
}

// drop forgets a draft and leads back to its camera.
func (p Page) drop(w http.ResponseWriter, r *http.Request, name string) error {
	to := "/"
	if d, err := p.Drafts.Find(r, name); err == nil {
		to = "/cameras/" + d.Cut.Camera.String()
	}
	p.Drafts.Drop(r, name)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// media returns what a draft holds, or why it can't be sent.
func (p Page) media(r *http.Request, look street.Look, name string) ([]blob.Plain, string) {
	if name == "" {
		return nil, ""
	}
	d, err := p.Drafts.Find(r, name)
	if err != nil {
		return nil, look.T.Street.Share.Expired
	}
	if room, ok := look.Room(); ok && !room.Clips && !d.Cut.Photo {
		return nil, look.T.Street.Share.NewHome
	}
	return []blob.Plain{d.Plain}, ""
}

func (p Page) show(w http.ResponseWriter, r *http.Request, status int, in input, wrong street.Faults, think string) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	f, err := p.Frame(r, look.T.Street.Write.Title)
	if err != nil {
		return err
	}
	m := newModel(f, look, in, wrong, think)
	if in.draft != "" {
		if d, err := p.Drafts.Find(r, in.draft); err == nil {
			preview := d.Preview(street.Href(look.Membership, "/drafts/"+d.Name), "/share", f.T)
			m.preview = &preview
		} else if m.problem == "" {
			m.problem = f.T.Street.Share.Expired
		}
	}
	return layout.Render(w, r, status, view(m))
}
