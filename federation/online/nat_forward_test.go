package online_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nvrd/federation/api"
)

// A street without any home that has an address of its own: one of its routers
// forwards a port when it is asked, so all others get in and are linked.
func TestForwardedPort(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program")
	}
	t.Parallel()
	s := pave(t)
	path := build(t)
	space := s.behind("r2", "44.0.2.1", masquerade, "anna")[0]
	s.forward("r2")
	anna := s.install(path, space)
	anna.command("", "on")
	anna.command("", "found", "--title", "Elm Street", "--home", "Anna")
	s.forwards("r2", 2)

	began := time.Now()
	invite := anna.command("", "invite")
	homes := []*installed{anna}
	for i, rules := range [][]string{masquerade, symmetric, noUDP} {
		name := []string{"ben", "cleo", "dora"}[i]
		h := s.install(path, s.behind(fmt.Sprint("r", i+3), fmt.Sprintf("44.0.%d.1", i+3), rules, name)[0])
		h.command("", "on")
		h.command(invite, "join", "--home", name)
		h.await(name+" is in and linked with Anna", 30*time.Second, func(s api.Status) bool {
			return len(s.In) == 1 && s.In[0].Homes == i+2 && s.In[0].Direct >= 1
		})
		t.Logf("%s is in %.1f s after it was invited", name, time.Since(began).Seconds())
		homes = append(homes, h)
		began = time.Now()
		invite = anna.command("", "invite")
	}
	for _, h := range homes[1:] {
		if !*crowd { // that takes until each was dialed back
			break
		}
		h.await("it is linked with all, with others through Anna's home", time.Minute, func(s api.Status) bool { return s.In[0].Direct+s.In[0].Relayed == 3 })
	}
	homes[3].post("the tree on the corner is down")
	for _, h := range homes {
		h.reads("the tree on the corner is down")
	}
}

// A street without any home that can be reached: two in one network find each
// other, nobody else gets in, and the home says so and what helps. When its router
// forwards the ports by hand, others get in.
func TestNoHomeIsReached(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program")
	}
	t.Parallel()
	s := pave(t)
	path := build(t)
	spaces := s.behind("r2", "44.0.2.1", masquerade, "anna", "ben")
	anna, ben := s.install(path, spaces[0]), s.install(path, spaces[1])
	cleo := s.install(path, s.behind("r3", "44.0.3.1", masquerade, "cleo")[0])
	for _, h := range []*installed{anna, ben, cleo} {
		h.command("", "on")
	}
	anna.command("", "found", "--title", "Elm Street", "--home", "Anna")
	ben.command(anna.command("", "invite"), "join", "--home", "Ben")
	ben.await("Ben is in and linked with Anna in their network", 30*time.Second, func(s api.Status) bool { return len(s.In) == 1 && s.In[0].Direct == 1 })

	cleo.command(anna.command("", "invite"), "join", "--home", "Cleo")
	anna.await("Anna's home says that no home is reached", time.Minute, func(s api.Status) bool { return s.In[0].Shut && s.In[0].Port == 7667 })
	if got := anna.command("", "status"); !strings.Contains(got, "One home has to open a port") || !strings.Contains(got, "forward ports 7667 and 7668") {
		t.Errorf("Anna reads\n%s", got)
	}
	if got := anna.page(anna.street()); !strings.Contains(got, "forward ports 7667 and 7668") {
		t.Error("Anna's page does not say what helps")
	}
	if got := cleo.command("", "status"); !strings.Contains(got, "nobody opens yet at the door of Anna") {
		t.Errorf("Cleo reads\n%s", got)
	}

	for _, kind := range []string{"udp", "tcp"} {
		s.in(s.name+"r2", "iptables -t nat -A PREROUTING -i wan -p "+kind+" --dport 7667:7668 -j DNAT --to-destination 192.168.1.10")
	}
	anna.stop()
	anna.start("--neighbor-address", "44.0.2.1")
	dora := s.install(path, s.behind("r4", "44.0.4.1", masquerade, "dora")[0])
	dora.command("", "on")
	dora.command(anna.command("", "invite"), "join", "--home", "Dora")
	dora.await("Dora is in and linked with Anna", 30*time.Second, func(s api.Status) bool { return len(s.In) == 1 && s.In[0].Homes == 3 && s.In[0].Direct >= 1 })
	if got := anna.status().In[0]; got.Shut || got.Port != 0 {
		t.Errorf("Anna's home is reached, and says %+v", got)
	}
}

