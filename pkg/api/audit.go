package api

import (
	"fmt"
	"net/http"
	"strconv"

	"nvrd/pkg/nvr"
)

// auditView is an entry of the audit log as it is told.
type auditView struct {
	At      nvr.Time     `json:"at"`
	Who     string       `json:"who"`
	What    string       `json:"what"`
	Camera  nvr.CameraID `json:"camera"`
	Outcome string       `json:"outcome,omitempty"`
}

type auditsView struct {
	Audit []auditView `json:"audit"`
	Next  string      `json:"next,omitempty"` // names the next page; empty if there is none
}

func (a *api) audit(w http.ResponseWriter, r *http.Request) error {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	limit, err := q.count()
	if err != nil {
		return err
	}
	text, err := q.one("page")
	if err != nil {
		return err
	}
	var before int64
	if text != "" {
		if before, err = strconv.ParseInt(text, 10, 64); err != nil || before < 1 {
			return fmt.Errorf("page is what next said: %w", nvr.ErrInvalid)
		}
	}
	all, err := a.Household.AuditLog(r.Context(), before, limit+1)
	if err != nil {
		return err
	}
	view := auditsView{Audit: []auditView{}}
	if len(all) > limit {
		all = all[:limit]
		view.Next = strconv.FormatInt(all[limit-1].ID, 10)
	}
	for _, e := range all {
		view.Audit = append(view.Audit, auditView{e.At, e.Who, e.What, e.Camera, e.Outcome})
	}
	return writeJSON(w, http.StatusOK, view)
}
