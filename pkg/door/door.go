// Package door opens doors for people who look at them. Whoever asks has to see
// who stands there: with no picture, or an old one, a door stays shut. What was
// asked, and what came of it, is in the audit log before anybody is told.
//
// How a door is opened is the business of an [Opener], such as the relay of a
// doorbell.
package door

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

const (
	// Fresh is how old the newest picture may be when a door is opened.
	Fresh = 5 * time.Second
	// patience bounds how long an Opener may take.
	patience = 5 * time.Second
	// noting bounds how long the audit log may take, after whoever asked left, too.
	noting = 5 * time.Second
)

// Opener opens the doors that belong to cameras.
type Opener interface {
	// Opens tells whether there is a door at a camera that it can open.
	Opens(camera nvr.CameraID) bool
	// Open opens it, once, for as long as the device is set to. Its error is for
	// people.
	Open(ctx context.Context, camera nvr.CameraID) error
}

// Log is where who opened a door is written; a [household.DB] is one.
type Log interface {
	Note(ctx context.Context, a household.Audit) error
}

// Doors are those of a home. They are safe for concurrent use.
type Doors struct {
	opener Opener
	newest func(nvr.CameraID) time.Time
	log    Log
	errors *slog.Logger

	mu   sync.Mutex
	busy map[nvr.CameraID]bool
}

// New returns the doors that an opener opens; nil opens none. newest returns when
// the newest picture of a camera came, the zero time if there is none.
func New(opener Opener, newest func(nvr.CameraID) time.Time, log Log, errors *slog.Logger) *Doors {
	return &Doors{opener: opener, newest: newest, log: log, errors: errors, busy: map[nvr.CameraID]bool{}}
}

// Opens tells whether there is a door at a camera that can be opened.
func (d *Doors) Opens(camera nvr.CameraID) bool { return d.opener != nil && d.opener.Opens(camera) }

// Open opens the door at a camera for who. It fails with [nvr.ErrNotFound] if
// there is none, and with [nvr.ErrBusy] if nobody can see who stands there, if
// somebody else is opening it, or if the device refused. All but the first are in
// the audit log. A door is not opened if that cannot be written.
func (d *Doors) Open(ctx context.Context, camera nvr.CameraID, who string) error {
	if !d.Opens(camera) {
		return fmt.Errorf("there is no door to open at this camera: %w", nvr.ErrNotFound)
	}
	if !d.begin(camera) {
		return fmt.Errorf("somebody is opening this door at the moment: %w", nvr.ErrBusy)
	}
	defer d.end(camera)
	note := func(outcome string) error {
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), noting)
		defer cancel()
		return d.log.Note(within, household.Audit{At: nvr.Now(), Who: who, What: household.OpenDoor, Camera: camera, Outcome: outcome})
	}
	if age := time.Since(d.newest(camera)); age > Fresh {
		return errors.Join(fmt.Errorf("there is no present picture of who stands at the door, so it stays shut: %w", nvr.ErrBusy), note("no_picture"))
	}
	if err := note(""); err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := d.opener.Open(within, camera); err != nil {
		d.errors.Warn("a door was not opened", "camera", camera, "err", err)
		return errors.Join(fmt.Errorf("the device did not open the door: %w: %w", err, nvr.ErrBusy), note("failed"))
	}
	return nil
}

func (d *Doors) begin(camera nvr.CameraID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy[camera] {
		return false
	}
	d.busy[camera] = true
	return true
}

func (d *Doors) end(camera nvr.CameraID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.busy, camera)
}
