package uitest

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"nvrd/pkg/onvif/onvifsim"
	"nvrd/pkg/rtsp/rtspsim"
	"nvrd/pkg/rtsp/rtspsim/porch"
)

const (
	// homeAddress is that of this machine, and of the doorbell, in a network of their own.
	homeAddress = "10.77.0.1"
	// insideFind names the program to a test that runs in that network.
	insideFind = "STOOP_TEST_FIND"
)

// finding has a camera found and added in a network of its own, where it answers a
// search; where that is not allowed, by its address alone.
func finding(t *testing.T, file string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestFindInside$", "-test.v", "-test.timeout=10m")
	cmd.Env = append(os.Environ(), insideFind+"="+file)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Logf("networks can't be made here; it needs root: %v", err)
		p := launch(t, file, "run", "--listen", free(t), "--data", t.TempDir())
		_, at := device(t, "127.0.0.1")
		browse(t, "find", "STOOP_URL="+p.listen, "STOOP_DEVICE="+at, elsewhere(t, "127.0.0.1"))
		return
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("in a network of its own: %v", err)
	}
}

// TestFindInside is run by finding.
func TestFindInside(t *testing.T) {
	file := os.Getenv(insideFind)
	if file == "" {
		t.Skip("runs in a network that another test makes")
	}
	for _, line := range []string{
		"link set lo up", "link add home type veth peer name street", "link set street up", "link set home up", "addr add " + homeAddress + "/24 dev home",
	} {
		if out, err := exec.CommandContext(t.Context(), "ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", line, err, out)
		}
	}
	sim, at := device(t, homeAddress)
	network, err := net.InterfaceByName("home")
	if err != nil {
		t.Fatal(err)
	}
	questions, err := net.ListenMulticastUDP("udp4", network, &net.UDPAddr{IP: net.IPv4(239, 255, 255, 250), Port: 3702})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { questions.Close() })
	go sim.Answer(questions, "http://"+at+"/onvif/device_service")
	p := launch(t, file, "run", "--listen", "127.0.0.1:8080", "--data", t.TempDir())
	browse(t, "find", "STOOP_URL="+p.listen, "STOOP_DEVICE="+at, "STOOP_AROUND=1", elsewhere(t, homeAddress))
	if accepted, refused := sim.LogIns(); accepted == 0 || refused != 2 {
		t.Errorf("%d log-ins were accepted, %d refused", accepted, refused)
	}
}

// device starts a doorbell that speaks ONVIF, with a clock an hour behind and
// addresses of a machine behind a router, and returns where it is.
func device(t *testing.T, host string) (sim *onvifsim.Device, at string) {
	t.Helper()
	door := porch.Door()
	film, err := rtspsim.Listen(net.JoinHostPort(host, "0"), rtspsim.Options{User: "admin", Password: "right"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(film.Close)
	uris := map[string]string{}
	for name, file := range map[string][]byte{"main": door.Main, "sub": door.Sub} {
		if err := film.Play(name, clip(t, file)); err != nil {
			t.Fatal(err)
		}
		uris[name] = strings.Replace(film.URL(name), host, "192.0.2.77", 1)
	}
	sim = onvifsim.New(onvifsim.Config{
		User: "admin", Password: "right", Auth: onvifsim.Token, Clock: -time.Hour, Maker: "Maker", Model: "Bell 2", Quirks: []onvifsim.Quirk{onvifsim.OtherHost},
		Streams: []onvifsim.Stream{
			{Token: "m", Encoding: "H264", Width: 1280, Height: 720, URI: uris["main"]},
			{Token: "s", Encoding: "H264", Width: 640, Height: 360, URI: uris["sub"]},
		},
	})
	s := httptest.NewUnstartedServer(sim)
	s.Listener.Close()
	if s.Listener, err = net.Listen("tcp", net.JoinHostPort(host, "0")); err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(s.Close)
	return sim, s.Listener.Addr().String()
}

// elsewhere is what else may be at an address that somebody types: things that are no
// camera, one with a password, and one of H.265 alone.
func elsewhere(t *testing.T, host string) string {
	t.Helper()
	page := httptest.NewUnstartedServer(http.NotFoundHandler())
	page.Listener.Close()
	var err error
	if page.Listener, err = net.Listen("tcp", net.JoinHostPort(host, "0")); err != nil {
		t.Fatal(err)
	}
	page.Start()
	t.Cleanup(page.Close)
	mute, err := net.Listen("tcp", net.JoinHostPort(host, "0")) // nobody takes what connects
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	film := func(o rtspsim.Options, file []byte) string {
		s, err := rtspsim.Listen(net.JoinHostPort(host, "0"), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		if err := s.Play("main", clip(t, file)); err != nil {
			t.Fatal(err)
		}
		return s.URL("main")
	}
	return cameras(t, map[string]string{
		"web": page.Listener.Addr().String(), "mute": mute.Addr().String(), "shut": host,
		"locked": film(rtspsim.Options{User: "ada", Password: "right"}, porch.Door().Sub),
		"modern": film(rtspsim.Options{}, hevc(t.Context(), t)),
	})
}
