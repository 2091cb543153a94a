package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// conversation is one message of each kind.
func conversation(t testing.TB) map[string]Message {
	objects, payloads := street(t)
	post, err := Pack(payloads["post"])
	if err != nil {
		t.Fatal(err)
	}
	entry := objects["entry"]
	day := uint32(entry.Body.(Entry).Minute / Day)
	return map[string]Message{
		"root":      Root{First: day - 90, Print: PrintOf([]byte("root"))},
		"days":      Days{First: day - 90, Days: []DayPrint{{Day: day - 1, Print: PrintOf([]byte("yesterday"))}, {Day: day, Print: PrintOf([]byte("today"))}}},
		"hours":     Hours{Day: day, Hours: []HourPrint{{Hour: 0, Print: PrintOf([]byte("night"))}, {Hour: 23, Print: PrintOf([]byte("evening"))}}},
		"ids":       IDs{Hour: day * 24, Upto: Print(bytes.Repeat([]byte{0xff}, 16)), IDs: []Print{entry.ID.Print()}},
		"want":      Want{Hour: day * 24, IDs: []Print{entry.ID.Print()}},
		"roster":    Roster{Print: PrintOf([]byte("all"))},
		"buckets":   Buckets{Buckets: []BucketPrint{{Bucket: 0, Print: PrintOf([]byte("0"))}, {Bucket: 255, Print: PrintOf([]byte("255"))}}},
		"bucket":    Bucket{Bucket: objects["admit"].ID[0], Upto: Print(bytes.Repeat([]byte{0xff}, 16)), IDs: []Print{objects["admit"].ID.Print()}},
		"ask":       Ask{Bucket: objects["admit"].ID[0], IDs: []Print{objects["admit"].ID.Print()}},
		"fetch":     Fetch{Address: hashOf("clip"), Length: Sealed(5_000_000), First: 69, Count: 8},
		"chunks":    Chunks{Hashes: []Hash{hashOf("chunk 0"), hashOf("chunk 1")}},
		"logs":      Logs{Logs: []LogPrint{{Agency: keyOf("fire"), Size: 2, Print: PrintOf([]byte("checkpoint"))}}},
		"log-ask":   LogAsk{Agency: keyOf("fire"), From: 1, Bare: true},
		"log-part":  LogPart{Agency: keyOf("fire"), Checkpoint: []byte("checkpoint"), From: 1, IDs: []Hash{hashOf("entry")}, Texts: [][]byte{objects["request"].Raw}},
		"log-want":  LogWant{Agency: keyOf("fire"), IDs: []Print{hashOf("entry").Print()}},
		"log-texts": LogTexts{Agency: keyOf("fire"), Texts: [][]byte{objects["request"].Raw}},
		"log-fraud": LogFraud{Proof: []byte("proof")},
		"objects":   Objects{Objects: [][]byte{objects["genesis"].Raw, objects["admit"].Raw}},
		"entries":   Entries{Entries: []Carried{{Entry: objects["entry-retract"].Raw, Payload: []byte{}}, {Entry: entry.Raw, Payload: post}}},
	}
}

// messageVectors are the messages, and those that are refused, as they stand in
// the file; each is read again.
func messageVectors(t *testing.T) (all []MessageVector, none []RefusedVector) {
	said := conversation(t)
	if len(said) != len(messages) {
		t.Errorf("%d messages for %d kinds", len(said), len(messages))
	}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		raw, err := WriteMessage(said[name])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(raw) != Size(said[name]) {
			t.Errorf("a %s of %d bytes is said to have %d", name, len(raw), Size(said[name]))
		}
		again, err := ReadMessage(raw)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(said[name], again, cmpopts.IgnoreUnexported(Root{}, Days{}, DayPrint{}, Hours{}, HourPrint{}, IDs{}, Want{}, Entries{}, Carried{},
			Roster{}, Buckets{}, BucketPrint{}, Bucket{}, Ask{}, Objects{}, Fetch{}, Chunks{},
			Logs{}, LogPrint{}, LogAsk{}, LogPart{}, LogWant{}, LogTexts{}, LogFraud{})); diff != "" {
			t.Errorf("%s is read as another (-said +read):\n%s", name, diff)
		}
		all = append(all, MessageVector{name, hex.EncodeToString(raw)})
	}
	for _, c := range refusedMessages(t) {
		none = append(none, RefusedVector{c.name, strings.TrimPrefix(c.kind.Error(), "wire: "), hex.EncodeToString(c.raw[:min(len(c.raw), 8<<10)])})
	}
	return all, none
}

