package online_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nvrd/federation/api"
)

// A home that is relay only is linked to all, and of its neighbors only the one
// that it is reached through ever gets a packet from its address, or learns it.
func TestRelayOnly(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program")
	}
	const hidden, guarded, cone = "44.0.2.1", "44.0.3.1", "44.0.4.1"
	t.Parallel()
	s := pave(t)
	path := build(t)
	anna := s.install(path, s.open("anna", "44.0.1.1", ""))
	ben := s.install(path, s.behind("r2", hidden, masquerade, "ben")[0], "--relay-only")
	cleo := s.install(path, s.behind("r3", guarded, masquerade, "cleo")[0])
	dora := s.install(path, s.behind("r4", cone, fullCone, "dora")[0])
	count := func() map[string]int { return s.packets("r2") }
	s.meter("r2", guarded, cone, "44.0.1.1")

	anna.command("", "on")
	anna.command("", "found", "--title", "Elm Street", "--home", "Anna")
	homes := []*installed{anna}
	for i, h := range []*installed{cleo, dora, ben} {
		h.command("", "on")
		h.command(anna.command("", "invite"), "join", "--home", []string{"Cleo", "Dora", "Ben"}[i])
		homes = append(homes, h)
	}
	ben.await("Ben is linked to all", 90*time.Second, func(s api.Status) bool {
		return len(s.In) == 1 && s.In[0].Homes == 4 && s.In[0].Direct+s.In[0].Relayed == 3
	})
	ben.post("the tree on the corner is down")
	for _, h := range homes {
		h.reads("the tree on the corner is down")
	}
	// Whoever could meet Ben half way begins at once, and is done with it in a while.
	cleo.await("Cleo and Dora have met half way", 90*time.Second, func(s api.Status) bool { return s.In[0].Direct == 2 && s.In[0].Relayed == 1 })
	ben.await("Ben is linked to all", 30*time.Second, func(s api.Status) bool { return s.In[0].Direct+s.In[0].Relayed == 3 })

	got := count()
	t.Logf("packets between Ben's address and others: %v", got)
	if got["44.0.1.1"] == 0 {
		t.Error("nothing passes between Ben and Anna: the meter counts nothing")
	}
	for _, at := range []string{guarded, cone} {
		if got[at] > 0 {
			t.Errorf("%d packets passed between %s and Ben's address", got[at], at)
		}
	}
	for _, h := range homes[:3] {
		if where := h.knows(hidden); len(where) > 0 {
			t.Errorf("%s has Ben's address in %v", h.space, where)
		}
	}
	if where := ben.knows("44.0.1.1"); len(where) == 0 {
		t.Error("Ben does not have Anna's address: what looks for it finds nothing")
	}
}

// meter counts in a router what comes from and goes to addresses of the street.
func (s *street) meter(router string, addresses ...string) {
	s.t.Helper()
	for _, a := range addresses {
		s.in(s.name+router, "iptables -t raw -A PREROUTING -i wan -s "+a, "iptables -t mangle -A POSTROUTING -o wan -d "+a)
	}
}

// packets returns what was counted, by address.
func (s *street) packets(router string) map[string]int {
	s.t.Helper()
	count := map[string]int{}
	for _, chain := range []string{"-t raw -nvxL PREROUTING", "-t mangle -nvxL POSTROUTING"} {
		args := append([]string{"netns", "exec", s.name + router, "iptables"}, strings.Fields(chain)...)
		out, err := exec.CommandContext(s.t.Context(), "ip", args...).Output()
		if err != nil {
			s.t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			for i, f := range strings.Fields(line) {
				n := 0
				if a, err := netip.ParseAddr(f); i > 0 && err == nil {
					_, _ = fmt.Sscan(line, &n) // it begins with how many
					count[a.String()] += n
				}
			}
		}
	}
	return count
}

// knows returns in which of its files a home has an address, as records or words.
func (p *installed) knows(address string) (where []string) {
	p.t.Helper()
	a := netip.MustParseAddr(address).As4()
	files, err := filepath.Glob(filepath.Join(p.data, "neighborhood.db*"))
	if err != nil || len(files) == 0 {
		p.t.Fatalf("%s has no neighborhood.db: %v", fmt.Sprint(p.data), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			p.t.Fatal(err)
		}
		if bytes.Contains(b, a[:]) || bytes.Contains(b, []byte(address)) {
			where = append(where, f)
		}
	}
	slices.Sort(where)
	return where
}
