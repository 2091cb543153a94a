package store

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

// Logs of agencies are there after a restart as they were written, also where texts
// come later or go, and go with the neighborhood. What breaks a bound is not written,
// nor what is to be written with it.
func TestLogs(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	db := founded(t, dir)
	oak := Neighborhood{Name: hashOf("oak street"), Place: 1, Settled: hashOf("oak street")}
	if err := db.Found(ctx, oak, nil, Object{oak.Name, []byte("another genesis")}); err != nil {
		t.Fatal(err)
	}
	fire, police := wire.Key{1}, wire.Key{2}
	at := func(n byte, raw []byte) Object { return Object{wire.Hash{n}, raw} }
	save := func(name wire.Hash, logs ...Log) {
		t.Helper()
		if err := db.Save(ctx, name, Change{Logs: logs}); err != nil {
			t.Fatal(err)
		}
	}
	save(elm.Name, Log{Agency: police}, Log{Agency: fire, Checkpoint: []byte("two"), Entries: []Object{at(1, []byte("one")), at(2, nil)}})
	save(oak.Name, Log{Agency: fire, Checkpoint: []byte("one"), Entries: []Object{at(9, []byte("nine"))}})
	save(elm.Name, Log{Agency: fire, Checkpoint: []byte("three"), From: 2, Entries: []Object{at(3, []byte("three"))}})
	save(elm.Name, Log{Agency: fire, Checkpoint: []byte("three, seen"), From: 3})
	save(elm.Name, Log{Agency: fire, Checkpoint: []byte("three, seen"), Entries: []Object{at(1, nil), at(2, []byte("two")), at(3, []byte("three"))}}) // judged anew
	save(elm.Name, Log{Agency: police, Fraud: []byte("proof")})
	db.Close()

	db = open(t, dir)
	want := []Log{
		{Agency: fire, Checkpoint: []byte("three, seen"), Entries: []Object{at(1, nil), at(2, []byte("two")), at(3, []byte("three"))}},
		{Agency: police, Fraud: []byte("proof")},
	}
	check := func(when string) {
		t.Helper()
		h, err := db.Load(ctx, elm.Name)
		if diff := cmp.Diff(want, h.Logs); err != nil || diff != "" {
			t.Errorf("%s: %v, -want +got:\n%s", when, err, diff)
		}
	}
	check("after a restart")
	long := bytes.Repeat([]byte("x"), 4097)
	for name, l := range map[string]Log{
		"a long checkpoint": {Agency: fire, Checkpoint: long}, "an empty one": {Agency: fire, Checkpoint: []byte{}},
		"a long proof": {Agency: fire, Checkpoint: []byte("four"), Fraud: long},
		"a long text":  {Agency: fire, Checkpoint: []byte("four"), From: 3, Entries: []Object{at(4, []byte("four")), at(5, long)}},
		"no place":     {Agency: fire, Checkpoint: []byte("four"), From: -1, Entries: []Object{at(4, nil)}},
	} {
		if err := db.Save(ctx, elm.Name, Change{Entries: []Entry{entry("with it")}, Logs: []Log{l}}); err == nil {
			t.Errorf("%s is written", name)
		}
	}
	check("after what was refused")
	if h, err := db.Load(ctx, elm.Name); err != nil || len(h.Entries) != 0 {
		t.Errorf("%d entries of changes that failed, %v", len(h.Entries), err)
	}
	if err := db.Forget(ctx, oak.Name, 7); err != nil {
		t.Fatal(err)
	}
	check("after another neighborhood was left")
	if n := rowsOf(t, db, "log_entry"); n != 3 {
		t.Errorf("%d entries are left", n)
	}
}

// Of which agencies a home is a sponsor, and where they reach it, is there after a
// restart; the former goes with the neighborhood.
func TestSponsored(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	db := founded(t, dir)
	fire, police := wire.Key{1}, wire.Key{2}
	if _, err := db.Gateway(ctx); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("before there is one: %v", err)
	}
	gateway := Gateway{":8443", "https://home.example:8443"}
	err := errors.Join(db.Sponsor(ctx, elm.Name, Sponsored{police, ""}), db.Sponsor(ctx, elm.Name, Sponsored{fire, "https://fire.example/old"}),
		db.Sponsor(ctx, elm.Name, Sponsored{fire, "https://fire.example"}), db.SetGateway(ctx, Gateway{":1", "https://old.example"}), db.SetGateway(ctx, gateway))
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	db = open(t, dir)
	if all, err := db.Sponsored(ctx, elm.Name); err != nil || !cmp.Equal(all, []Sponsored{{fire, "https://fire.example"}, {police, ""}}) {
		t.Errorf("%+v, %v", all, err)
	}
	if g, err := db.Gateway(ctx); err != nil || g != gateway {
		t.Errorf("%+v, %v", g, err)
	}
	if err := errors.Join(db.Unsponsor(ctx, elm.Name, fire), db.Unsponsor(ctx, elm.Name, fire)); err != nil {
		t.Error(err)
	}
	if all, err := db.Sponsored(ctx, elm.Name); err != nil || !cmp.Equal(all, []Sponsored{{police, ""}}) {
		t.Errorf("%+v, %v", all, err)
	}
	if err := errors.Join(db.SetGateway(ctx, Gateway{}), db.SetGateway(ctx, Gateway{})); err != nil {
		t.Error(err)
	}
	if _, err := db.Gateway(ctx); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("after it was ended: %v", err)
	}
	if err := db.Forget(ctx, elm.Name, 7); err != nil {
		t.Fatal(err)
	}
	_, known := db.Sponsored(ctx, elm.Name)
	for what, err := range map[string]error{"sponsored": known, "sponsor": db.Sponsor(ctx, elm.Name, Sponsored{fire, ""}), "unsponsor": db.Unsponsor(ctx, elm.Name, fire)} {
		if !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("%s, of a neighborhood that was left: %v", what, err)
		}
	}
	if n := rowsOf(t, db, "sponsored"); n != 0 {
		t.Errorf("%d agencies are left", n)
	}
}
