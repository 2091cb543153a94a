// Package login is the page that asks for the access key.
package login

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// Page serves /login.
type Page struct {
	Door   appliance.Door
	Frames layout.Builder
	Texts  *text.Texts
}

// Get shows the form.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, http.StatusOK, r.FormValue("next"), "")
}

// Post tries the key and goes on to the page that was asked for.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	next := r.PostFormValue("next")
	err := p.Door.Enter(w, r, r.PostFormValue("key"))
	t := p.Texts.For(r)
	var wait appliance.Wait
	switch {
	case errors.Is(err, nvr.ErrInvalid):
		return p.show(w, r, http.StatusForbidden, next, t.Login.Wrong)
	case errors.As(err, &wait):
		whole := max(time.Duration(wait).Truncate(time.Second)+time.Second, time.Second)
		w.Header().Set("Retry-After", strconv.Itoa(int(whole/time.Second)))
		return p.show(w, r, http.StatusTooManyRequests, next, text.Fill(t.Login.Many, "duration", t.Calendar.Length(whole)))
	case err != nil:
		return err
	}
	http.Redirect(w, r, local(next), http.StatusSeeOther)
	return nil
}

// Leave ends the session and shows the door.
func (p Page) Leave(w http.ResponseWriter, r *http.Request) error {
	if err := p.Door.Leave(w, r); err != nil {
		return err
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}

func (p Page) show(w http.ResponseWriter, r *http.Request, status int, next, wrong string) error {
	t := p.Texts.For(r)
	f, err := p.Frames.Bare(t, t.Login.Title)
	if err != nil {
		return err
	}
	key := component.Field{
		ID: "key", Name: "key", Label: t.Login.Key, Hint: t.Login.Hint, Type: "password",
		Error: wrong, Autocomplete: "current-password", Required: true, MaxLength: "4096", Focus: true,
	}
	return layout.Render(w, r, status, view(model{f, key, local(next)}))
}

// local returns next if it is a path of this server, and the first page
// otherwise: a login that sends people elsewhere is a gift to phishers.
func local(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}
