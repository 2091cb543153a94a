package ui_test

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"nvrd/pkg/auth"
	"nvrd/pkg/nvr"
	"nvrd/ui"
)

// guest is a role that nobody has yet: who may see one camera, live and as it
// was.
var guest = auth.Subject{Name: "guest", Grants: []auth.Grant{
	{Action: auth.Watch, Object: auth.Camera(1)}, {Action: auth.Review, Object: auth.Camera(1)},
}}

// guests says of each page what it answers to a guest: about the guest's own
// camera, or about no single one.
var guests = map[string]int{
	"/":                   404, // nothing is there
	"GET /static/":        404, // that is a folder
	"GET /{$}":            200,
	"POST /{$}":           403,
	"GET /events":         200,
	"GET /events/chosen":  200,
	"POST /events/chosen": 403,
	"GET /events/delete":  403,
	"POST /events/delete": 403,
	"GET /wall":           200,
	"GET /cameras":        200,
	"GET /cameras/{id}":   200,

	"GET /cameras/{id}/chapters.vtt": 400, // of no span

	"GET /cameras/new":             403,
	"POST /cameras/new":            403,
	"GET /cameras/find":            403,
	"GET /cameras/{id}/edit":       403,
	"POST /cameras/{id}/edit":      403,
	"POST /cameras/{id}/ring":      403,
	"POST /cameras/{id}/reply":     403,
	"GET /replies":                 403,
	"POST /replies":                403,
	"GET /cameras/{id}/bell":       403,
	"POST /cameras/{id}/bell":      403,
	"GET /cameras/{id}/recording":  403,
	"POST /cameras/{id}/recording": 403,
	"GET /cameras/{id}/motion":     403,
	"POST /cameras/{id}/motion":    403,
	"GET /cameras/{id}/remove":     403,
	"POST /cameras/{id}/remove":    403,
	"GET /street":                  403,
	"POST /street":                 403,
	"GET /street/new":              403,
	"GET /street/found":            403,
	"POST /street/found":           403,
	"GET /street/join":             403,
	"POST /street/join":            403,
	"GET /street/restore":          403,
	"GET /street/waiting":          403,
	"POST /street/restore":         403,
	"POST /street/waiting":         403,
	"GET /street/{street}":         403,
	"GET /street/{street}/new":     403,
	"POST /street/{street}/new":    403,
	"POST /street/{street}/quiet":  403,

	"GET /street/{street}/requests":               403,
	"POST /street/{street}/requests":              403,
	"GET /street/{street}/requests/{request}":     403,
	"POST /street/{street}/requests/{request}":    403,
	"GET /street/{street}/ask":                    403,
	"POST /street/{street}/ask":                   403,
	"GET /street/{street}/answers":                403,
	"POST /street/{street}/answers":               403,
	"GET /street/{street}/coverage":               403,
	"POST /street/{street}/coverage":              403,
	"GET /street/{street}/ledger":                 403,
	"POST /street/{street}/ledger":                403,
	"GET /street/{street}/ledger.json":            403,
	"GET /street/{street}/ledger.csv":             403,
	"GET /street/{street}/stewards":               403,
	"POST /street/{street}/stewards":              403,
	"GET /street/{street}/agencies":               403,
	"POST /street/{street}/agencies":              403,
	"GET /street/{street}/agencies/new":           403,
	"POST /street/{street}/agencies/new":          403,
	"GET /street/{street}/sponsor":                403,
	"POST /street/{street}/sponsor":               403,
	"POST /street/{street}/gateway":               403,
	"GET /street/{street}/anew":                   403,
	"POST /street/{street}/anew":                  403,
	"GET /street/{street}/mine":                   403,
	"POST /street/{street}/mine":                  403,
	"POST /street/{street}/mine/caps":             403,
	"GET /street/{street}/leave":                  403,
	"POST /street/{street}/leave":                 403,
	"GET /street/{street}/members":                403,
	"GET /street/{street}/invite":                 403,
	"POST /street/{street}/invite":                403,
	"GET /street/{street}/entries/{entry}":        403,
	"POST /street/{street}/entries/{entry}":       403,
	"POST /street/{street}/entries/{entry}/label": 403,
	"GET /cameras/{id}/share":                     403,
	"POST /cameras/{id}/share":                    403,
	"GET /cameras/{id}/blur":                      403,
	"POST /cameras/{id}/blur":                     403,
	"GET /cameras/{id}/blur/{draft}":              403,
	"GET /cameras/{id}/blur/{draft}/thumbnail":    403,
	"GET /street/{street}/drafts/{draft}":         403,

	"GET /street/{street}/requests/{request}/answer":               403,
	"POST /street/{street}/requests/{request}/answer":              403,
	"GET /street/{street}/entries/{entry}/report":                  403,
	"POST /street/{street}/entries/{entry}/report":                 403,
	"GET /street/{street}/answers/{answer}/media/{place}":          403,
	"GET /street/{street}/drafts/{draft}/thumbnail":                403,
	"GET /street/{street}/entries/{entry}/media/{place}":           403,
	"GET /street/{street}/entries/{entry}/media/{place}/thumbnail": 403,

	"GET /sw.js":                200,
	"GET /manifest.webmanifest": 200,

	"GET /storage":                           403,
	"POST /storage":                          403,
	"GET /settings/audit":                    403,
	"GET /settings/alerts":                   403,
	"POST /settings/alerts":                  403,
	"GET /settings":                          200,
	"GET /settings/notifications":            403,
	"POST /settings/notifications":           403,
	"GET /settings/notifications/new":        403,
	"POST /settings/notifications/new":       403,
	"GET /settings/notifications/{channel}":  403,
	"POST /settings/notifications/{channel}": 403,

	"GET /login":   200,
	"POST /login":  403, // for want of the right key
	"POST /logout": 303,

	"GET /trust":                         200,
	"GET /trust/stoop-home.crt":          200,
	"GET /trust/stoop-home.pem":          200,
	"GET /trust/stoop-home.mobileconfig": 200,
}

