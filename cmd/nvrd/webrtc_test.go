package main

import (
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"nvrd/pkg/live/rtc"
	"nvrd/pkg/live/rtc/rtctest"
)

// candidate is a line of an answer that says where this side can be reached (RFC 8839, 5.1).
var candidate = regexp.MustCompile(`a=candidate:\S+ \d+ udp \d+ (\S+) \d+[^\n]*\n`)

// TestVoiceBesideAProxy has pages that only a proxy on this machine reaches, as
// in the guide: who opens them elsewhere is heard all the same. Without a proxy
// nothing is reached from elsewhere.
func TestVoiceBesideAProxy(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("a key of 20 letters.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]settings{
		"alone":          {},
		"behind a proxy": {accessKey: key, proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}},
	} {
		t.Run(name, func(t *testing.T) {
			s.data, s.listen = t.TempDir(), "127.0.0.1:0"
			a, err := start(t.Context(), s, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			browser, err := rtctest.NewMicrophone("audio/PCMU")
			if err != nil {
				t.Fatal(err)
			}
			defer browser.Close()
			offer, err := browser.Offer(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			voice, err := a.rtc.Listen(t.Context(), rtc.Offer{SDP: offer}, func([]int16) {})
			if err != nil {
				t.Fatal(err)
			}
			others := 0
			answer := candidate.ReplaceAllStringFunc(voice.Answer(), func(line string) string {
				if netip.MustParseAddr(candidate.FindStringSubmatch(line)[1]).IsLoopback() {
					return ""
				}
				others++
				return line
			})
			if len(s.proxies) == 0 {
				if others > 0 {
					t.Errorf("reached from elsewhere, too: %s", voice.Answer())
				}
				return
			}
			if others == 0 {
				if !slices.ContainsFunc(interfaceAddresses(), netip.Addr.IsGlobalUnicast) {
					t.Skip("this machine has no network")
				}
				t.Fatalf("reached from this machine alone: %s", voice.Answer())
			}
			if err := browser.Answer(answer); err != nil {
				t.Fatal(err)
			}
			select {
			case <-browser.Connected:
			case <-time.After(time.Minute):
				t.Error("its voice does not arrive")
			}
		})
	}
}
