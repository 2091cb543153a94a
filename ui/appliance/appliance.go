// Package appliance is what the pages know of the recorder behind them: a few
// small interfaces and the plain values that cross them. It holds no code of
// the recorder; cmd/nvrd joins the two.
package appliance

import (
	"context"
	"errors"
	"net/http"
	"time"

	"nvrd/pkg/nvr"
)

// Cameras is the household's list of cameras. Its methods are safe for
// concurrent use and answer with the error kinds of pkg/nvr.
type Cameras interface {
	// List returns the cameras in the order in which they were added.
	List(ctx context.Context) ([]nvr.Camera, error)
	// Get fails with [nvr.ErrNotFound] if there is no such camera.
	Get(ctx context.Context, id nvr.CameraID) (nvr.Camera, error)
	// Removed returns the cameras that were removed and still have footage.
	Removed(ctx context.Context) ([]nvr.Camera, error)
}

// Setup is how cameras are added, reached and removed. Its methods are safe for
// concurrent use and answer with the error kinds of pkg/nvr.
type Setup interface {
	// Tidy returns what was typed as it was meant, user and password moved out of
	// addresses into their fields, and what is wrong with the addresses. What
	// cannot be read is empty, for a password may be in it.
	Tidy(in Input) (Input, []nvr.Doubt)
	// Add stores a camera and begins to record it. It fails with
	// [nvr.ErrInvalid] or [nvr.ErrExists].
	Add(ctx context.Context, in Input) (nvr.CameraID, error)
	// Reach tells what was typed of a camera, without its password. It fails with
	// [nvr.ErrNotFound] if there is no such camera.
	Reach(ctx context.Context, id nvr.CameraID) (Input, error)
	// Change stores what was typed anew. A user without a password keeps the
	// password that the camera has. It fails as Reach and Add do.
	Change(ctx context.Context, id nvr.CameraID, in Input) error
	// Remove stops recording a camera. Its footage stays until retention takes it.
	Remove(ctx context.Context, id nvr.CameraID) error
	// Probe asks a camera, for at most 12 s for each stream, what it sends. That
	// the camera does not answer is a Probe, not an error.
	// Unless id is zero, a user without a password has that of this camera.
	Probe(ctx context.Context, id nvr.CameraID, in Input) (nvr.Probe, error)
}

// Finder finds out how a camera is reached before it is added. Its methods are safe
// for concurrent use and answer with the error kinds of pkg/nvr.
type Finder interface {
	// Around searches the home's own network, for 3 s. It fails with [nvr.ErrNotFound]
	// if this machine is in none, and with [nvr.ErrBusy] if a search is under way.
	Around(ctx context.Context) ([]Device, error)
	// Ask finds out how the camera at an address is reached, in at most 45 s. That
	// there is none is a Finding, not an error. It fails with [nvr.ErrInvalid] if
	// user or password can be none, and with [nvr.ErrBusy] if a question is under way.
	Ask(ctx context.Context, w Wanted) (Finding, error)
	// Found returns a camera that was found in the last minutes, or
	// [nvr.ErrNotFound].
	Found(name string) (Finding, error)
	// AddFound adds it under a name. It fails with [nvr.ErrNotFound],
	// [nvr.ErrInvalid] or [nvr.ErrExists].
	AddFound(ctx context.Context, name, as string) (nvr.CameraID, error)
}

// Device is a device that answered a search.
type Device struct {
	Address, Name string
	Camera        nvr.CameraID // of the home that it is; zero if it is none that is known
	Called        string       // the name of that
	Moved         bool         // the home knows it at another address
}

// Wanted is a camera that is looked for.
type Wanted struct {
	Address, User, Password string
	Anew                    bool // user and password may be right by now
}

// Finding is a camera that was found, or why there is none.
type Finding struct {
	Name    string // of the camera that was found, for Found; empty if there is none
	Suggest string // what to call it
	Streams []nvr.Stream
	Moved   bool // it named another machine, in whose place the one that was asked was put
	Tells   bool // it tells when somebody rings

	NeedPassword, Refused bool
	Again                 bool          // the device refused the very same a short time ago, and was not asked again
	Wait                  time.Duration // nobody logs in for so long, since the device refused too often
	Reason                nvr.Reason
	Trouble               string // more of that, as the catalogue names it; may be empty
	Detail                string
	Address, User         string     // what was asked with, without a password that stood in a link
	Doubt                 *nvr.Doubt // about the address
}

