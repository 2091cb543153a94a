package rtsp

import (
	"bufio"
	"cmp"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// scripted is a camera that keeps to no rules but those of its script. It plays
// 25 pictures a second with sound, over TCP.
type scripted struct {
	// answer changes what the camera answers, or adds to it; nil changes nothing.
	answer func(q ask, usual string) string
	// between is sent before the n-th picture.
	between func(n int) string
	// admit refuses a request unless it returns nothing: with a 401 and these
	// fields. Nil lets everybody in.
	admit func(q ask) string
	// sdp replaces the description.
	sdp string
	// source is added to the SSRC of the n-th packet of a track; nil adds nothing.
	source func(n int) uint32
	// every is how far apart pictures are, if not 40 ms.
	every time.Duration
	// encrypts has it speak RTSPS.
	encrypts bool
	// channels are where picture and sound go, if not where it was asked for.
	channels [2]int

	t        *testing.T
	listener net.Listener
	logins   atomic.Int32 // requests that carried a password
	mu       sync.Mutex
	heard    []string // methods and status lines that came in
}

// ask is a request to the camera.
type ask struct {
	method, uri string
	fields      map[string]string // names in lower case
	conn        *scriptedConn
}

const scriptedSDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=cam\r\nt=0 0\r\na=control:*\r\n" +
	"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z2QAH6zZQFAFuwFsgAAAAwCAAAAeB4wYyw==,aOvjyyLA\r\na=control:trackID=0\r\n" +
	"m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=control:trackID=1\r\n"

// open listens until the test ends and returns the address of the stream.
func (s *scripted) open(t *testing.T) (address string) {
	t.Helper()
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.t = t
	address = "rtsp://" + s.listener.Addr().String() + "/live"
	if s.encrypts {
		s.listener = tls.NewListener(s.listener, certificate(t))
		address = strings.Replace(address, "rtsp", "rtsps", 1)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		s.listener.Close()
		all.Wait()
	})
	return address
}

// serve speaks with whoever is at the other end of a connection.
func (s *scripted) serve(conn net.Conn) {
	(&scriptedConn{scripted: s, conn: conn, closed: make(chan struct{}), channel: [2]int{-1, -1}}).serve()
}

func certificate(t *testing.T) *tls.Config {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}}
}

func (s *scripted) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, what)
}

// count returns how often something was heard.
func (s *scripted) count(what string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.heard {
		if strings.HasPrefix(h, what) {
			n++
		}
	}
	return n
}

// scriptedConn is one connection to the camera.
type scriptedConn struct {
	*scripted
	conn    net.Conn
	closed  chan struct{}
	channel [2]int

	mu sync.Mutex // of writing
}

func (c *scriptedConn) send(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = io.WriteString(c.conn, text) // fails once the client is gone
}

func (c *scriptedConn) serve() {
	var playing sync.WaitGroup
	defer playing.Wait()
	defer close(c.closed)
	defer c.conn.Close()
	r := bufio.NewReader(c.conn)
	for {
		q, ok := c.next(r)
		if !ok {
			return
		}
		if c.admit != nil {
			if q.fields["authorization"] != "" {
				c.logins.Add(1)
			}
			if fields := c.admit(q); fields != "" {
				c.send("RTSP/1.0 401 Unauthorized\r\nCSeq: " + q.fields["cseq"] + "\r\n" + fields + "\r\n")
				continue
			}
		}
		usual := c.usual(q)
		if c.answer != nil {
			usual = c.answer(q, usual)
		}
		c.send(usual)
		switch q.method {
		case "PLAY":
			playing.Go(c.play)
		case "TEARDOWN":
			return
		}
	}
}

// next reads a request, and takes note of answers.
func (c *scriptedConn) next(r *bufio.Reader) (q ask, ok bool) {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return q, false
		}
		c.note(strings.TrimSpace(line))
		words := strings.Fields(line)
		q = ask{fields: map[string]string{}, conn: c}
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return q, false
			}
			if line = strings.TrimSpace(line); line == "" {
				break
			}
			name, value, _ := strings.Cut(line, ":")
			q.fields[strings.ToLower(name)] = strings.TrimSpace(value)
		}
		if len(words) == 3 && !strings.HasPrefix(words[0], "RTSP/") {
			q.method, q.uri = words[0], words[1]
			return q, true
		}
	}
}

func (c *scriptedConn) usual(q ask) string {
	head := "RTSP/1.0 200 OK\r\nCSeq: " + q.fields["cseq"] + "\r\n"
	switch q.method {
	case "OPTIONS":
		return head + "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER\r\n\r\n"
	case "DESCRIBE":
		sdp := c.sdp
		if sdp == "" {
			sdp = scriptedSDP
		}
		return head + "Content-Base: " + q.uri + "/\r\nContent-Type: application/sdp\r\nContent-Length: " + strconv.Itoa(len(sdp)) + "\r\n\r\n" + sdp
	case "SETUP":
		track := 0
		if strings.HasSuffix(q.uri, "1") {
			track = 1
		}
		_, asked, _ := strings.Cut(q.fields["transport"], "interleaved=")
		_, _ = fmt.Sscanf(asked, "%d", &c.channel[track])
		if c.channels != [2]int{} {
			c.channel[track] = c.channels[track]
		}
		return head + fmt.Sprintf("Transport: RTP/AVP/TCP;unicast;interleaved=%d-%d\r\nSession: 12345678;timeout=60\r\n\r\n", c.channel[track], c.channel[track]+1)
	}
	return head + "Session: 12345678\r\n\r\n"
}

func (c *scriptedConn) play() {
	every := cmp.Or(c.every, 40*time.Millisecond)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := 0; ; n++ {
		if c.between != nil {
			c.send(c.between(n))
		}
		picture := inter264(200)
		if n%10 == 0 {
			picture = key264(900)
		}
		at := time.Duration(n) * every / time.Millisecond
		c.packet(0, 96, n, uint32(at*90), picture)
		c.packet(1, 0, n, uint32(at*8), make([]byte, 320))
		select {
		case <-c.closed:
			return
		case <-tick.C:
		}
	}
}

func (c *scriptedConn) packet(track int, pt uint8, n int, ts uint32, payload []byte) {
	if c.channel[track] < 0 {
		return
	}
	p := rtp.Packet{Header: rtp.Header{Version: 2, Marker: track == 0, PayloadType: pt, SequenceNumber: uint16(n), Timestamp: ts, SSRC: uint32(track + 7)}, Payload: payload}
	if c.source != nil {
		p.SSRC += c.source(n)
	}
	b, err := p.Marshal()
	if err != nil {
		c.t.Error(err)
	}
	c.send(string(interleaved(c.channel[track], b)))
}

// interleaved makes an interleaved frame (RFC 2326, 10.12).
func interleaved(channel int, b []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{'$', byte(channel)}, uint16(len(b))), b...)
}
