package stewards

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/federation/roster"
	"nvrd/federation/wire"
	"nvrd/ui/page/street"
	"nvrd/ui/text"
)

// TestWarnings tells in words what stewards have to talk about: nothing of it
// is settled by itself.
func TestWarnings(t *testing.T) {
	all, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	words := all.English()
	anna, seat := wire.Key{1}, wire.Key{2}
	b := book{state: &roster.State{
		Members: map[wire.Key]*roster.Member{anna: {Card: &wire.Card{Author: anna, Name: "Anna {name}"}}},
		Splits:  []roster.Split{{Settled: wire.Hash{1}, Act: wire.Hash{2}}}, Doubles: []roster.Double{{Seat: seat}}, Forked: []wire.Key{seat, {3}},
	}, holders: map[wire.Key]wire.Key{seat: anna}}
	b.look = street.Look{T: words, People: street.PeopleOf(b.state, wire.Key{9}, words.Street.People)}
	want := []warning{
		{"The stewards have split", words.Street.Stewards.SplitTip},
		{what: "Anna {name} voted for two proposals where one was asked for. The others can take the seat away."},
		{what: "Anna {name} signed two stories of what was done. That happens when a machine is restored from an old backup."},
		{what: "Somebody signed two stories of what was done. That happens when a machine is restored from an old backup."},
	}
	if diff := cmp.Diff(want, warnings(b), cmp.AllowUnexported(warning{})); diff != "" {
		t.Error(diff)
	}
}
