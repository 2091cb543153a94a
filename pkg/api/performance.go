package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"nvrd/pkg/nvr"
)

// Performance is how the recorder does on its machine. Its methods are safe for
// concurrent use.
type Performance interface {
	Performance(ctx context.Context) (nvr.Performance, error)
	// Connected tells how steadily a camera was connected in a span.
	Connected(ctx context.Context, camera nvr.CameraID, span nvr.Span) (nvr.Connected, error)
}

// connectedFor is of what time connections are told.
const connectedFor = 24 * time.Hour

type performanceView struct {
	Disks       []diskView       `json:"disks"`
	Seeks       timingsView      `json:"seeks"`
	Load        loadView         `json:"load"`
	Connections []connectionView `json:"connections"`
}

type diskView struct {
	Path     string      `json:"path"`
	Barriers timingsView `json:"barriers"`
}

type timingsView struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
}

type loadView struct {
	Seconds  int64   `json:"seconds"`
	CPU      float64 `json:"cpu"`
	Decoders float64 `json:"decoders"`
	Memory   int64   `json:"memory_bytes"`
	Cameras  int     `json:"cameras"`
	Cores    int     `json:"cores"`
}

type connectionView struct {
	Camera     nvr.CameraID `json:"camera"`
	Reconnects int          `json:"reconnects"`
	Lost       int64        `json:"lost_seconds"`
	Known      int64        `json:"known_seconds"`
	Packets    int64        `json:"packets"`
	Missing    int64        `json:"packets_lost"`
}

func viewOfTimings(t nvr.Timings) timingsView {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return timingsView{Count: t.Count, P50: ms(t.P50), P95: ms(t.P95), P99: ms(t.P99), Max: ms(t.Max)}
}

func (a *api) performance(w http.ResponseWriter, r *http.Request) error {
	p, err := a.Performance.Performance(r.Context())
	if err != nil {
		return err
	}
	cameras, err := a.Cameras.List(r.Context())
	if err != nil {
		return err
	}
	v := performanceView{
		Disks: []diskView{}, Connections: []connectionView{}, Seeks: viewOfTimings(p.Seeks),
		Load: loadView{Seconds: int64(p.Load.Over.Seconds()), CPU: p.Load.CPU, Decoders: p.Load.Decoders, Memory: p.Load.Memory, Cameras: p.Load.Cameras, Cores: p.Load.Cores},
	}
	for _, d := range p.Disks {
		v.Disks = append(v.Disks, diskView{d.Path, viewOfTimings(d.Barriers)})
	}
	now := nvr.Now()
	for _, c := range cameras {
		of, err := a.Performance.Connected(r.Context(), c.ID, nvr.Span{From: now.Add(-connectedFor), To: now})
		if err != nil {
			return fmt.Errorf("connection of camera %s: %w", c.ID, err)
		}
		v.Connections = append(v.Connections, connectionView{c.ID, of.Losses, int64(of.Lost.Seconds()), int64(of.Known.Seconds()), of.Packets.Sent, of.Packets.Lost})
	}
	return writeJSON(w, http.StatusOK, v)
}

// seek answers with recorded video, and counts how long the first byte of it takes.
func (a *api) seek(f func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	if a.Seeks == nil {
		return f
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		return f(&awaited{ResponseWriter: w, began: time.Now(), first: a.Seeks.Add}, r)
	}
}

// awaited tells when the first byte of an answer is sent that is not an error.
type awaited struct {
	http.ResponseWriter
	began time.Time
	first func(time.Duration) // nil once it was, or will not be
}

func (w *awaited) WriteHeader(status int) {
	if status >= http.StatusMultipleChoices {
		w.first = nil
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *awaited) Write(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b)
	if w.first != nil && n > 0 {
		w.first(time.Since(w.began))
		w.first = nil
	}
	return n, err
}

// Unwrap is for [http.ResponseController].
func (w *awaited) Unwrap() http.ResponseWriter { return w.ResponseWriter }
