package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

func TestNothingIsSentByDefault(t *testing.T) {
	h := newHouse(t)
	h.send(ring("ring-1"), func(context.Context) ([]byte, error) {
		t.Error("a picture is taken for nobody")
		return nil, nil
	})
	if n := h.waiting(); n != 0 {
		t.Errorf("%d deliveries to nobody", n)
	}
	var made bool
	if _, err := h.db.PushKey(t.Context(), func() (household.Secret, error) { made = true; return "x", nil }); err != nil || !made {
		t.Errorf("a push key is made before somebody asks for it: %v", err)
	}
}

func TestOutlivesARestart(t *testing.T) {
	h := newHouse(t)
	r := receive(t)
	r.answer(http.StatusServiceUnavailable)
	h.add(Webhook, "url", r.URL+"/hook")
	h.send(ring("ring-1"), nil)
	next(t, r.got)
	eventually(t, "put off", func() bool {
		all, err := h.db.Deliveries(t.Context())
		return err == nil && len(all) == 1 && all[0].Attempts > 0
	})
	h.reopen()
	r.answer(http.StatusOK)
	eventually(t, "delivered after a restart", func() bool { return h.waiting() == 0 })
	for len(r.got) > 1 {
		<-r.got
	}
	if again := next(t, r.got); !strings.Contains(string(again.body), `"id":"ring-1"`) {
		t.Errorf("%s", again.body)
	}
	if c := h.box.Channels()[0]; c.Trouble != "" || c.Sent == 0 || c.Failed == 0 {
		t.Errorf("%+v", c)
	}
}

// What Send returned from is there whatever happens to the process then.
func TestWrittenDownWhenSendReturns(t *testing.T) {
	h := newHouse(t)
	block := make(chan struct{})
	r := newSlow(t, block)
	h.add(Webhook, "url", r)
	for i := range 5 {
		h.send(ring(fmt.Sprintf("ring-%d", i)), nil)
	}
	other, err := household.Open(t.Context(), h.dir) // as the next process would
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	all, err := other.Deliveries(t.Context())
	close(block)
	if err != nil || len(all) != 5 {
		t.Errorf("%d are written down, %v", len(all), err)
	}
}

func TestABadChannelBlocksNobody(t *testing.T) {
	h := newHouse(t)
	block := make(chan struct{})
	defer close(block)
	r := receive(t)
	h.add(Webhook, "url", newSlow(t, block))
	h.add(Webhook, "url", "http://127.0.0.1:1/")
	h.add(Webhook, "url", r.URL)
	begin := time.Now()
	h.send(ring("ring-1"), nil)
	if got := next(t, r.got); got.at.Sub(begin) > 2*time.Second {
		t.Errorf("it took %v", got.at.Sub(begin))
	}
}

func TestRingsDoNotWaitBehindTheRest(t *testing.T) {
	h := newHouse(t)
	block := make(chan struct{})
	rings, stuck := make(chan string, 10), make(chan string, 10)
	address := newHandler(t, func(w http.ResponseWriter, q *http.Request, body string) {
		if strings.Contains(body, `"kind":"motion"`) {
			stuck <- body
			<-block
			return
		}
		rings <- body
	})
	defer close(block)
	c := h.add(Webhook, "url", address)
	if _, err := h.box.Change(t.Context(), c.ID, Input{Events: []string{"ring", "motion"}}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"motion-1", "motion-2", "motion-3"} {
		m := ring(id)
		m.Kind, m.Urgent = nvr.MotionEvent, false
		h.send(m, nil)
	}
	next(t, stuck)
	begin := time.Now()
	h.send(ring("ring-1"), nil)
	next(t, rings)
	if took := time.Since(begin); took > attemptTime/2 {
		t.Errorf("it waited %v", took)
	}
}

func TestKindsAndPause(t *testing.T) {
	h := newHouse(t)
	r := receive(t)
	c := h.add(Webhook, "url", r.URL)
	m := ring("motion-1")
	m.Kind = nvr.MotionEvent
	h.send(m, nil)
	if h.waiting() != 0 {
		t.Error("motion is told without being asked for")
	}
	if _, err := h.box.Pause(t.Context(), c.ID, true); err != nil {
		t.Fatal(err)
	}
	h.send(ring("ring-1"), nil)
	if h.waiting() != 0 {
		t.Error("a paused channel is told")
	}
	if _, err := h.box.Pause(t.Context(), c.ID, false); err != nil {
		t.Fatal(err)
	}
	h.send(ring("ring-2"), nil)
	if got := next(t, r.got); !strings.Contains(string(got.body), "ring-2") {
		t.Errorf("%s", got.body)
	}
}

