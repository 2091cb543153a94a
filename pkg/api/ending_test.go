package api

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"nvrd/pkg/nvr"
)

// TestShutdown shows that pages which are open do not hold up the end of the
// program: neither streams nor a connection that a browser opened ahead.
func TestShutdown(t *testing.T) {
	h := newHome(t)
	s := h.hub.Open(nvr.StreamID{Camera: 1})
	s.Begin(silent, true)
	for n := range 15 {
		s.Sample(picture(time.Now(), n))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := Server(h.api, slog.New(slog.DiscardHandler))
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	unused, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer unused.Close()
	streams := map[string]io.Reader{
		"states":                         nil,
		"events/live":                    nil,
		"cameras/1/live.mp4?stream=main": nil,
	}
	for path := range streams {
		streams[path] = get(t, "http://"+l.Addr().String()+"/api/v1/"+path).Body
		if _, err := io.ReadFull(streams[path], make([]byte, 10)); err != nil {
			t.Fatal(path, err)
		}
	}
	const soon = 4 * time.Second // a server waits 5 s for connections that are not used
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		t.Errorf("the server does not end: %v", err)
	}
	if err := <-served; err != http.ErrServerClosed { //nolint:errorlint // it is returned as it is
		t.Error(err)
	}
	for path, body := range streams {
		if _, err := io.Copy(io.Discard, body); err != nil {
			t.Errorf("%s is cut off: %v", path, err)
		}
	}
}
