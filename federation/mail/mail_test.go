package mail

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

func open(t testing.TB, dir string) *DB {
	t.Helper()
	db, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func hashOf(name string) wire.Hash { return sha256.Sum256([]byte(name)) }

// nameOf is what a home calls a response.
func nameOf(name string) wire.Salt { h := hashOf(name); return wire.Salt(h[:len(wire.Salt{})]) }

func keyOf(name string) wire.Key { return wire.Key(hashOf(name)) }

// piece returns one that nothing else looks like.
func piece(name string) []byte {
	b := make([]byte, wire.PieceLen)
	_, _ = rand.NewChaCha8(hashOf(name)).Read(b) // it never fails
	return b
}

func pieces(name string, count int) (all [][]byte) {
	for i := range count {
		all = append(all, piece(fmt.Sprint(name, i)))
	}
	return all
}

var (
	elm, oak = hashOf("elm street"), hashOf("oak street")
	fire     = keyOf("fire brigade")
	police   = keyOf("police")
)

const today = 20_000 * wire.Day

func response(name string, minute wire.Minute, hidden bool) Response {
	return Response{ID: nameOf(name), Neighborhood: elm, Asker: fire, Minute: minute, Hidden: hidden}
}

func (d *DB) mustWait(t *testing.T, want ...Response) {
	t.Helper()
	got, err := d.Waiting(t.Context(), elm)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}

// A response is on its way until two homes have it, also after a restart; what became
// of it is told for a month.
func TestResponse(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	db := open(t, dir)
	first, second := response("first", today, true), response("second", today+5, false)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(db.Give(ctx, second, pieces("second", 1)))
	must(db.Give(ctx, first, pieces("first", 4)))
	elsewhere := response("elsewhere", today, false)
	elsewhere.Neighborhood = oak
	must(db.Give(ctx, elsewhere, pieces("elsewhere", 1)))
	must(db.Done(ctx, elsewhere.ID, Brought{keyOf("ben"), today}, false))
	if err := db.Give(ctx, first, pieces("other", 1)); !errors.Is(err, nvr.ErrExists) {
		t.Errorf("given twice: %v", err)
	}
	first.Pieces, second.Pieces = 4, 1
	db.mustWait(t, first, second)
	must(db.Close())

	db = open(t, dir)
	if got, err := db.Pieces(ctx, first.ID); err != nil || !slices.EqualFunc(got, pieces("first", 4), bytes.Equal) {
		t.Errorf("%d pieces, %v", len(got), err)
	}
	must(db.Hurry(ctx, first.ID))
	must(db.Done(ctx, first.ID, Brought{keyOf("anna"), today + 7}, false))
	must(db.Done(ctx, first.ID, Brought{keyOf("anna"), today + 9}, false)) // as after a crash
	first.Hidden, first.Brought = false, []Brought{{keyOf("anna"), today + 7}}
	db.mustWait(t, first, second)
	must(db.Done(ctx, first.ID, Brought{keyOf("ben"), today + 8}, true))
	must(db.Withdraw(ctx, second.ID))
	first.Pieces, first.Brought = 0, append(first.Brought, Brought{keyOf("ben"), today + 8})
	second.Pieces = 0
	db.mustWait(t, first, second)
	for _, id := range []wire.Salt{first.ID, second.ID, nameOf("nothing")} {
		if err := db.Hurry(ctx, id); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("hurry what is not on its way: %v", err)
		}
		if err := db.Withdraw(ctx, id); !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("withdraw what is not on its way: %v", err)
		}
		if got, err := db.Pieces(ctx, id); err != nil || len(got) > 0 {
			t.Errorf("%d pieces of what is not on its way, %v", len(got), err)
		}
	}
	must(db.Expire(ctx, today+ToldFor))
	db.mustWait(t, first, second)
	must(db.Expire(ctx, today+ToldFor+1))
	db.mustWait(t, second)
}

