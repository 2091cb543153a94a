package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"nvrd/federation/choice"
	"nvrd/federation/online"
	"nvrd/pkg/alert"
	"nvrd/pkg/api"
	"nvrd/pkg/appliance"
	"nvrd/pkg/auth"
	"nvrd/pkg/certificate"
	"nvrd/pkg/ffmpeg"
	finding "nvrd/pkg/find"
	"nvrd/pkg/live/rtc"
	"nvrd/pkg/notify"
	"nvrd/ui"
	"nvrd/ui/page/street"
	"nvrd/ui/page/street/asked"
	"nvrd/ui/text"
)

// settings are what the command line says of an appliance.
type settings struct {
	data      string
	listen    string
	accessKey string   // file; empty lets in everybody who reaches listen, which is loopback then
	hosts     []string // further names it answers to
	proxies   []netip.Prefix
	own       [2]string // files of a certificate of the owner's, and of its key
	neighbors online.Config
	// webrtcPort is the UDP port of live pictures; 0 for that of listen.
	webrtcPort uint16
}

// server is a running appliance with its pages.
type server struct {
	*appliance.Appliance
	neighbors *online.Online
	rtc       *rtc.Engine // nil if its port is taken
	choices   *choice.Choices
	outbox    *notify.Outbox
	alerts    *alert.Alerts
	tool      *ffmpeg.Tool           // nil if it is not there
	authority *certificate.Authority // nil if none is needed
	log       *slog.Logger
	http      *http.Server
	listener  net.Listener
	tls       bool               // the listener offers it
	stop      context.CancelFunc // ends Run
	stopped   chan struct{}      // closed when it has ended
}

// start starts an appliance and serves its pages at an address.
func start(ctx context.Context, s settings, log *slog.Logger) (_ *server, err error) {
	a := &server{log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	gate, err := s.gate()
	if err != nil {
		return nil, err
	}
	if a.Appliance, err = appliance.Open(ctx, appliance.Config{Data: s.data, Log: log}); err != nil {
		return nil, err
	}
	if a.tool, err = ffmpeg.Find(ctx); err != nil {
		log.Info("clips can't be blurred, and pictures are not decoded for motion", "err", err)
	}
	a.Recorder.Decode(a.tool)
	a.Decoders = a.tool
	a.choices = choice.New(s.data)
	s.neighbors.Dir, s.neighbors.Log = s.data, log
	if a.neighbors, err = online.Open(s.neighbors); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return nil, fmt.Errorf("%w; choose another address with --listen", err)
	}
	a.listener = api.Limit(listener)
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	if err := a.offerTLS(s, names); err != nil {
		return nil, err
	}
	texts, err := text.Load()
	if err != nil {
		return nil, err
	}
	if a.outbox, err = notify.Open(ctx, a.told(s, texts)); err != nil {
		return nil, err
	}
	a.rtc = openRTC(ctx, listener.Addr(), s, log)
	a.alerts = a.newAlerts(texts)
	handler, err := a.handler(s, names, gate)
	if err != nil {
		return nil, err
	}
	a.http = api.Server(handler, log)
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.stop, a.stopped = stop, make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() { a.Run(run) })
	running.Go(func() { a.alerts.Run(run) })
	running.Go(func() { a.noteBrought(run) })
	go func() {
		defer close(a.stopped)
		running.Wait()
	}()
	return a, nil
}

