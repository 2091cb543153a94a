package slice

import "slices"

// h264 is what of the parameter sets of H.264 the header of a slice depends on
// (ISO/IEC 14496-10, 7.3.2.1 and 7.3.2.2).
type h264 struct {
	separatePlanes bool
	chroma         bool
	frameNumBits   uint
	pocType        uint32
	pocBits        uint
	deltaZero      bool
	framesOnly     bool

	pps           uint32
	cabac         bool
	fieldOrder    bool
	refs          [2]uint32
	weighted      bool
	weightedB     bool
	qpInit        int32
	redundantPics bool
}

// highProfiles are those whose SPS says more of the format of chroma.
var highProfiles = []uint32{100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}

// parse reads parameter sets and tells whether all of it could be.
func (a *h264) parse(sps, pps []byte) bool {
	return len(sps) > 1 && len(pps) > 1 && a.parseSPS(sps[1:]) && a.parsePPS(pps[1:])
}

func (a *h264) parseSPS(b []byte) bool {
	r := bitReader{b: b}
	profile := r.u(8)
	r.skip(16)
	r.ue()
	a.chroma = true
	if slices.Contains(highProfiles, profile) {
		format := r.below(4)
		if format == 3 {
			a.separatePlanes = r.flag()
		}
		a.chroma = format != 0 && !a.separatePlanes
		r.ue()
		r.ue()
		r.flag()
		if r.flag() {
			skipScalingLists(&r, format)
		}
	}
	a.frameNumBits = uint(r.below(13)) + 4
	a.pocType = r.below(3)
	switch a.pocType {
	case 0:
		a.pocBits = uint(r.below(13)) + 4
	case 1:
		a.deltaZero = r.flag()
		r.se()
		r.se()
		for n := r.below(256); n > 0; n-- {
			r.se()
		}
	}
	r.ue()
	r.flag()
	r.ue()
	r.ue()
	a.framesOnly = r.flag()
	return !r.short
}

func skipScalingLists(r *bitReader, format uint32) {
	lists := 8
	if format == 3 {
		lists = 12
	}
	for i := range lists {
		if !r.flag() {
			continue
		}
		size := 64
		if i < 6 {
			size = 16
		}
		last, next := int32(8), int32(8)
		for range size {
			if next != 0 {
				next = (last + r.se()) & 255
			}
			if next != 0 {
				last = next
			}
		}
	}
}

func (a *h264) parsePPS(b []byte) bool {
	r := bitReader{b: b}
	a.pps = r.below(256)
	r.ue()
	a.cabac = r.flag()
	a.fieldOrder = r.flag()
	if r.ue() > 0 {
		return false // slice groups: no camera has them
	}
	a.refs = [2]uint32{r.below(32) + 1, r.below(32) + 1}
	a.weighted = r.flag()
	a.weightedB = r.u(2) == 1
	a.qpInit = 26 + r.se()
	r.se()
	r.se()
	r.flag()
	r.flag()
	a.redundantPics = r.flag()
	return !r.short
}

// Types of slices, as they are numbered modulo 5.
const (
	h264P, h264B, h264I, h264SP, h264SI = 0, 1, 2, 3, 4
)

// qp reads the header of a slice up to its QP (7.3.3), and tells whether it could.
func (a *h264) qp(unit []byte) (int32, bool) {
	r := bitReader{b: unit[1:]}
	idr, reference := unit[0]&31 == 5, unit[0]>>5&3 != 0
	r.ue()
	kind := r.below(10) % 5
	if r.ue() != a.pps {
		return 0, false
	}
	if a.separatePlanes {
		r.u(2)
	}
	r.u(a.frameNumBits)
	field := false
	if !a.framesOnly {
		if field = r.flag(); field {
			r.flag()
		}
	}
	if idr {
		r.ue()
	}
	a.skipOrder(&r, field)
	if a.redundantPics {
		r.ue()
	}
	refs := a.references(&r, kind)
	if a.weighted && (kind == h264P || kind == h264SP) || a.weightedB && kind == h264B {
		a.skipWeights(&r, refs, kind)
	}
	if reference {
		skipMarking(&r, idr)
	}
	if a.cabac && kind != h264I && kind != h264SI {
		r.ue()
	}
	delta := r.se()
	return a.qpInit + delta, !r.short
}

// skipOrder skips what a slice says of its picture's place in the order.
func (a *h264) skipOrder(r *bitReader, field bool) {
	both := a.fieldOrder && !field
	switch {
	case a.pocType == 0:
		r.u(a.pocBits)
		if both {
			r.se()
		}
	case a.pocType == 1 && !a.deltaZero:
		r.se()
		if both {
			r.se()
		}
	}
}

// references skips the lists of references and returns how long they are.
func (a *h264) references(r *bitReader, kind uint32) [2]uint32 {
	refs := a.refs
	if kind == h264B {
		r.flag()
	}
	if kind == h264I || kind == h264SI {
		return refs
	}
	if r.flag() {
		refs[0] = r.below(32) + 1
		if kind == h264B {
			refs[1] = r.below(32) + 1
		}
	}
	lists := 1
	if kind == h264B {
		lists = 2
	}
	for range lists {
		if !r.flag() {
			continue
		}
		for op := r.below(4); op != 3 && !r.short; op = r.below(4) {
			r.ue()
		}
	}
	return refs
}

func (a *h264) skipWeights(r *bitReader, refs [2]uint32, kind uint32) {
	r.ue()
	if a.chroma {
		r.ue()
	}
	if kind != h264B {
		refs[1] = 0
	}
	for range refs[0] + refs[1] {
		if r.flag() {
			r.se()
			r.se()
		}
		if a.chroma && r.flag() {
			for range 4 {
				r.se()
			}
		}
	}
}

func skipMarking(r *bitReader, idr bool) {
	if idr {
		r.u(2)
		return
	}
	if !r.flag() {
		return
	}
	for op := r.below(7); op != 0 && !r.short; op = r.below(7) {
		if op == 3 {
			r.ue()
		}
		if op != 5 {
			r.ue()
		}
	}
}
