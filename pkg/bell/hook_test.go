package bell

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/maker/webhook"
	"nvrd/pkg/nvr"
)

// A device that calls the address of a bell rings; after a new address was made, the
// one before is nobody's.
func TestCallRings(t *testing.T) {
	settings, token := NewHook(nvr.RingEvent)
	h := newHome(t, household.Bell{Kind: household.WebhookBell, Settings: settings})
	call := func(token, query, signature string) int {
		mux := http.NewServeMux()
		mux.Handle("/api/v1/bells/{token}", h.bells.Hooks())
		r := httptest.NewRequest("GET", "/api/v1/bells/"+token+query, nil)
		r.Header.Set(webhook.Header, signature)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w.Code
	}
	h.until("the address is known", func() bool { return call(token, "?kind=motion&state=off", "") == 204 })
	if s := h.state(); !s.Known || s.Heard == 0 || s.Trouble != "" {
		t.Errorf("%+v", s)
	}
	if code := call(token, "", ""); code != 204 {
		t.Fatal(code)
	}
	if p := h.rang(); !p.Rings() || p.Camera != h.cam || p.Source != "webhook" {
		t.Errorf("%+v", p)
	}
	if code := call(token+"x", "", ""); code != 404 {
		t.Errorf("an address that nobody made: %d", code)
	}
	settings, fresh := NewHook(nvr.DoorEvent)
	h.set(household.Bell{Kind: household.WebhookBell, Settings: settings, Password: "a key of 20 letters."})
	h.until("it is another's", func() bool { return call(token, "", "") == 404 })
	if code := call(fresh, "", ""); code != 401 {
		t.Errorf("without a signature: %d", code)
	}
	if s := h.state(); s.Known || s.Heard != 0 {
		t.Errorf("nothing was heard of the new one: %+v", s)
	}
	if code := call(fresh, "", webhook.Sign([]byte("a key of 20 letters."), time.Now(), "GET", "/api/v1/bells/"+fresh, nil)); code != 204 {
		t.Errorf("signed: %d", code)
	}
	h.until("the door is told of", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.events) > 0 && h.events[len(h.events)-1].Kind == nvr.DoorEvent
	})
	if err := h.RemoveBell(t.Context(), h.cam, household.WebhookBell); err != nil {
		t.Fatal(err)
	}
	h.until("it is nobody's", func() bool { return call(fresh, "", "") == 404 })
}

// What can't be read is no address, and no other bell's trouble.
func TestBrokenHook(t *testing.T) {
	good, token := NewHook(nvr.RingEvent)
	for _, bad := range []string{`null`, `{"id":""}`, `{"id":"00"}`, `{"id":7}`, `[]`} {
		l := &listening{bell: household.Bell{Kind: household.WebhookBell, Settings: []byte(bad)}}
		if s := l.hook(); s != (hookSettings{}) {
			t.Errorf("%s: %+v", bad, s)
		}
	}
	l := &listening{bell: household.Bell{Kind: household.WebhookBell, Settings: good}}
	if s := l.hook(); s.Kind != nvr.RingEvent || len(s.ID) != 64 || len(token) < 40 {
		t.Errorf("%+v", s)
	}
}
