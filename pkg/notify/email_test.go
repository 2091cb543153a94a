package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// post is a mail server that passes on what it gets.
type post struct {
	got    chan letter
	secure bool // it wants a password
	refuse error

	mu      sync.Mutex
	greeted []string
}

type letter struct {
	from, to string
	data     []byte
	user     string
	tls      bool
}

type visit struct {
	post *post
	conn *smtp.Conn
	l    letter
}

func (p *post) NewSession(c *smtp.Conn) (smtp.Session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.greeted = append(p.greeted, c.Hostname())
	return &visit{post: p, conn: c}, nil
}

func (v *visit) AuthMechanisms() []string { return []string{sasl.Plain} }

func (v *visit) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != "right" {
			return smtp.ErrAuthFailed
		}
		v.l.user = user
		return nil
	}), nil
}

func (v *visit) Mail(from string, _ *smtp.MailOptions) error {
	if v.post.secure && v.l.user == "" {
		return smtp.ErrAuthRequired
	}
	v.l.from = from
	return v.post.refuse
}
func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error { v.l.to = to; return nil }
func (v *visit) Data(r io.Reader) (err error) {
	v.l.data, err = io.ReadAll(r)
	_, v.l.tls = v.conn.TLSConnectionState()
	v.post.got <- v.l
	return err
}
func (v *visit) Reset()        {}
func (v *visit) Logout() error { return nil }

// serve starts the mail server; implicit has it speak TLS from the beginning.
func (h *house) serve(p *post, withTLS, implicit bool) string {
	h.t.Helper()
	https := httptest.NewTLSServer(nil) // for its certificate
	h.t.Cleanup(https.Close)
	s := smtp.NewServer(p)
	s.Domain = "mail.test"
	s.ReadTimeout, s.WriteTimeout = 10*time.Second, 10*time.Second
	if withTLS {
		h.roots.AddCert(https.Certificate())
		s.TLSConfig = &tls.Config{Certificates: https.TLS.Certificates}
	}
	s.AllowInsecureAuth = true
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	if implicit {
		l = tls.NewListener(l, s.TLSConfig)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	h.t.Cleanup(func() { s.Close(); <-done })
	return l.Addr().String()
}

func TestEmail(t *testing.T) {
	h := newHouse(t)
	p := &post{got: make(chan letter, 10), secure: true}
	address := h.serve(p, true, false)
	h.add(Email, "server", address, "user", "me", "password", "right", "from", "stoop@example.com", "to", "you@example.com")
	m := ring("ring-1")
	m.Title = "Tür läutet\r\nBcc: evil@example.com"
	h.send(m, func(ctx context.Context) ([]byte, error) {
		select { // it comes a little later, and in the same letter
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
		}
		return jpeg, nil
	})
	got := next(t, p.got)
	if got.from != "stoop@example.com" || got.to != "you@example.com" || got.user != "me" || !got.tls {
		t.Errorf("%+v", got)
	}
	text, attached := open(t, got.data)
	parsed, err := mail.ReadMessage(bytes.NewReader(got.data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	if err != nil || subject != "Tür läutet  Bcc: evil@example.com" || parsed.Header.Get("Bcc") != "" {
		t.Errorf("subject %q, %v", subject, err)
	}
	if !strings.Contains(text, m.Text) || !strings.Contains(text, m.Why) || !strings.Contains(text, "https://stoop.test/cameras/1") || !strings.Contains(text, "https://stoop.test/settings/alerts?told="+m.ID+"#told") || !bytes.Equal(attached, jpeg) {
		t.Errorf("%q with %d bytes", text, len(attached))
	}
	if p.greeted[0] != "localhost" {
		t.Errorf("the server is told a name: %q", p.greeted)
	}
	gone := m
	gone.Gone = true
	h.send(gone, nil)
	eventually(t, "done", func() bool { return h.waiting() == 0 })
	if len(p.got) > 0 {
		t.Error("a second letter about one ring")
	}
}

// open takes a letter apart.
func open(t *testing.T, data []byte) (text string, attached []byte) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return text, attached
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/plain") {
			text = string(b)
		} else {
			attached = decode64(t, b)
		}
	}
}

func TestEmailOverTLS(t *testing.T) {
	h := newHouse(t)
	p := &post{got: make(chan letter, 10), secure: true}
	address := h.serve(p, true, true)
	h.add(Email, "server", address, "security", "tls", "user", "me", "password", "right", "from", "a@example.com", "to", "b@example.com")
	h.send(ring("ring-1"), nil)
	if got := next(t, p.got); !got.tls || got.user != "me" {
		t.Errorf("%+v", got)
	}
}

func TestMailServersThatDoNotTakeIt(t *testing.T) {
	for name, c := range map[string]struct {
		withTLS  bool
		security string
		password string
		refuse   error
		want     Trouble
	}{
		"without TLS":              {false, "starttls", "", nil, Refused},
		"wrong password":           {true, "starttls", "wrong", nil, Denied},
		"unknown mailbox":          {true, "starttls", "right", &smtp.SMTPError{Code: 550, Message: "no such user"}, Missing},
		"for the moment":           {true, "starttls", "right", &smtp.SMTPError{Code: 451, Message: "later"}, Refused},
		"no password in the clear": {false, "none", "right", nil, Refused},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			p := &post{got: make(chan letter, 10), refuse: c.refuse}
			pairs := []string{"server", h.serve(p, c.withTLS, false), "security", c.security, "from", "a@example.com", "to", "b@example.com"}
			if c.password != "" {
				pairs = append(pairs, "user", "me", "password", c.password)
			}
			got, err := h.box.Test(t.Context(), h.add(Email, pairs...).ID, "Test", "Test")
			if err != nil || got.Trouble != c.want {
				t.Errorf("%s: %s, %v", got.Trouble, got.Detail, err)
			}
			if len(p.got) > 0 {
				t.Error("it was sent all the same")
			}
		})
	}
}

func TestAnUnknownMailServer(t *testing.T) {
	h := newHouse(t)
	p := &post{got: make(chan letter, 10)}
	address := h.serve(p, true, false)
	c := h.add(Email, "server", strings.Replace(address, "127.0.0.1", "localhost", 1), "from", "a@example.com", "to", "b@example.com")
	got, err := h.box.Test(t.Context(), c.ID, "Test", "Test")
	if err != nil || got.Trouble != Certificate {
		t.Errorf("%s: %s, %v", got.Trouble, got.Detail, err)
	}
}

// TestLettersAreTold: the letter of a missed ring is none that came before, for servers
// that leave out what they have.
func TestLettersAreTold(t *testing.T) {
	h := newHouse(t)
	p := &post{got: make(chan letter, 10)}
	h.add(Email, "server", h.serve(p, false, false), "security", "none", "from", "stoop@example.com", "to", "you@example.com")
	m := ring("ring-1-1")
	id := func() string {
		parsed, err := mail.ReadMessage(bytes.NewReader(next(t, p.got).data))
		if err != nil {
			t.Fatal(err)
		}
		return parsed.Header.Get("Message-Id")
	}
	h.send(m, nil)
	first := id()
	h.send(shipped().late(m), nil)
	if second := id(); first == second {
		t.Errorf("both are %s", first)
	}
}
