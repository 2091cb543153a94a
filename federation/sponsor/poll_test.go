package sponsor

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"nvrd/federation/domain"
	"nvrd/federation/request"
	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
)

// site is where an agency's log is on the web. What it shows otherwise is in odd, by
// path.
type site struct {
	log *publisher
	odd map[string]http.HandlerFunc
}

func (s site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/log/")
	if h := s.odd[path]; h != nil {
		h(w, r)
		return
	}
	show := func(b []byte) { _, _ = w.Write(b) }
	if path == "checkpoint" {
		show(tlog.Sign(s.log.tree, s.log.key))
		return
	}
	for _, e := range s.log.all {
		if path == "text/"+hex.EncodeToString(e.ID[:]) {
			show(e.Raw)
			return
		}
	}
	if tile, err := tlog.ParseTile(path); err == nil && tile.Level == tlog.Entries && tile.First()+int64(tile.Width) <= int64(len(s.log.all)) {
		var ids []wire.Hash
		for _, e := range s.log.all[tile.First() : tile.First()+int64(tile.Width)] {
			ids = append(ids, e.ID)
		}
		show(tlog.Bundle(ids))
		return
	}
	http.NotFound(w, r)
}

// serve returns where a site is, and how homes ask it.
func serve(t *testing.T, h http.Handler, allow func(netip.Addr) bool) (base string, client *http.Client) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c := domain.Guard{Allow: allow, Roots: roots}.Client()
	t.Cleanup(c.CloseIdleConnections)
	return s.URL + "/log/", c
}

func anywhere(netip.Addr) bool { return true }

// poll has a home look at a site as a sponsor does.
func (m *member) poll(t *testing.T, client *http.Client, base string, from int) (request.Outcome, error) {
	t.Helper()
	checkpoint, ids, err := Poll(t.Context(), client, base, wire.PublicKey(fire), from)
	if err != nil {
		return 0, err
	}
	texts := Texts(t.Context(), client, base, ids[max(0, len(ids)-10):])
	var more []request.Entry
	for _, id := range ids {
		more = append(more, request.Entry{ID: id, Text: wire.Signed{Raw: texts[id]}})
	}
	is, _, err := m.Publish(wire.PublicKey(fire), checkpoint, from, more)
	return is, err
}

func (m *member) texts() (n int) {
	for _, e := range m.logs.Log(wire.PublicKey(fire)).Entries(0) {
		if e.Text.Raw != nil {
			n++
		}
	}
	return n
}

// A log is read from where it was left, over the ends of bundles.
func TestPoll(t *testing.T) {
	m := newMember(t, nil)
	for _, size := range []int{1, 3, 256, 258} {
		base, client := serve(t, site{log: newPublisher(t, fire, size)}, anywhere)
		from := m.logs.Log(wire.PublicKey(fire)).Size()
		if is, err := m.poll(t, client, strings.TrimSuffix(base, "/"), from); is != request.Extended || err != nil || m.texts() < min(size, 10) {
			t.Fatalf("from %d to %d: %v, %v, %d texts", from, size, is, err, m.texts())
		}
		if is, err := m.poll(t, client, base, size); is != request.Known || err != nil {
			t.Errorf("what is known is %v, %v", is, err)
		}
	}
	// A log that shrank is one that is known, and the part of a bundle may be gone once
	// it is full.
	base, client := serve(t, site{log: newPublisher(t, fire, 257)}, anywhere)
	if is, err := m.poll(t, client, base, 258); is != request.Known || err != nil {
		t.Errorf("a shorter log is %v, %v", is, err)
	}
	grown := site{log: newPublisher(t, fire, 256)}
	grown.odd = map[string]http.HandlerFunc{"checkpoint": says(string(tlog.Sign(newPublisher(t, fire, 200).tree, fire))), "tile/entries/000.p/200": http.NotFound}
	base, client = serve(t, grown, anywhere)
	if is, err := newMember(t, nil).poll(t, client, base, 0); is != request.Extended || err != nil {
		t.Errorf("a bundle that has become full is %v, %v", is, err)
	}
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

// What a site does wrong takes in nothing, and is said.
func TestPollRefuses(t *testing.T) {
	p := newPublisher(t, fire, 300)
	endless := func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 32<<10)); err != nil {
				return
			}
		}
	}
	long := tlog.Tree{}.Append(make([]wire.Hash, request.MaxEntries+1)...)
	for name, c := range map[string]struct {
		path string
		does http.HandlerFunc
		want string
	}{
		"a redirect": {"checkpoint", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/log/other", http.StatusFound)
		}, domain.ErrRedirect.Error()},
		"nothing there":             {"checkpoint", http.NotFound, "answers 404"},
		"an error":                  {"checkpoint", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "answers 502"},
		"an endless checkpoint":     {"checkpoint", endless, "more than"},
		"no checkpoint":             {"checkpoint", says("checkpoint"), "checkpoint of this log"},
		"another agency's":          {"checkpoint", says(string(tlog.Sign(p.tree, police))), "checkpoint of this log"},
		"a log that is too long":    {"checkpoint", says(string(tlog.Sign(long, fire))), "a log of 50001 entries"},
		"an endless bundle":         {"tile/entries/000", endless, "longer than"},
		"no bundle":                 {"tile/entries/000", http.NotFound, "answers 404"},
		"a bundle of another width": {"tile/entries/001.p/44", says(string(tlog.Bundle(make([]wire.Hash, 43)))), ""},
		"a bundle of other lengths": {"tile/entries/000", says(strings.Repeat("\x00\x1f", 256)), ""},
		"hung up":                   {"checkpoint", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
	} {
		base, client := serve(t, site{log: p, odd: map[string]http.HandlerFunc{c.path: c.does}}, anywhere)
		m := newMember(t, nil)
		is, err := m.poll(t, client, base, 0)
		if err == nil || !strings.Contains(err.Error(), c.want) || m.logs.Log(wire.PublicKey(fire)).Size() > 0 {
			t.Errorf("%s: %v, %v, want %q", name, is, err, c.want)
		}
	}
	base, client := serve(t, site{log: p}, nil) // as homes ask
	if _, err := newMember(t, nil).poll(t, client, base, 0); !errors.Is(err, domain.ErrAddress) {
		t.Errorf("in the home's network it is asked: %v", err)
	}
	client.Transport = http.DefaultTransport.(*http.Transport).Clone()
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{}
	if _, err := newMember(t, nil).poll(t, client, base, 0); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("nobody vouches for it: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	base, client = serve(t, site{log: p, odd: map[string]http.HandlerFunc{"checkpoint": func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil { // a byte at a time
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			<-time.After(time.Millisecond)
		}
	}}}, anywhere)
	if _, _, err := Poll(ctx, client, base, wire.PublicKey(fire), 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a byte at a time: %v", err)
	}
}

