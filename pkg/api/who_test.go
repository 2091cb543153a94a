package api

import (
	"bufio"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"nvrd/pkg/auth"
)

// guest is a role that nobody has yet: who may see one camera, live and as it
// was.
var guest = auth.Subject{Name: "guest", Grants: []auth.Grant{
	{Action: auth.Watch, Object: auth.Camera(1)}, {Action: auth.Review, Object: auth.Camera(1)},
}}

// guests says of each route what it answers to a guest: about the guest's own
// camera, or about no single one; open is whatever the household is told.
const open = 0

var guests = map[string]int{
	"GET /api/v1/health":                                  open,
	"GET /api/v1/cameras":                                 open,
	"POST /api/v1/cameras":                                403,
	"GET /api/v1/cameras/{camera}":                        open,
	"PATCH /api/v1/cameras/{camera}":                      403,
	"DELETE /api/v1/cameras/{camera}":                     403,
	"GET /api/v1/cameras/{camera}/recording":              403,
	"PATCH /api/v1/cameras/{camera}/recording":            403,
	"GET /api/v1/cameras/{camera}/zones":                  403,
	"PUT /api/v1/cameras/{camera}/zones":                  403,
	"POST /api/v1/cameras/{camera}/events":                403,
	"POST /api/v1/cameras/{camera}/ring":                  403,
	"POST /api/v1/cameras/{camera}/ring/answer":           403,
	"POST /api/v1/cameras/{camera}/ring/seen":             403,
	"GET /api/v1/cameras/{camera}/bells":                  403,
	"PUT /api/v1/cameras/{camera}/bells/{kind}":           403,
	"DELETE /api/v1/cameras/{camera}/bells/{kind}":        403,
	"GET /api/v1/cameras/{camera}/bells/{kind}/log":       403,
	"PUT /api/v1/cameras/{camera}/bindings":               403,
	"GET /api/v1/bells/{token}":                           404, // nobody's address
	"POST /api/v1/bells/{token}":                          404,
	"GET /api/v1/rings":                                   open,
	"GET /api/v1/cameras/{camera}/talk":                   open,
	"POST /api/v1/cameras/{camera}/talk":                  403,
	"DELETE /api/v1/cameras/{camera}/talk/{talk}":         403,
	"GET /api/v1/audit":                                   403,
	"POST /api/v1/cameras/{camera}/replies/{reply}/play":  403,
	"POST /api/v1/cameras/{camera}/speaker/test":          403,
	"POST /api/v1/cameras/{camera}/door/open":             403,
	"GET /api/v1/replies":                                 403,
	"POST /api/v1/replies":                                403,
	"GET /api/v1/replies/{reply}.wav":                     403,
	"DELETE /api/v1/replies/{reply}":                      403,
	"GET /api/v1/events":                                  open,
	"GET /api/v1/events/live":                             open,
	"GET /api/v1/performance":                             403,
	"GET /api/v1/home":                                    403,
	"PATCH /api/v1/home":                                  403,
	"GET /api/v1/alerts":                                  403,
	"PATCH /api/v1/alerts":                                403,
	"POST /api/v1/probe":                                  403,
	"POST /api/v1/cameras/search":                         403,
	"POST /api/v1/findings":                               403,
	"GET /api/v1/findings/{finding}/picture.mp4":          403,
	"POST /api/v1/findings/{finding}/camera":              403,
	"GET /api/v1/channels":                                403,
	"POST /api/v1/channels":                               403,
	"GET /api/v1/channels/{channel}":                      403,
	"PATCH /api/v1/channels/{channel}":                    403,
	"DELETE /api/v1/channels/{channel}":                   403,
	"POST /api/v1/channels/{channel}/test":                403,
	"GET /api/v1/push":                                    403,
	"GET /api/v1/messages/{message}/picture.jpg":          open,
	"GET /api/v1/cameras/{camera}/timeline":               open,
	"GET /api/v1/cameras/{camera}/playlist.m3u8":          open,
	"GET /api/v1/cameras/{camera}/export.mp4":             403,
	"GET /api/v1/locks":                                   403,
	"POST /api/v1/cameras/{camera}/locks":                 403,
	"DELETE /api/v1/locks/{lock}":                         403,
	"GET /api/v1/deletions":                               403,
	"POST /api/v1/deletions":                              403,
	"GET /api/v1/clips.zip":                               403,
	"GET /api/v1/cameras/{camera}/picture.mp4":            open,
	"GET /api/v1/cameras/{camera}/storyboard.mp4":         open,
	"GET /api/v1/cameras/{camera}/live.mp4":               open,
	"POST /api/v1/cameras/{camera}/whep":                  open,
	"DELETE /api/v1/cameras/{camera}/whep/{session}":      open,
	"PATCH /api/v1/cameras/{camera}/whep/{session}":       open,
	"GET /api/v1/cameras/{camera}/segments/{segment}.mp4": open,
	"GET /api/v1/inits/{init}.mp4":                        open,
	"GET /api/v1/states":                                  open,
	"GET /api/v1/openapi.json":                            open,
}

