// Package notifications is the pages that say who is told when something happens.
package notifications

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/notify"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// Channels are the home's channels; a [notify.Outbox] has them. Its methods are safe
// for concurrent use and answer with the error kinds of pkg/nvr.
type Channels interface {
	Channels() []notify.Channel
	// Address is where links in messages lead; empty if they have none.
	Address() string
	Channel(id int64) (notify.Channel, error)
	Add(ctx context.Context, in notify.Input) (notify.Channel, error)
	Change(ctx context.Context, id int64, in notify.Input) (notify.Channel, error)
	Remove(ctx context.Context, id int64) error
}

// Switch pauses channels, and tries them.
type Switch interface {
	Pause(ctx context.Context, id int64, paused bool) (notify.Channel, error)
	Test(ctx context.Context, id int64, title, text string) (notify.Channel, error)
}

// Page serves /settings/notifications and what is below it.
type Page struct {
	Channels  Channels
	Switch    Switch
	Household appliance.Household
	Frames    layout.Builder
	Texts     *text.Texts
	Now       func(*http.Request) (time.Time, error)
}

const home = "/settings/notifications"

// Get lists the channels.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, t.Notify.Title, "settings", "notifications")
	if err != nil {
		return err
	}
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	set, err := p.Household.Home(r.Context())
	if err != nil {
		return err
	}
	m := newList(f, p.Channels, r.URL.Query(), now)
	m.language = component.Select{ID: "language", Name: "language", Label: t.Notify.Language, Hint: t.Notify.Speaks}
	for _, tag := range household.Languages {
		name := p.Texts.In(tag).Language
		m.language.Options = append(m.language.Options, component.Option{Value: tag, Label: name, On: tag == cmp.Or(set.Language, t.Lang)})
	}
	return layout.Render(w, r, http.StatusOK, list(m))
}

// Speak sets the language of messages.
func (p Page) Speak(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errors.Join(err, nvr.ErrInvalid)
	}
	if err := p.Household.SetLanguage(r.Context(), r.PostForm.Get("language")); err != nil {
		return err
	}
	http.Redirect(w, r, home+"?saved=1", http.StatusSeeOther)
	return nil
}

// New asks what a new channel needs.
func (p Page) New(w http.ResponseWriter, r *http.Request) error {
	kind := r.URL.Query().Get("kind")
	if !slices.Contains(offered, kind) {
		return nvr.ErrNotFound
	}
	return p.form(w, r, http.StatusOK, input{Channel: notify.Channel{Kind: kind, Events: []string{nvr.RingEvent}}}, nil)
}

// Create stores a new channel.
func (p Page) Create(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errors.Join(err, nvr.ErrInvalid)
	}
	kind := r.PostForm.Get("kind")
	if !slices.Contains(offered, kind) {
		return nvr.ErrNotFound
	}
	in := readInput(notify.Channel{Kind: kind}, r.PostForm)
	_, err := p.Channels.Add(r.Context(), in.typed())
	return p.done(w, r, in, err)
}

// Edit shows what is set of a channel, without its secrets.
func (p Page) Edit(w http.ResponseWriter, r *http.Request) error {
	c, err := p.channel(r)
	if err != nil {
		return err
	}
	return p.form(w, r, http.StatusOK, input{Channel: c}, nil)
}

// Post does to a channel what the button says.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	c, err := p.channel(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return errors.Join(err, nvr.ErrInvalid)
	}
	t := p.Texts.For(r).Notify
	var said string
	switch r.PostForm.Get("do") {
	case "save":
		in := readInput(c, r.PostForm)
		_, err := p.Channels.Change(r.Context(), c.ID, in.typed())
		return p.done(w, r, in, err)
	case "pause", "resume":
		_, err = p.Switch.Pause(r.Context(), c.ID, r.PostForm.Get("do") == "pause")
		said = "saved"
	case "remove":
		err = p.Channels.Remove(r.Context(), c.ID)
		said = "gone"
	case "test":
		_, err = p.Switch.Test(r.Context(), c.ID, t.Message, t.Arrives)
		said = "tested"
	default:
		return nvr.ErrInvalid
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, home+"?"+url.Values{said: {strconv.FormatInt(c.ID, 10)}}.Encode(), http.StatusSeeOther)
	return nil
}

func (p Page) channel(r *http.Request) (notify.Channel, error) {
	id, err := strconv.ParseInt(r.PathValue("channel"), 10, 64)
	if err != nil {
		return notify.Channel{}, nvr.ErrNotFound
	}
	return p.Channels.Channel(id)
}

// done goes back to the list, or shows what was wrong with what was typed.
func (p Page) done(w http.ResponseWriter, r *http.Request, in input, err error) error {
	switch {
	case errors.Is(err, nvr.ErrInvalid), errors.Is(err, nvr.ErrTooLarge):
		return p.form(w, r, http.StatusUnprocessableEntity, in, err)
	case err != nil:
		return err
	}
	http.Redirect(w, r, home+"?saved=1", http.StatusSeeOther)
	return nil
}

func (p Page) form(w http.ResponseWriter, r *http.Request, status int, in input, wrong error) error {
	t := p.Texts.For(r)
	title := t.Notify.New[in.Kind]
	if in.ID != 0 {
		title = text.Fill(t.Notify.Edit, "name", in.was())
	}
	f, err := p.Frames.Frame(r.Context(), t, title, "settings", "shell")
	if err != nil {
		return err
	}
	return layout.Render(w, r, status, form(newForm(f, title, in, wrong)))
}

// input is a channel as the form holds it.
type input struct {
	notify.Channel
	stored string // its name as it is stored
}

func (in input) was() string {
	if in.stored != "" {
		return in.stored
	}
	return in.Name
}

// readInput reads the form.
func readInput(c notify.Channel, v url.Values) input {
	in := input{c, c.Name}
	in.Name, in.Settings, in.Events = v.Get("name"), map[string]string{}, []string{}
	for _, f := range notify.Fields(c.Kind) {
		if v.Has(f.Name) {
			in.Settings[f.Name] = v.Get(f.Name)
		}
	}
	for _, kind := range kinds {
		if slices.Contains(v["events"], kind) {
			in.Events = append(in.Events, kind)
		}
	}
	return in
}

func (in input) typed() notify.Input {
	settings := map[string]household.Secret{}
	for name, value := range in.Settings {
		settings[name] = household.Secret(value)
	}
	return notify.Input{Kind: in.Kind, Name: in.Name, Settings: settings, Events: in.Events}
}
