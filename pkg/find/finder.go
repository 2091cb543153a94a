package find

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif"
)

// Config is what a Finder needs.
type Config struct {
	// Add stores a camera and begins to record it.
	Add func(ctx context.Context, in household.CameraInput) (nvr.Camera, error)
	// SetBell stores how the camera tells what happens.
	SetBell func(ctx context.Context, b household.Bell) error
	// Search searches for devices; nil means the home's own network, for 3 s.
	Search   func(ctx context.Context) ([]onvif.Found, error)
	Home     Home
	Refusals Refusals // of all who log in at the home's machines
	Log      *slog.Logger
}

// Home knows the cameras that there are already; a [household.DB] does.
type Home interface {
	Cameras(ctx context.Context) ([]household.Camera, error)
	Bells(ctx context.Context) ([]household.Bell, error)
}

// Refusals counts the log-ins that machines refused, whoever tried them; a
// camera.Refusals does, which says what its methods mean.
type Refusals interface {
	Wait(host string) time.Duration
	Tried(host, user, password string) (ago time.Duration, ok bool)
	Add(host, user, password string)
	Forget(host string)
}

// Finder finds cameras for the people of one home: one search and one question at a
// time. It holds what it found for 15 minutes, in memory alone. It is safe for
// concurrent use.
type Finder struct {
	config            Config
	searching, asking turn
	held              held
	port              int // at which cameras are tried by RTSP first
}

// NewFinder returns a Finder that found nothing yet.
func NewFinder(c Config) *Finder {
	if c.Search == nil {
		c.Search = func(ctx context.Context) ([]onvif.Found, error) { return onvif.Discover(ctx, onvif.Search{}) }
	}
	return &Finder{config: c, searching: make(turn, 1), asking: make(turn, 1), port: usualRTSP}
}

// Around searches the home's own network for cameras, for 3 s, when a person asks
// for it, and tells which of them the home has already. It fails with [nvr.ErrNotFound] if this machine is in no private network,
// and with [nvr.ErrBusy] if a search is under way that does not end soon.
func (f *Finder) Around(ctx context.Context) ([]Device, error) {
	done, err := f.searching.take(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	found, err := f.config.Search(ctx)
	if err != nil {
		return nil, err
	}
	have, err := f.have(ctx)
	if err != nil {
		return nil, err
	}
	return mark(found, have), nil
}

// Ask finds out how a camera is reached, in at most 45 s, and holds what it found.
// That there is none is an Answer, not an error. It fails with [nvr.ErrInvalid] if
// user or password can be none, and with [nvr.ErrBusy] if another question is under
// way that does not end soon.
func (f *Finder) Ask(ctx context.Context, w Wanted) (Answer, error) {
	target, w, mistake := read(w)
	if mistake != nil {
		return Answer{Reason: nvr.Refused, Mistake: mistake}, nil
	}
	w, err := w.account()
	if err != nil {
		return Answer{}, err
	}
	done, err := f.asking.take(ctx)
	if err != nil {
		return Answer{}, err
	}
	defer done()
	a := f.ask(ctx, target, w)
	a.Address, a.User = strings.TrimSpace(w.Address), w.User
	if strings.Contains(a.Address, "@") {
		a.Address = cmp.Or(target.stream, target.web)
	}
	return a, nil
}

// ask is Ask for an address that can be one.
func (f *Finder) ask(ctx context.Context, target target, w Wanted) Answer {
	ctx, cancel := context.WithTimeout(ctx, allWithin)
	defer cancel()
	s := &search{target: target, wanted: w, port: f.port, log: f.config.Log, dial: fence(target.host)}
	machine, trouble, detail := s.reachable(ctx)
	if trouble != "" {
		return Answer{Reason: nvr.Unreachable, Trouble: trouble, Detail: detail}
	}
	if web := portOf(target.web); target.stream == "" && s.open[web] == byRTSP {
		s.port = web // it was typed
	}
	if a, ok := f.wise(machine, w); !ok {
		return a
	}
	a := s.run(ctx)
	for range s.tries {
		f.config.Refusals.Add(machine, w.User, w.Password.Reveal())
	}
	switch {
	case a.Camera != nil:
		f.config.Refusals.Forget(machine)
		a.Name = f.held.keep(*a.Camera)
	case a.Refused:
		a.Wait = f.config.Refusals.Wait(machine)
	}
	return a
}

// wise tells whether to log in at a machine, and what to answer if not: it refused
// too often, or the very same.
func (f *Finder) wise(machine string, w Wanted) (Answer, bool) {
	if w.User == "" {
		return Answer{}, true
	}
	no := Answer{NeedPassword: true, Reason: nvr.WrongPassword, Wait: f.config.Refusals.Wait(machine)}
	if no.Wait > 0 {
		return no, false
	}
	no.Again, no.Refused = f.config.Refusals.Tried(machine, w.User, w.Password.Reveal())
	return no, !no.Refused || w.Anew
}

// Found returns a camera by the name that an Answer gave it, or [nvr.ErrNotFound]
// if it is not held any more.
func (f *Finder) Found(name string) (Camera, error) { return f.held.get(name) }

// Add adds a camera that is held, under a name, with its bell. It fails with
// [nvr.ErrNotFound], [nvr.ErrInvalid] or [nvr.ErrExists], and then it is still held.
func (f *Finder) Add(ctx context.Context, name, as string) (nvr.Camera, error) {
	c, err := f.held.get(name)
	if err != nil {
		return nvr.Camera{}, err
	}
	c.Input.Name = as
	added, err := f.config.Add(ctx, c.Input)
	if err != nil {
		return nvr.Camera{}, err
	}
	f.held.drop(name)
	if c.Bell != nil {
		c.Bell.Camera = added.ID
		if err := f.config.SetBell(ctx, *c.Bell); err != nil { // the camera is there, and can be given its bell again
			f.config.Log.Error("a camera was added without its bell", "camera", added.ID, "err", err)
		}
	}
	return added, nil
}

// turn lets one at a time do something.
type turn chan struct{}

// turnWithin is how long somebody waits for a turn: a page that was left ends what
// it asked for at once.
const turnWithin = 5 * time.Second

// take waits for a turn and returns what ends it.
func (t turn) take(ctx context.Context) (done func(), err error) {
	late := time.NewTimer(turnWithin)
	defer late.Stop()
	select {
	case t <- struct{}{}:
		return func() { <-t }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-late.C:
		return nil, fmt.Errorf("cameras are being looked for already: try again in a moment: %w", nvr.ErrBusy)
	}
}
