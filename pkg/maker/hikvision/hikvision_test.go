package hikvision

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/device"
	"nvrd/pkg/device/devicesim"
	"nvrd/pkg/nvr"
)

// statusCases feed the test and the fuzzer.
var statusCases = []struct {
	body, want string
}{
	{`{"CallStatus":{"status":"idle"}}`, idle},
	{"{\n\t\"CallStatus\":\t{\n\t\t\"status\":\t\"ring\"\n\t}\n}", ring},
	{`{"CallStatus":{"status":"onCall"}}`, onCall},
	{`<?xml version="1.0" encoding="UTF-8"?><CallStatus version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema"><status>ring</status></CallStatus>`, ring},
	{"\xef\xbb\xbf<CallStatus><status> idle\n</status></CallStatus>\n", idle},
	{`<ResponseStatus version="2.0"><statusCode>4</statusCode><statusString>Invalid Operation</statusString></ResponseStatus>`, ""},
	{`{"CallStatus":{"status":"error"}}`, ""},
	{`{"CallStatus":{"status":{"@opt":["idle","ring","onCall"]}}}`, ""}, // its capabilities
	{`{"CallStatus":`, ""},
	{`ring`, ""},
	{``, ""},
	{`<CallStatus><status>ring`, ""},
}

func TestStatus(t *testing.T) {
	for _, c := range statusCases {
		got, err := parse([]byte(c.body))
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q is %q (%v), not %q", c.body, got, err, c.want)
		}
	}
}

// TestCall is the matrix of states after states.
func TestCall(t *testing.T) {
	for before, after := range map[string]map[string]string{
		"":     {idle: "", ring: "on", onCall: ""},
		idle:   {idle: "", ring: "on", onCall: ""},
		ring:   {idle: "off", ring: "", onCall: "off"},
		onCall: {idle: "", ring: "on", onCall: ""},
	} {
		for state, want := range after {
			got := ""
			c := call{state: before, now: nvr.Now, tell: func(s nvr.Signal) {
				got += map[bool]string{true: "on", false: "off"}[s.On]
			}}
			if c.is(state); got != want {
				t.Errorf("%q after %q tells %q, not %q", state, before, got, want)
			}
		}
	}
}

// TestListen follows a station whose nonce is good for three questions, through a
// press, an answer that fails, and XML.
func TestListen(t *testing.T) {
	d := &devicesim.Device{User: "admin", Password: "front door", QOP: []string{"auth"}, Uses: 3}
	said := []string{statusCases[0].body, statusCases[1].body, "", statusCases[1].body, statusCases[4].body, statusCases[3].body, statusCases[2].body}
	var n atomic.Int32
	d.Pages = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := min(int(n.Add(1)), len(said)) - 1
		if said[i] == "" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte(said[i]))
	})
	c := device.Config{Address: d.Start(t, false), User: d.User, Password: d.Password}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var told []bool
	err := listen(ctx, c, time.Millisecond, func(s nvr.Signal) {
		if told = append(told, s.On); len(told) == 4 {
			cancel()
		}
	})
	if diff := cmp.Diff([]bool{true, false, true, false}, told); diff != "" || d.Refusals() != 0 {
		t.Errorf("%v, %d refusals (-want +got):\n%s", err, d.Refusals(), diff)
	}
	for _, asked := range d.Asked() {
		if asked != "GET "+callStatus {
			t.Errorf("asked %s", asked)
		}
	}
}

// TestFaults shows when asking ends, and what an owner is told.
func TestFaults(t *testing.T) {
	d := &devicesim.Device{User: "admin", Password: "front door"}
	status, body := http.StatusForbidden, `<ResponseStatus><subStatusCode>notSupport</subStatusCode></ResponseStatus>`
	d.Pages = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
	c := device.Config{Address: d.Start(t, false), User: d.User, Password: "back door"}
	fails := func(want device.Kind, asked int) {
		t.Helper()
		before := len(d.Asked())
		if err := listen(t.Context(), c, time.Millisecond, nil); device.KindOf(err) != want || len(d.Asked())-before > asked {
			t.Errorf("%v after %d questions, not %s", err, len(d.Asked())-before, want)
		}
	}
	fails(device.WrongLogIn, 2)
	c.Password = d.Password
	fails(device.NoPage, 2)
	status, body = http.StatusForbidden, ""
	fails(device.NoRight, 2)
	status = http.StatusNotFound
	fails(device.NoPage, 2)
	status = http.StatusInternalServerError
	fails(device.Failing, 4)
	status, body = http.StatusOK, "<html>"
	fails(device.Odd, 4)
	body = `{"CallStatus":{"status":"ring"}}` + strings.Repeat(" ", maxStatus)
	fails(device.Odd, 4)
}

func FuzzStatus(f *testing.F) {
	for _, c := range statusCases {
		f.Add([]byte(c.body))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if state, err := parse(b); (err == nil) != (state == idle || state == ring || state == onCall) {
			t.Errorf("%q is %q, %v", b, state, err)
		}
	})
}
