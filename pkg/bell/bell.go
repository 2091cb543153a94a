// Package bell listens to the devices of the home that tell when their button is
// pressed, or what else happens at them: each on its own, whatever becomes of the
// others, for as long as the household has it so. What a device tells becomes a ring
// or an event here, by what it means at this home.
//
// How a device is asked is the business of pkg/onvif and pkg/maker.
package bell

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"nvrd/pkg/device"
	"nvrd/pkg/household"
	"nvrd/pkg/maker/report"
	"nvrd/pkg/maker/webhook"
	"nvrd/pkg/nvr"
	"nvrd/pkg/onvif"
	"nvrd/pkg/ring"
)

// Home is where it stands which bells there are and what signals mean; a
// [household.DB] is one.
type Home interface {
	Bells(ctx context.Context) ([]household.Bell, error)
	Bindings(ctx context.Context) ([]household.Binding, error)
	KeepUp(ctx context.Context, adjust func(context.Context) (nvr.Time, error), failed func(error))
}

// Config is what Bells need. Its functions are called from several goroutines.
type Config struct {
	Home    Home
	Rings   *ring.Rings
	Publish func(nvr.Event)
	// LogIns returns the budget of log-ins of a bell's device, which it shares with
	// all else that talks to that machine; nil means no bounds.
	LogIns func(household.Bell) device.LogIns
	Log    *slog.Logger
}

// Bells are the bells of a home. Its methods are safe for concurrent use; Run is
// called once.
type Bells struct {
	Config
	meanings meanings

	hooks      *webhook.Hooks
	registrars registrars

	mu      sync.Mutex
	running map[key]*listening
	calling map[webhook.ID]*listening // by what is kept of their address
}

// key names a bell: a camera has one of a kind.
type key struct {
	camera nvr.CameraID
	kind   household.BellKind
}

// State is how it stands with a bell.
type State struct {
	Camera nvr.CameraID
	Kind   household.BellKind
	// Known tells that it was tried long enough to know: it said something, if only
	// that it will, or failed, or did neither for half a minute. One that calls by
	// itself is known once it has called or registered.
	Known bool
	// Trouble is why the device can't be listened to, as a sentence for the owner
	// that holds no password; empty while it is listened to, as far as is known.
	Trouble string
	Since   nvr.Time // when that began
	Heard   nvr.Time // when it told something last; zero if it did not in this life of the program
}

// New returns the bells of a home, which are listened to while Run runs.
func New(c Config) *Bells {
	b := &Bells{Config: c, meanings: meanings{press: c.Rings.Press, publish: c.Publish, log: c.Log}, running: map[key]*listening{}, registrars: registrars{all: map[string]*registrar{}}}
	b.hooks = webhook.New(b.hook, b.called)
	return b
}

// Run listens to the bells that the household has, and goes along with its changes,
// until ctx ends. It returns when every connection is closed.
func (b *Bells) Run(ctx context.Context) {
	var hushing sync.WaitGroup
	defer hushing.Wait()
	hushing.Go(func() { b.hush(ctx) })
	b.Home.KeepUp(ctx, b.adjust, func(err error) { b.Log.Error("bells cannot be read", "err", err) })
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.running {
		l.stop()
	}
	for _, l := range b.running {
		<-l.done
	}
}

// States returns how it stands with each bell, by camera and kind.
func (b *Bells) States() []State {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []State
	for _, l := range b.running {
		l.mu.Lock()
		all = append(all, l.state)
		l.mu.Unlock()
	}
	slices.SortFunc(all, func(x, y State) int {
		return cmp.Or(cmp.Compare(x.Camera, y.Camera), cmp.Compare(x.Kind, y.Kind))
	})
	return all
}

// Unbound returns what a camera's device told of late that means nothing yet, the
// newest first: a button that was pressed a moment ago, maybe.
func (b *Bells) Unbound(camera nvr.CameraID) []Heard { return b.meanings.unbound(camera) }

