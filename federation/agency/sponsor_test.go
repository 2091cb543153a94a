package agency

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nvrd/federation/request"
	"nvrd/federation/request/area"
	"nvrd/federation/response"
	"nvrd/federation/sponsor"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// house is a home that is a sponsor: it holds an agency's log and keeps pieces for it.
type house struct {
	wire.Sponsor
	server *httptest.Server
	now    func() time.Time

	mu    sync.Mutex
	held  *request.Log
	kept  map[wire.Hash][]byte
	asked []string         // what was asked of it
	odd   http.HandlerFunc // if it answers in another way
}

func newSponsor(t *testing.T, a *Agency) *house {
	t.Helper()
	town, err := area.NewJurisdiction(brigade.Jurisdiction)
	if err != nil {
		t.Fatal(err)
	}
	s := &house{now: a.now, kept: map[wire.Hash][]byte{}, held: request.NewLog(request.Terms{Agency: a.Key, Jurisdiction: town}, func(wire.Key) bool { return false })}
	certificate, spki, err := sponsor.Certificate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	gateway := sponsor.Handler(s, spki, a.now)
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.Method+" "+r.URL.Path)
		odd := s.odd
		s.mu.Unlock()
		if odd != nil {
			odd(w, r)
			return
		}
		gateway.ServeHTTP(w, r)
	}))
	s.server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	s.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // who is refused hangs up
	s.server.StartTLS()
	t.Cleanup(s.server.Close)
	s.Sponsor = wire.Sponsor{URL: s.server.URL, SPKI: sha256.Sum256(certificate.Leaf.RawSubjectPublicKeyInfo), Agency: a.Key}
	if err := a.AddSponsor(t.Context(), s.Sponsor); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *house) Sponsored() []wire.Key { return []wire.Key{s.Agency} }

func (s *house) Publish(_ wire.Key, checkpoint []byte, from int, more []request.Entry) (request.Outcome, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if from < s.held.Size() {
		more = more[min(len(more), s.held.Size()-from):]
	}
	is, err := s.held.Offer(checkpoint, more, wire.MinuteOf(s.now()))
	return is, s.held.Size(), err
}

func (s *house) Mailboxes(context.Context) ([]wire.Key, error) { return []wire.Key{s.Agency}, nil }

func (s *house) Opened(wire.Key) []sponsor.Opened { return nil }

func (s *house) Kept(context.Context, wire.Key) ([]wire.Hash, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Keys(s.kept), wire.Compare), nil
}

func (s *house) Piece(_ context.Context, _ wire.Key, hash wire.Hash) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, ok := s.kept[hash]; ok {
		return b, nil
	}
	return nil, nvr.ErrNotFound
}

func (s *house) Drop(_ context.Context, _ wire.Key, hash wire.Hash) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept[hash] == nil {
		return nvr.ErrNotFound
	}
	delete(s.kept, hash)
	return nil
}

func (s *house) keeps(pieces ...[]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range pieces {
		s.kept[sha256.Sum256(b)] = b
	}
}

// errs returns what went wrong with each sponsor, by its address.
func errs(t *testing.T, visits []Visit, err error) map[string]error {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]error{}
	for _, v := range visits {
		all[v.Sponsor.URL] = v.Err
	}
	return all
}