// strangers are what whoever is signed in nowhere may ask, too.
var strangers = map[string]bool{"GET /api/v1/health": true, "GET /api/v1/bells/{token}": true, "POST /api/v1/bells/{token}": true}

// Every route asks who asks: a guest gets what the role lets them have, of one
// camera; another camera is to them as one that is not there; and a stranger
// who comes past the gate gets nothing.
func TestGuests(t *testing.T) {
	h, _, _ := recorded(t)
	if r := h.do("POST", "/api/v1/cameras", strings.Replace(porch, "Porch", "Secret", 1)); r.StatusCode != 201 {
		t.Fatal(text(t, r))
	}
	var routes []string
	for _, r := range new(api).routes() {
		routes = append(routes, r.address)
	}
	if missing := slices.Sorted(maps.Keys(guests)); !slices.Equal(slices.Sorted(slices.Values(routes)), missing) {
		t.Errorf("the matrix is not of all routes:\n%v\n%v", routes, missing)
	}
	asked := func(who auth.Subject, address, camera string) *http.Response {
		method, target, _ := strings.Cut(address, " ")
		target = strings.NewReplacer("{camera}", camera, "{segment}", "1", "{channel}", "1", "{session}", "none", "{reply}", "1", "{lock}", "1", "{finding}", "none", "{message}", "ring-1", "{init}", strings.Repeat("0", 64)).Replace(target)
		if strings.HasSuffix(target, "/states") || strings.HasSuffix(target, "/events/live") {
			method = "HEAD" // without end otherwise
		}
		return do(auth.As(who, h.bare), method, target, `{"name":"Taken over"}`)
	}
	for _, address := range routes {
		own := asked(guest, address, "1")
		body := text(t, own)
		if want := guests[address]; want != open {
			if own.StatusCode != want {
				t.Errorf("%s: %d to a guest, want %d", address, own.StatusCode, want)
			}
		} else if told := asked(auth.Household(), address, "1"); own.StatusCode != told.StatusCode || own.StatusCode >= 400 && body != text(t, told) {
			t.Errorf("%s: %d %s to a guest, %d to the household", address, own.StatusCode, body, told.StatusCode)
		}
		if strings.Contains(body, "Secret") {
			t.Errorf("%s tells a guest of another's camera: %s", address, body)
		}
		if stranger := asked(auth.Subject{}, address, "1"); (stranger.StatusCode == 401) == strangers[address] {
			t.Errorf("%s: %d to a stranger", address, stranger.StatusCode)
		}
		if !strings.Contains(address, "{camera}") {
			continue
		}
		foreign, absent := asked(guest, address, "2"), asked(guest, address, "99")
		if a, b := strings.ReplaceAll(text(t, foreign), "camera 2", "camera 99"), text(t, absent); foreign.StatusCode != 404 || absent.StatusCode != 404 || a != b {
			t.Errorf("%s: a guest can tell another's camera (%d %s) from none (%d %s)", address, foreign.StatusCode, a, absent.StatusCode, b)
		}
	}
	cameras, err := h.db.Cameras(t.Context())
	if err != nil || len(cameras) != 2 || cameras[0].Name != "Porch" || len(h.events) != 0 {
		t.Errorf("guests changed something: %v, %v, %v", cameras, h.events, err)
	}
}

// What guests are told of cameras is of theirs alone.
func TestGuestsSeeTheirCameras(t *testing.T) {
	h, _, _ := recorded(t)
	if r := h.do("POST", "/api/v1/cameras", strings.Replace(porch, "Porch", "Secret", 1)); r.StatusCode != 201 {
		t.Fatal(text(t, r))
	}
	var got camerasView
	r := do(auth.As(guest, h.bare), "GET", "/api/v1/cameras", "")
	if err := json.Unmarshal([]byte(text(t, r)), &got); err != nil || len(got.Cameras) != 1 || got.Cameras[0].Name != "Porch" {
		t.Errorf("cameras: %+v, %v", got, err)
	}
	server := httptest.NewServer(auth.As(guest, h.bare))
	t.Cleanup(server.Close)
	states := get(t, server.URL+"/api/v1/states")
	lines := bufio.NewScanner(states.Body)
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			if !strings.Contains(data, "Porch") || strings.Contains(data, "Secret") {
				t.Errorf("states: %s", data)
			}
			return
		}
	}
	t.Error("no states")
}

// What may be asked for what stands in docs/ref/api.md as the routes have it.
func TestRightsAreDocumented(t *testing.T) {
	documented, actual := map[string]string{}, map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z]+ [^`?]+)[^`]*` \\| ([a-z]+ [a-z]+) \\|").FindAllStringSubmatch(reference(t), -1) {
		documented[m[1]] = m[2]
	}
	for _, r := range new(api).routes() {
		actual[r.address] = string(r.action) + " " + r.on.String()
	}
	if !maps.Equal(documented, actual) {
		t.Errorf("docs/ref/api.md has\n%v\nthe routes\n%v", documented, actual)
	}
}
