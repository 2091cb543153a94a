package tlog

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"nvrd/federation/wire"
)

// mth is the definition of RFC 6962, section 2.1, as it stands there.
func mth(ids []wire.Hash) wire.Hash {
	switch n := len(ids); n {
	case 0:
		return emptyRoot
	case 1:
		return wire.Hash(tlog.RecordHash(ids[0][:]))
	default:
		k := 1
		for 2*k < n {
			k *= 2
		}
		return wire.Hash(tlog.NodeHash(tlog.Hash(mth(ids[:k])), tlog.Hash(mth(ids[k:]))))
	}
}

// TestTree compares every size with the definition: grown one by one, in a
// batch, and cut out of a larger tree.
func TestTree(t *testing.T) {
	const most = 300
	ids := entries(most)
	whole, steps := grow(most), Tree{}
	for n := range most + 1 {
		want := mth(ids[:n])
		for how, tree := range map[string]Tree{"in steps": steps, "at once": grow(n), "cut": whole.At(int64(n))} {
			if tree.Root() != want || tree.Size() != int64(n) {
				t.Fatalf("%d entries, %s: root %v of %d, want %v", n, how, tree.Root(), tree.Size(), want)
			}
		}
		if n < most {
			steps = steps.Append(ids[n])
		}
	}
}

// TestTreeIsAValue lets several trees grow out of one, at once.
func TestTreeIsAValue(t *testing.T) {
	ids := entries(100)
	base := Tree{}.Append(ids[:30]...).Append(ids[30:37]...) // which leaves room behind
	check := func(what string, tree Tree, ids []wire.Hash) {
		for n := range int64(len(ids) + 1) {
			if tree.At(n).Root() != mth(ids[:n]) {
				t.Errorf("%s has another root of %d entries", what, n)
			}
		}
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			mine := append(slices.Clone(ids[:37]), ids[37+i:37+2*i+5]...)
			tree := base
			for _, id := range mine[37:] {
				tree = tree.Append(id)
			}
			grown := tree.At(20).Append(ids[50:60]...)
			check("a branch", tree, mine)
			check("what grew out of its beginning", grown, slices.Concat(ids[:20], ids[50:60]))
		})
	}
	wg.Wait()
	check("what others grew out of", base, ids[:37])
}

func TestProofs(t *testing.T) {
	const most = 40
	whole, ids := grow(most), entries(most)
	for size := range int64(most + 1) {
		tree := whole.At(size)
		for from := range size + 1 {
			proof, err := tree.ProveConsistency(from)
			if err != nil || CheckConsistency(whole.At(from).Head(), tree.Head(), proof) != nil {
				t.Fatalf("from %d to %d: %v", from, size, err)
			}
			bad := whole.At(from).Head()
			if bad.Root[0] ^= 1; CheckConsistency(bad, tree.Head(), proof) == nil {
				t.Errorf("from %d to %d: another root passes", from, size)
			}
			if CheckConsistency(whole.At(from).Head(), tree.Head(), append(proof, wire.Hash{})) == nil {
				t.Errorf("from %d to %d: a longer proof passes", from, size)
			}
		}
		for i := range size {
			proof, err := tree.ProveInclusion(i)
			if err != nil || CheckInclusion(tree.Head(), i, ids[i], proof) != nil {
				t.Fatalf("entry %d of %d: %v", i, size, err)
			}
			if CheckInclusion(tree.Head(), i, ids[(i+1)%most], proof) == nil || CheckInclusion(tree.Head(), i+1, ids[i], proof) == nil {
				t.Errorf("entry %d of %d: passes as another", i, size)
			}
		}
	}
}

// TestProofsOfNothing tells what is out of bounds, and that none of it panics.
func TestProofsOfNothing(t *testing.T) {
	tree := grow(7)
	for name, err := range map[string]error{
		"many hashes":           kind(CheckConsistency(tree.Head(), tree.Head(), make([]wire.Hash, 34)), wire.ErrTooLarge),
		"many to an entry":      kind(CheckInclusion(tree.Head(), 1, wire.Hash{}, make([]wire.Hash, 34)), wire.ErrTooLarge),
		"before the beginning":  second(tree.ProveConsistency(-1)),
		"after the end":         second(tree.ProveConsistency(8)),
		"no entry":              second(tree.ProveInclusion(7)),
		"an entry before":       second(tree.ProveInclusion(-1)),
		"nothing in nothing":    second(Tree{}.ProveInclusion(0)),
		"newer before older":    CheckConsistency(tree.Head(), grow(6).Head(), nil),
		"a size below 0":        CheckConsistency(Head{Size: -1}, tree.Head(), nil),
		"a size above all":      CheckConsistency(tree.Head(), Head{Size: MaxSize + 1}, nil),
		"an empty log's root":   CheckConsistency(Head{}, tree.Head(), nil),
		"a proof of nothing":    CheckConsistency(Tree{}.Head(), tree.Head(), make([]wire.Hash, 1)),
		"34 hashes":             CheckConsistency(tree.Head(), Head{Size: MaxSize}, make([]wire.Hash, 34)),
		"a wrong proof":         CheckConsistency(tree.Head(), Head{Size: MaxSize}, make([]wire.Hash, 33)),
		"34 hashes to an entry": CheckInclusion(Head{Size: MaxSize}, 0, wire.Hash{}, make([]wire.Hash, 34)),
		"an entry of nothing":   CheckInclusion(Tree{}.Head(), 0, wire.Hash{}, nil),
		"an entry below 0":      CheckInclusion(tree.Head(), -1, wire.Hash{}, nil),
		"a head that is none":   CheckInclusion(Head{Size: -1}, 0, wire.Hash{}, nil),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, size := range []int64{-1, 8} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a tree of 7 was one of %d", size)
				}
			}()
			tree.At(size)
		}()
	}
}

func second[T any](_ T, err error) error { return err }

// kind returns err if it is one of that kind.
func kind(err, want error) error {
	if errors.Is(err, want) {
		return err
	}
	return nil
}

// TestProofLength compares the limit with the longest proofs there are.
func TestProofLength(t *testing.T) {
	for level := 1; level <= 11; level++ {
		tree, longest := grow(1<<level), 0
		for from := range tree.Size() {
			proof, _ := tree.ProveConsistency(from)
			longest = max(longest, len(proof))
		}
		if most := maxProof - 32 + level; longest > most || level > 1 && longest < most {
			t.Errorf("%d entries: a proof of %d hashes, at most %d were foreseen", tree.Size(), longest, most)
		}
	}
}

// BenchmarkRoot computes the root of a whole log, as a home does that starts.
func BenchmarkRoot(b *testing.B) {
	ids := entries(3000)
	for b.Loop() {
		Tree{}.Append(ids...).Root()
	}
}

// BenchmarkAppend adds an entry to a log of 3,000, and computes the root.
func BenchmarkAppend(b *testing.B) {
	tree := grow(3000)
	id := entries(1)
	b.ReportAllocs()
	for b.Loop() {
		if tree = tree.Append(id...); tree.Size() == 4000 {
			tree = grow(3000)
		}
		tree.Root()
	}
}
