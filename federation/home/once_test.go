package home_test

import (
	"errors"
	"testing"

	"nvrd/federation/feed"
	"nvrd/federation/home"
	"nvrd/federation/wire"
)

// TestCheckedOnce: what every neighbor brings is checked once. A copy with
// another signature is no copy.
func TestCheckedOnce(t *testing.T) {
	s := found(t)
	var admits []wire.Signed
	for _, who := range []string{"anna", "ben", "cleo", "dora"} {
		admits = append(admits, s.admit(who))
	}
	objects, entries := 0, 0
	core := home.New(s.genesis, home.Openers{
		Object: func(raw []byte) (wire.Signed, error) { objects++; return wire.Open(raw) },
		Item:   func(entry, payload []byte) (*feed.Item, error) { entries++; return feed.Open(entry, payload) },
	}, nil)
	core.Load(admits, s.genesis.ID, nil, nil, noon)
	out, said := s.revoke("dora", noon), s.say("anna", post("A branch fell."), wire.Hash{}, noon)
	for _, who := range []string{"anna", "ben", "cleo"} {
		core.Up(node(who), noon)
		for _, m := range []wire.Message{
			wire.Objects{Objects: [][]byte{out.Raw}},
			wire.Entries{Entries: []wire.Carried{{Entry: said.Raw, Payload: said.Payload}}},
		} {
			if _, err := core.Hear(node(who), m, noon); err != nil {
				t.Fatal(err)
			}
		}
	}
	if objects != 1 || entries != 1 {
		t.Errorf("of three copies %d of an object and %d of an entry were checked", objects, entries)
	}
	forge := func(raw []byte) []byte { raw = append([]byte(nil), raw...); raw[len(raw)-1]++; return raw }
	for _, m := range []wire.Message{
		wire.Objects{Objects: [][]byte{forge(out.Raw)}},
		wire.Entries{Entries: []wire.Carried{{Entry: forge(said.Raw), Payload: said.Payload}}},
	} {
		if _, err := core.Hear(node("ben"), m, noon); !errors.Is(err, wire.ErrSignature) {
			t.Errorf("a copy with another signature: %v", err)
		}
	}
	if _, err := core.Hear(node("ben"), wire.Entries{Entries: []wire.Carried{{Entry: said.Raw, Payload: []byte{1}}}}, noon); err == nil {
		t.Error("a copy with another payload is taken for one")
	}
}
