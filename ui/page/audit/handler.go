// Package audit is the page of the audit log: who opened a door, or tried to.
package audit

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/component"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// perPage is how many entries a page has: a week of ten doors a day.
const perPage = 70

// Log returns entries of the audit log, as that of a [household.DB].
type Log func(ctx context.Context, before int64, limit int) ([]household.Audit, error)

// Page serves /settings/audit.
type Page struct {
	Log     Log
	Cameras appliance.Cameras
	Frames  layout.Builder
	Texts   *text.Texts
	Now     func(*http.Request) (time.Time, error) // in the zone that times are shown in
}

type model struct {
	frame layout.Frame
	rows  []row
	older string // address of what came before; empty if nothing did
}

type row struct {
	what, camera, who string
	done              bool
	at                component.Instant
}

// Get shows entries of the log, the latest first.
func (p Page) Get(w http.ResponseWriter, r *http.Request) error {
	var before int64
	if s := r.URL.Query().Get("before"); s != "" {
		var err error
		if before, err = strconv.ParseInt(s, 10, 64); err != nil || before < 1 {
			return fmt.Errorf("no entry of the audit log: %w", nvr.ErrInvalid)
		}
	}
	now, err := p.Now(r)
	if err != nil {
		return err
	}
	all, err := p.Log(r.Context(), before, perPage+1)
	if err != nil {
		return err
	}
	cameras, err := p.Cameras.List(r.Context())
	if err != nil {
		return err
	}
	t := p.Texts.For(r)
	f, err := p.Frames.Frame(r.Context(), t, t.Audit.Title, "settings", "shell")
	if err != nil {
		return err
	}
	m := model{frame: f}
	if len(all) > perPage {
		all = all[:perPage]
		m.older = "/settings/audit?before=" + strconv.FormatInt(all[perPage-1].ID, 10)
	}
	for _, a := range all {
		m.rows = append(m.rows, newRow(a, cameras, now, t))
	}
	return layout.Render(w, r, http.StatusOK, view(m))
}

func newRow(a household.Audit, cameras []nvr.Camera, now time.Time, t *text.Catalogue) row {
	r := row{what: a.What, camera: component.NameOf(a.Camera, cameras, t), who: component.Who(a.Who, t), done: a.Outcome == "", at: component.Recent(a.At, now, t.Calendar)}
	switch {
	case a.What != household.OpenDoor:
	case a.Outcome == "":
		r.what = t.Audit.Opened
	case a.Outcome == "no_picture":
		r.what = t.Audit.NoPicture
	default:
		r.what = t.Audit.Failed
	}
	return r
}
