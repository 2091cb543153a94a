// Package onvifsim is a simulated ONVIF device: it speaks SOAP, verifies HTTP
// digest and WS-Security log-ins, answers a search, and tells what it is told to,
// with the faults of real firmware as data. Tests and the demo use it.
package onvifsim

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Auth is how a device wants to be logged in to.
type Auth int

// The ways.
const (
	Open   Auth = iota
	Digest      // HTTP
	Token       // WS-Security
	Both        // HTTP and WS-Security at once
	Either      // a challenge is offered, and a token taken as well
)

// Config is what a device is. The zero value is an open device without streams.
type Config struct {
	User, Password string
	Auth           Auth
	Clock          time.Duration // by how much its clock is ahead
	Maker, Model   string
	Serial         string
	Endpoint       string // what it calls itself in a search; empty for a UUID that all such have
	Streams        []Stream
	Relays         []string // tokens
	Media2         bool     // it has no Media of the first version
	Quirks         []Quirk
}

// Stream is one profile.
type Stream struct {
	Token, Encoding string
	Width, Height   int
	URI             string // as the device tells it
}

// Quirk is a fault of firmware.
type Quirk string

// The quirks.
const (
	NoServices     Quirk = "GetServices is not known"
	NoRenew        Quirk = "Renew is not known"
	NoDuration     Quirk = "a subscription must not be asked for with a time"
	ClosesPulls    Quirk = "every second pull ends with a closed connection"
	OtherHost      Quirk = "addresses name a machine behind a router"
	Redirects      Quirk = "every request is redirected"
	HiddenClock    Quirk = "the clock is told after a log-in only"
	OneNonce       Quirk = "a challenge can be answered once"
	StaleFirst     Quirk = "the first answer to a challenge is called stale"
	ShortPulls     Quirk = "a pull may last 1 s and fetch 2 messages"
	AnswersAtOnce  Quirk = "pulls do not wait"
	Latin1         Quirk = "answers are ISO-8859-1"
	ByteOrderMark  Quirk = "answers begin with blank lines and a mark of byte order"
	Undeclared     Quirk = "prefixes are used that were not declared"
	SOAP11         Quirk = "answers are SOAP 1.1"
	Bomb           Quirk = "answers define entities of entities"
	Endless        Quirk = "answers do not end"
	Deep           Quirk = "answers are 100,000 elements deep"
	Page           Quirk = "answers are a page for people"
	GarbledPulls   Quirk = "every second answer to a pull is cut off"
	OldAddressing  Quirk = "WS-Addressing of 2004"
	TwoChallenges  Quirk = "two challenges share a line"
	SaysAuthorized Quirk = "a refusal has a text and no code"
	NamedParams    Quirk = "what a subscription wants to be echoed has an attribute"
)

// Quirks are all of them.
var Quirks = []Quirk{
	NoServices, NoRenew, NoDuration, ClosesPulls, OtherHost, Redirects, HiddenClock, OneNonce, StaleFirst, ShortPulls, AnswersAtOnce,
	Latin1, ByteOrderMark, Undeclared, SOAP11, Bomb, Endless, Deep, Page, GarbledPulls, OldAddressing, TwoChallenges, SaysAuthorized, NamedParams,
}

// Device is a simulated device. It is an [http.Handler], and safe for concurrent use.
type Device struct {
	Config

	mu       sync.Mutex
	calls    []string
	logIns   int // that were refused
	accepted int
	nonces   map[string]int // the highest count of each that was seen
	stale    bool           // one answer was called so
	subs     map[string]*sub
	next     int
	initial  []string
	pulls    int
	relays   map[string]bool
	wake     chan struct{} // closed with every change
}

// sub is a subscription.
type sub struct {
	waiting []string // notifications
	until   time.Time
}

// New returns a device.
func New(c Config) *Device {
	return &Device{Config: c, nonces: map[string]int{}, subs: map[string]*sub{}, relays: map[string]bool{}, wake: make(chan struct{})}
}

