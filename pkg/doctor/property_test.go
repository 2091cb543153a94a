package doctor

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/pkg/catalog"
	"nvrd/pkg/footage"
	"nvrd/pkg/nvr"
)

// injury does one kind of damage to a segment that nothing else was done to,
// and returns what a check has to find: kind and path or stream.
type injury func(t *testing.T, h *home, r *rand.Rand, s nvr.Segment) []string

func found(kind Kind, s nvr.Segment) string {
	return fmt.Sprint(kind, " ", footage.Path(s.Stream, s.Span.From))
}

var injuries = map[string]injury{
	"file removed": func(t *testing.T, h *home, r *rand.Rand, s nvr.Segment) []string {
		must(t, os.Remove(h.file(s)))
		return []string{found(MissingFile, s)}
	},
	"file truncated": func(t *testing.T, h *home, r *rand.Rand, s nvr.Segment) []string {
		at := r.Int64N(s.Bytes)
		must(t, os.Truncate(h.file(s), at))
		if at < firstEnd(t, h, s) {
			return []string{found(UnreadableFile, s)}
		}
		return []string{found(ShortFile, s)}
	},
	"header overwritten": func(t *testing.T, h *home, r *rand.Rand, s nvr.Segment) []string {
		overwrite(t, h.file(s), r.Int64N(20), 100, r)
		return []string{found(UnreadableFile, s)}
	},
	"movie fragment overwritten": func(t *testing.T, h *home, r *rand.Rand, s nvr.Segment) []string {
		i := r.IntN(len(s.Fragments))
		overwrite(t, h.file(s), s.Fragments[i].Offset, 60, r)
		if i == 0 {
			return []string{found(UnreadableFile, s)}
		}
		return []string{found(ShortFile, s)}
	},
	"media overwritten": func(t *testing.T, h *home, r *rand.Rand, s nvr.Segment) []string {
		f := s.Fragments[r.IntN(len(s.Fragments))]
		overwrite(t, h.file(s), f.Offset+f.Bytes-200, 1+r.IntN(190), r) // the last of its pictures
		return []string{found(DamagedMedia, s)}
	},
	"row lost": func(t *testing.T, h *home, r *rand.Rand, s nvr.Segment) []string {
		h.update(t, func(tx catalog.Tx) error { return tx.DropSegment(s.Stream, s.Span.From) })
		return []string{found(UnlistedFile, s), fmt.Sprint(Hole, " ", s.Stream, " ", s.Span)}
	},
	"file in another's place": func(t *testing.T, h *home, r *rand.Rand, s nvr.Segment) []string {
		moved := s
		moved.Span.From += 1 + nvr.Time(r.IntN(1000))
		must(t, os.Rename(h.file(s), h.file(moved)))
		return []string{found(MissingFile, s), found(UnlistedFile, moved)}
	},
	"entry changed": func(t *testing.T, h *home, r *rand.Rand, s nvr.Segment) []string {
		i := r.IntN(len(s.Fragments))
		s.Fragments[i].Key = !s.Fragments[i].Key
		h.update(t, func(tx catalog.Tx) error { return tx.PutSegment(s) })
		return []string{found(WrongIndex, s)}
	},
	"entry missing": func(t *testing.T, h *home, r *rand.Rand, s nvr.Segment) []string {
		s.Fragments = s.Fragments[:len(s.Fragments)-1]
		h.update(t, func(tx catalog.Tx) error { return tx.PutSegment(s) })
		return []string{found(WrongIndex, s)}
	},
	"another run": func(t *testing.T, h *home, r *rand.Rand, s nvr.Segment) []string {
		s.Run--
		h.update(t, func(tx catalog.Tx) error { return tx.PutSegment(s) })
		return []string{found(WrongIndex, s)}
	},
	"not settled": func(t *testing.T, h *home, r *rand.Rand, s nvr.Segment) []string {
		s.Sealed = false
		h.update(t, func(tx catalog.Tx) error { return tx.PutSegment(s) })
		return []string{found(Unsettled, s)}
	},
	"removal interrupted": func(t *testing.T, h *home, r *rand.Rand, s nvr.Segment) []string {
		h.update(t, func(tx catalog.Tx) error {
			gone, err := tx.Condemn([]catalog.Kept{{ID: s.ID}}, 0)
			if len(gone) != 1 {
				t.Errorf("condemned %v", gone)
			}
			return err
		})
		if r.IntN(2) == 0 {
			must(t, os.Remove(h.file(s)))
		}
		return []string{found(Garbage, s)}
	},
	"foreign file": func(t *testing.T, h *home, r *rand.Rand, s nvr.Segment) []string {
		path := footage.Path(s.Stream, s.Span.From) + ".old"
		must(t, os.WriteFile(h.file(s)+".old", fmt.Append(nil, "foreign ", s.ID), 0o600))
		return []string{fmt.Sprint(ForeignFile, " ", path)}
	},
}

