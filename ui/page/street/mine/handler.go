// Package mine is what this home shares with a neighborhood and until when, how
// it is connected, and how it leaves.
package mine

import (
	"errors"
	"net/http"
	"strconv"

	"nvrd/federation/feed"
	"nvrd/federation/wire"
	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// Page serves /street/{street}/mine and /street/{street}/leave.
type Page struct{ street.Base }

type model struct {
	frame   layout.Frame
	title   string
	tabs    []street.Tab
	shared  []shared
	write   bool
	room    string // what is left for today; empty for a home that is not in
	went    string // of photos and clips; empty while it is not known
	reach   string
	manage  bool
	problem string
	renamed bool
	limited bool
	action  string
	name    component.Field
	caps    *capsModel // nil while the home's part of the neighborhood does not run
	leave   string
}

// shared is something of this home that neighbors have.
type shared struct {
	street.Said
	kind   string
	until  street.Stamp
	href   string // of the post
	action string
}

// Get shows what this home shares.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, http.StatusOK, typed{})
}

// Rename changes what neighbors call this home.
func (p Page) Rename(w http.ResponseWriter, r *http.Request) error {
	look, err := p.Look(r)
	if err != nil {
		return err
	}
	name, wrong, t := wire.Tidy(r.PostFormValue("name"), false), street.Faults{}, look.T.Street
	street.CheckLength(wrong, "name", name, wire.MaxName, t.Found.NoName, t.Found.Long)
	if len(wrong) > 0 {
		return p.show(w, r, http.StatusUnprocessableEntity, typed{name: &name, wrong: wrong})
	}
	if err := look.Rename(name); err != nil {
		wrong[""] = street.Why(err, t.Refused)
		return p.show(w, r, street.Status(err), typed{name: &name, wrong: wrong})
	}
	http.Redirect(w, r, street.Href(look.Membership, "/mine?renamed=1"), http.StatusSeeOther)
	return nil
}

// typed is what was typed in one of the forms, and what is wrong with it.
type typed struct {
	name  *string    // nil if it is not this form
	caps  *capsInput // as name
	wrong street.Faults
}

func (p Page) show(w http.ResponseWriter, r *http.Request, status int, in typed) error {
	v, err := p.View(r)
	if err != nil {
		return err
	}
	t := v.T.Street
	f, err := p.Frame(r, t.Mine.Title)
	if err != nil {
		return err
	}
	name := v.Who(v.Author()).Name
	if in.name != nil {
		name = *in.name
	}
	went, err := p.went(v, t.Mine)
	if err != nil {
		return err
	}
	caps, err := p.capsOf(v, in, t.Mine.Caps)
	if err != nil {
		return err
	}
	m := model{
		frame: f, title: v.Genesis().Title, tabs: street.TabsOf(v.Membership, "/mine", t.Pages), shared: shares(v), write: street.May(r, auth.Tell),
		room: room(v, t.Mine), went: went, reach: p.Connection(v.Membership, t.Feed), manage: street.May(r, auth.Manage), problem: in.wrong[""], caps: caps,
		renamed: said(r, "renamed"), limited: said(r, "limited"), action: street.Href(v.Membership, "/mine"), leave: street.Href(v.Membership, "/leave"),
		name: component.Field{ID: "name", Name: "name", Label: t.Mine.Name, Hint: t.Mine.NameTip, Value: name, Error: in.wrong["name"], Type: "text", Autocomplete: "off", MaxLength: strconv.Itoa(wire.MaxName)},
	}
	return layout.Render(w, r, status, view(m))
}

// said tells whether the address says that something was just done.
func said(r *http.Request, what string) bool {
	return r.URL.Query().Has(what) && r.Method == http.MethodGet
}

// shares returns what this home said and what is not gone, the newest first.
func shares(v street.View) []shared {
	var all []shared
	add := func(s feed.Said, post feed.Post, kind string) {
		if s.Item.Entry.Author != v.Author() || s.Dead != feed.Alive {
			return
		}
		href := street.Href(v.Membership, "/entries/"+post.Item.ID.String())
		all = append(all, shared{v.Said(s), kind, street.StampOf(s.Item.Entry.Expires, v.Now, v.T.Calendar), href, href})
	}
	for _, d := range v.Days() {
		for _, p := range d.Posts {
			add(p.Said, p, v.T.Street.Mine.Post)
			for _, c := range p.Comments {
				add(c, p, v.T.Street.Mine.Comment)
			}
		}
	}
	return all
}

func room(v street.View, t text.StreetMine) string {
	left, ok := v.Room()
	if !ok {
		return ""
	}
	return text.Fill(t.Room, "posts", strconv.Itoa(left.Posts), "comments", strconv.Itoa(left.Comments), "reactions", strconv.Itoa(left.Reactions))
}

// went says how much of photos and clips went; nothing while the home's part of
// the neighborhood does not run.
func (p Page) went(v street.View, t text.StreetMine) (string, error) {
	today, month, err := p.Service.Traffic(v.Membership)
	if errors.Is(err, nvr.ErrNotFound) {
		return "", nil
	}
	return text.Fill(t.Went, "down", megabytes(today.Down), "up", megabytes(today.Up), "month_down", megabytes(month.Down), "month_up", megabytes(month.Up)), err
}

// megabytes rounds up: 0 is nothing.
func megabytes(bytes int64) string { return strconv.FormatInt((bytes+999_999)/1_000_000, 10) }