// Tell has the device tell its subscribers something.
func (d *Device) Tell(all ...Notice) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.subs {
		for _, n := range all {
			s.waiting = append(s.waiting, n.XML(time.Now().Add(d.Clock)))
		}
	}
	d.poke()
}

// Initially has the device tell new subscribers how things stand.
func (d *Device) Initially(all ...Notice) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range all {
		d.initial = append(d.initial, n.XML(time.Now().Add(d.Clock)))
	}
}

// Reboot has the device forget subscriptions and challenges.
func (d *Device) Reboot() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.subs, d.nonces = map[string]*sub{}, map[string]int{}
	d.poke()
}

// poke wakes pulls.
func (d *Device) poke() {
	close(d.wake)
	d.wake = make(chan struct{})
}

// Calls returns the names of the calls that were answered, in order.
func (d *Device) Calls() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.calls...)
}

// Called returns how often a call was answered.
func (d *Device) Called(name string) (n int) {
	for _, c := range d.Calls() {
		if c == name {
			n++
		}
	}
	return n
}

// LogIns returns how many log-ins were accepted and refused.
func (d *Device) LogIns() (accepted, refused int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.accepted, d.logIns
}

// Subscribed returns how many subscriptions there are.
func (d *Device) Subscribed() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.subs)
}

// Relay tells whether an output is on.
func (d *Device) Relay(token string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.relays[token]
}

func (d *Device) has(q Quirk) bool {
	for _, own := range d.Quirks {
		if own == q {
			return true
		}
	}
	return false
}

// Answer answers searches on a socket until that is closed, as a device at an
// address such as http://192.168.1.20/onvif/device_service does.
func (d *Device) Answer(conn net.PacketConn, address string) {
	buffer := make([]byte, 16<<10)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		id := between(string(buffer[:n]), "MessageID>", "<")
		if !strings.Contains(string(buffer[:n]), "Probe") || id == "" {
			continue
		}
		_, _ = conn.WriteTo([]byte(strings.Replace(Match(id, address, d.Maker, d.Model), usualEndpoint, cmp.Or(d.Endpoint, usualEndpoint), 1)), from)
	}
}

// usualEndpoint is what devices call themselves that are called nothing else.
const usualEndpoint = "urn:uuid:00000000-0000-4000-8000-00000000cafe"

// Match is an answer to a search.
func Match(id, address, maker, model string) string {
	scopes := "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/" + strings.ReplaceAll(maker, " ", "%20") + " onvif://www.onvif.org/hardware/" + strings.ReplaceAll(model, " ", "_")
	return `<?xml version="1.0" encoding="utf-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">` +
		`<SOAP-ENV:Header><wsa:MessageID>urn:uuid:00000000-0000-4000-8000-00000000beef</wsa:MessageID><wsa:RelatesTo>` + id + `</wsa:RelatesTo></SOAP-ENV:Header>` +
		`<SOAP-ENV:Body><d:ProbeMatches><d:ProbeMatch><wsa:EndpointReference><wsa:Address>` + usualEndpoint + `</wsa:Address></wsa:EndpointReference>` +
		`<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>` + scopes + `</d:Scopes><d:XAddrs>` + address + `</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>`
}

// ServeHTTP answers one request.
func (d *Device) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	name := first(callName, string(body))
	if d.has(Redirects) {
		http.Redirect(w, r, "http://203.0.113.9/onvif/device_service", http.StatusTemporaryRedirect)
		return
	}
	if open := name == "GetSystemDateAndTime" && !d.has(HiddenClock); !open && !d.admits(w, r, string(body)) {
		return
	}
	d.mu.Lock()
	d.calls = append(d.calls, name)
	d.mu.Unlock()
	call, ok := calls[name]
	if !ok {
		d.fault(w, http.StatusBadRequest, "ter:ActionNotSupported", "no such action")
		return
	}
	call(d, w, r, string(body))
}

