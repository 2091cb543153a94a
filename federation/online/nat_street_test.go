package online_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
)

// What routers do with what homes send, and with what comes unasked. The street
// is at "wan", the home at "lan".
var (
	masquerade = []string{"-t nat -A POSTROUTING -o wan -j MASQUERADE", "-A INPUT -i wan -j DROP"}
	symmetric  = []string{"-t nat -A POSTROUTING -o wan -j MASQUERADE --random-fully", "-A INPUT -i wan -j DROP"}
	fullCone   = []string{"-t nat -A POSTROUTING -o wan -j MASQUERADE", "-t nat -A PREROUTING -i wan -j DNAT --to-destination 192.168.1.10"}
	noUDP      = append([]string{"-A FORWARD -p udp -j DROP"}, masquerade...)
)

// street is a switch between routers. Its addresses look public, and lead
// nowhere else: nothing of it is connected to the network of this machine.
type street struct {
	t     *testing.T
	name  string // of its network; others begin with it
	boxes int
}

var streets atomic.Int32 // that were paved

// pave makes a street, or skips the test where that is not allowed.
func pave(t *testing.T) *street {
	t.Helper()
	s := &street{t: t, name: fmt.Sprintf("nat%d-%d", os.Getpid(), streets.Add(1))}
	if out, err := exec.CommandContext(t.Context(), "ip", "netns", "add", s.name).CombinedOutput(); err != nil {
		t.Skipf("networks can't be made here; it needs root: %v: %s", err, out)
	}
	t.Cleanup(func() { s.run("ip netns del " + s.name) })
	s.in(s.name, "ip link add street type bridge", "ip link set street up")
	return s
}

// run runs commands that must succeed.
func (s *street) run(lines ...string) {
	s.t.Helper()
	for _, line := range lines {
		args := strings.Fields(line)
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil { //nolint:noctx // also at the end of the test
			s.t.Fatalf("%s: %v: %s", line, err, out)
		}
	}
}

// in runs commands in a network.
func (s *street) in(space string, lines ...string) {
	s.t.Helper()
	for _, line := range lines {
		s.run("ip netns exec " + space + " " + line)
	}
}

// space makes a network with nothing in it.
func (s *street) space(name string) string {
	s.t.Helper()
	name = s.name + name
	s.run("ip netns add " + name)
	s.t.Cleanup(func() { s.run("ip netns del " + name) })
	s.in(name, "ip link set lo up")
	return name
}

// cable joins a network to a bridge in another one.
func (s *street) cable(space, device, hub, bridge string) {
	s.t.Helper()
	s.boxes++
	end := fmt.Sprintf("v%d", s.boxes)
	s.run(fmt.Sprintf("ip -n %s link add %s type veth peer name %s netns %s", hub, end, device, space))
	s.run("ip -n "+hub+" link set "+end+" master "+bridge+" up", "ip -n "+space+" link set "+device+" up")
}

// open makes the network of a home with addresses of its own; either may be empty.
func (s *street) open(name, ip4, ip6 string) string {
	s.t.Helper()
	space := s.space(name)
	s.cable(space, "wan", s.name, "street")
	if ip4 != "" {
		s.run("ip -n " + space + " addr add " + ip4 + "/16 dev wan")
		s.run("ip -n " + space + " route add default dev wan")
	}
	if ip6 != "" {
		s.run("ip -n " + space + " addr add " + ip6 + "/32 dev wan nodad")
		s.run("ip -n " + space + " -6 route add default dev wan")
	}
	return space
}

// behind makes the networks of homes behind one router.
func (s *street) behind(router, ip4 string, rules []string, homes ...string) (spaces []string) {
	s.t.Helper()
	return s.within(s.open(router, ip4, ""), 1, rules, homes...)
}

// within makes a network a router, and the networks of homes behind it.
func (s *street) within(r string, lan int, rules []string, homes ...string) (spaces []string) {
	s.t.Helper()
	s.in(r, "sysctl -qw net.ipv4.ip_forward=1", "ip link add lan type bridge", fmt.Sprintf("ip addr add 192.168.%d.1/24 dev lan", lan), "ip link set lan up")
	for _, rule := range rules {
		s.in(r, "iptables "+rule)
	}
	for i, home := range homes {
		space := s.space(home)
		s.cable(space, "eth0", r, "lan")
		s.run(fmt.Sprintf("ip -n %s addr add 192.168.%d.%d/24 dev eth0", space, lan, 10+i), fmt.Sprintf("ip -n %s route add default via 192.168.%d.1", space, lan))
		spaces = append(spaces, space)
	}
	return spaces
}