// What is published goes to each sponsor, from where it is on; one that is away
// changes nothing for the others.
func TestSubmit(t *testing.T) {
	a, _, now := found(t)
	if visits, err := a.Submit(t.Context()); err != nil || len(visits) != 0 {
		t.Errorf("nobody is a sponsor: %v (%v)", visits, err)
	}
	here, away := newSponsor(t, a), newSponsor(t, a)
	away.server.Close()
	stock(t, a, now, 60)
	for range 2 {
		visits, err := a.Submit(t.Context())
		all := errs(t, visits, err)
		if all[here.URL] != nil || all[away.URL] == nil || strings.Contains(all[away.URL].Error(), "/v1/log") || len(all) != 2 {
			t.Errorf("it went %v", all)
		}
	}
	if n := len(here.asked); here.held.Size() != 61 || n != 3 {
		t.Errorf("%d questions took %d entries there", n, here.held.Size())
	}
	stock(t, a, now, 60)
	p, err := a.Published(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	visits, err := a.visit(t.Context(), func(ctx context.Context, g gateway) error { return g.submit(ctx, p, 5_000) })
	if n := len(here.asked); errs(t, visits, err)[here.URL] != nil || here.held.Size() != 121 || n < 3+5 || n > 3+10 {
		t.Errorf("in parts: %v, %d questions took %d entries there", errs(t, visits, err), n, here.held.Size())
	}
	here.asked = nil
	if _, err := a.Ask(t.Context(), asks(*now, "26-1")); err != nil {
		t.Fatal(err)
	}
	visits, err = a.Submit(t.Context())
	if errs(t, visits, err)[here.URL] != nil || here.held.Size() != 122 || len(here.asked) != 2 {
		t.Errorf("one more: %v, %d, %v", errs(t, visits, err), here.held.Size(), here.asked)
	}
}

// An old copy of the agency is told that it is one, before it publishes with it.
func TestSubmitOldCopy(t *testing.T) {
	a, _, now := found(t)
	s := newSponsor(t, a)
	whole, err := a.Published(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stock(t, a, now, 2)
	if visits, err := a.Submit(t.Context()); errs(t, visits, err)[s.URL] != nil {
		t.Fatal(err)
	}
	g := gateway{s.Sponsor, clientFor(s.Sponsor), a.key, a.now}
	if err := g.submit(t.Context(), whole, maxSubmission); !errors.Is(err, nvr.ErrDamaged) || !strings.Contains(err.Error(), "this is an old copy") {
		t.Errorf("an old copy: %v", err)
	}
	// It publishes all the same.
	r, err := wire.Sign(wire.Bulletin{Head: wire.AgencyHead{Agency: a.Key, Minute: wire.MinuteOf(*now)}, Title: "Ice", Text: "Another.", Expires: wire.MinuteOf(*now) + 9}, a.key)
	if err != nil {
		t.Fatal(err)
	}
	other := &Published{All: append(slices.Clone(whole.All), r, r, r), tree: whole.tree.Append(r.ID, r.ID, r.ID)}
	if err := g.submit(t.Context(), other, maxSubmission); !errors.Is(err, nvr.ErrDamaged) || !strings.Contains(err.Error(), "another log") {
		t.Errorf("another log: %v", err)
	}
}

// What comes to one or two sponsors, whole and in parts, is in the inbox once and no
// longer there.
func TestCollect(t *testing.T) {
	a, _, now := found(t)
	one, two, away := newSponsor(t, a), newSponsor(t, a), newSponsor(t, a)
	away.server.Close()
	asked, err := a.Ask(t.Context(), asks(*now, "26-1"))
	if err != nil {
		t.Fatal(err)
	}
	pieces := response.Cut(seals(t, current(t, a), answers(a, asked, func(r *response.Response) {
		r.Media = []response.Media{{Type: wire.MediaClip, Bytes: bytes.Repeat([]byte("clip"), 150_000)}}
	})))
	one.keeps(pieces[:3]...)
	two.keeps(pieces[1:]...)
	two.keeps(response.Cut(seals(t, current(t, a), answers(a, asked, nil)))...)
	broken := bytes.Clone(pieces[0])
	broken[200_000] ^= 1
	one.keeps(broken)
	for range 2 {
		visits, err := a.Collect(t.Context())
		all := errs(t, visits, err)
		if all[two.URL] != nil || all[away.URL] == nil || !errors.Is(all[one.URL], nvr.ErrInvalid) || !strings.Contains(all[one.URL].Error(), "changed on the way") {
			t.Errorf("it went %v", all)
		}
		list, err := a.Inbox(t.Context())
		if err != nil || len(list) != 2 || !list[0].Usable() || !list[1].Usable() {
			t.Errorf("listed are %+v (%v)", list, err)
		}
		if len(one.kept) != 1 || len(two.kept) != 0 {
			t.Errorf("kept are %d and %d", len(one.kept), len(two.kept))
		}
	}
	fetched := 0
	for _, q := range slices.Concat(one.asked, two.asked) {
		if strings.HasPrefix(q, "GET /v1/mailbox/") {
			fetched++
		}
	}
	if fetched != 5+2 { // the broken one each time
		t.Errorf("%d pieces were fetched", fetched)
	}
}

// Who is not the sponsor that was added is given nothing, and believed nothing.
func TestHostileSponsor(t *testing.T) {
	a, _, now := found(t)
	s := newSponsor(t, a)
	if _, err := a.Ask(t.Context(), asks(*now, "26-1")); err != nil {
		t.Fatal(err)
	}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.Error("it follows") }))
	defer elsewhere.Close()
	say := func(status int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			w.Write([]byte(text))
		}
	}
	for what, odd := range map[string]http.HandlerFunc{
		"another page":           say(200, "<html>"),
		"nothing":                say(200, ""),
		"an error":               say(500, "\x1b[31m"),
		"of nobody":              say(404, ""),
		"too much":               say(200, strings.Repeat(" ", 2<<20)),
		"something behind":       say(200, `{"outcome":"extended","size":1} {}`),
		"another field":          say(200, `{"outcome":"extended","size":1,"reach":9}`),
		"no outcome":             say(200, `{"outcome":"great","size":2}`),
		"for ever":               say(200, `{"outcome":"wanting","size":0}`),
		"less than none":         say(200, `{"outcome":"wanting","size":-5}`),
		"a list of what is none": say(200, `{"pieces":["00"]}`),
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		},
		"a piece of another hash": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/mailbox" {
				w.Write([]byte(`{"pieces":["` + strings.Repeat("00", 32) + `"]}`))
				return
			}
			w.Write(make([]byte, response.PieceLen))
		},
	} {
		s.odd = odd
		visits, err := a.Submit(t.Context())
		if err := errs(t, visits, err)[s.URL]; err == nil || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s, to what is submitted: %v", what, err)
		}
		visits, err = a.Collect(t.Context())
		if err := errs(t, visits, err)[s.URL]; err == nil {
			t.Errorf("%s, to what is collected: %v", what, err)
		}
	}
	if list, err := a.Inbox(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("kept are %+v (%v)", list, err)
	}
	s.odd, s.asked = nil, nil
	s.SPKI[0] ^= 1 // it has another key than was told
	if err := a.AddSponsor(t.Context(), s.Sponsor); err != nil {
		t.Fatal(err)
	}
	visits, err := a.Submit(t.Context())
	if err := errs(t, visits, err)[s.URL]; err == nil || !strings.Contains(err.Error(), "another certificate") || len(s.asked) != 0 {
		t.Errorf("with another key: %v, %v", err, s.asked)
	}
}

func TestSponsors(t *testing.T) {
	a, _, _ := found(t)
	s := wire.Sponsor{URL: "https://home.example:8443", SPKI: wire.Hash{1}, Agency: a.Key}
	for range 2 {
		if err := a.AddSponsor(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if all, err := a.Sponsors(t.Context()); err != nil || !slices.Equal(all, []wire.Sponsor{s}) {
			t.Errorf("listed are %v (%v)", all, err)
		}
		s.SPKI[0]++ // it changed
	}
	s.Agency[0]++
	if err := a.AddSponsor(t.Context(), s); !errors.Is(err, nvr.ErrInvalid) {
		t.Errorf("for another agency: %v", err)
	}
	s.Agency = a.Key
	for n := range MaxSponsors - 1 {
		s.URL = fmt.Sprintf("https://%d.example", n)
		if err := a.AddSponsor(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	s.URL = "https://more.example"
	if err := a.AddSponsor(t.Context(), s); !errors.Is(err, nvr.ErrTooLarge) {
		t.Errorf("one too many: %v", err)
	}
	if err := a.RemoveSponsor(t.Context(), "home.example:8443"); err != nil {
		t.Error(err)
	}
	if err := a.RemoveSponsor(t.Context(), "home.example:8443"); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
}