// Whatever prefixes a client chooses.
var (
	callName = regexp.MustCompile(`<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)`)
	echoedID = regexp.MustCompile(`<(?:[\w-]+:)?SubscriptionId([^>]*)>([^<]*)<`)
	sentTo   = regexp.MustCompile(`<(?:[\w-]+:)?To(?: [^>]*)?>([^<]*)<`)
)

// first returns what the group of a pattern matches first; nothing if it does not.
func first(pattern *regexp.Regexp, text string) string {
	if m := pattern.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// between returns what stands between two marks; nothing if it is not there.
func between(text, from, to string) string {
	_, text, ok := strings.Cut(text, from)
	if !ok {
		return ""
	}
	text, _, _ = strings.Cut(text, to)
	return text
}

const namespaces = `xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tr2="http://www.onvif.org/ver20/media/wsdl" xmlns:tev="http://www.onvif.org/ver10/events/wsdl" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:ter="http://www.onvif.org/ver10/error" xmlns:tns1="http://www.onvif.org/ver10/topics"`

// answer writes an envelope around a body, as the device's firmware does.
func (d *Device) answer(w http.ResponseWriter, status int, body string) {
	soap, addressing, declared, head := "http://www.w3.org/2003/05/soap-envelope", "http://www.w3.org/2005/08/addressing", namespaces, `<?xml version="1.0" encoding="UTF-8"?>`
	if d.has(SOAP11) {
		soap = "http://schemas.xmlsoap.org/soap/envelope/"
	}
	if d.has(OldAddressing) {
		addressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	}
	switch {
	case d.has(Undeclared):
		declared = ""
	case d.has(Latin1):
		head = `<?xml version="1.0" encoding="ISO-8859-1"?>`
	case d.has(ByteOrderMark):
		head = "\r\n\r\n\xef\xbb\xbf" + head
	case d.has(Bomb):
		head += `<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>`
		body = strings.ReplaceAll(body, "</tds:Manufacturer>", "&c;&c;&c;</tds:Manufacturer>")
	}
	text := head + `<SOAP-ENV:Envelope xmlns:SOAP-ENV="` + soap + `" xmlns:wsa5="` + addressing + `" ` + declared + `><SOAP-ENV:Header/><SOAP-ENV:Body>` + body + `</SOAP-ENV:Body></SOAP-ENV:Envelope>`
	switch {
	case d.has(Latin1):
		text = strings.ReplaceAll(text, "ü", "\xfc")
	case d.has(Deep):
		text = strings.Repeat("<a>", 100000)
	case d.has(Page):
		text = "<!doctype html><html><body><h1>Camera</h1><p>Please log in<br></body></html>"
	}
	w.Header().Set("Content-Type", "application/soap+xml; charset=utf-8")
	w.Header().Set("Date", time.Now().Add(d.Clock).UTC().Format(http.TimeFormat))
	w.WriteHeader(status)
	_, err := io.WriteString(w, text)
	for d.has(Endless) && err == nil {
		_, err = io.WriteString(w, strings.Repeat("<!-- more -->", 1000))
	}
}

func (d *Device) fault(w http.ResponseWriter, status int, code, text string, detail ...string) {
	value := `<SOAP-ENV:Subcode><SOAP-ENV:Value>` + code + `</SOAP-ENV:Value></SOAP-ENV:Subcode>`
	if code == "" {
		value = ""
	}
	body := `<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value>` + value + `</SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">` + text +
		`</SOAP-ENV:Text></SOAP-ENV:Reason><SOAP-ENV:Detail>` + strings.Join(detail, "") + `</SOAP-ENV:Detail></SOAP-ENV:Fault>`
	if d.has(SOAP11) {
		body = fmt.Sprintf(`<SOAP-ENV:Fault><faultcode>%s</faultcode><faultstring>%s</faultstring></SOAP-ENV:Fault>`, code, text)
	}
	d.answer(w, status, body)
}
