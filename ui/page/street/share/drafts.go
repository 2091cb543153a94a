package share

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"nvrd/federation/blob"
	"nvrd/pkg/nvr"
)

// Bounds of drafts: a few browsers may each look at something for a while.
const (
	MaxDrafts     = 8
	MaxDraftBytes = 32 << 20
	DraftTime     = 15 * time.Minute
)

// Draft is what would leave. It is not changed.
type Draft struct {
	Name string
	Cut  Cut
	blob.Plain
}

// Drafts holds what was made and is not sent, in memory alone, each for the
// browser that asked for it. It is safe for concurrent use.
type Drafts struct {
	mu   sync.Mutex
	held []held // the oldest first
}

type held struct {
	Draft
	browser string
	timer   *time.Timer
}

const cookieName = "stoop_draft"

// Keep holds a draft for the browser of a request until [Drafts.Drop], for
// [DraftTime], or until there are too many; it returns its name.
func (d *Drafts) Keep(w http.ResponseWriter, r *http.Request, c Cut, p blob.Plain) string {
	var browser string
	if c, err := r.Cookie(cookieName); err == nil && len(c.Value) == len(rand.Text()) {
		browser = c.Value
	} else {
		browser = rand.Text()
		http.SetCookie(w, &http.Cookie{Name: cookieName, Value: browser, Path: "/", HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode})
	}
	name := rand.Text()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held = append(d.held, held{Draft{name, c, p}, browser, time.AfterFunc(DraftTime, func() { d.forget(name) })})
	for len(d.held) > 1 && (len(d.held) > MaxDrafts || d.bytes() > MaxDraftBytes) {
		d.remove(0)
	}
	return name
}

// Find returns a draft of the browser of a request, or nvr.ErrNotFound.
func (d *Drafts) Find(r *http.Request, name string) (Draft, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c, err := r.Cookie(cookieName)
	if i := d.index(name); i >= 0 && err == nil && c.Value == d.held[i].browser {
		return d.held[i].Draft, nil
	}
	return Draft{}, fmt.Errorf("draft: %w", nvr.ErrNotFound)
}

// Drop forgets a draft of the browser of a request.
func (d *Drafts) Drop(r *http.Request, name string) {
	if _, err := d.Find(r, name); err == nil {
		d.forget(name)
	}
}

// Forget forgets all drafts of footage of a camera within a span: what was deleted
// is not sent from here.
func (d *Drafts) Forget(camera nvr.CameraID, span nvr.Span) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := len(d.held) - 1; i >= 0; i-- {
		of := d.held[i].Cut.Span
		of.To = max(of.To, of.From+1) // a photo is a moment
		if d.held[i].Cut.Camera == camera && of.Overlaps(span) {
			d.remove(i)
		}
	}
}

// Bytes returns how much is held.
func (d *Drafts) Bytes() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.bytes()
}

func (d *Drafts) forget(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := d.index(name); i >= 0 {
		d.remove(i)
	}
}

func (d *Drafts) index(name string) int {
	return slices.IndexFunc(d.held, func(h held) bool { return h.Name == name })
}

func (d *Drafts) remove(i int) {
	d.held[i].timer.Stop()
	d.held = slices.Delete(d.held, i, i+1)
}

func (d *Drafts) bytes() (n int) {
	for _, h := range d.held {
		n += len(h.Full) + len(h.Thumbnail)
	}
	return n
}