// What nobody took for two weeks is not brought any more. A clock that was set back
// forgets nothing, and one that is near the beginning neither.
func TestExpire(t *testing.T) {
	ctx := t.Context()
	db := open(t, t.TempDir())
	r := response("one", today, true)
	if err := errors.Join(db.Give(ctx, r, pieces("one", 1)), db.Keep(ctx, fire, piece("kept"), today)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		now     wire.Minute
		brought int // pieces that are on their way
		kept    int
	}{
		{0, 1, 1}, {KeptFor - 1, 1, 1}, {today - 400*wire.Day, 1, 1},
		{today + BroughtFor, 1, 1}, {today + BroughtFor + 1, 0, 1}, {today, 0, 1},
		{today + KeptFor, 0, 1}, {today + KeptFor + 1, 0, 0},
	} {
		if err := db.Expire(ctx, c.now); err != nil {
			t.Fatal(err)
		}
		brought, err := db.Pieces(ctx, r.ID)
		kept, wrong := db.Kept(ctx, fire)
		if err != nil || wrong != nil || len(brought) != c.brought || len(kept) != c.kept {
			t.Errorf("at %d: %d on their way, %d kept, %v, %v", c.now, len(brought), len(kept), err, wrong)
		}
	}
}

// What is kept is whoever's it is, once, in an order that tells nothing, until it is
// taken; what is too much is refused, and what is here already is not too much.
func TestKept(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	db := open(t, dir)
	db.kept.own, db.kept.all = 3, 4
	var fires []wire.Hash
	for i, p := range pieces("fire", 3) {
		if err := errors.Join(db.Keep(ctx, fire, p, today+wire.Minute(i)), db.Keep(ctx, fire, p, today)); err != nil {
			t.Fatal(err)
		}
		fires = append(fires, sha256.Sum256(p))
	}
	slices.SortFunc(fires, wire.Compare)
	if err := db.Keep(ctx, fire, piece("more"), today); !errors.Is(err, nvr.ErrTooMany) {
		t.Errorf("a fourth for one: %v", err)
	}
	if err := db.Keep(ctx, police, piece("more"), today); err != nil {
		t.Errorf("one for another: %v", err)
	}
	if err := db.Keep(ctx, police, piece("much more"), today); !errors.Is(err, nvr.ErrTooMany) {
		t.Errorf("a fifth for all: %v", err)
	}
	if err := errors.Join(db.Keep(ctx, police, piece("more"), today), db.Keep(ctx, fire, piece("fire1"), today)); err != nil {
		t.Errorf("what is kept already: %v", err)
	}
	db.Close()

	db = open(t, dir)
	if db.kept.own != MaxKept || db.kept.all != MaxAll {
		t.Errorf("bounds are %+v", db.kept)
	}
	got, err := db.Kept(ctx, fire)
	if diff := cmp.Diff(fires, got); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	if b, err := db.Piece(ctx, fire, hashOfPiece("fire2")); err != nil || !bytes.Equal(b, piece("fire2")) {
		t.Errorf("a piece is another one, %v", err)
	}
	if _, err := db.Piece(ctx, police, hashOfPiece("fire2")); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("another one's piece: %v", err)
	}
	if err := errors.Join(db.Drop(ctx, police, hashOfPiece("fire2")), db.Drop(ctx, fire, hashOfPiece("fire1")), db.Drop(ctx, fire, hashOf("nothing"))); err != nil {
		t.Error(err)
	}
	left := slices.DeleteFunc(slices.Clone(fires), func(h wire.Hash) bool { return h == hashOfPiece("fire1") })
	if got, err := db.Kept(ctx, fire); err != nil || !slices.Equal(got, left) {
		t.Errorf("after one was taken: %v of %v, %v", got, left, err)
	}
	for _, drop := range left {
		if err := db.Drop(ctx, fire, drop); err != nil {
			t.Error(err)
		}
	}
	if askers, err := db.Askers(ctx); err != nil || !slices.Equal(askers, []wire.Key{police}) {
		t.Errorf("something is kept for %v, %v", askers, err)
	}
}

