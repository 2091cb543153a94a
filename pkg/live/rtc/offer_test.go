package rtc

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"nvrd/pkg/nvr"
)

const head = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"

const picture = "m=video 9 UDP/TLS/RTP/SAVPF 102\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n" +
	"a=fingerprint:sha-256 00:11\r\na=setup:actpass\r\na=mid:0\r\na=recvonly\r\na=rtcp-mux\r\na=rtpmap:102 H264/90000\r\n"

// offers are what FuzzOffer begins with, too; kind is nil for a good one.
var offers = map[string]struct {
	sdp  string
	kind error
}{
	"good":       {head + picture, nil},
	"empty":      {"", nvr.ErrInvalid},
	"no SDP":     {"hello", nvr.ErrInvalid},
	"no media":   {head, nvr.ErrInvalid},
	"data":       {head + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n", nvr.ErrInvalid},
	"many media": {head + strings.Repeat(picture, maxMedia+1), nvr.ErrInvalid},
	"attributes": {head + picture + strings.Repeat("a=x\r\n", maxAttributes), nvr.ErrTooLarge},
	"long":       {head + picture + strings.Repeat("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n", 2000), nvr.ErrTooLarge},
	"candidates": {head + "a=ice-lite\r\n" + picture + "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=remote-candidates:1 192.0.2.1 9\r\na=end-of-candidates\r\n", nil},
}

func TestOffer(t *testing.T) {
	for name, test := range offers {
		got, err := Offer{SDP: test.sdp}.clean()
		if !errors.Is(err, test.kind) {
			t.Errorf("%s: got %v, want %v", name, err, test.kind)
		}
		if err == nil && got != head+picture {
			t.Errorf("%s: what is left is\n%s", name, got)
		}
	}
}

// FuzzOffer has whatever comes be taken or refused; what is taken names no
// address to send to.
func FuzzOffer(f *testing.F) {
	for _, test := range offers {
		f.Add(test.sdp)
	}
	f.Fuzz(func(t *testing.T, sdp string) {
		got, err := Offer{SDP: sdp}.clean()
		if err != nil && !errors.Is(err, nvr.ErrInvalid) && !errors.Is(err, nvr.ErrTooLarge) {
			t.Errorf("%q: %v", sdp, err)
		}
		for line := range strings.Lines(got) {
			if strings.HasPrefix(line, "a=candidate:") || strings.HasPrefix(line, "a=ice-lite") {
				t.Errorf("%q leaves %q", sdp, line)
			}
		}
	})
}

func TestReachedBy(t *testing.T) {
	answer := head + picture + "a=candidate:1 1 udp 2130706431 172.17.0.2 8080 typ host\r\n"
	got, err := reachedBy(answer, netip.MustParseAddr("192.168.1.5"))
	if err != nil || strings.Count(got, "a=candidate:") != 2 || !strings.Contains(got, "a=candidate:reached 1 udp 2130706431 192.168.1.5 8080 typ host\r\n") {
		t.Errorf("%v\n%s", err, got)
	}
	for _, ip := range []netip.Addr{{}, netip.MustParseAddr("172.17.0.2"), netip.IPv6Unspecified()} {
		if got, err := reachedBy(answer, ip); err != nil || got != answer {
			t.Errorf("%v: %v\n%s", ip, err, got)
		}
	}
}
