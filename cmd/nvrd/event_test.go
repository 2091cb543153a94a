package main

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"nvrd/pkg/catalog"
	"nvrd/pkg/household"
	"nvrd/pkg/nvr"
)

// What a button tells the API is heard by who listens, and is in the catalog by
// the time that the program has ended at the latest. Who listens does not keep
// the program from ending.
func TestEventsAreKept(t *testing.T) {
	data := t.TempDir()
	a, err := start(t.Context(), settings{data: data, listen: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	cam, err := a.Cameras.Add(t.Context(), household.CameraInput{Name: "Porch", URL: "rtsp://127.0.0.1:1/"})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- a.serve(t.Context()) }()
	live, err := http.NewRequestWithContext(t.Context(), http.MethodGet, whereabouts(a.listener.Addr(), false)+"/api/v1/events/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	page, err := http.DefaultClient.Do(live)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	told, err := http.NewRequestWithContext(t.Context(), http.MethodPost, whereabouts(a.listener.Addr(), false)+"/api/v1/cameras/"+cam.ID.String()+"/events",
		strings.NewReader(`{"kind":"ring","detail":"the button"}`))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(told)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusAccepted {
		t.Errorf("answered with %s", answer.Status)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if heard, err := io.ReadAll(page.Body); err != nil || !strings.Contains(string(heard), `"kind":"ring"`) || !strings.Contains(string(heard), `"detail":"the button"`) {
		t.Errorf("heard %q, %v", heard, err) // an error: it was cut off
	}
	if err := <-served; err != nil && !strings.Contains(err.Error(), http.ErrServerClosed.Error()) {
		t.Error(err)
	}
	c, err := catalog.Open(t.Context(), data+"/catalog.db")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	now := nvr.Now()
	events, err := c.Events(t.Context(), cam.ID, nvr.Span{From: now.Add(-patience), To: now})
	if err != nil || len(events) != 1 || events[0].Kind != nvr.RingEvent || events[0].Detail != "the button" {
		t.Errorf("events %+v, %v", events, err)
	}
}
