package tlog

import (
	"encoding/binary"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"nvrd/federation/wire"
)

// CheckpointPath is where a log's latest checkpoint lies, beside its tiles.
const CheckpointPath = "checkpoint"

// TileWidth is how many hashes, or entries, a full tile has.
const TileWidth = 256

// Entries is the level of bundles of entries, which lie beside the tiles of
// hashes of levels 0 to maxLevel.
const (
	Entries  = -1
	maxLevel = 4 // which has the root of MaxSize entries
)

// Tile names a file of a log: hashes of subtrees that are 256^Level entries wide,
// or a bundle of entries. A tile that is not full is written anew as another
// file when the log grows.
type Tile struct {
	Level int   // 0 to 4, or Entries
	Index int64 // among the tiles of its level
	Width int   // how many hashes or entries, 1 to TileWidth
}

// First returns the index of the first entry that the tile covers.
func (t Tile) First() int64 { return t.Index * TileWidth << t.shift() }

// shift is the binary logarithm of how many entries stand behind each element.
func (t Tile) shift() int { return 8 * max(t.Level, 0) }

func (t Tile) valid() bool {
	return Entries <= t.Level && t.Level <= maxLevel && 1 <= t.Width && t.Width <= TileWidth &&
		0 <= t.Index && t.Index < MaxSize && t.Index*TileWidth+int64(t.Width) <= MaxSize>>t.shift()
}

// Path returns where the file lies, below the address of the log (C2SP
// tlog-tiles), such as tile/0/x001/234.p/7.
func (t Tile) Path() string {
	level := "entries"
	if t.Level != Entries {
		level = strconv.Itoa(t.Level)
	}
	index := fmt.Sprintf("%03d", t.Index%1000)
	for n := t.Index / 1000; n > 0; n /= 1000 {
		index = fmt.Sprintf("x%03d/%s", n%1000, index)
	}
	path := "tile/" + level + "/" + index
	if t.Width != TileWidth {
		path += ".p/" + strconv.Itoa(t.Width)
	}
	return path
}

// ParseTile reads a path. There is one for each tile, and it refuses any other,
// and tiles that no log of at most [MaxSize] entries has.
func ParseTile(path string) (Tile, error) {
	refuse := fmt.Errorf("%w: not the path of a tile", wire.ErrMalformed)
	if len(path) > len("tile/entries/x000/x000/x000/000.p/255") {
		return Tile{}, refuse
	}
	whole, width, partial := strings.Cut(path, ".p/")
	level, index, _ := strings.Cut(strings.TrimPrefix(whole, "tile/"), "/")
	t := Tile{Level: Entries, Width: TileWidth}
	var errs [3]error
	if level != "entries" {
		t.Level, errs[0] = strconv.Atoi(level)
	}
	t.Index, errs[1] = strconv.ParseInt(strings.NewReplacer("/", "", "x", "").Replace(index), 10, 64)
	if partial {
		t.Width, errs[2] = strconv.Atoi(width)
	}
	if errs != [3]error{} || !t.valid() || t.Path() != path {
		return Tile{}, refuse
	}
	return t, nil
}

// Published yields the files that a log writes when it grows from one size to
// another, before it shows the checkpoint of that: tiles of hashes from level 0
// up, then bundles. A tile that is not full may be deleted once the full one is
// there, not when it is a little wider: checkpoints of its size are about.
func Published(from, to int64) iter.Seq[Tile] {
	return func(yield func(Tile) bool) {
		for level := range maxLevel + 1 {
			for t := range grown(level, from>>(8*level), to>>(8*level)) {
				if !yield(t) {
					return
				}
			}
		}
		Bundles(from, to)(yield)
	}
}

// Bundles yields the files from which somebody who has the first from entries
// learns the others up to size to, which a checkpoint told. The first may begin
// with entries that are known, see [Tile.First]. Where one that is not full is
// gone, the full one is there.
func Bundles(from, to int64) iter.Seq[Tile] { return grown(Entries, from, to) }

// grown yields the tiles of a level whose elements became more.
func grown(level int, from, to int64) iter.Seq[Tile] {
	return func(yield func(Tile) bool) {
		if from >= to {
			return
		}
		for first := from - from%TileWidth; first < to; first += TileWidth {
			if !yield(Tile{Level: level, Index: first / TileWidth, Width: int(min(TileWidth, to-first))}) {
				return
			}
		}
	}
}

// Tile returns the content of a tile of hashes: 32 bytes for each.
func (t Tree) Tile(tile Tile) ([]byte, error) {
	if !tile.valid() || tile.Level == Entries || (tile.Index*TileWidth+int64(tile.Width))<<tile.shift() > t.size {
		return nil, fmt.Errorf("%w: a log of %d entries has no %s", wire.ErrRange, t.size, tile.Path())
	}
	var b []byte
	for i := range int64(tile.Width) {
		b = append(b, t.hashes[tlog.StoredHashIndex(tile.shift(), tile.Index*TileWidth+i)][:]...)
	}
	return b, nil
}

// ParseHashes reads the content of a tile of hashes.
func ParseHashes(b []byte, tile Tile) ([]wire.Hash, error) {
	return elements(b, tile, nil)
}

// prefix is the length of an entry, which is the id of an object, in its bundle.
var prefix = binary.BigEndian.AppendUint16(nil, uint16(len(wire.Hash{})))

// Bundle returns the content of a bundle of entries: each 32 bytes, after their
// length in two bytes. There are at most [TileWidth].
func Bundle(ids []wire.Hash) []byte {
	var b []byte
	for _, id := range ids {
		b = append(append(b, prefix...), id[:]...)
	}
	return b
}

// ParseBundle reads the content of a bundle of entries.
func ParseBundle(b []byte, tile Tile) ([]wire.Hash, error) {
	return elements(b, tile, prefix)
}

// elements reads as many hashes as a tile has, each behind the same bytes.
func elements(b []byte, tile Tile, before []byte) ([]wire.Hash, error) {
	each := len(before) + len(wire.Hash{})
	if tile.Width < 1 || tile.Width > TileWidth || len(b) != tile.Width*each {
		return nil, fmt.Errorf("%w: %s of %d bytes", wire.ErrMalformed, tile.Path(), len(b))
	}
	hashes := make([]wire.Hash, tile.Width)
	for i := range hashes {
		element := b[i*each : (i+1)*each]
		if string(element[:len(before)]) != string(before) {
			return nil, fmt.Errorf("%w: %s has an entry that is no id", wire.ErrMalformed, tile.Path())
		}
		hashes[i] = wire.Hash(element[len(before):])
	}
	return hashes, nil
}
