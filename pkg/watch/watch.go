// Package watch has the cameras of the household watched: it keeps each
// connected as the household wants it now, has recorded of it what is to be
// recorded, shows it live, and tells how it stands. It also asks a camera what
// it sends before it belongs to the household.
//
// It does not know where footage goes (pkg/recorder does), nor how a camera is
// kept connected (pkg/camera does).
package watch

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"nvrd/pkg/camera"
	"nvrd/pkg/household"
	"nvrd/pkg/live"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
)

// Cameras are the cameras of a household that are watched. Their methods are
// safe for use from several goroutines; Run is called once.
type Cameras struct {
	home     *household.DB
	recorder *recorder.Recorder
	hub      *live.Hub
	log      *slog.Logger
	refusals camera.Refusals // of all who log in at the home's cameras

	mu      sync.Mutex
	watched map[nvr.CameraID]*watched // changed by Run alone
	waiting map[chan struct{}]bool    // subscribers
	counted map[nvr.CameraID]*counts
}

// New returns the cameras of a household, which are watched while Run runs: r
// records them and hub shows them live.
func New(home *household.DB, r *recorder.Recorder, hub *live.Hub, log *slog.Logger) *Cameras {
	c := &Cameras{
		home: home, recorder: r, hub: hub, log: log,
		watched: map[nvr.CameraID]*watched{}, waiting: map[chan struct{}]bool{},
		counted: map[nvr.CameraID]*counts{},
	}
	if err := c.refusals.Keep(context.Background(), home, log); err != nil {
		log.Error("what cameras refused before is not known", "err", err)
	}
	return c
}

// Run watches the cameras that the household has, and goes along with its
// changes and with its schedules, until ctx ends. It returns when every
// connection is closed.
func (c *Cameras) Run(ctx context.Context) {
	if err := c.forget(ctx); err != nil {
		c.log.Error("cameras that were removed are still accounted for", "err", err)
	}
	c.home.KeepUp(ctx, c.adjust, func(err error) { c.log.Error("cameras cannot be read", "err", err) })
	for _, w := range c.watched {
		w.stop(nil)
	}
	for _, w := range c.watched {
		w.wait()
	}
}

// lookAgain is when to look at the schedules at the latest: somebody may have
// set the clock.
const lookAgain = time.Minute

// wish is what the household wants of a camera now.
type wish struct {
	camera  household.Camera
	streams nvr.Streams
	plan    nvr.Plan
	zones   nvr.Zones
}

// wishes returns what the household wants now, in the order of its cameras,
// and until when it does unless it changes its mind.
func (c *Cameras) wishes(ctx context.Context) (all []wish, _ nvr.Time, err error) {
	list, err := c.home.Cameras(ctx)
	if err != nil {
		return nil, 0, err
	}
	recordings, err := c.home.Recordings(ctx)
	if err != nil {
		return nil, 0, err
	}
	home, err := c.home.Home(ctx)
	if err != nil {
		return nil, 0, err
	}
	zones, err := c.home.AllZones(ctx)
	if err != nil { // recording does not wait for them
		c.log.Error("motion counts in all of every picture, since zones cannot be read", "err", err)
	}
	zone, err := home.Zone()
	if err != nil { // it was there when it was set; recording does not wait for it
		c.log.Error("schedules go by the clock of this machine", "err", err)
		zone = time.Local
	}
	now := nvr.Now()
	mode, until := home.ModeAt(now, zone)
	until = min(until, now.Add(lookAgain))
	for _, cam := range list {
		r, ok := recordings[cam.ID]
		if !ok {
			continue // removed a moment ago, which will be told
		}
		plan, end := r.At(now, zone)
		if mode == nvr.HousePrivacy {
			plan.Mode = nvr.Privacy
		}
		if cam.SubURL == "" {
			r.Streams = nvr.MainStream
		}
		all = append(all, wish{cam, r.Streams, plan, zones[cam.ID]})
		until = min(until, end)
	}
	return all, until, nil
}

// forget ends the account of streams that were removed, or were not to be
// recorded any more, while nothing ran.
func (c *Cameras) forget(ctx context.Context) error {
	all, _, err := c.wishes(ctx)
	if err != nil {
		return err
	}
	var keep []nvr.StreamID
	for _, wish := range all {
		for _, source := range sources(wish.camera) {
			if wish.streams.Have(source.quality) {
				keep = append(keep, nvr.StreamID{Camera: wish.camera.ID, Quality: source.quality})
			}
		}
	}
	return c.recorder.Keep(ctx, keep)
}

// adjust brings cameras to what the household wants, and returns until when
// that is.
func (c *Cameras) adjust(ctx context.Context) (until nvr.Time, err error) {
	all, until, err := c.wishes(ctx)
	if err != nil {
		return 0, err
	}
	want := map[nvr.CameraID]wish{}
	for _, wish := range all {
		want[wish.camera.ID] = wish
	}
	// All are told to stop before one is waited for.
	for id, w := range c.watched {
		switch wish, ok := want[id]; {
		case !ok || wish.plan.Mode == nvr.Privacy:
			w.stop(errPaused)
		case !w.reaches(wish.camera):
			w.stop(errMoved)
		}
	}
	for id, w := range c.watched {
		switch wish, ok := want[id]; {
		case !ok || len(sources(wish.camera)) != len(w.streams):
			c.unwatch(w)
		case !w.reaches(wish.camera):
			c.disconnect(w)
			w.move(wish.camera, c.logInsOf(wish.camera))
		}
	}
	var errs []error
	for _, wish := range all {
		errs = append(errs, c.apply(ctx, wish))
	}
	c.changed()
	return until, errors.Join(errs...)
}