// strangers may have these, and nothing else.
var strangers = []string{"GET /static/", "GET /sw.js", "GET /manifest.webmanifest", "GET /login", "POST /login", "POST /logout",
	"GET /trust", "GET /trust/stoop-home.crt", "GET /trust/stoop-home.pem", "GET /trust/stoop-home.mobileconfig"}

// nobody is signed in.
type nobody struct{}

func (nobody) AddSession(context.Context, [32]byte, nvr.Time) error { return nil }
func (nobody) Session(context.Context, [32]byte) (nvr.Time, error)  { return 0, nvr.ErrNotFound }
func (nobody) RemoveSession(context.Context, [32]byte) error        { return nil }

// Every page asks who asks: a guest gets what the role lets them have, of one
// camera; another camera is to them as one that is not there; and strangers get
// no further than the door.
func TestGuests(t *testing.T) {
	h := &household{cameras: []nvr.Camera{camera(1, "Drive"), camera(2, "Attic")}, gone: []nvr.Camera{{ID: 3, Name: "Attic of old", State: nvr.State{Phase: nvr.Gone}}}}
	pages, err := ui.New(ui.Config{Cameras: h, Setup: h, Household: h, Rings: h, Voice: h, Bells: &h.bell, Audit: h.audit.log, Zones: h, Storage: &h.kept, Deletions: &h.deleted, Timelines: h, History: h, Door: h, Authority: authority(t), Finder: h, Street: newNeighbors(t).off(), Notify: newOutbox(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	asked := func(h http.Handler, pattern, id string) *httptest.ResponseRecorder {
		method, address, ok := strings.Cut(pattern, " ")
		if !ok {
			method, address = http.MethodGet, "/nowhere"
		}
		w := httptest.NewRecorder()
		r := httptest.NewRequest(method, strings.NewReplacer("{id}", id, "{$}", "").Replace(address), strings.NewReader("mode=privacy&name=Taken&url=rtsp://evil.example/"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "text/html")
		h.ServeHTTP(w, r)
		return w
	}
	gate := auth.NewGate(auth.NewAccessKey("0123456789abcdef"), nobody{}, func(w http.ResponseWriter, _ *http.Request, err error) {
		w.WriteHeader(nvr.KindOf(err).Status)
	}).Require(pages)
	var patterns []string
	for _, route := range pages.Routes() {
		patterns = append(patterns, route.Pattern)
		w := asked(auth.As(guest, pages), route.Pattern, "1")
		if w.Code != guests[route.Pattern] {
			t.Errorf("%s: %d to a guest, want %d", route.Pattern, w.Code, guests[route.Pattern])
		}
		if strings.Contains(w.Body.String(), "Attic") {
			t.Errorf("%s tells a guest of another's camera", route.Pattern)
		}
		stranger := asked(gate, route.Pattern, "1")
		kept := stranger.Code == http.StatusUnauthorized || stranger.Code == http.StatusSeeOther && strings.HasPrefix(stranger.Header().Get("Location"), "/login?")
		if kept == slices.Contains(strangers, route.Pattern) && route.Pattern != "GET /static/" {
			t.Errorf("%s: %d to a stranger", route.Pattern, stranger.Code)
		}
		if (route.Action == auth.Enter) != (slices.Contains(strangers, route.Pattern) || route.Pattern == "/") {
			t.Errorf("%s is there to %s", route.Pattern, route.Action)
		}
		if !strings.Contains(route.Pattern, "{id}") {
			continue
		}
		foreign, absent := asked(auth.As(guest, pages), route.Pattern, "2"), asked(auth.As(guest, pages), route.Pattern, "99")
		if foreign.Code != http.StatusNotFound || absent.Code != http.StatusNotFound || foreign.Body.String() != absent.Body.String() {
			t.Errorf("%s: a guest can tell another's camera (%d) from none (%d)", route.Pattern, foreign.Code, absent.Code)
		}
	}
	slices.Sort(patterns)
	if want := slices.Sorted(maps.Keys(guests)); !slices.Equal(patterns, want) {
		t.Errorf("the matrix is not of all pages:\n%q\n%q", patterns, want)
	}
	if len(h.added) > 0 || len(h.removed) > 0 || h.home.Mode != "" || h.set.Plan.Mode != "" {
		t.Errorf("guests changed something: %+v", h)
	}
}