// firstEnd returns where the first movie fragment of a file ends.
func firstEnd(t *testing.T, h *home, s nvr.Segment) int64 {
	t.Helper()
	b, err := os.ReadFile(h.file(s))
	must(t, err)
	at := s.HeaderBytes
	for range 3 { // prft, moof, mdat
		at += int64(b[at])<<24 | int64(b[at+1])<<16 | int64(b[at+2])<<8 | int64(b[at+3])
	}
	return at
}

func overwrite(t *testing.T, path string, at int64, n int, r *rand.Rand) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(1 + r.IntN(255))
	}
	_, err = f.WriteAt(b, at)
	must(t, err)
	must(t, f.Close())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *home) update(t *testing.T, f func(catalog.Tx) error) {
	t.Helper()
	must(t, h.Catalog.Update(t.Context(), f))
}

// summary is what was found, as injuries say it.
func summary(r Report) []string {
	var all []string
	for _, f := range r.Findings {
		if f.Path != "" {
			all = append(all, fmt.Sprint(f.Kind, " ", f.Path))
		} else {
			all = append(all, fmt.Sprint(f.Kind, " ", f.Stream, " ", f.Span))
		}
	}
	slices.Sort(all)
	return all
}

// evidence returns the checksums of all footage, quarantine included. An index
// behind it is none: a repair may take one away that is wrong.
func (h *home) evidence(t *testing.T) map[[32]byte]string {
	t.Helper()
	sums := map[[32]byte]string{}
	must(t, filepath.WalkDir(filepath.Join(h.path, "footage"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if n := len(b); n > 8 && b[n-4] == 0 { // its last four bytes are its size
			size := int(binary.BigEndian.Uint32(b[n-4:]))
			if size > 8 && size < n && string(b[n-size+4:n-size+8]) == "uuid" {
				b = b[:n-size]
			}
		}
		sums[sha256.Sum256(b)] = path
		return err
	}))
	return sums
}

// TestCheckFindsWhatWasDone damages homes at random. A check finds exactly
// that, a repair mends all that can be and destroys nothing, and a catalog made
// from the files that are left says the same as the repaired one.
func TestCheckFindsWhatWasDone(t *testing.T) {
	kinds := slices.Sorted(maps.Keys(injuries))
	const each = 3 // kinds that a round has for sure
	for seed := range uint64(len(kinds)+each-1) / each {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			h, r := recorded(t), rand.New(rand.NewPCG(seed, 7))
			var all []nvr.Segment
			for _, id := range []nvr.StreamID{porch, small, gate} {
				all = append(all, segments(t, h.Catalog, id)...)
			}
			r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			var want, story []string
			removing := map[string]bool{}
			for i := range each + r.IntN(len(all)/2) {
				kind := kinds[r.IntN(len(kinds))]
				if i < each {
					kind = kinds[(int(seed)*each+i)%len(kinds)]
				}
				s := all[i]
				removing[h.file(s)] = kind == "removal interrupted"
				want = append(want, injuries[kind](t, h, r, s)...)
				story = append(story, kind+" "+footage.Path(s.Stream, s.Span.From))
			}
			slices.Sort(want)
			before := h.evidence(t)
			report := h.check(t, Hash)
			if diff := cmp.Diff(joinHoles(want), joinHoles(summary(report))); diff != "" {
				t.Fatalf("after %q a check finds (-want +got):\n%s", story, diff)
			}
			must(t, h.Repair(t.Context(), &report))
			for _, f := range report.Findings {
				if f.Repaired != (f.Kind != DamagedMedia) {
					t.Errorf("not as it should be: %+v", f)
				}
			}
			left := h.check(t, Hash)
			for _, f := range left.Findings {
				if f.Kind != DamagedMedia {
					t.Errorf("after %q and a repair there is %+v", story, f)
				}
			}
			after := h.evidence(t)
			for sum, path := range before {
				if after[sum] == "" && !removing[path] {
					t.Errorf("%s was destroyed", path)
				}
			}
			h.compareRebuilt(t)
		})
	}
}

// joinHoles leaves out where holes are: adjoining ones are found as one.
func joinHoles(all []string) []string {
	var kept []string
	for _, s := range all {
		if strings.HasPrefix(s, string(Hole)) {
			s = strings.Join(strings.Fields(s)[:2], " ")
		}
		kept = append(kept, s)
	}
	return slices.Compact(kept)
}
