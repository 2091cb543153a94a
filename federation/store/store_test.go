package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"nvrd/federation/identity"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
	"nvrd/pkg/sqlite"
)

func open(t testing.TB, dir string) *DB {
	t.Helper()
	db, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func hashOf(name string) wire.Hash { return sha256.Sum256([]byte(name)) }

var (
	elm     = Neighborhood{Name: hashOf("elm street"), Settled: hashOf("elm street")}
	genesis = Object{hashOf("elm street"), []byte("genesis")}
)

func entry(name string) Entry {
	return Entry{hashOf(name), []byte("entry " + name), []byte("what " + name + " says")}
}

func founded(t testing.TB, dir string) *DB {
	t.Helper()
	db := open(t, dir)
	if err := db.Found(t.Context(), elm, nil, genesis); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestSave(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	db := founded(t, dir)
	oak := Neighborhood{Name: hashOf("oak street"), Place: 1, Generation: 2, Machine: 3, Settled: hashOf("an act")}
	if err := db.Found(ctx, oak, nil, Object{oak.Name, []byte("another genesis")}); err != nil {
		t.Fatal(err)
	}
	save := func(c Change) {
		t.Helper()
		if err := db.Save(ctx, elm.Name, c); err != nil {
			t.Fatal(err)
		}
	}
	card, newer := Object{hashOf("card"), []byte("card")}, Object{hashOf("newer"), []byte("newer card")}
	post, comment, retract := entry("post"), entry("comment"), Entry{ID: hashOf("retract"), Raw: []byte("retract")}
	save(Change{Objects: []Object{card}, Entries: []Entry{post, comment}})
	save(Change{Objects: []Object{newer}, Replaced: []wire.Hash{card.ID}, Entries: []Entry{retract}, Dead: []wire.Hash{post.ID},
		Passed: map[wire.Hash]wire.Minute{hashOf("act"): 7, hashOf("another"): 7}})
	save(Change{Passed: map[wire.Hash]wire.Minute{hashOf("act"): 9}, Settled: hashOf("act"), Dropped: []wire.Hash{comment.ID}})
	save(Change{Objects: []Object{newer}, Entries: []Entry{retract}}) // once more, as after a crash
	db.Close()

	db = open(t, dir)
	post.Payload = nil
	want := Held{Settled: hashOf("act"), Objects: []Object{genesis, newer}, Passed: map[wire.Hash]wire.Minute{hashOf("act"): 9}, Entries: []Entry{post, retract}}
	got, err := db.Load(ctx, elm.Name)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	all, err := db.Neighborhoods(ctx)
	settled := elm
	settled.Settled = hashOf("act")
	if diff := cmp.Diff([]Neighborhood{settled, oak}, all); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	if other, err := db.Load(ctx, oak.Name); err != nil || len(other.Objects) != 1 || len(other.Entries) != 0 {
		t.Errorf("the other neighborhood has %+v, %v", other, err)
	}
}

func TestRefused(t *testing.T) {
	ctx := t.Context()
	db := founded(t, t.TempDir())
	for name, n := range map[string]Neighborhood{
		"the same again":     elm,
		"with the same keys": {Name: hashOf("x"), Settled: hashOf("x")},
	} {
		if err := db.Found(ctx, n, nil, Object{n.Name, []byte("g")}); !errors.Is(err, nvr.ErrExists) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := db.Save(ctx, hashOf("nowhere"), Change{}); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("of a neighborhood that is not there: %v", err)
	}
	if _, err := db.Load(ctx, hashOf("nowhere")); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("load of one that is not there: %v", err)
	}
	// What breaks a bound breaks the whole change: nothing of it is written.
	for name, e := range map[string]Entry{
		"a payload of 8 KiB and a byte": {hashOf("big"), []byte("raw"), make([]byte, wire.MaxPayload+1)},
		"an entry of 1 KiB and a byte":  {hashOf("big"), make([]byte, wire.MaxEntry+1), nil},
		"an empty entry":                {ID: hashOf("empty"), Raw: []byte{}},
	} {
		if err := db.Save(ctx, elm.Name, Change{Entries: []Entry{entry("good"), e}}); err == nil {
			t.Errorf("%s is saved", name)
		}
	}
	if h, err := db.Load(ctx, elm.Name); err != nil || len(h.Entries) != 0 {
		t.Errorf("%d entries of changes that failed, %v", len(h.Entries), err)
	}
}

// found tells in which files of the directory the bytes stand.
func found(t *testing.T, dir string, what []byte) (in []string) {
	t.Helper()
	files, err := filepath.Glob(dir + "/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, what) {
			in = append(in, filepath.Base(file))
		}
	}
	return in
}

