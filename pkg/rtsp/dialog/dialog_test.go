package dialog

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/google/go-cmp/cmp"
)

// The vectors of RFC 7616, 3.9.1, and RFC 2617, 3.5.
func TestDigestVectors(t *testing.T) {
	for _, tt := range []struct{ name, field, cnonce, user, password, method, uri, want string }{
		{"7616 MD5", `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
			"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "Mufasa", "Circle of Life", "GET", "/dir/index.html", "8ca523f5e9506fed4657c9700eebdbec"},
		{"7616 SHA-256", `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
			"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "Mufasa", "Circle of Life", "GET", "/dir/index.html", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
		{"2617", `Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`,
			"0a4f113b", "Mufasa", "Circle Of Life", "GET", "/dir/index.html", "6629fae49393a05397450978507c4ef1"},
	} {
		c := best(readChallenges([]string{tt.field}))
		if c == nil {
			t.Errorf("%s: not understood", tt.name)
			continue
		}
		l := login{user: url.UserPassword(tt.user, tt.password), accepted: c, cnonce: tt.cnonce, count: 1}
		got := l.digest(tt.method, tt.uri, nil, tt.password)
		if !strings.Contains(got, `response="`+tt.want+`"`) || !strings.Contains(got, "nc=00000001") || !strings.Contains(got, `opaque="`+c.params["opaque"]+`"`) {
			t.Errorf("%s: %s, want response %s", tt.name, got, tt.want)
		}
	}
}

// The user hash of RFC 7616, 3.9.2. Its response vector is for SHA-512/256 as
// few people compute it, so only the name is looked at.
func TestUserHash(t *testing.T) {
	c := best(readChallenges([]string{`Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", userhash=true`}))
	l := login{user: url.UserPassword("Jäsøn Doe", "Secret, or not?"), accepted: c, cnonce: "x", count: 1}
	got := l.digest("GET", "/doe.json", nil, "Secret, or not?")
	if !strings.Contains(got, `username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"`) || !strings.Contains(got, "userhash=true") {
		t.Error(got)
	}
}

var challengeFields = []struct {
	fields []string
	want   []challenge
}{
	{nil, nil},
	{[]string{"Basic"}, []challenge{{"basic", map[string]string{}}}},
	{[]string{`Digest realm="a, \"b\" =c",nonce=x==,stale=FALSE`, `basic Realm = "r"`}, []challenge{
		{"digest", map[string]string{"realm": `a, \"b\" =c`, "nonce": "x==", "stale": "FALSE"}}, {"basic", map[string]string{"realm": "r"}}}},
	{[]string{`Basic realm="a", Digest realm="b", nonce="n" , Negotiate`}, []challenge{
		{"basic", map[string]string{"realm": "a"}}, {"digest", map[string]string{"realm": "b", "nonce": "n"}}, {"negotiate", map[string]string{}}}},
	{[]string{`Digest realm="never ends`}, []challenge{{"digest", map[string]string{"realm": "never ends"}}}},
	{[]string{`realm="nobody's"`, `,, ==`, `"`}, []challenge{{`"`, map[string]string{}}}},
}

func TestChallenges(t *testing.T) {
	for _, tt := range challengeFields {
		if diff := cmp.Diff(tt.want, readChallenges(tt.fields), cmp.AllowUnexported(challenge{})); diff != "" {
			t.Errorf("%q: %s", tt.fields, diff)
		}
	}
}

func FuzzChallenges(f *testing.F) {
	for _, tt := range challengeFields {
		f.Add(strings.Join(tt.fields, ","))
	}
	f.Fuzz(func(t *testing.T, field string) {
		field = plain([]byte(field)) // as fields come
		all := readChallenges([]string{field})
		c := best(all)
		if len(all) > maxChallenges || c == nil {
			return
		}
		q := &request{method: "OPTIONS", uri: "rtsp://camera/"}
		l := login{user: url.UserPassword("user", "password")}
		if !l.challenged(q, []string{field}) {
			t.Fatalf("%q is not taken up", field)
		}
		l.renewed(field)
		if proof := l.prove(q); strings.ContainsAny(proof, "\r\n") || !strings.HasPrefix(proof, "Basic ") && !strings.HasPrefix(proof, "Digest ") || strings.Contains(proof, "password") {
			t.Errorf("%q", proof)
		}
	})
}

// pair returns a connection and the camera's end of it.
func pair() (c *Conn, camera net.Conn) {
	ours, theirs := net.Pipe()
	return New(ours, bufio.NewReaderSize(ours, 64<<10), nil), theirs
}

func (c *Conn) mustAsk(t *testing.T, request string) {
	t.Helper()
	if _, err := c.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
}

// Descriptions whose length is not said end when the camera falls silent; one
// that is half there is taken after as long.
func TestSilence(t *testing.T) {
	for name, tt := range map[string]struct{ field, body, rest, want string }{
		"not said":  {"", "v=0\r\nm=x\r\n", "", "v=0\r\nm=x\r\n"},
		"too large": {"Content-Length: 100\r\n", "v=0\r\nm=x\r\n", "", "v=0\r\nm=x\r\n"},
		"too small": {"Content-Length: 7\r\n", "v=0\r\nm=x\r\n", "", "v=0\r\nm=x\r\n"},
		"a request": {"Content-Length: 7\r\n", "v=0\r\nm=", "OPTIONS * RTSP/1.0\r\n\r\n", "v=0\r\nm="},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, camera := pair()
				defer c.Close()
				go func() { _, _ = io.Copy(io.Discard, camera) }()
				c.mustAsk(t, "DESCRIBE rtsp://camera/live RTSP/1.0\r\nCSeq: 9\r\n\r\n")
				go func() {
					_, _ = io.WriteString(camera, "RTSP/1.0 200 OK\r\n"+tt.field+"\r\n"+tt.body+tt.rest)
				}()
				began := time.Now()
				if _, err := c.Read(make([]byte, 4096)); err != nil {
					t.Fatal(err)
				}
				if body, base := c.Described(); string(body) != tt.want || base.String() != "rtsp://camera/live" || time.Since(began) > silenceWithin {
					t.Errorf("%q relative to %v after %v", body, base, time.Since(began))
				}
			})
		})
	}
}

