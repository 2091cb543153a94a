package api

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/household"
)

// addresses returns every route with its wildcards filled in.
func addresses() (all []string) {
	fill := strings.NewReplacer("{camera}", "1", "{segment}", "1", "{session}", "none", "{init}", strings.Repeat("0", 64))
	for _, r := range new(api).routes() {
		all = append(all, fill.Replace(r.address))
	}
	return all
}

// secured returns a home behind all guards, and a session cookie for it.
func secured(t *testing.T, more ...func(*testing.T, *home)) (*home, http.Handler, string) {
	t.Helper()
	h, _, _ := recorded(t)
	for _, add := range more {
		add(t, h)
	}
	log := slog.New(slog.DiscardHandler)
	gate := auth.NewGate(auth.NewAccessKey(accessKey), h.db, Deny(log))
	mux := http.NewServeMux()
	mux.Handle("/api/", h.bare)
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		if err := gate.Login(w, r, r.FormValue("key")); err != nil {
			Deny(log)(w, r, err)
		}
	})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		if err := gate.Logout(w, r); err != nil {
			Deny(log)(w, r, err)
		}
	})
	handler := Secure(mux, Guards{Names: []string{"porch", "example.com"}, Gate: gate, Log: log})
	login := do(handler, "POST", "/login?key="+accessKey, "")
	if login.StatusCode != 200 || len(login.Cookies()) != 1 {
		t.Fatalf("sign in: %d", login.StatusCode)
	}
	return h, handler, login.Cookies()[0].String()
}

const accessKey = "0123456789abcdef"

func TestForgedRequests(t *testing.T) {
	h, handler, cookie := secured(t)
	tried := 0
	for _, address := range append(addresses(), "POST /login?key="+accessKey, "POST /cameras/1/remove") { // and pages
		method, target, _ := strings.Cut(address, " ")
		if method == "GET" {
			continue
		}
		for _, header := range [][]string{
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "http://evil.example"}, {"Origin", "null"},
			{"Origin", "http://example.com:81"}, {"Origin", "http://example.com.evil.example"},
		} {
			for _, who := range [][]string{{"Cookie", cookie}, {"Authorization", "Bearer " + accessKey}} {
				r := do(handler, method, target, porch, append(header, who...)...)
				if kind, _ := failure(t, r); kind != "forbidden" || r.StatusCode != 403 {
					t.Errorf("%s with %v: %d %s", address, header, r.StatusCode, kind)
				}
				tried++
			}
		}
	}
	if tried < 3*12 {
		t.Errorf("only %d requests were forged", tried)
	}
	if cameras, err := h.db.Cameras(t.Context()); err != nil || len(cameras) != 1 {
		t.Errorf("cameras afterwards: %v, %v", cameras, err)
	}
	if r := do(handler, "DELETE", "/api/v1/cameras/1", "", "Cookie", cookie, "Origin", "http://example.com"); r.StatusCode != 204 {
		t.Errorf("our own page: %d", r.StatusCode)
	}
}

func TestForeignHostsAndStrangers(t *testing.T) {
	_, handler, cookie := secured(t)
	for _, address := range addresses() {
		method, target, _ := strings.Cut(address, " ")
		for _, host := range []string{"evil.example", "127.0.0.1.nip.io", "porch.evil.example"} {
			r := do(handler, method, "http://"+host+target, "", "Cookie", cookie)
			if kind, _ := failure(t, r); kind != "forbidden" {
				t.Errorf("%s at %s: %s", address, host, kind)
			}
		}
		if strangers[address] {
			continue
		}
		for _, header := range [][]string{nil, {"Cookie", "stoop_session=forged"}, {"Accept", "text/html"}} {
			r := do(handler, method, target, "", header...)
			if kind, _ := failure(t, r); kind != "unauthorized" || r.StatusCode != 401 || r.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s by a stranger with %v: %d %s", address, header, r.StatusCode, kind)
			}
		}
	}
	if r := do(handler, "GET", "/api/v1/health", ""); r.StatusCode != 200 {
		t.Errorf("health for a stranger: %d", r.StatusCode)
	}
}

