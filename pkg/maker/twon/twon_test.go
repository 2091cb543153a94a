package twon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/device"
	"nvrd/pkg/device/devicesim"
	"nvrd/pkg/nvr"
)

func hear(body string) (told []nvr.Signal, heard []string) {
	m := meanings{
		tell: func(s nvr.Signal) { s.At = 0; told = append(told, s) },
		now:  func() nvr.Time { return 1 },
		heard: func(code, action string, data map[string]string) {
			heard = append(heard, fmt.Sprint(code, action, data))
		},
	}
	a, _ := parse([]byte(body))
	for _, e := range a.Result.Events {
		m.take(e)
	}
	return told, heard
}

func TestHeard(t *testing.T) {
	for _, c := range heardCases {
		told, heard := hear(c.body)
		if diff := cmp.Diff(c.told, told); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if c.name == "a code on the keypad" && heard != nil {
			t.Errorf("a code is repeated: %q", heard)
		}
	}
}

// TestLateCall shows that a call is another ring only when no button of late
// began it.
func TestLateCall(t *testing.T) {
	now, told := nvr.Time(1), 0
	m := meanings{tell: func(nvr.Signal) { told++ }, now: func() nvr.Time { return now }, heard: func(string, string, map[string]string) {}}
	ringing := event{"CallStateChanged", map[string]any{"direction": "outgoing", "state": "ringing"}}
	m.take(event{"KeyPressed", map[string]any{"key": "%1"}})
	now = now.Add(14 * time.Second)
	if m.take(ringing); told != 1 {
		t.Errorf("told %d", told)
	}
	now = now.Add(time.Minute)
	if m.take(ringing); told != 2 {
		t.Errorf("told %d", told)
	}
}

// intercom is a simulated intercom of 2N. old firmware refuses filters that it
// does not know.
type intercom struct {
	devicesim.Device
	old  bool
	deaf bool // it forgets each subscription at once

	mu     sync.Mutex
	id     int
	events chan string
}

func newIntercom() *intercom {
	i := &intercom{events: make(chan string, 8)}
	i.User, i.Password, i.QOP = "stoop", "secret", []string{"auth"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/log/subscribe", i.subscribe)
	mux.HandleFunc("GET /api/log/pull", i.pull)
	i.Pages = mux
	return i
}

func (i *intercom) subscribe(w http.ResponseWriter, r *http.Request) {
	if i.old && strings.Contains(r.URL.Query().Get("filter"), "DoorState") {
		fmt.Fprint(w, `{"success":false,"error":{"code":12,"param":"filter"}}`)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.id += 100
	fmt.Fprintf(w, `{"success":true,"result":{"id":%d}}`, i.id)
}

func (i *intercom) pull(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	known := r.URL.Query().Get("id") == fmt.Sprint(i.id) && !i.deaf
	i.mu.Unlock()
	if !known {
		fmt.Fprint(w, invalid)
		return
	}
	select {
	case e := <-i.events:
		if e == "restart" {
			i.mu.Lock()
			i.id++
			i.mu.Unlock()
			e = ""
		}
		fmt.Fprint(w, head+e+"]}}")
	case <-r.Context().Done():
	}
}

// TestListen hears a press before and after a restart that forgets the
// subscription, over TLS, of old firmware.
func TestListen(t *testing.T) {
	i := newIntercom()
	i.old, i.Basic = true, true
	c := device.Config{Address: i.Start(t, true), User: i.User, Password: i.Password}
	for _, e := range []string{`{"event":"KeyPressed","params":{"key":"%1"}}`, "restart", `{"event":"KeyPressed","params":{"key":"%2"}}`} {
		i.events <- e
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var told []string
	err := Listen(ctx, c, func(s nvr.Signal) {
		if told = append(told, s.Source); len(told) == 2 {
			cancel()
		}
	})
	if diff := cmp.Diff([]string{"2n KeyPressed %1", "2n KeyPressed %2"}, told); diff != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, asked %q (-want +got):\n%s", err, i.Asked(), diff)
	}
}

// TestFaults shows what an owner is told, and that a device which forgets each
// subscription is not asked for ever.
func TestFaults(t *testing.T) {
	i := newIntercom()
	i.deaf = true
	c := device.Config{Address: i.Start(t, false), User: i.User, Password: i.Password}
	if err := Listen(t.Context(), c, nil); device.KindOf(err) != device.Failing || len(i.Asked()) > 2*anew+1 {
		t.Errorf("%v after %d questions", err, len(i.Asked()))
	}
	for code, want := range map[int]device.Kind{10: device.NoRight, 9: device.WrongLogIn, 1: device.NoPage, 7: device.Plain} {
		i.Pages = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"success":false,"error":{"code":%d}}`, code)
		})
		if err := Listen(t.Context(), c, nil); device.KindOf(err) != want {
			t.Errorf("code %d: %v", code, err)
		}
	}
	// An intercom that does without encryption does not get the password.
	i.Basic = true
	if err := Listen(t.Context(), c, nil); device.KindOf(err) != device.Plain || i.Refusals() != 0 {
		t.Error(err)
	}
}

func FuzzHeard(f *testing.F) {
	for _, c := range heardCases {
		f.Add(c.body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		told, _ := hear(body)
		for _, s := range told {
			if s.Source != device.Source(s.Source) || s.Kind == "" {
				t.Errorf("told %+v", s)
			}
		}
	})
}

// TestAnswersAtOnce: an intercom that does not wait with its answer is not asked
// without a pause.
func TestAnswersAtOnce(t *testing.T) {
	i := newIntercom()
	i.Pages = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "subscribe") {
			fmt.Fprint(w, `{"success":true,"result":{"id":1}}`)
			return
		}
		fmt.Fprint(w, `{"success":true,"result":{"events":[]}}`)
	})
	c := device.Config{Address: i.Start(t, false), User: i.User, Password: i.Password}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_ = Listen(ctx, c, func(nvr.Signal) {})
	if n := len(i.Asked()); n > 20 {
		t.Errorf("asked %d times in a second", n)
	}
}
