package webhook

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/nvr"
)

// world is a home with two addresses, one of which is signed.
type world struct {
	*Hooks
	plain, signed string
	key           []byte
	clock         time.Time
	told          []nvr.Signal
	cameras       []nvr.CameraID
}

func newWorld() *world {
	w := &world{key: []byte("a key of a home"), clock: time.Unix(1_700_000_000, 0)}
	var plain, signed ID
	w.plain, plain = NewToken()
	w.signed, signed = NewToken()
	known := map[ID]Hook{plain: {Camera: 7, Kind: nvr.RingEvent}, signed: {Camera: 8, Kind: nvr.DoorEvent, Key: w.key}}
	w.Hooks = New(func(id ID) (Hook, bool) { h, ok := known[id]; return h, ok }, func(c nvr.CameraID, s nvr.Signal) {
		w.cameras, w.told = append(w.cameras, c), append(w.told, s)
	})
	w.now = func() time.Time { return w.clock }
	return w
}

// call returns the status of a call, and what it was answered.
func (w *world) call(method, token, query, kind, body, signature string) (int, string) {
	r := httptest.NewRequest(method, "/api/v1/bells/"+token+query, strings.NewReader(body))
	r.SetPathValue("token", token)
	r.Header.Set("Content-Type", kind)
	if signature != "" {
		r.Header.Set(Header, signature)
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec.Code, rec.Body.String()
}

// callCases feed the test and the fuzzer.
var callCases = []struct {
	name, method, query, kind, body string
	status                          int
	want                            nvr.Signal
}{
	{"the least", "GET", "", "", "", 204, nvr.Signal{Kind: "ring", Source: "webhook", On: true}},
	{"POST", "POST", "", "", "", 204, nvr.Signal{Kind: "ring", Source: "webhook", On: true}},
	{"in the address", "GET", "?kind=door&state=open&name=back+door", "", "", 204, nvr.Signal{Kind: "door", Source: "webhook back door", On: true}},
	{"JSON", "POST", "", "application/json", `{"kind":"Window","state":false,"name":"attic"}`, 204, nvr.Signal{Kind: "window", Source: "webhook attic"}},
	{"JSON without its type", "POST", "", "", `{"kind":"alarm","state":1}`, 204, nvr.Signal{Kind: "alarm", Source: "webhook", On: true}},
	{"a form", "POST", "", "application/x-www-form-urlencoded", "kind=motion&state=off", 204, nvr.Signal{Kind: "motion", Source: "webhook"}},
	{"the address counts first", "POST", "?kind=ring", "application/json", `{"kind":"motion"}`, 204, nvr.Signal{Kind: "ring", Source: "webhook", On: true}},
	{"JSON of another program (UniFi Protect)", "POST", "", "application/json", `{"alarm":{"name":"Doorbell","triggers":[{"key":"ring","device":"AABBCCDDEEFF"}]},"timestamp":1700000000000}`, 204, nvr.Signal{Kind: "ring", Source: "webhook", On: true}},
	{"a picture", "POST", "", "multipart/form-data; boundary=x", "--x\r\n\r\nkind=door\r\n--x--", 204, nvr.Signal{Kind: "ring", Source: "webhook", On: true}},
	{"a large picture", "POST", "", "image/jpeg", strings.Repeat("x", maxBody+1), 204, nvr.Signal{Kind: "ring", Source: "webhook", On: true}},
	{"another kind", "GET", "?kind=unlock", "", "", 400, nvr.Signal{}},
	{"a message can't be told", "GET", "?kind=message", "", "", 400, nvr.Signal{}},
	{"another state", "GET", "?state=perhaps", "", "", 400, nvr.Signal{}},
	{"a link preview", "HEAD", "", "", "", 400, nvr.Signal{}},
	{"another method", "DELETE", "", "", "", 400, nvr.Signal{}},
}

func TestCalls(t *testing.T) {
	for _, c := range callCases {
		w := newWorld()
		status, body := w.call(c.method, w.plain, c.query, c.kind, c.body, "")
		if status != c.status || status == 204 && body != "" || strings.Contains(body, w.plain) {
			t.Errorf("%s: %d %q", c.name, status, body)
		}
		if status != 204 {
			if w.told != nil {
				t.Errorf("%s tells %v", c.name, w.told)
			}
			continue
		}
		c.want.At = nvr.TimeOf(w.clock)
		if diff := cmp.Diff([]nvr.Signal{c.want}, w.told); diff != "" || w.cameras[0] != 7 {
			t.Errorf("%s, of camera %v (-want +got):\n%s", c.name, w.cameras, diff)
		}
	}
}

// TestSignature breaks everything that a signature is over, one after the other.
func TestSignature(t *testing.T) {
	w := newWorld()
	uri := "/api/v1/bells/" + w.signed + "?state=open"
	good := Sign(w.key, w.clock, "POST", uri, []byte("{}"))
	for name, call := range map[string]func() (int, string){
		"none":           func() (int, string) { return w.call("POST", w.signed, "?state=open", "", "{}", "") },
		"another method": func() (int, string) { return w.call("GET", w.signed, "?state=open", "", "{}", good) },
		"another query":  func() (int, string) { return w.call("POST", w.signed, "?state=closed", "", "{}", good) },
		"another body":   func() (int, string) { return w.call("POST", w.signed, "?state=open", "", "{} ", good) },
		"another key": func() (int, string) {
			return w.call("POST", w.signed, "?state=open", "", "{}", Sign([]byte("x"), w.clock, "POST", uri, []byte("{}")))
		},
		"another time": func() (int, string) {
			return w.call("POST", w.signed, "?state=open", "", "{}", strings.Replace(good, "t=17", "t=18", 1))
		},
		"too old": func() (int, string) {
			return w.call("POST", w.signed, "?state=open", "", "{}", Sign(w.key, w.clock.Add(-skew-time.Second), "POST", uri, []byte("{}")))
		},
		"not yet": func() (int, string) {
			return w.call("POST", w.signed, "?state=open", "", "{}", Sign(w.key, w.clock.Add(skew+time.Second), "POST", uri, []byte("{}")))
		},
		"rubbish": func() (int, string) { return w.call("POST", w.signed, "?state=open", "", "{}", "t=,v1=") },
	} {
		if status, body := call(); status != 401 || body != "" || w.told != nil {
			t.Errorf("%s: %d %q, told %v", name, status, body, w.told)
		}
	}
	if status, _ := w.call("POST", w.signed, "?state=open", "", "{}", good); status != 204 || len(w.told) != 1 || w.cameras[0] != 8 || w.told[0].Kind != nvr.DoorEvent {
		t.Errorf("a good one: %d, told %v", status, w.told)
	}
	if status, _ := w.call("POST", w.signed, "?state=open", "", "{}", good); status != 401 {
		t.Errorf("the same again: %d", status)
	}
	w.clock = w.clock.Add(time.Minute)
	big := strings.Repeat("x", maxBody+1)
	if status, _ := w.call("POST", w.signed, "", "", big, "t=1,v1=00"); status != 413 {
		t.Errorf("a body too large to be signed: %d", status)
	}
}

// TestRates shows that neither a device gone mad nor somebody who guesses is
// listened to for long, and that the latter does not stop the former.
func TestRates(t *testing.T) {
	w := newWorld()
	statuses := map[int]int{}
	for range 1000 {
		status, _ := w.call("GET", "guess", "", "", "", "")
		statuses[status]++
	}
	if diff := cmp.Diff(map[int]int{404: wrongBurst, 429: 1000 - wrongBurst}, statuses); diff != "" {
		t.Error(diff)
	}
	for range 100 {
		w.call("GET", w.plain, "", "", "", "")
	}
	if len(w.told) != burst {
		t.Errorf("told %d times", len(w.told))
	}
	w.clock = w.clock.Add(calm)
	if w.call("GET", w.plain, "", "", "", ""); len(w.told) != burst+1 {
		t.Errorf("told %d times after a while", len(w.told))
	}
	if len(w.calls) != 1 {
		t.Errorf("%d addresses are remembered", len(w.calls))
	}
}

func TestTokens(t *testing.T) {
	a, id := NewToken()
	b, _ := NewToken()
	if a == b || len(a) != 43 || IDOf(a) != id || bytes.Contains(id[:], []byte(a)) || url.PathEscape(a) != a {
		t.Errorf("%q, %q", a, b)
	}
}

func FuzzCall(f *testing.F) {
	for _, c := range callCases {
		if len(c.body) < 1000 {
			f.Add(c.query, c.body)
		}
	}
	f.Fuzz(func(t *testing.T, query, body string) {
		q, _ := url.ParseQuery(strings.TrimPrefix(query, "?"))
		s, err := parse(q, []byte(body), nvr.RingEvent)
		if err == nil && (!strings.HasPrefix(s.Source, "webhook") || len(s.Source) > 200 || s.Kind == "") {
			t.Errorf("%+v", s)
		}
	})
}

var _ http.Handler = (*Hooks)(nil)
