// Package bell listens to the devices of the home that tell when their button is
// pressed, or what else happens at them: each on its own, whatever becomes of the
// others, for as long as the household has it so. What a device tells becomes a ring
// or an event here, by what it means at this home.
//
// How a device is asked is the business of pkg/onvif and pkg/maker.
package bell

import (
	"context"
	"log/slog"
	"slices"
	"sync"

	"nvrd/pkg/device"
	"nvrd/pkg/household"
	"nvrd/pkg/maker/webhook"
	"nvrd/pkg/nvr"
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
	// Report publishes what a camera says that it saw, unless its zones leave that out;
	// nil means Publish.
	Report func(nvr.Event)
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

// New returns the bells of a home, which are listened to while Run runs.
func New(c Config) *Bells {
	if c.Report == nil {
		c.Report = c.Publish
	}
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