// Household is what can be set. Its methods are safe for concurrent use and
// answer with the error kinds of pkg/nvr. The recorder follows within a moment.
type Household interface {
	// Recording fails with [nvr.ErrNotFound] if there is no such camera.
	Recording(ctx context.Context, id nvr.CameraID) (nvr.Recording, error)
	SetRecording(ctx context.Context, id nvr.CameraID, r nvr.Recording) error
	Home(ctx context.Context) (Home, error)
	// Choose sets the mode of the house until a time, or if that is zero as long as
	// people expect; the empty mode leaves it to the schedule. It fails with
	// [nvr.ErrInvalid] if there is no such mode, or the time is past.
	Choose(ctx context.Context, mode nvr.HouseMode, until nvr.Time) error
	// CamerasOn ends [nvr.HousePrivacy]: it is as it was before.
	CamerasOn(ctx context.Context) error
	// SetModes sets the schedule of the modes of the house.
	SetModes(ctx context.Context, week nvr.Schedule[nvr.HouseMode]) error
	// SetTimeZone fails with [nvr.ErrInvalid] if there is no such zone.
	SetTimeZone(ctx context.Context, name string) error
	// SetLanguage sets the language of messages, such as de. It fails with
	// [nvr.ErrInvalid] if there are none in it.
	SetLanguage(ctx context.Context, language string) error
}

// Zones are where in the pictures of cameras motion counts. Its methods are safe for
// concurrent use and fail with [nvr.ErrNotFound] if there is no such camera.
type Zones interface {
	Zones(ctx context.Context, id nvr.CameraID) (nvr.Zones, error)
	// SetZones fails with [nvr.ErrInvalid] and a message that says what to do.
	SetZones(ctx context.Context, id nvr.CameraID, z nvr.Zones) error
}

// Storage is what is kept. Its methods are safe for concurrent use.
type Storage interface {
	Storage(ctx context.Context) (nvr.Storage, error)
	// Covered accounts for a stream, span by span.
	Covered(ctx context.Context, stream nvr.StreamID, spans []nvr.Span) ([]nvr.Covered, error)
	// Connected tells how steadily a camera was connected in a span.
	Connected(ctx context.Context, camera nvr.CameraID, span nvr.Span) (nvr.Connected, error)
	// Performance tells how the recorder does on its machine, as measured of late.
	Performance(ctx context.Context) (nvr.Performance, error)
	// RemovedSince tells what footage went since a time, the newest first.
	RemovedSince(ctx context.Context, since nvr.Time) ([]nvr.Removal, error)
	// Locks returns what somebody wants to keep, by camera and time, and has not ended.
	Locks(ctx context.Context) ([]nvr.Lock, error)
	// Lock keeps footage, also what of its span is recorded later, and returns its
	// number. It fails with [nvr.ErrInvalid] or [nvr.ErrTooLarge] as [nvr.Lock.Check] does.
	Lock(ctx context.Context, l nvr.Lock) (int64, error)
	// Unlock fails with [nvr.ErrNotFound] if there is no such lock.
	Unlock(ctx context.Context, id int64) error
}

// Deletions removes footage because somebody wants it gone. Its methods are safe for
// concurrent use.
type Deletions interface {
	// Deletion returns what goes if the footage of excerpts is deleted now, and what
	// stays.
	Deletion(ctx context.Context, chosen []nvr.Excerpt) (nvr.Deletion, error)
	// Delete removes what Deletion said, by its digest, and returns what went and what
	// stays. It fails with [nvr.ErrExists] if that would be something else by now.
	Delete(ctx context.Context, chosen []nvr.Excerpt, digest, who string) (nvr.Deletion, error)
}

// Rings are the presses of doorbells' buttons. Its methods are safe for concurrent
// use and answer with the error kinds of pkg/nvr.
type Rings interface {
	// Last returns the newest press at a camera since the program began.
	Last(camera nvr.CameraID) (nvr.Press, bool)
	// Rang returns one press, also of an earlier life of the program; false if there
	// was none.
	Rang(ctx context.Context, camera nvr.CameraID, at nvr.Time) (nvr.Press, bool, error)
	// Missed returns those that nobody answered and nobody has seen, the newest first.
	Missed(ctx context.Context) ([]nvr.Press, error)
	// Answer fails with [nvr.ErrExists] if it rings no more.
	Answer(camera nvr.CameraID, at nvr.Time, who string) (nvr.Press, error)
	// See notes that somebody knows of a camera's presses up to a time.
	See(ctx context.Context, camera nvr.CameraID, until nvr.Time) error
}

// Bells are the ways in which presses at cameras are heard, and what else their
// devices tell. Its methods are safe for concurrent use and answer with the error
// kinds of pkg/nvr.
type Bells interface {
	Of(ctx context.Context, camera nvr.CameraID) (BellsTold, error)
	// Choose stores a bell in the place of the one of its kind that there is. Of one
	// that calls it returns what nobody can be told again. It fails with
	// [nvr.ErrInvalid] and a sentence that says what to do.
	Choose(ctx context.Context, camera nvr.CameraID, in BellInput) (BellSecret, error)
	Remove(ctx context.Context, camera nvr.CameraID, kind string) error
	// Bind says what a signal means; with an empty kind, nothing.
	Bind(ctx context.Context, camera nvr.CameraID, source, kind string) error
}

