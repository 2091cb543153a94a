package online_test

import (
	"crypto/x509"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"nvrd/federation/domain"
	"nvrd/federation/online"
	"nvrd/federation/request/area"
	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
)

// web is where an office's log is, and what it does not show.
type web struct {
	*office
	mu   sync.Mutex
	size int             // what it shows
	down map[string]bool // paths that can't be read now
}

func (w *web) ServeHTTP(to http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/log/")
	var ids []wire.Hash
	texts := map[string][]byte{}
	var tree tlog.Tree
	for _, e := range w.all[:w.size] {
		ids, tree = append(ids, e.ID), tree.Append(e.ID)
		texts["text/"+hex.EncodeToString(e.ID[:])] = e.Raw
	}
	tile, err := tlog.ParseTile(path)
	switch text, ok := texts[path]; {
	case w.down[path]:
		to.WriteHeader(http.StatusBadGateway)
	case ok:
		_, _ = to.Write(text)
	case path == "checkpoint":
		_, _ = to.Write(tlog.Sign(tree, w.key))
	case err == nil && tile.Level == tlog.Entries && int(tile.First())+tile.Width <= len(ids):
		_, _ = to.Write(tlog.Bundle(ids[tile.First() : int(tile.First())+tile.Width]))
	default:
		http.NotFound(to, r)
	}
}

// TestPolls: a sponsor reads an agency's log on the web, goes on where it was, and has
// the text that could not be read at first; an agency that shows it another log than
// before is convicted.
func TestPolls(t *testing.T) {
	w := &web{office: newOffice(t), size: 2, down: map[string]bool{}}
	first := w.asks("2026-1")
	site := httptest.NewTLSServer(w)
	t.Cleanup(site.Close)
	roots := x509.NewCertPool()
	roots.AddCert(site.Certificate())
	anna := &household{t: t, name: "Anna", dir: t.TempDir()}
	var err error
	anna.Online, err = online.Open(online.Config{
		Dir: anna.dir, Local: true, Now: time.Now, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Guard: domain.Guard{Allow: func(netip.Addr) bool { return true }, Roots: roots},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(anna.stop)
	anna.turnOn()
	m, err := anna.All().Found("Elm Street", "Anna", policy)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.AdmitAgency(w.card, []wire.Cell{area.CellOf(wire.Point{Lat: 40_701_000, Lon: -73_989_000})}, wire.Key{}); err != nil {
		t.Fatal(err)
	}
	set := func(do func()) {
		w.mu.Lock()
		defer w.mu.Unlock()
		do()
	}
	poll := func(what string, is func() bool) {
		t.Helper()
		if err := anna.Sponsor(m, w.public(), site.URL+"/log"); err != nil { // which looks at once
			t.Fatal(err)
		}
		anna.until(m, what, is)
	}
	asked := func(id wire.Hash) bool { _, err := m.Request(id); return err == nil }
	poll("the first request", func() bool { return asked(first.ID) })

	var second wire.Signed
	set(func() {
		second = w.asks("2026-2")
		w.size = 3
		w.down["text/"+hex.EncodeToString(second.ID[:])] = true
	})
	poll("an entry without its text", func() bool { return len(m.Logs()[0].Entries) == 3 })
	if asked(second.ID) {
		t.Error("its text can be read")
	}
	set(func() { clear(w.down) })
	poll("its text", func() bool { return asked(second.ID) })

	var third wire.Signed
	set(func() {
		w.all = w.all[:2:2]
		third = w.asks("2026-3")
	})
	poll("the proof of two logs", func() bool { return m.Logs()[0].Fraud })
	if asked(third.ID) {
		t.Error("something of the other log is taken")
	}
}