// handler joins pages and API behind the guards.
func (a *server) handler(s settings, names []string, key *auth.AccessKey) (http.Handler, error) {
	guards := api.Guards{Names: names, TLS: a.tls, Proxies: s.proxies, Log: a.log}
	found := finding.NewFinder(finding.Config{Add: a.Cameras.Add, SetBell: a.Dir.Home.SetBell, Refusals: a.Cameras.Refusals(), Home: a.Dir.Home, Log: a.log})
	stored := pageStorage{a.Dir, a.Appliance}
	deleting := forgetting(a.Appliance, a.outbox.Forget)
	pages := ui.Config{
		Cameras:   pageCameras{a.Cameras, a.Dir},
		Setup:     pageCameras{a.Cameras, a.Dir},
		Finder:    finder{found},
		Household: pageHousehold{a.Dir.Home},
		Zones:     a.Dir.Home,
		Storage:   stored,
		Deletions: deleting,
		Timelines: pageTimelines{a.Dir.Player},
		History:   a.Dir.Catalog,
		Rings:     pageRings{a.Rings, a.Dir.Home},
		Bells:     pageBells{a.Bells, a.Dir.Home},
		Voice:     pageVoice{a.Talks, a.Dir.Home},
		Opens:     a.Doors.Opens,
		Audit:     a.Dir.Home.AuditLog,
		Notices:   a.Notices,
		Street:    a.neighbors,
		Studio:    studio{player: a.Dir.Player, tool: a.tool},
		Requests:  asked.Desk{Asked: asked.Logs{}, Choices: a.choices, Footage: a.Dir.Catalog.Recorded, Send: a.handOver, Note: a.brought, Answers: a.answers, Forget: a.forget},
		Notify:    a.outbox,
		Switch:    a.outbox,
		Rules:     a.Dir.Home,
		Told:      a.alerts,
		Log:       a.log,
		Version:   version,
		Source:    sourceURL,
	}
	if key != nil {
		guards.Gate = auth.NewGate(*key, a.Dir.Home, api.Deny(a.log))
		pages.Door = door{guards.Gate}
	}
	if a.authority != nil {
		pages.Authority = a.authority
	}
	shown, err := ui.New(pages)
	if err != nil {
		return nil, err
	}
	deleting.forgets(shown.Forget)
	guards.Page = refusal(shown)
	stirred := func(ctx context.Context) <-chan struct{} { return street.Stirred(ctx, a.neighbors) }
	mux := http.NewServeMux()
	mux.Handle("/", shown)
	mux.Handle("/api/", api.New(api.Config{
		WebRTC:  byRTC(a.rtc),
		Cameras: a.Cameras, Finder: found, Footage: a.Dir.Player, Files: a.Dir.Player, Live: a.Live,
		Household: a.Dir.Home, Events: a.Events, Rings: a.Rings, Talks: a.Talks, Doors: a.Doors, Bells: a.Bells, History: a.Dir.Catalog, Locks: stored, Deletions: deleting, Performance: stored, Seeks: a.Seeks, Notify: a.outbox, Alerts: a.alerts,
		Subscribe: a.Cameras.Subscribe, Street: stirred, Health: a.Recorder.Health, Notices: a.Notices, Log: a.log,
	}))
	neighborhood := a.neighborhoodAPI()
	mux.Handle("/api/v1/neighborhoods", neighborhood)
	mux.Handle("/api/v1/neighborhoods/", neighborhood)
	return api.Secure(mux, guards), nil
}

// serve answers requests until ctx ends.
func (a *server) serve(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- a.http.Serve(a.listener) }()
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

// Close stops recording and serving, and closes everything. No footage that had
// arrived is lost.
func (a *server) Close() error {
	var errs []error
	if a.stop != nil {
		a.stop()
		<-a.stopped
	}
	if a.rtc != nil {
		errs = append(errs, a.rtc.Close())
	}
	if a.http != nil {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownGrace)
		if a.http.Shutdown(ctx) != nil {
			errs = append(errs, a.http.Close())
		}
		cancel()
	} else if a.listener != nil {
		errs = append(errs, a.listener.Close())
	}
	if a.neighbors != nil {
		errs = append(errs, a.neighbors.Close())
	}
	if a.outbox != nil {
		errs = append(errs, a.outbox.Close())
	}
	if a.choices != nil {
		errs = append(errs, a.choices.Close())
	}
	if a.Appliance != nil {
		errs = append(errs, a.Appliance.Close())
	}
	return errors.Join(errs...)
}
