package prove_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// medium is what a disk really holds: what was synced, and what was done since
// and may or may not have reached it.
type medium struct {
	nodes map[uint64]*held
}

// held is a file or a directory on the medium.
type held struct {
	dir     bool
	data    []byte            // of a file
	entries map[string]uint64 // of a directory
	since   []op              // what was done to it since its last sync
}

// diskRoot is the number of a disk's root.
const diskRoot = 1

func newMedium() *medium {
	return &medium{nodes: map[uint64]*held{diskRoot: {dir: true, entries: map[string]uint64{}}}}
}

// apply goes on by one step of the journal.
func (m *medium) apply(o op) {
	h := m.nodes[o.Node]
	switch o.Kind {
	case opNote:
	case opSync:
		for _, done := range h.since {
			h.reach(done)
		}
		h.since = nil
	case opForget:
		h.since = nil
	case opMake:
		if m.nodes[o.Is] == nil { // else it comes from another directory
			m.nodes[o.Is] = &held{dir: o.Dir, entries: map[string]uint64{}}
		}
		h.since = append(h.since, o)
	default:
		h.since = append(h.since, o)
	}
}

// reach lets one thing reach the medium.
func (h *held) reach(o op) {
	switch o.Kind {
	case opMake:
		h.entries[o.Name] = o.Is
	case opRemove:
		delete(h.entries, o.Name)
	case opRename:
		delete(h.entries, o.Name)
		h.entries[o.To] = o.Is
	case opTruncate:
		h.data = resized(h.data, int(o.At))
	case opWrite:
		if end := int(o.At) + len(o.Data); end > len(h.data) {
			h.data = resized(h.data, end)
		}
		copy(h.data[o.At:], o.Data)
	}
}

// page is what a disk takes at a time, sector is what it never tears.
const (
	page   = 4096
	sector = 512
)

// adversary decides what a power cut leaves of what was not synced.
type adversary struct {
	random *rand.Rand
	keep   float64 // the part of it that reaches the medium
}

// newAdversary returns the adversary of the n-th cut: one that leaves nothing,
// one that leaves everything, and many that choose.
func newAdversary(n int) adversary {
	a := adversary{random: rand.New(rand.NewPCG(uint64(n), 7))}
	switch n % 4 {
	case 0:
	case 1:
		a.keep = 1
	default:
		a.keep = a.random.Float64()
	}
	return a
}

func (a adversary) keeps() bool { return a.random.Float64() < a.keep }

// cut writes to dir what is found after the power is back.
func (m *medium) cut(dir string, a adversary) error { return m.leave(dir, m.nodes[diskRoot], a) }

func (m *medium) leave(path string, h *held, a adversary) error {
	left := held{data: slices.Clone(h.data), entries: maps.Clone(h.entries)}
	size := len(left.data) // as it would be if everything had been kept
	for _, o := range h.since {
		if o.Kind == opWrite {
			size = max(size, int(o.At)+len(o.Data))
			for _, piece := range a.tear(o) {
				left.reach(piece)
			}
			continue
		}
		if o.Kind == opTruncate {
			size = int(o.At)
		}
		if a.keeps() {
			left.reach(o)
		}
	}
	if !h.dir {
		if a.keep > 0 && a.random.IntN(4) == 0 { // the length reached the medium before the content
			left.data = resized(left.data, max(size, len(left.data)))
		}
		return os.WriteFile(path, left.data, 0o640)
	}
	if err := os.MkdirAll(path, 0o750); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(left.entries)) {
		if err := m.leave(filepath.Join(path, name), m.nodes[left.entries[name]], a); err != nil {
			return err
		}
	}
	return nil
}

// tear returns the pages of a write that reach the medium, some in part.
func (a adversary) tear(o op) (pieces []op) {
	for from := int64(0); from < int64(len(o.Data)); {
		to := min((o.At+from)/page*page+page-o.At, int64(len(o.Data)))
		first, last := from, to
		switch {
		case a.keeps():
		case a.keep > 0 && a.random.IntN(8) == 0:
			torn := min(max(((o.At+from)/sector+1+a.random.Int64N(page/sector))*sector-o.At, from), to)
			if a.random.IntN(2) == 0 {
				last = torn
			} else {
				first = torn
			}
		default:
			last = first
		}
		if last > first {
			pieces = append(pieces, op{Kind: opWrite, At: o.At + first, Data: o.Data[first:last]})
		}
		from = to
	}
	return pieces
}
