package dialog

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// frames passes on as much as p takes of those frames that have arrived
// (RFC 2326, 10.12). Nothing and no error means that something else is next.
func (c *Conn) frames(p []byte) (n int, err error) {
	if c.rest == 0 {
		if ok, err := c.frame(); !ok {
			return 0, err
		}
	}
	if _, err = c.r.Peek(1); err != nil {
		return 0, err
	}
	b, _ := c.r.Peek(c.r.Buffered())
	for n < len(b) && n < len(p) {
		if c.rest == 0 {
			if b[n] != '$' || len(b)-n < 4 {
				break
			}
			c.rest, c.at, c.rtp = size(b[n:]), 0, c.sources[b[n+1]]
		}
		step := copy(p[n:], b[n:min(n+c.rest, len(b))])
		c.unname(p[n : n+step])
		n += step
		c.rest -= step
	}
	_, err = c.r.Discard(n)
	return n, err
}

// unname takes the name of the source (SSRC, RFC 3550, 5.1) out of a piece of a
// frame. A track has one source at a time, and may go on with another; the
// library would refuse that one's packets.
func (c *Conn) unname(piece []byte) {
	const from, to = 4 + 8, 4 + 12
	if c.rtp && c.at < to {
		clear(piece[min(max(from-c.at, 0), len(piece)):min(to-c.at, len(piece))])
	}
	c.at += len(piece)
}

// size is that of a frame with its header.
func size(b []byte) int { return 4 + int(b[2])<<8 + int(b[3]) }

// frame tells whether a frame is next, and has its header arrive. One that
// comes before PLAY is left out.
//
// After bytes that were neither frame nor message, what looks like one is taken
// for a frame only if its channel was agreed on and it holds RTP or RTCP: one
// that is none would swallow up to 64 KiB.
func (c *Conn) frame() (bool, error) {
	b, err := c.r.Peek(1)
	if err != nil || b[0] != '$' {
		return false, err
	}
	if c.lost {
		if b, err = c.r.Peek(5); err != nil {
			return false, err
		}
		c.mu.Lock()
		c.lost = !c.channels[b[1]] || b[4]>>6 != 2
		c.mu.Unlock()
		if c.lost {
			_, err = c.r.Discard(1)
			return false, err
		}
	}
	if b, err = c.r.Peek(4); err != nil {
		return false, err
	}
	if !c.playing.Load() {
		_, err = c.r.Discard(size(b))
		return false, err
	}
	return c.agreed || !c.agree(), nil
}

// message reads what is no frame.
func (c *Conn) message() error {
	b, err := c.r.Peek(1)
	if err != nil || b[0] == '$' {
		return err
	}
	begins, err := c.begins()
	if err != nil {
		return err
	}
	if !begins {
		if !c.heard && b[0] != '\r' && b[0] != '\n' {
			return ErrNotRTSP
		}
		c.lost = c.lost || b[0] != '\r' && b[0] != '\n'
		_, err = c.r.Discard(1)
		return err
	}
	c.heard, c.lost = true, false
	m, err := readHead(c.r)
	if err != nil {
		return err
	}
	if method, _, ok := m.request(); ok {
		if err := c.readBody(m, false); err != nil {
			return err
		}
		return c.reply(method, m)
	}
	code, reason, ok := m.status()
	if !ok {
		return fmt.Errorf("the camera answered %q", m.first[:min(len(m.first), 60)])
	}
	return c.answer(m, code, reason)
}

// beginnings are what a message begins with. Bytes that a camera sends too much
// are looked through for them.
var beginnings = [...]string{
	"RTSP/", "OPTIONS ", "ANNOUNCE ", "GET_PARAMETER ", "SET_PARAMETER ", "TEARDOWN ", "REDIRECT ",
	"DESCRIBE ", "SETUP ", "PLAY ", "PAUSE ", "RECORD ", "PLAY_NOTIFY ",
}

// begins tells whether a message is next. It waits for no more bytes than it
// takes to tell.
func (c *Conn) begins() (bool, error) {
	for n := 1; ; n++ {
		b, err := c.r.Peek(n)
		if err != nil {
			return false, err
		}
		possible := false
		for _, text := range beginnings {
			if n <= len(text) && strings.EqualFold(text[:n], string(b)) {
				if n == len(text) {
					return true, nil
				}
				possible = true
			}
		}
		if !possible {
			return false, nil
		}
	}
}

// How long a camera may pause within a description before it counts as over.
// Where its length is said, all of it is to be expected: a lost packet of a
// camera on Wi-Fi takes a second or two to come again.
const (
	silence       = time.Second
	silenceWithin = 4 * time.Second
)

// errNext says that a body is over because something else begins.
var errNext = errors.New("something else begins")

// readBody reads what follows a header. A description ends where its camera
// falls silent if its length is not said, and goes on over a length that is
// too small. Other bodies are of no consequence: one that is promised and does
// not come is not waited for.
func (c *Conn) readBody(m *message, description bool) error {
	n, known := m.length()
	switch {
	case n > maxBody:
		return errTooLong
	case n == 0 && !description:
		return nil
	}
	defer func() { _ = c.SetReadDeadline(time.Time{}) }()
	var err error
	if description {
		err = c.readCounted(m, n, silenceWithin)
	}
	for err == nil && len(m.body) < maxBody && (len(m.body) < n || description && (!known || c.r.Buffered() > 0)) {
		most := maxBody
		if !description {
			most = n
		}
		err = c.readLine(m, most-len(m.body))
	}
	if errors.Is(err, errNext) || errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}

// readCounted reads until the body has n bytes, each piece within a time.
func (c *Conn) readCounted(m *message, n int, within time.Duration) error {
	for len(m.body) < n {
		_ = c.SetReadDeadline(time.Now().Add(within))
		if _, err := c.r.Peek(1); err != nil {
			return err
		}
		b, _ := c.r.Peek(min(c.r.Buffered(), n-len(m.body)))
		m.body = append(m.body, b...)
		_, _ = c.r.Discard(len(b))
	}
	return nil
}

// readLine reads one more line of a body, or so many bytes of it, if one is next.
func (c *Conn) readLine(m *message, most int) error {
	_ = c.SetReadDeadline(time.Now().Add(silence))
	b, err := c.r.Peek(1)
	if err != nil {
		return err
	}
	begins, err := c.begins()
	if err != nil {
		return err
	}
	if begins || b[0] == '$' {
		return errNext
	}
	b, _ = c.r.Peek(min(c.r.Buffered(), most))
	if end := bytes.IndexByte(b, '\n'); end >= 0 {
		b = b[:end+1]
	}
	m.body = append(m.body, b...)
	_, _ = c.r.Discard(len(b))
	return nil
}
