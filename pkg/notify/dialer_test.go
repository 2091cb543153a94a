package notify

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
)

func TestWhereConnectionsGo(t *testing.T) {
	d := dialer{own: []uint16{8443}}
	const no, home, world = 0, 1, 2 // nobody, only what the owner typed, all
	for address, want := range map[string]int{
		"93.184.216.34:443":               world,
		"[2606:2800:220:1::1]:443":        world,
		"93.184.216.34:8443":              world, // our port, another machine
		"127.0.0.1:1883":                  home,
		"127.9.9.9:80":                    home,
		"[::1]:80":                        home,
		"[::ffff:127.0.0.1]:80":           home,
		"192.168.1.5:1883":                home,
		"10.0.0.1:80":                     home,
		"172.16.0.1:80":                   home,
		"172.32.0.1:80":                   world,
		"100.64.0.1:80":                   home,
		"[fd12::1]:80":                    home,
		"[::ffff:10.0.0.1]:80":            home,
		"[64:ff9b::a00:1]:80":             home, // 10.0.0.1 behind NAT64
		"[2002:0a00:0001::1]:80":          home, // and behind 6to4
		"[64:ff9b::5db8:d822]:80":         world,
		"127.0.0.1:8443":                  no,
		"[::1]:8443":                      no,
		"[::ffff:127.0.0.1]:8443":         no,
		"0.0.0.0:80":                      no,
		"[::]:80":                         no,
		"169.254.169.254:80":              no,
		"169.254.1.1:80":                  no,
		"[::ffff:169.254.169.254]:80":     no,
		"[64:ff9b::a9fe:a9fe]:80":         no,
		"[2002:a9fe:a9fe::]:80":           no,
		"[::a9fe:a9fe]:80":                no,
		"[64:ff9b::7f00:1]:8443":          no,
		"[fe80::1]:80":                    no,
		"[fe80::1%eth0]:80":               no,
		"[fd00:ec2::254]:80":              no,
		"100.100.100.200:80":              no,
		"168.63.129.16:80":                no,
		"192.0.0.192:80":                  no,
		"224.0.0.251:5353":                no,
		"[ff02::fb]:5353":                 no,
		"255.255.255.255:9":               no,
		"240.0.0.1:80":                    no,
		"0.1.2.3:80":                      no,
		"example.com:80":                  no, // only addresses come here
		"":                                no,
		"/var/run/docker.sock":            no,
		"127.0.0.1:80:80":                 no,
		"[2001:db8::1]:443":               home,
		"203.0.113.7:443":                 home,
		"[64:ff9b:1::169.254.169.254]:80": no,
	} {
		got := no
		if d.check(address, near) == nil {
			got = home
		}
		if err := d.check(address, public); err == nil {
			got++
		} else if !errors.Is(err, errBlocked) {
			t.Errorf("%s: %v", address, err)
		}
		if got != want {
			t.Errorf("%s: %d, want %d", address, got, want)
		}
	}
}

func TestOwnPortAtEveryAddress(t *testing.T) {
	d := dialer{own: []uint16{8443}}
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		ip, _, err := net.ParseCIDR(a.String())
		if err != nil || ip.IsLinkLocalUnicast() {
			continue
		}
		if err := d.check(net.JoinHostPort(ip.String(), "8443"), near); !errors.Is(err, errBlocked) {
			t.Errorf("%s: %v", ip, err)
		}
	}
}

// A name is looked at after it was looked up, and no answer leads elsewhere.
func TestNamesAndRedirects(t *testing.T) {
	h := newHouse(t)
	r := receive(t)
	_, port, err := net.SplitHostPort(r.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	request := func(client *http.Client, address string) error {
		return do(t.Context(), client, http.MethodPost, address, nil, http.Header{})
	}
	if err := request(h.box.pushed, "http://localhost:"+port); !errors.Is(err, errBlocked) {
		t.Errorf("a name of this machine: %v", err)
	}
	if err := request(h.box.typed, "http://localhost:"+port); err != nil {
		t.Errorf("that the owner typed: %v", err)
	}
	r.answer(http.StatusTemporaryRedirect)
	next(t, r.got)
	if err := request(h.box.typed, r.URL); judge(err).trouble != Refused || !judge(err).final {
		t.Errorf("a redirect: %v", err)
	}
	if next(t, r.got); len(r.got) > 0 {
		t.Error("it was followed")
	}
	t.Setenv("HTTP_PROXY", r.URL)
	if err := request(h.box.pushed, "http://localhost:"+port); !errors.Is(err, errBlocked) {
		t.Errorf("by a proxy of the environment: %v", err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	h.ports = []uint16{uint16(n)}
	h.reopen()
	if err := request(h.box.typed, "http://localhost:"+port); !errors.Is(err, errBlocked) {
		t.Errorf("our own port: %v", err)
	}
}

func TestAnswersWithoutEnd(t *testing.T) {
	h := newHouse(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}))
	defer s.Close()
	if err := do(t.Context(), h.box.typed, http.MethodPost, s.URL, nil, http.Header{}); err != nil {
		t.Error(err)
	}
}
