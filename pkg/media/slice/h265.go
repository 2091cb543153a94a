package slice

// h265 is what of the parameter sets of H.265 the header of a slice depends on
// (ISO/IEC 23008-2, 7.3.2.2 and 7.3.2.3).
type h265 struct {
	separatePlanes bool
	chroma         bool
	pocBits        uint
	addressBits    uint
	sao            bool
	sets           [64]refSet
	setCount       uint32
	longTerm       bool
	longTermUsed   [32]bool
	longTermCount  uint32
	temporalMVP    bool

	pps         uint32
	dependent   bool
	output      bool
	extraBits   uint
	cabacInit   bool
	refs        [2]uint32
	qpInit      int32
	weighted    bool
	weightedB   bool
	reorderable bool

	own refSet // of the slice that is being read
}

// parse reads parameter sets and tells whether all of it could be.
func (h *h265) parse(sps, pps []byte) bool {
	return len(sps) > 2 && len(pps) > 2 && h.parseSPS(sps[2:]) && h.parsePPS(pps[2:])
}

func (h *h265) parseSPS(b []byte) bool {
	r := bitReader{b: b}
	r.u(4)
	layers := r.u(3)
	r.flag()
	skipProfile(&r, layers)
	r.ue()
	format := r.below(4)
	if format == 3 {
		h.separatePlanes = r.flag()
	}
	h.chroma = format != 0 && !h.separatePlanes
	w, ht := r.below(1<<16), r.below(1<<16)
	if r.flag() {
		for range 4 {
			r.ue()
		}
	}
	r.ue()
	r.ue()
	h.pocBits = uint(r.below(13)) + 4
	first := layers
	if r.flag() {
		first = 0
	}
	for range layers - first + 1 {
		r.ue()
		r.ue()
		r.ue()
	}
	log := r.below(4) + 3
	log += r.below(4)
	ctb := uint32(1) << log
	h.addressBits = width((w + ctb - 1) / ctb * ((ht + ctb - 1) / ctb))
	for range 4 {
		r.ue()
	}
	if enabled := r.flag(); enabled && r.flag() {
		skipScalingData(&r)
	}
	r.flag()
	h.sao = r.flag()
	if r.flag() {
		r.u(8)
		r.ue()
		r.ue()
		r.flag()
	}
	return h.parseReferences(&r)
}

// parseReferences reads the sets of references that slices choose from.
func (h *h265) parseReferences(r *bitReader) bool {
	h.setCount = r.below(65)
	for i := range h.setCount {
		h.sets[i].read(r, h.sets[:i], false)
	}
	if h.longTerm = r.flag(); h.longTerm {
		h.longTermCount = r.below(33)
		for i := range h.longTermCount {
			r.u(h.pocBits)
			h.longTermUsed[i] = r.flag()
		}
	}
	h.temporalMVP = r.flag()
	return !r.short
}

func skipProfile(r *bitReader, layers uint32) {
	r.skip(96)
	var profile, level [8]bool
	for i := range layers {
		profile[i], level[i] = r.flag(), r.flag()
	}
	if layers > 0 {
		for range 8 - layers {
			r.u(2)
		}
	}
	for i := range layers {
		if profile[i] {
			r.skip(88)
		}
		if level[i] {
			r.u(8)
		}
	}
}

func skipScalingData(r *bitReader) {
	for size := range 4 {
		step := 1
		if size == 3 {
			step = 3
		}
		for matrix := 0; matrix < 6; matrix += step {
			if !r.flag() {
				r.ue()
				continue
			}
			if size > 1 {
				r.se()
			}
			for range min(64, 1<<(4+2*size)) {
				r.se()
			}
		}
	}
}

func (h *h265) parsePPS(b []byte) bool {
	r := bitReader{b: b}
	h.pps = r.below(64)
	r.ue()
	h.dependent = r.flag()
	h.output = r.flag()
	h.extraBits = uint(r.u(3))
	r.flag()
	h.cabacInit = r.flag()
	h.refs = [2]uint32{r.below(15) + 1, r.below(15) + 1}
	h.qpInit = 26 + r.se()
	r.u(2)
	if r.flag() {
		r.ue()
	}
	r.se()
	r.se()
	r.flag()
	h.weighted = r.flag()
	h.weightedB = r.flag()
	r.flag()
	tiles := r.flag()
	r.flag()
	if tiles {
		skipTiles(&r)
	}
	r.flag()
	if r.flag() {
		r.flag()
		if !r.flag() {
			r.se()
			r.se()
		}
	}
	if r.flag() {
		skipScalingData(&r)
	}
	h.reorderable = r.flag()
	return !r.short
}

func skipTiles(r *bitReader) {
	columns, rows := r.below(64), r.below(64)
	if !r.flag() {
		for range columns + rows {
			r.ue()
		}
	}
	r.flag()
}