// refusedMessages is what a peer may say, and why nobody listens.
func refusedMessages(t testing.TB) []refusal {
	as := func(m Message) []byte {
		return encode(frame{Version: Version, Kind: m.MessageKind(), Body: encode(m)})
	}
	root := as(conversation(t)["root"])
	many := make([]Print, MaxIDs+1)
	for i := range many {
		many[i] = Print{1, byte(i >> 8), byte(i)}
	}
	last := Print(bytes.Repeat([]byte{0xff}, 16))
	days := make([]DayPrint, MaxDays+1)
	for i := range days {
		days[i].Day = uint32(i)
	}
	fat := Entries{Entries: slices.Repeat([]Carried{{Entry: make([]byte, MaxEntry), Payload: make([]byte, MaxPayload)}}, 8)}
	return []refusal{
		{"nothing", nil, ErrMalformed},
		{"cut short", root[:len(root)-1], ErrMalformed},
		{"one byte more", append(slices.Clone(root), 0), ErrMalformed},
		{"too large", make([]byte, MaxMessage+1), ErrTooLarge},
		{"too large for its kind", encode(frame{Version: Version, Kind: MessageRoot, Body: make([]byte, 100)}), ErrTooLarge},
		{"more entries than fit", as(fat), ErrTooLarge},
		{"a later version", encode(frame{Version: 2, Kind: MessageRoot, Body: encode(Root{})}), ErrUnknown},
		{"a kind that nobody knows", encode(frame{Version: Version, Kind: 20, Body: encode(Root{})}), ErrUnknown},
		{"a signed object", sign(t, Leave{Author: keyOf("bob")}, "bob").Raw, ErrMalformed},
		{"a print of 15 bytes", encode(frame{Version: Version, Kind: MessageRoot, Body: append([]byte{0x82, 0x01, 0x4f}, make([]byte, 15)...)}), ErrMalformed},
		{"a list said to be of 2^32 days", encode(frame{Version: Version, Kind: MessageDays, Body: []byte{0x82, 0x01, 0x9a, 0xff, 0xff, 0xff, 0xff}}), ErrMalformed},
		{"buckets out of order", as(Buckets{Buckets: []BucketPrint{{Bucket: 2}, {Bucket: 1}}}), ErrRange},
		{"a bucket twice", as(Buckets{Buckets: []BucketPrint{{Bucket: 2}, {Bucket: 2}}}), ErrRange},
		{"a bucket that ends where it begins", as(Bucket{}), ErrRange},
		{"ids of a bucket out of order", as(Bucket{Upto: Print{9}, IDs: []Print{{2}, {1}}}), ErrRange},
		{"ids of a bucket beyond its end", as(Bucket{Upto: Print{1}, IDs: []Print{{2}}}), ErrRange},
		{"to ask for nothing", as(Ask{}), ErrRange},
		{"to ask for one twice", as(Ask{IDs: []Print{{1}, {1}}}), ErrRange},
		{"no objects", as(Objects{}), ErrRange},
		{"an object of nothing", as(Objects{Objects: [][]byte{{}}}), ErrRange},
		{"an object beyond 4 KiB", as(Objects{Objects: [][]byte{make([]byte, MaxObject+1)}}), ErrRange},
		{"no chunks to be fetched", as(Fetch{Length: SealedChunk}), ErrRange},
		{"nine chunks at a time", as(Fetch{Length: 9 * SealedChunk, Count: MaxRun + 1}), ErrRange},
		{"a chunk behind the last", as(Fetch{Length: 2 * SealedChunk, First: 1, Count: 2}), ErrRange},
		{"chunks of no file", as(Fetch{Count: 1}), ErrRange},
		{"a last chunk of nothing but its tag", as(Fetch{Length: SealedChunk + tagLen, Count: 1}), ErrRange},
		{"chunks of a file beyond 8 MiB", as(Fetch{Length: Sealed(MaxClip) + 17, Count: 1}), ErrRange},
		{"129 chunks", as(Chunks{Hashes: make([]Hash, MaxChunks+1)}), ErrRange},
		{"logs out of order", as(Logs{Logs: []LogPrint{{Agency: Key{2}}, {Agency: Key{1}}}}), ErrRange},
		{"a log twice", as(Logs{Logs: []LogPrint{{Agency: Key{1}}, {Agency: Key{1}}}}), ErrRange},
		{"33 logs", as(Logs{Logs: make([]LogPrint, MaxLogs+1)}), ErrRange},
		{"part of a log without a checkpoint", as(LogPart{}), ErrRange},
		{"a checkpoint beyond 4 KiB", as(LogPart{Checkpoint: make([]byte, MaxCheckpoint+1)}), ErrRange},
		{"65 texts", as(LogPart{Checkpoint: []byte("c"), Texts: slices.Repeat([][]byte{{1}}, MaxTexts+1)}), ErrRange},
		{"a text of nothing", as(LogPart{Checkpoint: []byte("c"), Texts: [][]byte{{}}}), ErrRange},
		{"to want no texts", as(LogWant{}), ErrRange},
		{"to want a text twice", as(LogWant{IDs: []Print{{1}, {1}}}), ErrRange},
		{"no texts", as(LogTexts{}), ErrRange},
		{"a text beyond 4 KiB", as(LogTexts{Texts: [][]byte{make([]byte, MaxObject+1)}}), ErrRange},
		{"a proof of nothing", as(LogFraud{}), ErrRange},
		{"a proof beyond 4 KiB", as(LogFraud{Proof: make([]byte, MaxFraud+1)}), ErrRange},
		{"null for no days", encode(frame{Version: Version, Kind: MessageDays, Body: []byte{0x82, 0x01, 0xf6}}), ErrMalformed},

		{"days out of order", as(Days{Days: []DayPrint{{Day: 2}, {Day: 1}}}), ErrRange},
		{"a day twice", as(Days{Days: []DayPrint{{Day: 2}, {Day: 2}}}), ErrRange},
		{"a day before the first", as(Days{First: 3, Days: []DayPrint{{Day: 2}}}), ErrRange},
		{"93 days", as(Days{Days: days}), ErrRange},
		{"hours out of order", as(Hours{Hours: []HourPrint{{Hour: 2}, {Hour: 1}}}), ErrRange},
		{"an hour twice", as(Hours{Hours: []HourPrint{{Hour: 2}, {Hour: 2}}}), ErrRange},
		{"hour 24", as(Hours{Hours: []HourPrint{{Hour: 24}}}), ErrRange},
		{"ids out of order", as(IDs{Upto: last, IDs: []Print{{2}, {1}}}), ErrRange},
		{"an id twice", as(IDs{Upto: last, IDs: []Print{{2}, {2}}}), ErrRange},
		{"257 ids", as(IDs{Upto: last, IDs: many}), ErrMalformed},
		{"an id that is not after", as(IDs{After: Print{2}, Upto: last, IDs: []Print{{2}}}), ErrRange},
		{"an id beyond", as(IDs{Upto: Print{1}, IDs: []Print{{2}}}), ErrRange},
		{"ids of nowhere", as(IDs{After: Print{1}, Upto: Print{1}}), ErrRange},
		{"wants nothing", as(Want{}), ErrRange},
		{"wants one twice", as(Want{IDs: []Print{{2}, {2}}}), ErrRange},
		{"wants 257", as(Want{IDs: many}), ErrMalformed},
		{"no entries", as(Entries{}), ErrRange},
		{"an entry of no bytes", as(Entries{Entries: []Carried{{}}}), ErrRange},
		{"an entry beyond 1 KiB", as(Entries{Entries: []Carried{{Entry: make([]byte, MaxEntry+1)}}}), ErrRange},
		{"a payload beyond 8 KiB", as(Entries{Entries: []Carried{{Entry: []byte{1}, Payload: make([]byte, MaxPayload+1)}}}), ErrRange},
		{"257 entries", as(Entries{Entries: slices.Repeat([]Carried{{Entry: []byte{1}}}, MaxCarried+1)}), ErrMalformed},
	}
}

