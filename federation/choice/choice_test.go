package choice

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

func open(t testing.TB, dir string) *Choices {
	t.Helper()
	c := New(dir)
	t.Cleanup(func() { c.Close() })
	return c
}

func hashOf(name string) wire.Hash { return sha256.Sum256([]byte(name)) }

func cell(row, col uint32) wire.Cell { return wire.Cell{Row: row, Col: col} }

// everything is all that can be asked.
type everything struct {
	Coverage Coverage
	OptOuts  OptOuts
	Aside    map[wire.Hash]bool
	Ledger   []Handed
}

func (c *Choices) everything(t testing.TB) (all everything) {
	t.Helper()
	var errs [4]error
	all.Coverage, errs[0] = c.Coverage(t.Context())
	all.OptOuts, errs[1] = c.OptOuts(t.Context())
	all.Aside, errs[2] = c.Aside(t.Context())
	all.Ledger, errs[3] = c.Ledger(t.Context())
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return all
}

func noFile(t *testing.T, dir, when string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%s there are files: %v, %v", when, left, err)
	}
}

var nothing = everything{Coverage: Coverage{}, OptOuts: OptOuts{}, Aside: map[wire.Hash]bool{}}

// A home that never decided anything has no file, whatever is asked, and whatever
// it takes back.
func TestNeverDecided(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	c := open(t, dir)
	if diff := cmp.Diff(nothing, c.everything(t)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := errors.Join(c.Reset(ctx), c.PutAside(ctx, hashOf("r"), false), c.OptOut(ctx, OptOut{Scope: EveryRequest}, false), c.Cover(ctx, 1, nil), c.Strike(ctx, wire.Salt{1})); err != nil {
		t.Error(err)
	}
	if err := c.Brought(ctx, wire.Salt{1}, Sponsor{}); !errors.Is(err, nvr.ErrNotFound) {
		t.Error(err)
	}
	for _, o := range []OptOut{{}, {Scope: 6}, {Scope: OfAgency}, {Scope: EveryRequest, Agency: wire.Key{1}}, {Scope: OfIncident}, {Scope: Bulletins, Agency: wire.Key{1}, Incident: 1}, {Scope: OfNeighbors, Incident: 1}} {
		if err := c.OptOut(ctx, o, true); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%v: %v", o, err)
		}
	}
	if err := c.Cover(ctx, 1, make([]wire.Cell, MaxCells+1)); !errors.Is(err, nvr.ErrInvalid) {
		t.Error(err)
	}
	noFile(t, dir, "before anything was decided")

	// What another process decides is seen.
	if err := open(t, dir).PutAside(ctx, hashOf("r"), true); err != nil {
		t.Fatal(err)
	}
	if got := c.everything(t); !got.Aside[hashOf("r")] {
		t.Error("what another process wrote is not seen")
	}
}

// A file that is broken is told by what is asked, and nothing takes its place.
func TestBroken(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "choices.db"), bytes.Repeat([]byte("no database "), 100), 0o600))
	c := open(t, dir)
	if _, err := c.Ledger(t.Context()); err == nil {
		t.Error("a broken ledger is an empty one")
	}
	if err := c.PutAside(t.Context(), hashOf("r"), true); err == nil {
		t.Error("something was written into a broken file")
	}
	if b, err := os.ReadFile(filepath.Join(dir, "choices.db")); err != nil || !bytes.HasPrefix(b, []byte("no database")) {
		t.Errorf("it holds %.20q, %v", b, err)
	}
}

