// Package webhook takes what devices and programs of the home tell by calling an
// address of ours: doorbells of Akuvox and UniFi, hubs, scripts. docs/ref/webhook.md
// is for who writes such a call.
//
// An address holds a token of 256 bits that names one camera. Who has it can tell
// that something happened there, and learns and can do nothing else.
package webhook

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"nvrd/pkg/nvr"
)

const (
	tokenBytes = 32
	// maxBody is of one call. UniFi sends some KiB, and a picture if it is told to,
	// of which nothing is looked at.
	maxBody = 512 << 10
	// burst and calm are how many calls of one address are taken at once, and how
	// long it takes until another one is: who leans on a button makes two a second.
	burst = 20
	calm  = 2 * time.Second
	// wrongBurst and wrongCalm are for calls of addresses that nobody knows, all
	// together: an old hub, or somebody who tries.
	wrongBurst = 50
	wrongCalm  = time.Second
)

// ID is what is kept of a token, so that nobody who reads it can call.
type ID [sha256.Size]byte

// NewToken returns a new token, which is shown once, and what is kept of it.
func NewToken() (token string, id ID) {
	b := make([]byte, tokenBytes)
	rand.Read(b)
	token = base64.RawURLEncoding.EncodeToString(b)
	return token, IDOf(token)
}

// IDOf returns what is kept of a token.
func IDOf(token string) ID { return sha256.Sum256([]byte(token)) }

// Hook is what an address is for.
type Hook struct {
	Camera nvr.CameraID
	Kind   string // what a call means that does not say: a kind of event
	Key    []byte // that calls are signed with; empty if the address is enough
}

// Hooks serves all addresses of a home. It is safe for concurrent use. What it
// remembers ends with the program.
type Hooks struct {
	find func(ID) (Hook, bool)
	tell func(nvr.CameraID, nvr.Signal)
	now  func() time.Time

	wrong *rate.Limiter

	mu    sync.Mutex
	calls map[ID]*caller
}

// caller is what is known of one address.
type caller struct {
	rate *rate.Limiter
	seen map[string]time.Time // signatures, and until when each would be good
}

// New returns hooks that are looked up with find, which must not block, and whose
// calls are told to tell.
func New(find func(ID) (Hook, bool), tell func(nvr.CameraID, nvr.Signal)) *Hooks {
	return &Hooks{
		find: find, tell: tell, now: time.Now, calls: map[ID]*caller{},
		wrong: rate.NewLimiter(rate.Every(wrongCalm), wrongBurst),
	}
}

// ServeHTTP takes a call; its path has a wildcard named token. It answers 204 and
// nothing else if the call was understood. An address that nobody knows is 404.
func (h *Hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	status := http.StatusNoContent
	switch err := h.call(w, r); {
	case errors.Is(err, nvr.ErrTooMany):
		w.Header().Set("Retry-After", strconv.Itoa(int(calm.Seconds())))
		status = http.StatusTooManyRequests
	case errors.Is(err, nvr.ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, nvr.ErrUnauthorized):
		status = http.StatusUnauthorized
	case errors.Is(err, nvr.ErrTooLarge):
		status = http.StatusRequestEntityTooLarge
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(status)
}

func (h *Hooks) call(w http.ResponseWriter, r *http.Request) error {
	id := IDOf(r.PathValue("token"))
	hook, ok := h.find(id)
	now := h.now()
	switch {
	case !ok && !h.wrong.AllowN(now, 1):
		return nvr.ErrTooMany
	case !ok:
		return nvr.ErrNotFound
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		return fmt.Errorf("GET or POST") // HEAD is what link previews ask with
	}
	by := h.caller(id)
	if !by.rate.AllowN(now, 1) {
		return nvr.ErrTooMany
	}
	body, err := read(w, r, len(hook.Key) > 0)
	if err != nil {
		return err
	}
	if len(hook.Key) > 0 {
		if err := h.signed(by, hook.Key, r, body, now); err != nil {
			return err
		}
	}
	signal, err := parse(r.URL.Query(), body, hook.Kind)
	if err != nil {
		return err
	}
	signal.At = nvr.TimeOf(now)
	h.tell(hook.Camera, signal)
	return nil
}

// caller returns what is known of an address that is known to be good, so that
// there are no more of them than the household made.
func (h *Hooks) caller(id ID) *caller {
	h.mu.Lock()
	defer h.mu.Unlock()
	by := h.calls[id]
	if by == nil {
		by = &caller{rate: rate.NewLimiter(rate.Every(calm), burst), seen: map[string]time.Time{}}
		h.calls[id] = by
	}
	return by
}
