package slice

// Types of slices of H.265 (table 7-7).
const (
	h265B, h265P, h265I = 0, 1, 2
)

// qp reads the header of a slice segment up to its QP (ISO/IEC 23008-2,
// 7.3.6.1), and tells whether it could. A dependent one has none of its own.
func (h *h265) qp(unit []byte) (qp int32, dependent, ok bool) {
	r := bitReader{b: unit[2:]}
	nal := unit[0] >> 1 & 63
	first := r.flag()
	if nal >= 16 {
		r.flag()
	}
	if r.ue() != h.pps {
		return 0, false, false
	}
	if !first {
		dependent = h.dependent && r.flag()
		r.u(h.addressBits)
	}
	if dependent {
		return 0, true, !r.short
	}
	r.u(h.extraBits)
	kind := r.below(3)
	if h.output {
		r.flag()
	}
	if h.separatePlanes {
		r.u(2)
	}
	used, temporal := uint32(0), false
	if nal != 19 && nal != 20 { // no IDR
		used, temporal = h.references(&r)
	}
	if h.sao {
		r.flag()
		if h.chroma {
			r.flag()
		}
	}
	if kind != h265I {
		h.skipPrediction(&r, kind, used, temporal)
	}
	delta := r.se()
	return h.qpInit + delta, false, !r.short
}

// references reads what a slice refers to: how many pictures it uses, and
// whether it predicts motion from one of them.
func (h *h265) references(r *bitReader) (used uint32, temporal bool) {
	r.u(h.pocBits)
	set := &h.own
	if !r.flag() {
		h.own.read(r, h.sets[:h.setCount], true)
	} else if i := r.u(width(h.setCount)); i < h.setCount {
		set = &h.sets[i]
	} else {
		r.short = true
	}
	used = set.used()
	if h.longTerm {
		used += h.longTermRefs(r)
	}
	if h.temporalMVP {
		temporal = r.flag()
	}
	return used, temporal
}

// longTermRefs skips the long-term pictures of a slice and counts those it uses.
func (h *h265) longTermRefs(r *bitReader) (used uint32) {
	listed := uint32(0)
	if h.longTermCount > 0 {
		listed = r.below(33)
	}
	for i := range listed + r.below(33) {
		uses := false
		if i < listed {
			if at := r.u(width(h.longTermCount)); at < 32 {
				uses = h.longTermUsed[at]
			}
		} else {
			r.u(h.pocBits)
			uses = r.flag()
		}
		if uses {
			used++
		}
		if r.flag() {
			r.ue()
		}
	}
	return used
}

// skipPrediction skips what only slices with references have.
func (h *h265) skipPrediction(r *bitReader, kind, used uint32, temporal bool) {
	refs, lists := h.refs, 1
	if kind == h265B {
		lists = 2
	}
	if r.flag() {
		for i := range lists {
			refs[i] = r.below(15) + 1
		}
	}
	if h.reorderable && used > 1 {
		for i := range lists {
			if r.flag() {
				for range refs[i] {
					r.u(width(used))
				}
			}
		}
	}
	if kind == h265B {
		r.flag()
	}
	if h.cabacInit {
		r.flag()
	}
	if temporal {
		from := 0
		if kind == h265B && !r.flag() {
			from = 1
		}
		if refs[from] > 1 {
			r.ue()
		}
	}
	if h.weighted && kind == h265P || h.weightedB && kind == h265B {
		h.skipWeights(r, refs[:lists])
	}
	r.ue()
}

func (h *h265) skipWeights(r *bitReader, refs []uint32) {
	r.ue()
	if h.chroma {
		r.se()
	}
	for _, n := range refs {
		luma := r.u(uint(n))
		chroma := uint32(0)
		if h.chroma {
			chroma = r.u(uint(n))
		}
		for i := range n {
			if luma>>i&1 == 1 {
				r.se()
				r.se()
			}
			if chroma>>i&1 == 1 {
				for range 4 {
					r.se()
				}
			}
		}
	}
}

// maxRefs bounds a set of references (sps_max_dec_pic_buffering_minus1).
const maxRefs = 16

// refSet is a set of short-term references (7.3.7): how far they are from the
// picture, those before it first, the nearest first; and which are used by it.
type refSet struct {
	before, count int
	delta         [2 * maxRefs]int32
	uses          [2 * maxRefs]bool
}

func (s *refSet) used() (n uint32) {
	for _, uses := range s.uses[:s.count] {
		if uses {
			n++
		}
	}
	return n
}

func (s *refSet) add(delta int32, uses bool) bool {
	if s.count == maxRefs {
		return false
	}
	s.delta[s.count], s.uses[s.count] = delta, uses
	s.count++
	return true
}

// read reads a set, of a slice or else of a SPS, which may be told by how it
// differs from one of those before it.
func (s *refSet) read(r *bitReader, sets []refSet, ofSlice bool) {
	s.before, s.count = 0, 0
	if len(sets) > 0 && r.flag() {
		back := uint32(1)
		if ofSlice {
			back = r.below(uint32(len(sets))) + 1
		}
		s.derive(r, &sets[len(sets)-int(back)])
		return
	}
	before, after := r.below(maxRefs+1), r.below(maxRefs+1)
	if before+after > maxRefs {
		r.short = true
		return
	}
	at := int32(0)
	for range before {
		at -= int32(r.below(1<<15)) + 1
		s.add(at, r.flag())
	}
	s.before, at = s.count, 0
	for range after {
		at += int32(r.below(1<<15)) + 1
		s.add(at, r.flag())
	}
}

// derive reads a set that is another one moved, with some left out (7.4.8).
func (s *refSet) derive(r *bitReader, of *refSet) {
	back := r.flag()
	by := int32(r.below(1<<15)) + 1
	if back {
		by = -by
	}
	var uses, keeps [maxRefs + 1]bool
	for i := range of.count + 1 {
		uses[i] = r.flag()
		keeps[i] = uses[i] || r.flag()
	}
	ok := true
	take := func(i int, sign int32) {
		delta := by
		if i < of.count {
			delta += of.delta[i]
		}
		if delta*sign > 0 && keeps[i] {
			ok = s.add(delta, uses[i]) && ok
		}
	}
	for i := of.count - 1; i >= of.before; i-- {
		take(i, -1)
	}
	take(of.count, -1)
	for i := range of.before {
		take(i, -1)
	}
	s.before = s.count
	for i := of.before - 1; i >= 0; i-- {
		take(i, 1)
	}
	take(of.count, 1)
	for i := of.before; i < of.count; i++ {
		take(i, 1)
	}
	r.short = r.short || !ok
}