// What a camera leaves open of how packets come is as it was asked for.
func TestTransport(t *testing.T) {
	const tcp, udp = "RTP/AVP/TCP;unicast;interleaved=2-3", "RTP/AVP;unicast;client_port=5000-5001"
	for _, tt := range []struct{ asked, said, want string }{
		{tcp, "", tcp},
		{tcp, "RTP/AVP/TCP", tcp},
		{tcp, "RTP/AVP;unicast", tcp},
		{tcp, "unicast", tcp},
		{tcp, tcp + ";ssrc=1;mode=live", tcp},
		{tcp, "rtp/avp/tcp; Unicast; Interleaved = 8 - 9", "RTP/AVP/TCP;unicast;interleaved=8-9"},
		{tcp, "RTP/AVP/TCP;interleaved=8", "RTP/AVP/TCP;unicast;interleaved=8-9"},
		{tcp, "RTP/AVP/TCP;interleaved=300-301", tcp},
		{tcp, "RTP/AVP/TCP;interleaved=255-256", tcp},
		{tcp, "RTP/AVP/TCP;interleaved=0-1", tcp}, // the first track's
		{tcp, "RTP/AVP/TCP;interleaved=1-2", tcp},
		{tcp, tcp + ",RTP/AVP;server_port=1-2", tcp},
		{tcp, "RTP/AVP;unicast;server_port=6000-6001", "RTP/AVP;unicast;server_port=6000-6001"}, // it wants UDP
		{tcp, "RTP/SAVP/TCP;interleaved=2-3", "RTP/SAVP/TCP;unicast;interleaved=2-3"},
		{udp, "", "RTP/AVP;unicast"},
		{udp, udp, "RTP/AVP;unicast"},
		{udp, "RTP/AVP/UDP;server_port=6000;source=10.1.2.3", "RTP/AVP;unicast;server_port=6000-6001;source=10.1.2.3"},
		{udp, "RTP/AVP;server_port=6000 - 6009;source=camera.invalid;destination=x", "RTP/AVP;unicast;server_port=6000-6009"},
		{udp, "RTP/AVP;server_port=65535", "RTP/AVP;unicast"},
		{udp, "RTP/AVP;server_port=6000-99999", "RTP/AVP;unicast;server_port=6000-6001"},
		{udp, "RTP/AVP;multicast;port=1-2", "RTP/AVP;multicast"},
		{udp, "RTP/AVP/TCP;interleaved=4-5", "RTP/AVP/TCP;unicast;interleaved=4-5"},
	} {
		var c Conn
		c.channels[0], c.channels[1] = true, true
		if got := c.transport(&request{fields: []field{{"Transport", tt.asked}}}, []string{tt.said}); got != tt.want {
			t.Errorf("%s, answered %q: %s, want %s", tt.asked, tt.said, got, tt.want)
		}
	}
}