// BellsTold is what is known of the bells of a camera.
type BellsTold struct {
	Bells    []Bell
	Bindings []Signal
	Unbound  []Signal // of late, which mean nothing yet; the newest first
}

// Bell is a way in which a press is heard.
type Bell struct {
	Kind, Address, User string
	AsCamera            bool
	Topic, Field, On    string // of a broker
	Known               bool   // it was tried long enough to know
	Trouble             string // why it is not heard; empty while it is, as far as is known
	Since, Heard        nvr.Time
}

// Signal is something that a device tells.
type Signal struct {
	Source string
	Kind   string   // of event that it is; empty for nothing yet
	At     nvr.Time // when it was heard, if it means nothing yet
}

// BellSecret is what is told once of a bell that calls.
type BellSecret struct {
	Call           string // the address that a device calls, on this host
	User, Password string // that a doorbell registers with by SIP
}

// BellInput is a bell as it was typed.
type BellInput struct {
	Kind, Address, User, Password string
	AsCamera                      bool
	Topic, Field, On              string
	Means                         string
	Again                         bool // there is one of its kind
}

// Reply is a quick reply: a sentence that somebody recorded to be played at a camera.
type Reply struct {
	ID     int64
	Name   string
	Length time.Duration
}

// Voice is what can be said at cameras without a microphone. Its methods are safe
// for concurrent use and answer with the error kinds of pkg/nvr.
type Voice interface {
	// Replies returns the quick replies in the order in which they were made.
	Replies(ctx context.Context) ([]Reply, error)
	RemoveReply(ctx context.Context, id int64) error
	// Play plays a quick reply at a camera, and returns when its speaker is open. It
	// fails with [nvr.ErrNotFound] if the camera has none, and with [nvr.ErrBusy] if
	// somebody talks there.
	Play(ctx context.Context, camera nvr.CameraID, reply int64) error
}

// Home is what holds for all cameras.
type Home struct {
	Mode     nvr.HouseMode // how things stand with the house now
	Chosen   nvr.HouseMode // by a person, if that holds now; empty if the schedule says
	Until    nvr.Time      // when that ends; zero if it does not
	After    nvr.HouseMode // what it will be then
	Modes    nvr.Schedule[nvr.HouseMode]
	TimeZone string         // as it was set; empty for the machine's
	Zone     *time.Location // whose clock schedules go by
	Language string         // of messages; empty if nobody chose one
}

// History knows what happened. Its methods are safe for concurrent use.
type History interface {
	// LatestEvents calls f for the events of all cameras that overlap span, the
	// latest to begin first, until it returns false.
	LatestEvents(ctx context.Context, span nvr.Span, f func(nvr.Event) bool) error
}

// Timelines tells what was recorded and what is missing.
type Timelines interface {
	// Timeline covers at most 31 days. Footage and Gaps are in order and do
	// not overlap; a gap that goes on has no end.
	Timeline(ctx context.Context, stream nvr.StreamID, span nvr.Span) (Timeline, error)
	// Pictured returns when the newest picture of the stream was taken, as well
	// as that is known without reading it: at most a group of pictures too late.
	// It is zero if there is none.
	Pictured(ctx context.Context, stream nvr.StreamID) (nvr.Time, error)
}

// Door lets a browser in that holds the access key.
type Door interface {
	// Enter starts a session and sets its cookie on w. It fails with
	// [nvr.ErrInvalid] if key is wrong and with [Wait] if too many wrong keys
	// came before it.
	Enter(w http.ResponseWriter, r *http.Request, key string) error
	// Leave ends the session of r, if it has one, and removes its cookie.
	Leave(w http.ResponseWriter, r *http.Request) error
}

// Refusals of requests that the program was not started for.
var (
	ErrHost  = errors.New("another name")    // it is for a name that this machine does not answer to
	ErrProxy = errors.New("through a proxy") // and there is no access key
)

// Wait is an [nvr.ErrBusy] that says for how long.
type Wait time.Duration

// Error implements error.
func (w Wait) Error() string { return "try again in " + time.Duration(w).String() }

// Unwrap returns [nvr.ErrBusy].
func (Wait) Unwrap() error { return nvr.ErrBusy }

// Input is what a person types of a camera.
type Input struct {
	Name, URL, SubURL, User, Password string
}

// Timeline is a stretch of one stream.
type Timeline struct {
	Footage []nvr.Span
	Gaps    []nvr.Gap
}
