package feed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"nvrd/federation/wire"
)

// liar is a peer that does not do what it should: it returns its n-th message.
type liar struct {
	name string
	says func(n int) wire.Message
}

const today = uint32(noon / wire.Day)

// liars are what peers do to cost others something; b learns what they signed.
func liars(t testing.TB, s *Set, b book) []liar {
	r := rand.New(rand.NewPCG(5, 6))
	any := func() (p wire.Print) {
		binary.BigEndian.PutUint64(p[:], r.Uint64())
		return p
	}
	anyOf := func(n int) []wire.Print {
		all := make([]wire.Print, n)
		for i := range all {
			all[i] = any()
		}
		slices.SortFunc(all, func(a, b wire.Print) int { return bytes.Compare(a[:], b[:]) })
		return all
	}
	last := wire.Print(bytes.Repeat([]byte{0xff}, 16))
	var held []wire.Print
	for i := range s.Items {
		if uint32(i.Entry.Minute/60) == uint32(noon/60) && len(held) < wire.MaxIDs {
			held = append(held, i.ID.Print())
		}
	}
	slices.SortFunc(held, func(a, b wire.Print) int { return bytes.Compare(a[:], b[:]) })
	carry := func(times int, w written) wire.Message {
		i := b.write(t, w)
		return wire.Entries{Entries: slices.Repeat([]wire.Carried{{Entry: i.Raw, Payload: i.Payload}}, times)}
	}
	return []liar{
		{"a root that always differs", func(int) wire.Message { return wire.Root{First: today - 90, Print: any()} }},
		{"false fingerprints of every day", func(int) wire.Message {
			m := wire.Days{First: 0}
			for d := range uint32(wire.MaxDays) {
				m.Days = append(m.Days, wire.DayPrint{Day: today - 90 + d, Print: any()})
			}
			return m
		}},
		{"days that are long gone, and far ahead", func(n int) wire.Message {
			m := wire.Days{First: 0}
			for d := range uint32(wire.MaxDays) {
				m.Days = append(m.Days, wire.DayPrint{Day: uint32(n%2)*2*today + d, Print: any()})
			}
			return m
		}},
		{"has nothing of any day", func(int) wire.Message { return wire.Days{} }},
		{"has nothing of any hour", func(n int) wire.Message { return wire.Hours{Day: today - uint32(n%91)} }},
		{"false fingerprints of every hour", func(n int) wire.Message {
			m := wire.Hours{Day: today - uint32(n%91)}
			for h := range uint8(24) {
				m.Hours = append(m.Hours, wire.HourPrint{Hour: h, Print: any()})
			}
			return m
		}},
		{"ids that it never delivers", func(n int) wire.Message { return wire.IDs{Hour: uint32(noon / 60), Upto: last, IDs: anyOf(256)} }},
		{"has no ids", func(n int) wire.Message { return wire.IDs{Hour: uint32(noon/60) - uint32(n%700), Upto: last} }},
		{"wants everything again and again", func(int) wire.Message { return wire.Want{Hour: uint32(noon / 60), IDs: held} }},
		{"wants what is not there", func(int) wire.Message { return wire.Want{Hour: uint32(noon / 60), IDs: anyOf(256)} }},
		{"wants of an hour at the end of time", func(int) wire.Message { return wire.Want{Hour: 1<<32 - 1, IDs: anyOf(1)} }},
		{"entries of strangers", func(n int) wire.Message {
			return carry(2, written{by: fmt.Sprint("eve", n), at: noon, says: something("x")})
		}},
		{"the same entry", func(int) wire.Message {
			return carry(wire.MaxCarried, written{by: "dora", at: noon, says: something("x")})
		}},
		{"ever earlier entries", func(n int) wire.Message {
			return wire.Entries{Entries: earlier(b, t, noon-wire.Minute(min(n, 720)), 30)}
		}},
		{"entries that nobody signed", func(int) wire.Message {
			return wire.Entries{Entries: []wire.Carried{{Entry: bytes.Repeat([]byte{7}, 32)}}}
		}},
	}
}

// earlier is some entries of one minute, the last in the order of a budget first.
func earlier(b book, t testing.TB, at wire.Minute, some int) []wire.Carried {
	var items []*Item
	for n := range some {
		items = append(items, b.write(t, written{by: "dora", at: at, says: something("x"), number: byte(n)}))
	}
	slices.SortFunc(items, func(a, b *Item) int { return compare(b, a) })
	var carried []wire.Carried
	for _, i := range items {
		carried = append(carried, wire.Carried{Entry: i.Raw, Payload: i.Payload})
	}
	return carried
}

