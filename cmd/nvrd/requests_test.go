package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/federation/choice"
	"nvrd/federation/mail"
	"nvrd/federation/wire"
)

// The ledger hears of who has what was handed over, once, by the name of then.
func TestArrived(t *testing.T) {
	of := func(node wire.Key) (choice.Sponsor, bool) { // 11 is Anna's, 12 Ben's
		is, ok := map[byte]string{11: "Anna", 12: "Ben"}[node[0]]
		return choice.Sponsor{Key: wire.Key{node[0] - 10}, Name: is}, ok
	}
	ledger := []choice.Handed{
		{ID: wire.Salt{1}, Sponsors: []choice.Sponsor{{Key: wire.Key{1}, Name: "Anna", Had: 5}, {Key: wire.Key{2}, Name: "Ben"}}},
		{ID: wire.Salt{2}},
		{ID: wire.Salt{3}},
	}
	has := func(n byte, at wire.Minute) mail.Brought { return mail.Brought{Node: wire.Key{10 + n}, Minute: at} }
	sent := []mail.Response{
		{ID: wire.Salt{2}},
		{ID: wire.Salt{1}, Brought: []mail.Brought{has(1, 5), has(2, 7), has(9, 8)}},
		{ID: wire.Salt{4}, Brought: []mail.Brought{has(1, 9)}}, // deleted from the ledger
	}
	want := map[wire.Salt][]choice.Sponsor{{1}: {{Key: wire.Key{2}, Name: "Ben", Had: 7}}}
	if diff := cmp.Diff(want, arrived(ledger, sent, of)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
