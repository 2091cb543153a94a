package api

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/certificate"
	"nvrd/pkg/nvr"
)

// offering is a home with the guards of a program that others reach, at an address
// of this machine's other than loopback if it has one.
type offering struct {
	*home
	port   string
	roots  *x509.CertPool
	pem    string // file with the authority
	server *http.Server
}

// offer serves a home as the program does, on all addresses.
func offer(t *testing.T, proxies ...netip.Prefix) *offering {
	t.Helper()
	h, _, _ := recorded(t)
	authority, err := certificate.Open(t.TempDir(), []string{"localhost"})
	if err != nil {
		t.Fatal(err)
	}
	o := &offering{home: h, roots: x509.NewCertPool(), pem: filepath.Join(t.TempDir(), "authority.pem")}
	o.roots.AppendCertsFromPEM(authority.PEM())
	if err := os.WriteFile(o.pem, authority.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	gate := auth.NewGate(auth.NewAccessKey(accessKey), h.db, Deny(log))
	mux := http.NewServeMux()
	mux.Handle("/api/", h.bare)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "a page by ", r.Proto) })
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		if err := gate.Login(w, r, r.FormValue("key")); err != nil {
			Deny(log)(w, r, err)
		}
	})
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	_, o.port, _ = net.SplitHostPort(l.Addr().String())
	o.server = Server(Secure(mux, Guards{Names: []string{"localhost"}, TLS: true, Proxies: proxies, Gate: gate, Log: log}), log)
	go o.server.Serve(Offer(Limit(l), authority.TLS()))
	t.Cleanup(func() { o.server.Close() })
	return o
}

// client is a browser that trusts the authority and nobody else.
func (o *offering) client(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: o.roots}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (o *offering) ask(t *testing.T, c *http.Client, method, address string, header ...string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, address, err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

// TestOffer: a browser that trusts the authority signs in by HTTP/2 and watches;
// its cookie is for TLS alone.
func TestOffer(t *testing.T) {
	o := offer(t)
	s := o.hub.Open(nvr.StreamID{Camera: 1})
	s.Begin(silent, true)
	for n := range 15 {
		s.Sample(picture(time.Now(), n))
	}
	c, base := o.client(t), "https://localhost:"+o.port
	login := o.ask(t, c, "POST", base+"/login?key="+accessKey)
	if login.StatusCode != 200 || login.ProtoMajor != 2 || len(login.Cookies()) != 1 || !login.Cookies()[0].Secure {
		t.Fatalf("%s %s %v", login.Status, login.Proto, login.Cookies())
	}
	streams := map[string]io.Reader{"states": nil, "events/live": nil, "cameras/1/live.mp4?stream=main": nil}
	for path := range streams {
		r := o.ask(t, c, "GET", base+"/api/v1/"+path)
		if r.StatusCode != 200 || r.ProtoMajor != 2 {
			t.Fatalf("%s: %s %s", path, r.Status, r.Proto)
		}
		if _, err := io.ReadFull(r.Body, make([]byte, 10)); err != nil {
			t.Fatal(path, err)
		}
		streams[path] = r.Body
	}
	// More than what was there when it began.
	film := streams["cameras/1/live.mp4?stream=main"]
	for n := 15; n < 60; n++ {
		s.Sample(picture(time.Now(), n))
	}
	if _, err := io.ReadFull(film, make([]byte, 5000)); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	if err := o.server.Shutdown(ctx); err != nil {
		t.Errorf("the server does not end: %v", err)
	}
	for path, body := range streams {
		if _, err := io.Copy(io.Discard, body); err != nil {
			t.Errorf("%s is cut off: %v", path, err)
		}
	}
}

// TestOfferPlain: who begins without TLS on the port of TLS is sent there, over a
// real connection, and a session that came in the clear is ended.
func TestOfferPlain(t *testing.T) {
	o := offer(t)
	c, base := o.client(t), "http://127.0.0.1:"+o.port
	login := o.ask(t, c, "POST", base+"/login?key="+accessKey) // from this machine, so it may
	if login.StatusCode != 200 || login.Cookies()[0].Secure {
		t.Fatalf("%s %v", login.Status, login.Cookies())
	}
	cookie := login.Cookies()[0].String()
	away := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(outside(t))}} // as from elsewhere
	far := &http.Client{Transport: &http.Transport{DialContext: away.DialContext, DisableKeepAlives: true}, CheckRedirect: c.CheckRedirect}
	r := o.ask(t, far, "GET", base+"/cameras/1?day=2026-11-28", "Accept", "text/html", "Cookie", cookie)
	if got, want := r.Header.Get("Location"), "https://127.0.0.1:"+o.port+"/cameras/1?day=2026-11-28"; r.StatusCode != 307 || got != want {
		t.Errorf("%s to %q, want %q", r.Status, got, want)
	}
	if r := o.ask(t, c, "GET", base+"/api/v1/cameras"); r.StatusCode != 401 {
		t.Errorf("a session that was sent in the clear: %s", r.Status)
	}
	if r := o.ask(t, far, "GET", base+"/trust"); r.StatusCode != 200 {
		t.Errorf("how to trust it: %s", r.Status)
	}
}

// outside is an address of this machine that is not loopback.
func outside(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && !p.Addr().IsLoopback() {
			return p.Addr().String()
		}
	}
	t.Skip("this machine has no other address")
	return ""
}