// A home behind two routers, its own and its provider's, is told a port by its
// own which leads nowhere. It takes none for where it is reached, and meets
// others half way.
func TestTwoRouters(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program")
	}
	t.Parallel()
	s := pave(t)
	path := build(t)
	anna := s.install(path, s.open("anna", "44.0.1.1", ""))
	own := s.behind("r2", "44.0.2.1", masquerade, "own")[0]
	s.forwardAt(own, "eth0", "192.168.2.0/24")
	var rules []string
	for _, rule := range masquerade {
		rules = append(rules, strings.ReplaceAll(rule, "wan", "eth0"))
	}
	ben := s.install(path, s.within(own, 2, rules, "ben")[0])
	cleo := s.install(path, s.behind("r3", "44.0.3.1", masquerade, "cleo")[0])
	anna.command("", "on")
	anna.command("", "found", "--title", "Elm Street", "--home", "Anna")
	for i, h := range []*installed{ben, cleo} {
		h.command("", "on")
		began := time.Now()
		h.command(anna.command("", "invite"), "join", "--home", []string{"Ben", "Cleo"}[i])
		h.await("it is in", 20*time.Second, func(s api.Status) bool { return len(s.In) == 1 && s.In[0].Homes == i+2 })
		t.Logf("%s is in %.1f s after it asked", h.space, time.Since(began).Seconds())
	}
	ben.await("Ben is linked with Anna and Cleo directly", time.Minute, func(s api.Status) bool { return s.In[0].Direct == 2 })
	for _, h := range []*installed{anna, cleo} {
		if where := h.knows("192.168.1.10"); len(where) > 0 {
			t.Errorf("%s has the address of Ben's own router in %v", h.space, where)
		}
	}
}

// forward has a router forward ports when it is asked: UPnP, NAT-PMP and PCP.
// What does that looks for its rules in the tables of old.
func (s *street) forward(router string) { s.forwardAt(s.name+router, "wan", "192.168.1.0/24") }

func (s *street) forwardAt(r, wan, lan string) {
	s.t.Helper()
	s.in(r, "iptables-legacy -t nat -N MINIUPNPD", "iptables-legacy -t nat -A PREROUTING -i "+wan+" -j MINIUPNPD",
		"iptables-legacy -t nat -N MINIUPNPD-POSTROUTING", "iptables-legacy -t nat -A POSTROUTING -o "+wan+" -j MINIUPNPD-POSTROUTING",
		"iptables-legacy -t mangle -N MINIUPNPD", "iptables-legacy -t mangle -A PREROUTING -i "+wan+" -j MINIUPNPD",
		"iptables-legacy -N MINIUPNPD", "iptables-legacy -I FORWARD -i "+wan+" -j MINIUPNPD")
	dir := s.t.TempDir()
	config := filepath.Join(dir, "miniupnpd.conf")
	text := "ext_ifname=" + wan + "\nlistening_ip=lan\nport=0\nenable_natpmp=yes\nenable_upnp=yes\nsecure_mode=yes\nuuid=00000000-0000-0000-0000-000000000001\nlease_file=" + filepath.Join(dir, "leases") + "\nallow 1024-65535 " + lan + " 1024-65535\ndeny 0-65535 0.0.0.0/0 0-65535\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command("ip", "netns", "exec", r, "miniupnpd", "-d", "-f", config, "-P", filepath.Join(dir, "pid")) //nolint:noctx // it is told to end
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill() // it has nothing to say
		_ = cmd.Wait()
	})
}

// forwards waits until a router forwards so many ports.
func (s *street) forwards(router string, ports int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		out, err := exec.CommandContext(s.t.Context(), "ip", "netns", "exec", s.name+router, "iptables-legacy", "-t", "nat", "-nL", "MINIUPNPD").CombinedOutput()
		if err != nil {
			s.t.Fatalf("%v: %s", err, out)
		}
		if strings.Count(string(out), "DNAT") >= ports {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.t.Fatalf("the router does not forward %d ports:\n%s", ports, out)
		}
	}
}
