package camera

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Refusals
		wait := func(host string, want, own time.Duration) {
			t.Helper()
			if got, mine := r.Wait(host), r.own(host); got != want || mine != own {
				t.Errorf("%s is left alone for %s and %s, want %s and %s", host, got, mine, want, own)
			}
		}
		wait("10.0.0.1", 0, 0)
		r.Add("10.0.0.1", "admin", "wrong")
		wait("10.0.0.1", 0, 0)
		time.Sleep(10 * time.Minute)
		r.Add("10.0.0.1", "admin", "other")
		wait("10.0.0.1", 0, 20*time.Minute) // who types has two left
		for range 2 {
			r.Add("10.0.0.1", "", "")
		}
		wait("10.0.0.1", 20*time.Minute, 30*time.Minute)
		wait("[::ffff:10.0.0.1]", 20*time.Minute, 30*time.Minute)
		wait("10.0.0.2", 0, 0)
		if ago, ok := r.Tried("10.0.0.1", "admin", "wrong"); !ok || ago != 10*time.Minute {
			t.Errorf("the same: %s, %t", ago, ok)
		}
		for _, c := range [][3]string{{"10.0.0.1", "ada", "wrong"}, {"10.0.0.1", "admin", "right"}, {"10.0.0.2", "admin", "wrong"}, {"10.0.0.1", "", ""}} {
			if _, ok := r.Tried(c[0], c[1], c[2]); ok {
				t.Errorf("%q was tried", c)
			}
		}
		time.Sleep(20 * time.Minute)
		wait("10.0.0.1", 0, 10*time.Minute)
		if _, ok := r.Tried("10.0.0.1", "admin", "wrong"); ok {
			t.Error("it is remembered for more than half an hour")
		}
		r.Forget("10.0.0.1")
		wait("10.0.0.1", 0, 0)
		for i := range 2 * maxMachines {
			for range maxRefusals {
				r.Add(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}).String(), "", "")
			}
		}
		if len(r.all) > maxMachines*maxRefusals {
			t.Errorf("%d refusals are kept", len(r.all))
		}
	})
}

// TestRefusalsByName has a machine asked by its name and by its number, before and
// after the name can be looked up.
func TestRefusalsByName(t *testing.T) {
	var there []netip.Addr
	r := Refusals{lookUp: func(context.Context, string, string) ([]netip.Addr, error) {
		if there == nil {
			return nil, errors.New("no such name")
		}
		return there, nil
	}}
	r.Add("Camera.lan", "", "")
	if r.own("camera.lan") != 0 || len(r.of("camera.lan")) != 1 {
		t.Error("a name that can't be looked up is not counted by itself")
	}
	there = []netip.Addr{netip.MustParseAddr("fd00::9"), netip.MustParseAddr("10.0.0.9")}
	r.Add("camera.lan", "", "")
	if r.own("camera.lan") == 0 || r.own("10.0.0.9") == 0 {
		t.Error("name and number are counted apart")
	}
}

// TestSharedLogIns has two cameras of one machine, whose password is wrong, tried for
// three hours: no half hour sees more than 2 refusals, and a person is let try.
func TestSharedLogIns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Refusals
		one, two := NewLogIns(&r, "10.0.0.1", 1), NewLogIns(&r, "10.0.0.1", 1)
		other := NewLogIns(&r, "10.0.0.2", 2)
		began := time.Now()
		var tries []time.Duration
		for time.Since(began) < 3*time.Hour {
			for _, l := range []*LogIns{one, two} {
				if ok, _, _ := l.May("main"); ok {
					tries = append(tries, time.Since(began))
					l.Refused("main")
				}
			}
			time.Sleep(time.Minute)
		}
		for i := ownRefusals; i < len(tries); i++ {
			if tries[i]-tries[i-ownRefusals] < refusalsWithin {
				t.Fatalf("log-ins were refused after %v", tries)
			}
		}
		if len(tries) < 10 || r.Wait("10.0.0.1") > 0 {
			t.Errorf("%d tries; a person waits %s", len(tries), r.Wait("10.0.0.1"))
		}
		if ok, _, _ := other.May("main"); !ok {
			t.Error("another machine is left alone, too")
		}
		one.Accepted("main")
		one.Refused("onvif")
		if ok, _, _ := one.May("main"); !ok {
			t.Error("one whose password is right waits")
		}
		if one.At("10.0.0.2") || !one.At("::ffff:10.0.0.1") || (&LogIns{}).At("") {
			t.Error("machines are not told apart")
		}
	})
}
