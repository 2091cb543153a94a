package tlog

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/federation/wire"
)

// head is a head as the agency signs it.
func head(h Head) SignedHead { return headBy(agencyKey, h) }

func headBy(key ed25519.PrivateKey, h Head) SignedHead {
	text := Checkpoint{Agency: wire.PublicKey(key), Head: h}.text()
	return SignedHead{h, wire.Signature(ed25519.Sign(key, []byte(text)))}
}

// rewritten is a log of n entries whose entry i is another.
func rewritten(n, i int) []wire.Hash {
	ids := entries(n)
	ids[i][0] ^= 1
	return ids
}

// prove returns a proof that the tree holds.
func prove(t testing.TB, tree Tree, from int64) []wire.Hash {
	t.Helper()
	proof, err := tree.ProveConsistency(from)
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

// frauds are what convicts, or does not though it looks so. It seeds the fuzz
// test. The agency of what does not was honest, but where its name says that it
// was not.
func frauds(t testing.TB) (convict, acquit map[string]Fraud) {
	honest := grow(40)
	at := func(n int64) SignedHead { return head(honest.At(n).Head()) }
	root := func(n int64) wire.Hash { return honest.At(n).Root() }
	proof := func(from, to int64) []wire.Hash { return prove(t, honest.At(to), from) }
	lie := Tree{}.Append(rewritten(40, 2)...)
	lied := func(n int64) SignedHead { return head(lie.At(n).Head()) }

	split := Fraud{agency, at(5), lied(7), lie.At(5).Root(), prove(t, lie.At(7), 5)}
	low, high := at(7), lied(7)
	if wire.Compare(low.Root, high.Root) > 0 {
		low, high = high, low
	}
	same := Fraud{Agency: agency, Older: low, Newer: high, Root: high.Root}
	power := Fraud{agency, at(8), lied(16), lie.At(8).Root(), prove(t, lie.At(16), 8)}
	first := Fraud{agency, at(1), head(Tree{}.Append(rewritten(9, 0)...).Head()), Tree{}.Append(rewritten(1, 0)...).Root(), prove(t, Tree{}.Append(rewritten(9, 0)...), 1)}
	convict = map[string]Fraud{"two logs": split, "one size": same, "at powers of two": power, "at the first entry": first}

	change := func(f Fraud, how func(*Fraud)) Fraud {
		f.Proof = slices.Clone(f.Proof)
		how(&f)
		return f
	}
	acquit = map[string]Fraud{
		"nothing":                      {},
		"one head, twice":              {agency, at(7), at(7), root(7), nil},
		"one head, another root":       {agency, at(7), at(7), root(6), nil},
		"one head, a made up root":     {agency, at(7), at(7), wire.Hash{1}, nil},
		"one head, a proof":            {agency, at(7), at(7), wire.Hash{1}, []wire.Hash{root(7)}},
		"a log that grew":              {agency, at(5), at(7), root(5), proof(5, 7)},
		"that began":                   {agency, at(0), at(7), root(0), nil},
		"that began, another root":     {agency, at(0), at(7), wire.Hash{1}, nil},
		"no entries, twice":            {agency, at(0), at(0), wire.Hash{1}, nil},
		"no entries, another root":     {agency, head(Head{0, wire.Hash{1}}), at(0), emptyRoot, nil},
		"a made up root":               {agency, at(5), at(7), wire.Hash{1}, proof(5, 7)},
		"the root of another size":     {agency, at(5), at(7), root(6), proof(6, 7)},
		"that of the newer":            {agency, at(5), at(7), root(7), proof(5, 7)},
		"a root, no proof":             {agency, at(5), at(7), wire.Hash{1}, nil},
		"a power of two, no proof":     {agency, at(4), at(8), wire.Hash{1}, nil},
		"a power of two, another root": {agency, at(4), at(8), wire.Hash{1}, proof(4, 8)},
		"a proof to another size":      {agency, at(5), at(7), root(5), proof(5, 8)},
		"a proof that fails":           {agency, at(5), at(7), root(5), proof(6, 7)},
		"another's branch, not signed": {agency, at(5), SignedHead{lie.At(7).Head(), at(7).Signature}, lie.At(5).Root(), prove(t, lie.At(7), 5)},
		"signed by another":            {agency, at(5), headBy(private("mallory"), lie.At(7).Head()), lie.At(5).Root(), prove(t, lie.At(7), 5)},
		"the older by another":         {agency, headBy(private("mallory"), lie.At(5).Head()), at(7), root(5), proof(5, 7)},
		"of two agencies":              {public("mallory"), at(5), headBy(private("mallory"), lie.At(7).Head()), lie.At(5).Root(), prove(t, lie.At(7), 5)},
		"signatures changed over":      {agency, SignedHead{lie.At(5).Head(), at(7).Signature}, SignedHead{at(7).Head, at(5).Signature}, root(5), proof(5, 7)},
		"by a weak key":                {wire.Key{1}, SignedHead{at(5).Head, wire.Signature{1}}, SignedHead{lie.At(7).Head(), wire.Signature{1}}, lie.At(5).Root(), prove(t, lie.At(7), 5)},
		"a cosigner's signature":       {public("anna"), head(at(5).Head), lied(7), lie.At(5).Root(), prove(t, lie.At(7), 5)},
		"as large as none":             {agency, at(5), head(Head{MaxSize + 1, root(7)}), lie.At(5).Root(), proof(5, 7)},
		"below zero":                   {agency, head(Head{-5, root(5)}), at(7), root(6), proof(5, 7)},

		// The agency showed two logs, but this does not prove it.
		"guilty: other way round":     change(split, func(f *Fraud) { f.Older, f.Newer = f.Newer, f.Older }),
		"guilty: one size, turned":    change(same, func(f *Fraud) { f.Older, f.Newer, f.Root = f.Newer, f.Older, f.Older.Root }),
		"guilty: one size, no root":   change(same, func(f *Fraud) { f.Root = wire.Hash{} }),
		"guilty: one size, a proof":   change(same, func(f *Fraud) { f.Proof = []wire.Hash{f.Root} }),
		"guilty: a cut proof":         change(split, func(f *Fraud) { f.Proof = f.Proof[:len(f.Proof)-1] }),
		"guilty: no proof":            change(split, func(f *Fraud) { f.Proof = nil }),
		"guilty: a longer proof":      change(split, func(f *Fraud) { f.Proof = append(f.Proof, wire.Hash{}) }),
		"guilty: doubled proof":       change(split, func(f *Fraud) { f.Proof = append(f.Proof, f.Proof...) }),
		"guilty: a proof of 34":       change(split, func(f *Fraud) { f.Proof = make([]wire.Hash, 34) }),
		"guilty: the other branch":    change(split, func(f *Fraud) { f.Root, f.Proof = root(5), proof(5, 7) }),
		"guilty: the older root":      change(split, func(f *Fraud) { f.Root = f.Older.Root }),
		"guilty: another agency":      change(split, func(f *Fraud) { f.Agency = public("mallory") }),
		"guilty: another older size":  change(split, func(f *Fraud) { f.Older.Size = 4 }),
		"guilty: another newer size":  change(split, func(f *Fraud) { f.Newer.Size = 8 }),
		"guilty: a signature changed": change(split, func(f *Fraud) { f.Older.Signature[9] ^= 1 }),
		"guilty: the other signature": change(split, func(f *Fraud) { f.Newer.Signature[9] ^= 1 }),
	}
	return convict, acquit
}

func TestFraud(t *testing.T) {
	convict, acquit := frauds(t)
	for name, f := range convict {
		if err := f.Verify(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got, err := OpenFraud(f.Bytes())
		if diff := cmp.Diff(f, got); diff != "" || err != nil {
			t.Errorf("%s, read: %v (-want +got):\n%s", name, err, diff)
		}
		older, newer := f.Notes()
		for _, n := range [][]byte{older, newer} {
			if c, err := Open(n, agency); err != nil || c.Head != f.Older.Head && c.Head != f.Newer.Head {
				t.Errorf("%s, as note: %+v, %v", name, c, err)
			}
		}
	}
	for name, f := range acquit {
		if f.Verify() == nil {
			t.Errorf("%s: convicted", name)
		}
		if _, err := OpenFraud(f.Bytes()); err == nil {
			t.Errorf("%s, read: convicted", name)
		}
	}
}

// TestFraudIsOneEncoding changes each bit and each length of what convicts.
func TestFraudIsOneEncoding(t *testing.T) {
	t.Parallel()
	convict, _ := frauds(t)
	for name, f := range convict {
		b := f.Bytes()
		for i := range len(b) * 8 {
			bad := bytes.Clone(b)
			bad[i/8] ^= 1 << (i % 8)
			if _, err := OpenFraud(bad); err == nil {
				t.Errorf("%s: bit %d of byte %d changed", name, i%8, i/8)
			}
		}
		for n := range len(b) {
			if _, err := OpenFraud(b[:n]); err == nil {
				t.Errorf("%s: cut after %d bytes", name, n)
			}
		}
		for _, more := range []int{1, 31, 32, 33, MaxFraud} {
			if _, err := OpenFraud(append(bytes.Clone(b), make([]byte, more)...)); err == nil {
				t.Errorf("%s: %d bytes more", name, more)
			}
		}
	}
	if _, err := OpenFraud(make([]byte, MaxFraud+1)); !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
}

// TestSplit says which pairs of notes give a proof.
func TestSplit(t *testing.T) {
	honest, lie := grow(40), Tree{}.Append(rewritten(40, 2)...)
	sign := func(tree Tree, n int64) []byte { return Sign(tree.At(n), agencyKey) }
	text := Checkpoint{Agency: agency, Head: honest.At(7).Head()}.text()
	for name, tt := range map[string]struct {
		a, b []byte
		tree Tree
		want bool
	}{
		"two logs":                         {sign(honest, 5), sign(lie, 7), lie, true},
		"the other way round":              {sign(lie, 7), sign(honest, 5), lie, true},
		"ours is the larger":               {sign(honest, 7), sign(lie, 5), honest, true},
		"of one size":                      {sign(honest, 7), sign(lie, 7), Tree{}, true},
		"with cosigners":                   {cosign(t, sign(honest, 5), "anna", "bob"), cosign(t, sign(lie, 7), "carl"), lie, true},
		"only the older's tree":            {sign(honest, 5), sign(lie, 7), honest, false},
		"no tree":                          {sign(honest, 5), sign(lie, 7), Tree{}, false},
		"a tree that is too short":         {sign(honest, 5), sign(lie, 7), lie.At(6), false},
		"before they part":                 {sign(honest, 2), sign(lie, 7), lie, false},
		"one log":                          {sign(honest, 5), sign(honest, 7), honest, false},
		"one log, the liar's tree":         {sign(honest, 5), sign(honest, 7), lie, false},
		"the same":                         {sign(honest, 7), sign(honest, 7), honest, false},
		"the same with others' lines":      {sign(honest, 7), cosign(t, sign(honest, 7), "anna"), honest, false},
		"from the beginning":               {sign(honest, 0), sign(lie, 7), lie, false},
		"other lines of extension":         {sign(honest, 7), signText(text + "more\n"), honest, false},
		"both of them":                     {signText(text + "less\n"), signText(text + "more\n"), honest, false},
		"another agency's":                 {sign(honest, 5), Sign(lie.At(7), private("mallory")), lie, false},
		"another's origin, ours the key":   {sign(honest, 7), signText(Checkpoint{Agency: public("mallory"), Head: lie.At(7).Head()}.text()), lie, false},
		"not signed":                       {sign(honest, 5), []byte(text + "\n"), honest, false},
		"nothing":                          {nil, nil, honest, false},
		"a root of 7 that no tree of 0 is": {signText(Checkpoint{Agency: agency, Head: Head{Root: honest.At(7).Root()}}.text()), sign(honest, 0), honest, false},
	} {
		t.Run(name, func(t *testing.T) {
			f, ok := Split(tt.a, tt.b, agency, tt.tree)
			if ok != tt.want || ok && f.Verify() != nil || !ok && f.Proof != nil {
				t.Errorf("proven: %v, want %v", ok, tt.want)
			}
		})
	}
}

// TestEverySplitViewIsProven has an agency rewrite, drop or insert an entry
// anywhere, or go on otherwise, and compares with the entries themselves.
func TestEverySplitViewIsProven(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	sizes := []int{1, 2, 3, 4, 5, 7, 8, 9, 12, 100, 333}
	proven := 0
	for _, size := range sizes {
		ids := entries(size)
		for i := range size {
			if size > 12 && random.IntN(size) > 12 {
				continue
			}
			strange := wire.Hash{byte(i), 1}
			for how, other := range map[string][]wire.Hash{
				"rewritten": slices.Concat(ids[:i], []wire.Hash{strange}, ids[i+1:]),
				"dropped":   slices.Concat(ids[:i], ids[i+1:]),
				"inserted":  slices.Concat(ids[:i], []wire.Hash{strange}, ids[i:]),
				"forked":    slices.Concat(ids[:i], []wire.Hash{strange, {2}, {3}, {4}}),
			} {
				a, b := Tree{}.Append(ids...), Tree{}.Append(other...)
				for range 5 {
					n, m := random.Int64N(a.Size()+1), random.Int64N(b.Size()+1)
					newer, short := a, min(n, m)
					if m > n {
						newer = b
					}
					want := !slices.Equal(ids[:short], other[:short])
					f, ok := Split(Sign(a.At(n), agencyKey), Sign(b.At(m), agencyKey), agency, newer)
					if ok != want {
						t.Fatalf("%d entries, %d %s, heads of %d and %d: proven %v, want %v", size, i, how, n, m, ok, want)
					}
					if !ok {
						continue
					}
					proven++
					if got, err := OpenFraud(f.Bytes()); err != nil || !cmp.Equal(got, f) {
						t.Fatalf("%d entries, %d %s: read as %+v, %v", size, i, how, got, err)
					}
				}
			}
		}
	}
	if proven < 300 {
		t.Errorf("only %d split views were made", proven)
	}
}

// worlds is how many honest agencies are accused. `make sim` tries 100,000.
var worlds = flag.Uint64("worlds", 2_000, "how many honest agencies are accused")

// TestHonestAgenciesAreNeverConvicted makes up accusations of honest
// agencies out of all that they signed and of anything else.
func TestHonestAgenciesAreNeverConvicted(t *testing.T) {
	t.Parallel()
	logs := int(*worlds)
	all := entries(24)
	random := rand.New(rand.NewPCG(5, 6))
	passed := 0 // accusations whose proof passes: only a signature, or an equal root, speaks for the agency
	for i := range logs {
		a := accuser{Rand: random, key: agencyKey} // none learns of another's log
		ids := slices.Clone(all[:1+random.IntN(len(all))])
		binary.BigEndian.PutUint64(ids[0][:], uint64(i))
		a.honest = Tree{}.Append(ids...)
		lied := random.IntN(len(ids))
		a.lie = a.honest.At(int64(lied)).Append(append([]wire.Hash{{1}}, ids[lied+1:]...)...)
		for range 2 {
			a.signed = append(a.signed, headBy(a.key, a.honest.At(random.Int64N(a.honest.Size()+1)).Head()))
		}
		for range 5 {
			f := a.accuse()
			if f.Verify() == nil {
				t.Fatalf("log %d: convicted by %+v", i, f)
			}
			if f.Older.Size > 0 && CheckConsistency(Head{f.Older.Size, f.Root}, f.Newer.Head, f.Proof) == nil {
				passed++
			}
		}
	}
	if passed < logs/2 {
		t.Errorf("only %d accusations have a proof that passes", passed)
	}
}

// accuser makes up accusations against an honest agency.
type accuser struct {
	*rand.Rand
	key         ed25519.PrivateKey
	honest, lie Tree
	signed      []SignedHead // all that the agency signed
}

func (a accuser) tree() Tree {
	if a.IntN(2) == 0 {
		return a.lie
	}
	return a.honest
}

// head is one that was signed, or, half of the time, one that was not.
func (a accuser) head() SignedHead {
	h := a.signed[a.IntN(len(a.signed))]
	switch a.IntN(8) {
	case 0:
		h.Root = a.lie.At(h.Size).Root()
	case 1:
		h.Head = a.tree().At(a.Int64N(a.honest.Size() + 1)).Head()
	case 2:
		h.Root[a.IntN(32)] ^= 1 << a.IntN(8)
	case 3:
		h.Size += a.Int64N(5) - 2
	}
	return h
}

func (a accuser) accuse() Fraud {
	f := Fraud{Agency: wire.PublicKey(a.key), Older: a.head(), Newer: a.head()}
	if f.Older.Size > f.Newer.Size && a.IntN(4) > 0 {
		f.Older, f.Newer = f.Newer, f.Older
	}
	// A proof and a root that fit the sizes, of the true log or of another.
	tree := a.tree()
	newer, older := min(max(f.Newer.Size, 0), tree.Size()), f.Older.Size
	if a.IntN(4) == 0 {
		newer = a.Int64N(tree.Size() + 1)
	}
	older = min(max(older, 0), newer)
	f.Root = tree.At(older).Root()
	f.Proof, _ = tree.At(newer).ProveConsistency(older)
	switch a.IntN(10) {
	case 0:
		f.Root = a.tree().At(a.Int64N(tree.Size() + 1)).Root()
	case 1:
		f.Root[a.IntN(32)] ^= 1 << a.IntN(8)
	case 2:
		f.Root = f.Newer.Root
	case 3:
		if len(f.Proof) > 0 {
			f.Proof[a.IntN(len(f.Proof))][a.IntN(32)] ^= 1 << a.IntN(8)
		}
	case 4:
		f.Proof = f.Proof[:a.IntN(len(f.Proof)+1)]
	case 5:
		f.Proof = append(f.Proof, f.Root)
	}
	return f
}

// FuzzFraud looks for a proof against an agency that was honest: it convicts
// that one agency of the seeds that was not, by what it signed, or nobody.
func FuzzFraud(f *testing.F) {
	convict, acquit := frauds(f)
	heads := map[SignedHead]bool{}
	for _, c := range convict {
		heads[c.Older], heads[c.Newer] = true, true
		f.Add(c.Bytes())
	}
	for _, c := range acquit {
		f.Add(c.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := OpenFraud(b)
		if err != nil {
			return
		}
		if !bytes.Equal(got.Bytes(), b) {
			t.Errorf("written again it is %x", got.Bytes())
		}
		if got.Agency == agency && (!heads[got.Older] && !honestHead(got.Older) || !heads[got.Newer] && !honestHead(got.Newer)) {
			t.Errorf("heads that the agency never signed: %+v", got)
		}
	})
}

// honestHead tells whether a head is of the log that the agency should have shown.
func honestHead(h SignedHead) bool {
	return h.Size <= 40 && h.Head == grow(int(h.Size)).Head()
}

// BenchmarkVerify judges a fraud: two checks of signatures.
func BenchmarkVerify(b *testing.B) {
	convict, _ := frauds(b)
	raw := convict["two logs"].Bytes()
	for b.Loop() {
		if _, err := OpenFraud(raw); err != nil {
			b.Fatal(fmt.Errorf("no fraud: %w", err))
		}
	}
}