func TestRefusedMessages(t *testing.T) {
	for _, c := range refusedMessages(t) {
		t.Run(c.name, func(t *testing.T) {
			m, err := ReadMessage(c.raw)
			if !errors.Is(err, c.kind) {
				t.Errorf("error %v, want kind %v", err, c.kind)
			}
			if m != nil {
				t.Errorf("it was read as a %T", m)
			}
		})
	}
	if _, err := WriteMessage(Want{}); !errors.Is(err, ErrRange) {
		t.Errorf("what nobody reads is written: %v", err)
	}
	fat := Entries{Entries: slices.Repeat([]Carried{{Entry: make([]byte, MaxEntry), Payload: make([]byte, MaxPayload)}}, 8)}
	if _, err := WriteMessage(fat); !errors.Is(err, ErrTooLarge) {
		t.Errorf("what nobody reads is written: %v", err)
	}
}

// TestMessageLimits holds every kind of message to its limit: the largest that its bounds allow fits.
func TestMessageLimits(t *testing.T) {
	const far = 1<<32 - 1
	days := make([]DayPrint, MaxDays)
	for i := range days {
		days[i].Day = far - MaxDays + uint32(i)
	}
	hours := make([]HourPrint, 24)
	for i := range hours {
		hours[i].Hour = uint8(i)
	}
	buckets := make([]BucketPrint, 256)
	for i := range buckets {
		buckets[i].Bucket = uint8(i)
	}
	ids := make([]Print, MaxIDs)
	for i := range ids {
		ids[i] = Print{1, byte(i)}
	}
	logs := make([]LogPrint, MaxLogs)
	for i := range logs {
		logs[i] = LogPrint{Agency: Key{byte(i)}, Size: far}
	}
	fat := slices.Repeat([]Carried{{Entry: make([]byte, MaxEntry), Payload: make([]byte, MaxPayload)}}, 7)
	for _, m := range []Message{Root{First: far}, Days{First: 0, Days: days}, Hours{Day: far, Hours: hours},
		IDs{Hour: far, Upto: Print{2}, IDs: ids}, Want{Hour: far, IDs: ids}, Entries{Entries: fat},
		Roster{}, Buckets{Buckets: buckets}, Bucket{Bucket: 255, Upto: Print{2}, IDs: ids}, Ask{Bucket: 255, IDs: ids},
		Objects{Objects: slices.Repeat([][]byte{make([]byte, MaxObject)}, 15)},
		Fetch{Length: Sealed(MaxClip), First: MaxChunks - MaxRun, Count: MaxRun}, Chunks{Hashes: make([]Hash, MaxChunks)},
		Logs{Logs: logs}, LogAsk{From: far, Bare: true}, LogWant{IDs: ids}, LogFraud{Proof: make([]byte, MaxFraud)},
		LogPart{Checkpoint: make([]byte, MaxCheckpoint), From: far, IDs: make([]Hash, MaxIDs), Texts: slices.Repeat([][]byte{make([]byte, MaxObject)}, 12)},
		LogTexts{Texts: slices.Repeat([][]byte{make([]byte, MaxObject)}, 15)}} {
		raw, err := WriteMessage(m)
		if len(raw) != Size(m) {
			t.Errorf("a %v of %d bytes is said to have %d", m.MessageKind(), len(raw), Size(m))
		}
		if err != nil {
			t.Errorf("%v: %v", m.MessageKind(), err)
		} else if _, err := ReadMessage(raw); err != nil {
			t.Errorf("%v: %v", m.MessageKind(), err)
		}
	}
}

