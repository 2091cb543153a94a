package api

import (
	"context"
	"net/http"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
)

// Deletions removes footage because somebody wants it gone. Its methods are safe for
// concurrent use and fail with the kinds of pkg/nvr.
type Deletions interface {
	// Deletion returns what goes if the footage of excerpts is deleted now, and what
	// stays.
	Deletion(ctx context.Context, chosen []nvr.Excerpt) (nvr.Deletion, error)
	// Delete removes what Deletion said, by its digest, and returns what went and what
	// stays. It fails with [nvr.ErrExists] if that would be something else by now.
	Delete(ctx context.Context, chosen []nvr.Excerpt, digest, who string) (nvr.Deletion, error)
}

type stretchView struct {
	Camera   nvr.CameraID `json:"camera"`
	From     nvr.Time     `json:"from"`
	To       nvr.Time     `json:"to"`
	Segments int64        `json:"segments"`
	Bytes    int64        `json:"bytes"`
}

type stayingView struct {
	Camera nvr.CameraID `json:"camera"`
	From   nvr.Time     `json:"from"`
	To     nvr.Time     `json:"to,omitzero"` // zero of what is being recorded
	Why    nvr.Hold     `json:"why"`
	Lock   *lockView    `json:"lock,omitempty"`
}

type deletionView struct {
	Goes    []stretchView `json:"goes"`
	Stays   []stayingView `json:"stays"`
	Digest  string        `json:"digest"`
	Pending int64         `json:"pending,omitempty"`
}

type deletionInput struct {
	Clips  []string `json:"clips"`
	Digest string   `json:"digest"`
}

func viewOfDeletion(d nvr.Deletion) deletionView {
	v := deletionView{Goes: []stretchView{}, Stays: []stayingView{}, Digest: d.Digest, Pending: d.Pending}
	for _, s := range d.Goes {
		v.Goes = append(v.Goes, stretchView{s.Camera, s.Span.From, s.Span.To, s.Segments, s.Bytes})
	}
	for _, s := range d.Stays {
		is := stayingView{Camera: s.Camera, From: s.Span.From, To: s.Span.To, Why: s.Why}
		if s.Lock.ID != 0 {
			l := viewOfLock(s.Lock)
			is.Lock = &l
		}
		v.Stays = append(v.Stays, is)
	}
	return v
}

// deletable reads excerpts of which whoever asks may delete the footage.
func deletable(ctx context.Context, clips []string) ([]nvr.Excerpt, error) {
	chosen, err := nvr.ParseExcerpts(clips)
	if err != nil {
		return nil, err
	}
	for _, e := range chosen {
		if err := auth.Check(ctx, auth.Manage, auth.Camera(e.Camera)); err != nil {
			return nil, err
		}
	}
	return chosen, nil
}

func (a *api) deletion(w http.ResponseWriter, r *http.Request) error {
	q, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	chosen, err := deletable(r.Context(), q.values["clip"])
	if err != nil {
		return err
	}
	d, err := a.Deletions.Deletion(r.Context(), chosen)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, viewOfDeletion(d))
}

func (a *api) deleteFootage(w http.ResponseWriter, r *http.Request) error {
	var in deletionInput
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	chosen, err := deletable(r.Context(), in.Clips)
	if err != nil {
		return err
	}
	d, err := a.Deletions.Delete(r.Context(), chosen, in.Digest, auth.Asks(r.Context()).Name)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, viewOfDeletion(d))
}
