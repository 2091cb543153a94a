package find

import (
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"time"

	"nvrd/pkg/nvr"
)

// Bounds of what is held: a person looks at one picture, and may go back and forth.
const (
	maxHeld  = 8
	heldTime = 15 * time.Minute
)

// held holds cameras that were found and are not added yet, with their passwords,
// in memory alone, for 15 minutes. The zero value holds none. It is safe for
// concurrent use.
type held struct {
	mu  sync.Mutex
	all []holding // the oldest first
}

type holding struct {
	name   string
	camera Camera
	until  time.Time
}

// keep holds a camera and returns a name for it that nobody guesses.
func (h *held) keep(c Camera) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	name := rand.Text()
	h.all = append(h.all, holding{name, c, time.Now().Add(heldTime)})
	if len(h.all) > maxHeld {
		h.all = slices.Delete(h.all, 0, 1)
	}
	return name
}

// get returns a camera that is held, or [nvr.ErrNotFound].
func (h *held) get(name string) (Camera, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = slices.DeleteFunc(h.all, func(x holding) bool { return time.Now().After(x.until) })
	for _, x := range h.all {
		if x.name == name {
			return x.camera, nil
		}
	}
	return Camera{}, fmt.Errorf("a camera that was found: %w", nvr.ErrNotFound)
}

// drop forgets a camera.
func (h *held) drop(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = slices.DeleteFunc(h.all, func(x holding) bool { return x.name == name })
}
