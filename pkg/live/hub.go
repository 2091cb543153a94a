package live

import (
	"sync"

	"nvrd/pkg/nvr"
)

// Hub holds the live view of every stream. The zero Hub is ready. It is safe
// for use from several goroutines.
type Hub struct {
	mu      sync.RWMutex
	streams map[nvr.StreamID]*Stream
}

// Open returns the stream of that id, and makes it if need be.
func (h *Hub) Open(id nvr.StreamID) *Stream {
	h.mu.Lock()
	defer h.mu.Unlock()
	s, ok := h.streams[id]
	if !ok {
		if h.streams == nil {
			h.streams = make(map[nvr.StreamID]*Stream)
		}
		s = new(Stream)
		h.streams[id] = s
	}
	return s
}

// Stream returns the stream of that id, if it was opened.
func (h *Hub) Stream(id nvr.StreamID) (*Stream, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	s, ok := h.streams[id]
	return s, ok
}

// Close closes the stream of that id, if it was opened, and forgets it.
func (h *Hub) Close(id nvr.StreamID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s, ok := h.streams[id]; ok {
		s.Close()
		delete(h.streams, id)
	}
}