func TestHeadersProtectPages(t *testing.T) {
	_, handler, cookie := secured(t)
	for _, target := range []string{"/api/v1/cameras", "/api/v1/nothing", "/nothing", "/"} {
		h := do(handler, "GET", target, "", "Cookie", cookie).Header
		policy := h.Get("Content-Security-Policy")
		want := "default-src 'self'; media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
		if policy != want {
			t.Errorf("%s: policy %q, want %q", target, policy, want)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "same-origin" || h.Get("Cross-Origin-Resource-Policy") != "same-origin" {
			t.Errorf("%s: %v", target, h)
		}
	}
}

// pipes is a network in memory, on which the clock of a synctest bubble runs.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p pipes) Close() error   { close(p.closed); return nil }
func (p pipes) Addr() net.Addr { return &net.IPAddr{} }

// dial runs the server of handler in the bubble of t and connects to it.
func dial(t *testing.T, handler http.Handler) net.Conn {
	t.Helper()
	p := pipes{make(chan net.Conn), make(chan struct{})}
	server := Server(handler, slog.New(slog.DiscardHandler))
	done := make(chan error)
	go func() { done <- server.Serve(p) }()
	t.Cleanup(func() {
		server.Close()
		<-done
	})
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

func TestSlowClientsAreLetGo(t *testing.T) {
	body := strings.Repeat("x", 1<<20)
	handler := http.NewServeMux()
	handler.HandleFunc("POST /body", func(w http.ResponseWriter, r *http.Request) {
		var in household.CameraInput
		if err := readJSON(w, r, &in); err != nil {
			Deny(slog.New(slog.DiscardHandler))(w, r, err)
		}
	})
	handler.HandleFunc("POST /form", func(_ http.ResponseWriter, r *http.Request) { r.PostFormValue("key") })
	handler.HandleFunc("POST /unread", func(http.ResponseWriter, *http.Request) {})
	handler.HandleFunc("GET /media", func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(patient{w}, r, "x.mp4", time.Time{}, strings.NewReader(body))
	})
	handler.HandleFunc("GET /page", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
	tests := []struct {
		name string
		send string        // after that nothing more is sent, and nothing read for
		nap  time.Duration // that long
		want string        // in what is read then
	}{
		{"half a header", "GET / HTTP/1.1\r\nHost: a\r\n", 11 * time.Second, ""},
		{"no request", "", 11 * time.Second, ""},
		{"half a body", "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{", 11 * time.Second, "400 Bad Request"},
		{"half a form", "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\nkey=", 11 * time.Second, "HTTP/1.1 200"},
		{"half a chunk", "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nkey=", 11 * time.Second, "HTTP/1.1 200"},
		{"half a body nobody reads", "POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\nkey=", 11 * time.Second, "HTTP/1.1 200"},
		{"huge header", "GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 32<<10), time.Second, "431 Request Header"},
		{"takes nothing of a page", "GET /page HTTP/1.1\r\nHost: a\r\n\r\n", stalled + time.Second, ""},
		{"takes nothing of a film", "GET /media HTTP/1.1\r\nHost: a\r\n\r\n", stalled + time.Second, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := dial(t, handler)
				go io.WriteString(c, test.send)
				var got []byte
				read := make(chan error, 1)
				go func() {
					if test.want == "" {
						time.Sleep(test.nap)
					}
					var err error
					got, err = io.ReadAll(c)
					read <- err
				}()
				select {
				case <-read:
				case <-time.After(test.nap + time.Second):
					t.Error("the connection is still open")
					c.Close()
					<-read
				}
				if !strings.Contains(string(got), test.want) || len(got) >= len(body) {
					t.Errorf("%d bytes: %.100q", len(got), got)
				}
				c.Close()
			})
		})
	}
}

