package auth

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"nvrd/pkg/nvr"
)

var actions = []Action{Enter, Watch, Review, Export, Tell, Talk, Open, Manage}

// A stranger may enter, and the household everything, to whatever there is.
func TestStrangerAndHousehold(t *testing.T) {
	for _, a := range actions {
		for _, o := range []Object{Home, Cameras, Neighborhood, Camera(0), Camera(1), Camera(1 << 40), Camera(-7)} {
			if got := Can(Subject{}, a, o); got != (a == Enter) {
				t.Errorf("a stranger may %s %s: %v", a, o, got)
			}
			if !Can(Household(), a, o) {
				t.Errorf("the household may not %s %s", a, o)
			}
		}
	}
}

// Every grant lets do what it says and nothing else.
func TestGrants(t *testing.T) {
	objects := []Object{Home, Cameras, Neighborhood, Camera(0), Camera(1), Camera(2)}
	for granted, want := range map[Object][]Object{
		Everything:   objects,
		Home:         {Home},
		Neighborhood: {Neighborhood},
		Cameras:      {Cameras, Camera(0), Camera(1), Camera(2)},
		Camera(1):    {Cameras, Camera(1)},
		Camera(0):    nil,
	} {
		for _, a := range actions[1:] {
			s := Subject{Name: "guest", Grants: []Grant{{a, granted}}}
			for _, tried := range actions[1:] {
				for _, o := range objects {
					if got := Can(s, tried, o); got != (tried == a && slices.Contains(want, o)) {
						t.Errorf("%s on %s lets %s %s: %v", a, granted, tried, o, got)
					}
				}
			}
		}
	}
}

// Who may know nothing of a camera learns nothing of it: it is as one that is
// not there. Strangers learn nothing of anything.
func TestCheck(t *testing.T) {
	guest := Subject{"guest", []Grant{{Watch, Camera(1)}}}
	for _, c := range []struct {
		who  Subject
		do   Action
		to   Object
		want error
	}{
		{guest, Watch, Camera(1), nil},
		{guest, Watch, Cameras, nil},
		{guest, Enter, Home, nil},
		{guest, Manage, Camera(1), nvr.ErrForbidden},
		{guest, Watch, Camera(2), nvr.ErrNotFound},
		{guest, Manage, Camera(2), nvr.ErrNotFound},
		{guest, Watch, Camera(0), nvr.ErrNotFound},
		{guest, Review, Cameras, nvr.ErrForbidden},
		{guest, Manage, Home, nvr.ErrForbidden},
		{Subject{}, Enter, Home, nil},
		{Subject{}, Watch, Camera(1), nvr.ErrUnauthorized},
		{Subject{}, Watch, Camera(2), nvr.ErrUnauthorized},
		{Subject{}, Manage, Home, nvr.ErrUnauthorized},
	} {
		if err := Check(With(t.Context(), c.who), c.do, c.to); !errors.Is(err, c.want) {
			t.Errorf("%q wants to %s %s: %v, want %v", c.who.Name, c.do, c.to, err, c.want)
		}
	}
	if err := Check(context.Background(), Watch, Cameras); !errors.Is(err, nvr.ErrUnauthorized) {
		t.Errorf("nobody said who asks: %v", err)
	}
}

// A route that does not say what is done to what is never served.
func TestRoutesWithoutAName(t *testing.T) {
	for name, c := range map[string]struct {
		pattern string
		action  Action
		on      Target
	}{
		"no action":         {"GET /x", "", On(Home)},
		"no such action":    {"GET /x", "look", On(Home)},
		"no target":         {"GET /x", Watch, Target{}},
		"no such target":    {"GET /x", Watch, On(-9)},
		"all there is":      {"GET /x", Watch, On(Everything)},
		"one camera, fixed": {"GET /x", Watch, On(Camera(1))},
		"no such wildcard":  {"GET /x/{id}", Watch, OnCamera("camera")},
		"no wildcard":       {"GET /x", Watch, OnCamera("camera")},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: the route stands", name)
				}
			}()
			NewMux(refuse).Handle(c.pattern, c.action, c.on, teapot)
		}()
	}
}

// The gate says who asks, each route decides.
func TestGateSaysWhoAsks(t *testing.T) {
	var who []string
	m := NewMux(refuse)
	record := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { who = append(who, Asks(r.Context()).Name) })
	m.Handle("GET /login", Enter, On(Home), record)
	m.Handle("GET /cameras/{id}", Watch, OnCamera("id"), record)
	g := newGate(t)
	session := login(t, g).String()
	if got := serve(g.Require(m), request("GET", "/cameras/1", "Cookie", session)).StatusCode; got != http.StatusOK {
		t.Errorf("with a session: %d", got)
	}
	if got := serve(g.Require(m), request("GET", "/cameras/1", "Authorization", "Bearer "+secret)).StatusCode; got != http.StatusOK {
		t.Errorf("with the key: %d", got)
	}
	if got := serve(g.Require(m), request("GET", "/login")).StatusCode; got != http.StatusOK {
		t.Errorf("a stranger at the door: %d", got)
	}
	if got := serve(Direct(m, refuse), request("GET", "/cameras/1")).StatusCode; got != http.StatusOK {
		t.Errorf("without a key: %d", got)
	}
	if got := serve(m, request("GET", "/cameras/1")).StatusCode; got != http.StatusUnauthorized {
		t.Errorf("past the gate: %d", got)
	}
	if got := strings.Join(who, ","); got != "household,household,,household" {
		t.Errorf("asked by %q", got)
	}
}
