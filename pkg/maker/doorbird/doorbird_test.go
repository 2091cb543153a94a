package doorbird

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/device"
	"nvrd/pkg/device/devicesim"
	"nvrd/pkg/nvr"
)

const part = "--ioboundary\r\nContent-Type: text/plain\r\n\r\n"

var (
	pressed = nvr.Signal{Kind: nvr.RingEvent, Source: "doorbird doorbell", On: true}
	let     = nvr.Signal{Kind: nvr.RingEvent, Source: "doorbird doorbell"}
	moves   = nvr.Signal{Kind: nvr.MotionEvent, Source: "doorbird motionsensor", On: true}
	still   = nvr.Signal{Kind: nvr.MotionEvent, Source: "doorbird motionsensor"}
)

// heardCases feed the test and the fuzzer.
var heardCases = []struct {
	name  string
	sends []string // in pieces; between them the station pauses
	told  []nvr.Signal
}{
	{"the beginning, then a press", []string{part + "doorbell:L\r\n\r\n" + part + "motionsensor:L\r\n\r\n", part + "doorbell:H\r\n\r\n", part + "doorbell:L\r\n\r\n"}, []nvr.Signal{pressed, let}},
	{"H again is a press again", []string{part + "doorbell:H\r\n\r\n", part + "doorbell:H\r\n\r\n"}, []nvr.Signal{pressed, pressed}},
	{"motion is no ring", []string{part + "motionsensor:H\n\n" + part + "motionsensor:L\n"}, []nvr.Signal{moves, still}},
	{"without a line end", []string{part + "doorbell:H", "--ioboundary\r\n"}, []nvr.Signal{pressed}},
	{"cut in the middle", []string{part + "door", "bell:", "H\r\n"}, []nvr.Signal{pressed}},
	{"spaces, and other line ends", []string{"--ioboundary\r\rdoorbell:H \r\r"}, []nvr.Signal{pressed}},
	{"a line without an end", []string{strings.Repeat("x", 10_000)}, nil},
	{"what nobody knows", []string{"doorbell:X\ndoorbell\n:H\nfingerprint:H\nDoorbell:H\n" + strings.Repeat("doorbell:", 100) + "H\n"}, nil},
}

func hear(pieces []string) (told []nvr.Signal) {
	r := &reader{now: func() nvr.Time { return 0 }, tell: func(s nvr.Signal) { told = append(told, s) }, heard: func(string, string, map[string]string) {}}
	for _, p := range pieces {
		r.Take([]byte(p))
		if len(r.line) > maxLine {
			panic("a line is kept that is too long")
		}
		r.Quiet()
	}
	return told
}

func TestHeard(t *testing.T) {
	for _, c := range heardCases {
		if diff := cmp.Diff(c.told, hear(c.sends)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestListen(t *testing.T) {
	d := &devicesim.Device{User: "ghabcd0001", Password: "secret", QOP: []string{"auth"}}
	status := make(chan int, 1)
	d.Pages = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case s := <-status:
			w.WriteHeader(s)
			return
		default:
		}
		_, _ = w.Write([]byte(part + "doorbell:L\r\n\r\n" + part + "doorbell:H\r\n\r\n"))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	c := device.Config{Address: d.Start(t, false), User: d.User, Password: d.Password}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	var told []nvr.Signal
	err := Listen(ctx, c, func(s nvr.Signal) { told = append(told, s); cancel() })
	if !errors.Is(err, context.Canceled) || len(told) != 1 || told[0].Kind != nvr.RingEvent || told[0].At == 0 {
		t.Errorf("%v, told %+v", err, told)
	}
	if got := d.Asked(); got[0] != "GET "+monitor {
		t.Errorf("asked %q", got)
	}
	for s, want := range map[int]device.Kind{204: device.NoRight, 404: device.NoPage, 509: device.Full, 302: device.Elsewhere, 500: device.Failing} {
		status <- s
		if err := Listen(t.Context(), c, func(nvr.Signal) {}); device.KindOf(err) != want {
			t.Errorf("%d: %v", s, err)
		}
	}
}

func FuzzHeard(f *testing.F) {
	for _, c := range heardCases {
		f.Add(strings.Join(c.sends, ""))
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, told := range hear([]string{s}) {
			if told.Kind != nvr.RingEvent && told.Kind != nvr.MotionEvent {
				t.Errorf("told %+v", told)
			}
		}
		told := hear([]string{s, "\ndoorbell:H\n"})
		if len(told) == 0 || told[len(told)-1] != pressed {
			t.Errorf("a press after this is not heard: %q", s)
		}
	})
}
