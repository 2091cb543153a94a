package online_test

import (
	"fmt"
	"testing"
	"time"

	"nvrd/federation/api"
)

// A router may forget in seconds where a packet of UDP came from, and then take
// another port for the next one. Links hold all the same: to a home that is
// reached, and between two who met half way.
func TestRoutersForget(t *testing.T) {
	if !*crowd {
		t.Skip("a router that forgets is watched for a minute: make sim")
	}
	path := build(t)
	for _, c := range []struct {
		seconds int
		router  []string
		direct  int // links of Ben's, after a while
	}{{20, masquerade, 2}, {10, masquerade, 2}, {20, symmetric, 1}} {
		t.Run(fmt.Sprintf("%d s, %d direct", c.seconds, c.direct), func(t *testing.T) {
			t.Parallel()
			s := pave(t)
			anna := s.install(path, s.open("anna", "44.0.1.1", ""))
			ben := s.install(path, s.behind("r2", "44.0.2.1", c.router, "ben")[0])
			cleo := s.install(path, s.behind("r3", "44.0.3.1", c.router, "cleo")[0])
			for _, r := range []string{"r2", "r3"} {
				for _, of := range []string{"", "_stream"} {
					s.in(s.name+r, fmt.Sprintf("sysctl -qw net.netfilter.nf_conntrack_udp_timeout%s=%d", of, c.seconds))
				}
			}
			anna.command("", "on")
			anna.command("", "found", "--title", "Elm Street", "--home", "Anna")
			for i, h := range []*installed{ben, cleo} {
				h.command("", "on")
				h.command(anna.command("", "invite"), "join", "--home", []string{"Ben", "Cleo"}[i])
			}
			both := func(s api.Status) bool {
				return len(s.In) == 1 && s.In[0].Direct == c.direct && s.In[0].Direct+s.In[0].Relayed == 2
			}
			ben.await("Ben is linked with both", time.Minute, both)
			lost, began := 0, time.Now()
			ben.await("a minute is over", 2*time.Minute, func(s api.Status) bool {
				if !both(s) {
					lost++
				}
				return time.Since(began) > time.Minute
			})
			if lost > 0 {
				t.Errorf("Ben was not linked with both in %d looks", lost)
			}
			began = time.Now()
			anna.post("the tree on the corner is down")
			ben.reads("the tree on the corner is down")
			t.Logf("Ben has read Anna after %.1f s", time.Since(began).Seconds())
		})
	}
}

// Two who could not meet half way, since nothing got from one to the other when
// they tried, are linked directly once they can be.
func TestMeetLater(t *testing.T) {
	if !*crowd {
		t.Skip("it takes a minute and a half until they try again: make sim")
	}
	t.Parallel()
	path := build(t)
	s := pave(t)
	anna := s.install(path, s.open("anna", "44.0.1.1", ""))
	ben := s.install(path, s.behind("r2", "44.0.2.1", masquerade, "ben")[0])
	cleo := s.install(path, s.behind("r3", "44.0.3.1", masquerade, "cleo")[0])
	s.in(s.name+"r2", "iptables-legacy -I FORWARD -d 44.0.3.1 -j DROP")
	anna.command("", "on")
	anna.command("", "found", "--title", "Elm Street", "--home", "Anna")
	for i, h := range []*installed{ben, cleo} {
		h.command("", "on")
		h.command(anna.command("", "invite"), "join", "--home", []string{"Ben", "Cleo"}[i])
	}
	linked := func(direct, relayed int) func(api.Status) bool {
		return func(s api.Status) bool {
			return len(s.In) == 1 && s.In[0].Direct == direct && s.In[0].Relayed == relayed
		}
	}
	ben.await("Ben is linked with Cleo over Anna", time.Minute, linked(1, 1))
	began := time.Now()
	ben.await("they have tried to meet", time.Minute, func(api.Status) bool { return time.Since(began) > 35*time.Second })
	ben.await("they have not met", time.Second, linked(1, 1))
	s.in(s.name+"r2", "iptables-legacy -D FORWARD -d 44.0.3.1 -j DROP")
	began = time.Now()
	ben.await("Ben is linked with Cleo directly", 3*time.Minute, linked(2, 0))
	t.Logf("directly %.0f s after they could", time.Since(began).Seconds())
}
