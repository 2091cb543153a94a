package agency

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nvrd/federation/request"
	"nvrd/federation/request/area"
	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

// square is an area of so many millionths of a degree a side.
func square(lat, lon, side int32) []wire.Point {
	return []wire.Point{{Lat: lat, Lon: lon}, {Lat: lat, Lon: lon + side}, {Lat: lat + side, Lon: lon + side}, {Lat: lat + side, Lon: lon}}
}

var brigade = wire.Agency{Title: "Fire brigade", Class: wire.ClassFire, Domain: "fire.example", Contact: "Desk, 555 0100", Policy: "Deleted after 30 days.", Jurisdiction: square(40_600_000, -74_000_000, 300_000)}

// found makes an agency whose clock a test moves.
func found(t *testing.T) (*Agency, string, *time.Time) {
	t.Helper()
	dir := t.TempDir()
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	a, err := initAt(t.Context(), dir, brigade, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a, dir, &now
}

// asks is a request that keeps the rules, at a moment.
func asks(now time.Time, number string) Request {
	m := wire.MinuteOf(now)
	return Request{Case: number, Incident: wire.IncidentFire, From: m - 120, To: m - 60, Area: square(40_700_000, -73_990_000, 5_000), Text: "Smoke behind the bakery. Did a camera see where it began?", Open: 7 * wire.Day}
}

func TestInit(t *testing.T) {
	a, dir, _ := found(t)
	if _, err := Init(t.Context(), dir, brigade); !errors.Is(err, nvr.ErrExists) {
		t.Errorf("a second agency in one directory: %v", err)
	}
	again, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.Key != a.Key || again.Policy != brigade.Policy || again.Minute != a.Minute || again.Title != brigade.Title || again.Class != wire.ClassFire || again.Domain != brigade.Domain || again.Contact != brigade.Contact || !slices.Equal(again.Jurisdiction, brigade.Jurisdiction) {
		t.Errorf("it is opened as %v %+v", again.Key, again.Agency)
	}
	if _, err := Open(t.Context(), t.TempDir()); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("an empty directory: %v", err)
	}
	if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("whoever is on the machine may read the key: %v", info.Mode())
	}
	for what, change := range map[string]func(*wire.Agency){
		"no title": func(p *wire.Agency) { p.Title = "" }, "no class": func(p *wire.Agency) { p.Class = 0 }, "no policy": func(p *wire.Agency) { p.Policy = "" }, "no contact": func(p *wire.Agency) { p.Contact = "" },
		"no jurisdiction": func(p *wire.Agency) { p.Jurisdiction = nil }, "a title that can't be seen": func(p *wire.Agency) { p.Title = "\u202e" },
	} {
		p, dir := brigade, t.TempDir()
		change(&p)
		if _, err := Init(t.Context(), dir, p); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
		if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) > 0 {
			t.Errorf("%s leaves %v behind", what, files)
		}
	}
}

