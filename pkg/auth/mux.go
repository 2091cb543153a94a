package auth

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"nvrd/pkg/nvr"
)

// Target says what the requests of a route are about.
type Target struct {
	object   Object
	wildcard string // of the pattern, which holds a camera's number; empty for object
}

// On is the target of routes that are about one object that is no single camera.
func On(o Object) Target { return Target{object: o} }

// OnCamera is the target of routes that name a camera in a wildcard of their pattern.
func OnCamera(wildcard string) Target { return Target{wildcard: wildcard} }

// String returns t as documents name it: home, cameras, neighborhood or camera.
func (t Target) String() string {
	if t.wildcard != "" {
		return "camera"
	}
	return t.object.String()
}

// of returns the object that r is about. What is no number is a camera that is
// not there.
func (t Target) of(r *http.Request) Object {
	if t.wildcard == "" {
		return t.object
	}
	id, err := nvr.ParseCameraID(r.PathValue(t.wildcard))
	if err != nil {
		return Camera(0)
	}
	return Camera(id)
}

// Route is an address with what is done to what there.
type Route struct {
	Pattern string // of [http.ServeMux]
	Action  Action
	Target  Target
}

// Mux passes requests on to the handlers of their addresses, as [http.ServeMux]
// does, if who asks may do what the route is for. No route can stand on it that
// does not say what that is. It is safe for concurrent use once all routes stand.
type Mux struct {
	deny   Deny
	mux    *http.ServeMux
	routes []Route
}

// NewMux returns a mux that answers with deny, by the errors of [Check].
func NewMux(deny Deny) *Mux { return &Mux{deny: deny, mux: http.NewServeMux()} }

// Handle lets h answer for a pattern, which is where action is done to on. It
// panics, as [http.ServeMux] does of a bad pattern, if there is no such action,
// if on is the zero Target, or if it names a wildcard that pattern lacks.
func (m *Mux) Handle(pattern string, action Action, on Target, h http.Handler) {
	known := []Action{Enter, Watch, Review, Export, Tell, Talk, Open, Manage}
	switch {
	case !slices.Contains(known, action):
		panic(fmt.Sprintf("route %q: %q is no action", pattern, action))
	case on == Target{}, on.wildcard == "" && !slices.Contains([]Object{Home, Cameras, Neighborhood}, on.object):
		panic(fmt.Sprintf("route %q does not say what it is about", pattern))
	case !strings.Contains(pattern, "{"+on.wildcard+"}") && on.wildcard != "":
		panic(fmt.Sprintf("route %q has no wildcard %s", pattern, on.wildcard))
	}
	m.routes = append(m.routes, Route{pattern, action, on})
	m.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := Check(r.Context(), action, on.of(r)); err != nil {
			m.deny(w, r, err)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// Routes returns the routes in the order in which they were made.
func (m *Mux) Routes() []Route { return slices.Clone(m.routes) }

// ServeHTTP implements [http.Handler].
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.mux.ServeHTTP(w, r) }
