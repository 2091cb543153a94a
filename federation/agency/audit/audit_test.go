package audit_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"nvrd/federation/agency/audit"
	"nvrd/federation/request"
	"nvrd/federation/request/tlog"
	"nvrd/federation/wire"
	"nvrd/pkg/nvr"
)

const today = wire.Minute(29_700_000)

func private(name string) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte(name[:1]), ed25519.SeedSize))
}

var police = wire.PublicKey(private("police"))

func square(lat, lon, side int32) []wire.Point {
	return []wire.Point{{Lat: lat, Lon: lon}, {Lat: lat, Lon: lon + side}, {Lat: lat + side, Lon: lon + side}, {Lat: lat + side, Lon: lon}}
}

func asks(n int, change func(*wire.Request)) wire.Request {
	r := wire.Request{
		Head: wire.AgencyHead{Agency: police, Minute: today + wire.Minute(n)}, Case: fmt.Sprint("26-", n), Incident: wire.IncidentTheft, From: today - 120, To: today - 60,
		Area: square(40_700_000, -73_990_000, 5_000), Text: "A bicycle was taken.", Contact: "Desk 4", Expires: today + wire.Minute(n) + wire.Day,
	}
	if change != nil {
		change(&r)
	}
	return r
}

func sign(t testing.TB, b wire.Body) wire.Signed {
	t.Helper()
	s, err := wire.Sign(b, private("police"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// files are those of a log in memory.
type files map[string][]byte

func (f files) Read(path string, most int64) ([]byte, error) {
	b, ok := f[path]
	switch {
	case !ok:
		return nil, fs.ErrNotExist
	case int64(len(b)) > most:
		return nil, nvr.ErrTooLarge
	}
	return b, nil
}

// logOf is what an agency writes that published this.
func logOf(t testing.TB, published ...wire.Body) (files, tlog.Tree) {
	t.Helper()
	card := sign(t, wire.Agency{Key: police, Minute: today, Title: "Police", Class: wire.ClassPolice, Contact: "Desk", Policy: "Deleted after 30 days.", Jurisdiction: square(40_600_000, -74_000_000, 300_000)})
	f := files{".well-known/stoop-agency": []byte(wire.AgencyText(card) + "\n")}
	var ids []wire.Hash
	for _, b := range published {
		s := sign(t, b)
		ids = append(ids, s.ID)
		f["text/"+s.ID.String()] = s.Raw
	}
	tree := tlog.Tree{}.Append(ids...)
	for tile := range tlog.Published(0, tree.Size()) {
		if tile.Level == tlog.Entries {
			f[tile.Path()] = tlog.Bundle(ids[tile.First() : tile.First()+int64(tile.Width)])
			continue
		}
		b, err := tree.Tile(tile)
		if err != nil {
			t.Fatal(err)
		}
		f[tile.Path()] = b
	}
	f["checkpoint"] = tlog.Sign(tree, private("police"))
	return f, tree
}

// street is a log of some hundred entries, several tiles long.
func street(t testing.TB) files {
	t.Helper()
	var all []wire.Body
	for n := range 260 {
		all = append(all, asks(n*1440, nil))
	}
	f, _ := logOf(t, all...)
	return f
}

func archive(t testing.TB, f files) []byte {
	t.Helper()
	var b bytes.Buffer
	err := audit.Write(&b, func(yield func(string, []byte) bool) {
		for _, path := range slices.Sorted(maps.Keys(f)) {
			if !yield(path, f[path]) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The same is found wherever a log lies.
func TestCheck(t *testing.T) {
	f := street(t)
	dir := t.TempDir()
	for path, b := range f {
		at := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	d, err := audit.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	a, err := audit.OpenArchive(archive(t, f))
	if err != nil {
		t.Fatal(err)
	}
	for what, from := range map[string]audit.Files{"memory": f, "a directory": d, "an archive": a, "the web": audit.NewWeb(t.Context(), server.URL+"/")} {
		r, err := audit.Check(from)
		if err != nil || !r.OK() || r.Entries != 260 || r.Withheld != 0 || r.Says.Title != "Police" || r.Says.Key != police || r.Cosigners != 0 {
			t.Errorf("%s: %+v (%v)", what, r, err)
		}
	}
	if _, err := audit.Check(files{}); !errors.Is(err, nvr.ErrNotFound) {
		t.Errorf("nothing: %v", err)
	}
	empty, _ := logOf(t)
	if r, err := audit.Check(empty); err != nil || r.Entries != 0 {
		t.Errorf("a log without entries: %+v (%v)", r, err)
	}
}

// What is wrong with an agency is told, and is no damage.
func TestFindings(t *testing.T) {
	f, _ := logOf(t, asks(0, nil), asks(1, func(r *wire.Request) { r.From = r.To - 5 }), asks(2, func(r *wire.Request) { r.Area = square(40_700_000, -73_990_000, 1_000) }), asks(3, nil), asks(4, nil))
	delete(f, "text/"+sign(t, asks(3, nil)).ID.String())
	for n := range 3 {
		note, err := tlog.Cosign(f["checkpoint"], police, private(fmt.Sprint(n)), today)
		if err == nil {
			note, err = tlog.Merge(f["checkpoint"], note, police, func(wire.Key) bool { return true })
		}
		if err != nil {
			t.Fatal(err)
		}
		f["checkpoint"] = note
	}
	r, err := audit.Check(f)
	if err != nil {
		t.Fatal(err)
	}
	if r.OK() || r.Entries != 5 || r.Withheld != 1 || r.Cosigners != 3 || r.Fraud || len(r.Broken) != 2 ||
		r.Broken[0].Number != 1 || r.Broken[0].Verdict != request.ShortWindow || r.Broken[1].Number != 2 || r.Broken[1].Verdict != request.BadArea || r.Broken[1].Why == nil {
		t.Errorf("found is %+v", r)
	}
}

// Two logs are proven beside one of them.
func TestFraud(t *testing.T) {
	f, tree := logOf(t, asks(0, nil), asks(1, nil))
	_, other := logOf(t, asks(0, nil), asks(2, nil))
	proof, ok := tlog.Split(tlog.Sign(tree, private("police")), tlog.Sign(other, private("police")), police, other)
	if !ok {
		t.Fatal("no proof")
	}
	f[audit.FraudPath] = proof.Bytes()
	if r, err := audit.Check(f); err != nil || !r.Fraud || r.OK() {
		t.Errorf("two logs: %+v (%v)", r, err)
	}
}

// Whatever is changed of a file is found, and the message says in which.
func TestTampered(t *testing.T) {
	whole := street(t)
	text := "text/" + sign(t, asks(7*1440, nil)).ID.String()
	_, other := logOf(t, asks(0, nil))
	for _, c := range []struct {
		what   string
		change func(files)
		says   string
	}{
		{"no checkpoint", func(f files) { delete(f, "checkpoint") }, "checkpoint: "},
		{"no tile", func(f files) { delete(f, "tile/0/000") }, "tile/0/000: "},
		{"no entries", func(f files) { delete(f, "tile/entries/000") }, "tile/entries/000: "},
		{"a text of another entry", func(f files) { f[text] = f["text/"+sign(t, asks(0, nil)).ID.String()] }, text + ": "},
		{"a text cut short", func(f files) { f[text] = f[text][:90] }, text + ": "},
		{"a text with more behind it", func(f files) { f[text] = append(slices.Clone(f[text]), make([]byte, 9_000)...) }, text + ": "},
		{"the checkpoint of another log", func(f files) { f["checkpoint"] = tlog.Sign(other, private("police")) }, "tile/"},
		{"a checkpoint of another agency", func(f files) { f["checkpoint"] = tlog.Sign(other, private("eve")) }, "checkpoint: "},
		{"an entry swapped", func(f files) {
			b := slices.Clone(f["tile/entries/000"])
			copy(b, f["tile/entries/000"][34:68])
			f["tile/entries/000"] = b
		}, "tile/0/000: "},
		{"an entry swapped in both", func(f files) {
			b := slices.Clone(f["tile/entries/000"])
			copy(b, f["tile/entries/000"][34:68])
			f["tile/entries/000"] = b
			var ids []wire.Hash
			for _, path := range []string{"tile/entries/000", "tile/entries/001.p/4"} {
				tile, _ := tlog.ParseTile(path)
				some, err := tlog.ParseBundle(f[path], tile)
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, some...)
			}
			tree := tlog.Tree{}.Append(ids...)
			for tile := range tlog.Published(0, tree.Size()) {
				if tile.Level >= 0 {
					f[tile.Path()], _ = tree.Tile(tile)
				}
			}
		}, "checkpoint: "},
		{"a card of another", func(f files) {
			s, err := wire.Sign(wire.Agency{Key: wire.PublicKey(private("eve")), Title: "Police", Class: wire.ClassPolice, Contact: "Desk", Policy: "None.", Jurisdiction: square(40_600_000, -74_000_000, 300_000)}, private("eve"))
			if err != nil {
				t.Fatal(err)
			}
			f[".well-known/stoop-agency"] = []byte(wire.AgencyText(s) + "\n")
		}, "checkpoint: "},
		{"a card with words around", func(f files) {
			f[".well-known/stoop-agency"] = append([]byte("Look: "), f[".well-known/stoop-agency"]...)
		}, ".well-known/stoop-agency: "},
		{"a proof of fraud that proves nothing", func(f files) { f[audit.FraudPath] = []byte("stoop/1 fraud\n") }, "fraud: "},
		{"a proof of fraud of another agency", func(f files) {
			one, two := tlog.Tree{}.Append(wire.Hash{1}), tlog.Tree{}.Append(wire.Hash{2})
			proof, ok := tlog.Split(tlog.Sign(one, private("eve")), tlog.Sign(two, private("eve")), wire.PublicKey(private("eve")), two)
			if !ok {
				t.Fatal("no proof")
			}
			f[audit.FraudPath] = proof.Bytes()
		}, "fraud: "},
	} {
		f := maps.Clone(whole)
		c.change(f)
		if _, err := audit.Check(f); !errors.Is(err, nvr.ErrDamaged) || !strings.HasPrefix(err.Error(), c.says) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	// Any bit of any kind of file.
	for _, path := range []string{"checkpoint", "tile/0/000", "tile/0/001.p/4", "tile/1/000.p/1", "tile/entries/000", text, ".well-known/stoop-agency"} {
		for _, at := range []int{0, 1, len(whole[path]) / 3, len(whole[path]) / 2, len(whole[path]) - 1} {
			f := maps.Clone(whole)
			f[path] = slices.Clone(f[path])
			f[path][at] ^= 1
			if _, err := audit.Check(f); !errors.Is(err, nvr.ErrDamaged) {
				t.Errorf("byte %d of %s: %v", at, path, err)
			}
		}
	}
}

// Whatever is changed of an archive is found.
func TestTamperedArchive(t *testing.T) {
	f, _ := logOf(t, asks(0, nil), asks(1, nil))
	whole := archive(t, f)
	check := func(b []byte) error {
		a, err := audit.OpenArchive(b)
		if err == nil {
			_, err = audit.Check(a)
		}
		return err
	}
	if err := check(whole); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(whole); at += 5 {
		b := slices.Clone(whole)
		b[at] ^= 1
		if err := check(b); !errors.Is(err, nvr.ErrDamaged) && !errors.Is(err, nvr.ErrNotFound) {
			t.Fatalf("byte %d: %v", at, err)
		}
	}
	for what, b := range map[string][]byte{
		"a byte less": whole[:len(whole)-1], "a byte more": append(slices.Clone(whole), 0), "half": whole[:len(whole)/2], "nothing": nil, "zeros": make([]byte, 1024),
		"something else in it": archive(t, func() files { g := maps.Clone(f); g["text/more"] = []byte("x"); return g }()),
	} {
		if err := check(b); !errors.Is(err, nvr.ErrDamaged) && !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// An archive that says that it holds more than it does takes no memory.
func TestSparseArchive(t *testing.T) {
	dir := t.TempDir()
	for n := range 200 {
		f, err := os.Create(filepath.Join(dir, fmt.Sprint(n)))
		if err == nil {
			err = errors.Join(f.Truncate(100_000), f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b, err := exec.CommandContext(t.Context(), "tar", "--sparse", "-C", dir, "-c", ".").Output()
	if err != nil || len(b) < 100_000 || len(b) > 2_000_000 {
		t.Fatalf("%d bytes (%v)", len(b), err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := audit.OpenArchive(b); !errors.Is(err, nvr.ErrDamaged) {
		t.Error(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 2<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
}

func FuzzArchive(f *testing.F) {
	log, _ := logOf(f, asks(0, nil), asks(1, nil))
	f.Add(archive(f, log))
	delete(log, "checkpoint")
	f.Add(archive(f, log))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := audit.OpenArchive(b)
		if err != nil {
			return
		}
		if _, err := audit.Check(a); err != nil && !errors.Is(err, nvr.ErrDamaged) && !errors.Is(err, nvr.ErrNotFound) {
			t.Errorf("%v", err)
		}
	})
}
