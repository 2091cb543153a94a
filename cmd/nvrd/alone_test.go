package main

import (
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Where a home stands that is alone: its device "wan" leads nowhere, and looks
// as if it led to the world and to the network of the home.
const (
	wanAddress = "44.0.7.1"      // looks public
	lanAddress = "192.168.77.23" // of the home's own network
	sixAddress = "2600:44:7::1"
	hostname   = "attic-nas-4471"
)

// alone has a test run once more, in a network of its own with nobody else in
// it, and under another host name. It returns false to the test outside, which
// has run then; where that is not allowed it is skipped.
func alone(t *testing.T) bool {
	t.Helper()
	const inside = "STOOP_TEST_ALONE"
	if os.Getenv(inside) == "" {
		program, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), program, "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=5m")
		cmd.Env = append(os.Environ(), inside+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
		cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
		if err := cmd.Start(); err != nil {
			t.Skipf("networks can't be made here; it needs root: %v", err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("alone in its network: %v", err)
		}
		return false
	}
	if err := unix.Sethostname([]byte(hostname)); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"link set lo up",
		"link add wan type veth peer name nowhere",
		"link set nowhere addrgenmode none arp off", // or the system itself says something there
		"link set wan addrgenmode none arp off",
		"link set nowhere up",
		"link set wan up",
		"addr add " + wanAddress + "/16 dev wan",
		"addr add " + lanAddress + "/24 dev wan",
		"-6 addr add " + sixAddress + "/128 dev lo",
		"route add default dev wan",
		"-6 route add default dev wan",
	} {
		if out, err := exec.CommandContext(t.Context(), "ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", line, err, out)
		}
	}
	return true
}

// wan is what leaves this machine by the device "wan".
type wan struct {
	mu   sync.Mutex
	sent [][]byte // packets, as they are on the wire
}

// listenWAN writes down all that leaves, from now on to the end of the test.
func listenWAN(t *testing.T) *wan {
	t.Helper()
	device, err := net.InterfaceByName("wan")
	if err != nil {
		t.Fatal(err)
	}
	const all = unix.ETH_P_ALL<<8 | unix.ETH_P_ALL>>8 // in the order of the network
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, all&0xffff)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all & 0xffff, Ifindex: device.Index}); err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 50_000}); err != nil {
		t.Fatal(err)
	}
	w, done := &wan{}, make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() {
		packet := make([]byte, 1<<16)
		for {
			n, from, err := unix.Recvfrom(fd, packet, 0)
			if at, ok := from.(*unix.SockaddrLinklayer); err == nil && ok && at.Pkttype == unix.PACKET_OUTGOING {
				w.mu.Lock()
				w.sent = append(w.sent, slices.Clone(packet[:n]))
				w.mu.Unlock()
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	t.Cleanup(func() {
		close(done)
		reading.Wait()
		unix.Close(fd)
	})
	return w
}

// packets returns what was sent so far.
func (w *wan) packets() [][]byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sent)
}

// sockets tells which sockets there are in this network but connections within
// this machine, such as "tcp 127.0.0.1:80".
func sockets(t *testing.T) (all []string) {
	t.Helper()
	for _, kind := range []string{"tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "icmp", "icmp6", "raw", "raw6"} {
		text, err := os.ReadFile("/proc/net/" + kind)
		if os.IsNotExist(err) {
			continue // this system has none of them
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
			columns := strings.Fields(row)
			from, to := endpoint(t, columns[1]), endpoint(t, columns[2])
			if strings.HasPrefix(kind, "tcp") && from.Addr().IsLoopback() && to.Addr().IsLoopback() {
				continue
			}
			all = append(all, kind+" "+from.String())
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// endpoint reads an address as the system writes it down: in words of 32 bits,
// the lowest byte first.
func endpoint(t *testing.T, text string) netip.AddrPort {
	t.Helper()
	host, port, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(host)
	at, portErr := strconv.ParseUint(port, 16, 16)
	for word := range slices.Chunk(raw, 4) {
		slices.Reverse(word)
	}
	ip, ok := netip.AddrFromSlice(raw)
	if err != nil || portErr != nil || !ok {
		t.Fatalf("%q is no address: %v", text, errors.Join(err, portErr))
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(at))
}
