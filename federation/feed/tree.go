package feed

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"nvrd/federation/wire"
)

// tree is what is held by day and hour, with a fingerprint of each: SHA-256 over
// the ids in it, or over the fingerprints of its parts. A sum or an XOR of ids
// would be cheaper to keep, and worth nothing: who picks 256 ids can make any of
// them.
type tree struct {
	days []*day // ascending; none is empty
	mark
}

type day struct {
	number uint32 // since 1970-01-01
	hours  []*hour
	mark
}

type hour struct {
	number uint8
	held   []*record // by id
	mark
}

// mark is a fingerprint that is computed when it is asked for.
type mark struct {
	print wire.Print
	fresh bool
}

func (m *mark) of(write func([]byte) []byte) wire.Print {
	if !m.fresh {
		m.print, m.fresh = wire.PrintOf(write(nil)), true
	}
	return m.print
}

func (t *tree) root() wire.Print {
	return t.of(func(b []byte) []byte {
		for _, d := range t.days {
			p := d.root()
			b = append(binary.BigEndian.AppendUint32(b, d.number), p[:]...)
		}
		return b
	})
}

func (d *day) root() wire.Print {
	return d.of(func(b []byte) []byte {
		for _, h := range d.hours {
			p := h.root()
			b = append(append(b, h.number), p[:]...)
		}
		return b
	})
}

func (h *hour) root() wire.Print {
	return h.of(func(b []byte) []byte {
		for _, r := range h.held {
			b = append(b, r.ID[:]...)
		}
		return b
	})
}

func (t *tree) put(r *record) {
	at, ok := t.find(r.Entry.Minute.Day())
	if !ok {
		t.days = slices.Insert(t.days, at, &day{number: r.Entry.Minute.Day()})
	}
	d := t.days[at]
	at, ok = d.find(hourOf(r.Entry.Minute))
	if !ok {
		d.hours = slices.Insert(d.hours, at, &hour{number: hourOf(r.Entry.Minute)})
	}
	h := d.hours[at]
	at, _ = slices.BinarySearchFunc(h.held, r.ID, func(r *record, id wire.Hash) int { return wire.Compare(r.ID, id) })
	h.held = slices.Insert(h.held, at, r)
	t.fresh, d.fresh, h.fresh = false, false, false
}

func (t *tree) drop(r *record) {
	atDay, _ := t.find(r.Entry.Minute.Day())
	d := t.days[atDay]
	atHour, _ := d.find(hourOf(r.Entry.Minute))
	h := d.hours[atHour]
	at := slices.Index(h.held, r)
	h.held = slices.Delete(h.held, at, at+1)
	if len(h.held) == 0 {
		d.hours = slices.Delete(d.hours, atHour, atHour+1)
	}
	if len(d.hours) == 0 {
		t.days = slices.Delete(t.days, atDay, atDay+1)
	}
	t.fresh, d.fresh, h.fresh = false, false, false
}

func (t *tree) find(number uint32) (int, bool) {
	return slices.BinarySearchFunc(t.days, number, func(d *day, n uint32) int { return cmp.Compare(d.number, n) })
}

func (d *day) find(number uint8) (int, bool) {
	return slices.BinarySearchFunc(d.hours, number, func(h *hour, n uint8) int { return cmp.Compare(h.number, n) })
}

// day returns one day, or an empty one.
func (t *tree) day(number uint32) *day {
	if at, ok := t.find(number); ok {
		return t.days[at]
	}
	return &day{number: number}
}

// hour returns what is held of an hour, by id; hours count from 1970-01-01.
func (t *tree) hour(number uint32) []*record {
	d := t.day(number / 24)
	if at, ok := d.find(uint8(number % 24)); ok {
		return d.hours[at].held
	}
	return nil
}

// prints returns the ids of what is held, cut short.
func prints(held []*record) []wire.Print {
	ids := make([]wire.Print, len(held))
	for i, r := range held {
		ids[i] = r.ID.Print()
	}
	return ids
}

// named returns what of an hour has that id, cut short, or nil.
func named(held []*record, p wire.Print) *record {
	at, ok := slices.BinarySearchFunc(held, p, func(r *record, p wire.Print) int { return bytes.Compare(r.ID[:len(p)], p[:]) })
	if !ok {
		return nil
	}
	return held[at]
}

func hourOf(m wire.Minute) uint8 { return uint8(m / 60 % 24) }
