package ring

import "nvrd/pkg/nvr"

// Listener hears what becomes of rings.
type Listener struct {
	// Ringing is what rang when it began to listen; empty, and not nil, if nothing did.
	Ringing []nvr.Press
	// Ended is the newest press then of each camera where nothing rang.
	Ended []nvr.Press

	rings   *Rings
	changes chan nvr.Press
}

// Changes gives each press when it begins to ring and when that changes. It is
// closed when the listener did not keep up.
func (l *Listener) Changes() <-chan nvr.Press { return l.changes }

// Close ends listening. It may be called more than once.
func (l *Listener) Close() {
	l.rings.mu.Lock()
	defer l.rings.mu.Unlock()
	l.rings.drop(l)
}

// Listen begins to listen. Whoever listens must Close.
func (r *Rings) Listen() *Listener {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := &Listener{Ringing: []nvr.Press{}, rings: r, changes: make(chan nvr.Press, waiting)}
	for _, p := range r.last {
		if p.Rings() {
			l.Ringing = append(l.Ringing, p)
		} else {
			l.Ended = append(l.Ended, p)
		}
	}
	r.listeners[l] = struct{}{}
	return l
}

// drop ends listening, if it has not ended. r.mu is held.
func (r *Rings) drop(l *Listener) {
	if _, ok := r.listeners[l]; ok {
		delete(r.listeners, l)
		close(l.changes)
	}
}
