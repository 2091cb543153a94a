// Package alerts is the page that says what is told to the household, when, and why:
// rules, the schedule of the house's modes, and what was told or kept back lately.
package alerts

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"nvrd/pkg/alert"
	"nvrd/pkg/household"
	"nvrd/pkg/notify"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// Rules say what is told; a [household.DB] has them. Its methods are safe for
// concurrent use and answer with the error kinds of pkg/nvr.
type Rules interface {
	Alerts(ctx context.Context) (household.AlertRules, error)
	ChangeAlerts(ctx context.Context, f func(*household.AlertRules) error) (household.AlertRules, error)
}

// Told is what was told or held lately, the newest first; an [alert.Alerts] has it.
// It is safe for concurrent use.
type Told interface{ Recent() []alert.Item }

// Channels are by which it is told.
type Channels interface{ Channels() []notify.Channel }

// Page serves /settings/alerts.
type Page struct {
	Rules     Rules
	Told      Told
	Channels  Channels
	Cameras   appliance.Cameras
	Household appliance.Household
	Frames    layout.Builder
	Texts     *text.Texts
	Now       func(*http.Request) (time.Time, error) // in the zone that times are shown in
}

const here = "/settings/alerts"

// Get shows what is set, and what was told.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	s, err := p.stored(r)
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, s, inputOf(s), nil)
}

// stored is what the household set so far.
type stored struct {
	rules   household.AlertRules
	home    appliance.Home
	cameras []nvr.Camera
}

func (p Page) stored(r *http.Request) (s stored, err error) {
	if s.rules, err = p.Rules.Alerts(r.Context()); err != nil {
		return s, err
	}
	if s.home, err = p.Household.Home(r.Context()); err != nil {
		return s, err
	}
	s.cameras, err = p.Cameras.List(r.Context())
	return s, err
}

// Post adds or removes a row of the schedule, or stores what was typed, as the button
// that was pressed says.
func (p Page) Post(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errors.Join(err, nvr.ErrInvalid)
	}
	s, err := p.stored(r)
	if err != nil {
		return err
	}
	in, changed, err := readInput(r.PostForm, s)
	if err != nil {
		return err
	}
	if changed {
		return p.show(w, r, http.StatusOK, s, in, nil)
	}
	t := p.Texts.For(r)
	set, wrong := in.meant(t)
	if len(wrong) == 0 {
		switch err := p.save(r.Context(), s, set); {
		case errors.Is(err, errZone):
			wrong["time_zone"] = t.Recorded.NoZone
		case errors.Is(err, nvr.ErrInvalid):
			wrong[wholeForm] = refused(err, t)
		case err != nil:
			return err
		}
	}
	if len(wrong) > 0 {
		return p.show(w, r, http.StatusUnprocessableEntity, s, in, wrong)
	}
	http.Redirect(w, r, here+"?saved=1", http.StatusSeeOther)
	return nil
}

// errZone is that there is no such time zone.
var errZone = errors.New("there is no such time zone")

// refused is what the rooms below found wrong that the form did not.
func refused(err error, t *text.Catalogue) string {
	return text.Fill(t.Recorded.Refused, "detail", strings.TrimSuffix(err.Error(), ": "+nvr.ErrInvalid.Error()))
}

// save stores what was typed, of which the time zone is most likely to be refused.
func (p Page) save(ctx context.Context, s stored, set meant) error {
	if set.zone != s.home.TimeZone {
		if err := p.Household.SetTimeZone(ctx, set.zone); errors.Is(err, nvr.ErrInvalid) {
			return errZone
		} else if err != nil {
			return err
		}
	}
	if _, err := p.Rules.ChangeAlerts(ctx, set.apply); err != nil {
		return err
	}
	if set.week.String() == s.home.Modes.String() {
		return nil
	}
	return p.Household.SetModes(ctx, set.week)
}

func (p Page) show(w http.ResponseWriter, r *http.Request, status int, s stored, in input, wrong faults) error {
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, t.Alerts.Title, "settings", "schedule")
	if err != nil {
		return err
	}
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	m := newModel(f, s, in, wrong)
	m.clock(s.home, now)
	m.standing = standing(s.home, now, t)
	m.nobody, m.untaken = untaken(s.rules, p.Channels.Channels(), t)
	message := r.URL.Query().Get("told")
	m.lately = lately(p.Told.Recent(), s.cameras, message, now, t)
	m.unlisted = message != "" && !among(m.lately)
	m.saved = r.URL.Query().Has("saved") && r.Method == http.MethodGet
	return layout.Render(w, r, status, view(m))
}