// adjust brings what is listened to to what the household wants.
func (b *Bells) adjust(ctx context.Context) (nvr.Time, error) {
	bindings, err := b.Home.Bindings(ctx)
	if err != nil {
		return 0, err
	}
	b.meanings.bind(bindings)
	all, err := b.Home.Bells(ctx)
	if err != nil {
		return 0, err
	}
	want := map[key]household.Bell{}
	for _, bell := range all {
		if slices.Contains(Kinds, bell.Kind) {
			want[key{bell.Camera, bell.Kind}] = bell
		}
	}
	for _, l := range b.end(want) {
		<-l.done // a device has one who listens; nobody else waits for that
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, bell := range want {
		if b.running[k] == nil {
			b.running[k] = b.start(context.WithoutCancel(ctx), bell)
		}
	}
	b.expect()
	return 0, nil
}

// end ends what is not wanted any more, and returns what is ending.
func (b *Bells) end(want map[key]household.Bell) (ending []*listening) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for k, l := range b.running {
		if bell, ok := want[k]; !ok || !same(bell, l.bell) {
			l.stop()
			ending = append(ending, l)
			delete(b.running, k)
		}
	}
	return ending
}

// same tells whether two bells are listened to in the same way.
func same(x, y household.Bell) bool {
	return x.Camera == y.Camera && x.Kind == y.Kind && x.Address == y.Address && x.User == y.User &&
		x.Password == y.Password && string(x.Settings) == string(y.Settings)
}

// listening is a bell that is listened to.
type listening struct {
	bell household.Bell
	stop context.CancelFunc
	done chan struct{}
	log  *report.Log

	mu    sync.Mutex
	state State
}

func (b *Bells) start(ctx context.Context, bell household.Bell) *listening {
	ctx, stop := context.WithCancel(ctx)
	l := &listening{bell: bell, stop: stop, done: make(chan struct{}), log: logOf(bell), state: State{Camera: bell.Camera, Kind: bell.Kind, Since: nvr.Now()}}
	if bell.Kind == household.WebhookBell {
		close(l.done) // it calls the home's pages
		return l
	}
	go func() {
		defer close(l.done)
		b.keep(ctx, l)
	}()
	return l
}

// How long to wait before a device is asked again: twice as long each time, and less
// than people wait for a bell to be repaired. One that refuses the password is left
// alone for longer than devices lock somebody out for.
const (
	firstWait  = time.Second
	maxWait    = time.Minute
	refused    = 6 * time.Minute
	maxRefused = 6 * time.Hour
	// steady is how long a connection has to last for its end to count as a first one.
	steady = 30 * time.Second
)

// keep listens again and again until ctx ends.
func (b *Bells) keep(ctx context.Context, l *listening) {
	log := b.Log.With("camera", l.bell.Camera, "bell", l.bell.Kind)
	wait, locked := firstWait, refused
	for {
		began := time.Now()
		err := b.listen(ctx, l)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("the device ended the connection")
		}
		if time.Since(began) >= steady {
			wait, locked = firstWait, refused
		}
		pause := time.Duration(float64(wait) * (0.8 + 0.4*rand.Float64()))
		wait = min(2*wait, maxWait)
		if fault, ok := errors.AsType[*onvif.Fault](err); ok {
			pause = max(pause, fault.Wait)
		}
		if isRefused(err) {
			pause = max(pause, locked)
			locked = min(2*locked, maxRefused)
		}
		l.log.Add("ended", string(cmp.Or(device.KindOf(err), faultOf(err))), nil)
		if l.set(err.Error()) {
			log.Warn("a bell is not heard", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

func isRefused(err error) bool {
	return onvif.IsWrongPassword(err) || device.KindOf(err) == device.WrongLogIn
}

// take takes what a bell tells.
func (b *Bells) take(l *listening, s nvr.Signal) {
	l.set("")
	l.mu.Lock()
	l.state.Heard = max(l.state.Heard, s.At)
	l.mu.Unlock()
	b.meanings.take(l.bell.Camera, s)
}

// set notes how it stands, and tells whether that is news.
func (l *listening) set(trouble string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.Known = true
	if l.state.Trouble == trouble {
		return false
	}
	l.state.Trouble, l.state.Since = trouble, nvr.Now()
	return true
}