// A ring that nobody could be told of in a minute becomes a missed one; what else is
// late is dropped.
func TestLate(t *testing.T) {
	h := newHouse(t)
	r := receive(t)
	r.answer(http.StatusServiceUnavailable)
	c := h.add(Webhook, "url", r.URL)
	h.send(ring("ring-1"), nil)
	next(t, r.got)
	h.close()
	db, err := household.Open(t.Context(), h.dir)
	if err != nil {
		t.Fatal(err)
	}
	old := nvr.Now().Add(-time.Second)
	text := func(id string) []byte {
		return []byte(`{"id":"` + id + `","camera":1,"camera_name":"Front door","kind":"` + strings.Split(id, "-")[0] + `","at":"2026-01-01T00:00:00Z","title":"t"}`)
	}
	_, err = db.AddDeliveries(t.Context(), []household.Delivery{
		{Channel: c.ID, MessageID: "ring-1", Message: text("ring-1"), Next: old, Expires: old},
		{Channel: c.ID, MessageID: "motion-1", Message: text("motion-1"), Next: old, Expires: old},
		{Channel: 77, MessageID: "ring-1", Message: text("ring-1"), Next: old, Expires: old}, // of no channel
	})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	for len(r.got) > 0 {
		<-r.got
	}
	r.answer(http.StatusOK)
	h.open()
	got := next(t, r.got)
	if s := string(got.body); !strings.Contains(s, `"missed":true`) || !strings.Contains(s, `"title":"Missed ring: Front door"`) || !strings.Contains(s, `"text":"Somebody rang while you could not be reached."`) || !strings.Contains(s, `"urgent":false`) {
		t.Errorf("%s", s)
	}
	eventually(t, "all told or dropped", func() bool { return h.waiting() == 0 })
	if len(r.got) > 0 {
		t.Errorf("told as well: %s", next(t, r.got).body)
	}
}

func TestAnsweredElsewhereReplacesWhatWaits(t *testing.T) {
	h := newHouse(t)
	r := receive(t)
	r.answer(http.StatusServiceUnavailable)
	h.add(Webhook, "url", r.URL)
	h.send(ring("ring-1"), nil)
	next(t, r.got)
	gone := ring("ring-1")
	gone.Gone, gone.Text = true, "Answered by the kitchen."
	r.answer(http.StatusOK)
	h.send(gone, nil)
	eventually(t, "told", func() bool { return h.waiting()+h.held() == 0 })
	if got := next(t, r.got); !strings.Contains(string(got.body), `"gone":true`) {
		t.Errorf("%s", got.body)
	}
	if len(r.got) > 0 {
		t.Errorf("the ring is told after its end: %s", next(t, r.got).body)
	}
}

func TestWaitingIsBounded(t *testing.T) {
	h := newHouse(t)
	r := receive(t)
	r.answer(http.StatusServiceUnavailable)
	c := h.add(Webhook, "url", r.URL)
	if _, err := h.box.Change(t.Context(), c.ID, Input{Events: []string{"ring", "motion"}}); err != nil {
		t.Fatal(err)
	}
	h.send(ring("ring-first"), nil)
	for i := range maxWaiting + 10 {
		m := ring(fmt.Sprintf("motion-%d", i))
		m.Kind, m.Urgent = nvr.MotionEvent, false
		h.send(m, nil)
	}
	eventually(t, "bounded", func() bool { return h.waiting() <= maxWaiting })
	all, err := h.db.Deliveries(t.Context())
	if err != nil || !slices.ContainsFunc(all, func(d household.Delivery) bool { return d.MessageID == "ring-first" }) {
		t.Errorf("motion pushed a ring out: %v", err)
	}
}

func TestLongAndHostileWordsFit(t *testing.T) {
	h := newHouse(t)
	p := h.phone()
	h.addPhone(p)
	m := ring(strings.Repeat("i", 500))
	for _, s := range []*string{&m.Title, &m.Text, &m.Why, &m.CameraName} {
		*s = strings.Repeat("\"\x01\u2028é\xff\r\nBcc: x", 2000)
	}
	m.Link = "//evil.example/"
	h.send(m, nil)
	got := p.read(t, next(t, p.got))
	if got.Link != "/" || len(got.ID) != maxID || strings.ContainsAny(got.Title, "\r\n") {
		t.Errorf("%+v", got)
	}
}

func TestSendNeedsAnID(t *testing.T) {
	h := newHouse(t)
	if err := h.box.Send(t.Context(), Message{Kind: "ring"}, nil); !errors.Is(err, nvr.ErrInvalid) {
		t.Error(err)
	}
}

func TestPauses(t *testing.T) {
	for failures := 1; failures < 80; failures++ {
		if d := pause(failures); d < firstPause/2 || d > longestPause+longestPause/2 {
			t.Errorf("after %d failures: %v", failures, d)
		}
	}
}

// From Send to the request's arrival at a phone's service and at a webhook, while
// others do not answer.
func TestHandOver(t *testing.T) {
	h := newHouse(t)
	p, r := h.phone(), receive(t)
	h.addPhone(p)
	h.add(Webhook, "url", r.URL)
	h.add(Webhook, "url", "http://127.0.0.1:1/")
	var took []time.Duration
	for i := range 60 {
		begin := time.Now()
		h.send(ring(fmt.Sprintf("ring-%d", i)), shot)
		for done := false; !done; {
			got := next(t, r.got)
			if done = !strings.Contains(string(got.body), `"picture"`); done {
				took = append(took, got.at.Sub(begin))
			}
		}
		for done := false; !done; {
			done = !p.read(t, next(t, p.got)).Picture
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	p50, p95 := took[len(took)/2], took[len(took)*95/100]
	t.Logf("handed over: p50 %v, p95 %v", p50, p95)
	// 300 ms are promised where nothing else runs; here other tests do.
	if p95 > 1500*time.Millisecond {
		t.Errorf("p95 is %v", p95)
	}
}
