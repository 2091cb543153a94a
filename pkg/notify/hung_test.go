package notify

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/notify/push/pushsim"
)

// changing waits until somebody changes channels.
func (h *house) changing() {
	h.t.Helper()
	eventually(h.t, "changed", func() bool {
		free := h.box.changing.TryRLock()
		if free {
			h.box.changing.RUnlock()
		}
		return !free
	})
}

// TestChangeOfAHungChannel: who pauses a channel whose server hangs keeps no ring from
// the others.
func TestChangeOfAHungChannel(t *testing.T) {
	h := newHouse(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	came := make(chan net.Conn, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			came <- c // nothing is ever said
		}
	}()
	c := h.add(Email, "server", l.Addr().String(), "security", "none", "from", "a@example.com", "to", "b@example.com")
	hook := receive(t)
	h.add(Webhook, "url", hook.URL)
	h.send(ring("ring-1"), nil)
	defer next(t, came).Close()
	next(t, hook.got)
	began := time.Now()
	if _, err := h.box.Pause(t.Context(), c.ID, true); err != nil {
		t.Fatal(err)
	}
	h.send(ring("ring-2"), nil)
	next(t, hook.got)
	if took := time.Since(began); took > attemptTime/2 {
		t.Errorf("the webhook had the ring %v after somebody paused the mail", took.Round(10*time.Millisecond))
	}
}

// TestGoneWhileChanged: a browser that took back its leave while its channel is being
// changed keeps no ring from the others, nor its channel from being changed.
func TestGoneWhileChanged(t *testing.T) {
	h := newHouse(t)
	p := h.phone()
	arrived, let := make(chan struct{}, 10), make(chan struct{})
	p.service.Close()
	p.service = httptest.NewTLSServer(pushsim.Service(func(pushsim.Received) int {
		arrived <- struct{}{}
		<-let
		return http.StatusGone
	}))
	t.Cleanup(p.service.Close)
	h.roots.AddCert(p.service.Certificate())
	c := h.addPhone(p)
	hook := receive(t)
	h.add(Webhook, "url", hook.URL)
	h.send(ring("ring-1"), nil)
	next(t, arrived)
	next(t, hook.got)
	// The disk is slow just then.
	busy, free := make(chan struct{}), make(chan struct{})
	go func() {
		_, _ = h.db.ChangeHome(context.Background(), func(*household.Home) error { close(busy); <-free; return nil })
	}()
	<-busy
	ctx, leave := context.WithCancel(t.Context())
	defer leave() // nothing would end otherwise if this fails
	changed := make(chan error, 1)
	go func() { _, err := h.box.Pause(ctx, c.ID, true); changed <- err }()
	h.changing()
	close(let)
	eventually(t, "noted", func() bool { s, err := h.box.Channel(c.ID); return err == nil && s.Trouble != "" })
	close(free)
	if err := next(t, changed); err != nil {
		t.Error(err)
	}
	h.send(ring("ring-2"), nil)
	next(t, hook.got)
	if s, err := h.box.Channel(c.ID); err != nil || !s.Paused {
		t.Errorf("what was changed meanwhile is removed: %+v, %v", s, err)
	}
}
