// Package appliance is the recorder that runs on a data directory: it makes
// whole what an earlier life left, has cameras watched and recorded, keeps
// footage where the household wants it and as long as it says, and looks after
// what was written. The program serves it, and what is proven of recording is
// proven of it.
//
// It serves no pages and no API: cmd/nvrd joins those to it.
package appliance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"nvrd/pkg/bell"
	"nvrd/pkg/catalog"
	"nvrd/pkg/datadir"
	"nvrd/pkg/device"
	"nvrd/pkg/door"
	"nvrd/pkg/event"
	"nvrd/pkg/ffmpeg"
	"nvrd/pkg/histogram"
	"nvrd/pkg/household"
	"nvrd/pkg/live"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
	"nvrd/pkg/retention"
	"nvrd/pkg/ring"
	"nvrd/pkg/talk"
	"nvrd/pkg/watch"
)

// Config is what an Appliance needs.
type Config struct {
	Data string // the data directory
	Log  *slog.Logger
	// Clock tells for how long the machine has run; nil means the machine's own.
	// A proof in a time that is made up has another one.
	Clock func() (catalog.Clock, error)
}

// Appliance is an open data directory and what records to it. Its fields are
// safe for use from several goroutines until Close.
type Appliance struct {
	Dir      *datadir.Dir
	Recorder *recorder.Recorder
	Cameras  *watch.Cameras
	Live     *live.Hub
	Events   *event.Bus // what happens; the recorder takes it, and publishes the motion that it sees
	Rings    *ring.Rings
	Bells    *bell.Bells // what devices tell becomes rings and events
	Talks    *talk.Talks
	Doors    *door.Doors
	Seeks    *histogram.Histogram // how long recorded video was waited for; whoever serves it adds
	Decoders *ffmpeg.Tool         // whose time is told as that of decoders; nil if there are none. Set before Run

	log    *slog.Logger
	meter  meter
	keeper *retention.Keeper
	lock   *os.File
	began  nvr.Time // when the recorder had nothing of its own yet
	aside  []string // catalogs that were set aside and are still needed
}

