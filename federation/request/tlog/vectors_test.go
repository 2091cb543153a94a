package tlog

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sumdb "golang.org/x/mod/sumdb/note"

	"nvrd/federation/wire"
)

// TestSpecification reads what C2SP gives as examples.
func TestSpecification(t *testing.T) {
	type text struct{ VerifierKey, Text, Message string }
	spec := read[struct {
		Note, Poem text
		Cosigned   struct {
			text
			Seconds int64
		}
		Index struct {
			Index int64
			Path  string
		}
		Sizes map[string]any
	}](t, "c2sp.json")

	n, err := parse([]byte(spec.Note.Text))
	if err != nil || n.text != "This is an example message.\n" || len(n.lines) != 1 || n.lines[0].name != "example.com/foo" {
		t.Fatalf("note: %+v, %v", n, err)
	}
	vkey := strings.Split(spec.Note.VerifierKey, "+")
	raw, err := encoding.DecodeString(strings.Join(vkey[2:], "+"))
	if err != nil || raw[0] != typeEd25519 {
		t.Fatal("verifier key:", raw, err)
	}
	key := wire.Key(raw[1:])
	if id := keyID(vkey[0], typeEd25519, key); hex.EncodeToString(id[:]) != vkey[1] || id != n.lines[0].id {
		t.Errorf("key ID is %x, want %s", id, vkey[1])
	}
	if !wire.Verify(key, []byte(n.text), wire.Signature(n.lines[0].signature)) {
		t.Error("the signature of the example does not hold")
	}

	if n, err = parse([]byte(spec.Poem.Text)); err != nil || strings.Count(n.text, "\n") != 4 {
		t.Errorf("text with an empty line: %q, %v", n.text, err)
	}

	if n, err = parse([]byte(spec.Cosigned.Text)); err != nil || len(n.lines) != 2 || string(n.bytes()) != spec.Cosigned.Text {
		t.Fatalf("cosigned: %+v, %v", n, err)
	}
	if seconds := binary.BigEndian.Uint64(n.lines[1].signature); int64(seconds) != spec.Cosigned.Seconds || len(n.lines[1].signature) != 8+64 {
		t.Errorf("cosigned at %d, want %d", seconds, spec.Cosigned.Seconds)
	}
	if m := string(cosigned(n.text, spec.Cosigned.Seconds)); m != spec.Cosigned.Message {
		t.Errorf("a cosigner signs %q, want %q", m, spec.Cosigned.Message)
	}

	if path := (Tile{Level: 0, Index: spec.Index.Index, Width: 256}).Path(); path != "tile/0/"+spec.Index.Path {
		t.Errorf("path is %s", path)
	}
	for text, want := range spec.Sizes {
		size, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			continue // says where they come from
		}
		var got []any
		for tile := range Published(0, size) {
			if tile.Level == Entries {
				continue
			}
			for len(got) <= tile.Level {
				got = append(got, []any{0.0, 0.0})
			}
			if level := got[tile.Level].([]any); tile.Width == TileWidth {
				level[0] = level[0].(float64) + 1
			} else {
				level[1] = float64(tile.Width)
			}
		}
		if diff := cmp.Diff(want, any(got)); diff != "" {
			t.Errorf("a tree of size %s (-want +got):\n%s", text, diff)
		}
	}
}

