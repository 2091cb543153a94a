package fmp4

// Chunk is a run of samples of one track that lie side by side in a
// progressive file.
type Chunk struct {
	Offset  int64 // of the first byte in the file
	Entry   int   // sample description, counted from 1
	DTS     int64 // of the first sample
	Samples []SampleInfo
}

// SampleInfo is what a file says of one sample.
type SampleInfo struct {
	Duration    uint32
	Bytes       uint32
	Composition int32 // presentation minus decode time
	Key         bool
}

// mediaDuration returns the time from the first sample's beginning to the last one's end.
func mediaDuration(chunks []Chunk) int64 {
	if len(chunks) == 0 {
		return 0
	}
	last := chunks[len(chunks)-1]
	end := last.DTS
	for _, s := range last.Samples {
		end += int64(s.Duration)
	}
	return end - chunks[0].DTS
}

// sampleTables writes the tables of ISO/IEC 14496-12, 8.6 and 8.7. With no
// chunks they are empty, as in an init segment. Times count from the first
// sample: a hole between chunks prolongs the sample before it, an overlap
// shortens it.
func (w *writer) sampleTables(chunks []Chunk) {
	w.timeTables(chunks)

	w.full("stsc", 0, 0)
	entries := w.count()
	var perChunk, entry int
	for i, c := range chunks {
		if len(c.Samples) == perChunk && c.Entry == entry {
			continue
		}
		perChunk, entry = len(c.Samples), c.Entry
		w.u32(uint32(i + 1))
		w.u32(uint32(perChunk))
		w.u32(uint32(entry))
		w.counted(entries)
	}
	w.end()

	w.full("stsz", 0, 0)
	w.u32(0)
	entries = w.count()
	for _, c := range chunks {
		for _, s := range c.Samples {
			w.u32(s.Bytes)
			w.counted(entries)
		}
	}
	w.end()

	if chunks == nil {
		w.full("stco", 0, 0)
		w.u32(0)
		w.end()
		return
	}
	w.full("co64", 0, 0)
	w.u32(uint32(len(chunks)))
	for _, c := range chunks {
		w.u64(uint64(c.Offset))
	}
	w.end()
}

// timeTables writes stts, and ctts and stss where they say something.
func (w *writer) timeTables(chunks []Chunk) {
	var composed, dependent bool
	w.full("stts", 0, 0)
	entries := w.count()
	run := uint32(0)
	delta := uint32(0)
	flush := func() {
		if run > 0 {
			w.u32(run)
			w.u32(delta)
			w.counted(entries)
		}
	}
	var at int64 // by the table, which goes on where an overlap ends
	for i, c := range chunks {
		if i == 0 {
			at = c.DTS
		}
		for j, s := range c.Samples {
			d := s.Duration
			if j == len(c.Samples)-1 && i+1 < len(chunks) {
				d = uint32(max(0, chunks[i+1].DTS-at))
			}
			if d != delta {
				flush()
				run, delta = 0, d
			}
			run++
			at += int64(d)
			composed = composed || s.Composition != 0
			dependent = dependent || !s.Key
		}
	}
	flush()
	w.end()

	if composed {
		w.full("ctts", 1, 0)
		entries := w.count()
		for _, c := range chunks {
			for _, s := range c.Samples {
				w.u32(1)
				w.u32(uint32(s.Composition))
				w.counted(entries)
			}
		}
		w.end()
	}
	if dependent {
		w.full("stss", 0, 0)
		entries := w.count()
		number := uint32(0)
		for _, c := range chunks {
			for _, s := range c.Samples {
				number++
				if s.Key {
					w.u32(number)
					w.counted(entries)
				}
			}
		}
		w.end()
	}
}

// count writes a count of zero and returns where it stands; counted adds one to it.
func (w *writer) count() (at int) {
	at = len(w.b)
	w.u32(0)
	return at
}

func (w *writer) counted(at int) {
	for i := at + 3; ; i-- { // big-endian increment
		w.b[i]++
		if w.b[i] != 0 || i == at {
			return
		}
	}
}
