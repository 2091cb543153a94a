package feed

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"testing"

	"nvrd/federation/wire"
)

// noon is a minute in the middle of a day and of an hour.
const noon = wire.Minute(20_000)*wire.Day + 12*60 + 30

var elm = wire.Hash{'e', 'l', 'm'}

// members is a roster for tests.
type members map[string]Standing

func (m members) Standing(author wire.Key) (Standing, bool) {
	s, ok := m[nameOf(author)]
	return s, ok
}

func (m members) Stewards() (n int) {
	for _, s := range m {
		if s.Steward {
			n++
		}
	}
	return n
}

// neighbors are three stewards and two members, all of them for a year.
func neighbors() members {
	since := noon - 365*wire.Day
	return members{
		"anna": {Since: since, Until: Always, Steward: true},
		"ben":  {Since: since, Until: Always, Steward: true},
		"cleo": {Since: since, Until: Always, Steward: true},
		"dora": {Since: since, Until: Always},
		"emil": {Since: since, Until: Always},
	}
}

// A key is the name of its author here, since nothing is signed.
func key(name string) (k wire.Key) {
	copy(k[:], name)
	return k
}

func nameOf(k wire.Key) string {
	n := 0
	for n < len(k) && k[n] != 0 {
		n++
	}
	return string(k[:n])
}

// written is what an author wrote, apart from the signature, which is not the
// business of this package.
type written struct {
	by      string
	at      wire.Minute
	says    wire.Payload // nil for a retraction
	on      wire.Hash
	days    wire.Minute // until it expires; 0 for 30, or 90 where it must be
	minutes wire.Minute // instead of days
	number  byte        // several that are else the same
}

func (w written) entry(t testing.TB) (wire.Signed, []byte) {
	t.Helper()
	e := wire.Entry{Neighborhood: elm, Author: key(w.by), Minute: w.at, Says: wire.SaysRetract, On: w.on}
	var payload []byte
	if w.says != nil {
		var err error
		if payload, err = wire.Pack(w.says); err != nil {
			t.Fatal(err)
		}
		e.Says, e.Payload, e.Length = w.says.Says(), sha256.Sum256(payload), uint16(len(payload))
	}
	switch {
	case e.Says == wire.SaysRetract || e.Says == wire.SaysLabel:
		e.Expires = e.Minute + 90*wire.Day
	case w.minutes > 0:
		e.Expires = e.Minute + w.minutes
	case w.days > 0:
		e.Expires = e.Minute + w.days*wire.Day
	default:
		e.Expires = e.Minute + 30*wire.Day
	}
	id := sha256.Sum256(slices.Concat(e.Author[:], e.On[:], e.Payload[:], binary.BigEndian.AppendUint32(nil, uint32(e.Minute)), binary.BigEndian.AppendUint32([]byte{w.number, byte(e.Says)}, uint32(e.Expires))))
	return wire.Signed{ID: id, Raw: id[:], Body: e}, payload
}

func (w written) item(t testing.TB) *Item {
	t.Helper()
	s, payload := w.entry(t)
	i, err := NewItem(s, payload)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func post(t testing.TB, by string, at wire.Minute) *Item {
	return written{by: by, at: at, says: something("ice")}.item(t)
}

func something(happened string) wire.Post {
	return wire.Post{Category: wire.CategoryHazard, Happened: happened}
}

func comment(t testing.TB, by string, at wire.Minute, on *Item) *Item {
	return written{by: by, at: at, says: wire.Comment{Text: "oh"}, on: on.ID}.item(t)
}

func react(t testing.TB, by string, at wire.Minute, on *Item, is wire.ReactionIs) *Item {
	return written{by: by, at: at, says: wire.Reaction{Is: is}, on: on.ID}.item(t)
}

func retract(t testing.TB, by string, at wire.Minute, on *Item) *Item {
	return written{by: by, at: at, on: on.ID}.item(t)
}

func label(t testing.TB, by string, at wire.Minute, on *Item, is wire.LabelIs) *Item {
	return written{by: by, at: at, says: wire.Label{Is: is, Reason: "because"}, on: on.ID}.item(t)
}

func clip(name string, length uint32) wire.Media {
	at := func(part string) wire.Hash { return sha256.Sum256([]byte(name + part)) }
	return wire.Media{Type: wire.MediaClip, Full: wire.Blob{Address: at(""), Key: at("k"), Length: length}, Thumbnail: wire.Blob{Address: at("t"), Key: at("tk"), Length: 1000}, Width: 1, Height: 1, Seconds: 1}
}

func photo(name string, length uint32) wire.Media {
	m := clip(name, length)
	m.Type, m.Seconds = wire.MediaPhoto, 0
	return m
}

func shows(t testing.TB, by string, at wire.Minute, media ...wire.Media) *Item {
	p := something("look")
	p.Media = media
	return written{by: by, at: at, says: p}.item(t)
}

// held is a set as a test looks at it.
func held(s *Set) map[wire.Hash]Death {
	all := map[wire.Hash]Death{}
	for i, dead := range s.Items {
		all[i.ID] = dead
	}
	return all
}

// holds fails unless the set keeps its own promises.
func holds(t testing.TB, s *Set) {
	t.Helper()
	media := map[wire.Hash]int{}
	n := 0
	for i, dead := range s.Items {
		n++
		if (i.Payload == nil) != (dead != Alive || i.Entry.Says == wire.SaysRetract) {
			t.Fatalf("%v of %d bytes is %v", i.Entry.Says, len(i.Payload), dead)
		}
		if now := s.death(i); now != dead {
			t.Fatalf("it is kept as %v, and is %v", dead, now)
		}
		for a := range addresses(i) {
			media[a]++
		}
	}
	if n != len(s.held) || len(media) != len(s.media) {
		t.Fatalf("%d in the tree, %d held; %d media, %d counted", n, len(s.held), len(media), len(s.media))
	}
	fresh := tree{}
	for _, r := range s.held {
		fresh.put(r)
	}
	if fresh.root() != s.tree.root() {
		t.Fatal("the fingerprint is not that of what is held")
	}
}

// book knows what was signed: the opener of tests.
type book map[wire.Hash]*Item

func (b book) write(t testing.TB, w written) *Item {
	i := w.item(t)
	b[i.ID] = i
	return i
}

func (b book) open(entry, payload []byte) (*Item, error) {
	if len(entry) != 32 || b[wire.Hash(entry)] == nil {
		return nil, wire.ErrSignature
	}
	switch i := b[wire.Hash(entry)]; {
	case len(payload) == 0:
		return i.Bare(), nil
	case bytes.Equal(payload, i.Payload):
		return i, nil
	}
	return nil, wire.ErrSignature
}
