package api

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"nvrd/pkg/alert"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// Alerts decides what is told; an [alert.Alerts] does.
type Alerts interface {
	// Recent returns what was told or held lately, the newest first.
	Recent() []alert.Item
}

// alertsView is what is told to the household, and what was. Clocks are empty for never.
type alertsView struct {
	QuietFrom  string        `json:"quiet_from"`
	QuietTo    string        `json:"quiet_to"`
	QuietRings bool          `json:"quiet_rings"`
	PerHour    int           `json:"per_hour"`
	Cooldown   int64         `json:"cooldown_s"`
	Digest     string        `json:"digest"`
	Asked      []alertedView `json:"asked"`
	Recent     []recentView  `json:"recent"`
}

// alertedView is in which modes of the house a kind of events of a camera is told.
type alertedView struct {
	Camera nvr.CameraID    `json:"camera"`
	Kind   string          `json:"kind"`
	Modes  []nvr.HouseMode `json:"modes"`
}

type recentView struct {
	At     nvr.Time     `json:"at"`
	Camera nvr.CameraID `json:"camera"`
	Kind   string       `json:"kind"`
	Told   bool         `json:"told"`
	Reason alert.Reason `json:"reason"`
	Why    string       `json:"why"`
}

func (a *api) viewOfAlerts(r household.AlertRules) alertsView {
	v := alertsView{QuietRings: r.QuietRings, PerHour: r.PerHour, Cooldown: int64(r.Cooldown / time.Second), Asked: []alertedView{}, Recent: []recentView{}}
	if r.QuietFrom != r.QuietTo {
		v.QuietFrom, v.QuietTo = r.QuietFrom.String(), r.QuietTo.String()
	}
	if r.Digest != household.NoDigest {
		v.Digest = r.Digest.String()
	}
	for of, modes := range r.Asked {
		v.Asked = append(v.Asked, alertedView{of.Camera, of.Kind, modes})
	}
	slices.SortFunc(v.Asked, func(x, y alertedView) int {
		return cmp.Or(cmp.Compare(x.Camera, y.Camera), cmp.Compare(x.Kind, y.Kind))
	})
	for _, i := range a.Alerts.Recent() {
		v.Recent = append(v.Recent, recentView{i.At, i.Camera, i.Kind, i.Tell, i.Reason, i.Why})
	}
	return v
}

// alertsChange is what to change; what is nil stays.
type alertsChange struct {
	QuietFrom  *string        `json:"quiet_from"`
	QuietTo    *string        `json:"quiet_to"`
	QuietRings *bool          `json:"quiet_rings"`
	PerHour    *int           `json:"per_hour"`
	Cooldown   *uint32        `json:"cooldown_s"`
	Digest     *string        `json:"digest"`
	Asked      *[]alertedView `json:"asked"` // all of it
}

func (c alertsChange) apply(r *household.AlertRules) error {
	set(&r.QuietRings, c.QuietRings)
	set(&r.PerHour, c.PerHour)
	if c.Cooldown != nil {
		r.Cooldown = time.Duration(*c.Cooldown) * time.Second
	}
	if (c.QuietFrom == nil) != (c.QuietTo == nil) || c.QuietFrom != nil && (*c.QuietFrom == "") != (*c.QuietTo == "") {
		return fmt.Errorf("quiet_from and quiet_to belong together: %w", nvr.ErrInvalid)
	}
	if err := setClock(&r.QuietFrom, c.QuietFrom, 0); err != nil {
		return err
	}
	if err := setClock(&r.QuietTo, c.QuietTo, 0); err != nil {
		return err
	}
	if err := setClock(&r.Digest, c.Digest, household.NoDigest); err != nil {
		return err
	}
	if c.Asked == nil {
		return nil
	}
	r.Asked = map[household.Alerted][]nvr.HouseMode{}
	for _, v := range *c.Asked {
		of := household.Alerted{Camera: v.Camera, Kind: v.Kind}
		if _, twice := r.Asked[of]; twice {
			return fmt.Errorf("%s of camera %s is asked for twice: %w", v.Kind, v.Camera, nvr.ErrInvalid)
		}
		r.Asked[of] = v.Modes
	}
	return nil
}

// setClock sets a clock to what was said, and to never if that is empty.
func setClock(to *nvr.Clock, from *string, never nvr.Clock) (err error) {
	switch {
	case from == nil:
	case *from == "":
		*to = never
	default:
		*to, err = nvr.ParseClock(*from)
	}
	return err
}

func (a *api) alerts(w http.ResponseWriter, r *http.Request) error {
	rules, err := a.Household.Alerts(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, a.viewOfAlerts(rules))
}

func (a *api) changeAlerts(w http.ResponseWriter, r *http.Request) error {
	var change alertsChange
	if err := readJSON(w, r, &change); err != nil {
		return err
	}
	rules, err := a.Household.ChangeAlerts(r.Context(), change.apply)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, a.viewOfAlerts(rules))
}
