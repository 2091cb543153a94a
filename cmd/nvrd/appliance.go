package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"nvrd/pkg/api"
	"nvrd/pkg/auth"
	"nvrd/pkg/catalog"
	"nvrd/pkg/live"
	"nvrd/pkg/nvr"
	"nvrd/pkg/recorder"
	"nvrd/pkg/retention"
	"nvrd/ui"
)

// settings are what the command line says of an appliance.
type settings struct {
	data      string
	listen    string
	accessKey string   // file; empty lets in everybody who reaches listen, which is loopback then
	hosts     []string // further names it answers to
}

// appliance is a running recorder with its web server.
type appliance struct {
	log      *slog.Logger
	lock     *os.File
	store    *store
	keeper   *retention.Keeper
	recorder *recorder.Recorder
	cameras  *cameras
	server   *http.Server
	listener net.Listener
	running  sync.WaitGroup // what follows cameras and looks after footage
	stop     context.CancelFunc
}

// start starts an appliance: footage of an earlier life is made whole, cameras
// are connected, pages are served.
func start(ctx context.Context, s settings, log *slog.Logger) (_ *appliance, err error) {
	a := &appliance{log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	gate, err := s.gate()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.data, 0o750); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if a.lock, err = lock(s.data); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return nil, fmt.Errorf("%w; choose another address with --listen", err)
	}
	a.listener = api.Limit(listener)
	began := nvr.Now()
	old, err := a.open(ctx, s.data)
	if err != nil {
		return nil, err
	}
	hub := &live.Hub{}
	a.cameras = newCameras(a.store.home, a.recorder, hub, log)

	handler, err := a.handler(s, gate, hub)
	if err != nil {
		return nil, err
	}
	a.server = api.Server(handler, log)
	follow, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.stop = stop
	a.running.Go(func() { a.cameras.follow(follow) })
	a.running.Go(func() { a.store.places.Run(follow) })
	a.running.Go(func() {
		keepUp(follow, a.store.home,
			func(ctx context.Context) (nvr.Time, error) { return 0, a.store.usePlaces(ctx) },
			func(err error) { log.Error("footage directories cannot be read", "err", err) })
	})
	a.running.Go(func() { a.keeper.Run(follow) })
	a.running.Go(func() {
		if err := a.look(follow, s.data, old, began); err != nil && follow.Err() == nil {
			log.Error("footage and catalog could not be compared", "err", err)
		}
	})
	return a, nil
}

// open opens the store and makes whole what an earlier life left. A catalog
// that turns out to be broken is set aside, and its name returned, since
// recording does not wait for it to be made again.
func (a *appliance) open(ctx context.Context, data string) (old string, err error) {
	if old, err = setAsideBroken(ctx, data, a.log); err != nil {
		return "", err
	}
	for again := false; ; again = true {
		if a.store, err = createStore(ctx, data, a.log); err == nil {
			a.keeper, err = a.store.keeper(ctx, a.log) // completes removals before the recorder looks at the files
		}
		if err == nil {
			a.recorder, err = recorder.Open(ctx, a.store.catalog, a.store.places, a.log)
		}
		if !catalog.IsCorrupt(err) || again {
			return old, err
		}
		if a.store != nil {
			if err := a.store.Close(); err != nil {
				return "", err
			}
			a.store = nil
		}
		if old, err = setAside(data, err, a.log); err != nil {
			return "", err
		}
	}
}

// gate reads the access key. Without one, only this machine may be served.
func (s settings) gate() (*auth.AccessKey, error) {
	if s.accessKey != "" {
		key, err := auth.ReadAccessKey(s.accessKey)
		return &key, err
	}
	host, _, err := net.SplitHostPort(s.listen)
	if err != nil {
		return nil, fmt.Errorf("--listen %q is not HOST:PORT: %w", s.listen, nvr.ErrInvalid)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("refusing to show your cameras to everybody who reaches %s: write a key of 16 characters or more to a file and name it with --access-key-file, or listen on 127.0.0.1: %w",
			s.listen, nvr.ErrInvalid)
	}
	return nil, nil
}

// handler joins pages and API behind the guards.
func (a *appliance) handler(s settings, key *auth.AccessKey, hub *live.Hub) (http.Handler, error) {
	machine, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("name of this machine: %w", err)
	}
	guards := api.Guards{Machine: machine, Hosts: s.hosts, Log: a.log}
	pages := ui.Config{
		Cameras:   pageCameras{a.cameras, a.store},
		Setup:     pageCameras{a.cameras, a.store},
		Household: pageHousehold{a.store.home},
		Timelines: pageTimelines{a.store.player},
		Notices:   a.notices,
		Log:       a.log,
		Version:   version,
		Source:    sourceURL,
	}
	if key != nil {
		guards.Gate = auth.NewGate(*key, a.store.home, api.Deny(a.log))
		pages.Door = door{guards.Gate}
	}
	shown, err := ui.New(pages)
	if err != nil {
		return nil, err
	}
	guards.Page = refusal(shown)
	mux := http.NewServeMux()
	mux.Handle("/", shown)
	mux.Handle("/api/", api.New(api.Config{
		Cameras: a.cameras, Footage: a.store.player, Files: a.store.player, Live: hub,
		Household: a.store.home, Happened: a.recorder.Happened,
		Subscribe: a.cameras.subscribe, Health: a.recorder.Health, Notices: a.notices, Log: a.log,
	}))
	return api.Secure(mux, guards), nil
}

// notices returns what the owner should know.
func (a *appliance) notices() []nvr.Notice {
	return append(a.store.places.Notices(), a.keeper.Notices()...)
}

// serve answers requests until ctx ends.
func (a *appliance) serve(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- a.server.Serve(a.listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		return nil
	}
}

// shutdownGrace is how long answers under way may take after the program was
// told to stop; live views never end by themselves.
const shutdownGrace = time.Second

// Close stops recording, seals what is open, and closes everything. No footage
// that had arrived is lost.
func (a *appliance) Close() error {
	var errs []error
	if a.stop != nil {
		a.stop()
		a.running.Wait()
	}
	if a.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownGrace)
		if a.server.Shutdown(ctx) != nil {
			errs = append(errs, a.server.Close())
		}
		cancel()
	}
	if a.recorder != nil {
		errs = append(errs, a.recorder.Close())
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	if a.listener != nil && a.server == nil {
		errs = append(errs, a.listener.Close())
	}
	if a.lock != nil {
		errs = append(errs, a.lock.Close())
	}
	return errors.Join(errs...)
}
