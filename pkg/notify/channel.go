package notify

import (
	"context"
	"fmt"
	"slices"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// Channel is a way to tell somebody, as pages and programs see it.
type Channel struct {
	ID       int64             `json:"id"`
	Kind     string            `json:"kind"`
	Name     string            `json:"name"`
	To       string            `json:"to"`       // the machine that it leads to
	Settings map[string]string `json:"settings"` // secrets as ***
	Events   []string          `json:"events"`   // the kinds of messages it takes
	Paused   bool              `json:"paused"`
	Created  nvr.Time          `json:"created"`
	Sent     nvr.Time          `json:"sent,omitzero"`
	Failed   nvr.Time          `json:"failed,omitzero"`
	Trouble  Trouble           `json:"trouble,omitempty"`
	Detail   string            `json:"detail,omitempty"`
}

// Channels returns all channels in the order they were added.
func (o *Outbox) Channels() []Channel {
	all := []Channel{}
	for _, l := range o.lines(func(household.Channel) bool { return true }) {
		all = append(all, shown(l.shown()))
	}
	return all
}

// Channel returns one; [nvr.ErrNotFound] if there is none of that number.
func (o *Outbox) Channel(id int64) (Channel, error) {
	l, err := o.line(id)
	if err != nil {
		return Channel{}, err
	}
	return shown(l.shown()), nil
}

func (o *Outbox) line(id int64) (*line, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if l, ok := o.open[id]; ok {
		return l, nil
	}
	return nil, fmt.Errorf("there is no channel %d: %w", id, nvr.ErrNotFound)
}

func shown(c household.Channel) Channel {
	settings := map[string]string{}
	for _, f := range Fields(c.Kind) {
		value := c.Settings[f.Name].Reveal()
		if f.Secret && value != "" {
			value = Stars
		}
		settings[f.Name] = value
	}
	return Channel{
		ID: c.ID, Kind: c.Kind, Name: c.Name, To: destination(c), Settings: settings, Events: slices.Clone(c.Events), Paused: c.Paused,
		Created: c.Created, Sent: c.Sent, Failed: c.Failed, Trouble: Trouble(c.Trouble), Detail: c.Detail,
	}
}

// destination returns the machine that a channel leads to.
func destination(c household.Channel) string {
	for _, name := range []string{"endpoint", "url", "server"} {
		if value := c.Settings[name].Reveal(); value != "" {
			if host := hostOf(value); host != "" {
				return host
			}
			host, _, _ := splitServer(value, 1)
			return host
		}
	}
	return ""
}

// Add stores a channel and begins to use it; a browser that is there already is
// changed. It fails with [nvr.ErrInvalid] and a message that says what to do, or
// [nvr.ErrTooLarge] if there are too many.
func (o *Outbox) Add(ctx context.Context, in Input) (Channel, error) {
	c := household.Channel{Kind: in.Kind, Settings: map[string]household.Secret{}, Events: []string{nvr.RingEvent}}
	if err := in.apply(&c); err != nil {
		return Channel{}, err
	}
	o.changing.Lock()
	defer o.changing.Unlock()
	if c.Kind == WebPush {
		for _, l := range o.lines(func(old household.Channel) bool { return old.Settings["endpoint"] == c.Settings["endpoint"] }) {
			return o.change(ctx, l.id, func(old *household.Channel) error { old.Settings, old.Paused = c.Settings, false; return nil })
		}
	}
	c, err := o.c.Home.AddChannel(ctx, c)
	if err != nil {
		return Channel{}, err
	}
	o.begin(c, nil)
	return shown(c), nil
}

// Change stores what is not empty of in. A secret that is not given, or as three
// stars, stays; it has to be given anew for another server, since it goes nowhere
// that it was not given for. It fails as Add does, and with [nvr.ErrNotFound].
func (o *Outbox) Change(ctx context.Context, id int64, in Input) (Channel, error) {
	o.changing.Lock()
	defer o.changing.Unlock()
	return o.change(ctx, id, func(c *household.Channel) error {
		if in.Kind != "" && in.Kind != c.Kind {
			return fmt.Errorf("a channel keeps its kind, add another one: %w", nvr.ErrInvalid)
		}
		if in.Name == "" {
			in.Name = c.Name
		}
		return in.apply(c)
	})
}

// Pause stops a channel for a while, or has it go on. What happens meanwhile, and
// what waits, is not told later.
func (o *Outbox) Pause(ctx context.Context, id int64, paused bool) (Channel, error) {
	o.changing.Lock()
	defer o.changing.Unlock()
	return o.change(ctx, id, func(c *household.Channel) error { c.Paused = paused; return nil })
}

// change stores what f makes of a channel, and opens its line anew with what waited.
// The caller holds changing.
func (o *Outbox) change(ctx context.Context, id int64, f func(*household.Channel) error) (Channel, error) {
	c, err := o.c.Home.ChangeChannel(ctx, id, f)
	if err != nil {
		return Channel{}, err
	}
	select { // a broker must not hear the old connection's goodbye after the new one's hello
	case <-o.end(id, false):
	case <-ctx.Done():
	}
	if c.Paused {
		if err := o.c.Home.ClearDeliveries(ctx, id); err != nil {
			o.c.Log.Error("what waited for a paused channel stays", "err", err)
		}
	}
	waiting, err := o.c.Home.Deliveries(ctx)
	if err != nil {
		o.c.Log.Error("what waited for a channel waits until the next start", "err", err)
	}
	o.begin(c, waiting)
	return shown(c), nil
}

// Remove forgets a channel with all that it was told. It fails with [nvr.ErrNotFound].
func (o *Outbox) Remove(ctx context.Context, id int64) error {
	o.changing.Lock()
	defer o.changing.Unlock()
	return o.remove(ctx, id)
}

// remove is Remove. The caller holds changing.
func (o *Outbox) remove(ctx context.Context, id int64) error {
	if err := o.c.Home.RemoveChannel(ctx, id); err != nil {
		return err
	}
	o.end(id, true)
	return nil
}

// Test sends a message to one channel now, also if it is paused, and returns what
// became of it: the empty Trouble if the channel took it.
func (o *Outbox) Test(ctx context.Context, id int64, title, text string) (Channel, error) {
	l, err := o.line(id)
	if err != nil {
		return Channel{}, err
	}
	c := l.shown()
	try, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	s := l.sender
	if c.Paused {
		if s, err = o.sender(try, c); err != nil {
			s = broken{err}
		}
		defer s.close(false)
	}
	number := household.NewUUID()
	m := Message{ID: fmt.Sprintf("test-%x", number[:8]), Kind: "test", At: nvr.Now(), Title: title, Text: text, Link: "/settings/notifications"}
	if err := s.send(try, m.fitting(), nil); err != nil {
		f := judge(err)
		o.noteFailed(l, f)
		if f.gone {
			o.lost(l)
		}
	} else {
		o.noteSent(l, 0)
	}
	return shown(l.shown()), nil
}

// sender returns what sends to a channel.
func (o *Outbox) sender(ctx context.Context, c household.Channel) (sender, error) {
	switch c.Kind {
	case WebPush:
		return o.webPush(ctx, c.Settings)
	case Webhook:
		return o.webhook(c.Settings)
	case Ntfy:
		return o.ntfy(c.Settings)
	case MQTT:
		return o.mqtt(ctx, c.Settings)
	case Email:
		return o.email(c.Settings)
	}
	return nil, fmt.Errorf("there is no kind %q of channels: %w", c.Kind, nvr.ErrInvalid)
}
