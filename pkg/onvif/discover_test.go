package onvif_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/onvif"
	"nvrd/pkg/onvif/onvifsim"
)

// answering opens a socket on which a device answers a search.
func answering(t *testing.T, answer func(conn net.PacketConn)) net.Addr {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { answer(conn); close(done) }()
	t.Cleanup(func() { conn.Close(); <-done })
	return conn.LocalAddr()
}

func discover(t *testing.T, to net.Addr) []onvif.Found {
	t.Helper()
	found, err := onvif.Discover(t.Context(), onvif.Search{For: 500 * time.Millisecond, Sockets: func() ([]onvif.Socket, error) {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		return []onvif.Socket{{Conn: conn, To: to}}, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestDiscover(t *testing.T) {
	d := onvifsim.New(onvifsim.Config{Maker: "Maker Inc", Model: "Bell 2", Endpoint: "URN:UUID:4D454930-1"})
	to := answering(t, func(c net.PacketConn) {
		d.Answer(c, "http://192.0.2.7/onvif/device_service http://127.0.0.1:8899/onvif/device_service")
	})
	want := []onvif.Found{{Address: "http://127.0.0.1:8899/onvif/device_service", Name: "Maker Inc", Hardware: "Bell 2", Endpoint: "4d454930-1"}}
	if diff := cmp.Diff(want, discover(t, to)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestHostileMatches has somebody answer a search with what must not be followed.
func TestHostileMatches(t *testing.T) {
	const own, usual = "urn:uuid:", "00000000-0000-4000-8000-00000000cafe"
	for name, c := range map[string]struct {
		answer func(id string) string
		want   []onvif.Found
	}{
		"another machine": {func(id string) string { return onvifsim.Match(id, "http://203.0.113.9:81/x", "M", "N") },
			[]onvif.Found{{Address: "http://127.0.0.1:81/x", Name: "M", Hardware: "N", Endpoint: usual}}},
		"another question": {func(string) string { return onvifsim.Match(own+"1", "http://127.0.0.1/", "M", "N") }, []onvif.Found{}},
		"no address":       {func(id string) string { return onvifsim.Match(id, "file:///etc/passwd javascript:x", "M", "N") }, []onvif.Found{}},
		"not XML":          {func(string) string { return "\x00\xff<<<" }, []onvif.Found{}},
		"a printer": {func(id string) string {
			return strings.NewReplacer("NetworkVideoTransmitter", "Printer", "onvif://", "http://").Replace(onvifsim.Match(id, "http://127.0.0.1/", "M", "N"))
		}, []onvif.Found{}},
		"letters of control": {func(id string) string { return onvifsim.Match(id, "http://127.0.0.1/p", "M%1b%0a", "N") }, []onvif.Found{{Address: "http://127.0.0.1/p", Name: "M\ufffd\ufffd", Hardware: "N", Endpoint: usual}}},
	} {
		to := answering(t, func(conn net.PacketConn) {
			buffer := make([]byte, 16<<10)
			for {
				n, from, err := conn.ReadFrom(buffer)
				if err != nil {
					return
				}
				_, id, _ := strings.Cut(string(buffer[:n]), "MessageID>")
				id, _, _ = strings.Cut(id, "<")
				for range 100 { // also a flood
					_, _ = conn.WriteTo([]byte(c.answer(id)), from)
				}
			}
		})
		if diff := cmp.Diff(c.want, discover(t, to)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}