// A camera that answers twice, the second time after the next request.
func TestSecondAnswer(t *testing.T) {
	c, camera := pair()
	defer c.Close()
	go func() { _, _ = io.Copy(io.Discard, camera) }()
	const options, setup = "RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\n", "RTSP/1.0 454 Session Not Found\r\nCSeq: 3\r\n\r\n"
	p := make([]byte, 4096)
	for _, step := range []struct{ ask, said, want string }{
		{"OPTIONS rtsp://camera/ RTSP/1.0\r\nCSeq: 1\r\n\r\n", options, "RTSP/1.0 200 OK\r\nCSeq: 1\r\n"},
		{"SETUP rtsp://camera/ RTSP/1.0\r\nCSeq: 2\r\n\r\n", options + setup, "RTSP/1.0 454 Session Not Found\r\nCSeq: 2\r\n"},
	} {
		c.mustAsk(t, step.ask)
		go func() { _, _ = io.WriteString(camera, step.said) }()
		n, err := c.Read(p)
		if err != nil || !strings.HasPrefix(string(p[:n]), step.want) {
			t.Errorf("%q, %v; want %q", p[:n], err, step.want)
		}
	}
}

// Packets that go on coming answer PLAY where nothing else does, once.
func TestPlayWithoutAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, camera := pair()
		defer c.Close()
		go func() { _, _ = io.Copy(io.Discard, camera) }()
		c.mustAsk(t, "PLAY rtsp://camera/ RTSP/1.0\r\nCSeq: 9\r\n\r\n")
		go func() {
			for range 10 {
				_, _ = io.WriteString(camera, "$\x00\x00\x04pack")
				time.Sleep(time.Second)
			}
			_, _ = io.WriteString(camera, "RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\n") // at last
			_ = camera.Close()
		}()
		all, _ := io.ReadAll(c)
		frames, answers := strings.Count(string(all), "pack"), strings.Count(string(all), "RTSP/1.0 200 OK\r\nCSeq: 9\r\n")
		if before, _, _ := strings.Cut(string(all), "RTSP"); frames != 10 || answers != 1 || len(before) > 4*8 {
			t.Errorf("%d frames, %d answers: %q", frames, answers, all)
		}
	})
}

