package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
)

// Locks keep footage. Its methods are safe for concurrent use and fail with the
// kinds of pkg/nvr.
type Locks interface {
	// Locks returns those that have not ended, by camera and time.
	Locks(ctx context.Context) ([]nvr.Lock, error)
	// Lock returns the number of the lock. What is there when it returns stays.
	Lock(ctx context.Context, l nvr.Lock) (int64, error)
	// Unlock fails with [nvr.ErrNotFound] if there is no such lock.
	Unlock(ctx context.Context, id int64) error
}

type lockView struct {
	ID     int64        `json:"id"`
	Camera nvr.CameraID `json:"camera"`
	From   nvr.Time     `json:"from"`
	To     nvr.Time     `json:"to"`
	Who    string       `json:"who"`
	Why    string       `json:"why"`
	Made   nvr.Time     `json:"made"`
	Until  *nvr.Time    `json:"until,omitempty"` // nil if it ends only when it is removed
}

type locksView struct {
	Locks []lockView `json:"locks"`
}

type lockInput struct {
	From  nvr.Time `json:"from"`
	To    nvr.Time `json:"to"`
	Why   string   `json:"why"`
	Until nvr.Time `json:"until,omitzero"`
}

func viewOfLock(l nvr.Lock) lockView {
	v := lockView{ID: l.ID, Camera: l.Camera, From: l.Span.From, To: l.Span.To, Who: l.Who, Why: l.Why, Made: l.Made}
	if l.Until != 0 {
		v.Until = &l.Until
	}
	return v
}

func (a *api) locks(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Locks.Locks(r.Context())
	if err != nil {
		return err
	}
	view := locksView{Locks: []lockView{}}
	for _, l := range all {
		view.Locks = append(view.Locks, viewOfLock(l))
	}
	return writeJSON(w, http.StatusOK, view)
}

func (a *api) lock(w http.ResponseWriter, r *http.Request) error {
	id, err := a.known(r)
	if err != nil {
		return err
	}
	var in lockInput
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	l := nvr.Lock{Camera: id, Span: nvr.Span{From: in.From, To: in.To}, Who: auth.Asks(r.Context()).Name, Why: strings.TrimSpace(in.Why), Made: nvr.Now(), Until: in.Until}
	if err := l.Check(); err != nil {
		return err
	}
	if l.ID, err = a.Locks.Lock(r.Context(), l); err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/locks/"+strconv.FormatInt(l.ID, 10))
	return writeJSON(w, http.StatusCreated, viewOfLock(l))
}

func (a *api) unlock(w http.ResponseWriter, r *http.Request) error {
	id, err := number[int64](r, "lock", "")
	if err != nil {
		return err
	}
	if err := a.Locks.Unlock(r.Context(), id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
