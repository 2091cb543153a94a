package tlog

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nvrd/federation/wire"
)

// lineAt is a cosignature as somebody could write it.
func lineAt(name, key string, seconds int64, text string) line {
	s := binary.BigEndian.AppendUint64(nil, uint64(seconds))
	s = append(s, ed25519.Sign(private(key), cosigned(text, seconds))...)
	return line{name: name, id: keyID(name, typeCosignature, public(key)), signature: s}
}

func TestCosigners(t *testing.T) {
	checkpoint := Sign(grow(7), agencyKey)
	n, err := parse(checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	anna := lineAt(cosignerName(public("anna")), "anna", 60000, n.text)
	later := lineAt(cosignerName(public("anna")), "anna", 66000, n.text)
	other := lineAt(cosignerName(public("anna")), "anna", 60000, grow(8).checkpointText())
	seconds := lineAt(cosignerName(public("anna")), "anna", 60001, n.text)
	named := lineAt("example.com/anna", "anna", 60000, n.text)
	capital := lineAt(cosignerPrefix+strings.ToUpper(public("anna").String()), "anna", 60000, n.text)
	whose := lineAt(cosignerName(public("bob")), "anna", 60000, n.text)
	mallory := lineAt(cosignerName(public("mallory")), "mallory", 60000, n.text)
	far := lineAt(cosignerName(public("anna")), "anna", (1<<32)*60, n.text)
	end := lineAt(cosignerName(public("anna")), "anna", (1<<32-1)*60, n.text)
	before := lineAt(cosignerName(public("anna")), "anna", -60, n.text)
	plain := line{name: anna.name, id: keyID(anna.name, typeEd25519, public("anna")), signature: ed25519.Sign(private("anna"), []byte(n.text))}
	short, long := anna, anna
	short.signature, long.signature = anna.signature[:71], append(bytes.Clone(anna.signature), 0)
	beside := func(signed, told int64) line { // its line tells another time than its signature
		l := lineAt(cosignerName(public("anna")), "anna", signed, n.text)
		binary.BigEndian.PutUint64(l.signature, uint64(told))
		return l
	}
	unnamed := anna
	unnamed.id[0] ^= 1
	broken := anna
	broken.signature = append(bytes.Clone(anna.signature[:71]), anna.signature[71]^1)
	known := func(key wire.Key) bool { return key == public("anna") || key == public("bob") }
	one := []Cosigner{{public("anna"), 1000}}
	for name, tt := range map[string]struct {
		lines []line
		want  []Cosigner
	}{
		"nobody":                       {nil, nil},
		"one":                          {[]line{anna}, one},
		"twice the same line":          {[]line{anna, anna}, one},
		"at two times":                 {[]line{later, anna}, one},
		"first at the earlier":         {[]line{anna, later}, one},
		"a broken line beside it":      {[]line{broken, anna, short, long, other}, one},
		"an unknown one beside it":     {[]line{mallory, anna}, one},
		"a line of another kind":       {[]line{plain, anna}, one},
		"broken":                       {[]line{broken}, nil},
		"too short":                    {[]line{short}, nil},
		"too long":                     {[]line{long}, nil},
		"of another checkpoint":        {[]line{other}, nil},
		"with seconds":                 {[]line{seconds}, nil},
		"of a name of its own":         {[]line{named}, nil},
		"a name in capitals":           {[]line{capital}, nil},
		"of another's name":            {[]line{whose}, nil},
		"a plain signature":            {[]line{plain}, nil},
		"unknown":                      {[]line{mallory}, nil},
		"seconds beside its time":      {[]line{beside(60000, 60001)}, nil},
		"a time beside its time":       {[]line{beside(60000, 60060)}, nil},
		"far beside its time":          {[]line{beside(60000, 60000+(1<<32)*60)}, nil},
		"another key ID":               {[]line{unnamed}, nil},
		"after the last minute":        {[]line{far}, nil},
		"in the last minute":           {[]line{end}, []Cosigner{{public("anna"), 1<<32 - 1}}},
		"before 1970":                  {[]line{before}, nil},
		"the agency's key as a home's": {[]line{lineAt(cosignerName(agency), "agency", 60000, n.text)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := note{text: n.text, lines: append(slices.Clone(n.lines), tt.lines...)}.bytes()
			got, err := Cosigners(b, agency, known)
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func (t Tree) checkpointText() string { return Checkpoint{Agency: agency, Head: t.Head()}.text() }

// TestCosign tells what a home adds, and that it names neither home nor second.
func TestCosign(t *testing.T) {
	crowd := cosign(t, Sign(grow(7), agencyKey), "bob", "carl")
	b, err := Cosign(crowd, agency, private("anna"), 1000)
	if err != nil {
		t.Fatal(err)
	}
	who, err := Cosigners(b, agency, everybody)
	if diff := cmp.Diff([]Cosigner{{public("anna"), 1000}}, who); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	again, err := Cosign(Sign(grow(7), agencyKey), agency, private("anna"), 1000)
	if err != nil || !bytes.Equal(b, again) {
		t.Errorf("another cosignature the second time: %v", err)
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	checkpoint := Sign(grow(7), agencyKey)
	// More homes than there is room for, each at one of three times.
	copies := make([][]byte, 80)
	for i := range copies {
		var err error
		if copies[i], err = Cosign(checkpoint, agency, private(fmt.Sprint("home ", i%70)), wire.Minute(1000+i%3)); err != nil {
			t.Fatal(err)
		}
	}
	known := func(key wire.Key) bool { return key != public("home 3") }
	random := rand.New(rand.NewPCG(1, 2))
	var want []byte
	for range 2 {
		random.Shuffle(len(copies), func(i, j int) { copies[i], copies[j] = copies[j], copies[i] })
		// In halves, and one of them twice.
		var halves [2][]byte
		for i := range halves {
			halves[i] = checkpoint
			for _, c := range copies[i*30 : i*30+50] {
				var err error
				if halves[i], err = Merge(halves[i], c, agency, known); err != nil {
					t.Fatal(err)
				}
			}
		}
		got, err := Merge(halves[1], halves[0], agency, known)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) {
			t.Fatal("another order, another checkpoint")
		}
	}
	who, err := Cosigners(want, agency, everybody)
	if err != nil || len(who) != MaxCosigners || slices.ContainsFunc(who, func(c Cosigner) bool { return c.Key == public("home 3") }) {
		t.Errorf("%d cosigners, %v", len(who), err)
	}
	if _, err := Merge(checkpoint, Sign(grow(8), agencyKey), agency, known); err == nil {
		t.Error("two checkpoints were merged")
	}
}

// TestMergeOfTwoSignatures has an agency sign one checkpoint in two ways.
func TestMergeOfTwoSignatures(t *testing.T) {
	c := Checkpoint{Agency: agency, Head: grow(7).Head()}
	a, b := Sign(grow(7), agencyKey), bare(c, signOtherwise(agencyKey, private("nonce"), c.text())).bytes()
	one, err := Merge(a, b, agency, everybody)
	if err != nil || bytes.Equal(a, b) {
		t.Fatal("the second signature does not hold:", err)
	}
	if two, err := Merge(b, a, agency, everybody); err != nil || !bytes.Equal(one, two) {
		t.Errorf("the other way round it is another: %v", err)
	}
}

// signOtherwise is Ed25519 (RFC 8032, section 5.1.6) with another r: the secret
// scalar of a second key, whose public key is R.
func signOtherwise(key, nonce ed25519.PrivateKey, text string) wire.Signature {
	scalar := func(b []byte) *big.Int { // they are written lowest byte first
		b = bytes.Clone(b)
		slices.Reverse(b)
		return new(big.Int).SetBytes(b)
	}
	secret := func(key ed25519.PrivateKey) *big.Int {
		h := sha512.Sum512(key.Seed())
		h[0] &= 248
		h[31] = h[31]&127 | 64
		return scalar(h[:32])
	}
	order, _ := new(big.Int).SetString("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed", 16)
	r := wire.PublicKey(nonce)
	public := wire.PublicKey(key)
	h := sha512.Sum512(slices.Concat(r[:], public[:], []byte(text)))
	s := new(big.Int).Mul(scalar(h[:]), secret(key))
	s.Add(s, secret(nonce)).Mod(s, order)
	half := s.FillBytes(make([]byte, 32))
	slices.Reverse(half)
	return wire.Signature(append(r[:], half...))
}