// What a neighbor took back is on no page of the database and not in its log.
func TestTakenBackIsGone(t *testing.T) {
	for _, tt := range []struct {
		name  string
		leave func(*DB, wire.Hash) error
	}{
		{"dead", func(db *DB, id wire.Hash) error {
			return db.Save(t.Context(), elm.Name, Change{Dead: []wire.Hash{id}})
		}},
		{"dropped", func(db *DB, id wire.Hash) error {
			return db.Save(t.Context(), elm.Name, Change{Dropped: []wire.Hash{id}})
		}},
		{"forgotten", func(db *DB, _ wire.Hash) error {
			later := elm
			for _, n := range must(db.Neighborhoods(t.Context())) {
				later.Place = n.Place + 1
			}
			return errors.Join(db.Forget(t.Context(), elm.Name, 5), db.Found(t.Context(), later, nil, genesis)) // it comes back
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			db := founded(t, dir)
			for _, size := range []int{20, 1500, 8000} { // within a page, and over several
				secret := bytes.Repeat([]byte("what the cat did "), 500)[:size]
				secret[0] = byte('0' + size/1000)
				e := Entry{hashOf(fmt.Sprint("post ", size)), []byte("entry"), secret}
				if err := db.Save(t.Context(), elm.Name, Change{Entries: []Entry{entry(fmt.Sprint("before ", size)), e, entry(fmt.Sprint("after ", size))}}); err != nil {
					t.Fatal(err)
				}
				mark := secret[:20]
				if len(found(t, dir, mark)) == 0 {
					t.Fatal("it is nowhere before")
				}
				if err := tt.leave(db, e.ID); err != nil {
					t.Fatal(err)
				}
				if in := found(t, dir, mark); len(in) > 0 {
					t.Errorf("%d bytes still stand in %v", size, in)
				}
			}
		})
	}
}

// A reader that does not end keeps the log; it is said, and made good later.
func TestNotShredded(t *testing.T) {
	t.Parallel() // it waits ten seconds for the reader
	dir := t.TempDir()
	db := founded(t, dir)
	if err := db.Save(t.Context(), elm.Name, Change{Entries: []Entry{entry("post")}}); err != nil {
		t.Fatal(err)
	}
	tx, err := db.db.Reader().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := tx.QueryRowContext(t.Context(), `SELECT 1 FROM entry`).Scan(new(int)); err != nil {
		t.Fatal(err)
	}
	err = db.Save(t.Context(), elm.Name, Change{Dead: []wire.Hash{hashOf("post")}})
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, ErrNotShredded) {
		t.Errorf("error %v", err)
	}
	if h, err := db.Load(t.Context(), elm.Name); err != nil || h.Entries[0].Payload != nil {
		t.Errorf("the change is not made: %v", err)
	}
	if err := db.Save(t.Context(), elm.Name, Change{Dropped: []wire.Hash{hashOf("other")}}); err != nil {
		t.Fatal(err)
	}
	if in := found(t, dir, []byte("what post says")); len(in) > 0 {
		t.Errorf("it still stands in %v", in)
	}
}

