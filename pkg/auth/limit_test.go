package auth

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/nvr"
)

func yes() bool { return true }
func no() bool  { return false }

func from(n int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}), 32)
}

func TestOneAddressHasToWaitLongerAndLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l limiter
		here, there := from(1), from(2)
		for range freeTries {
			if err := l.try(here, no); !errors.Is(err, nvr.ErrUnauthorized) {
				t.Fatalf("a free try: %v", err)
			}
		}
		for _, wait := range []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second,
			160 * time.Second, 320 * time.Second, 640 * time.Second, maxWait, maxWait} {
			err := l.try(here, yes)
			if after, ok := errors.AsType[RetryAfter](err); !ok || time.Duration(after) != wait || !errors.Is(err, nvr.ErrTooMany) {
				t.Fatalf("%v; want to wait %v, also with the right key", err, wait)
			}
			if err := l.try(there, yes); err != nil {
				t.Fatalf("another address: %v", err)
			}
			time.Sleep(wait - 1)
			if err := l.try(here, no); !errors.Is(err, nvr.ErrTooMany) {
				t.Fatalf("just before the end of %v: %v", wait, err)
			}
			time.Sleep(1)
			if err := l.try(here, no); !errors.Is(err, nvr.ErrUnauthorized) {
				t.Fatalf("after %v: %v", wait, err)
			}
		}
		time.Sleep(maxWait)
		if err := l.try(here, yes); err != nil {
			t.Fatalf("the right key after waiting: %v", err)
		}
		for range freeTries {
			if err := l.try(here, no); !errors.Is(err, nvr.ErrUnauthorized) {
				t.Errorf("a free try after the right key: %v", err)
			}
		}
	})
}

func TestManyAddressesTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l limiter
		wrong := 0
		var counting sync.Mutex
		var tries sync.WaitGroup
		for n := range 1000 {
			tries.Go(func() {
				if err := l.try(from(n), no); errors.Is(err, nvr.ErrUnauthorized) {
					counting.Lock()
					wrong++
					counting.Unlock()
				}
			})
		}
		tries.Wait()
		if wrong != maxTotal {
			t.Errorf("%d wrong keys at once, want %d", wrong, maxTotal)
		}
		for n := range 10_000 { // far more than an hour's worth
			time.Sleep(refill)
			if err := l.try(from(n), no); !errors.Is(err, nvr.ErrUnauthorized) {
				t.Fatalf("try %d after %v: %v", n, refill, err)
			}
			if err := l.try(from(n), no); !errors.Is(err, nvr.ErrTooMany) {
				t.Fatalf("try %d without waiting: %v", n, err)
			}
			if len(l.from) > 2000 {
				t.Fatalf("%d addresses are remembered", len(l.from))
			}
		}
	})
}

// TestStrangersLockOutNobody shows that an address which had the right key
// lately has a budget of its own, and that it is one.
func TestStrangersLockOutNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l limiter
		program, late := from(1), from(2)
		if err := l.try(program, yes); err != nil {
			t.Fatal(err)
		}
		attack := func() {
			t.Helper()
			for n := range 1000 {
				_ = l.try(from(1000+n), no)
			}
			if err := l.try(late, yes); !errors.Is(err, nvr.ErrTooMany) {
				t.Fatalf("the budget of strangers is not spent: %v", err)
			}
		}
		for range 20 { // a program that sends the key now and then, for months
			attack()
			if err := l.try(program, yes); err != nil {
				t.Fatalf("strangers lock out a program: %v", err)
			}
			time.Sleep(knownFor / 2)
		}
		for range freeTries {
			attack()
			if err := l.try(program, no); !errors.Is(err, nvr.ErrUnauthorized) {
				t.Fatalf("a free try: %v", err)
			}
		}
		if err := l.try(program, no); !errors.Is(err, nvr.ErrTooMany) {
			t.Errorf("one who had the key may guess on: %v", err)
		}
		time.Sleep(knownFor + 1)
		attack()
		if err := l.try(program, yes); !errors.Is(err, nvr.ErrTooMany) {
			t.Errorf("known long after its last right key: %v", err)
		}
		time.Sleep(knownFor)
		_ = l.try(late, no)
		if n := len(l.from); n != 1 {
			t.Errorf("%d addresses are remembered", n)
		}
	})
}

// TestRightKeysAtOnce shows that who has the right key is never held up by its
// own requests, however many come at once.
func TestRightKeysAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l limiter
		var tries sync.WaitGroup
		for range 200 {
			tries.Go(func() {
				if err := l.try(from(1), yes); err != nil {
					t.Error(err)
				}
			})
		}
		tries.Wait()
	})
}

// TestRightKeysAreFree shows that right keys spend nothing of the budget of
// strangers, so that a house full of programs starts at once.
func TestRightKeysAreFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l limiter
		for n := range 2 * maxTotal {
			if err := l.try(from(n), yes); err != nil {
				t.Fatalf("right key %d: %v", n, err)
			}
		}
	})
}

// TestCheckingHoldsUpNobody shows that a key which takes long to check holds up
// its own address only, and that guesses at once are as few as one by one.
func TestCheckingHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l limiter
		checked := make(chan bool)
		slow := make(chan error, 2)
		for range 2 {
			go func() { slow <- l.try(from(1), func() bool { return <-checked }) }()
		}
		synctest.Wait()
		if err := l.try(from(2), yes); err != nil {
			t.Errorf("another address, meanwhile: %v", err)
		}
		checked <- true
		checked <- false
		if first, second := <-slow, <-slow; first != nil || !errors.Is(second, nvr.ErrUnauthorized) {
			t.Errorf("%v, then %v", first, second)
		}
		asked := 0
		var tries sync.WaitGroup
		for range 100 {
			tries.Go(func() {
				_ = l.try(from(3), func() bool {
					time.Sleep(time.Millisecond)
					asked++ // one at a time, which the race detector sees
					return false
				})
			})
		}
		tries.Wait()
		if asked != freeTries {
			t.Errorf("%d keys were checked, want %d", asked, freeTries)
		}
	})
}

func TestRemote(t *testing.T) {
	for address, want := range map[string]string{
		"192.168.1.7:1234":                  "192.168.1.7/32",
		"[::ffff:192.168.1.7]:1234":         "192.168.1.7/32",
		"[2001:db8:1:2:3:4:5:6]:1":          "2001:db8:1:2::/64",
		"[2001:db8:1:2:ffff::1]:1":          "2001:db8:1:2::/64",
		"[fe80::1%eth0]:1":                  "fe80::/64",
		"@":                                 "invalid Prefix",
		"":                                  "invalid Prefix",
		"1.2.3.4:1, 10.0.0.1:1 <forwarded>": "invalid Prefix",
	} {
		r := &http.Request{RemoteAddr: address, Header: http.Header{"X-Forwarded-For": {"1.2.3.4"}}}
		if got := remote(r).String(); got != want {
			t.Errorf("%q: %s, want %s", address, got, want)
		}
	}
	if got := fmt.Sprint(RetryAfter(1500 * time.Millisecond)); got != "too many wrong access keys: try again in 2s" {
		t.Error(got)
	}
}
