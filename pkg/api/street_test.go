package api

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nvrd/pkg/auth"
	"nvrd/pkg/ring"
	"nvrd/pkg/talk"
)

// TestStreetStirs tells who may look at the neighborhood of every change there,
// also of one that comes while the one before is told, and nobody else.
func TestStreetStirs(t *testing.T) {
	for name, c := range map[string]struct {
		who  auth.Subject
		want int
	}{"the household": {auth.Household(), 3}, "a guest": {guest, 0}} {
		synctest.Test(t, func(t *testing.T) {
			h := newHome(t)
			var changes []chan struct{}
			a := &api{listening: make(slots, 1), Config: Config{
				Cameras: h, Rings: ring.New(nil, nil, nil, nil), Talks: talk.New(nil, nil), Log: slog.New(slog.DiscardHandler), Subscribe: func() (<-chan struct{}, func()) { return nil, func() {} },
				Street: func(context.Context) <-chan struct{} {
					changes = append(changes, make(chan struct{}))
					return changes[len(changes)-1]
				},
			}}
			ctx, cancel := context.WithTimeout(auth.With(t.Context(), c.who), time.Minute-time.Second) // between two beats
			defer cancel()
			w := &watched{ResponseRecorder: httptest.NewRecorder(), street: func() {
				if len(changes) < 2 || closed(changes[len(changes)-1]) {
					t.Error("a change that comes now would be missed")
				}
			}}
			done := make(chan error)
			go func() { done <- a.states(w, httptest.NewRequestWithContext(ctx, "GET", "/api/v1/states", nil)) }()
			for range c.want {
				synctest.Wait()
				close(changes[len(changes)-1])
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
			if got := strings.Count(w.Body.String(), "event: street\ndata: {}\n\n"); got != c.want {
				t.Errorf("%s is told %d times, want %d:\n%s", name, got, c.want, w.Body)
			}
			if c.want == 0 && len(changes) > 0 {
				t.Errorf("%s listens", name)
			}
		})
	}
}

// watched calls street as the event of that name is written.
type watched struct {
	*httptest.ResponseRecorder
	street func()
}

func (w *watched) Write(b []byte) (int, error) {
	if strings.HasPrefix(string(b), "event: street") {
		w.street()
	}
	return w.ResponseRecorder.Write(b)
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