func hashOfPiece(name string) wire.Hash { return sha256.Sum256(piece(name)) }

// found tells in which files of a directory bytes stand.
func found(t *testing.T, dir string, what []byte) (in []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, what) {
			in = append(in, filepath.Base(f))
		}
	}
	return in
}

func sizeOf(t *testing.T, dir string) (all int64) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		i, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		all += i.Size()
	}
	return all
}

// What was taken back, left or too old is gone from the disk, and so is its space.
func TestGone(t *testing.T) {
	const few = 200 << 10 // bytes that are there in any case
	for name, end := range map[string]func(*DB) error{
		"withdrawn": func(db *DB) error { return db.Withdraw(t.Context(), nameOf("one")) },
		"left":      func(db *DB) error { return db.Forget(t.Context(), elm, nil) },
		"too old":   func(db *DB) error { return db.Expire(t.Context(), today+BroughtFor+1) },
		"with two homes": func(db *DB) error {
			return errors.Join(db.Done(t.Context(), nameOf("one"), Brought{Node: keyOf("anna")}, true), db.Expire(t.Context(), today))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			db := open(t, dir)
			if err := db.Give(t.Context(), response("one", today, true), pieces("one", 4)); err != nil {
				t.Fatal(err)
			}
			bit := piece("one2")[1000:1032]
			if len(found(t, dir, bit)) == 0 || sizeOf(t, dir) < 4*wire.PieceLen {
				t.Fatal("it is nowhere")
			}
			if err := end(db); err != nil {
				t.Fatal(err)
			}
			if in := found(t, dir, bit); len(in) > 0 {
				t.Errorf("it is still in %v", in)
			}
			if all := sizeOf(t, dir); all > few {
				t.Errorf("it still takes %d bytes", all)
			}
		})
	}
}

// Who leaves a neighborhood forgets what was answered there, and what was kept for
// others than those for whom the home keeps elsewhere; all else stays.
func TestForget(t *testing.T) {
	ctx := t.Context()
	db := open(t, t.TempDir())
	here, there := response("here", today, true), response("there", today, true)
	there.Neighborhood = oak
	err := errors.Join(db.Give(ctx, here, pieces("here", 1)), db.Done(ctx, here.ID, Brought{Node: keyOf("anna")}, false), db.Give(ctx, there, pieces("there", 1)),
		db.Keep(ctx, fire, piece("kept"), today), db.Keep(ctx, police, piece("kept"), today))
	if err != nil {
		t.Fatal(err)
	}
	before := db.Slots(elm, 20_000)
	if err := db.Forget(ctx, elm, []wire.Key{police, keyOf("ben")}); err != nil {
		t.Fatal(err)
	}
	db.mustWait(t)
	if all, err := db.Waiting(ctx, oak); err != nil || len(all) != 1 || all[0].Pieces != 1 {
		t.Errorf("elsewhere %+v wait, %v", all, err)
	}
	if askers, err := db.Askers(ctx); err != nil || !slices.Equal(askers, []wire.Key{police}) {
		t.Errorf("something is kept for %v, %v", askers, err)
	}
	if !slices.Equal(before, db.Slots(elm, 20_000)) {
		t.Error("slots are other ones")
	}
}