// TestLiars: whatever a peer says and however often, in an hour it costs bounded
// bytes and checks of signatures, and what the set holds is what the rules say.
func TestLiars(t *testing.T) {
	fill := func(b book) *Set {
		s := New(elm, neighbors())
		for n := range 300 {
			s.Add(b.write(t, written{by: []string{"anna", "ben", "cleo"}[n%3], at: noon - wire.Minute(n%70), says: wire.Comment{Text: fmt.Sprint(n)}, on: wire.Hash{1}}), noon)
		}
		return s
	}
	for n, c := range liars(t, fill(book{}), book{}) {
		t.Run(c.name, func(t *testing.T) {
			b := book{}
			s := fill(b)
			was := s.Len()
			c := liars(t, s, b)[n]
			opened := 0
			l := NewLink(s, func(entry, payload []byte) (*Item, error) { opened++; return b.open(entry, payload) })
			in, out, heard, answered := 0, 0, 0, 0
			for n := range 2 * MaxMessages {
				m := c.says(n)
				in += wire.Size(m)
				if !l.Deaf() {
					heard += wire.Size(m)
				}
				answers, changes, err := l.Step(m, noon)
				if err != nil {
					if !errors.Is(err, wire.ErrSignature) || len(answers)+len(changes) > 0 {
						t.Fatal(err)
					}
					break // the caller ends the link
				}
				answered += min(1, len(answers))
				for _, a := range answers {
					raw, err := wire.WriteMessage(a)
					if err != nil {
						t.Fatalf("it is answered with what nobody reads: %v", err)
					}
					out += len(raw)
				}
			}
			t.Logf("%d bytes in, %d out, %d opened", in, out, opened)
			if out > MaxOut+wire.MaxMessage {
				t.Errorf("%d bytes were sent", out)
			}
			if heard > MaxIn+wire.MaxMessage {
				t.Errorf("%d bytes were listened to", heard)
			}
			if answered > MaxMessages {
				t.Errorf("%d messages were answered", answered)
			}
			if opened > MaxWasted+PostsADay {
				t.Errorf("%d entries were checked", opened)
			}
			if len(l.passed) > MaxWasted+MaxOut/100 {
				t.Errorf("%d entries are remembered", len(l.passed))
			}
			if s.Len() > was+PostsADay {
				t.Errorf("%d are held, %d before", s.Len(), was)
			}
			holds(t, s)

			// An hour later it may talk again, and other links never stopped.
			other := New(elm, neighbors())
			converse(t, NewLink(other, b.open), NewLink(s, b.open), noon)
			if other.Len() != s.Len() {
				t.Errorf("another peer gets %d of %d", other.Len(), s.Len())
			}
			again := New(elm, neighbors())
			converse(t, NewLink(again, b.open), l, noon+60)
			if again.Len() != s.Len() {
				t.Errorf("an hour later it gets %d of %d", again.Len(), s.Len())
			}
		})
	}
}

// FuzzStep reads a conversation of a stranger: messages, each with its length in two bytes before it.
func FuzzStep(f *testing.F) {
	entries := func(t testing.TB, b book) *Set {
		s := New(elm, neighbors())
		for n := range 20 {
			s.Add(b.write(t, written{by: "anna", at: noon - wire.Minute(n*7), says: wire.Comment{Text: "x"}, on: wire.Hash{1}}), noon)
		}
		return s
	}
	frame := func(messages ...wire.Message) (b []byte) {
		for _, m := range messages {
			raw, err := wire.WriteMessage(m)
			if err != nil {
				f.Fatal(err)
			}
			b = append(binary.BigEndian.AppendUint16(b, uint16(len(raw))), raw...)
		}
		return b
	}
	b := book{}
	s := entries(f, b)
	for _, l := range liars(f, s, b) {
		f.Add(frame(l.says(0), l.says(1), l.says(2)))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		b := book{}
		s := entries(t, b)
		l := NewLink(s, b.open)
		for len(said) > 2 {
			n := min(int(binary.BigEndian.Uint16(said)), len(said)-2)
			m, err := wire.ReadMessage(said[2 : 2+n])
			said = said[2+n:]
			if err != nil {
				continue
			}
			out, _, _ := l.Step(m, noon)
			for _, m := range out {
				if _, err := wire.WriteMessage(m); err != nil {
					t.Fatal(err)
				}
			}
		}
		holds(t, s)
	})
}