func TestForget(t *testing.T) {
	ctx := t.Context()
	db := founded(t, t.TempDir())
	if err := errors.Join(
		db.Save(ctx, elm.Name, Change{Entries: []Entry{entry("post")}, Passed: map[wire.Hash]wire.Minute{hashOf("act"): 1}}),
		db.AddInvite(ctx, elm.Name, Invite{Secret: wire.Salt{1}, Expires: 100}, 1),
		db.Forget(ctx, elm.Name, 77),
	); err != nil {
		t.Fatal(err)
	}
	// It is not there any more, and nothing is written of it.
	_, used := db.UseInvite(ctx, elm.Name, wire.Salt{1}, wire.Key{1}, 2)
	_, loaded := db.Load(ctx, elm.Name)
	for what, err := range map[string]error{
		"load": loaded, "an invite": used, "save": db.Save(ctx, elm.Name, Change{Entries: []Entry{entry("late")}}),
		"keep": db.Keep(ctx, elm.Name, wire.Key{1}, []byte("record")), "probe": db.Probe(ctx, elm.Name), "forget": db.Forget(ctx, elm.Name, 78),
	} {
		if !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	// Its keys are not used again.
	all, err := db.Neighborhoods(ctx)
	if err != nil || len(all) != 1 || all[0].Left != 77 || all[0].Place != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

// What a home gave up to ask for, or left, leaves which keys it used, and no
// more; it may come back with later ones.
func TestGiveUp(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	db := open(t, dir)
	ask := func(place uint32) {
		t.Helper()
		if err := db.Ask(ctx, Joining{Place: place, Invite: "STOOP:SECRET", Name: "Ben Benson"}); err != nil {
			t.Fatal(err)
		}
	}
	at := func(place uint32) Neighborhood {
		return Neighborhood{Name: elm.Name, Place: place, Settled: elm.Settled}
	}
	left := func(place uint32, minute wire.Minute) {
		t.Helper()
		asked, err := db.Joinings(ctx)
		if err != nil || len(asked) != 0 {
			t.Errorf("it still asks: %v, %v", asked, err)
		}
		all, err := db.Neighborhoods(ctx)
		if err != nil || len(all) != 1 || all[0].Left != minute || all[0].Place != place {
			t.Errorf("%+v, %v", all, err)
		}
		for _, s := range []string{"SECRET", "Benson", "the answer"} {
			if in := found(t, dir, []byte(s)); len(in) > 0 {
				t.Errorf("%s stands in %v", s, in)
			}
		}
	}
	ask(0)
	if err := db.GiveUp(ctx, 0, elm.Name, 5); err != nil {
		t.Fatal(err)
	}
	left(0, 5)
	ask(3)
	if err := db.GiveUp(ctx, 3, elm.Name, 6); err != nil {
		t.Fatal(err)
	}
	left(3, 5)
	if err := db.Found(ctx, at(2), nil, genesis); !errors.Is(err, nvr.ErrExists) {
		t.Errorf("with earlier keys: %v", err)
	}
	ask(4)
	if err := db.Welcomed(ctx, 4, []byte("the answer"), at(4), genesis); err != nil {
		t.Fatal(err)
	}
	if err := db.Forget(ctx, elm.Name, 7); err != nil { // before it knew more than the welcome
		t.Fatal(err)
	}
	left(4, 7)
	if err := db.Probe(ctx, hashOf("nowhere")); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("probe of what is not there: %v", err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestInvites(t *testing.T) {
	ctx := t.Context()
	db := founded(t, t.TempDir())
	use := func(secret, by byte, now wire.Minute) bool {
		t.Helper()
		open, err := db.UseInvite(ctx, elm.Name, wire.Salt{secret}, wire.Key{by}, now)
		if err != nil {
			t.Fatal(err)
		}
		return open
	}
	for i := range byte(MaxInvites) {
		if err := db.AddInvite(ctx, elm.Name, Invite{Secret: wire.Salt{i}, Expires: 100 + wire.Minute(i)}, 10); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.AddInvite(ctx, elm.Name, Invite{Secret: wire.Salt{99}, Expires: 200}, 99); !errors.Is(err, nvr.ErrTooMany) {
		t.Errorf("one more: %v", err)
	}
	if err := db.AddInvite(ctx, elm.Name, Invite{Secret: wire.Salt{99}, Expires: 200}, 100); err != nil {
		t.Errorf("when the first is over: %v", err)
	}
	for _, c := range []struct {
		secret, by byte
		now        wire.Minute
		given      bool
	}{
		{5, 1, 104, true}, {5, 2, 104, false}, {5, 1, 104, true}, // again by who has it
		{5, 1, 105, false}, {6, 1, 106, false}, {7, 3, 106, true}, {0, 1, 50, false}, {200, 1, 50, false},
	} {
		if got := use(c.secret, c.by, c.now); got != c.given {
			t.Errorf("invite %d at %d is given to %d: %v", c.secret, c.now, c.by, got)
		}
	}
	if err := db.AddInvite(ctx, elm.Name, Invite{Secret: wire.Salt{98}, Expires: 300}, 100); err != nil {
		t.Errorf("what was used takes the place of one that is open: %v", err)
	}
	want := Invite{Secret: wire.Salt{97}, Expires: 400, Succeeds: wire.Key{7}}
	if err := db.AddInvite(ctx, elm.Name, want, 300); err != nil {
		t.Fatal(err)
	}
	if all, err := db.Invites(ctx, elm.Name, 301); err != nil || len(all) != 1 || all[0] != want {
		t.Errorf("open are %+v, %v", all, err)
	}
}

// Two who use an invite at the same moment: one is let in.
func TestInviteOnce(t *testing.T) {
	dir := t.TempDir()
	db, other := founded(t, dir), open(t, dir)
	for i := range byte(20) {
		if err := db.AddInvite(t.Context(), elm.Name, Invite{Secret: wire.Salt{i}, Expires: 100}, 1); err != nil {
			t.Fatal(err)
		}
		got := make(chan bool)
		for by, d := range []*DB{db, other} {
			go func() {
				open, err := d.UseInvite(context.Background(), elm.Name, wire.Salt{i}, wire.Key{byte(by)}, 2)
				got <- open && err == nil
			}()
		}
		if a, b := <-got, <-got; a == b {
			t.Fatalf("invite %d let in %v and %v", i, a, b)
		}
	}
}

// Whoever is killed has on disk what was confirmed.
func TestKilled(t *testing.T) {
	const inside = "STOOP_TEST_NEIGHBORHOOD"
	if dir := os.Getenv(inside); dir != "" {
		db := open(t, dir)
		for i := 0; ; i++ {
			if err := db.Save(t.Context(), elm.Name, Change{Entries: []Entry{entry(fmt.Sprint(i))}, Objects: []Object{{hashOf(fmt.Sprint("o", i)), []byte("o")}}}); err != nil {
				t.Fatal(err)
			}
			fmt.Println("saved", i)
		}
	}
	dir := t.TempDir()
	founded(t, dir).Close()
	for round := range 3 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), inside+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last := -1
		for n := 0; n < 10+7*round; n++ {
			if _, err := fmt.Fscanf(out, "saved %d\n", &last); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := fmt.Fscanf(out, "saved %d\n", &last); err != nil {
				break
			}
		}
		_ = cmd.Wait() // it was killed
		db := open(t, dir)
		h, err := db.Load(t.Context(), elm.Name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range last + 1 {
			want := entry(fmt.Sprint(i))
			if !slices.ContainsFunc(h.Entries, func(e Entry) bool { return e.ID == want.ID && bytes.Equal(e.Payload, want.Payload) }) {
				t.Errorf("entry %d was confirmed and is not there", i)
			}
		}
		if len(h.Objects) != len(h.Entries)+1 {
			t.Errorf("%d objects and %d entries of changes that have one each", len(h.Objects), len(h.Entries))
		}
		db.Close()
	}
}

// A full disk refuses what is new, in words, and loses nothing that was
// confirmed; when there is room again it goes on.
func TestDiskFull(t *testing.T) {
	const inside = "STOOP_TEST_SMALL_DISK"
	mount := os.Getenv(inside)
	if mount == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDiskFull$", "-test.v")
		cmd.Env = append(os.Environ(), inside+"="+t.TempDir())
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	if err := unix.Mount("tmpfs", mount, "tmpfs", 0, "size=2m"); err != nil {
		t.Fatal(err)
	}
	db := founded(t, mount)
	filler := filepath.Join(mount, "filler")
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	saved := 0
	var failed error
	for failed == nil {
		e := entry(fmt.Sprint(saved))
		e.Payload = bytes.Repeat([]byte{byte(saved)}, 4000)
		if failed = db.Save(t.Context(), elm.Name, Change{Entries: []Entry{e}}); failed == nil {
			saved++
		}
	}
	noSeed := func(dir string) {
		t.Helper()
		if err := KeepSeed(dir, identity.New()); err == nil {
			t.Errorf("a seed is kept in %s", dir)
		}
		if _, ok, err := Seed(dir); ok {
			t.Errorf("there is a seed in %s: %v", dir, err)
		}
	}
	full := filepath.Join(mount, "full")
	if err := os.Mkdir(full, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filler, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	f.Close()
	noSeed(full)
	noSeed(filepath.Join(mount, "nowhere"))
	noSeed(filler)
	if left, err := os.ReadDir(full); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if saved < 5 || !strings.Contains(failed.Error(), "full") {
		t.Errorf("after %d entries: %v", saved, failed)
	}
	reported := 0
	report := func() error {
		r := wire.Report{On: entry("0").ID, Reporter: wire.Key(hashOf(fmt.Sprint(reported))), Words: strings.Repeat("x", wire.MaxReportWords), Minute: 7}
		err := errors.Join(db.HoldReport(t.Context(), elm.Name, r), db.SendReport(t.Context(), elm.Name, SentReport{r.On, r.Reporter, 7, make([]byte, wire.SealedReport)}))
		if err == nil {
			reported++
		}
		return err
	}
	for failed = nil; failed == nil; {
		failed = report() // what room there is in the log is used up
	}
	if !strings.Contains(failed.Error(), "full") {
		t.Errorf("after %d reports: %v", reported, failed)
	}
	check := func() {
		t.Helper()
		held, err := db.HeldReports(t.Context(), elm.Name)
		if sent, e := db.SentReports(t.Context(), elm.Name); err != nil || e != nil || len(held) < reported || len(sent) < reported {
			t.Fatalf("%d reports are held and %d sent of %d, %v", len(held), len(sent), reported, errors.Join(err, e))
		}
		h, err := db.Load(t.Context(), elm.Name)
		if err != nil || len(h.Entries) != saved {
			t.Fatalf("%d entries of %d, %v", len(h.Entries), saved, err)
		}
		for i, e := range h.Entries {
			if !bytes.Equal(e.Payload, bytes.Repeat([]byte{byte(i)}, 4000)) {
				t.Fatalf("entry %d is another one", i)
			}
		}
	}
	check()
	db.Close()
	db = open(t, mount) // also after a new start on the full disk
	check()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := KeepSeed(full, identity.New()); err != nil {
		t.Errorf("a seed, with room again: %v", err)
	}
	e := entry(fmt.Sprint(saved))
	e.Payload = bytes.Repeat([]byte{byte(saved)}, 4000)
	if err := db.Save(t.Context(), elm.Name, Change{Entries: []Entry{e}}); err != nil {
		t.Errorf("with room again: %v", err)
	}
	saved++
	if err := report(); err != nil && !errors.Is(err, nvr.ErrExists) {
		t.Errorf("a report, with room again: %v", err)
	}
	check()
}

//go:embed testdata/*_dump.sql
var dumps embed.FS

// Each schema that was released opens, with what it held.
func TestUpgrade(t *testing.T) {
	dir := t.TempDir()
	old, err := sqlite.Open(t.Context(), filepath.Join(dir, "neighborhood.db"), dumps)
	if err != nil {
		t.Fatal(err)
	}
	old.Close()
	db := open(t, dir)
	h, err := db.Load(t.Context(), elm.Name)
	want := Held{Settled: elm.Name, Objects: []Object{genesis}, Passed: map[wire.Hash]wire.Minute{hashOf("act"): 7}, Entries: []Entry{entry("post")},
		Logs: []Log{{Agency: wire.Key(hashOf("post")), Checkpoint: []byte("a"), Fraud: []byte("b"), Entries: []Object{{ID: elm.Name}}}}}
	if diff := cmp.Diff(want, h); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	if got, want := schema(t, db), schema(t, open(t, t.TempDir())); !cmp.Equal(got, want) {
		t.Errorf("the upgraded schema is not that of a new one, -new +upgraded:\n%s", cmp.Diff(want, got))
	}
}

// Of a neighborhood that the home left no table holds anything, whichever came last.
func TestForgetAll(t *testing.T) {
	dir := t.TempDir()
	full, err := sqlite.Open(t.Context(), filepath.Join(dir, "neighborhood.db"), dumps)
	if err != nil {
		t.Fatal(err)
	}
	full.Close()
	db := open(t, dir)
	tables, err := sqlite.All(t.Context(), db.db.Reader(), func(row sqlite.Row) (name string, err error) { return name, row.Scan(&name) },
		`SELECT t.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND c.name = 'neighborhood_id'`)
	if err != nil || len(tables) < 9 {
		t.Fatalf("%v, %v", tables, err)
	}
	for _, table := range tables {
		if rowsOf(t, db, table) == 0 {
			t.Errorf("the dump has no row of %s", table)
		}
	}
	if err := db.Forget(t.Context(), elm.Name, 7); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if n := rowsOf(t, db, table); n != 0 {
			t.Errorf("%s has %d rows", table, n)
		}
	}
}

// rowsOf returns how many rows a table has.
func rowsOf(t *testing.T, db *DB, table string) int {
	t.Helper()
	n, err := sqlite.All(t.Context(), db.db.Reader(), func(row sqlite.Row) (n int, err error) { return n, row.Scan(&n) }, `SELECT count(*) FROM `+table)
	if err != nil {
		t.Fatal(err)
	}
	return n[0]
}

func schema(t *testing.T, db *DB) []string {
	t.Helper()
	all, err := sqlite.All(t.Context(), db.db.Reader(), func(row sqlite.Row) (s string, err error) {
		err = row.Scan(&s)
		return s, err
	}, `SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A home's seed is written once, and read only by its owner.
func TestSeed(t *testing.T) {
	dir := t.TempDir()
	if _, ok, err := Seed(dir); ok || err != nil {
		t.Fatalf("a new home has a seed: %v, %v", ok, err)
	}
	want := identity.New()
	if err := KeepSeed(dir, want); err != nil {
		t.Fatal(err)
	}
	if err := KeepSeed(dir, identity.New()); !errors.Is(err, fs.ErrExist) {
		t.Errorf("another one: %v", err)
	}
	if got, ok, err := Seed(dir); !ok || err != nil || got != want {
		t.Errorf("read %v, %v", ok, err)
	}
	info, err := os.Stat(filepath.Join(dir, seedFile))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	all, err := os.ReadDir(dir)
	if err != nil || len(all) != 1 {
		t.Errorf("left behind: %v, %v", all, err)
	}
	if err := os.WriteFile(filepath.Join(dir, seedFile), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Seed(dir); err == nil {
		t.Error("a seed of 5 bytes is taken")
	}
}

// That the words are on paper, and which keys may have been used, is known after
// a restart; what was never used before is not again.
func TestOnPaper(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	db := open(t, dir)
	look := func(when string, wantFirst uint32, want bool) {
		t.Helper()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = open(t, dir)
		if first, on, err := db.Paper(ctx); first != wantFirst || on != want || err != nil {
			t.Errorf("%s: %d, %v, %v", when, first, on, err)
		}
	}
	look("a new home", 0, false)
	for _, c := range []struct{ first, want uint32 }{{0, 0}, {7, 7}, {0, 7}} {
		if err := db.OnPaper(ctx, c.first); err != nil {
			t.Fatal(err)
		}
		look("on paper", c.want, true)
	}
}