// What addresses are relative to is what the camera says, if it says anything.
func TestBase(t *testing.T) {
	const own = "rtsps://camera:322/live?x=1"
	for _, tt := range []struct {
		fields []field
		want   string
	}{
		{nil, own},
		{[]field{{"Content-Base", ""}}, own},
		{[]field{{"Content-Base", "rtsps://camera:322/live/2/"}}, "rtsps://camera:322/live/2/"},
		{[]field{{"content-base", ` "RTSP://user:secret@10.9.8.7/live/#x" `}}, "rtsps://10.9.8.7/live/"},
		{[]field{{"Content-Base", "camera:322/live/2/"}}, "rtsps://camera:322/live/2/"},
		{[]field{{"Content-Base", "camera/live/2/"}}, "rtsps://camera/live/2/"},
		{[]field{{"Content-Base", "/live/2/"}}, "rtsps://camera:322/live/2/"},
		{[]field{{"Content-Base", "live/2/"}}, own},
		{[]field{{"Content-Base", "garbage"}}, own},
		{[]field{{"Content-Base", "http://camera/live/"}}, own},
		{[]field{{"Content-Base", "rtsp:///live/"}}, own},
		{[]field{{"Content-Base", "rtsp://%zz/"}}, own},
		{[]field{{"Content-Base", "garbage"}, {"Content-Location", "/live/3/"}}, "rtsps://camera:322/live/3/"},
		{[]field{{"Content-Location", "/live/3/"}, {"Content-Base", "/live/2/"}}, "rtsps://camera:322/live/2/"},
	} {
		if got := baseOf(own, &message{fields: tt.fields}); got.String() != tt.want {
			t.Errorf("%v: %s, want %s", tt.fields, got, tt.want)
		}
	}
}

// conversations are what a camera may say to five requests; they seed the fuzzer.
var conversations = []string{
	"RTSP/1.0 200 OK\r\nCSeq: 2\r\nPublic: OPTIONS, GET_PARAMETER\r\n\r\n" +
		"RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Base: rtsp://camera/live/\r\nContent-Length: 7\r\n\r\nv=0\r\nm=" +
		"RTSP/1.0 200 OK\r\nCSeq: 4\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1;timeout=60\r\n\r\n$\x00\x00\x02ab" +
		"RTSP/1.0 200 OK\r\nCSeq: 5\r\nRTP-Info: url=x;seq=1\r\n\r\n$\x00\x00\x02ab$\x01\x00\x00",
	"RTSP/1.0 401\nWWW-Authenticate: Digest nonce=1,qop=auth\n\nRTSP/1.0 200\n\nANNOUNCE * RTSP/1.0\r\n\r\n$\x00\x00\x01xjunkRTSP/1.0 200\r\n\r\nRTSP/1.0 454\r\n\r\n",
	"RTSP/1.0 302 x\r\nLocation: /\r\n\r\n", "TEARDOWN x y\r\n\r\n", "$\xff\xff", "HTTP/1.0 400", "RTSP/", "",
}

// FuzzRead has a camera say anything. What comes out can be read by the client
// library, and is no longer than what went in allows.
func FuzzRead(f *testing.F) {
	for _, said := range conversations {
		f.Add([]byte(said))
	}
	requests := []string{
		"OPTIONS rtsp://camera/live RTSP/1.0\r\nCSeq: 1\r\n\r\n", "DESCRIBE rtsp://camera/live RTSP/1.0\r\nCSeq: 2\r\n\r\n",
		"SETUP rtsp://camera/live/0 RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n",
		"SETUP rtsp://camera/live/1 RTSP/1.0\r\nCSeq: 4\r\nTransport: RTP/AVP;unicast;client_port=1-2\r\n\r\n", "PLAY rtsp://camera/live RTSP/1.0\r\nCSeq: 5\r\n\r\n",
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		c := New(&deaf{}, bufio.NewReaderSize(bytes.NewReader(said), 64<<10), url.UserPassword("user", "password"))
		var heard bytes.Buffer
		p := make([]byte, 64)
		var err error
		for i := 0; err == nil; i++ {
			if i < len(requests) {
				c.mustAsk(t, requests[i])
			}
			var n int
			n, err = c.Read(p)
			heard.Write(p[:n])
		}
		if heard.Len() > len(said)+len(requests)*500 {
			t.Errorf("%d bytes became %d", len(said), heard.Len())
		}
		r := bufio.NewReader(&heard)
		for {
			b, err := r.Peek(1)
			if err != nil {
				return
			}
			if b[0] == '$' {
				err = (&base.InterleavedFrame{}).Unmarshal(r)
			} else {
				err = (&base.Response{}).Unmarshal(r)
			}
			if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
				t.Fatalf("the library cannot read what came out: %v", err)
			}
		}
	})
}

