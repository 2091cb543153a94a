package store

import (
	"reflect"
	"testing"

	"nvrd/federation/wire"
)

// Who is called has one place, may ask again, and comes by an invite that stays
// the same however often it is opened.
func TestCalled(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	db := open(t, dir)
	if err := db.Found(ctx, elm, []wire.Key{{1}, {2}}, genesis); err != nil {
		t.Fatal(err)
	}
	for _, v := range []Invite{{Secret: wire.Salt{5}, Expires: 100}, {Secret: wire.Salt{6}, Expires: 200}} {
		if secret, err := db.Call(ctx, elm.Name, v); err != nil || secret != (wire.Salt{5}) {
			t.Errorf("called with %x, %v", secret, err)
		}
	}
	if all, err := db.Invites(ctx, elm.Name, 150); err != nil || len(all) != 1 || all[0] != (Invite{Secret: wire.Salt{5}, Expires: 200, Called: true}) {
		t.Errorf("open are %+v, %v", all, err)
	}
	for i := range byte(MaxInvites) { // it takes the place of none
		if err := db.AddInvite(ctx, elm.Name, Invite{Secret: wire.Salt{100 + i}, Expires: 200}, 150); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		who, by byte
		given   bool
	}{{1, 11, true}, {1, 12, false}, {1, 11, true}, {2, 12, true}, {3, 13, false}} {
		if given, err := db.UseCall(ctx, elm.Name, wire.Key{c.who}, wire.Key{c.by}); err != nil || given != c.given {
			t.Errorf("%d comes as %d: %v, %v", c.who, c.by, given, err)
		}
	}
	want := Joining{Place: 3, Invite: "STOOP:SECRET", Name: "Ben", Follow: []byte("follow"), By: wire.Key{9}}
	if err := db.Ask(ctx, want); err != nil {
		t.Fatal(err)
	}
	if all, err := db.Joinings(ctx); err != nil || len(all) != 1 || !reflect.DeepEqual(all[0], want) {
		t.Errorf("it asks for %+v, %v", all, err)
	}
}