func FuzzMessage(f *testing.F) {
	for _, m := range conversation(f) {
		raw, err := WriteMessage(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	for _, c := range refusedMessages(f) {
		f.Add(c.raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := ReadMessage(raw)
		if err != nil {
			return
		}
		if again, err := WriteMessage(m); err != nil || !bytes.Equal(again, raw) {
			t.Errorf("%x is written again as %x, %v", raw, again, err)
		}
	})
}

// Whatever two homes hold: by the pages of one, the other finds what each lacks.
func TestPages(t *testing.T) {
	id := func(n int) Print { return Print{1, byte(n >> 8), byte(n)} }
	for _, n := range []int{0, 1, MaxIDs - 1, MaxIDs, MaxIDs + 1, 3*MaxIDs + 7} {
		for _, every := range []int{1, 2, 3, 100} {
			var theirs, mine []Print
			var want, lack []Print // what is lacking here, and there
			for i := range n {
				switch {
				case i%every == 0 && i%2 == 0:
					theirs = append(theirs, id(i))
					want = append(want, id(i))
				case i%every == 1:
					mine = append(mine, id(i))
					lack = append(lack, id(i))
				default:
					theirs, mine = append(theirs, id(i)), append(mine, id(i))
				}
			}
			var gotWant, gotLack []Print
			for _, p := range Pages(theirs) {
				if err := (IDs{After: p.After, Upto: p.Upto, IDs: p.IDs}).check(); err != nil {
					t.Fatalf("%d ids: %v", n, err)
				}
				lacking, ours := p.Compare(mine)
				gotWant = append(gotWant, ours...)
				for _, at := range lacking {
					gotLack = append(gotLack, mine[at])
				}
			}
			if !slices.Equal(gotWant, want) || !slices.Equal(gotLack, lack) {
				t.Errorf("of %d ids, each %d: wants %d of %d, they lack %d of %d", n, every, len(gotWant), len(want), len(gotLack), len(lack))
			}
		}
	}
}
