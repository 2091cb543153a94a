// Package dialog lies between a camera and the RTSP client library and settles
// what the library would refuse although there is only one thing it can mean:
// it reads requests and answers generously, writes them as RFC 2326 has them,
// answers what the camera asks, and logs in. RTP packets that come in between
// pass through as they are.
//
// What it does not do: it sends nothing of its own accord, and what the library
// asks for goes to the camera unchanged but for CSeq and Authorization.
package dialog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Errors of [Conn.Read] that are the camera's last word.
var (
	ErrNotRTSP = errors.New("what answers there does not speak RTSP")
	ErrEnded   = errors.New("the camera ended the session")
	ErrLogin   = errors.New("the camera asks for a way to log in that is not known here")
)

// Redirect is an error of [Conn.Read]: the camera answered DESCRIBE with
// another address, which may be any text.
type Redirect struct{ Location string }

func (r *Redirect) Error() string { return "the camera redirects to another address" }

// Conn is a connection to a camera as the client library wants to see it. Read
// is called by one goroutine at a time, Write by any.
type Conn struct {
	net.Conn
	r     *bufio.Reader
	heard bool   // a message came
	ready []byte // an answer for the library
	rest  int    // bytes of the present frame that were not passed on
	at    int    // and that were
	rtp   bool   // it is on a channel of RTP
	lost  bool   // what came last was neither frame nor message

	playing atomic.Bool // PLAY was asked for: frames may come
	agreed  bool        // and was answered, or is taken to be; of Read alone

	mu       sync.Mutex
	asked    *request // what the camera has yet to answer
	since    time.Time
	number   int // CSeq of the last request
	answered int // the highest CSeq that came back as it was sent
	session  string
	noPing   bool      // GET_PARAMETER is refused
	channels [256]bool // that RTP and RTCP come on
	sources  [256]bool // that RTP comes on; of Read alone
	login    login
	base     *url.URL
	body     []byte
}

// request is one of the library's.
type request struct {
	method, uri string
	fields      []field // without CSeq
	body        []byte
	cseq        string     // the library's
	proven      *challenge // what it was last sent to satisfy
	stale       bool       // a nonce made for it was called stale
}

// New returns a connection that reads from r, which buffers what arrives at
// conn, and logs in as user where the camera asks for it.
func New(conn net.Conn, r *bufio.Reader, user *url.Userinfo) *Conn {
	// The first CSeq is 2: an answer that always says 0 or 1 is then told from
	// one that says it because it answers twice.
	return &Conn{Conn: conn, r: r, number: 1, answered: -1, login: login{user: user}}
}

// Described returns the description that the camera answered DESCRIBE with,
// and the address that addresses in it are relative to.
func (c *Conn) Described() (body []byte, base *url.URL) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.body, c.base
}

// LoggedIn tells whether the camera asked for a log-in, and did not refuse it.
func (c *Conn) LoggedIn() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.login.accepted != nil && !c.login.refused
}

// Read returns what the camera sent: whole answers, and frames in pieces of
// any size. Besides those of the connection and of this package its errors say
// what the camera did wrong.
func (c *Conn) Read(p []byte) (int, error) {
	for {
		if len(c.ready) > 0 {
			n := copy(p, c.ready)
			c.ready = c.ready[n:]
			return n, nil
		}
		if n, err := c.frames(p); n > 0 || err != nil {
			return n, err
		}
		if err := c.message(); err != nil {
			return 0, err
		}
	}
}

// patience bounds how long a camera may take no bytes.
const patience = 10 * time.Second

// reply answers a request of the camera: what keeps the session up is granted,
// and what tells of a change is taken note of, since the stream says as much.
func (c *Conn) reply(method string, m *message) error {
	status, end := "200 OK", error(nil)
	switch strings.ToUpper(method) {
	case "OPTIONS", "ANNOUNCE", "GET_PARAMETER", "SET_PARAMETER", "PLAY_NOTIFY":
	case "TEARDOWN", "REDIRECT":
		end = ErrEnded
	default:
		status = "501 Not Implemented"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "RTSP/1.0 %s\r\n", status)
	for _, name := range []string{"CSeq", "Session"} {
		if value := m.get(name); value != "" {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	b.WriteString("Public: OPTIONS, ANNOUNCE, GET_PARAMETER, SET_PARAMETER, TEARDOWN\r\n\r\n")
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.send(b.Bytes()); err != nil {
		return err
	}
	return end
}

func (c *Conn) send(b []byte) error {
	_ = c.SetWriteDeadline(time.Now().Add(patience))
	_, err := c.Conn.Write(b)
	return err
}

// Write takes one request or one frame of the library.
func (c *Conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(p) == 0 || p[0] == '$' {
		return c.Conn.Write(p)
	}
	q, err := readRequest(p)
	if err != nil {
		return 0, err
	}
	if c.noPing && q.method == "GET_PARAMETER" {
		q.method = "OPTIONS"
	}
	if q.method == "PLAY" {
		c.playing.Store(true)
	}
	if err := c.ask(q); err != nil {
		return 0, err
	}
	return len(p), nil
}

// readRequest reads what the library wrote.
func readRequest(p []byte) (*request, error) {
	m, err := readHead(bufio.NewReader(bytes.NewReader(p)))
	if err != nil {
		return nil, err
	}
	var q request
	q.method, q.uri, _ = m.request()
	q.cseq = m.get("CSeq")
	for _, f := range m.fields {
		if f.name != "CSeq" {
			q.fields = append(q.fields, f)
		}
	}
	_, q.body, _ = bytes.Cut(p, []byte("\r\n\r\n"))
	return &q, nil
}

// ask sends a request under a number of its own; c.mu must be held.
func (c *Conn) ask(q *request) error {
	c.number++
	c.asked, c.since = q, time.Now()
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s RTSP/1.0\r\nCSeq: %d\r\n", q.method, q.uri, c.number)
	for _, f := range q.fields {
		fmt.Fprintf(&b, "%s: %s\r\n", f.name, f.value)
	}
	if proof := c.login.prove(q); proof != "" {
		fmt.Fprintf(&b, "Authorization: %s\r\n", proof)
	}
	b.WriteString("\r\n")
	b.Write(q.body)
	return c.send(b.Bytes())
}
