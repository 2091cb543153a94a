package notify

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/notify/push/pushsim"
	"nvrd/pkg/nvr"
)

// patience is how long a test waits for what should come at once.
const testPatience = 20 * time.Second

// house is a home with an outbox, which a test closes and opens again.
type house struct {
	t       *testing.T
	dir     string
	db      *household.DB
	box     *Outbox
	log     *logged
	roots   *x509.CertPool
	cameras []Camera
	ports   []uint16
}

// logged is a log that several goroutines write.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), log: &logged{}, roots: x509.NewCertPool(), cameras: []Camera{{1, "Front door"}}}
	h.open()
	t.Cleanup(h.close)
	return h
}

func (h *house) open() {
	h.t.Helper()
	var err error
	if h.db, err = household.Open(context.Background(), h.dir); err != nil {
		h.t.Fatal(err)
	}
	h.box, err = Open(context.Background(), Config{
		Home: h.db, Cameras: func(context.Context) ([]Camera, error) { return h.cameras, nil }, Address: "https://stoop.test", Ports: h.ports,
		PushHosts: []string{"127.0.0.1"}, Roots: h.roots, Words: english, Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) close() {
	if h.box == nil {
		return
	}
	if err := h.box.Close(); err != nil {
		h.t.Error(err)
	}
	if err := h.db.Close(); err != nil {
		h.t.Error(err)
	}
	h.box = nil
}

// reopen is a stop and a start.
func (h *house) reopen() {
	h.t.Helper()
	h.close()
	h.open()
}

// secrets makes settings of names and values in turn.
func secrets(pairs ...string) map[string]household.Secret {
	m := map[string]household.Secret{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = household.Secret(pairs[i+1])
	}
	return m
}

func (h *house) add(kind string, pairs ...string) Channel {
	h.t.Helper()
	c, err := h.box.Add(h.t.Context(), Input{Kind: kind, Name: "My " + kind, Settings: secrets(pairs...)})
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *house) send(m Message, picture func(context.Context) ([]byte, error)) {
	h.t.Helper()
	if err := h.box.Send(h.t.Context(), m, picture); err != nil {
		h.t.Fatal(err)
	}
}

// waiting is how many deliveries are written down.
func (h *house) waiting() int {
	h.t.Helper()
	all, err := h.db.Deliveries(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	return len(all)
}

// held is how many messages are in memory.
func (h *house) held() (n int) {
	for _, l := range h.box.lines(func(household.Channel) bool { return true }) {
		l.mu.Lock()
		n += len(l.jobs)
		l.mu.Unlock()
	}
	return n
}

// ring is a message as they are sent.
func ring(id string) Message {
	return Message{
		ID: id, Camera: 1, CameraName: "Front door", Kind: nvr.RingEvent, At: nvr.Now(), Title: "Front door", Text: "Somebody is at the door.",
		Why: "You get this because rings are on.", Link: "/cameras/1", Urgent: true,
	}
}

// jpeg is a picture, as far as anybody here looks.
var jpeg = append([]byte{0xff, 0xd8, 0xff, 0xe0}, bytes.Repeat([]byte("picture"), 2000)...)

func shot(context.Context) ([]byte, error) { return jpeg, nil }

// eventually waits until f is true.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(testPatience); !f(); {
		if time.Now().After(end) {
			t.Fatalf("after %v: not %s", testPatience, what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// next returns what comes next.
func next[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(testPatience):
		t.Fatal("nothing came")
	}
	return v
}

// posted is what an HTTP receiver got.
type posted struct {
	method, path string
	query        map[string][]string
	header       http.Header
	body         []byte
	at           time.Time
}

// receiver is an HTTP server that answers with a status and passes on what it gets.
type receiver struct {
	*httptest.Server
	got chan posted

	mu     sync.Mutex
	status int
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func receive(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{got: make(chan posted, 1000), status: http.StatusOK}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		at := time.Now()
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		status := r.status
		r.mu.Unlock()
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		r.got <- posted{q.Method, q.URL.Path, q.URL.Query(), q.Header, body, at}
	}))
	t.Cleanup(r.Close)
	return r
}

// phone is a browser with its push service.
type phone struct {
	pushsim.Browser
	service *httptest.Server
	got     chan pushsim.Received

	mu     sync.Mutex
	status int
}

func (p *phone) answer(status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = status
}

func (h *house) phone() *phone {
	h.t.Helper()
	b, err := pushsim.NewBrowser()
	if err != nil {
		h.t.Fatal(err)
	}
	p := &phone{Browser: b, got: make(chan pushsim.Received, 1000), status: http.StatusCreated}
	p.service = httptest.NewTLSServer(pushsim.Service(func(r pushsim.Received) int {
		p.got <- r
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.status
	}))
	h.t.Cleanup(p.service.Close)
	h.roots.AddCert(p.service.Certificate())
	return p
}

func (h *house) addPhone(p *phone) Channel {
	h.t.Helper()
	key, auth := p.Keys()
	return h.add(WebPush, "endpoint", p.service.URL+"/send/one", "p256dh", key, "auth", auth)
}

func (p *phone) read(t *testing.T, r pushsim.Received) (m pushed) {
	t.Helper()
	text, err := p.Open(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