// TestVectors compares with what another implementation made.
func TestVectors(t *testing.T) {
	v := read[struct {
		VerifierKey, Checkpoint, Cosigned, Fraud string
		Minute                                   wire.Minute
		Roots                                    map[int]string
		Proofs                                   []struct {
			From, To int64
			Hashes   []string
		}
	}](t, "vectors.json")
	for size, root := range v.Roots {
		if got := grow(size).Root().String(); got != root {
			t.Errorf("root of %d entries is %s, want %s", size, got, root)
		}
	}
	for _, p := range v.Proofs {
		proof, err := grow(int(p.To)).ProveConsistency(p.From)
		got := []string{}
		for _, h := range proof {
			got = append(got, h.String())
		}
		if diff := cmp.Diff(p.Hashes, got); diff != "" || err != nil {
			t.Errorf("proof from %d to %d: %v (-want +got):\n%s", p.From, p.To, err, diff)
		}
	}
	if got := VerifierKey(agency); got != v.VerifierKey {
		t.Errorf("verifier key is %s, want %s", got, v.VerifierKey)
	}
	checkpoint := Sign(grow(7), agencyKey)
	if diff := cmp.Diff(v.Checkpoint, string(checkpoint)); diff != "" {
		t.Errorf("checkpoint (-want +got):\n%s", diff)
	}
	anna, err := Cosign(checkpoint, agency, private("anna"), v.Minute)
	if err != nil {
		t.Fatal(err)
	}
	bob, err := Cosign(checkpoint, agency, private("bob"), v.Minute+1)
	if err != nil {
		t.Fatal(err)
	}
	both, err := Merge(anna, bob, agency, everybody)
	if diff := cmp.Diff(v.Cosigned, string(both)); diff != "" || err != nil {
		t.Errorf("cosigned: %v (-want +got):\n%s", err, diff)
	}
	other := entries(7)
	other[2] = sha256.Sum256([]byte("entry of another log"))
	fraud, ok := Split(Sign(grow(5), agencyKey), Sign(Tree{}.Append(other...), agencyKey), agency, Tree{}.Append(other...))
	if got := hex.EncodeToString(fraud.Bytes()); !ok || got != v.Fraud {
		t.Errorf("fraud is %s, want %s", got, v.Fraud)
	}
}

// TestOtherImplementation has Go's own reader of notes verify our checkpoints,
// and reads what its writer signs.
func TestOtherImplementation(t *testing.T) {
	verifier, err := sumdb.NewVerifier(VerifierKey(agency))
	if err != nil {
		t.Fatal(err)
	}
	ours := cosign(t, Sign(grow(300), agencyKey), "anna", "bob")
	n, err := sumdb.Open(ours, sumdb.VerifierList(verifier))
	if err != nil || len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 2 {
		t.Errorf("opened as %+v, %v", n, err)
	}

	secret := append([]byte{typeEd25519}, agencyKey.Seed()...)
	signer, err := sumdb.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", verifier.Name(), verifier.KeyHash(), encoding.EncodeToString(secret)))
	if err != nil {
		t.Fatal(err)
	}
	strange, _, err := sumdb.GenerateKey(strings.NewReader(strings.Repeat("x", 64)), "example.com/another")
	if err != nil {
		t.Fatal(err)
	}
	other, err := sumdb.NewSigner(strange)
	if err != nil {
		t.Fatal(err)
	}
	want := Checkpoint{Agency: agency, Head: grow(300).Head()}
	theirs, err := sumdb.Sign(&sumdb.Note{Text: want.text()}, other, signer)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Open(theirs, agency); got != want || err != nil {
		t.Errorf("read as %+v, %v", got, err)
	}
}

// TestReference holds the page to the code.
func TestReference(t *testing.T) {
	b, err := os.ReadFile("../../../docs/ref/agency-log.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	v := read[struct{ VerifierKey, Cosigned string }](t, "vectors.json")
	for _, want := range []string{
		v.VerifierKey, v.Cosigned, Origin(wire.Key{0xab})[:21], cosignerPrefix, "`" + strings.TrimSuffix(fraudPrefix, "\n") + "`",
		(Tile{Level: 1, Index: 1234067, Width: 256}).Path(), (Tile{Level: Entries, Index: 2, Width: 7}).Path(), "`" + CheckpointPath + "`",
		fmt.Sprintf("%d bytes of a note", MaxNote), fmt.Sprintf("%d signatures", MaxLines), fmt.Sprintf("%d entries", int64(MaxSize)),
		fmt.Sprintf("%d bytes of a proof of fraud", MaxFraud), fmt.Sprintf("%d hashes", maxProof),
	} {
		if !strings.Contains(page, want) {
			t.Errorf("docs/ref/agency-log.md lacks %q", want)
		}
	}
}