// What a full disk has no room for is refused, whole, and all else stays.
func TestDiskFull(t *testing.T) {
	const inside = "STOOP_TEST_SMALL_MAIL"
	mount := os.Getenv(inside)
	if mount == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDiskFull$", "-test.v")
		cmd.Env = append(os.Environ(), inside+"="+t.TempDir())
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("PASS: TestDiskFull")) {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	if err := unix.Mount("tmpfs", mount, "tmpfs", 0, "size=16m"); err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(mount, "filler")
	if err := os.WriteFile(filler, make([]byte, 10<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, db := t.Context(), open(t, mount)
	if err := errors.Join(db.Give(ctx, response("one", today, true), pieces("one", 4)), db.Keep(ctx, fire, piece("kept"), today)); err != nil {
		t.Fatal(err)
	}
	check := func(when string) {
		t.Helper()
		all, err := db.Waiting(ctx, elm)
		if err != nil || len(all) != 1 || all[0].Pieces != 4 {
			t.Errorf("%s %+v wait, %v", when, all, err)
		}
		if got, err := db.Pieces(ctx, nameOf("one")); err != nil || !slices.EqualFunc(got, pieces("one", 4), bytes.Equal) {
			t.Errorf("%s there are %d pieces, %v", when, len(got), err)
		}
		if b, err := db.Piece(ctx, fire, hashOfPiece("kept")); err != nil || !bytes.Equal(b, piece("kept")) {
			t.Errorf("%s the piece that is kept is %d bytes, %v", when, len(b), err)
		}
	}
	if err := db.Give(ctx, response("two", today, true), pieces("two", 65)); err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("more than there is room for: %v", err)
	}
	check("when the disk is full")
	for n := 0; ; n++ {
		if err := db.Keep(ctx, police, piece(fmt.Sprint(n)), today); err != nil {
			if errors.Is(err, nvr.ErrTooMany) || n == 0 {
				t.Errorf("%d are kept, then %v", n, err)
			}
			break
		}
	}
	check("when nothing more is kept")
	db.Close()
	db = open(t, mount)
	check("after a restart")
	_ = db.Forget(ctx, oak, []wire.Key{fire}) // the space comes back when there is room to move what is left
	if askers, err := db.Askers(ctx); err != nil || !slices.Equal(askers, []wire.Key{fire}) {
		t.Errorf("on a full disk nothing is deleted: %v, %v", askers, err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := db.Expire(ctx, today); err != nil {
		t.Error(err)
	}
	if all := sizeOf(t, mount); all > 6*wire.PieceLen {
		t.Errorf("five pieces take %d bytes", all)
	}
	if err := db.Keep(ctx, police, piece("again"), today); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
	check("when there is room again")
}

// What was confirmed is there after the program was killed, and nothing is there by half.
func TestKilled(t *testing.T) {
	const inside = "STOOP_TEST_MAIL"
	if dir := os.Getenv(inside); dir != "" {
		db := open(t, dir)
		all, err := db.Waiting(t.Context(), elm)
		for _, r := range all {
			if r.Pieces > 0 { // the one that was killed was about to
				err = errors.Join(err, db.Withdraw(t.Context(), r.ID))
			}
		}
		for i := len(all); err == nil; i++ {
			if err = db.Give(t.Context(), response(fmt.Sprint(i), today+wire.Minute(i), true), pieces(fmt.Sprint(i), 4)); err == nil {
				fmt.Println("gave", i)
			}
			if i > len(all) && err == nil {
				err = db.Withdraw(t.Context(), nameOf(fmt.Sprint(i-1)))
			}
		}
		t.Fatal(err)
	}
	dir := t.TempDir()
	slots := open(t, dir).Slots(elm, 20_000)
	for round := range 2 {
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
		for range 4 + 3*round {
			if _, err := fmt.Fscanf(out, "gave %d\n", &last); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := fmt.Fscanf(out, "gave %d\n", &last); err != nil {
				break
			}
		}
		_ = cmd.Wait() // it was killed
		db := open(t, dir)
		all, err := db.Waiting(t.Context(), elm)
		if err != nil || len(all) <= last || last < 0 {
			t.Fatalf("%d wait of %d, %v", len(all), last+1, err)
		}
		for i, r := range all {
			if r.Pieces != 4 && r.Pieces != 0 || r.Pieces == 0 && i > last || i < last-1 && r.Pieces != 0 {
				t.Errorf("%d of %d has %d pieces", i, last, r.Pieces)
			}
		}
		if !slices.Equal(slots, db.Slots(elm, 20_000)) {
			t.Error("parcels go at other times after a restart")
		}
		db.Close()
	}
}
