package auth

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"nvrd/pkg/nvr"
)

// Action is what somebody wants to do.
type Action string

// The actions.
const (
	Enter  Action = "enter"  // what strangers may, too: sign in and out, load what pages are made of, ask whether the program is well
	Watch  Action = "watch"  // see live pictures, and how cameras are
	Review Action = "review" // see what was recorded and what happened
	Export Action = "export" // take footage away as a file
	Tell   Action = "tell"   // say that something happened in front of a camera, or something to the neighborhood
	Talk   Action = "talk"   // speak at a camera, or have a quick reply played there
	Open   Action = "open"   // open the door at a camera
	Manage Action = "manage" // see and change what is set
)

// Object is what it is done to: a camera with its footage (see [Camera]), or
// one of those below. The zero Object is a camera that is not there.
type Object int64

// The objects that are no single camera.
const (
	Home         Object = -1 // what holds for all cameras, and which there are
	Cameras      Object = -2 // the cameras; one that is asked about them gives the answer for those that who asks may
	Everything   Object = -3 // only for grants: whatever there is
	Neighborhood Object = -4 // what this home and its neighbors tell each other
)

// Camera is the object that a camera is.
func Camera(id nvr.CameraID) Object { return Object(max(id, 0)) }

// String returns o as documents name it.
func (o Object) String() string {
	switch o {
	case Home:
		return "home"
	case Cameras:
		return "cameras"
	case Everything:
		return "everything"
	case Neighborhood:
		return "neighborhood"
	}
	return fmt.Sprintf("camera %d", int64(o))
}

// Grant lets somebody do one thing: to the home, to one camera, to all Cameras,
// or to Everything.
type Grant struct {
	Action Action
	Object Object
}

// covers tells whether g is enough to do a to o. One camera is enough to ask
// about those that one may see.
func (g Grant) covers(a Action, o Object) bool {
	switch {
	case g.Action != a:
		return false
	case g.Object == Cameras:
		return o >= 0 || o == Cameras
	case o == Cameras && g.Object > 0:
		return true
	}
	return g.Object == Everything || g.Object == o && o != 0
}

// Subject is who asks. The zero Subject is a stranger, who may enter and do
// nothing else. Subjects are not changed once they are made.
type Subject struct {
	Name   string // for logs
	Grants []Grant
}

// all is what the household may do.
var all = []Grant{{Watch, Everything}, {Review, Everything}, {Export, Everything}, {Tell, Everything}, {Talk, Everything}, {Open, Everything}, {Manage, Everything}}

// Household is the subject that may do everything: whoever has the access key,
// and everybody on loopback if there is none.
func Household() Subject { return Subject{Name: "household", Grants: all} }

// Can tells whether a subject may do something. Everything that is asked of
// this program over the network is decided here, and nowhere else.
func Can(s Subject, a Action, o Object) bool {
	return a == Enter || slices.ContainsFunc(s.Grants, func(g Grant) bool { return g.covers(a, o) })
}

// asks is the key of the subject in a context.
type asks struct{}

// With returns a context in which s asks.
func With(ctx context.Context, s Subject) context.Context { return context.WithValue(ctx, asks{}, s) }

// As passes on every request as one in which s asks.
func As(s Subject, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(With(r.Context(), s)))
	})
}

// Asks returns who asks in ctx; a stranger if nobody said.
func Asks(ctx context.Context) Subject {
	s, _ := ctx.Value(asks{}).(Subject)
	return s
}

// May tells whether who asks in ctx may do something.
func May(ctx context.Context, a Action, o Object) bool { return Can(Asks(ctx), a, o) }

// Check returns nil if who asks in ctx may do something, and otherwise why not:
// [nvr.ErrUnauthorized] to a stranger, whatever there is; [nvr.ErrNotFound] for
// a camera of which they may know nothing, as for one that is not there; and
// [nvr.ErrForbidden] for the rest.
func Check(ctx context.Context, a Action, o Object) error {
	s := Asks(ctx)
	switch {
	case Can(s, a, o):
		return nil
	case len(s.Grants) == 0:
		return fmt.Errorf("sign in, or send the access key: %w", nvr.ErrUnauthorized)
	case o >= 0 && !s.knows(o):
		return fmt.Errorf("there is no %s: %w", o, nvr.ErrNotFound)
	}
	return fmt.Errorf("you may not do this here: %w", nvr.ErrForbidden)
}

// knows tells whether s may know that o is there.
func (s Subject) knows(o Object) bool {
	return slices.ContainsFunc(s.Grants, func(g Grant) bool { return g.covers(g.Action, o) })
}