// Texts that are not there, or are others', are left out, and hold up nothing.
func TestTexts(t *testing.T) {
	p := newPublisher(t, fire, 6)
	at := func(n int) string { return "text/" + hex.EncodeToString(p.all[n].ID[:]) }
	base, client := serve(t, site{log: p, odd: map[string]http.HandlerFunc{
		at(0): func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, at(1): says(string(p.all[2].Raw)), at(2): says(""), at(3): says(strings.Repeat("x", wire.MaxObject+1)), at(4): says(string(p.all[4].Raw) + "x"),
	}}, anywhere)
	m := newMember(t, nil)
	if is, err := m.poll(t, client, base, 0); is != request.Extended || err != nil || m.texts() != 1 {
		t.Errorf("%v, %v, %d texts", is, err, m.texts())
	}
	lacking := m.logs.Log(wire.PublicKey(fire)).Lacking(10)
	again := Texts(t.Context(), client, base, lacking)
	for n, e := range p.all {
		text, known := again[e.ID]
		if want := n > 0 && n < 5; known != want || text != nil {
			t.Errorf("text %d: known %v, %d bytes", n, known, len(text))
		}
	}
	base, client = serve(t, site{log: p, odd: map[string]http.HandlerFunc{at(2): http.NotFound}}, anywhere)
	if text, known := Texts(t.Context(), client, base, lacking)[p.all[2].ID]; !known || text != nil {
		t.Errorf("what is not there: %v, %v", known, text)
	}
	base, client = serve(t, site{log: p}, anywhere)
	texts := Texts(t.Context(), client, base, lacking)
	if len(lacking) != 5 || len(texts) != 5 {
		t.Errorf("%d of %d texts", len(texts), len(lacking))
	}
	// The newest come first: of the others there may be too many for now.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	base, client = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, at(2)) {
			cancel()
		}
		site{log: p}.ServeHTTP(w, r)
	}), anywhere)
	var ids []wire.Hash
	for _, e := range p.all {
		ids = append(ids, e.ID)
	}
	texts = Texts(ctx, client, base, ids)
	for n, e := range p.all {
		if _, ok := texts[e.ID]; ok != (n > 2) && n != 2 {
			t.Errorf("text %d: %v", n, ok)
		}
	}
}

// An agency that shows another log on the web than the one that neighbors have is
// convicted, however long either is.
func TestPollConvicts(t *testing.T) {
	for _, c := range []struct{ here, common, there int }{{3, 2, 3}, {3, 2, 258}, {258, 1, 3}, {3, 0, 4}} {
		one, two := newPublisher(t, fire, c.here), newPublisher(t, fire, c.common)
		for len(two.all) < c.there {
			two.tells(fmt.Sprint("another one ", len(two.all)))
		}
		m := newMember(t, nil)
		base, client := serve(t, site{log: one}, anywhere)
		if is, err := m.poll(t, client, base, 0); is != request.Extended || err != nil {
			t.Fatal(is, err)
		}
		base, client = serve(t, site{log: two}, anywhere)
		is, err := m.poll(t, client, base, c.here)
		if is == request.Diverged {
			is, err = m.poll(t, client, base, 0)
		}
		if is != request.Convicted || err != nil {
			t.Errorf("%+v: %v, %v", c, is, err)
		}
		if is, err := m.poll(t, client, base, c.here); is != request.Suspended || err != nil {
			t.Errorf("%+v, afterwards: %v, %v", c, is, err)
		}
	}
}
