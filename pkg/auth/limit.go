package auth

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
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
	// maxTotal and refill bound the wrong keys of all addresses together, for
	// somebody who has many: 30 at once, then one each 2 s. They also bound what
	// is remembered: fewer than 2,000 addresses within forgetAfter.
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
// address has to wait, or else waiting would not slow down anything.
type limiter struct {
	mu    sync.Mutex
	from  map[netip.Prefix]offender
	empty time.Time // when no wrong key counts toward maxTotal any more
}

type offender struct {
	wrong int
	last  time.Time
	until time.Time
}

// try returns nil if right says so, [nvr.ErrUnauthorized] if it does not, and
// [RetryAfter] without asking it if the address has to wait.
func (l *limiter) try(address netip.Prefix, right func() bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	o := l.from[address]
	if now.Sub(o.last) > forgetAfter {
		o = offender{}
	}
	full := l.empty.Add(-(maxTotal - 1) * refill)
	if wait := max(o.until.Sub(now), full.Sub(now)); wait > 0 {
		return RetryAfter(wait)
	}
	if right() {
		delete(l.from, address)
		return nil
	}
	o.wrong++
	o.last, o.until = now, now
	if o.wrong >= freeTries {
		o.until = now.Add(min(maxWait, firstWait<<min(o.wrong-freeTries, 10)))
	}
	if l.empty.Before(now) {
		l.empty = now
	}
	l.empty = l.empty.Add(refill)
	l.remember(address, o, now)
	return fmt.Errorf("the access key is wrong: %w", nvr.ErrUnauthorized)
}

func (l *limiter) remember(address netip.Prefix, o offender, now time.Time) {
	if l.from == nil {
		l.from = make(map[netip.Prefix]offender)
	}
	for a, old := range l.from { // at most one pass each 2 s
		if now.Sub(old.last) > forgetAfter {
			delete(l.from, a)
		}
	}
	l.from[address] = o
}

// remote returns where r came from; for a proxy on this machine, where it says
// that it took r from, which is the last address it added. All of an IPv6 /64
// is one place: whoever has one address of it has all of them.
func remote(r *http.Request) netip.Prefix {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{} // not over TCP: all of those are one place
	}
	a := ap.Addr().Unmap().WithZone("")
	if said := r.Header.Values("X-Forwarded-For"); a.IsLoopback() && len(said) > 0 {
		last := said[len(said)-1]
		if client, err := netip.ParseAddr(strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])); err == nil {
			a = client.Unmap().WithZone("")
		}
	}
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the bits always fit
	return p
}