// deaf is a connection that takes everything.
type deaf struct{ net.Conn }

func (*deaf) Write(p []byte) (int, error)      { return len(p), nil }
func (*deaf) SetReadDeadline(time.Time) error  { return nil }
func (*deaf) SetWriteDeadline(time.Time) error { return nil }

// endless is a camera that sends frames without end.
type endless struct {
	deaf
	frames []byte
	at     int
}

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		k := copy(p[n:], e.frames[e.at:])
		n += k
		e.at = (e.at + k) % len(e.frames)
	}
	return n, nil
}

// Frames pass through without being taken apart and put together: none is
// allocated for. "direct" is what they cost without this package.
func BenchmarkFrames(b *testing.B) {
	var frames []byte
	for range 50 {
		frames = append(frames, '$', 0, 1400>>8, 1400&0xff)
		frames = append(frames, make([]byte, 1400)...)
	}
	for name, open := range map[string]func() io.Reader{
		"direct": func() io.Reader { return bufio.NewReaderSize(&endless{frames: frames}, 64<<10) },
		"dialog": func() io.Reader {
			e := &endless{frames: frames}
			c := New(e, bufio.NewReaderSize(e, 64<<10), nil)
			c.playing.Store(true)
			return c
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(1404)
			r := bufio.NewReaderSize(open(), 4096) // as the client library reads
			payload := make([]byte, 1400)
			for b.Loop() {
				head, err := r.Peek(4)
				if err != nil || head[0] != '$' {
					b.Fatal(head, err)
				}
				_, _ = r.Discard(4)
				if _, err := io.ReadFull(r, payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A body without an end of line ends where it is said to.
func TestFramesBehindBody(t *testing.T) {
	frame := []byte("$\x00\x00\x05a\nb\nc")
	c := New(&deaf{}, bufio.NewReader(strings.NewReader("SET_PARAMETER * RTSP/1.0\r\nContent-Length: 4\r\n\r\na: b"+string(frame))), nil)
	c.playing.Store(true)
	if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, frame) {
		t.Errorf("%q, %v", got, err)
	}
}

// Frames come out as they went in, whatever the pieces, but for the name of
// the source of RTP.
func TestFrames(t *testing.T) {
	var frames, want []byte
	for n := range 80 {
		header := []byte{'$', byte(n % 3), byte(n * n >> 8), byte(n * n)}
		payload := bytes.Repeat([]byte{'$'}, n*n&0xffff)
		frames = append(append(frames, header...), payload...)
		if n%3 == 0 && len(payload) > 8 {
			clear(payload[8:min(12, len(payload))])
		}
		want = append(append(want, header...), payload...)
	}
	for _, size := range []int{1, 2, 3, 5, 1000, 4096, 100000} {
		c := New(&deaf{}, bufio.NewReaderSize(bytes.NewReader(frames), 64<<10), nil)
		c.playing.Store(true)
		c.sources[0] = true
		got, err := io.ReadAll(io.LimitReader(&pieces{c, size}, 1<<30))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("in pieces of %d: %d of %d bytes, %v", size, len(got), len(frames), err)
		}
	}
}

// pieces reads at most size bytes at once.
type pieces struct {
	io.Reader
	size int
}

func (p *pieces) Read(b []byte) (int, error) { return p.Reader.Read(b[:min(len(b), p.size)]) }
