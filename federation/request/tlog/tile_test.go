package tlog

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/federation/wire"
)

// paths is which tile each path names; of the zero one, none.
var paths = map[string]Tile{
	"tile/0/000":                   {0, 0, 256},
	"tile/0/999":                   {0, 999, 256},
	"tile/0/x001/000":              {0, 1000, 256},
	"tile/0/x001/x234/067":         {0, 1234067, 256},
	"tile/0/x016/x777/215":         {0, 1<<24 - 1, 256},
	"tile/0/x016/x777/216":         {},
	"tile/0/x016/x777/216.p/1":     {},
	"tile/1/x065/535":              {1, 1<<16 - 1, 256},
	"tile/1/x065/536":              {},
	"tile/3/000":                   {3, 0, 256},
	"tile/3/001":                   {},
	"tile/4/000.p/1":               {4, 0, 1},
	"tile/4/000.p/2":               {},
	"tile/4/000":                   {},
	"tile/5/000.p/1":               {},
	"tile/63/000.p/1":              {},
	"tile/2305843009213693952/000": {}, // eight times that is 0 in 64 bits
	"tile/1152921504606846976/000": {}, // and that below it
	"tile/64/000":                  {},
	"tile/2/001.p/1":               {2, 1, 1},
	"tile/2/001.p/255":             {2, 1, 255},
	"tile/2/001.p/256":             {},
	"tile/2/001.p/0":               {},
	"tile/2/001.p/007":             {},
	"tile/2/001.p/+7":              {},
	"tile/2/001.p/-7":              {},
	"tile/2/001.p/":                {},
	"tile/2/001.p":                 {},
	"tile/2/001.p/7/":              {},
	"tile/2/001.p/7.p/7":           {},
	"tile/entries/000":             {Entries, 0, 256},
	"tile/entries/x001/234.p/7":    {Entries, 1234, 7},
	"tile/-1/000":                  {},
	"tile/+1/000":                  {},
	"tile/01/000":                  {},
	"tile/x/000":                   {},
	"tile//000":                    {},
	"tile/0/0":                     {},
	"tile/0/00":                    {},
	"tile/0/0000":                  {},
	"tile/0/":                      {},
	"tile/0":                       {},
	"tile/0/-01":                   {},
	"tile/0/x000/001":              {},
	"tile/0/001/002":               {},
	"tile/0/x001":                  {},
	"tile/0/X001/002":              {},
	"tile/0/x001/x002":             {},
	"tile/0/1234":                  {},
	"tile/8/0/000":                 {},
	"tile/data/000":                {},
	"tile/entries":                 {},
	"/tile/0/000":                  {},
	"tile/0/000 ":                  {},
	"tile/0/../000":                {},
	"tile/0/٠٠٠":                   {},
	"checkpoint":                   {},
	"":                             {},
	"tile/0/x999/x999/x999/x999/x999/x999/99": {},
}

func TestTilePath(t *testing.T) {
	for path, want := range paths {
		got, err := ParseTile(path)
		if got != want || (err == nil) != (want != Tile{}) || err != nil && !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%q is %+v, %v, want %+v", path, got, err, want)
		}
		if want != (Tile{}) && want.Path() != path {
			t.Errorf("%+v lies at %s, want %s", want, want.Path(), path)
		}
	}
}

func FuzzTilePath(f *testing.F) {
	for path := range paths {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		tile, err := ParseTile(path)
		if err == nil && (tile.Path() != path || tile.First() < 0 || tile.First() >= MaxSize) {
			t.Errorf("%q is %+v, which lies at %s", path, tile, tile.Path())
		}
	})
}

// TestPublished has a log grow in all ways: after each step there is every tile
// that a log of that size has, and nothing is written twice.
func TestPublished(t *testing.T) {
	sizes := []int64{0, 1, 2, 255, 256, 257, 300, 511, 512, 513, 65535, 65536, 65537, 70000}
	for i, from := range sizes {
		for _, to := range sizes[i:] {
			there := map[Tile]bool{}
			for tile := range Published(0, from) {
				there[tile] = true
			}
			for tile := range Published(from, to) {
				if there[tile] {
					t.Errorf("from %d to %d: %s is written twice", from, to, tile.Path())
				}
				there[tile] = true
			}
			for tile := range Published(0, to) {
				if !there[tile] {
					t.Errorf("from %d to %d: %s is not written", from, to, tile.Path())
				}
			}
		}
	}
	for range Published(0, MaxSize) {
		break // it is not made before it is asked for
	}
	last := Tile{}
	for tile := range Published(MaxSize-1, MaxSize) {
		if last = tile; !tile.valid() {
			t.Errorf("%+v is no tile", tile)
		}
	}
	if want := (Tile{Entries, 1<<24 - 1, 256}); last != want {
		t.Errorf("the last is %+v, want %+v", last, want)
	}
}

