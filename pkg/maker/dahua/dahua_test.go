package dahua

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/device"
	"nvrd/pkg/maker/dahua/dahuasim"
	"nvrd/pkg/nvr"
)

// hear feeds pieces to a reader, with a pause after each, and returns what is told.
func hear(pieces []string) (told []nvr.Signal) {
	m := meanings{tell: func(s nvr.Signal) { s.At = 0; told = append(told, s) }, now: func() nvr.Time { return 1 }}
	r := &reader{enough: rung, heard: m.take}
	for _, piece := range pieces {
		r.Take([]byte(piece))
		r.Quiet()
	}
	return told
}

func TestHeard(t *testing.T) {
	for _, c := range heardCases {
		if diff := cmp.Diff(c.told, hear(c.sends)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.told, hearBytes(c.sends)); diff != "" {
			t.Errorf("%s, byte by byte (-want +got):\n%s", c.name, diff)
		}
	}
}

// hearBytes is hear over a network that cuts everywhere.
func hearBytes(pieces []string) (told []nvr.Signal) {
	m := meanings{tell: func(s nvr.Signal) { s.At = 0; told = append(told, s) }, now: func() nvr.Time { return 1 }}
	r := &reader{enough: rung, heard: m.take}
	for _, piece := range pieces {
		for i := range len(piece) {
			r.Take([]byte{piece[i]})
		}
		r.Quiet()
	}
	return told
}

// TestAtOnce shows that a press is told with its last brace: not with the next
// boundary, and not after the length that the device claims.
func TestAtOnce(t *testing.T) {
	var told int
	m := meanings{tell: func(nvr.Signal) { told++ }, now: nvr.Now}
	r := &reader{enough: rung, heard: m.take}
	r.Take([]byte("--myboundary\r\nContent-Length: 5000\r\n\r\nCode=_DoTalkAction_;action=Pulse;index=0;data={\n \"Action\" : \"Invite\"\n}"))
	if told != 1 {
		t.Errorf("told %d times before anything followed", told)
	}
}

// TestUnanswered shows when CallNoAnswered is the end of a ring.
func TestUnanswered(t *testing.T) {
	var told []bool
	now := nvr.Time(1)
	m := meanings{tell: func(s nvr.Signal) { told = append(told, s.On) }, now: func() nvr.Time { return now }}
	unanswered := event{code: "CallNoAnswered", action: "Start"}
	press := event{code: "BackKeyLight", data: map[string]string{"State": "1"}}
	m.take(press)
	now = now.Add(30 * time.Second)
	m.take(unanswered) // the end
	now = now.Add(time.Second)
	m.take(unanswered) // of nothing, so it is a press
	now = now.Add(time.Hour)
	m.take(press)
	now = now.Add(3 * time.Minute)
	m.take(unanswered) // no ring lasts for so long
	if diff := cmp.Diff([]bool{true, false, true, true, true}, told); diff != "" {
		t.Error(diff)
	}
}

// TestListen hears presses of a device over the network, after a log-in, whatever
// rubbish comes between.
func TestListen(t *testing.T) {
	d := dahuasim.New()
	address := d.Start(t, false)
	ctx, cancel := context.WithCancel(t.Context())
	told, ended := make(chan nvr.Signal, 8), make(chan error, 1)
	var heard []string
	c := device.Config{Address: address, User: "admin", Password: "front door", Heard: func(code, _ string, _ map[string]string) { heard = append(heard, code) }}
	go func() { ended <- Listen(ctx, c, func(s nvr.Signal) { told <- s }) }()
	d.Say(strings.Repeat("no line end ", 40_000) + "\nCode=Rubbish;data={{{{[[[[\n--\n")
	for range 3 {
		d.Say(dahuasim.Press)
		if s := receive(t, told); s.Kind != nvr.RingEvent || !s.On || s.At == 0 {
			t.Errorf("told %+v", s)
		}
	}
	cancel()
	if err := receive(t, ended); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if len(heard) != 5 || heard[0] != "connected" || heard[1] != "Rubbish" {
		t.Errorf("heard %q", heard)
	}
	if d.Refusals() != 0 {
		t.Error("a password was wrong")
	}
}

// TestFaults shows what an owner is told.
func TestFaults(t *testing.T) {
	d := dahuasim.New()
	address := d.Start(t, false)
	listen := func(c device.Config) device.Kind { return device.KindOf(Listen(t.Context(), c, func(nvr.Signal) {})) }
	if kind := listen(device.Config{Address: address, User: "admin", Password: "back door"}); kind != device.WrongLogIn || d.Refusals() != 1 {
		t.Errorf("%s after %d log-ins", kind, d.Refusals())
	}
	if kind := listen(device.Config{Address: "127.0.0.1:1", User: "admin"}); kind != device.Unreachable {
		t.Error(kind)
	}
	go d.Say("")
	if kind := listen(device.Config{Address: address, User: "admin", Password: "front door"}); kind != device.Silent {
		t.Error(kind)
	}
}

// TestSilence shows that a device that sent heartbeats and stops is given up after
// 20 s, and that one that never did is waited for.
func TestSilence(t *testing.T) {
	for _, c := range []struct {
		says string
		want time.Duration
	}{{"--myboundary\r\n\r\nHeartbeat\r\n\r\n", beats}, {"--myboundary\r\n", patient}} {
		synctest.Test(t, func(t *testing.T) {
			body, says := io.Pipe()
			r := &reader{enough: rung, heard: func(event) {}}
			go fmt.Fprint(says, c.says)
			began := time.Now()
			err := device.Watch(t.Context(), body, r)
			if got := time.Since(began); device.KindOf(err) != device.Silent || got != c.want {
				t.Errorf("%v after %s", err, got)
			}
		})
	}
}

func receive[T any](t *testing.T, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came")
	}
	return v
}

func FuzzHeard(f *testing.F) {
	for _, c := range heardCases {
		f.Add([]byte(strings.Join(c.sends, "")))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m := meanings{now: func() nvr.Time { return 1 }, tell: func(s nvr.Signal) {
			if s.Source == "" || len(s.Source) > 200 || s.Source != device.Source(s.Source) {
				t.Errorf("source %q", s.Source)
			}
		}}
		var events []event
		r := &reader{enough: rung, heard: func(e event) {
			if len(e.data) > maxFields || len(e.code) > maxWord {
				t.Errorf("%d fields of %q", len(e.data), e.code)
			}
			events = append(events, e)
			m.take(e)
		}}
		r.Take(b)
		if len(r.pending) > maxEvent || len(r.line) > maxWord {
			t.Errorf("keeps %d and %d bytes", len(r.pending), len(r.line))
		}
		r.Quiet()
		// Whatever came before, a press on a line of its own is heard.
		n := len(events)
		r.Take([]byte("\n--myboundary\nCode=BackKeyLight;action=Pulse;index=0;data={\"State\":1}\n"))
		if got := len(events); got <= n || !rung(events[got-1]) {
			t.Errorf("a press after this is not heard: %q", b)
		}
	})
}

// BenchmarkPress is from what a device sends to what is told, over loopback.
func BenchmarkPress(b *testing.B) {
	d := dahuasim.New()
	c := device.Config{Address: d.Start(b, false), User: "admin", Password: "front door"}
	told, ended := make(chan nvr.Signal), make(chan error, 1)
	ctx, cancel := context.WithCancel(b.Context())
	go func() { ended <- Listen(ctx, c, func(s nvr.Signal) { told <- s }) }()
	<-d.Attached()
	for b.Loop() {
		d.Say(dahuasim.Press)
		<-told
	}
	cancel()
	<-ended
}
