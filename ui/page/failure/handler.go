// Package failure is the page shown instead of one that cannot be.
package failure

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"nvrd/pkg/nvr"
	"nvrd/ui/appliance"
	"nvrd/ui/layout"
	"nvrd/ui/text"
)

// A Page answers a request or fails with one of the kinds of pkg/nvr. A page
// that fails has written nothing.
type Page func(w http.ResponseWriter, r *http.Request) error

// Handler turns pages into handlers.
type Handler struct {
	Frames layout.Builder
	Texts  *text.Texts
	Log    *slog.Logger
}

type model struct {
	frame             layout.Frame
	title, lead, back string
}

// Wrap returns p as a handler that shows its failures.
func (h Handler) Wrap(p Page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := p(w, r)
		if err == nil || errors.Is(err, context.Canceled) {
			return
		}
		h.Deny(w, r, err)
	})
}

// Nothing is the page that is not there.
func Nothing(http.ResponseWriter, *http.Request) error { return nvr.ErrNotFound }

// Refuse answers who asked for a page that the program was not started for,
// with [appliance.ErrHost] or [appliance.ErrProxy], and tells nothing of the
// household.
func (h Handler) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	t := h.Texts.For(r)
	m := model{title: t.Failure.Proxy, lead: t.Failure.ProxyLead}
	if errors.Is(err, appliance.ErrHost) {
		m.title, m.lead = t.Failure.Host, text.Fill(t.Failure.HostLead, "name", (&url.URL{Host: r.Host}).Hostname())
	}
	m.frame, err = h.Frames.Bare(t, m.title)
	if err == nil {
		err = layout.Render(w, r, http.StatusForbidden, refusal(m))
	}
	if err != nil {
		http.Error(w, m.title, http.StatusForbidden)
	}
}

// Deny shows why there is no answer to a request.
func (h Handler) Deny(w http.ResponseWriter, r *http.Request, err error) {
	t := h.Texts.For(r)
	m := model{back: t.Failure.Back}
	status := nvr.KindOf(err).Status
	switch status {
	case http.StatusNotFound:
		m.title, m.lead = t.Failure.NotFound, t.Failure.NotFoundLead
	case http.StatusBadRequest:
		m.title, m.lead = t.Failure.Invalid, t.Failure.InvalidLead
	case http.StatusForbidden, http.StatusUnauthorized:
		m.title, m.lead = t.Failure.Forbidden, t.Failure.ForbiddenLead
	case http.StatusServiceUnavailable:
		m.title, m.lead = t.Failure.Busy, t.Failure.BusyLead
	default:
		status = http.StatusInternalServerError
		m.title, m.lead = t.Failure.Internal, t.Failure.InternalLead
		h.Log.Error("page failed", "path", r.URL.Path, "err", err)
	}
	// The list of cameras may be what failed: then the frame goes without its foot.
	m.frame, err = h.Frames.Frame(r.Context(), t, m.title, "", "shell")
	if err != nil {
		h.Log.Error("page of failure is bare", "err", err)
	}
	if err := layout.Render(w, r, status, view(m)); err != nil {
		http.Error(w, m.title, status)
	}
}