// TestAnswersTakeTheirTime: the deadline of a body is over with it.
func TestAnswersTakeTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			key := r.PostFormValue("key")
			select {
			case <-r.Context().Done():
				t.Error("the request ended before its answer")
			case <-time.After(2 * bodyTime):
				fmt.Fprint(w, key)
			}
		}))
		defer c.Close()
		answers := bufio.NewReader(c)
		for range 2 { // on the same connection
			fmt.Fprint(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\nkey=abc")
			r, err := http.ReadResponse(answers, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := text(t, r); got != "abc" {
				t.Errorf("the answer is %q", got)
			}
		}
	})
}

func TestConnectionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pipes{make(chan net.Conn), make(chan struct{})}
		l := Limit(p)
		accepted := make(chan net.Conn, maxConnections+1)
		go func() {
			for c, err := l.Accept(); err == nil; c, err = l.Accept() {
				accepted <- c
			}
		}()
		for range maxConnections + 1 {
			go func() {
				_, theirs := net.Pipe()
				p.conns <- theirs
			}()
		}
		synctest.Wait()
		if n := len(accepted); n != maxConnections {
			t.Errorf("%d connections are open, want %d", n, maxConnections)
		}
		(<-accepted).Close()
		synctest.Wait()
		if n := len(accepted); n != maxConnections {
			t.Errorf("when one ends the next does not begin: %d", n)
		}
		l.Close()
	})
}

// TestPatientReaderGetsEverything reads for ten times as long as the server
// allows for an answer.
func TestPatientReaderGetsEverything(t *testing.T) {
	const pieces, piece = 20, 64 << 10
	synctest.Test(t, func(t *testing.T) {
		c := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(patient{w}, r, "x.mp4", time.Time{}, strings.NewReader(strings.Repeat("x", pieces*piece)))
		}))
		defer c.Close()
		fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		for n := range pieces {
			if _, err := io.CopyN(io.Discard, r.Body, piece); err != nil {
				t.Fatalf("piece %d: %v", n, err)
			}
			time.Sleep(stalled / 2)
		}
	})
}

// TestRefusedPeople: who waits for a page gets one, and programs get an error.
func TestRefusedPeople(t *testing.T) {
	h, _, _ := recorded(t)
	page := func(w http.ResponseWriter, _ *http.Request, err error) {
		http.Error(w, "page: "+err.Error(), http.StatusForbidden)
	}
	handler := Secure(h.bare, Guards{Names: []string{"example.com"}, Page: page, Log: slog.New(slog.DiscardHandler)})
	const html, evil, proxied = "text/html", "http://evil.example", "X-Forwarded-For"
	for name, c := range map[string]struct {
		target string
		header []string
		starts string
	}{
		"a name, a person":            {evil + "/", []string{"Accept", html}, "page: this name is not known here"},
		"a name, a program":           {evil + "/", nil, `{"error":{"kind":"forbidden","message":"this name is not known here; start with --host`},
		"a name, a person at the API": {evil + "/api/v1/cameras", []string{"Accept", html}, `{"error"`},
		"a proxy, a person":           {"/", []string{"Accept", html, proxied, "192.168.1.7"}, "page: this came through a proxy"},
		"a proxy, a program":          {"/api/v1/cameras", []string{proxied, "192.168.1.7"}, `{"error":{"kind":"forbidden","message":"this came through a proxy`},
	} {
		r := do(handler, "GET", c.target, "", c.header...)
		body, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != http.StatusForbidden || !strings.HasPrefix(string(body), c.starts) {
			t.Errorf("%s: %d %s %v", name, r.StatusCode, body, err)
		}
	}
	if r := do(handler, "GET", "/api/v1/cameras", ""); r.StatusCode != http.StatusOK {
		t.Errorf("without a proxy: %d", r.StatusCode)
	}
}
