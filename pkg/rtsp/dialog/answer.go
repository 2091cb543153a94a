package dialog

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// answer takes an answer of the camera. What the library asked last is what it
// answers, whatever its CSeq says: the library asks one thing at a time.
func (c *Conn) answer(m *message, code int, reason string) error {
	c.mu.Lock()
	q := c.asked
	if n, ok := number(m.get("CSeq")); ok && n <= c.answered && code < 400 || code < 200 {
		q = nil // said twice, or not the last word
	} else if ok && n == c.number {
		c.answered = n
	}
	c.mu.Unlock() // a description may take its time
	if err := c.readBody(m, q != nil && q.method == "DESCRIBE" && code/100 == 2); err != nil || q == nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if code == 401 {
		if c.login.challenged(q, m.all("WWW-Authenticate")) {
			return c.ask(q)
		}
		if c.login.foreign && !c.playing.Load() {
			return ErrLogin
		}
	}
	c.asked, c.agreed = nil, c.agreed || q.method == "PLAY"
	c.login.renewed(m.get("Authentication-Info"))
	if q.method == "GET_PARAMETER" && code >= 400 && code != 401 {
		c.noPing = true
	}
	if location := m.get("Location"); q.method == "DESCRIBE" && code/100 == 3 && location != "" {
		return &Redirect{location}
	}
	c.ready = c.settled(q, m, code, reason)
	return nil
}

// mute is for how long packets come that PLAY asked for before they are taken
// for its answer.
const mute = 3 * time.Second

// agree tells whether packets come although PLAY was not answered, and answers
// it then: some cameras never do.
func (c *Conn) agree() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := c.asked
	if q == nil || q.method != "PLAY" || time.Since(c.since) < mute {
		return false
	}
	c.asked, c.agreed = nil, true
	c.ready = c.settled(q, &message{}, 200, "OK")
	return true
}

// stand-in for the description, which the library need not read.
const standIn = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"

