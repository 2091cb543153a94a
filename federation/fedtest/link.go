package fedtest

import (
	"encoding/binary"
	"time"

	"nvrd/federation/wire"
)

// Traffic is what went one way over a link.
type Traffic struct {
	Messages, Bytes int
	hour            time.Duration
	messages, bytes int // of the hour
	worstMessages   int // of any hour
	WorstBytes      int
}

func (t *Traffic) count(now time.Duration, size int) {
	if h := now / time.Hour; h != t.hour {
		t.hour, t.messages, t.bytes = h, 0, 0
	}
	t.Messages, t.Bytes, t.messages, t.bytes = t.Messages+1, t.Bytes+size, t.messages+1, t.bytes+size
	t.worstMessages, t.WorstBytes = max(t.worstMessages, t.messages), max(t.WorstBytes, t.bytes)
}

// link is what two homes have of each other: a stream that stands or not. It
// keeps the order of messages, and loses nothing but its end.
type link struct {
	w       *World
	ends    [2]*Home
	up      bool
	silent  bool // it is broken, and nobody has noticed yet
	number  int  // of the stream
	barred  time.Duration
	latency time.Duration
	last    [2]time.Duration // when what was sent last arrives, by who sends
	sent    [2]Traffic
}

func (l *link) side(h *Home) int {
	if l.ends[0] == h {
		return 0
	}
	return 1
}

func (l *link) other(h *Home) *Home { return l.ends[1-l.side(h)] }

// connect opens a stream if both ends are there, and tries again if not.
func (l *link) connect() {
	a, b := l.ends[0], l.ends[1]
	if l.up || !a.on || !b.on || a.part != b.part || a.refuses(b) || b.refuses(a) {
		return // whoever comes back connects again
	}
	if l.w.now < l.barred {
		l.w.at(l.barred, l.connect)
		return
	}
	l.up, l.silent, l.last = true, false, [2]time.Duration{}
	l.number++
	a.sees(SawUp, b, nil)
	b.sees(SawUp, a, nil)
	a.do(a.core.Up(b.nodeKey(), a.minute()))
	b.do(b.core.Up(a.nodeKey(), b.minute()))
}

// soon connects in a moment.
func (l *link) soon(least, most time.Duration) { l.w.In(l.w.between(least, most), l.connect) }

// cut ends the stream: both ends notice. What is on the way is lost.
func (l *link) cut() {
	if !l.up {
		return
	}
	l.up = false
	l.number++
	for side, h := range l.ends {
		h.sees(SawDown, l.ends[1-side], nil)
		h.core.Down(l.ends[1-side].nodeKey())
	}
}

// wear breaks the stream now and then. For up to 10 s nobody notices, and what
// is sent goes nowhere. It ends when Breaks is 0.
func (l *link) wear() {
	l.w.In(time.Duration(l.w.ExpFloat64()*float64(l.w.Breaks)), func() {
		if l.w.Breaks == 0 {
			return
		}
		number := l.number
		l.silent = true
		l.w.In(l.w.between(0, 10*time.Second), func() {
			if l.number == number {
				l.cut()
				l.soon(time.Second, 30*time.Second)
			}
		})
		l.wear()
	})
}

// send carries a message to the other end.
func (l *link) send(from *Home, m wire.Message) {
	side, w := l.side(from), l.w
	size := wire.Size(m)
	if w.Figures.Message != nil {
		w.Figures.Message(m, size)
	}
	from.sees(Told, l.other(from), m)
	l.sent[side].count(w.now, size)
	from.Sent.count(w.now, size)
	delay := l.latency + w.between(0, l.latency/4)
	if w.IntN(100) == 0 {
		delay += 200 * time.Millisecond // a packet was lost, and sent again
	}
	at := max(w.now+delay, l.last[side]+time.Microsecond)
	l.last[side] = at
	number, to := l.number, l.ends[1-side]
	w.at(at, func() {
		if !l.up || l.silent || l.number != number {
			return
		}
		w.record(from, to, m, size)
		to.sees(Heard, from, m)
		a, err := to.core.Hear(from.nodeKey(), m, to.minute())
		to.do(a)
		if err != nil {
			to.Faults++
			l.barred = w.now + 10*time.Minute
			l.cut()
			l.soon(0, 0)
		}
	})
}

// record takes a message into the transcript.
func (w *World) record(from, to *Home, m wire.Message, size int) {
	var b [8 * 4]byte
	binary.LittleEndian.PutUint64(b[:], uint64(w.now))
	binary.LittleEndian.PutUint64(b[8:], uint64(from.Number)<<32|uint64(to.Number))
	binary.LittleEndian.PutUint64(b[16:], uint64(from.Street.Number)<<40|uint64(m.MessageKind())<<32|uint64(size))
	switch m := m.(type) {
	case wire.Root:
		copy(b[24:], m.Print[:8])
	case wire.Roster:
		copy(b[24:], m.Print[:8])
	case wire.Entries:
		copy(b[24:], m.Entries[0].Entry[max(len(m.Entries[0].Entry)-8, 0):]) // of the signature
	case wire.Objects:
		copy(b[24:], m.Objects[0][max(len(m.Objects[0])-8, 0):])
	}
	_, _ = w.transcript.Write(b[:])
}
