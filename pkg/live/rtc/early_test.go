package rtc_test

import (
	"context"
	"net"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/stun/v3"
)

// Browsers begin DTLS with the answer to their first check, and say only later
// which pair they settle on. They are answered at once.
func TestFirstCheckIsEnough(t *testing.T) {
	e, c := engine(t), &camera{}
	c.Begin(silent, true)
	c.play(1)
	_, offer := browser(t)
	s, err := e.Watch(t.Context(), &c.Stream, offer)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	heard := &hearing{UDPConn: conn, dtls: make(chan struct{}, 100)}
	to := checks(t, heard, s.Answer(), offer.SDP)
	client, err := dtls.ClientWithOptions(heard, to, dtls.WithInsecureSkipVerify(true), dtls.WithSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	go func() { _ = client.HandshakeContext(ctx) }() // it has no certificate: an answer is all that it gets
	select {
	case <-heard.dtls:
	case <-ctx.Done():
		t.Fatal("who has settled on no pair gets no answer")
	}
}

// hearing tells when a packet of DTLS comes (RFC 7983, 7).
type hearing struct {
	*net.UDPConn
	dtls chan struct{}
}

func (h *hearing) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := h.UDPConn.ReadFrom(p)
	if err == nil && n > 0 && p[0] >= 20 && p[0] <= 63 {
		select {
		case h.dtls <- struct{}{}:
		default:
		}
	}
	return n, from, err
}

var (
	fragments  = regexp.MustCompile(`a=ice-ufrag:(\S+)`)
	passwords  = regexp.MustCompile(`a=ice-pwd:(\S+)`)
	candidates = regexp.MustCompile(`a=candidate:\S+ 1 udp \d+ (\S+) (\d+)`)
)

// checks makes one connectivity check that nominates nothing, waits for its
// answer, and returns where it went.
func checks(t *testing.T, conn net.PacketConn, answer, offer string) net.Addr {
	t.Helper()
	at := candidates.FindStringSubmatch(answer)
	port, err := strconv.Atoi(at[2])
	if err != nil {
		t.Fatal(err)
	}
	to := &net.UDPAddr{IP: net.ParseIP(at[1]), Port: port}
	user := fragments.FindStringSubmatch(answer)[1] + ":" + fragments.FindStringSubmatch(offer)[1]
	m, err := stun.Build(stun.BindingRequest, stun.TransactionID, stun.NewUsername(user),
		stun.RawAttribute{Type: stun.AttrPriority, Value: []byte{0x6e, 0, 1, 0xff}},
		stun.RawAttribute{Type: stun.AttrICEControlling, Value: []byte{1, 2, 3, 4, 5, 6, 7, 8}},
		stun.NewShortTermIntegrity(passwords.FindStringSubmatch(answer)[1]), stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.WriteTo(m.Raw, to); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, _, err := conn.ReadFrom(make([]byte, 1500)); err != nil {
		t.Fatalf("the check has no answer: %v", err)
	}
	_ = conn.SetReadDeadline(time.Time{})
	return to
}