// TestTiles compares the content with the definition of tlog-tiles.
func TestTiles(t *testing.T) {
	const size = 70_000
	ids := entries(size)
	tree := Tree{}.Append(ids...)
	for tile := range Published(0, size) {
		if tile.Level == Entries || tile.Level == 0 && tile.Index%90 > 0 {
			continue
		}
		b, err := tree.Tile(tile)
		if err != nil {
			t.Fatal(tile.Path(), err)
		}
		hashes, err := ParseHashes(b, tile)
		if err != nil || len(hashes) != tile.Width {
			t.Fatal(tile.Path(), len(hashes), err)
		}
		wide := int64(1) << (8 * tile.Level)
		for i, h := range hashes {
			if first := tile.First() + int64(i)*wide; h != mth(ids[first:first+wide]) {
				t.Fatalf("%s has another hash of %d entries from %d on", tile.Path(), wide, first)
			}
		}
	}
	for _, tile := range []Tile{{0, 273, 113}, {0, 274, 1}, {1, 1, 18}, {2, 0, 2}, {3, 0, 1}, {Entries, 0, 256}, {0, 0, 0}, {0, 0, 257}, {0, -1, 256}, {63, 0, 1}, {0, 1 << 62, 256}} {
		if _, err := tree.Tile(tile); err == nil {
			t.Errorf("a log of %d entries has a tile %+v", size, tile)
		}
	}
}

func TestBundle(t *testing.T) {
	ids := entries(256)
	good := Bundle(ids[:7])
	tile := Tile{Entries, 1, 7}
	if got, err := ParseBundle(good, tile); err != nil || !slices.Equal(got, ids[:7]) || len(good) != 7*34 {
		t.Errorf("%d bytes, %v", len(good), err)
	}
	if got, err := ParseBundle(Bundle(ids), Tile{Entries, 0, 256}); err != nil || !slices.Equal(got, ids) {
		t.Error("a full bundle:", err)
	}
	length := bytes.Clone(good)
	length[34+1] = 31
	for name, b := range map[string][]byte{
		"empty": nil, "cut": good[:len(good)-1], "one more": Bundle(ids[:8]), "one less": Bundle(ids[:6]), "another length": length,
		"a byte more": append(bytes.Clone(good), 0), "hashes": bytes.Repeat([]byte{1}, 7*32),
	} {
		if _, err := ParseBundle(b, tile); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, width := range []int{-1, 0, 257, 1 << 30} {
		if _, err := ParseBundle(nil, Tile{Entries, 0, width}); err == nil {
			t.Errorf("a bundle of %d entries", width)
		}
		if _, err := ParseHashes(nil, Tile{0, 0, width}); err == nil {
			t.Errorf("a tile of %d hashes", width)
		}
	}
}

// TestPoll is the story of a static server and of somebody who reads there now
// and then: it fetches only what is new, and believes only what was signed.
func TestPoll(t *testing.T) {
	files := map[string][]byte{}
	publish := func(ids []wire.Hash, from int) {
		tree := Tree{}.Append(ids...)
		for tile := range Published(int64(from), int64(len(ids))) {
			if tile.Level == Entries {
				files[tile.Path()] = Bundle(ids[tile.First() : tile.First()+int64(tile.Width)])
			} else if files[tile.Path()], _ = tree.Tile(tile); files[tile.Path()] == nil {
				t.Fatal("the tree lacks", tile.Path())
			}
		}
		files[CheckpointPath] = Sign(tree, agencyKey)
	}
	var known []wire.Hash
	tree := Tree{}
	poll := func() (fetched []string) {
		c, err := Open(files[CheckpointPath], agency)
		if err != nil {
			t.Fatal(err)
		}
		grown, ids := tree, known
		for tile := range Bundles(tree.Size(), c.Size) {
			fetched = append(fetched, tile.Path())
			bundle, err := ParseBundle(files[tile.Path()], tile)
			if err != nil {
				t.Fatal(err)
			}
			fresh := bundle[max(0, grown.Size()-tile.First()):]
			grown, ids = grown.Append(fresh...), append(ids, fresh...)
		}
		if grown.Head() == c.Head {
			tree, known = grown, ids
		}
		return fetched
	}
	ids := entries(1300)
	at := 0
	for _, step := range []struct {
		size int
		want string
	}{
		{0, ""},
		{7, "tile/entries/000.p/7"},
		{7, ""},
		{300, "tile/entries/000 tile/entries/001.p/44"},
		{512, "tile/entries/001"},
		{1300, "tile/entries/002 tile/entries/003 tile/entries/004 tile/entries/005.p/20"},
	} {
		publish(ids[:step.size], at)
		at = step.size
		if diff := cmp.Diff(step.want, strings.Join(poll(), " ")); diff != "" {
			t.Errorf("%d entries: fetched (-want +got):\n%s", step.size, diff)
		}
		if !slices.Equal(known, ids[:step.size]) || tree.Root() != mth(known) {
			t.Fatalf("%d entries: %d are known", step.size, len(known))
		}
	}
	files["tile/entries/005.p/21"] = Bundle(append(slices.Clone(ids[1280:]), wire.Hash{1}))
	files[CheckpointPath] = Sign(tree.Append(wire.Hash{2}), agencyKey)
	if poll(); len(known) != 1300 {
		t.Error("an entry counts that is not what was signed")
	}
}
