package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"nvrd/pkg/nvr"
)

// world is a registrar at work, and what it told.
type world struct {
	*Registrar
	address string
	told    chan told
}

func passwords(user string) string {
	return map[string]string{"bell": "front door", "back": "back door", "none": ""}[user]
}

func start(t *testing.T, ring time.Duration) *world {
	t.Helper()
	x, err := New(Config{Address: "127.0.0.1:5060", Password: passwords, Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{x, conn.LocalAddr().String(), make(chan told, 16)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- x.serve(ctx, conn, func(user string, s nvr.Signal) { w.told <- told{user, s} }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	return w
}

func (w *world) next(t *testing.T) told {
	t.Helper()
	select {
	case got := <-w.told:
		return got
	case <-time.After(10 * time.Second):
		t.Fatal("nothing is told")
	}
	return told{}
}

// doorbell is a device that calls, by the client half of the library.
type doorbell struct {
	t        *testing.T
	client   *sipgo.Client
	user     string
	password string
	to       sip.Uri
	old      bool // it knows no qop
}

func (w *world) doorbell(t *testing.T, user, password string) *doorbell {
	t.Helper()
	ua, err := sipgo.NewUA(sipgo.WithUserAgent(user), sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(silent)), sipgo.WithUserAgentTransactionLayerOptions(sip.WithTransactionLayerLogger(silent)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ua.Close() })
	client, err := sipgo.NewClient(ua, sipgo.WithClientHostname("127.0.0.1"), sipgo.WithClientLogger(silent))
	if err != nil {
		t.Fatal(err)
	}
	d := &doorbell{t: t, client: client, user: user, password: password}
	if err := sip.ParseUri("sip:home@"+w.address, &d.to); err != nil {
		t.Fatal(err)
	}
	return d
}

// ask sends a request, with what it is challenged for if there is a challenge, and
// returns the transaction after its first answer.
func (d *doorbell) ask(method sip.RequestMethod, id string, headers ...sip.Header) (sip.ClientTransaction, *sip.Request, *sip.Response) {
	d.t.Helper()
	authorization := ""
	for {
		req := sip.NewRequest(method, d.to)
		req.SetDestination(d.to.HostPort())
		for _, h := range headers {
			req.AppendHeader(h)
		}
		req.AppendHeader(sip.NewHeader("Contact", "<sip:"+d.user+"@127.0.0.1>"))
		call := sip.CallIDHeader(id)
		req.AppendHeader(&call)
		if authorization != "" {
			req.AppendHeader(sip.NewHeader("Authorization", authorization))
		}
		tx, err := d.client.TransactionRequest(d.t.Context(), req)
		if err != nil {
			d.t.Fatal(err)
		}
		res := d.answer(tx)
		if res.StatusCode != sip.StatusUnauthorized || authorization != "" {
			return tx, req, res
		}
		challenge, err := digest.ParseChallenge(res.GetHeader("WWW-Authenticate").Value())
		if err != nil {
			d.t.Fatal(err)
		}
		if d.old {
			challenge.QOP = nil
		}
		cred, err := digest.Digest(challenge, digest.Options{Method: method.String(), URI: d.to.String(), Username: d.user, Password: d.password})
		if err != nil {
			d.t.Fatal(err)
		}
		authorization = cred.String()
	}
}

func (d *doorbell) answer(tx sip.ClientTransaction) *sip.Response {
	d.t.Helper()
	select {
	case res := <-tx.Responses():
		return res
	case <-tx.Done():
		d.t.Fatal("the transaction ended: ", tx.Err())
	case <-time.After(10 * time.Second):
		d.t.Fatal("no answer")
	}
	return nil
}

// TestCalls follows a call in each way that it can end.
func TestCalls(t *testing.T) {
	w := start(t, 300*time.Millisecond)
	d := w.doorbell(t, "bell", "front door")
	if _, _, res := d.ask(sip.REGISTER, "r"); res.StatusCode != 200 || res.GetHeader("Expires").Value() != "3600" {
		t.Fatalf("REGISTER: %s", res)
	}
	rings := func(on bool) {
		t.Helper()
		if got := w.next(t); got.user != "bell" || got.Kind != nvr.RingEvent || got.On != on || got.Source != "sip call" || got.At == 0 {
			t.Fatalf("told %+v", got)
		}
	}
	// Nobody comes.
	tx, _, res := d.ask(sip.INVITE, "call1")
	if rings(true); res.StatusCode != 180 {
		t.Fatalf("INVITE: %s", res)
	}
	if res := d.answer(tx); res.StatusCode != 480 {
		t.Fatalf("at the end: %s", res)
	}
	rings(false)
	// Somebody answers at a page.
	tx, _, _ = d.ask(sip.INVITE, "call2")
	rings(true)
	w.End("back")
	w.End("bell")
	if res := d.answer(tx); res.StatusCode != 486 {
		t.Fatalf("after End: %s", res)
	}
	rings(false)
}

// TestHungUp follows a call of a visitor who goes before its ring is over.
func TestHungUp(t *testing.T) {
	w := start(t, time.Minute)
	d := w.doorbell(t, "bell", "front door")
	tx, req, _ := d.ask(sip.INVITE, "call3")
	if got := w.next(t); !got.On {
		t.Fatalf("told %+v", got)
	}
	cancel := sip.NewRequest(sip.CANCEL, req.Recipient)
	for _, name := range []string{"Via", "From", "To", "Call-ID", "Max-Forwards"} {
		cancel.AppendHeader(sip.HeaderClone(req.GetHeader(name)))
	}
	cancel.AppendHeader(&sip.CSeqHeader{SeqNo: req.CSeq().SeqNo, MethodName: sip.CANCEL})
	if err := d.client.WriteRequest(cancel); err != nil {
		t.Fatal(err)
	}
	if res := d.answer(tx); res.StatusCode != 487 {
		t.Fatalf("after CANCEL: %s", res)
	}
	if got := w.next(t); got.On || got.Kind != nvr.RingEvent {
		t.Fatalf("told %+v", got)
	}
}

// TestLogIn shows who may call, and that strangers, users without a password and
// wrong passwords get the same answer.
func TestLogIn(t *testing.T) {
	w := start(t, time.Minute)
	for _, c := range []struct {
		user, password string
		old            bool
		want           int
	}{{"bell", "front door", false, 180}, {"back", "back door", true, 180}, {"bell", "back door", false, 401}, {"stranger", "x", false, 401}, {"none", "", false, 401}} {
		d := w.doorbell(t, c.user, c.password)
		d.old = c.old
		_, _, res := d.ask(sip.INVITE, "call of "+c.user)
		if res.StatusCode != c.want {
			t.Errorf("%s with %q: %s", c.user, c.password, res.StartLine())
		}
		if c.want == 180 {
			w.next(t)
		}
	}
	select {
	case got := <-w.told:
		t.Errorf("told %+v", got)
	default:
	}
}

// TestNoRelay shows that nothing is passed on: whatever else is asked is refused,
// and nothing is ever sent to an address that a header names.
func TestNoRelay(t *testing.T) {
	w := start(t, time.Minute)
	named, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer named.Close()
	d := w.doorbell(t, "bell", "front door")
	for method, want := range map[sip.RequestMethod]int{sip.MESSAGE: 405, sip.REFER: 405, sip.SUBSCRIBE: 405, sip.BYE: 481, sip.OPTIONS: 200} {
		_, _, res := d.ask(method, "x"+method.String(), sip.NewHeader("Route", "<sip:"+named.LocalAddr().String()+";lr>"), sip.NewHeader("Refer-To", "<sip:"+named.LocalAddr().String()+">"))
		if res.StatusCode != want {
			t.Errorf("%s: %s", method, res.StartLine())
		}
	}
	_, _, _ = d.ask(sip.INVITE, "x", sip.NewHeader("Record-Route", "<sip:"+named.LocalAddr().String()+";lr>"))
	w.next(t)
	_ = named.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if n, from, err := named.ReadFrom(make([]byte, 1000)); err == nil {
		t.Errorf("%d bytes came from %s", n, from)
	}
}

// TestAddresses shows where calls are taken, and of whom.
func TestAddresses(t *testing.T) {
	for address, want := range map[string]bool{"127.0.0.1:5060": true, "192.168.1.2:5060": true, "[fd00::1]:5060": true, "[fe80::1]:5060": true, "0.0.0.0:5060": false, "[::]:5060": false, "8.8.8.8:5060": false, ":5060": false, "192.168.1.2": false, "door.home:5060": false} {
		if _, err := New(Config{Address: address}); (err == nil) != want || err != nil && !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%s: %v", address, err)
		}
	}
	w := start(t, time.Minute)
	from := func(s string) sip.TransportReadProps {
		return sip.TransportReadProps{RemoteAddr: net.UDPAddrFromAddrPort(netip.MustParseAddrPort(s))}
	}
	admitted := func(s string, n int) int {
		got, _ := w.admit(from(s), make([]byte, n))
		return len(got)
	}
	if admitted("8.8.8.8:5060", 10) != 0 || admitted("[2001:db8::1]:5060", 10) != 0 || admitted("192.168.1.9:5060", 10) != 10 || admitted("192.168.1.9:5060", maxDatagram+1) != 0 {
		t.Error("who is admitted")
	}
	flood := 0
	for range 1000 {
		flood += admitted("192.168.1.10:5060", 1)
	}
	if flood < burst || flood > burst+100 {
		t.Errorf("%d of 1000 datagrams are admitted", flood)
	}
}

// TestFull shows that a registrar to which too many addresses speak ends with a
// reason, and does not grow.
func TestFull(t *testing.T) {
	x, err := New(Config{Address: "127.0.0.1:5060"})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- x.serve(t.Context(), conn, nil) }()
	// It forgets whom it knew when it begins to serve: it answers then.
	ask, err := net.Dial("udp", conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer ask.Close()
	fmt.Fprintf(ask, "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx;rport\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
	if _, err := ask.Read(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	for i := range maxSources + 1 {
		addr := netip.AddrPortFrom(netip.MustParseAddr("192.168.1.9"), uint16(1000+i))
		_, _ = x.admit(sip.TransportReadProps{RemoteAddr: net.UDPAddrFromAddrPort(addr)}, []byte("x"))
	}
	if err := <-ended; !errors.Is(err, nvr.ErrTooMany) {
		t.Error(err)
	}
}

// TestNonces shows that a challenge is good for a minute, and for this registrar.
func TestNonces(t *testing.T) {
	n := newNonces()
	clock := time.Unix(1_700_000_000, 0)
	n.now = func() time.Time { return clock }
	nonce := n.make()
	judge := func(nonce string) string { ours, good := n.judge(nonce); return fmt.Sprint(ours, good) }
	if got := judge(nonce); got != "true true" {
		t.Error(got)
	}
	if got := judge(strings.Replace(nonce, ".", "0.", 1)); got != "false false" {
		t.Error(got)
	}
	other := newNonces()
	if got := judge(other.make()); got != "false false" {
		t.Error(got)
	}
	clock = clock.Add(nonceTime)
	if got := judge(nonce); got != "true false" {
		t.Error(got)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("INVITE", `Digest username="bell", realm="stoop", nonce="6553f100.0123", uri="sip:x", response="00", qop=auth, nc=00000001, cnonce="x"`)
	f.Add("REGISTER", "Digest")
	x, err := New(Config{Address: "127.0.0.1:5060", Password: passwords})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, method, header string) {
		if _, _, ok := x.check(method, header); ok {
			t.Errorf("%q lets in", header)
		}
	})
}