// Open opens a data directory, making what is not there yet, for itself: it
// fails with [nvr.ErrBusy] if another process records there. When it returns,
// footage of an earlier life is whole and removals are complete. A catalog that
// turns out to be broken is set aside and made again while Run runs.
func Open(ctx context.Context, c Config) (_ *Appliance, err error) {
	if c.Clock == nil {
		c.Clock = retention.MachineClock
	}
	a := &Appliance{log: c.Log, Live: &live.Hub{}, Seeks: &histogram.Histogram{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if err := os.MkdirAll(c.Data, 0o750); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if a.lock, err = datadir.Lock(c.Data); err != nil {
		return nil, err
	}
	a.began = nvr.Now()
	if err := a.openData(ctx, c); err != nil {
		return nil, err
	}
	a.Events = event.New(a.Recorder.Take)
	a.Recorder.Publish(a.Events.Publish)
	a.Rings = ring.New(a.Dir.Home, a.Events.Publish, a.hears, c.Log)
	a.Cameras = watch.New(a.Dir.Home, a.Recorder, a.Live, c.Log)
	a.Bells = bell.New(bell.Config{Home: a.Dir.Home, Rings: a.Rings, Publish: a.Events.Publish, Report: a.Recorder.Report, LogIns: a.logIns, Log: c.Log})
	a.Talks = talk.New(a.speaker, c.Log)
	a.Doors = door.New(a.Cameras.Relays(), a.newest, a.Dir.Home, c.Log)
	return a, nil
}

// hears tells whether what is said at a camera is recorded at the moment.
func (a *Appliance) hears(id nvr.CameraID) bool {
	c, err := a.Cameras.Get(context.Background(), id)
	if err != nil || c.Mode == nvr.KeepNone || c.Mode == nvr.Privacy {
		return false
	}
	return slices.ContainsFunc(c.Streams, func(s nvr.Stream) bool { return s.Audio.Codec != "" })
}

// logIns returns the budget of log-ins of a bell's device.
func (a *Appliance) logIns(b household.Bell) device.LogIns {
	return a.Cameras.LogIns(b.Camera, b.Address)
}

// openData opens the data directory, once more without its catalog if that is broken.
func (a *Appliance) openData(ctx context.Context, c Config) (err error) {
	if a.aside, err = datadir.SetAsideBroken(ctx, c.Data, c.Log); err != nil {
		return err
	}
	for again := false; ; again = true {
		if a.Dir, err = datadir.Create(ctx, c.Data, c.Log); err == nil {
			a.keeper, err = a.Dir.Keeper(ctx, c.Clock, c.Log) // completes removals before the recorder looks at the files
		}
		if err == nil {
			a.Recorder, err = recorder.Open(ctx, a.Dir.Catalog, a.Dir.Places, c.Log)
		}
		if !catalog.IsCorrupt(err) || again {
			return err
		}
		if a.Dir != nil {
			if err := a.Dir.Close(); err != nil {
				return err
			}
			a.Dir = nil
		}
		if a.aside, err = datadir.SetAside(c.Data, err, c.Log); err != nil {
			return err
		}
	}
}

// Run watches the cameras and cares for the footage until ctx ends, and with it
// every subscription to events. It returns when every connection is closed; what
// arrived is held by the recorder until Close.
func (a *Appliance) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer context.AfterFunc(ctx, a.Events.Close)()
	running.Go(func() { a.Cameras.Run(ctx) })
	running.Go(func() { a.Rings.Run(ctx) })
	running.Go(func() { a.Bells.Run(ctx) })
	running.Go(func() { <-ctx.Done(); a.Talks.Close() })
	running.Go(func() { a.Care(ctx) })
	running.Go(func() { a.measure(ctx) })
	running.Wait()
}

// Care is the part of Run that is done for the footage, wherever that comes
// from: places are used as the household says, and while they are well; what
// has to go is removed; footage and catalog are compared once.
func (a *Appliance) Care(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { a.Dir.Places.Run(ctx) })
	running.Go(func() {
		a.Dir.Home.KeepUp(ctx,
			func(ctx context.Context) (nvr.Time, error) { return 0, a.Dir.UsePlaces(ctx) },
			func(err error) { a.log.Error("footage directories cannot be read", "err", err) })
	})
	running.Go(func() { a.keeper.Run(ctx) })
	running.Go(func() { a.saveEvents(ctx) })
	running.Go(func() {
		if err := a.Dir.Compare(ctx, a.aside, a.began, a.log); err != nil && ctx.Err() == nil {
			a.log.Error("footage and catalog could not be compared", "err", err)
		}
	})
	running.Wait()
}

// saveEvery is how often events are copied to where they outlive the catalog.
const saveEvery = time.Minute

func (a *Appliance) saveEvents(ctx context.Context) {
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return // Close saves what is still to come
		case <-tick.C:
			if err := a.Dir.SaveEvents(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("events are in the catalog only", "err", err)
			}
		}
	}
}

// Notices returns what the owner should know.
func (a *Appliance) Notices() []nvr.Notice {
	return append(a.Dir.Places.Notices(), a.keeper.Notices()...)
}

// Deletion tells what goes if footage is deleted now; see [retention.Keeper.Deletion].
func (a *Appliance) Deletion(ctx context.Context, chosen []nvr.Excerpt) (nvr.Deletion, error) {
	return a.keeper.Deletion(ctx, chosen)
}

// Delete removes it; see [retention.Keeper.Delete].
func (a *Appliance) Delete(ctx context.Context, chosen []nvr.Excerpt, digest, who string) (nvr.Deletion, error) {
	return a.keeper.Delete(ctx, chosen, digest, who)
}

// Close ends recording, seals what is open, and closes everything, after Run has
// returned. No footage that had arrived is lost.
func (a *Appliance) Close() error {
	var errs []error
	if a.Recorder != nil {
		errs = append(errs, a.Recorder.Close(), a.Dir.SaveEvents(context.Background()))
	}
	if a.Dir != nil {
		errs = append(errs, a.Dir.Close())
	}
	if a.lock != nil {
		errs = append(errs, a.lock.Close())
	}
	return errors.Join(errs...)
}
