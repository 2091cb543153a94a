// Package doorbird listens to door stations of DoorBird, by their LAN API: one
// endless answer tells when the button and the motion sensor change.
//
// The station has eight of these answers to give (status 509 beyond). Its user
// needs the right "watch always", or it says 204; for programs a user of their own
// with the API-operator permission is asked for (home-assistant.io, doorbird).
package doorbird

import (
	"bytes"
	"context"
	"time"

	"nvrd/pkg/device"
	"nvrd/pkg/nvr"
)

const (
	monitor = "/bha-api/monitor.cgi?ring=doorbell,motionsensor"
	// silence is twice what other programs wait for the next part before they
	// connect anew (doorbirdpy: 45 s).
	silence = 90 * time.Second
	// maxLine is of what is looked at; the longest has 30 bytes.
	maxLine = 128
)

// Listen tells what happens at the station until the connection ends or ctx does;
// the error is never nil, and one of [device.Error] unless ctx ended. tell is
// called from one goroutine.
func Listen(ctx context.Context, c device.Config, tell func(nvr.Signal)) error {
	client, err := device.New(c)
	if err != nil {
		return err
	}
	defer client.Close()
	r := &reader{now: nvr.Now, tell: tell, heard: c.Say}
	return client.Listen(ctx, device.Request{Path: monitor, Within: time.Minute}, r)
}

// kinds says what the names in the answer are.
var kinds = map[string]string{"doorbell": nvr.RingEvent, "motionsensor": nvr.MotionEvent}

// reader takes the answer apart. Its parts are lines like "doorbell:H" between
// boundaries (LAN API, revision 0.15 and later; nymea's plugin quotes one):
//
//	--ioboundary
//	Content-Type: text/plain
//
//	doorbell:H
//
// H is pressed or moving, L is not. The states of the beginning come first, so an
// L that no H came before means nothing. Some firmware repeats H for each press.
type reader struct {
	now   func() nvr.Time
	tell  func(nvr.Signal)
	heard func(code, action string, data map[string]string)
	line  []byte
	high  [2]bool
}

// Patience is how long the station may be silent.
func (r *reader) Patience() time.Duration { return silence }

// Quiet ends a line that is whole but for its end.
func (r *reader) Quiet() {
	if n := len(r.line); n > 1 && r.line[n-2] == ':' {
		r.endLine()
	}
}

// Take reads what came.
func (r *reader) Take(b []byte) {
	for _, c := range b {
		switch {
		case c == '\n' || c == '\r':
			r.endLine()
		case len(r.line) < maxLine:
			r.line = append(r.line, c)
		}
	}
}

func (r *reader) endLine() {
	name, value, _ := bytes.Cut(bytes.TrimSpace(r.line), []byte(":"))
	r.line = r.line[:0]
	kind := kinds[string(name)]
	if kind == "" || len(value) != 1 {
		return
	}
	on := value[0] == 'H'
	if !on && value[0] != 'L' {
		return
	}
	r.heard(string(name), string(value), nil)
	was := &r.high[0]
	if kind == nvr.MotionEvent {
		was = &r.high[1]
	}
	if on || *was {
		r.tell(nvr.Signal{Kind: kind, Source: device.Source("doorbird", string(name)), On: on, At: r.now()})
	}
	*was = on
}
