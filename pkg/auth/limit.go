package auth

import (
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"nvrd/pkg/nvr"
)

const (
	// freeTries is how often one address may err before it has to wait: enough
	// for a person who mistypes.
	freeTries = 5
	// firstWait doubles with each further wrong key, up to maxWait.
	firstWait = 10 * time.Second
	maxWait   = 15 * time.Minute
	// forgetAfter is when an address that was quiet starts over. It is longer
	// than maxWait, so that waiting never pays.
	forgetAfter = time.Hour
	// knownFor is how long an address has a budget of its own after it sent the
	// right key: strangers cannot lock out the programs of the home.
	knownFor = 30 * 24 * time.Hour
	// maxTotal and refill bound the wrong keys of all other addresses together,
	// for somebody who has many: 30 at once, then one each 2 s. They also bound
	// what is remembered: fewer than 2,000 addresses within forgetAfter, and those
	// that had the right key.
	maxTotal = 30
	refill   = 2 * time.Second
)

// RetryAfter is an [nvr.ErrTooMany] that says how long to wait.
type RetryAfter time.Duration

// Error implements error.
func (r RetryAfter) Error() string {
	return fmt.Sprintf("too many wrong access keys: try again in %s", time.Duration(r).Round(time.Second))
}

// Unwrap returns [nvr.ErrTooMany].
func (RetryAfter) Unwrap() error { return nvr.ErrTooMany }

// limiter slows down those who guess. A right key is refused as well while its
// address has to wait, or else waiting would not slow down anything. What it
// knows of addresses ends with the process.
type limiter struct {
	mu    sync.Mutex // held for moments, never while a key is checked
	from  map[netip.Prefix]*address
	swept time.Time
	empty time.Time // when no wrong key counts toward maxTotal any more
}

// address is what is known of one. All but turn is guarded by limiter.mu.
type address struct {
	turn  chan struct{} // holds a value while a key is checked: one at a time
	tries int           // that have or want a turn
	wrong int
	last  time.Time // of the newest wrong key
	until time.Time // when it may try again
	right time.Time // of the newest right key
}

// known tells whether the address had the right key lately.
func (a *address) known(now time.Time) bool { return !a.right.IsZero() && now.Sub(a.right) < knownFor }

// try returns nil if right says so, [nvr.ErrUnauthorized] if it does not, and
// [RetryAfter] without asking it if the address has to wait. One address is
// asked about one key at a time; others do not wait for that.
func (l *limiter) try(from netip.Prefix, right func() bool) error {
	a := l.enter(from)
	defer l.leave(from, a)
	a.turn <- struct{}{}
	defer func() { <-a.turn }()
	charged, err := l.allow(a)
	if err != nil {
		return err
	}
	return l.count(a, charged, right())
}

// enter returns what is known of an address, and keeps it until leave.
func (l *limiter) enter(from netip.Prefix) *address {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.from == nil {
		l.from = make(map[netip.Prefix]*address)
	}
	a := l.from[from]
	if a == nil {
		a = &address{turn: make(chan struct{}, 1)}
		l.from[from] = a
	}
	a.tries++
	return a
}

// leave forgets the address, and now and then others, if there is nothing to
// remember.
func (l *limiter) leave(from netip.Prefix, a *address) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a.tries--
	now := time.Now()
	l.sweep(from, a, now)
	if now.Sub(l.swept) < refill {
		return
	}
	l.swept = now
	for from, a := range l.from {
		l.sweep(from, a, now)
	}
}

func (l *limiter) sweep(from netip.Prefix, a *address, now time.Time) {
	if a.tries == 0 && !a.known(now) && now.Sub(a.last) > forgetAfter {
		delete(l.from, from)
	}
}

// allow tells whether the address may try now. A stranger's try is charged
// before it is known to be wrong, so that many at once cannot slip through.
func (l *limiter) allow(a *address) (charged bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	wait := a.until.Sub(now)
	if a.known(now) {
		if wait > 0 {
			return false, RetryAfter(wait)
		}
		return false, nil
	}
	full := l.empty.Add(-(maxTotal - 1) * refill)
	if wait = max(wait, full.Sub(now)); wait > 0 {
		return false, RetryAfter(wait)
	}
	if l.empty.Before(now) {
		l.empty = now
	}
	l.empty = l.empty.Add(refill)
	return true, nil
}

// count takes down what a key was.
func (l *limiter) count(a *address, charged, right bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if right {
		if charged {
			l.empty = l.empty.Add(-refill)
		}
		a.wrong, a.last, a.until, a.right = 0, time.Time{}, time.Time{}, now
		return nil
	}
	if now.Sub(a.last) > forgetAfter {
		a.wrong = 0
	}
	a.wrong++
	a.last, a.until = now, now
	if a.wrong >= freeTries {
		a.until = now.Add(min(maxWait, firstWait<<min(a.wrong-freeTries, 10)))
	}
	return fmt.Errorf("the access key is wrong: %w", nvr.ErrUnauthorized)
}

// remote returns where r came from; of what a named proxy passes on (see
// [Behind]), where that took it from. All of an IPv6 /64 is one address: whoever
// has one address of it has all of them.
func remote(r *http.Request) netip.Prefix {
	a := peer(r)
	if said, ok := r.Context().Value(forwarded{}).(passed); ok && said.client.IsValid() {
		a = said.client
	}
	if !a.IsValid() {
		return netip.Prefix{} // not over TCP: all of those are one address
	}
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the bits always fit
	return p
}
