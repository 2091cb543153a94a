// Package dahuasim is the event stream of a Dahua or Amcrest doorbell, for tests.
// It says what it is told to, in any form.
package dahuasim

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"nvrd/pkg/device/devicesim"
)

// Doorbell is a simulated doorbell. Say hands out what it sends.
type Doorbell struct {
	devicesim.Device
	said chan string

	mu        sync.Mutex
	listeners int
	attached  chan struct{} // closed when the first one listens
}

// New returns a doorbell with a password.
func New() *Doorbell {
	d := &Doorbell{said: make(chan string), attached: make(chan struct{})}
	d.User, d.Password, d.QOP = "admin", "front door", []string{"auth"}
	d.Pages = http.HandlerFunc(d.attach)
	return d
}

func (d *Doorbell) attach(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if r.URL.Path != "/cgi-bin/eventManager.cgi" {
		http.NotFound(w, r)
		return
	}
	if q.Get("action") != "attach" || q.Get("codes") != "[All]" {
		http.Error(w, "Error\nBad Request!", http.StatusBadRequest)
		return
	}
	d.mu.Lock()
	if d.listeners++; d.listeners == 1 {
		close(d.attached)
	}
	d.mu.Unlock()
	w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=myboundary")
	w.WriteHeader(http.StatusOK)
	w.(http.Flusher).Flush()
	for {
		select {
		case text := <-d.said:
			if text == "" {
				return
			}
			_, _ = w.Write([]byte(text))
			w.(http.Flusher).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// Attached is closed when somebody listens.
func (d *Doorbell) Attached() <-chan struct{} { return d.attached }

// Say sends text as it is to one who listens, waiting for one. An empty text
// ends the connection.
func (d *Doorbell) Say(text string) {
	select {
	case d.said <- text:
	case <-time.After(10 * time.Second):
		panic("dahuasim: nobody listens")
	}
}

// Part returns an event as devices send it.
func Part(event string) string {
	event = strings.ReplaceAll(event, "\n", "\r\n")
	return fmt.Sprintf("--myboundary\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", len(event), event)
}

// Press is what an AD410 says of a press.
var Press = Part("Code=_DoTalkAction_;action=Pulse;index=0;data={\n   \"Action\" : \"Invite\",\n   \"CallID\" : \"7\",\n   \"CallSrcMask\" : 4\n}\n")