// TestPlain: what may be sent in the clear, by whom.
func TestPlain(t *testing.T) {
	h, _, _ := recorded(t)
	log := slog.New(slog.DiscardHandler)
	gate := auth.NewGate(auth.NewAccessKey(accessKey), h.db, Deny(log))
	var reached bool
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true })
	handler := auth.Behind([]netip.Prefix{netip.MustParsePrefix("10.0.0.9/32")}, encrypted(next, gate, Deny(log)))
	for _, c := range []struct {
		from, to, method, path string
		status                 int // 0: it is passed on
	}{
		{"192.168.1.7", "192.168.1.5", "GET", "/", 307},
		{"192.168.1.7", "192.168.1.5", "HEAD", "/login", 307},
		{"192.168.1.7", "192.168.1.5", "GET", "/cameras/1", 307},
		{"192.168.1.7", "192.168.1.5", "POST", "/login", 400},
		{"192.168.1.7", "192.168.1.5", "GET", "/api/v1/cameras", 400},
		{"192.168.1.7", "192.168.1.5", "DELETE", "/api/v1/cameras/1", 400},
		{"192.168.1.7", "192.168.1.5", "GET", "/trust/../login", 307},
		{"192.168.1.7", "192.168.1.5", "GET", "/trust/", 307},
		{"192.168.1.7", "192.168.1.5", "GET", "/trusted", 307},
		{"127.0.0.1", "192.168.1.5", "GET", "/", 307}, // not where the kernel vouches for it
		{"192.168.1.7", "192.168.1.5", "GET", "/trust", 0},
		{"192.168.1.7", "192.168.1.5", "GET", "/trust/stoop-home.crt", 0},
		{"192.168.1.7", "192.168.1.5", "GET", "/static/stoop.css", 0},
		{"192.168.1.7", "192.168.1.5", "GET", "/api/v1/health", 0},
		{"192.168.1.7", "192.168.1.5", "POST", "/api/v1/bells/token", 0},
		{"203.0.113.7", "192.168.1.5", "POST", "/api/v1/bells/token", 400},
		{"192.168.1.7", "192.168.1.5", "POST", "/api/v1/bells/../cameras", 400},
		{"127.0.0.1", "127.0.0.1", "POST", "/login", 0},
		{"::1", "::1", "POST", "/login", 0},
		{"192.168.1.5", "192.168.1.5", "POST", "/login", 0},
		{"10.0.0.9", "192.168.1.5", "POST", "/login", 0}, // the named proxy
	} {
		r := httptest.NewRequest(c.method, "http://192.168.1.5:8080"+c.path, nil)
		r.RemoteAddr = net.JoinHostPort(c.from, "1234")
		r.Header.Set("X-Forwarded-Proto", "https")
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.ParseIP(c.to), Port: 8080}))
		w := httptest.NewRecorder()
		reached = false
		handler.ServeHTTP(w, r)
		if reached != (c.status == 0) || !reached && w.Code != c.status {
			t.Errorf("%+v: %d, passed on: %v", c, w.Code, reached)
		}
	}
}

// TestOfferPeers: programs that nobody here wrote believe the authority, and none
// gets in with a TLS that is too old.
func TestOfferPeers(t *testing.T) {
	o := offer(t)
	for name, args := range map[string][]string{
		"200 2":            {"curl", "-sS", "--cacert", o.pem, "-o", os.DevNull, "-w", "%{http_code} %{http_version}", "https://127.0.0.1:" + o.port + "/api/v1/health"},
		"Verification: OK": {"openssl", "s_client", "-connect", "127.0.0.1:" + o.port, "-CAfile", o.pem, "-verify_return_error", "-verify_ip", "127.0.0.1", "-alpn", "h2"},
		"protocol version": {"openssl", "s_client", "-connect", "127.0.0.1:" + o.port, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"},
	} {
		out, _ := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput()
		if !strings.Contains(string(out), name) {
			t.Errorf("%q: %s", args, out)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "curl", "-sS", "https://127.0.0.1:"+o.port).CombinedOutput(); err == nil {
		t.Errorf("believed by who does not trust it: %s", out)
	}
}

// wires is a listener of connections in memory.
type wires chan begun

func (p wires) Accept() (net.Conn, error) {
	b, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return b.Conn, b.err
}
func (p wires) Close() error   { close(p); return nil }
func (p wires) Addr() net.Addr { return nil }

// TestOfferBeginnings: who says nothing keeps nobody waiting and is gone after 10 s.
func TestOfferBeginnings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := make(wires)
		l := Offer(inner, &tls.Config{})
		dial := func(say string) net.Conn {
			near, far := net.Pipe()
			inner <- begun{Conn: far}
			if say != "" {
				go near.Write([]byte(say))
			}
			return near
		}
		began := time.Now()
		silent := dial("")
		dial("\x16\x03\x01")
		c, err := l.Accept()
		if _, ok := c.(*tls.Conn); !ok || err != nil {
			t.Errorf("%T %v", c, err)
		}
		defer c.(*tls.Conn).NetConn().Close()
		dial("GET / HTTP/1.1\r\n")
		c, err = l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || line != "GET / HTTP/1.1\r\n" || time.Since(began) > 0 {
			t.Errorf("%q %v after %v", line, err, time.Since(began))
		}
		if _, err := silent.Read(make([]byte, 1)); err != io.EOF || time.Since(began) != firstByte { //nolint:errorlint // a pipe returns it as it is
			t.Errorf("%v after %v", err, time.Since(began))
		}
		inner <- begun{err: io.ErrNoProgress}
		if _, err := l.Accept(); err != io.ErrNoProgress { //nolint:errorlint // it is passed on as it is
			t.Error(err)
		}
		late, unasked := dial(""), dial("GET")
		synctest.Wait()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		for _, c := range []net.Conn{late, unasked} {
			if _, err := c.Read(make([]byte, 1)); err != io.EOF { //nolint:errorlint // likewise
				t.Error(err)
			}
		}
		if _, err := l.Accept(); err != net.ErrClosed { //nolint:errorlint // likewise
			t.Error(err)
		}
	})
}
