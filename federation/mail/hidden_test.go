package mail_test

import (
	"context"
	"slices"
	"testing"

	"nvrd/federation/mail"
	"nvrd/federation/wire"
)

// When a home sends parcels, and how many, is the same whatever waits there, and after
// a restart.
func TestHidden(t *testing.T) {
	dir, street := t.TempDir(), wire.Hash{1}
	open := func() *mail.DB {
		db, err := mail.Open(context.Background(), dir)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	month := func(db *mail.DB) (all []mail.Slot) {
		for day := range uint32(30) {
			all = append(all, db.Slots(street, 20_000+day)...)
		}
		return all
	}
	db := open()
	before := month(db)
	for n, pieces := range []int{1, 4, mail.MaxHidden, 64} {
		r := mail.Response{ID: wire.Salt{byte(n + 1)}, Neighborhood: street, Asker: wire.Key{9}, Minute: 1, Hidden: pieces <= mail.MaxHidden}
		if err := db.Give(t.Context(), r, slices.Repeat([][]byte{make([]byte, wire.PieceLen)}, pieces)); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(before, month(db)) {
			t.Errorf("where a response of %d pieces waits parcels are sent at other times", pieces)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open()
	defer db.Close()
	if !slices.Equal(before, month(db)) {
		t.Error("after a restart parcels are sent at other times")
	}
}
