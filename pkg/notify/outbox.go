package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

var errFull = errors.New("too many messages waited")

// Outbox has the home's channels and what waits for them. It is safe for use from
// several goroutines.
type Outbox struct {
	c       Config
	out     dialer
	typed   *http.Client // for what the owner typed
	pushed  *http.Client // for what browsers name
	allowed *http.Client // for push services in the home's network
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	shown   album

	// changing is held while lines are opened and closed, and read by who puts
	// something in them and writes it down: so nothing falls between two lines.
	changing sync.RWMutex

	mu   sync.Mutex
	open map[int64]*line // by the number of the channel
}

// Open reads channels and what they have not taken yet, and begins to deliver that.
// It connects nowhere if there are none.
func Open(ctx context.Context, c Config) (*Outbox, error) {
	o := &Outbox{c: c, out: dialer{c.Ports}, open: make(map[int64]*line)}
	o.typed, o.pushed, o.allowed = o.client(near), o.client(public), o.client(near)
	o.ctx, o.cancel = context.WithCancel(context.WithoutCancel(ctx))
	channels, err := c.Home.Channels(ctx)
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	waiting, err := c.Home.Deliveries(ctx)
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	for _, ch := range channels {
		o.begin(ch, waiting)
	}
	return o, nil
}

// Close stops delivering and waits until nothing is under way. What was not taken
// stays written down.
func (o *Outbox) Close() error {
	o.cancel()
	o.running.Wait()
	for _, c := range []*http.Client{o.typed, o.pushed, o.allowed} {
		c.CloseIdleConnections()
	}
	return nil
}

// begin opens the line of a channel, unless it is paused. What waits for it is given
// by whoever has it.
func (o *Outbox) begin(c household.Channel, waiting []household.Delivery) {
	l := &line{id: c.ID, o: o, channel: c, closed: make(chan struct{})}
	for i := range l.wakes {
		l.wakes[i] = make(chan struct{}, 1)
	}
	for _, d := range waiting {
		j := &job{row: d.ID, attempts: d.Attempts, next: d.Next.Std(), expires: d.Expires.Std()}
		if d.Channel != c.ID {
			continue
		}
		if err := json.Unmarshal(d.Message, &j.m); err != nil {
			o.c.Log.Warn("a message that was written down does not parse", "delivery", d.ID)
			o.forget(d.ID)
			continue
		}
		// The clock may have been wrong: nothing waits for longer than it could.
		j.next = earlier(j.next, time.Now().Add(longestPause+longestPause/2))
		j.expires = earlier(j.expires, time.Now().Add(lifeOf(j.m)))
		l.jobs = append(l.jobs, j)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open[c.ID] = l
	if c.Paused {
		l.stop = func() {}
		close(l.closed)
		return
	}
	o.start(l)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// start begins to work off a line. The caller holds mu.
func (o *Outbox) start(l *line) {
	var ctx context.Context
	ctx, l.stop = context.WithCancel(o.ctx)
	sender, err := o.sender(ctx, l.channel)
	if err != nil {
		sender = broken{err}
	}
	l.sender = sender
	o.running.Go(func() { l.run(ctx) })
}

// end closes the line of a channel, and returns what tells when it has ended. What
// waits there stays written down.
func (o *Outbox) end(id int64, removed bool) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	l, ok := o.open[id]
	if ok {
		l.mu.Lock()
		l.removed = removed
		l.mu.Unlock()
		l.stop()
		delete(o.open, id)
		return l.closed
	}
	ended := make(chan struct{})
	close(ended)
	return ended
}

// broken is the sender of a channel whose settings make no sense.
type broken struct{ err error }

func (b broken) send(context.Context, Message, []byte) error {
	return &failure{trouble: Broken, final: true, err: b.err}
}
func (broken) patience() time.Duration { return 0 }
func (broken) close(bool)              {}

// lines returns the lines of the channels that pass.
func (o *Outbox) lines(passes func(household.Channel) bool) (all []*line) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, l := range o.open {
		if passes(l.shown()) {
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b *line) int { return int(a.id - b.id) })
	return all
}

// shown returns the channel as it stands.
func (l *line) shown() household.Channel {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.channel
}

func (o *Outbox) words(ctx context.Context) Words {
	if o.c.Words == nil {
		return Words{}
	}
	return o.c.Words(ctx)
}

// dbTime bounds what is written down about a message: a stop does not wait longer.
const dbTime = 5 * time.Second

// store writes something down, also while the program stops.
func (o *Outbox) store(f func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(o.ctx), dbTime)
	defer cancel()
	if err := f(ctx); err != nil {
		o.c.Log.Error("what became of a message is not written down", "err", err)
	}
}

func (o *Outbox) forget(row int64) {
	if row != 0 {
		o.store(func(ctx context.Context) error { return o.c.Home.RemoveDelivery(ctx, row) })
	}
}

func (o *Outbox) retry(row int64, attempts int, next time.Time) {
	if row != 0 {
		o.store(func(ctx context.Context) error {
			return o.c.Home.RetryDelivery(ctx, row, attempts, nvr.TimeOf(next))
		})
	}
}

func (o *Outbox) noteSent(l *line, row int64) {
	now := nvr.Now()
	l.mu.Lock()
	well := l.channel.Trouble == ""
	l.channel.Sent, l.channel.Trouble, l.channel.Detail = now, "", ""
	l.mu.Unlock()
	if !well {
		o.c.Log.Info("channel works again", "channel", l.id)
	}
	o.store(func(ctx context.Context) error { return o.c.Home.NoteSent(ctx, l.id, row, now) })
}

func (o *Outbox) noteFailed(l *line, f *failure) {
	now, detail := nvr.Now(), cut(oneLine(f.err.Error()), maxText)
	l.mu.Lock()
	repeated := l.channel.Trouble == string(f.trouble) && l.channel.Detail == detail
	l.channel.Failed, l.channel.Trouble, l.channel.Detail = now, string(f.trouble), detail
	l.mu.Unlock()
	if !repeated {
		o.c.Log.Warn("a channel did not take a message", "channel", l.id, "trouble", f.trouble, "detail", detail)
	}
	o.store(func(ctx context.Context) error {
		return o.c.Home.NoteFailed(ctx, l.id, now, string(f.trouble), detail)
	})
}

// lost removes the channel of a line that is no more, such as a browser that took
// back its leave; not if it was changed meanwhile, as by one that gave it anew.
func (o *Outbox) lost(l *line) {
	o.store(func(ctx context.Context) error {
		o.changing.Lock()
		defer o.changing.Unlock()
		if now, err := o.line(l.id); err != nil || now != l {
			return nil //nolint:nilerr // it is gone already
		}
		o.c.Log.Info("a browser wants no more messages, its channel is removed", "channel", l.id)
		if err := o.remove(ctx, l.id); err != nil && !errors.Is(err, nvr.ErrNotFound) {
			return fmt.Errorf("remove a channel: %w", err)
		}
		return nil
	})
}
