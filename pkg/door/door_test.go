package door

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// relay opens the door of camera 1.
type relay struct {
	opened int
	within time.Duration
	err    error
}

func (r *relay) Opens(camera nvr.CameraID) bool { return camera == 1 }

func (r *relay) Open(ctx context.Context, _ nvr.CameraID) error {
	until, _ := ctx.Deadline()
	r.within = time.Until(until)
	r.opened++
	return r.err
}

// unwritable is an audit log on a full disk.
type unwritable struct{}

func (unwritable) Note(context.Context, household.Audit) error { return errors.New("disk full") }

func TestOpen(t *testing.T) {
	db, err := household.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		camera nvr.CameraID
		age    time.Duration
		err    error // of the relay
		log    Log
		kind   error
		opened int
		noted  []string
	}{
		{"opens", t.Context(), 1, time.Second, nil, db, nil, 1, []string{""}},
		{"no door", t.Context(), 2, 0, nil, db, nvr.ErrNotFound, 0, nil},
		{"an old picture", t.Context(), 1, Fresh + time.Second, nil, db, nvr.ErrBusy, 0, []string{"no_picture"}},
		{"no picture", t.Context(), 1, -1, nil, db, nvr.ErrBusy, 0, []string{"no_picture"}},
		{"the device refuses", t.Context(), 1, 0, errors.New("no"), db, nvr.ErrBusy, 1, []string{"failed", ""}},
		{"who asked left", gone, 1, Fresh + time.Second, nil, db, nvr.ErrBusy, 0, []string{"no_picture"}},
		{"no audit log", t.Context(), 1, 0, nil, unwritable{}, nil, 0, nil},
	} {
		r := &relay{err: tt.err}
		d := New(r, func(nvr.CameraID) time.Time {
			if tt.age < 0 {
				return time.Time{}
			}
			return time.Now().Add(-tt.age)
		}, tt.log, slog.New(slog.DiscardHandler))
		before, err := db.AuditLog(t.Context(), 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		err = d.Open(tt.ctx, tt.camera, "Ada")
		if tt.name == "no audit log" {
			if err == nil {
				t.Errorf("%s: no error", tt.name)
			}
		} else if !errors.Is(err, tt.kind) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if r.opened != tt.opened || r.opened > 0 && r.within > patience {
			t.Errorf("%s: opened %d times, within %v", tt.name, r.opened, r.within)
		}
		after, err := db.AuditLog(t.Context(), 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		var noted []string
		for _, a := range after[:len(after)-len(before)] {
			noted = append(noted, a.Outcome)
			if a.Who != "Ada" || a.What != household.OpenDoor || a.Camera != 1 || a.At == 0 {
				t.Errorf("%s: %+v", tt.name, a)
			}
		}
		if diff := cmp.Diff(tt.noted, noted, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: audit log, -want +got:\n%s", tt.name, diff)
		}
	}
	if New(nil, nil, db, nil).Opens(1) {
		t.Error("a door that nothing opens")
	}
}
