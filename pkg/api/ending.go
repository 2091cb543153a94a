package api

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// endingKey leads from a request's context to one that ends when the server
// begins to shut down.
type endingKey struct{}

// untilShutdown returns a context for an answer that does not end by itself: it
// ends with the request, or when the server begins to shut down, which waits for
// answers that are under way.
func untilShutdown(r *http.Request) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(r.Context())
	ending, ok := ctx.Value(endingKey{}).(context.Context)
	if !ok {
		return ctx, cancel
	}
	stop := context.AfterFunc(ending, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

// endWithShutdown lets what would hold up a shutdown of s end when that begins:
// answers that do not end by themselves, and connections on which nothing was
// asked yet, as browsers open them ahead.
func endWithShutdown(s *http.Server) {
	ending, end := context.WithCancel(context.Background())
	var mu sync.Mutex
	unused := map[net.Conn]bool{}
	s.BaseContext = func(net.Listener) context.Context {
		return context.WithValue(context.Background(), endingKey{}, ending)
	}
	s.ConnState = func(c net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		if state != http.StateNew {
			delete(unused, c)
			return
		}
		if unused[c] = true; ending.Err() != nil {
			_ = c.Close()
		}
	}
	s.RegisterOnShutdown(func() {
		mu.Lock()
		defer mu.Unlock()
		end()
		for c := range unused {
			_ = c.Close()
		}
	})
}