func TestCover(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	c := open(t, dir)
	check := func(want Coverage) {
		t.Helper()
		got, err := c.Coverage(ctx)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
	}
	must(t, c.Cover(ctx, 2, []wire.Cell{cell(9, 1), cell(5, 7), cell(5, 3), cell(5, 7)}), c.Cover(ctx, 1, []wire.Cell{cell(89_999, 179_999), cell(0, 0)}))
	check(Coverage{1: {cell(0, 0), cell(89_999, 179_999)}, 2: {cell(5, 3), cell(5, 7), cell(9, 1)}})
	must(t, c.Cover(ctx, 2, []wire.Cell{cell(6, 6)}))
	check(Coverage{1: {cell(0, 0), cell(89_999, 179_999)}, 2: {cell(6, 6)}})
	for _, bad := range []wire.Cell{cell(90_000, 0), cell(0, 180_000)} {
		if err := c.Cover(ctx, 2, []wire.Cell{cell(1, 1), bad}); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if err := c.Cover(ctx, 0, []wire.Cell{cell(1, 1)}); !errors.Is(err, nvr.ErrInvalid) {
		t.Error("no camera:", err)
	}
	must(t, c.Cover(ctx, 1, nil))
	check(Coverage{2: {cell(6, 6)}})
	must(t, c.Close())
	c = open(t, dir)
	check(Coverage{2: {cell(6, 6)}})
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// TestOptOuts has each opt out with what it holds back, and nothing else.
func TestOptOuts(t *testing.T) {
	police, fire := wire.Key{1}, wire.Key{2}
	type want struct{ theft, crash, others, neighbors, lost, bulletins bool }
	for _, tt := range []struct {
		out  OptOut
		want want // of a theft and a crash that the police ask about, a theft that the fire brigade does; of a neighbor's theft and lost person; of bulletins of the police
	}{
		{OptOut{Scope: EveryRequest}, want{true, true, true, true, true, false}},
		{OptOut{Scope: OfAgency, Agency: police}, want{true, true, false, false, false, false}},
		{OptOut{Scope: OfIncident, Incident: wire.IncidentTheft}, want{true, false, true, true, false, false}},
		{OptOut{Scope: OfNeighbors}, want{false, false, false, true, true, false}},
		{OptOut{Scope: Bulletins, Agency: police}, want{false, false, false, false, false, true}},
		{OptOut{Scope: Bulletins, Agency: fire}, want{}},
	} {
		t.Run(fmt.Sprint(tt.out.Scope, tt.out.Agency[0]), func(t *testing.T) {
			c := open(t, t.TempDir())
			got := func() want {
				all, err := c.OptOuts(t.Context())
				must(t, err)
				return want{all.Request(police, wire.IncidentTheft), all.Request(police, wire.IncidentTraffic), all.Request(fire, wire.IncidentTheft),
					all.Neighbors(wire.IncidentTheft), all.Neighbors(wire.IncidentMissing), all.Bulletins(police)}
			}
			must(t, c.OptOut(t.Context(), tt.out, true), c.OptOut(t.Context(), tt.out, true))
			if got := got(); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
			must(t, c.OptOut(t.Context(), tt.out, false))
			if got := got(); got != (want{}) {
				t.Errorf("taken back: %+v", got)
			}
			must(t, c.OptOut(t.Context(), tt.out, true), c.PutAside(t.Context(), hashOf("r"), true), c.Reset(t.Context()))
			if diff := cmp.Diff(nothing, c.everything(t)); diff != "" {
				t.Errorf("reset, -want +got:\n%s", diff)
			}
		})
	}
}

func TestSetOptOuts(t *testing.T) {
	ctx, c := t.Context(), open(t, t.TempDir())
	must(t, c.OptOut(ctx, OptOut{Scope: OfNeighbors}, true))
	want := OptOuts{{Scope: EveryRequest}: true, {Scope: Bulletins, Agency: wire.Key{1}}: true}
	must(t, c.SetOptOuts(ctx, OptOuts{{Scope: EveryRequest}: true, {Scope: Bulletins, Agency: wire.Key{1}}: true, {Scope: OfNeighbors}: false}))
	if err := c.SetOptOuts(ctx, OptOuts{{Scope: OfAgency}: true}); !errors.Is(err, nvr.ErrInvalid) {
		t.Error(err)
	}
	got, err := c.OptOuts(ctx)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}

func TestPutAside(t *testing.T) {
	ctx := t.Context()
	c := open(t, t.TempDir())
	must(t, c.PutAside(ctx, hashOf("a"), true), c.PutAside(ctx, hashOf("b"), true), c.PutAside(ctx, hashOf("b"), true), c.PutAside(ctx, hashOf("a"), false))
	got, err := c.Aside(ctx)
	if diff := cmp.Diff(map[wire.Hash]bool{hashOf("b"): true}, got); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}

// handed is an entry of the ledger with so many files.
func handed(n byte, files int) Handed {
	h := Handed{
		ID: wire.Salt{n}, Request: hashOf(fmt.Sprint("request ", n)), Neighborhood: hashOf("elm street"), Agency: wire.Key{7}, Title: "Fire Brigade",
		Case: fmt.Sprint("F-", n), Incident: wire.IncidentFire, Words: fmt.Sprint("words of ", n), At: 1000 + wire.Minute(n/2), Until: 2000,
	}
	for i := range files {
		name := fmt.Sprint("clip ", n, " ", i)
		h.Files = append(h.Files, File{Name: name, Type: "video/mp4", SHA256: hashOf(name), Bytes: int64(1000 + i), Camera: 3, CameraName: "Porch", Span: nvr.Span{From: 60e6, To: 70e6}})
	}
	return h
}

func TestLedger(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	c := open(t, dir)
	first, second, words := handed(2, 2), handed(9, 1), handed(3, 0)
	must(t, c.HandOver(ctx, first), c.HandOver(ctx, second), c.HandOver(ctx, words))
	if err := c.HandOver(ctx, first); !errors.Is(err, nvr.ErrExists) {
		t.Errorf("once more: %v", err)
	}
	for what, spoil := range map[string]func(*Handed){
		"kept no longer than it takes": func(h *Handed) { h.Until = h.At },
		"no title":                     func(h *Handed) { h.Title = "" },
		"long words":                   func(h *Handed) { h.Words = strings.Repeat("x", 1001) },
		"an empty file":                func(h *Handed) { h.Files[1].Bytes = 0 },
		"17 files":                     func(h *Handed) { h.Files = handed(20, 17).Files },
	} {
		h := handed(20, 2)
		spoil(&h)
		if err := c.HandOver(ctx, h); !errors.Is(err, nvr.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	anna, ben := Sponsor{Key: wire.Key{1}, Name: "Anna"}, Sponsor{Key: wire.Key{2}, Name: "Ben"}
	had := func(s Sponsor, at wire.Minute) Sponsor { s.Had = at; return s }
	must(t, c.Brought(ctx, first.ID, ben), c.Brought(ctx, first.ID, anna), c.Brought(ctx, first.ID, had(anna, 1010)),
		c.Brought(ctx, first.ID, had(anna, 1005)), c.Brought(ctx, first.ID, had(anna, 1020)), c.Brought(ctx, first.ID, anna), c.Brought(ctx, words.ID, had(ben, 1)))
	if err := c.Brought(ctx, wire.Salt{77}, anna); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("brought of what is not in it: %v", err)
	}
	first.Sponsors, words.Sponsors = []Sponsor{had(anna, 1005), ben}, []Sponsor{had(ben, 1)}
	must(t, c.Close())
	c = open(t, dir)
	check := func(want ...Handed) {
		t.Helper()
		got, err := c.Ledger(ctx)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
	}
	check(second, first, words)

	// Nothing in it is changed, by whatever means; it goes as a whole, and is gone.
	for _, change := range []string{`UPDATE handed SET until_minute = 9999`, `UPDATE handed_file SET bytes = 1`} {
		if _, err := c.db.Reader().ExecContext(ctx, `PRAGMA query_only(0)`); err != nil {
			t.Fatal(err)
		}
		if _, err := c.db.Reader().ExecContext(ctx, change); err == nil || !strings.Contains(err.Error(), "the ledger is not changed") {
			t.Errorf("%s: %v", change, err)
		}
	}
	if len(found(t, dir, "words of 2")) == 0 {
		t.Error("it is nowhere before")
	}
	must(t, c.Strike(ctx, first.ID))
	if in := slices.Concat(found(t, dir, "words of 2"), found(t, dir, "clip 2")); len(in) > 0 {
		t.Errorf("what was deleted still stands in %v", in)
	}
	check(second, words)
	if err := c.Brought(ctx, first.ID, anna); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("brought of what was deleted: %v", err)
	}
}

// found tells in which files of a directory a text stands.
func found(t *testing.T, dir, what string) (in []string) {
	t.Helper()
	files, err := filepath.Glob(dir + "/*")
	must(t, err)
	for _, file := range files {
		b, err := os.ReadFile(file)
		must(t, err)
		if bytes.Contains(b, []byte(what)) {
			in = append(in, filepath.Base(file))
		}
	}
	return in
}

// What can be asked is the same in whatever order it was decided.
func TestOrder(t *testing.T) {
	ctx := t.Context()
	anna, ben := Sponsor{Key: wire.Key{1}, Name: "Anna"}, Sponsor{Key: wire.Key{2}, Name: "Ben"}
	later := anna
	later.Had = 1010
	decisions := []func(*Choices) error{
		func(c *Choices) error { return c.Cover(ctx, 1, []wire.Cell{cell(2, 2), cell(1, 1)}) },
		func(c *Choices) error { return c.Cover(ctx, 2, []wire.Cell{cell(1, 1)}) },
		func(c *Choices) error { return c.OptOut(ctx, OptOut{Scope: OfNeighbors}, true) },
		func(c *Choices) error { return c.OptOut(ctx, OptOut{Scope: OfAgency, Agency: wire.Key{9}}, true) },
		func(c *Choices) error { return c.OptOut(ctx, OptOut{Scope: OfAgency, Agency: wire.Key{5}}, true) },
		func(c *Choices) error { return c.PutAside(ctx, hashOf("a"), true) },
		func(c *Choices) error { return c.PutAside(ctx, hashOf("b"), true) },
		func(c *Choices) error { return c.HandOver(ctx, handed(2, 2)) }, // the same minute as the next
		func(c *Choices) error { return c.HandOver(ctx, handed(3, 1)) },
		func(c *Choices) error { return c.HandOver(ctx, handed(8, 1)) },
	}
	brought := []func(*Choices) error{ // each after the entry that it is of
		func(c *Choices) error { return c.Brought(ctx, handed(2, 0).ID, anna) },
		func(c *Choices) error { return c.Brought(ctx, handed(2, 0).ID, later) },
		func(c *Choices) error { return c.Brought(ctx, handed(2, 0).ID, ben) },
		func(c *Choices) error { return c.Brought(ctx, handed(8, 0).ID, ben) },
	}
	var want everything
	for round := range 12 {
		r := rand.New(rand.NewPCG(uint64(round), 1))
		c := open(t, t.TempDir())
		for _, some := range [][]func(*Choices) error{decisions, brought} {
			r.Shuffle(len(some), func(i, k int) { some[i], some[k] = some[k], some[i] })
			for _, decide := range some {
				must(t, decide(c))
			}
		}
		got := c.everything(t)
		if round == 0 {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("order shows, -first +round %d:\n%s", round, diff)
		}
		must(t, c.Close())
	}
}

// Whoever is killed has on disk what was confirmed.
func TestKilled(t *testing.T) {
	const inside = "STOOP_TEST_CHOICES"
	if dir := os.Getenv(inside); dir != "" {
		c := open(t, dir)
		for i := byte(0); ; i++ {
			must(t, c.HandOver(t.Context(), handed(i, 2)))
			fmt.Println("handed", i)
		}
	}
	dir, last := t.TempDir(), -1
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), inside+"="+dir)
	out, err := cmd.StdoutPipe()
	must(t, err, cmd.Start())
	for last < 20 {
		if _, err := fmt.Fscanf(out, "handed %d\n", &last); err != nil {
			t.Fatal(err)
		}
	}
	must(t, cmd.Process.Kill())
	for err == nil {
		_, err = fmt.Fscanf(out, "handed %d\n", &last)
	}
	_ = cmd.Wait() // it was killed
	all, err := open(t, dir).Ledger(t.Context())
	must(t, err)
	for i := range last + 1 {
		if !slices.ContainsFunc(all, func(h Handed) bool { return cmp.Equal(h, handed(byte(i), 2)) }) {
			t.Errorf("entry %d was confirmed and is not there", i)
		}
	}
}

// A full disk refuses what is new, in words, and loses nothing that was confirmed.
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
	must(t, unix.Mount("tmpfs", mount, "tmpfs", 0, "size=512k"))
	c, saved := open(t, mount), byte(0)
	var failed error
	for ; failed == nil; saved++ {
		h := handed(saved, 2)
		h.Words = strings.Repeat("x", 1000)
		failed = c.HandOver(t.Context(), h)
	}
	if saved--; saved < 5 || !strings.Contains(failed.Error(), "full") {
		t.Fatalf("after %d entries: %v", saved, failed)
	}
	must(t, c.Close())
	all, err := open(t, mount).Ledger(t.Context())
	if err != nil || len(all) != int(saved) {
		t.Errorf("%d entries of %d that were confirmed: %v", len(all), saved, err)
	}
}