// What no home would take is not published, and the message says why.
func TestRefused(t *testing.T) {
	a, _, now := found(t)
	for _, c := range []struct {
		change func(*Request)
		says   string
	}{
		{func(r *Request) { r.From = r.To - 5 }, "15 minutes"},
		{func(r *Request) { r.From = r.To - 800 }, "12 hours"},
		{func(r *Request) { r.To = wire.MinuteOf(*now) + 1 }, "what has happened"},
		{func(r *Request) { r.Open = 15 * wire.Day }, "14 days"},
		{func(r *Request) { r.Area = square(40_700_000, -73_990_000, 100) }, "smaller than 0.025 square miles"},
		{func(r *Request) { r.Area = square(50_700_000, -73_990_000, 5_000) }, "within the jurisdiction"},
		{func(r *Request) { r.Text = "See www.town" }, "addresses of pages"},
		{func(r *Request) { r.Case = "" }, "case"},
		{func(r *Request) { r.Incident = 0 }, "incident"},
		{func(r *Request) { r.Text = "" }, "what is asked"},
	} {
		r := asks(*now, "1")
		c.change(&r)
		if _, err := a.Ask(t.Context(), r); !errors.Is(err, nvr.ErrInvalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", r, err)
		}
	}
	for n := range 3 {
		if _, err := a.Ask(t.Context(), asks(*now, string(rune('a'+n)))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Ask(t.Context(), asks(*now, "d")); !errors.Is(err, nvr.ErrInvalid) || !strings.Contains(err.Error(), "resolve or withdraw one") {
		t.Errorf("a fourth that is open there: %v", err)
	}
	elsewhere := asks(*now, "d")
	elsewhere.Area = square(40_800_000, -73_900_000, 5_000)
	if _, err := a.Ask(t.Context(), elsewhere); err != nil {
		t.Errorf("a fourth in another part of the town: %v", err)
	}
	if _, err := a.End(t.Context(), wire.Hash{1}, wire.ClosingResolved); !errors.Is(err, nvr.ErrInvalid) {
		t.Errorf("nothing is resolved: %v", err)
	}
	*now = now.Add(-time.Hour)
	if _, err := a.Tell(t.Context(), "Ice", "Roads freeze tonight.", wire.Day); !errors.Is(err, nvr.ErrInvalid) || !strings.Contains(err.Error(), "clock") {
		t.Errorf("the clock was set back: %v", err)
	}
	if p, err := a.Published(t.Context()); err != nil || len(p.All) != 5 {
		t.Errorf("published are %d (%v)", len(p.All), err)
	}
}

// What is published is what homes take, in the same order, and so is what outsiders
// read: from the program, and from the files that another server serves.
func TestPublished(t *testing.T) {
	a, _, now := found(t)
	first, err := a.Ask(t.Context(), asks(*now, "1"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.Handler(plainPage))
	defer server.Close()
	out := t.TempDir()
	mirror := httptest.NewServer(http.FileServer(http.Dir(out)))
	defer mirror.Close()
	town, err := area.NewJurisdiction(brigade.Jurisdiction)
	if err != nil {
		t.Fatal(err)
	}
	for _, cell := range [][]wire.Cell{nil, {area.CellOf(brigade.Jurisdiction[0])}} {
		if cell != nil {
			stock(t, a, now, 600) // several tiles
		} else if _, err := a.End(t.Context(), first.ID, wire.ClosingResolved); err != nil {
			t.Fatal(err)
		}
		p, err := a.Published(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if p, err = a.WithPage(p, plainPage); err != nil {
			t.Fatal(err)
		}
		if err := p.Export(out); err != nil {
			t.Fatal(err)
		}
		for _, from := range []string{server.URL, mirror.URL} {
			card, err := wire.ParseAgency(string(get(t, from, ".well-known/stoop-agency")))
			if err != nil || card.Body.(wire.Agency).Key != a.Key {
				t.Errorf("the domain shows %v (%v)", card, err)
			}
			home := request.NewLog(request.Terms{Agency: a.Key, Jurisdiction: town, Cells: cell}, func(wire.Key) bool { return false })
			if got, err := home.Offer(get(t, from, "checkpoint"), fetch(t, from, a.Key), wire.MinuteOf(*now)); got != request.Extended || err != nil {
				t.Fatalf("a home finds it %v (%v)", got, err)
			}
			judge := request.NewJudge(request.Terms{Agency: a.Key, Jurisdiction: town}) // of another neighborhood
			for i, e := range home.Entries(0) {
				if v, _ := judge.Judge(p.All[i]); !e.Verdict.OK() || !v.OK() {
					t.Errorf("a home finds entry %d %v, another %v", i, e.Verdict, v)
				}
			}
			if home.Size() != len(p.All) {
				t.Errorf("a home has %d entries of %d", home.Size(), len(p.All))
			}
			for _, path := range []string{"", "index.html"} {
				if got, want := string(get(t, from, path)), fmt.Sprintf("Fire brigade, %d entries at %d", len(p.All), wire.MinuteOf(*now)); got != want {
					t.Errorf("the page at %q is %q, not %q", path, got, want)
				}
			}
		}
	}
	for _, path := range []string{"text/", "text/00", "tile/0/999", "tile/0/003", "tile/entries/003", "tile/entries/002.p/255", "../agency.db", "agency.db", "checkpoint/"} {
		if status, _ := ask(t, server.URL, path); status != http.StatusNotFound {
			t.Errorf("%q is there: %d", path, status)
		}
	}
}

func plainPage(w io.Writer, says wire.Agency, log []wire.Signed, now wire.Minute) error {
	_, err := fmt.Fprintf(w, "%s, %d entries at %d", says.Title, len(log), now)
	return err
}

// stock writes down what an agency published in the course of years, a bulletin a day.
func stock(t *testing.T, a *Agency, now *time.Time, n int) {
	t.Helper()
	err := a.db.Update(t.Context(), func(tx *sqlite.Tx) error {
		for range n {
			*now = now.Add(24 * time.Hour)
			at := wire.MinuteOf(*now)
			s, err := wire.Sign(wire.Bulletin{Head: wire.AgencyHead{Agency: a.Key, Minute: at}, Title: "Ice", Text: "Roads freeze tonight.", Expires: at + wire.Day}, a.key)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(t.Context(), `INSERT INTO publication (position, id, raw) SELECT count(*), ?, ? FROM publication`, s.ID[:], s.Raw); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// fetch returns all entries as a poller reads them.
func fetch(t *testing.T, from string, key wire.Key) (all []request.Entry) {
	t.Helper()
	c, err := tlog.Open(get(t, from, "checkpoint"), key)
	if err != nil {
		t.Fatal(err)
	}
	for bundle := range tlog.Bundles(0, c.Size) {
		ids, err := tlog.ParseBundle(get(t, from, bundle.Path()), bundle)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			all = append(all, request.Entry{ID: id, Text: wire.Signed{Raw: get(t, from, textPath(id))}})
		}
	}
	for tile := range tlog.Published(0, c.Size) {
		if tile.Level == tlog.Entries {
			continue
		}
		if _, err := tlog.ParseHashes(get(t, from, tile.Path()), tile); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func get(t *testing.T, from, path string) []byte {
	t.Helper()
	status, b := ask(t, from, path)
	if status != http.StatusOK {
		t.Fatalf("%s: %d", path, status)
	}
	return b
}

func ask(t *testing.T, from, path string) (status int, body []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, from+"/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	if body, err = io.ReadAll(w.Body); err != nil {
		t.Fatal(err)
	}
	return w.StatusCode, body
}

// Two processes that publish at once come one after the other: there is one log.
func TestAtOnce(t *testing.T) {
	a, dir, now := found(t)
	other, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.now = a.now
	var both sync.WaitGroup
	for i, by := range []*Agency{a, other} {
		both.Go(func() {
			for n := range 20 {
				r := asks(*now, fmt.Sprint(2*n+i))
				r.Area = square(40_600_000+int32(2*n+i)*7_000, -73_990_000, 4_000)
				if _, err := by.Ask(t.Context(), r); err != nil {
					t.Error(err)
				}
			}
		})
	}
	both.Wait()
	p, err := a.Published(t.Context())
	if err != nil || len(p.All) != 41 {
		t.Fatalf("published are %d (%v)", len(p.All), err)
	}
	twice := map[wire.Hash]bool{}
	for _, s := range p.All {
		twice[s.ID] = true
	}
	if len(twice) != 41 {
		t.Errorf("%d of them differ", len(slices.Collect(maps.Keys(twice))))
	}
	for _, statement := range []string{`DELETE FROM publication WHERE position = 3`, `UPDATE publication SET raw = x'00'`} {
		err := a.db.Update(t.Context(), func(tx *sqlite.Tx) error {
			_, err := tx.ExecContext(t.Context(), statement)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "what was published stays") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}
