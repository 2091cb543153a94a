// Package fmp4 writes and reads the MP4 that footage is kept in: an init
// segment, then movie fragments (ISO/IEC 14496-12, section 8.8). It also makes
// the headers of exported files. It knows bytes, not files: see pkg/footage
// and pkg/playback.
//
// Boxes are written by hand. The few that are needed fit on two pages, and the
// ones on the recording path must be laid out without a copy or an allocation.
package fmp4

import "encoding/binary"

// writer appends boxes to b. Boxes nest: each begin or full needs its end.
type writer struct {
	b    []byte
	open [12]int // where the boxes that are not ended begin
	n    int
}

// begin opens a box of the given type (ISO/IEC 14496-12, 4.2).
func (w *writer) begin(kind string) {
	w.open[w.n] = len(w.b)
	w.n++
	w.u32(0)
	w.b = append(w.b, kind...)
}

// full opens a box that has a version and flags.
func (w *writer) full(kind string, version uint8, flags uint32) {
	w.begin(kind)
	w.u32(uint32(version)<<24 | flags)
}

// end closes the innermost open box by writing its size.
func (w *writer) end() {
	w.n--
	at := w.open[w.n]
	binary.BigEndian.PutUint32(w.b[at:], uint32(len(w.b)-at))
}

func (w *writer) u8(v uint8)             { w.b = append(w.b, v) }
func (w *writer) u16(v uint16)           { w.b = binary.BigEndian.AppendUint16(w.b, v) }
func (w *writer) u32(v uint32)           { w.b = binary.BigEndian.AppendUint32(w.b, v) }
func (w *writer) u64(v uint64)           { w.b = binary.BigEndian.AppendUint64(w.b, v) }
func (w *writer) bytes(v ...byte)        { w.b = append(w.b, v...) }
func (w *writer) text(v string)          { w.b = append(w.b, v...) }
func (w *writer) zeros(n int)            { w.b = append(w.b, make([]byte, n)...) }
func (w *writer) put32(at int, v uint32) { binary.BigEndian.PutUint32(w.b[at:], v) }