// settled writes an answer as the library wants it: with what it needs and
// nothing else. c.mu must be held.
func (c *Conn) settled(q *request, m *message, code int, reason string) []byte {
	// What a camera thinks of OPTIONS is of no consequence: what it can do shows.
	if code/100 == 2 || q.method == "OPTIONS" && code != 401 {
		code, reason = 200, "OK"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "RTSP/1.0 %d %s\r\nCSeq: %s\r\n", code, reason, q.cseq)
	if session := c.keepSession(q.method, m.get("Session")); session != "" && code == 200 {
		fmt.Fprintf(&b, "Session: %s\r\n", session)
	}
	if code != 200 {
		b.WriteString("\r\n")
		return b.Bytes()
	}
	switch q.method {
	case "OPTIONS":
		if methods := strings.ToUpper(strings.Join(m.all("Public"), ",")); len(methods) < 1000 {
			fmt.Fprintf(&b, "Public: %s\r\n", methods)
		}
	case "DESCRIBE":
		c.body, c.base = m.body, baseOf(q.uri, m)
		fmt.Fprintf(&b, "Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(standIn), standIn)
		return b.Bytes()
	case "SETUP":
		fmt.Fprintf(&b, "Transport: %s\r\n", c.transport(q, m.all("Transport")))
	case "PLAY":
		if info := strings.Join(m.all("RTP-Info"), ","); info != "" && len(info) < 2000 {
			fmt.Fprintf(&b, "RTP-Info: %s\r\n", info)
		}
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// Sessions that say nothing sensible about how long they last are kept up as
// those are that say nothing.
const maxTimeout = 3600 // seconds

// keepSession reads a Session field (RFC 2326, 12.37). A session begins with
// SETUP, and the first stays the one: a camera that names another with each
// track plays the first.
func (c *Conn) keepSession(method, value string) string {
	parts := strings.Split(value, ";")
	if id := strings.TrimSpace(parts[0]); method == "SETUP" && c.session == "" && len(id) <= 256 {
		c.session = id
	}
	if value == "" || c.session == "" {
		return ""
	}
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(part, "=")
		if n, ok := number(strings.Trim(value, ` "`)); ok && n > 0 && n <= maxTimeout && strings.EqualFold(strings.TrimSpace(name), "timeout") {
			return fmt.Sprintf("%s;timeout=%d", c.session, n)
		}
	}
	return c.session
}

// baseOf returns what addresses in a description are relative to (RFC 2326,
// C.1.1). A field that holds no address of this camera counts as missing.
func baseOf(asked string, m *message) *url.URL {
	own, err := url.Parse(asked)
	if err != nil {
		return nil
	}
	for _, value := range append(m.all("Content-Base"), m.all("Content-Location")...) {
		if u := Absolute(own, value); u != nil {
			return u
		}
	}
	return own
}

// Absolute reads an address that a camera wrote: a whole one, one without its
// scheme, or a path. It returns nil if it is none of these. A whole one may
// name another host, since a camera behind a router knows itself by another
// name; where packets go does not depend on it.
func Absolute(own *url.URL, text string) *url.URL {
	text = strings.Trim(text, `"<> `)
	scheme, _, found := strings.Cut(text, "://")
	whole := found && (strings.EqualFold(scheme, "rtsp") || strings.EqualFold(scheme, "rtsps"))
	switch {
	case text == "" || found && !whole:
		return nil
	case strings.HasPrefix(text, "/"):
		text = own.Scheme + "://" + own.Host + text
	case !whole:
		text = own.Scheme + "://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Opaque != "" || !whole && u.Hostname() != own.Hostname() {
		return nil
	}
	u.Scheme, u.User, u.Fragment, u.RawFragment = own.Scheme, nil, "", ""
	return u
}

// transport reads a Transport field (RFC 2326, 12.39). What it leaves open, or
// says in a way that cannot be, is as it was asked for. c.mu must be held.
func (c *Conn) transport(q *request, fields []string) string {
	asked := readTransport((&message{fields: q.fields}).get("Transport"))
	said := readTransport(strings.Join(fields, ","))
	if said.profile == "" {
		said.profile = asked.profile
	}
	if strings.Contains(said.profile, "savp") {
		return "RTP/SAVP/TCP;unicast;interleaved=" + asked.params["interleaved"] // not asked for: the library refuses it
	}
	_, tcp := said.params["interleaved"]
	_, udp := said.params["server_port"]
	wanted, first := number(asked.params["interleaved"])
	if first && !udp || tcp || strings.HasSuffix(said.profile, "/tcp") {
		channel, ok := number(said.params["interleaved"])
		if !ok || channel > 254 || c.channels[channel] || c.channels[channel+1] {
			channel = wanted
		}
		if channel <= 254 {
			c.channels[channel], c.channels[channel+1], c.sources[channel] = true, true, true
		}
		return fmt.Sprintf("RTP/AVP/TCP;unicast;interleaved=%d-%d", channel, channel+1)
	}
	settled := "RTP/AVP;unicast"
	if _, many := said.params["multicast"]; many {
		settled = "RTP/AVP;multicast" // the library refuses it
	}
	if from, ok := number(said.params["server_port"]); ok && from > 0 && from < 1<<16-1 {
		to := from + 1
		if _, text, found := strings.Cut(said.params["server_port"], "-"); found {
			if n, ok := number(text); ok && n > 0 && n < 1<<16 {
				to = n
			}
		}
		settled += fmt.Sprintf(";server_port=%d-%d", from, to)
	}
	if ip := net.ParseIP(said.params["source"]); ip != nil {
		settled += ";source=" + ip.String()
	}
	return settled
}

// transport is the first of those that a Transport field lists, in lower case.
type transport struct {
	profile string // "rtp/avp/tcp"
	params  map[string]string
}

func readTransport(field string) transport {
	t := transport{params: map[string]string{}}
	field, _, _ = strings.Cut(strings.ToLower(field), ",")
	for _, part := range strings.Split(field, ";") {
		name, value, _ := strings.Cut(part, "=")
		name, value = strings.TrimSpace(name), strings.Trim(value, ` "`)
		if strings.HasPrefix(name, "rtp/") {
			t.profile = name
		} else if name != "" && len(t.params) < 32 {
			t.params[name] = value
		}
	}
	return t
}
