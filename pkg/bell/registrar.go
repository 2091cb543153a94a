package bell

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"strings"
	"sync"

	"nvrd/pkg/household"
	"nvrd/pkg/maker/sip"
	"nvrd/pkg/nvr"
)

// sipPort is where doorbells look for a registrar (RFC 3261, 19.1.2).
const sipPort = "5060"

// caller returns the user that the doorbell of a camera registers as.
func caller(camera nvr.CameraID) string { return "door" + camera.String() }

// newCaller gives a bell that calls by SIP its user and a new password, which is
// typed into the doorbell: 80 bits. It fails with [nvr.ErrInvalid] if the address is
// none of the home's network.
func newCaller(b *household.Bell) (password string, err error) {
	if _, _, err := net.SplitHostPort(b.Address); err != nil {
		b.Address = net.JoinHostPort(strings.Trim(b.Address, "[]"), sipPort)
	}
	if _, err := sip.New(sip.Config{Address: b.Address}); err != nil {
		return "", err
	}
	password = strings.ToLower(rand.Text()[:16])
	b.AsCamera, b.User, b.Password = false, caller(b.Camera), household.Secret(password)
	return password, nil
}

// registrar takes the calls of all doorbells that register at one address.
type registrar struct {
	*sip.Registrar
	stop context.CancelFunc
	over chan struct{} // closed when the address is free again
	err  error         // why; of who saw over

	mu      sync.Mutex
	callers map[string]*listening // by user
}

// registrars are those of a home. Their methods are safe for concurrent use.
type registrars struct {
	mu  sync.Mutex
	all map[string]*registrar // by address
}

// join has the doorbell of a bell be taken in, told of as take does, until ctx ends
// or the address can be used no more.
func (r *registrars) join(ctx context.Context, l *listening, take func(*listening, nvr.Signal)) error {
	x, err := r.open(ctx, l, take)
	if err != nil {
		return err
	}
	defer r.leave(x, l)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-x.over:
		return x.err
	}
}

// open enters a bell at the registrar of its address, which it opens if nobody has.
func (r *registrars) open(ctx context.Context, l *listening, take func(*listening, nvr.Signal)) (*registrar, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.all[l.bell.Address]
	if x == nil {
		x = &registrar{over: make(chan struct{}), callers: map[string]*listening{}}
		var err error
		x.Registrar, err = sip.New(sip.Config{Address: l.bell.Address, Password: x.password, Heard: func(user, what string) {
			if l := x.caller(user); l != nil {
				l.heard(what, "", nil)
			}
		}})
		if err != nil {
			return nil, err
		}
		ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
		x.stop = stop
		go func() {
			defer close(x.over)
			x.err = fmt.Errorf("no calls can be taken at %s: %w", l.bell.Address, x.Listen(ctx, func(user string, s nvr.Signal) {
				if l := x.caller(user); l != nil {
					take(l, s)
				}
			}))
		}()
		r.all[l.bell.Address] = x
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.callers[l.bell.User] = l
	return x, nil
}

// leave takes a bell out, and closes the registrar if it was the last or nothing can
// be heard there.
func (r *registrars) leave(x *registrar, l *listening) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x.mu.Lock()
	delete(x.callers, l.bell.User)
	empty := len(x.callers) == 0
	x.mu.Unlock()
	select {
	case <-x.over:
	default:
		if !empty {
			return
		}
		x.stop()
		<-x.over
	}
	if r.all[l.bell.Address] == x {
		delete(r.all, l.bell.Address)
	}
}

// quiet ends the call of a bell, if it rings.
func (r *registrars) quiet(b household.Bell) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if x := r.all[b.Address]; x != nil {
		x.End(b.User)
	}
}

func (x *registrar) caller(user string) *listening {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.callers[user]
}

func (x *registrar) password(user string) string {
	if l := x.caller(user); l != nil {
		return l.bell.Password.Reveal()
	}
	return ""
}

// hush ends the calls of doorbells whose ring is over, since somebody has answered or
// nobody will, until ctx ends.
func (b *Bells) hush(ctx context.Context) {
	for ctx.Err() == nil { // anew, should it not keep up
		rings := b.Rings.Listen()
		for over := false; !over; {
			select {
			case p, ok := <-rings.Changes():
				if over = !ok; ok && !p.Rings() {
					b.quiet(p.Camera)
				}
			case <-ctx.Done():
				over = true
			}
		}
		rings.Close()
	}
}

// quiet ends the call of a camera's doorbell, if one rings.
func (b *Bells) quiet(camera nvr.CameraID) {
	b.mu.Lock()
	l := b.running[key{camera, household.SIPBell}]
	b.mu.Unlock()
	if l != nil {
		b.registrars.quiet(l.bell)
	}
}
