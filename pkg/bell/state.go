package bell

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"nvrd/pkg/household"
	"nvrd/pkg/maker/mqtt"
	"nvrd/pkg/nvr"
)

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

// Bell is a bell of a camera as the household has it, and how it stands with it.
type Bell struct {
	household.Bell
	State  State
	Topics []mqtt.Topic // of a broker; empty if they can't be read, which the state's trouble tells
}

// OfCamera is all that is known of the bells of one camera.
type OfCamera struct {
	Bells    []Bell
	Bindings []household.Binding
	Unbound  []Heard // of late, which means nothing yet; the newest first
}

// Of returns the bells of a camera by kind, and what its device's signals mean. One
// that was chosen a moment ago may have no state yet. The passwords are in it.
func (b *Bells) Of(ctx context.Context, camera nvr.CameraID) (of OfCamera, err error) {
	all, err := b.Home.Bells(ctx)
	if err != nil {
		return OfCamera{}, err
	}
	states := b.States()
	for _, one := range all {
		if one.Camera == camera {
			of.Bells = append(of.Bells, Bell{one, stateOf(one, states), topicsOf(one)})
		}
	}
	if of.Bindings, err = b.Home.Bindings(ctx); err != nil {
		return OfCamera{}, err
	}
	of.Bindings = slices.DeleteFunc(of.Bindings, func(one household.Binding) bool { return one.Camera != camera })
	of.Unbound = b.meanings.unbound(camera)
	return of, nil
}

func stateOf(b household.Bell, states []State) State {
	i := slices.IndexFunc(states, func(s State) bool { return s.Camera == b.Camera && s.Kind == b.Kind })
	if i < 0 {
		return State{Camera: b.Camera, Kind: b.Kind}
	}
	return states[i]
}

func topicsOf(b household.Bell) (topics []mqtt.Topic) {
	if b.Kind != household.MQTTBell || json.Unmarshal(b.Settings, &topics) != nil {
		return nil
	}
	return topics
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
