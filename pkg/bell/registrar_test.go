package bell

import (
	"crypto/md5"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// phone is a doorbell that calls, of our own making: RFC 3261 with the log-in of RFC
// 2069, which is what old ones know.
type phone struct {
	t              *testing.T
	conn           net.Conn
	user, password string
	calls          int
}

// registers chooses that a camera's doorbell calls, and returns that doorbell.
func (h *home) registers(address string, camera nvr.CameraID) *phone {
	h.t.Helper()
	told, err := Choose(h.t.Context(), h.DB, Choice{Camera: camera, Kind: household.SIPBell, Address: address})
	if err != nil {
		h.t.Fatal(err)
	}
	conn, err := net.Dial("udp", address)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { conn.Close() })
	return &phone{t: h.t, conn: conn, user: told.User, password: told.Password}
}

// asks sends a request, logs in if it must, and returns the status that comes first.
// Until something listens there it asks again, as doorbells do.
func (p *phone) asks(method string) string {
	p.t.Helper()
	p.calls++
	login := ""
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		p.sends(method, p.calls, login)
		status, nonce := p.hears()
		if status == "401" && login == "" {
			ha := func(s string) string { return fmt.Sprintf("%x", md5.Sum([]byte(s))) }
			response := ha(ha(p.user+":stoop:"+p.password) + ":" + nonce + ":" + ha(method+":sip:home"))
			login = fmt.Sprintf("Authorization: Digest username=%q, realm=\"stoop\", nonce=%q, uri=\"sip:home\", response=%q\r\n", p.user, nonce, response)
			p.calls++
			continue
		}
		if status != "" {
			return status
		}
	}
	p.t.Fatalf("nobody answers %s", method)
	return ""
}

func (p *phone) sends(method string, n int, headers string) {
	_, _ = fmt.Fprintf(p.conn, "%[1]s sip:home SIP/2.0\r\nVia: SIP/2.0/UDP %[2]s;branch=z9hG4bK%[3]s%[4]d;rport\r\nFrom: <sip:%[3]s@home>;tag=1\r\nTo: <sip:home>\r\n"+
		"Call-ID: call%[3]s\r\nCSeq: %[4]d %[1]s\r\nContact: <sip:%[3]s@%[2]s>\r\n%[5]sContent-Length: 0\r\n\r\n", method, p.conn.LocalAddr(), p.user, n, headers)
}

var nonceOf = regexp.MustCompile(`nonce="([^"]*)"`)

// hears waits for an answer to what was asked last, a fifth of a second at most.
func (p *phone) hears() (status, nonce string) {
	_ = p.conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	b := make([]byte, 4000)
	answer := ""
	for !strings.Contains(answer, fmt.Sprintf("CSeq: %d ", p.calls)) { // one to what was asked twice
		n, err := p.conn.Read(b)
		if err != nil {
			return "", ""
		}
		answer = string(b[:n])
	}
	if m := nonceOf.FindStringSubmatch(answer); m != nil {
		nonce = m[1]
	}
	return strings.Fields(answer)[1], nonce
}

// finally waits for a status that comes by itself.
func (p *phone) finally(want string) {
	p.t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		if got, _ := p.hears(); got == want {
			return
		}
	}
	p.t.Errorf("%s does not come", want)
}

// free is an address at which nobody takes calls.
func free(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().String()
}

// Two doorbells register at one address: the call of each rings at its own camera,
// and ends when somebody answers at a page. One that is removed is not known any more.
func TestCallsRing(t *testing.T) {
	h := newHome(t)
	gate, err := h.AddCamera(t.Context(), household.CameraInput{Name: "Gate", URL: "rtsp://127.0.0.1:9/gate"})
	if err != nil {
		t.Fatal(err)
	}
	address := free(t)
	door, other := h.registers(address, h.cam), h.registers(address, gate.ID)
	for _, p := range []*phone{door, other} {
		h.until("it is known there and registers", func() bool { return p.asks("REGISTER") == "200" })
	}
	h.until("both are known", func() bool {
		all := h.bells.States()
		return len(all) == 2 && all[0].Known && all[1].Known && all[0].Trouble+all[1].Trouble == ""
	})
	if got := other.asks("INVITE"); got != "180" {
		t.Fatalf("the call of the gate: %s", got)
	}
	press := h.rang()
	if press.Camera != gate.ID || press.Source != "sip call" {
		t.Fatalf("it rings %+v", press)
	}
	if _, err := h.bells.Rings.Answer(gate.ID, press.At, "Anna"); err != nil {
		t.Fatal(err)
	}
	other.finally("486")

	if err := h.RemoveBell(t.Context(), gate.ID, household.SIPBell); err != nil {
		t.Fatal(err)
	}
	h.until("the gate is not listened to", func() bool { return len(h.bells.States()) == 1 })
	if got := other.asks("REGISTER"); got != "401" {
		t.Errorf("one that was removed registers: %s", got)
	}
	if got := door.asks("INVITE"); got != "180" {
		t.Errorf("the call of the other: %s", got)
	}
}

// An address that somebody else has is told of, and free once nobody calls there.
func TestCallsWaitForTheirAddress(t *testing.T) {
	taken, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := newHome(t)
	p := h.registers(taken.LocalAddr().String(), h.cam)
	h.until("trouble", func() bool {
		all := h.bells.States()
		return len(all) == 1 && strings.Contains(all[0].Trouble, "no calls can be taken at "+taken.LocalAddr().String())
	})
	taken.Close()
	if got := p.asks("REGISTER"); got != "200" {
		t.Fatalf("once it is free: %s", got)
	}
	h.until("no trouble", func() bool { return h.bells.States()[0].Trouble == "" })
	if err := h.RemoveBell(t.Context(), h.cam, household.SIPBell); err != nil {
		t.Fatal(err)
	}
	h.until("the address is free", func() bool {
		conn, err := net.ListenPacket("udp", p.conn.RemoteAddr().String())
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// What a doorbell logs in with is made here, anew each time, for an address of the
// home's network.
func TestChooseCaller(t *testing.T) {
	h := newHome(t)
	choose := func(address string) (Secret, error) {
		return Choose(t.Context(), h.DB, Choice{Camera: h.cam, Kind: household.SIPBell, Address: address, User: "mine", Password: "mine", AsCamera: true})
	}
	for _, bad := range []string{"", "8.8.8.8", "0.0.0.0:5060", "door.home", "sip:192.168.1.2"} {
		if _, err := choose(bad); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	seen := map[string]bool{}
	for address, want := range map[string]string{"127.0.0.1": "127.0.0.1:5060", " ::1 ": "[::1]:5060", "[fd00::1]": "[fd00::1]:5060", "192.168.1.2:6000": "192.168.1.2:6000"} {
		told, err := choose(address)
		if err != nil || told.User != "door1" || len(told.Password) != 16 || seen[told.Password] {
			t.Fatalf("%s: %+v, %v", address, told, err)
		}
		seen[told.Password] = true
		all, err := h.Bells(t.Context())
		if err != nil || len(all) != 1 || all[0].Address != want || all[0].Password.Reveal() != told.Password || all[0].AsCamera {
			t.Errorf("%s: %+v, %v", address, all, err)
		}
	}
}
