package recorder

import (
	"time"

	"nvrd/pkg/media"
)

const (
	// maxHeld bounds what is held of one stream, in bytes: 30 s at 8 Mb/s.
	maxHeld = 32 << 20
	// sampleBytes is what a sample costs besides its data.
	sampleBytes = 80
	// chunkBytes is how much memory is taken at once for small samples.
	chunkBytes = 128 << 10
)

// held is what was received and is not recorded, or not yet: whole groups of
// pictures with their sound, in the order of arrival. The first group may have
// lost its beginning to pop.
//
// The data are copies. What the connection hands over are parts of larger
// buffers, which would stay for as long as a single picture in them does; so
// the bound would not hold against a camera that means harm. A copy costs
// less than a thousandth of a core for a stream of 4 Mb/s.
type held struct {
	groups []group
	bytes  int
	chunk  []byte // its length is what is used
}

// group is a key frame and what came after it.
type group struct {
	samples []media.Sample
	taken   time.Time // its key frame
	bytes   int
}

func (h *held) empty() bool { return len(h.groups) == 0 }

// add appends a sample. What belongs to no group is left out.
func (h *held) add(s media.Sample) {
	if s.Track == 0 && s.Key {
		g := group{taken: taken(s)}
		if n := len(h.groups); n > 0 { // they are alike
			g.samples = make([]media.Sample, 0, min(len(h.groups[n-1].samples)+8, 1000))
		}
		h.groups = append(h.groups, g)
	}
	if h.empty() {
		return
	}
	s.Data = h.own(s.Data)
	g := &h.groups[len(h.groups)-1]
	g.samples = append(g.samples, s)
	g.bytes += sampleBytes + len(s.Data)
	h.bytes += sampleBytes + len(s.Data)
}

// own returns a copy of data in memory that holds nothing but what is held.
func (h *held) own(data []byte) []byte {
	if len(data) > chunkBytes/4 {
		return append(make([]byte, 0, len(data)), data...)
	}
	if cap(h.chunk)-len(h.chunk) < len(data) {
		h.chunk = make([]byte, 0, chunkBytes)
	}
	from := len(h.chunk)
	h.chunk = append(h.chunk, data...)
	return h.chunk[from:len(h.chunk):len(h.chunk)]
}

// first returns the oldest sample; there must be one.
func (h *held) first() media.Sample { return h.groups[0].samples[0] }

// last returns the newest sample; there must be one.
func (h *held) last() media.Sample {
	g := h.groups[len(h.groups)-1].samples
	return g[len(g)-1]
}

// pop takes out the oldest sample; there must be one.
func (h *held) pop() media.Sample {
	g := &h.groups[0]
	s := g.samples[0]
	g.samples[0] = media.Sample{}
	g.samples = g.samples[1:]
	g.bytes -= sampleBytes + len(s.Data)
	h.bytes -= sampleBytes + len(s.Data)
	if len(g.samples) == 0 {
		h.dropFirst()
	}
	return s
}

// dropFirst lets go of the oldest group.
func (h *held) dropFirst() {
	h.bytes -= h.groups[0].bytes
	h.groups[0] = group{}
	h.groups = h.groups[1:]
}

// dropBefore lets go of the groups that end before a time.
func (h *held) dropBefore(t time.Time) {
	for len(h.groups) > 1 && !h.groups[1].taken.After(t) {
		h.dropFirst()
	}
}

// bound lets go of the oldest groups until what is held is little enough. It
// tells whether it had to.
func (h *held) bound() bool {
	if h.bytes <= maxHeld {
		return false
	}
	for h.bytes > maxHeld {
		h.dropFirst()
	}
	return true
}

// clear lets go of everything.
func (h *held) clear() { *h = held{} }
